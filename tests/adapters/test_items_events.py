"""Events, webhook endpoints and deliveries as items and back, as DynamoDB keeps them."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.sizes import item_bytes
from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.event_items import (
    delivery_from_item,
    delivery_to_item,
    endpoint_from_item,
    endpoint_to_item,
    event_from_item,
    event_to_item,
)
from chalicelib.adapters.dynamodb.item_forms import DUE_NAMES
from chalicelib.adapters.dynamodb.keys import (
    untold_at_place,
    untold_partitions,
    untold_place,
)
from chalicelib.adapters.dynamodb.payment_items import payment_to_item
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.values import encode_item
from chalicelib.adapters.dynamodb.writes import Item
from chalicelib.domain.event_deliveries import EventDelivery, Outcome
from chalicelib.domain.events import EventType, event_of, payment_begun
from chalicelib.domain.ids import (
    EventId,
    MerchantId,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    Tenant,
    WebhookEndpointId,
)
from chalicelib.domain.link_forms import Address, Customer
from chalicelib.domain.payments import Payment, PaymentStatus, ProviderSession
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Slice
from simulator.memory_engine import MemoryEngine
from tests.adapters.strategies import (
    DELIVERY,
    ENDPOINT,
    INSTANT,
    SUBJECTS,
    TENANT,
    events_about,
)
from tests.adapters.test_items import remembered, stored
from tests.builders import NOW, a_paid, a_product, a_tenant, ulid

T = a_tenant()


@pytest.mark.parametrize("kind", SUBJECTS)
@given(data=st.data())
@settings(deadline=None, max_examples=15)
def test_events_come_back_as_they_were(kind: str, data: st.DataObject) -> None:
    event = data.draw(events_about(SUBJECTS[kind]))
    subject: Any = event.subject
    kept = remembered(subject) if isinstance(subject, Payment) else subject
    assert event_from_item(stored(event_to_item(event))) == replace(event, subject=kept)


@given(TENANT, ENDPOINT, DELIVERY)
@settings(deadline=None, max_examples=50)
def test_endpoints_and_deliveries_come_back_as_they_were(
    tenant: Tenant, endpoint: WebhookEndpoint, delivery: EventDelivery
) -> None:
    assert endpoint_from_item(stored(endpoint_to_item(tenant, endpoint))) == endpoint
    assert delivery_from_item(stored(delivery_to_item(delivery))) == delivery


def test_an_event_is_listed_and_due_until_it_is_told() -> None:
    event = event_of(EventType.PRODUCT_CREATED, T, a_product(), NOW, "req-1")
    item = event_to_item(event)
    packed = item.pop("subject")
    assert isinstance(packed, bytes)
    place = f"00{NOW + 60_000}#{T.merchant}#test#{event.id}"
    assert item == {
        "kind": "event", "schema": 1, "id": event.id, "merchant": T.merchant, "livemode": False,
        "type": "product.created", "created": NOW, "request": "req-1", "pending": 0,
        "due_at": NOW + 60_000, "dp": untold_place(Untold(T, event.id), NOW)[0], "ds": place,
        "lp": f"M#{T.merchant}#test#events", "ls": event.id,
    }  # fmt: skip
    assert not event_to_item(replace(event, due_at=None)).keys() & set(DUE_NAMES)


def test_a_delivery_is_on_its_endpoints_list_and_due_until_it_has_ended() -> None:
    event, endpoint = EventId(f"evt_{ulid(1)}"), WebhookEndpointId(f"we_{ulid(2)}")
    new = EventDelivery(
        tenant=T, event=event, endpoint=endpoint, type=EventType.PRICE_CREATED, created=NOW
    )
    assert delivery_to_item(new) == {
        "kind": "event_delivery", "schema": 1, "merchant": T.merchant, "livemode": False,
        "event": event, "endpoint": endpoint, "type": "price.created", "created": NOW,
        "status": "pending", "attempts": 0,
        "lp": f"M#{T.merchant}#test#{endpoint}#attempts", "ls": event,
    }  # fmt: skip
    failed = new.after(Outcome(None, "no answer in time", 10_000), NOW)
    item = delivery_to_item(failed)
    assert item["ds"] == f"00{failed.due_at}#{T.merchant}#test#{event}#{endpoint}"
    assert (item["error"], item["took_ms"], "http_status" in item) == (
        "no answer in time", 10_000, False,
    )  # fmt: skip
    done = failed.after(Outcome(200, None, 7), NOW)
    assert not delivery_to_item(done).keys() & {*DUE_NAMES, "error"}


def a_shoppers(number: int) -> Payment:
    """A payment with ids as they are in use, which do not pack, and all that a shopper fills in."""
    of = random.Random(number)

    def drawn(letters: int) -> str:
        return "".join(of.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=letters))

    price, product = PriceId(f"price_01M8{drawn(22)}"), ProductId(f"prod_01M8{drawn(22)}")
    (line,) = a_paid().items
    line = replace(
        line, id=f"li_01M8{drawn(22)}", price=replace(line.price, id=price, product=product),
        product=replace(line.product, id=product, name="Kaos Polos Hitam"),
    )  # fmt: skip
    intent, session = f"pi_{drawn(24)}", f"cs_{drawn(24)}"
    page = f"https://checkout.wooshpay.com/pay/{session}"
    return replace(
        a_paid(),
        id=PaymentId(f"01M8{drawn(22)}"),
        tenant=Tenant(MerchantId(f"acct_01M8{drawn(22)}"), True),
        items=(line,),
        payment_link=PaymentLinkId(f"plink_01M8{drawn(22)}"),
        slug=drawn(24),
        provider=ProviderSession(session, intent, page),
        secret=drawn(32),
        metadata={"order": "A-1001"},
        customer=Customer(
            name="Sari Wulandari",
            phone="+6281234567890",
            address=Address(
                line1="Jl. Melati 7", village="Sukamaju", district="Cilodong", city="Depok",
                state="JB", postal_code="16415", country="ID",
            ),
        ),
    )  # fmt: skip


def test_an_ordinary_payment_and_its_event_stay_under_the_kilobyte_that_is_charged() -> None:
    paid = [a_shoppers(number) for number in range(20)]
    open_ones = [
        replace(each, status=PaymentStatus.UNPAID, due_at=NOW, method=None, paid_at=None)
        for each in paid
    ]
    items = [payment_to_item(each) for each in (*paid, *open_ones)]
    events = [event_to_item(payment_begun(each)) for each in (*paid, *open_ones)]
    assert max(stored_bytes(each) for each in items) < 1024
    assert max(stored_bytes(each) for each in events) < 1024


def stored_bytes(item: Item) -> int:
    """As DynamoDB counts, with the longest keys that there are."""
    return item_bytes(encode_item({**item, "pk": "x" * 80, "sk": "PAY"}))


# --- what is to be told -------------------------------------------------------------------------

UNTOLD = st.builds(
    Untold,
    tenant=st.builds(Tenant, st.text("abcXYZ019_", min_size=1), st.booleans()),
    event=st.text("abcXYZ019_", min_size=1, max_size=30),
    endpoint=st.none() | st.text("abcXYZ019_", min_size=1, max_size=30),
)


@given(UNTOLD, INSTANT)
@settings(deadline=None)
def test_what_is_to_be_told_is_read_from_its_place_and_from_its_message(
    untold: Untold, at: Any
) -> None:
    partition, place = untold_place(untold, at)
    assert untold_at_place(place) == untold
    assert partition in untold_partitions()
    assert Untold.of(untold.message()) == untold


def test_what_is_to_be_told_is_kept_apart_from_what_is_about_money() -> None:
    assert untold_partitions() == ["TELL#0", "TELL#1", "TELL#2", "TELL#3"]
    assert not set(untold_partitions()) & set(keys.due_partitions())
    places = {untold_place(Untold(T, EventId(f"evt_{n}")), NOW)[0] for n in range(100)}
    assert places == set(untold_partitions())


# --- an endpoint that is deleted ----------------------------------------------------------------


def test_an_endpoint_that_is_deleted_is_found_nowhere_and_forgotten_in_a_week() -> None:
    engine = MemoryEngine()
    store = DynamoDBStore(engine)
    one, other = (
        WebhookEndpoint(
            id=WebhookEndpointId(f"we_{ulid(number)}"), created=NOW, updated=NOW,
            url="https://hook.example/", enabled_events=("*",), metadata={},
        )
        for number in (1, 2)
    )  # fmt: skip
    for each in (one, other):
        store.add_webhook_endpoint(T, each, None)
    assert store.delete_webhook_endpoint(T, one.id, NOW) is True
    assert store.webhook_endpoint(T, one.id) is None
    assert store.webhook_endpoints(T, Slice(10)).items == [other]
    assert store.every_webhook_endpoint(T) == [other]
    at = keys.webhook_endpoint_key(T, one.id)
    assert engine.get(at) == {
        "pk": at.pk, "sk": at.sk, "kind": "deleted", "schema": 1,
        "ttl": NOW // 1000 + 7 * 24 * 60 * 60,
    }  # fmt: skip
    assert store.delete_webhook_endpoint(T, one.id, NOW) is False
    assert store.delete_webhook_endpoint(a_tenant(number=2), other.id, NOW) is False
