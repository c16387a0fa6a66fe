"""On every engine: each change is told of in its own write group, and each telling is kept once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import RESCUED_AFTER_MS, Event, EventType
from chalicelib.domain.ids import Millis, WebhookEndpointId
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_decisions import Changed, decide
from chalicelib.domain.refunds import absorb
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Slice
from tests.adapters.stored import everything, lost
from tests.builders import (
    NOW,
    a_cause,
    a_link,
    a_merchant,
    a_payment,
    a_price,
    a_product,
    a_refund,
    a_refund_fact,
    a_tenant,
    an_api_key,
    an_intent_fact,
    rupiah,
    ulid,
)

T, OTHER = a_tenant(), a_tenant(number=2)
LATER = Millis(NOW + 1)
DUE = Millis(NOW + RESCUED_AFTER_MS)
OK = Outcome(200, None, 5)
E = EventType


def told(store: DynamoDBStore) -> list[EventType]:
    """What has been told, the oldest first."""
    return [event.type for event in store.events(T, Slice(100)).items][::-1]


def an_endpoint(number: int = 1) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=WebhookEndpointId(f"we_{ulid(number)}"), created=NOW, updated=NOW,
        url="https://shop.example", enabled_events=("*",), metadata={"a": "b"},
    )  # fmt: skip


def a_delivery(event: Event, endpoint: WebhookEndpoint) -> EventDelivery:
    return EventDelivery(
        tenant=T, event=event.id, endpoint=endpoint.id, type=event.type, created=event.created
    )


def an_event(store: DynamoDBStore) -> Event:
    """The event of a new product."""
    store.add_product(T, a_product(), None)
    (event,) = store.events(T, Slice()).items
    return event


def _merchant(store: DynamoDBStore) -> None:
    before = a_merchant()
    store.add_merchant(before, an_api_key())
    store.update_merchant(T, before, replace(before, name="B"), a_cause(), None)
    store.update_merchant(T, replace(before, name="B"), replace(before, name="B"), a_cause(), None)


def _product(store: DynamoDBStore) -> None:
    store.add_product(T, a_product(), None)
    store.update_product(T, a_product(), replace(a_product(), updated=LATER), None, None)


def _price(store: DynamoDBStore) -> None:
    store.add_price(T, a_price(), a_product(), None)
    store.update_price(T, a_price(), replace(a_price(), updated=LATER), None)


def _link(store: DynamoDBStore) -> None:
    store.add_payment_link(T, a_link(), None)
    store.update_payment_link(T, a_link(), replace(a_link(), updated=LATER), None)


def _paid(store: DynamoDBStore) -> None:
    payment = a_payment()
    store.begin_payment(payment, None)
    paid = decide(payment, an_intent_fact(), a_cause(at=NOW + 1))
    assert isinstance(paid, Changed)
    store.record_change(payment, paid)
    fact = a_refund_fact(a_refund(amount=rupiah(100)))
    step = absorb(paid.payment, fact, id="re_1", voided=None, cause=a_cause(at=NOW + 2))  # type: ignore[arg-type]
    assert step is not None
    store.absorb_refund(paid.payment, step, False, None)


@pytest.mark.parametrize(
    ("does", "types"),
    [
        (_merchant, [E.ACCOUNT_UPDATED]),
        (_product, [E.PRODUCT_CREATED, E.PRODUCT_UPDATED]),
        (_price, [E.PRICE_CREATED, E.PRODUCT_CREATED, E.PRICE_UPDATED]),
        (_link, [E.PAYMENT_LINK_CREATED, E.PAYMENT_LINK_UPDATED]),
        (_paid, [E.PAYMENT_INTENT_CREATED, E.PAYMENT_INTENT_SUCCEEDED,
                 E.CHECKOUT_SESSION_COMPLETED, E.REFUND_CREATED]),
    ],
)  # fmt: skip
def test_each_change_is_told_with_its_object_as_it_was(
    store: DynamoDBStore, does: Callable[[DynamoDBStore], None], types: list[EventType]
) -> None:
    hints: list[Untold] = []
    store._hint = hints.extend
    does(store)
    assert sorted(told(store)) == sorted(types)
    kept = store.events(T, Slice(100)).items
    assert {hint.event for hint in hints} == {event.id for event in kept}
    assert len(hints) == len(kept)
    assert all(event.due_at == event.created + RESCUED_AFTER_MS for event in kept)
    assert all(store.event(T, event.id) == event for event in kept)
    assert store.events(OTHER, Slice()).items == []


def test_a_change_that_is_refused_is_not_told(store: DynamoDBStore, engine: Engine) -> None:
    hints: list[Untold] = []
    store.add_product(T, a_product(), None)
    store._hint = hints.extend
    with lost(engine, "product"):
        store.add_product(T, a_product(), None)
    stale = replace(a_product(), updated=Millis(5))
    with lost(engine, "product"):
        store.update_product(T, stale, replace(stale, updated=LATER), None, None)
    assert hints == []


def test_the_account_as_it_was_is_told(store: DynamoDBStore) -> None:
    _merchant(store)
    (event,) = store.events(T, Slice()).items
    assert isinstance(event.subject, Merchant)
    assert event.subject.name == "B"


def test_first_deliveries_are_kept_once_and_the_event_is_due_no_more(
    store: DynamoDBStore, engine: Engine
) -> None:
    event = an_event(store)
    assert list(store.untold(DUE, 9)) == [Untold(T, event.id)]
    assert list(store.untold(Millis(DUE - 1), 9)) == []
    done = replace(a_delivery(event, an_endpoint(1)), status=DeliveryStatus.DELIVERED, outcome=OK)
    waits = replace(a_delivery(event, an_endpoint(2)), due_at=Millis(NOW + 5), attempts=1)
    store.keep_first_deliveries(event, [done, waits])
    with lost(engine, "untold", f"to {done.endpoint}", f"to {waits.endpoint}"):
        store.keep_first_deliveries(event, [done, waits])
    assert store.event(T, event.id) == replace(event, due_at=None, pending=1)
    assert store.delivery(T, event.id, done.endpoint) == done
    assert store.delivery(T, event.id, waits.endpoint) == waits
    assert list(store.deliveries(T, done.endpoint, Slice()).items) == [done]
    assert list(store.untold(DUE, 9)) == [Untold(T, event.id, waits.endpoint)]
    assert store.delivery(OTHER, event.id, done.endpoint) is None


def test_an_event_that_nobody_wants_is_due_no_more(store: DynamoDBStore) -> None:
    event = an_event(store)
    store.keep_first_deliveries(event, [])
    assert store.event(T, event.id) == replace(event, due_at=None)
    assert list(store.untold(DUE, 9)) == []


def test_a_later_attempt_is_kept_once(store: DynamoDBStore, engine: Engine) -> None:
    event = an_event(store)
    first = replace(a_delivery(event, an_endpoint()), due_at=NOW, attempts=1)
    store.keep_first_deliveries(event, [first])
    second = replace(first, due_at=LATER, attempts=2, outcome=Outcome(500, None, 1))
    store.keep_delivery(first, second)
    with lost(engine, "delivery"):
        store.keep_delivery(first, second)
    ended = replace(second, due_at=None, status=DeliveryStatus.FAILED)
    store.keep_delivery(second, ended)
    with lost(engine, "delivery", "untold"):
        store.keep_delivery(second, ended)
    assert store.delivery(T, event.id, first.endpoint) == ended
    assert store.event(T, event.id) == replace(event, due_at=None, pending=0)
    store.keep_delivery(ended, ended.resent(NOW))
    with lost(engine, "delivery"):
        store.keep_delivery(None, first)
    kept = store.event(T, event.id)
    assert kept is not None
    assert kept.pending == 1


def test_an_endpoint_changes_as_it_was_read_or_not_at_all(
    store: DynamoDBStore, engine: Engine
) -> None:
    before = an_endpoint()
    store.add_webhook_endpoint(T, before, None)
    with lost(engine, "endpoint"):
        store.add_webhook_endpoint(T, before, None)
    failing = replace(before, failing_since=NOW)
    store.update_webhook_endpoint(T, before, failing)
    after = replace(failing, updated=LATER, disabled_reason="gone", secret=2, description="x")
    with lost(engine, "endpoint"):
        store.update_webhook_endpoint(T, before, after)
    store.update_webhook_endpoint(T, failing, after)
    assert store.webhook_endpoint(T, before.id) == after
    assert list(store.every_webhook_endpoint(T)) == [after]
    assert store.webhook_endpoint(OTHER, before.id) is None
    assert store.every_webhook_endpoint(OTHER) == []


def test_an_endpoint_that_is_deleted_is_in_no_list_and_stays_deleted(
    store: DynamoDBStore, engine: Engine
) -> None:
    endpoint = an_endpoint()
    store.add_webhook_endpoint(T, endpoint, None)
    assert not store.delete_webhook_endpoint(OTHER, endpoint.id, NOW)
    assert store.delete_webhook_endpoint(T, endpoint.id, NOW)
    before = everything(engine)
    assert not store.delete_webhook_endpoint(T, endpoint.id, NOW)
    with lost(engine, "endpoint"):
        store.update_webhook_endpoint(T, endpoint, replace(endpoint, updated=LATER))
    with lost(engine, "endpoint"):
        store.add_webhook_endpoint(T, endpoint, None)
    assert everything(engine) == before
    assert store.webhook_endpoint(T, endpoint.id) is None
    assert store.webhook_endpoints(T, Slice()).items == []
    assert store.every_webhook_endpoint(T) == []
