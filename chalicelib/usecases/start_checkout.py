"""Checkout: what a merchant asks for, or a shopper taps, becomes a payment to be.

How it begins, stroke by stroke, is in begin_payment.py.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from chalicelib.domain.capabilities import Blame, check_payable
from chalicelib.domain.catalog import LineItem, Product, total_of
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.errors import (
    InvalidRequest,
    LinkClosed,
    ParameterInvalid,
    ResourceMissing,
)
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    PriceId,
    ProductId,
    Tenant,
    intent_id,
    is_slug,
    payment_id,
    session_id,
)
from chalicelib.domain.ledger import Cause
from chalicelib.domain.link_choices import chosen
from chalicelib.domain.link_forms import Told, answers_of
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import Closed, Offer, closed_because
from chalicelib.domain.payments import (
    LIMITED_LIFETIME_MS,
    SESSION_LIFETIME_MS,
    Direct,
    Payment,
    Use,
)
from chalicelib.domain.rates import USUAL_RATES, Rates, failures_window
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.begin_payment import Beginning
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    later,
    price_of,
    priced_items,
    product_of,
    standing_product,
)
from chalicelib.usecases.failures import Claim, Lost
from chalicelib.usecases.payment_links import retrieve_payment_link
from chalicelib.usecases.ports import Mint, OpenedLink, Psps, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A checkout session to be: its lines by price id or by data, or a payment link's.

    `success_url` and `cancel_url` are checked; the first may carry `{CHECKOUT_SESSION_ID}`.
    `passed_on` goes to the provider's page as it is, small and plain.
    """

    lines: Sequence[tuple[str | NewPrice, int]] = ()
    payment_link: str | None = None
    payment_method_types: tuple[str, ...] | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer_email: str | None = None
    passed_on: Mapping[str, Any] = field(default_factory=dict)
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
    rates: Rates = USUAL_RATES

    @property
    def beginning(self) -> Beginning:
        """The three strokes."""
        return Beginning(self.store, self.psps, self.status_url, self.address, self.rates)

    def start(self, asking: Asking, new: NewSession) -> Payment:
        """A payment with the provider's page, once per idempotency key."""
        try:
            items, methods, link = self._what(asking, new)
            _must_be_priced(items, _blame(new))
            check_payable(total_of(items), methods, _blame(new))
        except (LinkClosed, InvalidRequest, ResourceMissing):
            begun = self._begun_before(asking)
            if begun is None:
                raise
            return begun
        payment = self._payment(asking.tenant, asking.now, items, methods, link)
        payment = replace(
            payment,
            success_url=new.success_url,
            cancel_url=new.cancel_url,
            client_reference_id=new.client_reference_id,
            customer_email=new.customer_email,
            passed_on=new.passed_on,
            metadata={**(link.link.metadata if link else {}), **new.metadata},
        )
        claim = asking.claim("checkout_sessions", payment.id, owner=self.mint.ulid())
        return self.beginning.begin(payment, claim, asking.cause(session_id(payment.id)), asking)

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
        return self.beginning.begin(payment, claim, asking.cause(intent_id(payment.id)), asking)

    def pay_link(
        self,
        opened: OpenedLink,
        told: Told,
        attempt: str | None,
        cause: Cause,
        address: str | None = None,
    ) -> Payment:
        """A person at `address` taps pay. The same `attempt` (the page's own nonce) gets the same
        session.

        `told` is what the page's form says. Raises AnswersInvalid, LinkClosed, InvalidRequest for
        an amount that a method does not take, and what `Beginning.begin` raises.
        """
        link = opened.offer.link
        try:
            self._brake(opened, cause.at)
            opened.offer.must_be_open(cause.at)
            payment = self._tapped(opened, told, cause.at)
        except (LinkClosed, InvalidRequest):
            # What is missing now may be held by the session of this very attempt.
            none = PaymentId(self.mint.ulid())
            claim = Claim(f"pay_{link.id}", attempt, link.id, none) if attempt else None
            begun = self.beginning.begun(opened.tenant, claim, cause, None)
            if begun is None:
                raise
            return begun
        claim = Claim(f"pay_{link.id}", attempt, link.id, payment.id) if attempt else None
        return self.beginning.begin(payment, claim, cause, None, address)

    def _tapped(self, opened: OpenedLink, told: Told, now: Millis) -> Payment:
        """The payment to be of a shopper who taps."""
        link, methods = opened.offer.link, opened.offer.link.payment_method_types
        items = chosen(opened.offer, told)
        answers = answers_of(link.collect, link.custom_fields, told)
        check_payable(total_of(items), methods, Blame("amount", "amount"))
        payment = self._payment(opened.tenant, now, items, methods, opened.offer)
        return replace(
            payment,
            metadata=link.metadata,
            customer=answers.customer,
            customer_email=answers.customer.email if answers.customer else None,
            custom_fields=answers.custom_fields,
            client_reference_id=answers.client_reference_id,
            utm=answers.utm,
        )

    def _brake(self, opened: OpenedLink, now: Millis) -> None:
        """A link whose payments fail one after the other may be used to try cards out: it is
        paused, and the merchant is told. What a merchant has looked at is left alone for that hour.

        Raises PaymentLinkInactive.
        """
        link, hour = opened.offer.link, failures_window(now)
        looked_at = failures_window(link.updated) == hour and link.updated != link.created
        if opened.failures < self.rates.failures or looked_at or not link.active:
            return
        detail = f"{opened.failures} payments failed within an hour"
        paused = DiscrepancyKind.LINK_PAUSED
        found = Discrepancy.of(opened.tenant, paused, f"{link.id}.{hour}", detail, now)
        after = replace(link, active=False, updated=later(now, link.updated))
        with suppress(Lost):  # somebody else has paused it
            self.store.pause_link(opened.tenant, link, after, found)
        raise closed_because(Closed.PAUSED, link.inactive_message)

    def _begun_before(self, asking: Asking) -> Payment | None:
        """What the same key began while it still could: the last use may be held by that."""
        none = PaymentId(self.mint.ulid())
        claim = asking.claim("checkout_sessions", none, owner=self.mint.ulid())
        return self.beginning.begun(asking.tenant, claim, asking.cause(session_id(none)), asking)

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
        asked = [
            (line, f"line_items[{place}][price]")
            for place, (line, _) in enumerate(new.lines)
            if isinstance(line, str)
        ]
        priced = priced_items(self.store, asking.tenant, asked) if asked else {}
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
        """A payment to be. What it holds of a limited link or of the stock goes back after an
        hour."""
        limited = offer is not None and offer.link.is_limited
        stock = Counter[ProductId]()
        for item in items:
            if item.product.left is not None:
                stock[item.product.id] += item.quantity
        holds = limited or bool(stock)
        lifetime = LIMITED_LIFETIME_MS if holds else SESSION_LIFETIME_MS
        payment = Payment(
            id=PaymentId(self.mint.ulid()),
            tenant=tenant,
            created=now,
            amount=total_of(items),
            items=tuple(_remembered(item) for item in items),
            payment_method_types=methods,
            expires_at=Millis(now + lifetime),
            secret=self.mint.secret(),
            metadata={},
            payment_link=offer.link.id if offer else None,
            slug=offer.link.slug if offer else None,
            after_completion=offer.link.after_completion if offer else None,
            holds_link=limited,
            counted=offer is not None,
            stock=dict(stock),
            use=Use.HELD if holds else None,
        )
        return replace(payment, due_at=payment.next_look(now))


