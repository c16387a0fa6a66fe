"""What becomes of an event: ended, put off until it is due again, after three days set aside."""

from dataclasses import replace

import pytest

from chalicelib.domain.ids import Millis
from chalicelib.domain.inbox import KEPT_OPEN_MS, OPEN_EVENTS, EventStatus, InboxEvent
from tests.builders import NOW, an_event, an_intent_fact

S = EventStatus
MINUTE, HOUR = 60_000, 3_600_000
EVENT = an_event(an_intent_fact())


def an_inbox_event(attempts: int = 0, status: EventStatus = S.STALE) -> InboxEvent:
    """An event that came at NOW."""
    return InboxEvent(event=EVENT, status=status, why="untrusted", at=NOW, attempts=attempts)


@pytest.mark.parametrize("status", OPEN_EVENTS)
@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (0, 30_000), (1, 2 * MINUTE), (2, 10 * MINUTE), (3, HOUR), (4, 6 * HOUR), (5, 6 * HOUR),
        (1_000, 6 * HOUR),
    ],
)  # fmt: skip
@pytest.mark.parametrize("age", [0, 72 * HOUR - 1])
def test_an_event_is_put_off_longer_each_time(
    status: EventStatus, attempts: int, wait: int, age: int
) -> None:
    later = an_inbox_event(attempts).put_off(status, "unknown_payment", Millis(NOW + age))
    assert later == InboxEvent(
        event=EVENT,
        status=status,
        why="unknown_payment",
        at=NOW,
        attempts=attempts,
        due_at=Millis(NOW + age + wait),
    )


@pytest.mark.parametrize("attempts", [0, 4, 50])
@pytest.mark.parametrize("age", [72 * HOUR, 72 * HOUR + 1, 1_000 * HOUR])
def test_after_72_hours_it_is_put_off_no_more(age: int, attempts: int) -> None:
    kept = replace(an_inbox_event(attempts), due_at=NOW)
    end = kept.put_off(S.DEFERRED, "unknown_payment", Millis(NOW + age))
    assert end == replace(
        kept, status=S.QUARANTINED, why="never resolved: unknown_payment", due_at=None
    )
    assert KEPT_OPEN_MS == 72 * HOUR


def test_what_was_never_resolved_is_not_told_at_any_length() -> None:
    end = an_inbox_event().put_off(S.DEFERRED, "x" * 500, Millis(NOW + 72 * HOUR))
    assert end.why == "never resolved: " + "x" * 184


@pytest.mark.parametrize("status", [S.APPLIED, S.IGNORED, S.QUARANTINED])
def test_an_event_that_has_ended_is_due_no_more(status: EventStatus) -> None:
    waiting = an_inbox_event(2).put_off(S.DEFERRED, "unknown_payment", NOW)
    assert waiting.ended(status, "payment.captured") == InboxEvent(
        event=EVENT, status=status, why="payment.captured", at=NOW, attempts=2
    )


def test_each_look_is_counted_and_changes_nothing_else() -> None:
    waiting = an_inbox_event(2).put_off(S.DEFERRED, "unknown_payment", NOW)
    assert waiting.looked_at() == replace(waiting, attempts=3)


def test_the_events_that_wait_are_the_deferred_and_the_stale() -> None:
    assert [status.value for status in S if status in OPEN_EVENTS] == ["deferred", "stale"]


def test_an_event_can_say_what_holds_now_and_stay_itself() -> None:
    now = an_intent_fact(received=None)
    assert EVENT.saying(now) == replace(EVENT, fact=now)
