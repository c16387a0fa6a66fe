"""Events that wait: kept with what they say, looked at by one at a time, ended once."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.ids import Millis
from chalicelib.domain.inbox import OPEN_EVENTS, EventStatus, InboxEvent
from chalicelib.domain.payment_decisions import Changed, decide
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.usecases.failures import SeenEvent
from chalicelib.usecases.ports import Due, DueKind
from tests import builders
from tests.adapters import stored
from tests.adapters.stored import CAUSE, Groups, begun, change, inbox, lost
from tests.builders import NOW, a_payment, an_event, an_intent_fact, rupiah

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]
S = EventStatus
LATER = Millis(NOW + 30_000)


def waiting(
    status: EventStatus = S.DEFERRED, *, number: int = 1, sha256: str = "a" * 64
) -> InboxEvent:
    """An event that waits for its payment, or to be asked after."""
    event = an_event(an_intent_fact(), id=f"evt_{number}", sha256=sha256)
    new = InboxEvent(event=event, status=status, why="untrusted", at=NOW)
    return new.put_off(status, "unknown_payment", NOW)


def found(subject: str = "evt_1", detail: str = "first") -> Discrepancy:
    """What a person has to see."""
    return Discrepancy.of(T, DiscrepancyKind.EVENT_QUARANTINED, subject, detail, NOW)


@pytest.mark.parametrize("status", OPEN_EVENTS)
def test_an_event_that_waits_is_kept_and_due(
    store: DynamoDBStore, engine: Engine, groups: Groups, status: EventStatus
) -> None:
    event = waiting(status)
    store.record_event(T, event)
    assert groups.last() == ("event",)
    assert store.kept_event(T, "evt_1") == event
    assert store.due(LATER, 9) == [Due(DueKind.EVENT, T, "evt_1", LATER)]
    assert store.kept_event(T, "evt_2") is None
    for other in OTHERS:
        assert store.kept_event(other, "evt_1") is None
    with lost(engine, "event"):
        store.record_event(T, event)


@pytest.mark.parametrize("status", [S.APPLIED, S.IGNORED, S.QUARANTINED])
def test_an_event_that_has_ended_is_not_looked_at_again(
    store: DynamoDBStore, engine: Engine, status: EventStatus
) -> None:
    store.record_event(T, waiting())
    looked = waiting().looked_at()
    store.record_event(T, looked.ended(status, "w"))
    assert store.kept_event(T, "evt_1") is None
    assert store.due(Millis(NOW * 2), 9) == []
    for again in (waiting(), looked, looked.looked_at(), looked.ended(S.APPLIED, "w")):
        with lost(engine, "event"):
            store.record_event(T, again)


def test_of_two_who_look_at_an_event_one_puts_it_off(store: DynamoDBStore, engine: Engine) -> None:
    store.record_event(T, waiting())
    kept = store.kept_event(T, "evt_1")
    assert kept is not None
    looked = kept.looked_at()
    later = looked.put_off(S.DEFERRED, "unknown_payment", LATER)
    store.record_event(T, later)
    assert store.kept_event(T, "evt_1") == later
    assert (later.attempts, later.due_at) == (1, LATER + 120_000)
    with lost(engine, "event"):
        store.record_event(T, later)
    with lost(engine, "event"):
        store.record_event(T, looked.ended(S.APPLIED, "w"))
    with lost(engine, "event"):
        store.record_event(T, replace(later, attempts=3))
    store.record_event(T, later.looked_at().ended(S.IGNORED, "w"))


def test_an_event_that_nobody_kept_was_not_looked_at(store: DynamoDBStore, engine: Engine) -> None:
    with lost(engine, "event") as refused:
        store.record_event(T, waiting().looked_at())
    assert refused.value.seen is None


def test_an_event_that_waited_is_applied_with_its_effect_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    payment = begun(store)
    store.record_event(T, waiting(S.STALE))
    applied = waiting(S.STALE).looked_at().ended(S.APPLIED, "payment.captured")
    captured = change(payment)
    with lost(engine, "event"):
        store.record_change(payment, captured, replace(applied, attempts=0))
    store.record_change(payment, captured, applied)
    assert groups.last() == ("event", "payment", "ledger")
    assert store.payment(T, payment.id) == captured.payment
    assert store.kept_event(T, "evt_1") is None
    assert [due.kind for due in store.due(Millis(NOW * 2), 9)] == []
    with lost(engine, "event", "payment", "ledger"):
        store.record_change(payment, captured, applied)


@pytest.mark.parametrize("is_open", [True, False])
def test_whoever_comes_second_hears_what_was_said_and_whether_it_has_ended(
    store: DynamoDBStore, engine: Engine, is_open: bool
) -> None:
    first = waiting() if is_open else waiting().ended(S.IGNORED, "w")
    store.record_event(T, first)
    other = waiting(sha256="b" * 64)
    with lost(engine, "event") as refused:
        store.record_event(T, other)
    assert refused.value.seen == SeenEvent("a" * 64, is_open)
    assert not refused.value.seen.said_by(other.event)
    assert refused.value.seen.said_by(first.event)
    payment = begun(store)
    with lost(engine, "event") as refused:
        store.record_change(payment, change(payment), other)
    assert refused.value.seen == SeenEvent("a" * 64, is_open)


def test_a_group_that_is_lost_for_another_reason_has_seen_no_event(
    store: DynamoDBStore, engine: Engine
) -> None:
    payment = begun(store)
    with lost(engine, "payment") as refused:
        store.record_change(replace(payment, seq=7), change(replace(payment, seq=7)), inbox(1))
    assert refused.value.seen is None


# --- with what a person has to see --------------------------------------------------------------


def test_what_a_person_must_see_is_kept_with_its_event_and_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.record_event(T, waiting().ended(S.QUARANTINED, "w"), found())
    assert groups.last() == ("event", "discrepancy")
    assert store.discrepancy(T, found().id) == found()
    with lost(engine, "event"):
        store.record_event(T, waiting().ended(S.QUARANTINED, "w"), found("evt_2"))
    store.record_event(T, waiting(number=2).ended(S.QUARANTINED, "w"), found(detail="found again"))
    assert store.discrepancy(T, found().id) == found()


def test_wrong_money_is_bound_reviewed_and_shown_in_one_group(
    store: DynamoDBStore, groups: Groups
) -> None:
    payment = a_payment(bound=False)
    store.begin_payment(payment, None)
    held = decide(payment, an_intent_fact(amount=rupiah(1)), CAUSE)
    assert isinstance(held, Changed)
    assert held.discrepancy is not None
    store.record_change(payment, held, inbox())
    assert groups.last() == ("event", "payment", "ledger", "intent", "discrepancy")
    assert store.payment(T, payment.id) == store.payment_of_intent(T, "pi_1000") == held.payment
    assert store.discrepancy(T, held.discrepancy.id) == held.discrepancy


def test_an_intent_of_another_payment_is_not_bound_by_its_money(
    store: DynamoDBStore, engine: Engine
) -> None:
    begun(store)
    second = a_payment(bound=False, number=2)
    store.begin_payment(second, None)
    with lost(engine, "intent"):
        store.record_change(second, change(second), inbox())


# --- when a payment is looked at again ----------------------------------------------------------


def test_a_payment_is_put_off_by_one_of_those_who_look(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    payment = replace(a_payment(), due_at=NOW)
    store.begin_payment(payment, None)
    later = replace(payment, due_at=LATER)
    store.put_off_payment(payment, later)
    assert groups.last() == ("payment",)
    assert store.payment(T, payment.id) == later
    assert store.due(LATER, 9) == [Due(DueKind.PAYMENT, T, payment.id, LATER)]
    with lost(engine, "payment"):
        store.put_off_payment(payment, later)
    with lost(engine, "payment"):
        store.put_off_payment(replace(later, due_at=None), later)
    never = replace(later, due_at=None)
    store.put_off_payment(later, never)
    assert store.payment(T, payment.id) == never
    assert store.due(Millis(NOW * 2), 9) == []
    store.put_off_payment(never, later)
    assert store.payment(T, payment.id) == later


def test_a_payment_that_has_moved_is_not_put_off(store: DynamoDBStore, engine: Engine) -> None:
    payment = begun(store)
    rising = change(payment, IntentStatus.PROCESSING)
    store.record_change(payment, rising)
    assert rising.payment.due_at == NOW + 120_000
    stale = replace(payment, due_at=rising.payment.due_at)
    with lost(engine, "payment"):
        store.put_off_payment(stale, replace(stale, due_at=LATER))
    assert stored.everything(engine)
