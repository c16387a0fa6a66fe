"""Checkout: the intent is kept, then the provider makes the page, then its names are kept.

Each of the three strokes can be repeated. The provider's idempotency key is our session's id, so
that whoever repeats the second one, after whatever crash, gets the same page.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.capabilities import Blame, check_payable
from chalicelib.domain.catalog import LineItem, Product, total_of
from chalicelib.domain.errors import (
    IdempotencyKeyInUse,
    PspError,
    PspRejected,
    PspUnavailable,
    ResourceMissing,
)
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    PriceId,
    Tenant,
    intent_id,
    is_slug,
    payment_id,
    session_id,
)
from chalicelib.domain.ledger import Cause
from chalicelib.domain.money import Money
from chalicelib.domain.payment_decisions import refused_at_once
from chalicelib.domain.payment_links import Closed, Offer, closed_because
from chalicelib.domain.payments import (
    LIMITED_LIFETIME_MS,
    SESSION_LIFETIME_MS,
    Direct,
    Payment,
    PaymentStatus,
    ProviderSession,
    Use,
)
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    price_of,
    priced_items,
    product_of,
    retrieve_payment_link,
    standing_product,
)
from chalicelib.usecases.failures import Claim, Claimed, Lost
from chalicelib.usecases.idempotency import earlier
from chalicelib.usecases.ports import CreatedSession, Mint, OpenedLink, Psp, Psps, Store

SESSION_TEMPLATE = "{CHECKOUT_SESSION_ID}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A checkout session to be: its lines by price id or by data, or a payment link's.

    `success_url` and `cancel_url` are checked; the first may carry `{CHECKOUT_SESSION_ID}`.
    """

    lines: Sequence[tuple[str | NewPrice, int]] = ()
    payment_link: str | None = None
    payment_method_types: tuple[str, ...] | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer_email: str | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIntent:
    """A payment by the Direct API to be; the method's own rules are checked by the story."""

    amount: Money
    direct: Direct
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Checkout:
    """What the story needs. `address` makes a full https address of a scheme-less one;
    `status_url` makes the public address of a status token."""

    store: Store
    psps: Psps
    mint: Mint
    status_url: Callable[[str], str]
    address: Callable[[str], str]

    def start(self, asking: Asking, new: NewSession) -> Payment:
        """A payment with the provider's page, once per idempotency key."""
        items, methods, link = self._what(asking, new)
        check_payable(total_of(items), methods, _blame(new))
        payment = self._payment(asking.tenant, asking.now, items, methods, link)
        payment = replace(
            payment,
            success_url=new.success_url,
            cancel_url=new.cancel_url,
            client_reference_id=new.client_reference_id,
            customer_email=new.customer_email,
            metadata={**(link.link.metadata if link else {}), **new.metadata},
        )
        claim = asking.claim("checkout_sessions", payment.id, owner=self.mint.ulid())
        return self._begin(payment, claim, asking.cause(session_id(payment.id)), asking)

    def start_direct(self, asking: Asking, new: NewIntent) -> Payment:
        """A payment by the Direct API, once per idempotency key; its `provider.url` leads to the
        wallet."""
        blame = Blame("amount", "currency", "payment_method_data[type]")
        check_payable(new.amount, (new.direct.method,), blame, direct=True)
        payment = Payment(
            id=PaymentId(self.mint.ulid()),
            tenant=asking.tenant,
            created=asking.now,
            amount=new.amount,
            items=(),
            payment_method_types=(new.direct.method,),
            expires_at=Millis(asking.now + SESSION_LIFETIME_MS),
            secret=self.mint.secret(),
            direct=new.direct,
            metadata=new.metadata,
        )
        payment = replace(payment, due_at=payment.next_look(asking.now))
        claim = asking.claim("payment_intents", payment.id, owner=self.mint.ulid())
        return self._begin(payment, claim, asking.cause(intent_id(payment.id)), asking)

    def pay_link(self, opened: OpenedLink, attempt: str | None, cause: Cause) -> Payment:
        """A person taps pay. The same `attempt` (the page's own nonce) gets the same session."""
        offer, now = opened.offer, cause.at
        offer.must_be_open(now)
        link = offer.link
        methods = link.payment_method_types
        payment = self._payment(opened.tenant, now, offer.items, methods, offer)
        payment = replace(payment, metadata=link.metadata)
        claim = Claim(f"pay_{link.id}", attempt, link.id, payment.id) if attempt else None
        return self._begin(payment, claim, cause)

    def _what(
        self, asking: Asking, new: NewSession
    ) -> tuple[tuple[LineItem, ...], tuple[str, ...], Offer | None]:
        if new.payment_link is None:
            return self._lines(asking, new), new.payment_method_types or ("dana",), None
        try:
            offer = retrieve_payment_link(self.store, asking.tenant, new.payment_link)
        except ResourceMissing as missing:
            raise ResourceMissing(
                "payment link", new.payment_link, param="payment_link"
            ) from missing
        offer.must_be_open(asking.now)
        return offer.items, new.payment_method_types or offer.link.payment_method_types, offer

    def _lines(self, asking: Asking, new: NewSession) -> tuple[LineItem, ...]:
        wanted = [line for line, _ in new.lines if isinstance(line, str)]
        priced = priced_items(self.store, asking.tenant, wanted) if wanted else {}
        items = []
        for line, quantity in new.lines:
            if isinstance(line, str):
                price, product = priced[PriceId(line)]
            else:
                product = self._product(asking, line.product)
                price = price_of(line, product, self.mint, asking.now)
            items.append(
                LineItem(
                    id=f"li_{self.mint.ulid()}", product=product, price=price, quantity=quantity
                )
            )
        return tuple(items)

    def _product(self, asking: Asking, product: str | NewProduct) -> Product:
        if isinstance(product, NewProduct):
            return product_of(product, self.mint, asking.now)
        return standing_product(self.store, asking.tenant, product)

    def _payment(
        self,
        tenant: Tenant,
        now: Millis,
        items: tuple[LineItem, ...],
        methods: tuple[str, ...],
        offer: Offer | None,
    ) -> Payment:
        """A payment to be. One that holds a use of a limited link gives it back after an hour."""
        limited = offer is not None and offer.link.is_limited
        lifetime = LIMITED_LIFETIME_MS if limited else SESSION_LIFETIME_MS
        payment = Payment(
            id=PaymentId(self.mint.ulid()),
            tenant=tenant,
            created=now,
            amount=total_of(items),
            items=items,
            payment_method_types=methods,
            expires_at=Millis(now + lifetime),
            secret=self.mint.secret(),
            metadata={},
            payment_link=offer.link.id if offer else None,
            use=Use.HELD if limited else None,
        )
        return replace(payment, due_at=payment.next_look(now))

    def _begin(
        self, payment: Payment, claim: Claim | None, cause: Cause, asking: Asking | None = None
    ) -> Payment:
        try:
            self.store.begin_payment(payment, claim)
        except Claimed as taken:
            if taken.claim.resource != payment.id:
                return self._again(payment, taken.claim, claim, cause, asking)
        except Lost as lost:
            if "payment" not in lost.guards:
                raise closed_because(Closed.LIMIT_REACHED) from None
        # A write of our own that we did not hear of is found again, and gone on with.
        return self._at_provider(payment, cause, claim, asking)

    def _again(
        self,
        payment: Payment,
        taken: Claim,
        claim: Claim | None,
        cause: Cause,
        asking: Asking | None,
    ) -> Payment:
        """The payment that the same key began: with its page, or without if we died before."""
        begun = self.store.payment(payment.tenant, PaymentId(earlier(taken, claim)))
        assert begun is not None, "a claim is written together with its payment"
        if begun.provider is not None:
            return begun
        if begun.status is PaymentStatus.FAILED:
            raise PspRejected("WooshPay refused this session when it was first asked for.")
        if asking is not None and claim is not None:
            self._take_over(payment.tenant, taken, claim, cause.at)
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


