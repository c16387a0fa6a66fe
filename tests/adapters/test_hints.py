"""Each write that tells of an event is hinted at once it stands; one that is refused is not."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.event_deliveries import EventDelivery, Outcome
from chalicelib.domain.events import EventType, event_of
from chalicelib.domain.ids import Millis, WebhookEndpointId
from chalicelib.domain.psp_facts import Done, RefundFact, RefundFactStatus
from chalicelib.domain.refunds import absorb, reverse
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.failures import Claimed, Lost
from chalicelib.usecases.outbox import Untold
from simulator.memory_engine import MemoryEngine
from tests.adapters import stored
from tests.adapters.stored import CAUSE, CLAIM, OWNER, inbox
from tests.builders import (
    INTENT,
    NOW,
    a_link,
    a_merchant,
    a_payment,
    a_price,
    a_product,
    a_provider,
    a_tenant,
    an_api_key,
    rupiah,
    ulid,
)

T = a_tenant()
LATER = Millis(NOW + 1)
FIRST = WebhookEndpoint(
    id=WebhookEndpointId(f"we_{ulid(1)}"), created=NOW, updated=NOW, url="https://hook.example/",
    enabled_events=("*",), metadata={},
)  # fmt: skip
E = EventType


class Hinted:
    """A store, and the hints that it has given."""

    def __init__(self) -> None:
        self.hints: list[Untold] = []
        self.store = DynamoDBStore(MemoryEngine(), self._hear)

    def _hear(self, untold: Sequence[Untold]) -> None:
        assert untold
        self.hints += untold

    def types(self) -> list[str]:
        """What was hinted at since this was last asked: every event of it is kept."""
        events = [self.store.event(each.tenant, each.event) for each in self.hints]
        self.hints.clear()
        assert all(event is not None and event.tenant == T for event in events)
        return [event.type for event in events if event]


@pytest.fixture
def hinted() -> Hinted:
    return Hinted()


Act = Callable[[DynamoDBStore], object]


def product(store: DynamoDBStore) -> Act:
    return lambda store: store.add_product(T, a_product(), CLAIM)


def product_changed(store: DynamoDBStore) -> Act:
    store.add_product(T, a_product(), None)
    after = replace(a_product(), name="pear", updated=LATER)
    return lambda store: store.update_product(T, a_product(), after, None, None)


def price(store: DynamoDBStore) -> Act:
    return lambda store: store.add_price(T, a_price(), a_product(), None)


def price_changed(store: DynamoDBStore) -> Act:
    store.add_price(T, a_price(), None, None)
    after = replace(a_price(), active=False, updated=LATER)
    return lambda store: store.update_price(T, a_price(), after, None)


def link(store: DynamoDBStore) -> Act:
    return lambda store: store.add_payment_link(T, a_link(), None)


def link_changed(store: DynamoDBStore) -> Act:
    store.add_payment_link(T, a_link(), None)
    after = replace(a_link(), metadata={"a": "b"}, updated=LATER)
    return lambda store: store.update_payment_link(T, a_link(), after, None)


def link_paused(store: DynamoDBStore) -> Act:
    store.add_payment_link(T, a_link(), None)
    after = replace(a_link(), active=False, updated=LATER)
    found = Discrepancy.of(T, DiscrepancyKind.LINK_PAUSED, a_link().id, "failures", NOW)
    return lambda store: store.pause_link(T, a_link(), after, found)


def merchant_changed(store: DynamoDBStore) -> Act:
    store.add_merchant(a_merchant(), an_api_key())
    after = a_merchant(name="Toko Pir")
    return lambda store: store.update_merchant(T, a_merchant(), after, CAUSE, CLAIM)


def payment(store: DynamoDBStore) -> Act:
    return lambda store: store.begin_payment(a_payment(bound=False), CLAIM)


def payment_paid(store: DynamoDBStore) -> Act:
    before = stored.begun(store)
    return lambda store: store.record_change(before, stored.change(before), inbox())


def refund(store: DynamoDBStore) -> Act:
    before = stored.paid(store)
    return lambda store: store.reserve_refund(before, stored.step(before), CLAIM)


def refund_done(store: DynamoDBStore) -> Act:
    done = stored.reserved(store)
    end = stored.settled(done, Done("re_9000"))
    return lambda store: store.settle_refund(done.payment, end, OWNER)


def refund_elsewhere(store: DynamoDBStore) -> Act:
    before = stored.paid(store)
    fact = RefundFact(
        psp_refund="re_9", intent=INTENT, status=RefundFactStatus.SUCCEEDED, amount=rupiah(5_000)
    )
    step = absorb(before, fact, id=stored.step(before).refund.id, voided=None, cause=CAUSE)
    assert step is not None
    return lambda store: store.absorb_refund(before, step, False, None)


def refund_back(store: DynamoDBStore) -> Act:
    done = stored.reserved(store)
    end = stored.settled(done, Done("re_9000"))
    store.settle_refund(done.payment, end, OWNER)
    back = reverse(end.payment, end.refund, "bounced", CAUSE)
    return lambda store: store.reverse_refund(end.payment, back, None)


def endpoint_disabled(store: DynamoDBStore) -> Act:
    store.add_webhook_endpoint(T, FIRST, None)
    after = replace(FIRST, disabled_reason="gone", updated=LATER)
    event = event_of(E.WEBHOOK_ENDPOINT_DISABLED, T, after, LATER)
    return lambda store: store.update_webhook_endpoint(T, FIRST, after, event=event)


ACTS = [
    (product, [E.PRODUCT_CREATED]),
    (product_changed, [E.PRODUCT_UPDATED]),
    (price, [E.PRICE_CREATED, E.PRODUCT_CREATED]),
    (price_changed, [E.PRICE_UPDATED]),
    (link, [E.PAYMENT_LINK_CREATED]),
    (link_changed, [E.PAYMENT_LINK_UPDATED]),
    (link_paused, [E.PAYMENT_LINK_UPDATED]),
    (merchant_changed, [E.ACCOUNT_UPDATED]),
    (payment, [E.PAYMENT_INTENT_CREATED]),
    (payment_paid, [E.PAYMENT_INTENT_SUCCEEDED, E.CHECKOUT_SESSION_COMPLETED]),
    (refund, [E.REFUND_CREATED]),
    (refund_done, [E.REFUND_UPDATED]),
    (refund_elsewhere, [E.REFUND_CREATED]),
    (refund_back, [E.REFUND_FAILED]),
    (endpoint_disabled, [E.WEBHOOK_ENDPOINT_DISABLED]),
]


@pytest.mark.parametrize(("begin", "types"), ACTS, ids=[act.__name__ for act, _ in ACTS])
def test_what_is_written_is_hinted_at_and_what_is_refused_is_not(
    hinted: Hinted, begin: Callable[[DynamoDBStore], Act], types: list[EventType]
) -> None:
    act = begin(hinted.store)
    hinted.hints.clear()
    act(hinted.store)
    assert hinted.types() == types
    with pytest.raises((Lost, Claimed)):
        act(hinted.store)
    assert hinted.types() == []


def test_what_tells_of_nothing_is_not_hinted_at(hinted: Hinted) -> None:
    store = hinted.store
    store.add_merchant(a_merchant(), an_api_key())
    store.update_merchant(T, a_merchant(), a_merchant(), CAUSE, None)
    store.add_webhook_endpoint(T, FIRST, None)
    store.update_webhook_endpoint(T, FIRST, replace(FIRST, failing_since=NOW))
    store.delete_webhook_endpoint(T, FIRST.id, NOW)
    assert hinted.hints == []
    store.begin_payment(a_payment(bound=False), None)
    hinted.hints.clear()
    store.bind_provider(a_payment(bound=False), a_provider(), None)
    assert hinted.hints == []


def test_the_attempts_are_kept_quietly_and_a_delivery_that_is_to_be_made_anew_is_hinted_at(
    hinted: Hinted,
) -> None:
    store = hinted.store
    store.add_product(T, a_product(), None)
    (untold,) = hinted.hints
    event = store.event(T, untold.event)
    assert event is not None
    first = EventDelivery(
        tenant=T, event=event.id, endpoint=FIRST.id, type=event.type, created=event.created
    )
    tried = first.after(Outcome(500, None, 1), NOW)
    hinted.hints.clear()
    store.keep_first_deliveries(event, [tried])
    again = tried.after(Outcome(200, None, 1), LATER)
    store.keep_delivery(tried, again)
    assert hinted.hints == []
    store.keep_delivery(again, again.resent(LATER))
    assert hinted.hints == [Untold(T, event.id, FIRST.id)]
    hinted.hints.clear()
    with pytest.raises(Lost):
        store.keep_delivery(tried, tried.resent(LATER))
    assert hinted.hints == []
