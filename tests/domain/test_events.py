"""What each change is told as, and that one change is one event however often it is told."""

from dataclasses import replace

import pytest

from chalicelib.domain.events import (
    RESCUED_AFTER_MS,
    EventType,
    event_of,
    payment_begun,
    payment_events,
    refund_event,
)
from chalicelib.domain.ids import EventId, Millis, RefundId, ulid_of
from chalicelib.domain.payments import Direct, Payment, PaymentStatus
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import RefundStatus, Step
from tests.builders import (
    NOW,
    a_cause,
    a_payment,
    a_product,
    a_refund,
    a_review,
    a_tenant,
    an_entry,
    ulid,
)

E, S = EventType, PaymentStatus
DIRECT = Direct(method="dana", return_url="https://a.example")
OPEN, CLOSED = a_review(), replace(a_review(), verdict="accepted")


def types(before: Payment, after: Payment) -> list[EventType]:
    """What the change is told as."""
    return [each.type for each in payment_events(before, after, a_cause())]


@pytest.mark.parametrize(
    ("status", "hosted", "direct"),
    [
        (S.PAID, [E.PAYMENT_INTENT_SUCCEEDED, E.CHECKOUT_SESSION_COMPLETED],
         [E.PAYMENT_INTENT_SUCCEEDED]),
        (S.PROCESSING, [E.PAYMENT_INTENT_PROCESSING], [E.PAYMENT_INTENT_PROCESSING]),
        (S.FAILED, [E.PAYMENT_INTENT_PAYMENT_FAILED], [E.PAYMENT_INTENT_PAYMENT_FAILED]),
        (S.EXPIRED, [E.CHECKOUT_SESSION_EXPIRED], [E.PAYMENT_INTENT_CANCELED]),
        (S.CANCELED, [E.PAYMENT_INTENT_CANCELED], [E.PAYMENT_INTENT_CANCELED]),
        (S.UNPAID, [], []),
    ],
)  # fmt: skip
def test_a_status_is_told_by_the_names_that_merchants_know(
    status: PaymentStatus, hosted: list[EventType], direct: list[EventType]
) -> None:
    before = a_payment()
    assert types(before, replace(before, status=status)) == hosted
    before = replace(before, direct=DIRECT)
    assert types(before, replace(before, status=status)) == direct


def test_a_review_is_told_when_it_opens_and_when_it_closes() -> None:
    before = a_payment()
    opened, closed = replace(before, review=OPEN), replace(before, review=CLOSED)
    assert types(before, opened) == [E.PAYMENT_INTENT_REVIEW_OPENED]
    assert types(opened, closed) == [E.PAYMENT_INTENT_REVIEW_CLOSED]
    assert types(closed, before) == []
    assert types(opened, opened) == []
    paid = replace(closed, status=S.PAID)
    assert types(opened, paid) == [
        E.PAYMENT_INTENT_SUCCEEDED,
        E.CHECKOUT_SESSION_COMPLETED,
        E.PAYMENT_INTENT_REVIEW_CLOSED,
    ]


def test_a_dispute_is_told_whenever_it_moves() -> None:
    before = a_payment()
    after = replace(before, disputes={"dp_1": DisputeStatus.OPEN})
    assert types(before, after) == [E.PAYMENT_INTENT_DISPUTE_UPDATED]
    assert types(after, after) == []


def test_what_moves_nothing_of_anybodys_is_not_told() -> None:
    before = a_payment()
    assert types(before, replace(before, seq=9, method="dana", paid_at=NOW)) == []


def test_one_change_is_one_event() -> None:
    before, cause = a_payment(), a_cause(at=NOW + 5)
    after = replace(before, status=S.PROCESSING, seq=1)
    (first,), (again,) = (payment_events(before, after, cause) for _ in range(2))
    assert first == again
    assert (first.subject, first.created, first.request_id) == (after, NOW + 5, "req-1")
    assert (first.tenant, first.pending) == (before.tenant, 0)
    assert first.due_at == NOW + 5 + RESCUED_AFTER_MS
    assert ulid_of(first.id, "evt") is not None
    (later,) = payment_events(before, replace(after, seq=2), cause)
    assert later.id != first.id
    assert first.id[:14] == later.id[:14]  # they sort by their time
    assert {event.id for event in payment_events(before, replace(after, status=S.PAID), cause)} & {
        first.id
    } == set()


def test_a_payments_beginning_is_told_as_it_began() -> None:
    payment = a_payment()
    event = payment_begun(payment)
    assert (event.type, event.subject) == (E.PAYMENT_INTENT_CREATED, payment)
    assert (event.created, event.request_id) == (payment.created, None)


@pytest.mark.parametrize(
    ("status", "new", "type"),
    [
        (RefundStatus.SENDING, True, E.REFUND_CREATED),
        (RefundStatus.POSTED, True, E.REFUND_CREATED),
        (RefundStatus.POSTED, False, E.REFUND_UPDATED),
        (RefundStatus.VOIDED, False, E.REFUND_FAILED),
        (RefundStatus.REVERSED, False, E.REFUND_FAILED),
    ],
)
def test_a_refund_is_told_when_money_moves(
    status: RefundStatus, new: bool, type: EventType
) -> None:
    step = Step(a_payment(), replace(a_refund(), status=status), an_entry(3))
    event = refund_event(step, new=new)
    assert (event.type, event.subject) == (type, step.refund)
    assert (event.created, event.request_id) == (NOW, "req-1")


@pytest.mark.parametrize("number", range(8))
def test_of_one_instant_ids_sort_as_it_went(number: int) -> None:
    """A request begins a refund and ends it at its own instant."""
    refund = replace(a_refund(), id=RefundId(f"re_{ulid(number)}"))
    begun, ended = Step(a_payment(), refund, an_entry(9)), Step(a_payment(), refund, an_entry(10))
    assert refund_event(begun, new=True).id < refund_event(ended, new=False).id
    far = event_of(E.REFUND_UPDATED, refund.tenant, refund, NOW, mark=5_000).id
    assert refund_event(ended, new=False).id < far
    assert ulid_of(far, "evt")


def test_events_of_another_tenant_or_mode_are_other_events() -> None:
    told = {
        event_of(E.PRODUCT_CREATED, tenant, a_product(), NOW).id
        for tenant in (a_tenant(), a_tenant(livemode=True), a_tenant(number=2))
    }
    assert len(told) == 3


def test_an_events_id_is_this_one() -> None:
    """Ids are kept: another way to derive them would tell what was told before."""
    event = event_of(E.PRODUCT_CREATED, a_tenant(), a_product(), Millis(1_784_000_000_000))
    assert event.id == EventId("evt_01KXFAZC0000QJE7D0AR5K0TRP")