def _remembered(item: LineItem) -> LineItem:
    """A line as a payment has it: how many pieces are left is the catalogue's to tell."""
    return replace(item, product=replace(item.product, inventory=None))


def _must_be_priced(items: Sequence[LineItem], blame: Blame) -> None:
    if any(item.price.custom is not None for item in items):
        raise ParameterInvalid(
            "Shoppers set this price's amount on the page of a payment link.", param=blame.amount
        )


def _blame(new: NewSession) -> Blame:
    """The fields that an amount or a currency out of bounds is to be blamed on."""
    if len(new.lines) == 1 and isinstance(new.lines[0][0], NewPrice):
        data = "line_items[0][price_data]"
        return Blame(f"{data}[unit_amount]", f"{data}[currency]")
    source = "payment_link" if new.payment_link else "line_items"
    return Blame(source, source)


def retrieve_payment(store: Store, tenant: Tenant, id: str, kind: str) -> Payment:
    """By `cs_…` or `pi_…`; raises ResourceMissing."""
    ulid = payment_id(id)
    payment = store.payment(tenant, ulid) if ulid else None
    if payment is None:
        raise ResourceMissing(kind, id)
    return payment


def open_link(store: Store, slug: str, now: Millis | None = None) -> OpenedLink:
    """The link behind a public slug, with its failures in the hour of `now`; reads only. Raises
    ResourceMissing."""
    hour = None if now is None else failures_window(now)
    opened = store.opened_link(slug, hour) if is_slug(slug) else None
    if opened is None:
        raise ResourceMissing("payment link", slug)
    return opened
