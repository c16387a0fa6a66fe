"""A payment is ended before anybody paid it, or looked up at the provider while it is open."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import (
    NotReadyYet,
    PaymentNotOpen,
    PspError,
    PspRejected,
    ResourceMissing,
)
from chalicelib.domain.ids import payment_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payment_decisions import Changed, Decision, decide_canceled, decide_over
from chalicelib.domain.payments import Payment, ProviderSession
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.begin_payment import close_page
from chalicelib.usecases.failures import Claim, Claimed, Lost
from chalicelib.usecases.idempotency import earlier
from chalicelib.usecases.ports import Psps, Store
from chalicelib.usecases.receive_psp_event import Inbox

REFRESHED_AFTER_MS = 30_000
Claiming = Callable[[Payment], Claim | None]


class Way(StrEnum):
    """How a payment is ended."""

    EXPIRE = "expire"
    CANCEL = "cancel"


def _no_claim(_: Payment) -> Claim | None:
    return None


@dataclass(frozen=True, slots=True)
class Ending:
    """What the stories need."""

    store: Store
    psps: Psps
    inbox: Inbox

    def request(self, asking: Asking, id: str, way: Way) -> Payment:
        """The payment `cs_…` or `pi_…` ended as asked, once per idempotency key.

        Raises ResourceMissing, Replayed, and what `expire` raises.
        """
        ulid = payment_id(id)
        claim = asking.claim(f"{way}_payment", id)
        payment, taken = (
            self.store.payment_and_claim(asking.tenant, ulid, claim) if ulid else (None, None)
        )
        if payment is None:
            kind = "checkout session" if way is Way.EXPIRE else "payment intent"
            raise ResourceMissing(kind, id)
        if taken is not None:
            earlier(taken, claim)
        cause, end = asking.cause(id), {Way.EXPIRE: self.expire, Way.CANCEL: self.cancel}[way]
        return end(payment, cause, lambda after: asking.claim(f"{way}_payment", id, after))

    def expire(self, payment: Payment, cause: Cause, claim: Claiming = _no_claim) -> Payment:
        """The checkout session can no longer be paid.

        Raises PaymentNotOpen when it is paid or over, PspUnavailable, NotReadyYet.
        """
        provider = self._open(payment, cause)
        self._closed(payment, cause, lambda: close_page(self.psps(payment.tenant), provider))
        return self._recorded(payment, decide_over(payment, cause), claim)

    def cancel(self, payment: Payment, cause: Cause, claim: Claiming = _no_claim) -> Payment:
        """The payment intent is canceled. Raises like `expire`."""
        provider = self._open(payment, cause)
        psp = self.psps(payment.tenant)
        self._closed(payment, cause, lambda: psp.cancel_intent(provider.intent))
        return self._recorded(payment, decide_canceled(payment, cause), claim)

    def refreshed(self, payment: Payment, cause: Cause) -> Payment:
        """The payment as the provider has it now, while it is open; as it is kept when it has just
        begun (its webhook is on the way) or the provider does not answer."""
        is_open = payment.session_status(cause.at) == "open"
        if payment.provider is None or not is_open:
            return payment
        if cause.at - payment.created < REFRESHED_AFTER_MS:
            return payment
        with suppress(PspError):
            return self._asked(payment, payment.provider, cause)
        return payment

    def _open(self, payment: Payment, cause: Cause) -> ProviderSession:
        payment.must_be_open(cause.at)
        if payment.provider is None:
            raise NotReadyYet("The payment is still being made. Try again.")
        return payment.provider

    def _closed(self, payment: Payment, cause: Cause, close: Callable[[], None]) -> None:
        """Close it at the provider, who refuses when it has just been paid."""
        assert payment.provider is not None, "an open payment has a page"
        try:
            close()
        except PspRejected:
            after = self._asked(payment, payment.provider, cause)
            after.must_be_open(cause.at)
            raise

    def _asked(self, payment: Payment, provider: ProviderSession, cause: Cause) -> Payment:
        fact = self.psps(payment.tenant).intent(provider.intent)
        return self.inbox.shown(payment, fact, cause)

    def _recorded(self, payment: Payment, decision: Decision, claim: Claiming) -> Payment:
        if isinstance(decision, Changed):
            try:
                self.store.end_payment(payment, decision, claim(decision.payment))
            except (Claimed, Lost):
                return self._ended(self._kept(payment))
            return decision.payment
        return payment

    def _ended(self, payment: Payment) -> Payment:
        """It moved while it was closed: by its own event, or somebody paid it."""
        if payment.totals.captured:
            raise PaymentNotOpen("The payment has just been paid.")
        return payment

    def _kept(self, payment: Payment) -> Payment:
        kept = self.store.payment(payment.tenant, payment.id)
        assert kept is not None, "payments are never deleted"
        return kept
