"""Every kind of value as an item and back, through the attribute values that DynamoDB keeps."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb.book_items import claim_from_item, claim_to_item, event_to_item
from chalicelib.adapters.dynamodb.item_forms import changes
from chalicelib.adapters.dynamodb.payment_items import (
    ledger_from_item,
    ledger_to_item,
    payment_from_item,
    payment_to_item,
    refund_from_item,
    refund_to_item,
)
from chalicelib.adapters.dynamodb.shop_items import (
    api_key_from_item,
    api_key_to_item,
    merchant_from_item,
    merchant_to_item,
    payment_link_from_item,
    payment_link_to_item,
    price_from_item,
    price_to_item,
    product_from_item,
    product_to_item,
)
from chalicelib.adapters.dynamodb.values import LARGEST, decode_item, encode_item
from chalicelib.adapters.dynamodb.writes import Assign, Drop, Item, Shift
from chalicelib.domain.catalog import LineItem, Price, Product
from chalicelib.domain.currency_table import CURRENCIES
from chalicelib.domain.ids import Tenant
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.merchants import ApiKey, Merchant
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import LinkItem, PaymentLink
from chalicelib.domain.payments import (
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
)
from chalicelib.domain.refunds import Refund, RefundStatus
from chalicelib.usecases.failures import Claim
from tests.builders import a_payment, a_refund, a_tenant, an_event, an_intent_fact, in_review

TEXT = st.text(max_size=12)
NAME = st.text(min_size=1, max_size=12)
MAYBE = st.none() | TEXT
COUNT = st.integers(0, 10**12)
INSTANT: Any = st.integers(0, 10**14)
FLAG = st.booleans()
METADATA = st.dictionaries(NAME, TEXT, max_size=3)
MONEY = st.builds(Money, COUNT, st.sampled_from(sorted(CURRENCIES)))
TENANT = st.builds(Tenant, NAME, FLAG)
TEXTS = st.lists(TEXT, max_size=3).map(tuple)
T = a_tenant()

PRODUCT = st.builds(
    Product, id=NAME, name=TEXT, created=INSTANT, updated=INSTANT, active=FLAG, description=MAYBE,
    images=TEXTS, url=MAYBE, metadata=METADATA,
)  # fmt: skip
PRICE = st.builds(
    Price, id=NAME, product=NAME, unit_amount=MONEY, created=INSTANT, active=FLAG, nickname=MAYBE,
    lookup_key=MAYBE, metadata=METADATA,
)  # fmt: skip
LINE = st.builds(LineItem, id=NAME, product=PRODUCT, price=PRICE, quantity=st.integers(1, 10_000))
LINK = st.builds(
    PaymentLink, id=NAME, slug=NAME, created=INSTANT,
    items=st.lists(st.builds(LinkItem, NAME, NAME, NAME, COUNT), max_size=3).map(tuple),
    currency=NAME, payment_method_types=TEXTS, active=FLAG, expires_at=st.none() | INSTANT,
    inactive_message=MAYBE, metadata=METADATA,
)  # fmt: skip
REVIEW = st.builds(
    Review, reason=st.sampled_from(ReviewReason), expected=MONEY, received=MONEY, at=INSTANT
)
PAYMENT = st.builds(
    Payment, id=NAME, tenant=TENANT, created=INSTANT, amount=MONEY,
    items=st.lists(LINE, max_size=2).map(tuple), payment_method_types=TEXTS, expires_at=INSTANT,
    secret=TEXT, payment_link=st.none() | NAME, success_url=MAYBE, cancel_url=MAYBE,
    client_reference_id=MAYBE, customer_email=MAYBE, metadata=METADATA,
    provider=st.none() | st.builds(ProviderSession, NAME, NAME, TEXT),
    status=st.sampled_from(PaymentStatus), totals=st.builds(Totals, COUNT, COUNT, COUNT, COUNT),
    method=MAYBE, paid_at=st.none() | INSTANT, review=st.none() | REVIEW, disputed=FLAG,
    refund_inflight=st.none() | NAME, seq=COUNT,
)  # fmt: skip
REFUND = st.builds(
    Refund, id=NAME, tenant=TENANT, payment=NAME, intent=NAME, amount=MONEY, created=INSTANT,
    status=st.sampled_from(RefundStatus), reason=MAYBE, metadata=METADATA, lease_owner=MAYBE,
    lease_until=INSTANT, attempts=COUNT, psp_refund=MAYBE, failure=MAYBE,
)  # fmt: skip
DELTA = st.integers(-(10**12), 10**12)
ENTRY = st.builds(
    LedgerEntry, seq=COUNT, kind=st.sampled_from(EntryKind),
    delta=st.builds(Totals, DELTA, DELTA, DELTA, DELTA), subject=TEXT,
    cause=st.builds(Cause, actor=TEXT, reference=TEXT, request_id=MAYBE, at=INSTANT),
)  # fmt: skip
API_KEY = st.builds(
    ApiKey, tenant=TENANT, sha256=NAME, last4=TEXT, created=INSTANT, revoked_at=st.none() | INSTANT
)


def stored(item: Item) -> Item:
    """The item after DynamoDB has kept it."""
    return decode_item(encode_item(item))


@given(st.builds(Merchant, id=NAME, name=TEXT, created=INSTANT), API_KEY)
def test_merchants_and_keys_come_back_as_they_were(merchant: Merchant, key: ApiKey) -> None:
    assert merchant_from_item(stored(merchant_to_item(merchant))) == merchant
    assert api_key_from_item(stored(api_key_to_item(key))) == key


@given(PRODUCT, PRICE, LINK)
def test_the_catalog_comes_back_as_it_was(
    product: Product, price: Price, link: PaymentLink
) -> None:
    assert product_from_item(stored(product_to_item(T, product))) == product
    assert price_from_item(stored(price_to_item(T, price))) == price
    assert payment_link_from_item(stored(payment_link_to_item(T, link))) == link


@given(PAYMENT)
@settings(deadline=None)
def test_payments_come_back_as_they_were(payment: Payment) -> None:
    assert payment_from_item(stored(payment_to_item(payment))) == remembered(payment)


def remembered(payment: Payment) -> Payment:
    """A payment whose lines keep what was shown and asked, not all that stands in the catalogue."""
    return replace(
        payment,
        items=tuple(
            replace(
                line,
                product=replace(
                    line.product,
                    description=line.product.description and line.product.description[:500],
                    images=line.product.images[:1],
                    metadata={},
                ),
                price=replace(line.price, metadata={}),
            )
            for line in payment.items
        ),
    )


@given(REFUND, ENTRY, st.builds(Claim, TEXT, TEXT, TEXT, TEXT))
def test_refunds_entries_and_claims_come_back_as_they_were(
    refund: Refund, entry: LedgerEntry, claim: Claim
) -> None:
    assert refund_from_item(stored(refund_to_item(refund))) == refund
    assert ledger_from_item(stored(ledger_to_item(entry))) == entry
    assert claim_from_item(stored(claim_to_item(claim))) == claim


@given(PAYMENT, PAYMENT)
@settings(deadline=None, max_examples=50)
def test_the_changes_from_one_payment_to_another_make_it_the_other(
    before: Payment, after: Payment
) -> None:
    old, new = payment_to_item(before), payment_to_item(after)
    item = dict(old)
    for name, change in changes(old, new).items():
        match change:
            case Assign(value):
                item[name] = value
            case Shift(by):
                held = item[name]
                assert isinstance(held, int)
                item[name] = held + by
            case Drop():
                del item[name]
    assert item == new


def test_nothing_that_is_the_same_is_changed() -> None:
    item = payment_to_item(a_payment())
    assert changes(item, item) == {}
    held = changes(item, payment_to_item(in_review(a_payment())))
    assert held.keys() == {"rank", "review"}


def test_an_event_is_kept_without_its_body() -> None:
    event = InboxEvent(
        event=an_event(an_intent_fact()), status=EventStatus.APPLIED, why="payment.captured", at=5
    )  # type: ignore[arg-type]
    assert event_to_item(event) == {
        "kind": "psp_event", "schema": 1, "id": "evt_1", "type": "payment_intent.succeeded",
        "created": 1_800_000_000_000, "sha256": "0" * 64, "status": "applied",
        "why": "payment.captured", "at": 5,
    }  # fmt: skip


def test_no_secret_key_and_no_amount_out_of_bounds_gets_into_an_item() -> None:
    item = payment_to_item(a_payment())
    assert all(not isinstance(value, float) for value in item.values())
    numbers = [value for value in item.values() if isinstance(value, int)]
    assert max(numbers) < LARGEST
    assert refund_to_item(a_refund())["lp"] == f"M#{T.merchant}#test#refunds"
