"""Values for tests: plain functions whose defaults make something whole and valid."""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.catalog import LineItem, Price, Product
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    RefundId,
    Tenant,
    secret_key_text,
)
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import LinkItem, Offer, PaymentLink
from chalicelib.domain.payments import (
    SESSION_LIFETIME_MS,
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
)
from chalicelib.domain.psp_facts import (
    Fact,
    IntentFact,
    IntentStatus,
    PspEvent,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
)
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund, RefundStatus

NOW = Millis(1_800_000_000_000)
SECRET = "S" * 32
INTENT = "pi_1000"
SESSION = "cs_1000"
PAGE = "https://checkouttest.wooshpay.com/pay/cs_test_1000"
NOTHING = Totals()
MERCHANT_ULID = "01JTESTMERCHANT00000000000"


def ulid(number: int = 1) -> str:
    """A well-formed ULID; larger numbers sort later."""
    return f"01JTEST{number:019d}"


def a_tenant(*, livemode: bool = False, number: int | None = None) -> Tenant:
    """The usual merchant, or another one by number."""
    return Tenant(MerchantId(f"acct_{MERCHANT_ULID if number is None else ulid(number)}"), livemode)


def a_merchant(*, name: str = "Toko Apel", number: int | None = None) -> Merchant:
    """A shop."""
    return Merchant(id=a_tenant(number=number).merchant, name=name, created=NOW)


def a_secret_key(
    tenant: Tenant | None = None, secret: str = SECRET, *, restricted: bool = False
) -> str:
    """The text of an API key."""
    return secret_key_text(tenant or a_tenant(), secret, restricted=restricted)


def an_api_key(
    *scopes: Scope, tenant: Tenant | None = None, sha256: str = "f" * 64, last4: str = "SSSS"
) -> ApiKey:
    """A key as it is kept; with scopes a restricted one."""
    return ApiKey(
        tenant=tenant or a_tenant(),
        sha256=sha256,
        last4=last4,
        created=NOW,
        scopes=frozenset(scopes) or None,
    )


def rupiah(amount: int) -> Money:
    """Money in rupiah."""
    return Money(amount, "IDR")


def a_product(
    *, number: int = 1, name: str = "apple", active: bool = True, url: str | None = None
) -> Product:
    """A product."""
    return Product(
        id=ProductId(f"prod_{ulid(number)}"),
        name=name,
        created=NOW,
        updated=NOW,
        active=active,
        url=url,
        metadata={},
    )


def a_price(
    *, number: int = 1, amount: Money | None = None, product: int = 1, active: bool = True
) -> Price:
    """A price of product `product`."""
    return Price(
        id=PriceId(f"price_{ulid(number)}"),
        product=ProductId(f"prod_{ulid(product)}"),
        unit_amount=amount or rupiah(20_000),
        created=NOW,
        updated=NOW,
        active=active,
        metadata={},
    )


def a_line_item(*, amount: Money | None = None, quantity: int = 1, number: int = 1) -> LineItem:
    """A line of one product at one price."""
    return LineItem(
        id=f"li_{ulid(number)}",
        product=a_product(number=number),
        price=a_price(number=number, amount=amount, product=number),
        quantity=quantity,
    )


