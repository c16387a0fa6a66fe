"""Every kind of value, as odd as it may be."""

from typing import Any

from hypothesis import strategies as st

from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.catalog import CustomAmount, Inventory, LineItem, Price, Product
from chalicelib.domain.currency_table import CURRENCIES
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import Tenant
from chalicelib.domain.inbox import OPEN_EVENTS, InboxEvent
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.link_forms import (
    Address,
    Ask,
    Collect,
    Customer,
    CustomField,
    FieldAnswer,
    FieldType,
)
from chalicelib.domain.merchants import Branding, Contact, Merchant, Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import AfterCompletion, LinkItem, PaymentLink, Then
from chalicelib.domain.payments import (
    Direct,
    NextAction,
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
    Use,
)
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    Fact,
    IntentFact,
    IntentStatus,
    PspEvent,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
)
from chalicelib.domain.refunds import Origin, Refund, RefundStatus
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.failures import Answered, Claim
from tests.builders import ulid

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
DUE = st.none() | INSTANT

PRODUCT = st.builds(
    Product, id=NAME, name=TEXT, created=INSTANT, updated=INSTANT, active=FLAG, description=MAYBE,
    images=TEXTS, url=MAYBE, metadata=METADATA,
    inventory=st.none() | st.builds(Inventory, FLAG, COUNT, COUNT),
)  # fmt: skip
PRICE = st.builds(
    Price, id=NAME, product=NAME, unit_amount=MONEY, created=INSTANT, updated=INSTANT, active=FLAG,
    nickname=MAYBE, lookup_key=MAYBE, metadata=METADATA,
    custom=st.none() | st.builds(CustomAmount, COUNT, st.none() | COUNT, st.none() | COUNT),
)  # fmt: skip
LINE = st.builds(LineItem, id=NAME, product=PRODUCT, price=PRICE, quantity=st.integers(1, 10_000))
ASK = st.sampled_from(Ask)
COLLECT = st.builds(Collect, name=ASK, phone=ASK, email=ASK, shipping_address=ASK)
FIELD = st.builds(
    CustomField, key=NAME, label=TEXT, type=st.sampled_from(FieldType), optional=FLAG,
    options=st.lists(st.tuples(TEXT, TEXT), max_size=2).map(tuple),
    minimum_length=st.none() | COUNT, maximum_length=st.none() | COUNT, default_value=MAYBE,
)  # fmt: skip
AFTER = st.none() | st.builds(AfterCompletion, st.sampled_from(Then), MAYBE, MAYBE)
LINK_ITEM = st.builds(
    LinkItem, id=NAME, price=NAME, product=NAME, quantity=COUNT,
    adjustable=st.none() | st.tuples(COUNT, COUNT), variants=st.lists(NAME, max_size=2).map(tuple),
)  # fmt: skip
LINK = st.builds(
    PaymentLink, id=NAME, slug=NAME, created=INSTANT, updated=INSTANT,
    items=st.lists(LINK_ITEM, max_size=3).map(tuple),
    currency=NAME, payment_method_types=TEXTS, active=FLAG, expires_at=st.none() | INSTANT,
    inactive_message=MAYBE, metadata=METADATA, limit=st.none() | COUNT,
    uses_remaining=st.none() | COUNT, completed=COUNT,
    late_payment_policy=st.none() | st.sampled_from(Policy),
    duplicate_payment_policy=st.none() | st.sampled_from(Policy),
    collect=COLLECT, custom_fields=st.lists(FIELD, max_size=2).map(tuple), after_completion=AFTER,
)  # fmt: skip
REVIEW = st.builds(
    Review,
    reason=st.sampled_from(ReviewReason),
    expected=MONEY,
    received=MONEY,
    at=INSTANT,
    verdict=MAYBE,
)
ACTION = st.builds(NextAction, TEXT, TEXT)
PROVIDER = st.builds(ProviderSession, st.none() | NAME, NAME, MAYBE, st.none() | ACTION)
DIRECT = st.builds(
    Direct, method=NAME, return_url=TEXT, description=MAYBE, merchant_order_id=MAYBE,
    billing=METADATA,
)  # fmt: skip
ADDRESS = st.builds(
    Address, line1=TEXT, village=MAYBE, district=MAYBE, city=TEXT, state=TEXT, postal_code=TEXT,
    country=TEXT,
)  # fmt: skip
CUSTOMER = st.builds(Customer, name=MAYBE, phone=MAYBE, email=MAYBE, address=st.none() | ADDRESS)
ANSWER = st.builds(FieldAnswer, TEXT, TEXT, st.sampled_from(FieldType), TEXT, MAYBE)
PAYMENT = st.builds(
    Payment, id=NAME, tenant=TENANT, created=INSTANT, amount=MONEY,
    items=st.lists(LINE, max_size=1).map(tuple), payment_method_types=TEXTS, expires_at=INSTANT,
    secret=TEXT, payment_link=st.none() | NAME, slug=MAYBE, success_url=MAYBE, cancel_url=MAYBE,
    client_reference_id=MAYBE, customer_email=MAYBE, metadata=METADATA, passed_on=METADATA,
    direct=st.none() | DIRECT, customer=st.none() | CUSTOMER,
    custom_fields=st.lists(ANSWER, max_size=1).map(tuple), utm=METADATA, after_completion=AFTER,
    holds_link=FLAG, stock=st.dictionaries(NAME, COUNT, max_size=2),
    provider=st.none() | PROVIDER,
    status=st.sampled_from(PaymentStatus), totals=st.builds(Totals, COUNT, COUNT, COUNT, COUNT),
    method=MAYBE, paid_at=st.none() | INSTANT, review=st.none() | REVIEW,
    use=st.none() | st.sampled_from(Use), refund_inflight=st.none() | NAME, seq=COUNT, due_at=DUE,
    disputes=st.dictionaries(NAME, st.sampled_from(DisputeStatus), max_size=3),
)  # fmt: skip
REFUND = st.builds(
    Refund, id=NAME, tenant=TENANT, payment=NAME, intent=NAME, amount=MONEY, created=INSTANT,
    status=st.sampled_from(RefundStatus), reason=MAYBE, metadata=METADATA, lease_owner=MAYBE,
    lease_until=INSTANT, attempts=COUNT, psp_refund=MAYBE, failure=MAYBE, in_doubt=FLAG,
    origin=st.sampled_from(Origin), claim=st.none() | st.tuples(TEXT, TEXT), sent_at=INSTANT,
    absent_since=DUE, due_at=DUE, by_amount=FLAG,
)  # fmt: skip
DELTA = st.integers(-(10**12), 10**12)
ENTRY = st.builds(
    LedgerEntry, seq=COUNT, kind=st.sampled_from(EntryKind),
    delta=st.builds(Totals, DELTA, DELTA, DELTA, DELTA), subject=TEXT,
    cause=st.builds(Cause, actor=TEXT, reference=TEXT, request_id=MAYBE, at=INSTANT),
)  # fmt: skip
API_KEY = st.builds(
    ApiKey, tenant=TENANT, sha256=NAME, last4=TEXT, created=INSTANT,
    scopes=st.none() | st.frozensets(st.sampled_from(Scope)), name=MAYBE,
    last_used=st.none() | INSTANT, valid_until=st.none() | INSTANT,
    revoked_at=st.none() | INSTANT,
)  # fmt: skip
MERCHANT = st.builds(
    Merchant, id=NAME, name=TEXT, created=INSTANT, late_payment_policy=st.sampled_from(Policy),
    duplicate_payment_policy=st.sampled_from(Policy),
    branding=st.builds(Branding, logo=MAYBE, color=MAYBE),
    contact=st.builds(Contact, whatsapp=MAYBE, telegram=MAYBE, line=MAYBE),
)  # fmt: skip
CLAIM = st.builds(
    Claim, scope=TEXT, key=TEXT, fingerprint=TEXT, resource=TEXT, owner=TEXT, locked_until=INSTANT,
    answer=st.none() | st.builds(Answered, st.integers(100, 599), TEXT),
)  # fmt: skip
ULIDS: Any = st.integers(0, 10**15).map(ulid)
FACT: st.SearchStrategy[Fact] = st.one_of(
    st.builds(
        IntentFact, intent=NAME, status=st.sampled_from(IntentStatus), amount=MONEY,
        received=MONEY, livemode=FLAG, refunded=st.none() | MONEY, method=MAYBE,
        payment=st.none() | ULIDS,
    ),
    st.builds(SessionExpired, session=NAME, intent=MAYBE, payment=st.none() | ULIDS),
    st.builds(
        RefundFact, psp_refund=NAME, intent=TEXT, status=st.sampled_from(RefundFactStatus),
        amount=MONEY, payment=st.none() | ULIDS, refund=st.none() | ULIDS.map("re_{}".format),
    ),
    st.builds(
        DisputeFact, dispute=NAME, intent=TEXT, status=st.sampled_from(DisputeStatus), amount=MONEY
    ),
)  # fmt: skip
WAITING = st.builds(
    InboxEvent,
    event=st.builds(
        PspEvent, id=NAME, type=TEXT, created=INSTANT, sha256=TEXT, livemode=FLAG, fact=FACT
    ),
    status=st.sampled_from(OPEN_EVENTS), why=TEXT, at=INSTANT, attempts=COUNT, due_at=DUE,
)  # fmt: skip
DISCREPANCY = st.builds(
    Discrepancy, tenant=TENANT, kind=st.sampled_from(DiscrepancyKind), subject=NAME, detail=TEXT,
    found_at=INSTANT, status=st.sampled_from(DiscrepancyStatus), actor=MAYBE, reason=MAYBE,
    closed_at=DUE,
)  # fmt: skip
ENDPOINT = st.builds(
    WebhookEndpoint, id=NAME, created=INSTANT, updated=INSTANT, url=TEXT,
    enabled_events=TEXTS, description=MAYBE, metadata=METADATA, disabled_reason=MAYBE,
    failing_since=DUE, secret=COUNT, secret_before_until=DUE,
)  # fmt: skip
SUBJECTS = {
    "payment": PAYMENT, "refund": REFUND, "product": PRODUCT, "price": PRICE, "link": LINK,
    "merchant": MERCHANT, "endpoint": ENDPOINT,
}  # fmt: skip


def events_about(subject: st.SearchStrategy[Any]) -> st.SearchStrategy[Event]:
    """Events of one kind of subject."""
    return st.builds(
        Event, id=ULIDS.map("evt_{}".format), tenant=TENANT, type=st.sampled_from(EventType),
        created=INSTANT, subject=subject, request_id=MAYBE, pending=COUNT, due_at=DUE,
    )  # fmt: skip


DELIVERY = st.builds(
    EventDelivery, tenant=TENANT, event=NAME, endpoint=NAME, type=st.sampled_from(EventType),
    created=INSTANT, status=st.sampled_from(DeliveryStatus), attempts=COUNT, tried_at=DUE,
    outcome=st.none() | st.builds(Outcome, st.none() | st.integers(100, 999), MAYBE, COUNT),
    due_at=DUE,
)  # fmt: skip
