"""A payment begins: the intent is kept, then the provider makes the page, then its names are kept.

Each of the three strokes can be repeated. The provider's idempotency key is our payment's id, so
that whoever repeats the second one, after whatever crash, gets the same page.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.errors import (
    IdempotencyKeyInUse,
    PspError,
    PspRejected,
    PspUnavailable,
    RateLimited,
)
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    Tenant,
    session_id,
)
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payment_decisions import refused_at_once
from chalicelib.domain.payment_links import Closed, closed_because
from chalicelib.domain.payments import (
    Payment,
    PaymentStatus,
    ProviderSession,
)
from chalicelib.domain.rates import Counted, Rates, counts
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Claim, Claimed, Lost
from chalicelib.usecases.idempotency import earlier
from chalicelib.usecases.ports import CreatedSession, Psp, Psps, Store

SESSION_TEMPLATE = "{CHECKOUT_SESSION_ID}"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the story needs; the two functions are those of `Checkout`."""

    store: Store
    psps: Psps
    status_url: Callable[[str], str]
    address: Callable[[str], str]
    rates: Rates

    def begin(
        self,
        payment: Payment,
        claim: Claim | None,
        cause: Cause,
        asking: Asking | None = None,
        address: str | None = None,
    ) -> Payment:
        """The payment with the provider's page, once for each claim.

        Raises LinkClosed (nothing is left), RateLimited, PspRejected (it has failed),
        PspUnavailable (the same request goes on with it), IdempotencyKeyInUse, Replayed.
        """
        counted = counts(self.rates, payment.id, payment.payment_link, address, cause.at)
        try:
            self.store.begin_payment(payment, claim, counted, self.rates.open_sessions)
        except Claimed as taken:
            if taken.claim.resource != payment.id:
                return self._again(payment.tenant, taken.claim, claim, cause, asking)
        except Lost as lost:
            if "payment" not in lost.guards and lost.too_many:
                raise rate_limited(counted, cause.at) from None
            if "payment" not in lost.guards:
                gone = Closed.OUT_OF_STOCK if lost.out_of_stock else Closed.LIMIT_REACHED
                raise closed_because(gone) from None
        # A write of our own that we did not hear of is found again, and gone on with.
        return self._at_provider(payment, cause, claim, asking)

    def begun(
        self, tenant: Tenant, claim: Claim | None, cause: Cause, asking: Asking | None
    ) -> Payment | None:
        """What the same claim began before, gone on with; None when it began nothing."""
        if claim is None:
            return None
        _, taken = self.store.payment_and_claim(tenant, PaymentId(claim.resource), claim)
        return None if taken is None else self._again(tenant, taken, claim, cause, asking)

    def _again(
        self,
        tenant: Tenant,
        taken: Claim,
        claim: Claim | None,
        cause: Cause,
        asking: Asking | None,
    ) -> Payment:
        """The payment that the same key began: with its page, or without if we died before."""
        begun = self.store.payment(tenant, PaymentId(earlier(taken, claim)))
        assert begun is not None, "a claim is written together with its payment"
        if begun.provider is not None:
            return begun
        if begun.status is PaymentStatus.FAILED:
            raise PspRejected("WooshPay refused this session when it was first asked for.")
        if asking is not None and claim is not None:
            self._take_over(tenant, taken, claim, cause.at)
        return self._at_provider(begun, cause, claim, asking)

    def _take_over(self, tenant: Tenant, taken: Claim, claim: Claim, now: Millis) -> None:
        """The request that began it is late, or still at it; raises IdempotencyKeyInUse then."""
        in_use = IdempotencyKeyInUse("A request with this Idempotency-Key is still in progress.")
        if now < taken.locked_until:
            raise in_use
        mine = replace(taken, owner=claim.owner, locked_until=claim.locked_until)
        try:
            self.store.take_over(tenant, taken, mine)
        except Lost:
            raise in_use from None

    def recover(self, payment: Payment, cause: Cause) -> Payment:
        """The provider's page of a payment whose beginning was cut off; raises PspError."""
        return self._at_provider(payment, cause, None, None)

    def _at_provider(
        self, payment: Payment, cause: Cause, claim: Claim | None, asking: Asking | None
    ) -> Payment:
        try:
            psp = self.psps(payment.tenant)
            created = self._created(psp, payment)
            self._check_echo(payment, created)
        except PspRejected as error:
            self._give_up(payment, cause, _answered(asking, claim, payment, error))
            raise
        except PspUnavailable:
            self._let_go(payment.tenant, asking, claim)
            raise
        bound = replace(payment, provider=created.provider)
        try:
            answered = _answered(asking, claim, payment, bound)
            self.store.bind_provider(payment, created.provider, answered)
        except Lost:
            return self._bound_meanwhile(payment)
        return bound

    def _created(self, psp: Psp, payment: Payment) -> CreatedSession:
        if payment.direct is not None:
            return psp.create_intent(payment, self.address(payment.direct.return_url))
        return psp.create_session(payment, self._success(payment), self._cancel(payment))

    def _let_go(self, tenant: Tenant, asking: Asking | None, claim: Claim | None) -> None:
        """Nobody is at it any more: the same request may go on at once."""
        if asking is not None and claim is not None:
            with suppress(Lost):
                self.store.take_over(tenant, claim, replace(claim, locked_until=0))

    def _success(self, payment: Payment) -> str:
        if payment.success_url is None:
            return self.status_url(status_token(payment))
        return self.address(payment.success_url).replace(SESSION_TEMPLATE, session_id(payment.id))

    def _cancel(self, payment: Payment) -> str | None:
        if payment.cancel_url is not None:
            return self.address(payment.cancel_url)
        return self.status_url(status_token(payment)) if payment.success_url is None else None

    def _check_echo(self, payment: Payment, created: CreatedSession) -> None:
        """Nobody is sent to a page that asks for something else than we did."""
        asked = (payment.amount, payment.tenant.livemode)
        if (created.amount, created.livemode) != asked:
            with suppress(PspError):
                close_page(self.psps(payment.tenant), created.provider)
            raise PspRejected(
                f"The provider would ask for {created.amount} instead of {payment.amount}.",
                details={"asked": payment.amount.amount, "offered": created.amount.amount},
            )

    def _give_up(self, payment: Payment, cause: Cause, answered: Claim | None) -> None:
        with suppress(Lost):  # it has moved meanwhile, by better evidence than ours
            self.store.record_change(payment, refused_at_once(payment, cause), None, answered)

    def _bound_meanwhile(self, payment: Payment) -> Payment:
        bound = self.store.payment(payment.tenant, payment.id)
        assert bound is not None, "payments are never deleted"
        if bound.provider is None:
            raise PspRejected("The provider named a payment intent that is another payment's.")
        return bound


def rate_limited(counted: Sequence[Counted], now: Millis) -> RateLimited:
    """The error, with the seconds after which a session may begin again."""
    wait = max(each.wait_s(now) for each in counted)
    return RateLimited(
        f"Too many sessions begin. Try again in {wait} seconds.", details={"retry_after": wait}
    )


def _answered(
    asking: Asking | None, claim: Claim | None, begun: Payment, outcome: object
) -> Claim | None:
    """The request's claim with its answer, once it is known."""
    if asking is None or claim is None:
        return None
    finished = asking.finished(replace(claim, resource=begun.id), outcome)
    return finished if finished.answer is not None else None


def close_page(psp: Psp, provider: ProviderSession) -> None:
    """Nobody can pay there any more; raises PspError."""
    if provider.session is not None:
        psp.expire_session(provider.session)
    else:
        psp.cancel_intent(provider.intent)
