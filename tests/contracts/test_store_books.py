"""The operator's side: what is due and in which order, who looks, what disagrees, who sells."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.ids import Millis
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.merchants import Policy
from chalicelib.usecases.ports import Due, DueKind, Slice
from tests import builders
from tests.adapters import stored
from tests.adapters.stored import Groups, lost
from tests.builders import NOW, a_merchant, a_payment, an_api_key, an_event, an_intent_fact

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]


def an_event_due(number: int, at: int) -> InboxEvent:
    """An event that is due at `at`."""
    return InboxEvent(
        event=an_event(an_intent_fact(), id=f"evt_{number}"),
        status=EventStatus.DEFERRED,
        why="unknown_payment",
        at=NOW,
        due_at=Millis(at),
    )


# --- what is due --------------------------------------------------------------------------------


def test_what_is_due_comes_longest_due_first_from_every_shard_up_to_the_limit(
    store: DynamoDBStore,
) -> None:
    instants = [NOW - 7_000 * (number * 7 % 24) for number in range(24)]
    for number, at in enumerate(instants):
        store.record_event(T, an_event_due(number, at))
    ordered = [
        Due(DueKind.EVENT, T, f"evt_{number}", Millis(at))
        for at, number in sorted((at, number) for number, at in enumerate(instants))
    ]
    assert len({due.at for due in ordered}) == 24
    assert list(store.due(NOW, 100)) == ordered
    assert list(store.due(NOW, 24)) == ordered
    assert list(store.due(NOW, 5)) == ordered[:5]
    assert list(store.due(NOW, 1)) == ordered[:1]
    assert list(store.due(ordered[9].at, 100)) == ordered[:10]


@pytest.mark.parametrize(("now", "is_due"), [(NOW - 1, False), (NOW, True), (NOW + 1, True)])
def test_a_thing_is_due_from_its_instant_on(store: DynamoDBStore, now: int, is_due: bool) -> None:
    store.record_event(T, an_event_due(1, NOW))
    assert bool(store.due(Millis(now), 9)) is is_due


def test_payments_refunds_and_events_of_every_tenant_are_due(store: DynamoDBStore) -> None:
    done = stored.reserved(store)
    assert done.refund.due_at is not None
    live = replace(a_payment(tenant=OTHERS[1], number=5), due_at=Millis(NOW + 1))
    store.begin_payment(live, None)
    store.record_event(OTHERS[0], an_event_due(1, NOW))
    assert list(store.due(Millis(NOW * 2), 9)) == [
        Due(DueKind.EVENT, OTHERS[0], "evt_1", NOW),
        Due(DueKind.PAYMENT, OTHERS[1], live.id, Millis(NOW + 1)),
        Due(DueKind.REFUND, T, done.refund.id, done.refund.due_at),
    ]


# --- who looks ----------------------------------------------------------------------------------


def test_a_lease_is_held_by_one_until_it_runs_out(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    until = Millis(NOW + 55_000)
    assert store.take_lease("sweep", "a", NOW, until)
    assert groups.last() == ("lease",)
    before = stored.everything(engine)
    assert not store.take_lease("sweep", "b", NOW, until)
    assert not store.take_lease("sweep", "b", until, Millis(until + 1))  # not before its end
    assert stored.everything(engine) == before
    assert store.take_lease("other", "b", NOW, until)
    assert store.take_lease("sweep", "a", Millis(NOW + 1), Millis(until + 1))  # its own, again
    assert not store.take_lease("sweep", "b", Millis(until + 1), Millis(until + 9))
    assert store.take_lease("sweep", "b", Millis(until + 2), Millis(until + 9))
    assert not store.take_lease("sweep", "a", Millis(until + 3), Millis(until + 9))


def test_a_round_that_is_done_gives_the_lease_back_and_leaves_a_heartbeat(
    store: DynamoDBStore, groups: Groups
) -> None:
    assert store.heartbeat("sweep") is None
    store.take_lease("sweep", "a", NOW, Millis(NOW + 55_000))
    assert store.heartbeat("sweep") is None
    store.beat("sweep", "a", Millis(NOW + 3))
    assert groups.last() == ("lease",)
    assert store.heartbeat("sweep") == NOW + 3
    assert store.heartbeat("other") is None
    assert store.take_lease("sweep", "b", Millis(NOW + 4), Millis(NOW + 55_000))
    assert store.heartbeat("sweep") == NOW + 3


def test_whoever_took_too_long_does_not_end_the_round_of_another(
    store: DynamoDBStore, engine: Engine
) -> None:
    store.beat("sweep", "a", NOW)
    assert stored.everything(engine) == []
    store.take_lease("sweep", "a", NOW, Millis(NOW + 1))
    store.take_lease("sweep", "b", Millis(NOW + 2), Millis(NOW + 99))
    before = stored.everything(engine)
    store.beat("sweep", "a", Millis(NOW + 3))
    assert stored.everything(engine) == before
    assert not store.take_lease("sweep", "c", Millis(NOW + 4), Millis(NOW + 9))


# --- discrepancies ------------------------------------------------------------------------------


def found(
    subject: str = "cs_1", kind: DiscrepancyKind = DiscrepancyKind.AMOUNT_MISMATCH
) -> Discrepancy:
    """A disagreement."""
    return Discrepancy.of(T, kind, subject, "asked for 2, 1 came", NOW)


def closed(status: DiscrepancyStatus = DiscrepancyStatus.ACCEPTED) -> Discrepancy:
    """The end of it."""
    return replace(found(), status=status, actor="ops", reason="gift", closed_at=Millis(NOW + 5))


def test_a_discrepancy_is_kept_once(store: DynamoDBStore, engine: Engine, groups: Groups) -> None:
    assert store.note_discrepancy(found()) is True
    assert groups.last() == ("discrepancy",)
    before = stored.everything(engine)
    assert store.note_discrepancy(replace(found(), detail="again", found_at=NOW)) is False
    assert stored.everything(engine) == before
    assert store.discrepancy(T, found().id) == found()
    assert store.discrepancy(T, found("cs_2").id) is None
    for other in OTHERS:
        assert store.discrepancy(other, found().id) is None
        assert store.note_discrepancy(replace(found(), tenant=other)) is True


@pytest.mark.parametrize(
    "end", [status for status in DiscrepancyStatus if status is not DiscrepancyStatus.OPEN]
)
def test_a_discrepancy_is_closed_once_and_stays_closed_when_found_again(
    store: DynamoDBStore, engine: Engine, end: DiscrepancyStatus
) -> None:
    with lost(engine, "discrepancy"):
        store.close_discrepancy(found(), closed(end))
    store.note_discrepancy(found())
    store.close_discrepancy(found(), closed(end))
    assert store.discrepancy(T, found().id) == closed(end)
    for again in DiscrepancyStatus:
        if again is not DiscrepancyStatus.OPEN:
            with lost(engine, "discrepancy"):
                store.close_discrepancy(found(), closed(again))
    assert store.note_discrepancy(found()) is False
    assert store.discrepancy(T, found().id) == closed(end)


def test_discrepancies_have_their_list(store: DynamoDBStore) -> None:
    made = [found(f"cs_{number}") for number in range(1, 4)]
    for each in made:
        store.note_discrepancy(each)
    store.close_discrepancy(made[0], replace(closed(), subject="cs_1"))
    listed = store.discrepancies(T, Slice(limit=2))
    assert (list(listed.items), listed.has_more) == ([made[2], made[1]], True)
    rest = store.discrepancies(T, Slice(limit=2, before=made[1].id))
    assert (list(rest.items), rest.has_more) == ([closed()], False)
    for other in OTHERS:
        assert list(store.discrepancies(other, Slice()).items) == []


# --- merchants ----------------------------------------------------------------------------------


def test_the_operator_sees_every_merchant_newest_first(store: DynamoDBStore) -> None:
    made = [a_merchant(number=number) for number in (1, 2, 3)]
    for number, merchant in enumerate(made):
        key = an_api_key(tenant=builders.a_tenant(number=number + 1), sha256=str(number) * 64)
        store.add_merchant(merchant, key)
    listed = store.merchants(Slice(limit=2))
    assert (list(listed.items), listed.has_more) == ([made[2], made[1]], True)
    rest = store.merchants(Slice(limit=2, before=made[1].id))
    assert (list(rest.items), rest.has_more) == ([made[0]], False)


@pytest.mark.parametrize("late", list(Policy))
@pytest.mark.parametrize("duplicate", list(Policy))
def test_policies_are_set_and_nothing_else_of_a_merchant(
    store: DynamoDBStore, engine: Engine, groups: Groups, late: Policy, duplicate: Policy
) -> None:
    policies = {"late_payment_policy": late, "duplicate_payment_policy": duplicate}
    before = a_merchant()
    wanted = replace(before, **policies)  # type: ignore[arg-type]
    with lost(engine, "merchant"):
        store.update_merchant(T, replace(before, name="x"), wanted, builders.a_cause(), None)
    store.add_merchant(replace(before, name="Other"), an_api_key())
    store.update_merchant(T, before, wanted, builders.a_cause(), None)
    assert store.merchant(T.merchant) == replace(wanted, name="Other")
    with lost(engine, "merchant"):
        other = builders.a_tenant(number=2).merchant
        store.update_merchant(
            T,
            replace(before, id=other),
            replace(wanted, id=other, name="x"),
            builders.a_cause(),
            None,
        )
