"""What the provider's answer, or its books, mean for a refund."""

from dataclasses import replace

import pytest

from chalicelib.domain.ids import Millis
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    NotExecuted,
    RefundOutcome,
)
from chalicelib.domain.refund_outcomes import (
    LOOKED_TWICE_MS,
    SHOWN_AFTER_MS,
    Absent,
    Evidence,
    Happened,
    NeverHappened,
    Unclear,
    judge,
    settle,
    waiting,
)
from chalicelib.domain.refunds import (
    OPEN,
    Refund,
    RefundedTotal,
    RefundStatus,
    Step,
    post,
    void,
)
from tests.builders import NOW, a_cause, a_paid, a_refund, rupiah

CAUSE = a_cause("re_5", actor="SSSS", at=NOW + 7)
S = RefundStatus
ONCE = Totals(20_000, 15_000, 0, 5_000)  # after one partial refund
HOUR, QUARTER = 3_600_000, 900_000

HELD = replace(
    a_paid(), totals=Totals(20_000, 15_000, 5_000, 0), refund_inflight=a_refund().id, seq=2
)


def entry(kind: EntryKind, delta: Totals) -> LedgerEntry:
    """The next line of HELD's ledger."""
    return LedgerEntry(seq=3, kind=kind, delta=delta, subject=a_refund().id, cause=CAUSE)


def is_posted(refund: Refund) -> Step:
    """HELD after the refund happened."""
    return Step(
        replace(HELD, totals=ONCE, refund_inflight=None, seq=3),
        replace(refund, status=S.POSTED, psp_refund="re_9", due_at=None),
        entry(EntryKind.REFUND_POSTED, Totals(refund_pending=-5_000, refunded=5_000)),
    )


def is_voided(refund: Refund) -> Step:
    """HELD after the refund was refused for good."""
    return Step(
        replace(HELD, totals=Totals(20_000, 20_000), refund_inflight=None, seq=3),
        replace(refund, status=S.VOIDED, failure="no", due_at=None),
        entry(EntryKind.REFUND_VOIDED, Totals(remaining=5_000, refund_pending=-5_000)),
    )


@pytest.mark.parametrize("in_doubt", [False, True])
@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize(
    "outcome",
    [Done("re_9"), Declined("no"), Accepted("re_9"),
     NotExecuted("no"), InDoubt("no")],
)  # fmt: skip
def test_each_outcome_posts_voids_or_is_noted(
    outcome: RefundOutcome, status: RefundStatus, in_doubt: bool
) -> None:
    refund = replace(a_refund(status=status, lease_until=NOW + 60_000), in_doubt=in_doubt)
    later = replace(refund, lease_until=0, due_at=Millis(CAUSE.at + 5_000))
    after = settle(HELD, refund, outcome, CAUSE)
    match outcome:
        case Done() if in_doubt:  # perhaps an old answer: it is asked after
            assert after == replace(later, status=S.PENDING_PSP, psp_refund="re_9")
        case Done():
            assert after == is_posted(refund)
        case Declined() | NotExecuted() if in_doubt:
            assert after == replace(later, status=S.UNKNOWN, failure="no")
        case Declined():
            assert after == is_voided(refund)
        case Accepted():
            assert after == replace(later, status=S.PENDING_PSP, psp_refund="re_9")
        case NotExecuted():
            assert after == replace(later, status=S.RESERVED, failure="no")
        case InDoubt():
            assert after == replace(later, status=S.UNKNOWN, failure="no", in_doubt=True)


def test_nothing_can_be_posted_or_voided_that_is_not_pending() -> None:
    for move in (post, void):
        with pytest.raises(AssertionError, match="no longer add up"):
            move(a_paid(), a_refund(), "re_9", CAUSE)


def test_what_the_provider_took_on_keeps_what_was_told_before() -> None:
    refund = replace(a_refund(), failure="ReadTimeout", in_doubt=True)
    after = settle(HELD, refund, Accepted("re_9"), CAUSE)
    assert isinstance(after, Refund)
    assert (after.failure, after.in_doubt, after.psp_refund) == ("ReadTimeout", True, "re_9")


@pytest.mark.parametrize(("attempts", "wait"), [(1, 5_000), (2, 30_000), (9, HOUR)])
def test_a_refund_that_waits_is_held_by_nobody_until_its_next_look(
    attempts: int, wait: int
) -> None:
    refund = a_refund(attempts=attempts, lease_until=NOW + 60_000)
    assert waiting(refund, S.UNKNOWN, NOW, "why") == replace(
        refund, status=S.UNKNOWN, failure="why", lease_until=0, due_at=Millis(NOW + wait)
    )


# --- what the provider's books say ------------------------------------------------------------


def test_the_provider_has_an_hour_or_three_days_to_show_it_and_is_looked_at_twice() -> None:
    assert SHOWN_AFTER_MS == {RefundedTotal.ALL: HOUR, RefundedTotal.SETTLED: 72 * HOUR}
    assert LOOKED_TWICE_MS == QUARTER


