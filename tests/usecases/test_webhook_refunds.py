"""The provider's word on refunds, and any order of its words on one payment."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.ids import PaymentId, RefundId
from chalicelib.domain.inbox import EventStatus
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    Fact,
    InDoubt,
    IntentStatus,
    NotExecuted,
    RefundFactStatus,
    RefundOutcome,
)
from chalicelib.domain.refunds import LEASE_MS, Refund, RefundStatus
from tests.builders import a_refund_fact, a_request, an_expiry, an_intent_fact, rupiah, ulid
from tests.fakes.world import Crash, World, at, crash_at

S, F, I = RefundStatus, RefundFactStatus, IntentStatus  # noqa: E741
HELD = Totals(20_000, 15_000, 5_000, 0)
ENDS = {
    F.SUCCEEDED: (S.POSTED, Totals(20_000, 15_000, 0, 5_000), EntryKind.REFUND_POSTED),
    F.FAILED: (S.VOIDED, Totals(20_000, 20_000), EntryKind.REFUND_VOIDED),
}
OPEN_BY = [Accepted("re_77"), InDoubt("ReadTimeout"), NotExecuted("429")]


def opened(outcome: RefundOutcome = OPEN_BY[0]) -> tuple[World, Payment, Refund]:
    """A refund of a paid payment whose end is open."""
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(outcome)
    refund = world.refund(paid, a_request(), "k")
    assert world.check_money(paid.id) == HELD
    return world, paid, world.kept_refund(refund.id)


@pytest.mark.parametrize("outcome", OPEN_BY)
@pytest.mark.parametrize("word", [F.SUCCEEDED, F.FAILED])
def test_an_open_refund_ends_as_the_provider_says(
    word: RefundFactStatus, outcome: RefundOutcome
) -> None:
    world, paid, refund = opened(outcome)
    status, totals, kind = ENDS[word]
    fact = a_refund_fact(refund, word, psp_refund="re_77")
    world.engine.calls.clear()
    assert world.told(fact, id="evt_r") == "applied"
    assert world.engine.calls == {"get_many": 1, "write": 1}
    after = world.kept_refund(refund.id)
    assert (after.status, after.attempts, after.lease_until) == (status, 1, 0)
    assert after.psp_refund == "re_77"
    assert world.payment(paid.id).refund_inflight is None
    assert world.check_money(paid.id) == totals
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.subject, last.cause.reference) == (kind, refund.id, "evt_r")
    with world.still():
        assert world.told(fact, id="evt_r") == "duplicate"


@pytest.mark.parametrize(
    ("end", "word"),
    [(F.SUCCEEDED, F.SUCCEEDED), (F.SUCCEEDED, F.PENDING), (F.FAILED, F.FAILED),
     (F.FAILED, F.PENDING)],
)  # fmt: skip
def test_a_refund_that_has_ended_stays_ended(end: RefundFactStatus, word: RefundFactStatus) -> None:
    world, paid, refund = opened()
    world.told(a_refund_fact(refund, end))
    ended = world.kept_refund(refund.id)
    assert world.told(a_refund_fact(refund, word)) == "ignored"
    assert world.kept_refund(refund.id) == ended
    assert world.check_money(paid.id) == ENDS[end][1]


def test_a_posted_refund_that_fails_later_is_reversed() -> None:
    world, paid, refund = opened()
    world.told(a_refund_fact(refund))
    assert world.told(a_refund_fact(refund, F.FAILED)) == "applied"
    assert world.kept_refund(refund.id).status is S.REVERSED
    assert world.check_money(paid.id) == Totals(20_000, 20_000)


def test_a_refund_that_is_still_pending_is_left_as_it_is() -> None:
    world, paid, refund = opened()
    assert world.told(a_refund_fact(refund, F.PENDING)) == "ignored"
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == HELD


def test_a_refund_event_of_something_else_is_quarantined() -> None:
    world, paid, refund = opened()
    other = world.paid()
    fact = a_refund_fact(refund)
    for odd, why in [
        (replace(fact, amount=rupiah(4_999)), "refund_mismatch"),
        (replace(fact, amount=Money(5_000, "USD")), "refund_mismatch"),
        (replace(fact, intent="pi_666"), "refund_mismatch"),
        (replace(fact, payment=other.id), "refund_mismatch"),
    ]:
        assert world.told(odd, id=f"evt_{hash(odd)}") == "quarantined"
        kept = next(
            item for item in world.engine.everything() if item.get("id") == f"evt_{hash(odd)}"
        )
        assert kept["why"] == why
    assert {found.kind for found in world.discrepancies()} == {DiscrepancyKind.EVENT_QUARANTINED}
    assert len(world.discrepancies()) == 4
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == HELD
    assert world.check_money(other.id) == Totals(20_000, 20_000)


@pytest.mark.parametrize(
    "changes",
    [{"refund": None}, {"payment": None}, {"refund": RefundId(f"re_{ulid(404)}")},
     {"payment": PaymentId(ulid(404))}],
)  # fmt: skip
def test_a_refund_that_we_do_not_know_is_asked_after_and_kept_until_that_is_answered(
    changes: dict[str, object],
) -> None:
    world, paid, refund = opened()
    fact = replace(a_refund_fact(refund), **changes)  # type: ignore[arg-type]
    assert world.told(fact, id="evt_r") == "deferred"
    assert world.psp.calls["find_refund"] == 1
    kept = world.store.kept_event(world.tenant, "evt_r")
    assert kept is not None
    assert (kept.status, kept.why) == (EventStatus.DEFERRED, "No such refund")
    assert (kept.event.fact, kept.due_at) == (fact, world.now + 30_000)
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == HELD


# --- deaths and races -------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "again"), [(False, "applied"), (True, "duplicate")])
def test_whoever_dies_at_the_write_the_refund_ends_once(after: bool, again: str) -> None:
    world, paid, refund = opened()
    setattr(world.engine, "after" if after else "before", crash_at("write"))
    with pytest.raises(Crash):
        world.told(a_refund_fact(refund), id="evt_r")
    assert world.told(a_refund_fact(refund), id="evt_r") == again
    assert world.check_money(paid.id) == ENDS[F.SUCCEEDED][1]


@pytest.mark.parametrize("first", ENDS)
def test_of_two_contradicting_events_at_once_the_first_to_write_holds(
    first: RefundFactStatus,
) -> None:
    world, paid, refund = opened()
    second = F.FAILED if first is F.SUCCEEDED else F.SUCCEEDED
    world.psp.known_refunds["re_9000"] = a_refund_fact(refund, F.FAILED)
    world.engine.before = at("write", lambda: world.told(a_refund_fact(refund, first)))
    comes_back = second is F.FAILED  # decided again on what the first one wrote
    assert world.told(a_refund_fact(refund, second)) == ("applied" if comes_back else "ignored")
    assert world.kept_refund(refund.id).status is (S.REVERSED if comes_back else S.VOIDED)
    assert world.psp.calls["find_refund"] == 0
    assert world.check_money(paid.id) == Totals(20_000, 20_000)


def test_an_event_while_the_refund_is_sent_again_ends_it_once() -> None:
    world, paid, refund = opened(InDoubt("ReadTimeout"))
    world.pass_time(LEASE_MS)
    world.engine.before = at("write", lambda: world.refund(paid, a_request(), "k"))
    assert world.told(a_refund_fact(refund)) == "ignored"
    assert world.kept_refund(refund.id).status is S.POSTED
    assert world.psp.page_of(paid).refunded == 5_000
    assert world.check_money(paid.id) == ENDS[F.SUCCEEDED][1]


# --- any order --------------------------------------------------------------------------------

WORDS: dict[str, tuple[str, IntentStatus | None, int]] = {
    # event: what it says, and how much was received
    "evt_waiting": ("intent", I.WAITING, 20_000),
    "evt_processing": ("intent", I.PROCESSING, 20_000),
    "evt_failed": ("intent", I.FAILED, 20_000),
    "evt_canceled": ("intent", I.CANCELED, 20_000),
    "evt_paid": ("intent", I.SUCCEEDED, 20_000),
    "evt_paid_again": ("intent", I.SUCCEEDED, 20_000),
    "evt_less": ("intent", I.SUCCEEDED, 19_999),
    "evt_less_again": ("intent", I.SUCCEEDED, 19_999),
    "evt_expired": ("session", None, 0),
}
RISE = {I.WAITING: 0, I.PROCESSING: 20, I.FAILED: 30, I.CANCELED: 30, None: 30}


def fact_of(name: str, payment: Payment) -> Fact:
    """What an event says of a payment."""
    kind, status, received = WORDS[name]
    assert payment.provider is not None
    if kind == "session" or status is None:
        return an_expiry(session=payment.provider.session, payment=payment.id)
    intent = payment.provider.intent
    return an_intent_fact(status, received=rupiah(received), intent=intent, payment=payment.id)


def rank_after(names: Sequence[str]) -> int:
    """Where a payment ends after these words, whatever their order."""
    ranks = [0]
    for name in names:
        _, status, received = WORDS[name]
        if status is I.SUCCEEDED:
            ranks.append(40 if received == 20_000 else 35)
        else:
            ranks.append(RISE[status])
    return max(ranks)


@given(st.lists(st.sampled_from(sorted(WORDS)), min_size=1, max_size=14))
@settings(max_examples=250, deadline=None)
def test_any_order_of_events_with_duplicates_ends_alike(names: list[str]) -> None:
    world = World()
    payment = world.started()
    rank = 0
    for place, name in enumerate(names):
        outcome = world.told(fact_of(name, payment), id=name)
        assert (outcome == "duplicate") == (name in names[:place])
        now = world.payment(payment.id)
        assert now.rank >= rank
        rank = now.rank
        world.check_money(payment.id)
    assert rank == rank_after(names)
    after = world.payment(payment.id)
    paid = rank == 40
    assert (after.status is PaymentStatus.PAID) == paid
    assert after.totals == (Totals(20_000, 20_000) if paid else Totals())
    assert (after.review is not None) >= (rank == 35)
    assert world.count("psp_event") == len(set(names))
    with world.still():
        for name in reversed(names):
            assert world.told(fact_of(name, payment), id=name) == "duplicate"


@given(
    st.sampled_from(OPEN_BY),
    st.sampled_from([F.SUCCEEDED, F.FAILED]),
    st.lists(st.tuples(st.booleans(), st.integers(0, 2)), max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_any_order_of_events_of_a_refund_with_duplicates_ends_alike(
    outcome: RefundOutcome, end: RefundFactStatus, events: list[tuple[bool, int]]
) -> None:
    world, paid, refund = opened(outcome)
    for ends, number in events:
        word = end if ends else F.PENDING
        told = world.told(a_refund_fact(refund, word), id=f"evt_{word}_{number}")
        assert told in ("applied", "ignored", "duplicate")
        world.check_money(paid.id)
    ended = any(ends for ends, _ in events)
    assert world.check_money(paid.id) == (ENDS[end][1] if ended else HELD)
    assert (world.kept_refund(refund.id).status in (S.POSTED, S.VOIDED)) == ended
