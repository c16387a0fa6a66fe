"""When an event is told again, and how it ends."""

from dataclasses import replace

import pytest

from chalicelib.domain.event_deliveries import WAITS, DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import EventType
from chalicelib.domain.ids import EventId, Millis, WebhookEndpointId
from tests.builders import NOW, a_tenant

HOUR = 60 * 60_000
FRESH = EventDelivery(
    tenant=a_tenant(),
    event=EventId("evt_1"),
    endpoint=WebhookEndpointId("we_1"),
    type=EventType.REFUND_UPDATED,
    created=NOW,
)
DOWN = Outcome(None, "no connection", 3)


@pytest.mark.parametrize(
    ("status", "delivered"), [(200, True), (204, True), (299, True), (199, False), (301, False),
                              (404, False), (500, False), (None, False)],
)  # fmt: skip
def test_only_a_2xx_is_an_answer(status: int | None, delivered: bool) -> None:
    outcome = Outcome(status, None, 1)
    after = FRESH.after(outcome, NOW)
    assert outcome.delivered is delivered
    assert (after.status is DeliveryStatus.DELIVERED) is delivered
    assert (after.due_at is None) is delivered
    assert (after.attempts, after.tried_at, after.outcome) == (1, NOW, outcome)


def test_it_is_tried_ten_times_over_three_days_and_then_has_failed() -> None:
    delivery, now, waits = FRESH, NOW, []
    while delivery.status is DeliveryStatus.PENDING:
        delivery = delivery.after(DOWN, now)
        if delivery.due_at is not None:
            waits.append(delivery.due_at - now)
            now = delivery.due_at
    assert delivery.status is DeliveryStatus.FAILED
    assert delivery.attempts == len(WAITS) + 1 == 10
    assert all(
        planned <= wait <= planned * 6 // 5 for planned, wait in zip(WAITS, waits, strict=True)
    )
    assert 70 * HOUR < now - NOW < 85 * HOUR


def test_a_thousand_that_failed_together_do_not_come_back_together() -> None:
    due = {
        replace(FRESH, event=EventId(f"evt_{number}")).after(DOWN, NOW).due_at
        for number in range(1000)
    }
    assert len(due) > 900


def test_the_same_attempt_is_due_at_the_same_time_however_often_it_is_worked_out() -> None:
    assert FRESH.after(DOWN, NOW) == FRESH.after(DOWN, NOW)


def test_who_is_gone_is_not_asked_again() -> None:
    after = FRESH.after(Outcome(410, None, 1), NOW, gone=True)
    assert (after.status, after.due_at) == (DeliveryStatus.FAILED, None)


def test_it_can_be_given_up_and_sent_once_more() -> None:
    tried = FRESH.after(DOWN, NOW)
    ended = tried.given_up("deleted")
    assert (ended.status, ended.due_at) == (DeliveryStatus.FAILED, None)
    assert ended.outcome == Outcome(None, "deleted", 0)
    again = ended.resent(Millis(NOW + 9))
    assert (again.status, again.attempts) == (DeliveryStatus.PENDING, 0)
    assert again.due_at == NOW + 9