def judged(
    total: Money | None,
    at: int = HOUR,
    since: int | None = None,
    base: int = 0,
    holds: RefundedTotal = RefundedTotal.ALL,
) -> Evidence:
    """What a total says at `at` after the last send of a refund of Rp5.000, when `base` is known
    to have gone back before."""
    totals = Totals(20_000, 15_000 - base, 5_000, base)
    refund = replace(a_refund(), sent_at=NOW, absent_since=None if since is None else NOW + since)
    return judge(replace(HELD, totals=totals), refund, total, Millis(NOW + at), holds)


@pytest.mark.parametrize("base", [0, 1, 4_000, 15_000])
@pytest.mark.parametrize("at", [0, HOUR - 1, HOUR, HOUR * 1_000])
@pytest.mark.parametrize("since", [None, HOUR])
def test_a_total_that_holds_exactly_this_one_more_proves_it(
    base: int, at: int, since: int | None
) -> None:
    assert judged(rupiah(base + 5_000), at, since, base) == Happened()


@pytest.mark.parametrize(
    ("at", "since", "evidence"),
    [
        (0, None, Absent(None)),  # it may be on its way
        (HOUR - 1, None, Absent(None)),
        (HOUR - 1, 0, Absent(None)),  # sent again meanwhile: what was seen before is void
        (HOUR, None, Absent(Millis(NOW + HOUR))),
        (HOUR, -QUARTER, Absent(Millis(NOW + HOUR))),
        (HOUR * 2, HOUR - 1, Absent(Millis(NOW + HOUR * 2))),
        (HOUR + 7, None, Absent(Millis(NOW + HOUR + 7))),
        (HOUR + QUARTER - 1, HOUR, Absent(Millis(NOW + HOUR))),
        (HOUR + QUARTER, HOUR, NeverHappened()),
        (HOUR * 100, HOUR, NeverHappened()),
        (HOUR * 100, None, Absent(Millis(NOW + HOUR * 100))),  # one look alone is never enough
        (HOUR * 100, HOUR * 100, Absent(Millis(NOW + HOUR * 100))),
    ],
)
@pytest.mark.parametrize("base", [0, 4_000])
def test_a_total_without_it_counts_after_an_hour_and_twice_a_quarter_apart(
    at: int, since: int | None, evidence: Evidence, base: int
) -> None:
    assert judged(rupiah(base), at, since, base) == evidence


@pytest.mark.parametrize(
    ("at", "since", "evidence"),
    [
        (HOUR * 72 - 1, HOUR, Absent(None)),
        (HOUR * 72, HOUR, Absent(Millis(NOW + HOUR * 72))),
        (HOUR * 72 + QUARTER - 1, HOUR * 72, Absent(Millis(NOW + HOUR * 72))),
        (HOUR * 72 + QUARTER, HOUR * 72, NeverHappened()),
    ],
)
def test_a_total_that_may_leave_out_pending_ones_counts_after_three_days(
    at: int, since: int | None, evidence: Evidence
) -> None:
    assert judged(rupiah(0), at, since, holds=RefundedTotal.SETTLED) == evidence


@pytest.mark.parametrize("at", [0, HOUR, HOUR * 100])
@pytest.mark.parametrize("since", [None, HOUR])
@pytest.mark.parametrize(
    ("total", "base", "why"),
    [
        (None, 0, "the provider shows no refunded total"),
        (Money(5_000, "USD"), 0, f"the provider's total is {Money(5_000, 'USD')}"),
        (Money(0, "USD"), 0, f"the provider's total is {Money(0, 'USD')}"),
        (rupiah(4_999), 0, "the provider refunded Rp4.999, of which 0 is known"),
        (rupiah(5_001), 0, "the provider refunded Rp5.001, of which 0 is known"),
        (rupiah(10_000), 0, "the provider refunded Rp10.000, of which 0 is known"),
        (rupiah(3_999), 4_000, "the provider refunded Rp3.999, of which 4000 is known"),
        (rupiah(0), 4_000, "the provider refunded Rp0, of which 4000 is known"),
    ],
)
def test_a_total_that_says_anything_else_decides_nothing_at_any_time(
    total: Money | None, base: int, why: str, since: int | None, at: int
) -> None:
    assert judged(total, at, since, base) == Unclear(why)


@pytest.mark.parametrize(("after_ms", "wait"), [(0, 5_000), (5_000, 5_000), (60_000, 60_000)])
def test_a_refund_that_was_put_off_by_the_provider_waits_as_long_as_it_asks(
    after_ms: int, wait: int
) -> None:
    after = settle(HELD, a_refund(attempts=1), NotExecuted("429", after_ms), CAUSE)
    assert isinstance(after, Refund)
    assert (after.status, after.due_at) == (S.RESERVED, CAUSE.at + wait)