def a_link(
    *,
    number: int = 1,
    active: bool = True,
    expires_at: int | None = None,
    inactive_message: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> PaymentLink:
    """A link to price 1 of product 1."""
    return PaymentLink(
        id=PaymentLinkId(f"plink_{ulid(number)}"),
        slug=f"slug{number:020d}",
        created=NOW,
        updated=NOW,
        items=(LinkItem(f"li_{ulid(1)}", a_price().id, a_product().id, 1),),
        currency="IDR",
        payment_method_types=("dana",),
        active=active,
        expires_at=Millis(expires_at) if expires_at is not None else None,
        inactive_message=inactive_message,
        metadata=metadata or {},
    )


def an_offer(*, link: PaymentLink | None = None, item: LineItem | None = None) -> Offer:
    """A link with its lines filled in."""
    item = item or a_line_item()
    of = link or a_link()
    return Offer(link=of, items=(item,), variants={line.id: (item.price,) for line in of.items})


def a_provider(number: int = 1000) -> ProviderSession:
    """The provider's names for a payment."""
    return ProviderSession(
        f"cs_{number}", f"pi_{number}", f"https://checkouttest.wooshpay.com/pay/cs_test_{number}"
    )


def a_payment(
    *,
    status: PaymentStatus = PaymentStatus.UNPAID,
    totals: Totals = NOTHING,
    amount: Money | None = None,
    methods: tuple[str, ...] = ("dana",),
    provider: ProviderSession | None = None,
    bound: bool = True,
    number: int = 1,
    tenant: Tenant | None = None,
) -> Payment:
    """A payment of Rp20.000; bound to the provider's intent unless `bound` is false."""
    amount = amount or rupiah(20_000)
    paid = status is PaymentStatus.PAID
    if paid and totals == NOTHING:
        totals = Totals(amount.amount, amount.amount)
    return Payment(
        id=PaymentId(ulid(number)),
        tenant=tenant or a_tenant(),
        created=NOW,
        amount=amount,
        items=(a_line_item(amount=amount),),
        payment_method_types=methods,
        expires_at=Millis(NOW + SESSION_LIFETIME_MS),
        secret=SECRET,
        metadata={},
        provider=provider or (a_provider() if bound else None),
        status=status,
        totals=totals,
        method=methods[0] if paid else None,
        paid_at=NOW if paid else None,
        seq=1 if paid else 0,
    )


def a_paid(amount: int = 20_000, methods: tuple[str, ...] = ("dana",)) -> Payment:
    """A payment in rupiah that is paid."""
    return a_payment(status=PaymentStatus.PAID, amount=rupiah(amount), methods=methods)


def a_review(reason: ReviewReason = ReviewReason.AMOUNT_MISMATCH, received: int = 19_999) -> Review:
    """Why a person has to look at a payment."""
    return Review(reason=reason, expected=rupiah(20_000), received=rupiah(received), at=NOW)


def in_review(payment: Payment) -> Payment:
    """The payment while a person looks at it."""
    return replace(payment, review=a_review())


def a_refund(
    *,
    status: RefundStatus = RefundStatus.SENDING,
    amount: Money | None = None,
    attempts: int = 1,
    number: int = 1,
    payment: int = 1,
    lease_until: int = 0,
) -> Refund:
    """A refund of payment `payment`."""
    return Refund(
        id=RefundId(f"re_{ulid(number)}"),
        tenant=a_tenant(),
        payment=PaymentId(ulid(payment)),
        intent=INTENT,
        amount=amount or rupiah(5_000),
        created=NOW,
        status=status,
        metadata={},
        lease_owner=ulid(900),
        lease_until=lease_until,
        attempts=attempts,
    )


def a_request(
    amount: int | None = 5_000, *, expected_remaining: int | None = None
) -> RefundRequest:
    """What a merchant asks; `amount` None means all that remains."""
    return RefundRequest(
        amount=amount,
        reason="requested_by_customer",
        expected_remaining=expected_remaining,
        metadata={"order": "7"},
    )


def a_cause(reference: str = "evt_1", *, at: int = NOW, actor: str = "wooshpay") -> Cause:
    """Why something changes."""
    return Cause(actor=actor, reference=reference, request_id="req-1", at=Millis(at))


def an_entry(
    seq: int = 1, delta: Totals = NOTHING, kind: EntryKind = EntryKind.STATUS
) -> LedgerEntry:
    """A line of the ledger."""
    return LedgerEntry(seq=seq, kind=kind, delta=delta, subject="paid", cause=a_cause())


def an_intent_fact(
    status: IntentStatus = IntentStatus.SUCCEEDED,
    *,
    amount: Money | None = None,
    received: Money | None = None,
    intent: str = INTENT,
    livemode: bool = False,
    payment: PaymentId | None = None,
    method: str | None = "dana",
) -> IntentFact:
    """The provider's payment intent; of Rp20.000, all of it received."""
    amount = amount or rupiah(20_000)
    return IntentFact(
        intent=intent,
        status=status,
        amount=amount,
        received=received or amount,
        livemode=livemode,
        method=method,
        payment=payment,
    )


def an_expiry(
    *, session: str = SESSION, intent: str | None = INTENT, payment: PaymentId | None = None
) -> SessionExpired:
    """The end of the provider's page."""
    return SessionExpired(session=session, intent=intent, payment=payment)


def a_refund_fact(
    refund: Refund,
    status: RefundFactStatus = RefundFactStatus.SUCCEEDED,
    *,
    amount: Money | None = None,
    psp_refund: str = "re_9000",
) -> RefundFact:
    """The provider's word on one of our refunds."""
    return RefundFact(
        psp_refund=psp_refund,
        intent=refund.intent,
        status=status,
        amount=amount or refund.amount,
        payment=refund.payment,
        refund=refund.id,
    )


def an_event(
    fact: Fact,
    *,
    id: str = "evt_1",
    type: str = "payment_intent.succeeded",
    sha256: str = "0" * 64,
) -> PspEvent:
    """An authentic event that says `fact`."""
    return PspEvent(id=id, type=type, created=NOW, sha256=sha256, livemode=False, fact=fact)