def _answered(
    asking: Asking | None, claim: Claim | None, begun: Payment, outcome: object
) -> Claim | None:
    """The request's claim with its answer, once it is known."""
    if asking is None or claim is None:
        return None
    finished = asking.finished(replace(claim, resource=begun.id), outcome)
    return finished if finished.answer is not None else None


def _blame(new: NewSession) -> Blame:
    """The fields that an amount or a currency out of bounds is to be blamed on."""
    if len(new.lines) == 1 and isinstance(new.lines[0][0], NewPrice):
        data = "line_items[0][price_data]"
        return Blame(f"{data}[unit_amount]", f"{data}[currency]")
    source = "payment_link" if new.payment_link else "line_items"
    return Blame(source, source)


def close_page(psp: Psp, provider: ProviderSession) -> None:
    """Nobody can pay there any more; raises PspError."""
    if provider.session is not None:
        psp.expire_session(provider.session)
    else:
        psp.cancel_intent(provider.intent)


def retrieve_payment(store: Store, tenant: Tenant, id: str, kind: str) -> Payment:
    """By `cs_…` or `pi_…`; raises ResourceMissing."""
    ulid = payment_id(id)
    payment = store.payment(tenant, ulid) if ulid else None
    if payment is None:
        raise ResourceMissing(kind, id)
    return payment


def open_link(store: Store, slug: str) -> OpenedLink:
    """The link behind a public slug; reads only. Raises ResourceMissing."""
    opened = store.opened_link(slug) if is_slug(slug) else None
    if opened is None:
        raise ResourceMissing("payment link", slug)
    return opened
