"""Refunds made without us, held for dead, known by the total alone, or given back by the bank."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ids import RefundId
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import (
    Origin,
    Refund,
    RefundStatus,
    Step,
    absorb,
    post,
    reverse,
)
from tests.builders import (
    INTENT,
    NOW,
    a_cause,
    a_paid,
    a_refund,
    a_refund_fact,
    rupiah,
    ulid,
)

ID = RefundId(f"re_{ulid(5)}")
CAUSE = a_cause("evt_5", at=NOW + 7)
S = RefundStatus
DEAD = replace(a_refund(status=S.VOIDED), failure="400 no")


def having(totals: Totals) -> Payment:
    """A payment of Rp20.000 with these totals."""
    return replace(a_paid(), totals=totals, seq=4)


def absorbed(
    payment: Payment, amount: int, voided: Refund | None = None, name: str = "re_9"
) -> Step | None:
    """What the provider's word of a refund that we do not have makes of the payment."""
    fact = a_refund_fact(a_refund(), amount=rupiah(amount), psp_refund=name)
    return absorb(payment, fact, id=ID, voided=voided, cause=CAUSE)


def an_entry(kind: EntryKind, subject: str, delta: Totals) -> LedgerEntry:
    return LedgerEntry(seq=5, kind=kind, delta=delta, subject=subject, cause=CAUSE)


@pytest.mark.parametrize(
    ("before", "amount", "after"),
    [
        (Totals(20_000, 20_000), 5_000, Totals(20_000, 15_000, 0, 5_000)),
        (Totals(20_000, 20_000), 20_000, Totals(20_000, 0, 0, 20_000)),
        (Totals(20_000, 15_000, 5_000, 0), 15_000, Totals(20_000, 0, 5_000, 15_000)),
        (Totals(20_000, 1, 0, 19_999), 1, Totals(20_000, 0, 0, 20_000)),
    ],
)
def test_a_refund_made_without_us_is_counted(before: Totals, amount: int, after: Totals) -> None:
    payment = having(before)
    assert absorbed(payment, amount) == Step(
        replace(payment, totals=after, seq=5),
        Refund(
            id=ID,
            tenant=payment.tenant,
            payment=payment.id,
            intent=INTENT,
            amount=rupiah(amount),
            created=CAUSE.at,
            status=S.POSTED,
            metadata={},
            psp_refund="re_9",
            origin=Origin.EXTERNAL,
        ),
        an_entry(EntryKind.REFUND_EXTERNAL, ID, Totals(remaining=-amount, refunded=amount)),
    )


def test_one_that_only_the_total_tells_of_has_no_name() -> None:
    step = absorbed(having(Totals(20_000, 20_000)), 5_000, name="")
    assert step is not None
    assert step.refund.psp_refund is None


def test_a_refund_in_flight_stays_in_flight() -> None:
    busy = replace(having(Totals(20_000, 15_000, 5_000, 0)), refund_inflight=RefundId("re_other"))
    step = absorbed(busy, 15_000)
    assert step is not None
    assert step.payment.refund_inflight == "re_other"


def test_one_of_ours_that_was_held_for_dead_is_that_one_again() -> None:
    payment = having(Totals(20_000, 20_000))
    assert absorbed(payment, 5_000, DEAD) == Step(
        replace(payment, totals=Totals(20_000, 15_000, 0, 5_000), seq=5),
        replace(DEAD, status=S.POSTED, psp_refund="re_9", failure=None),
        an_entry(EntryKind.REFUND_EXTERNAL, DEAD.id, Totals(remaining=-5_000, refunded=5_000)),
    )


@pytest.mark.parametrize("voided", [None, DEAD])
@pytest.mark.parametrize(
    ("totals", "amount"),
    [
        (Totals(20_000, 20_000), 20_001),
        (Totals(20_000, 4_999, 0, 15_001), 5_000),
        (Totals(20_000, 0, 0, 20_000), 1),
        (Totals(20_000, 15_000, 5_000, 0), 15_001),  # what is reserved is not to be had
        (Totals(), 1),
    ],
)
def test_more_than_was_left_is_counted_by_nobody_but_a_person(
    totals: Totals, amount: int, voided: Refund | None
) -> None:
    assert absorbed(having(totals), amount, voided) is None


# --- posted by the total, and given back --------------------------------------------------------

HELD = replace(having(Totals(20_000, 15_000, 5_000, 0)), refund_inflight=a_refund().id)


@pytest.mark.parametrize("name", ["re_9", None])
def test_a_refund_is_posted_with_its_name_or_by_the_total_alone(name: str | None) -> None:
    refund = replace(a_refund(status=S.UNKNOWN), due_at=NOW, failure="ReadTimeout")
    assert post(HELD, refund, name, CAUSE) == Step(
        replace(HELD, totals=Totals(20_000, 15_000, 0, 5_000), refund_inflight=None, seq=5),
        replace(refund, status=S.POSTED, psp_refund=name, due_at=None),
        an_entry(EntryKind.REFUND_POSTED, refund.id, Totals(refund_pending=-5_000, refunded=5_000)),
    )


@pytest.mark.parametrize("inflight", [None, RefundId("re_other")])
def test_what_came_back_can_be_refunded_again(inflight: RefundId | None) -> None:
    payment = replace(having(Totals(20_000, 10_000, 5_000, 5_000)), refund_inflight=inflight)
    done = replace(a_refund(status=S.POSTED), psp_refund="re_9")
    assert reverse(payment, done, "bounced", CAUSE) == Step(
        replace(payment, totals=Totals(20_000, 15_000, 5_000, 0), seq=5),
        replace(done, status=S.REVERSED, failure="bounced"),
        an_entry(EntryKind.REFUND_REVERSED, done.id, Totals(remaining=5_000, refunded=-5_000)),
    )


def test_more_cannot_come_back_than_went() -> None:
    with pytest.raises(AssertionError, match="no longer add up"):
        reverse(having(Totals(20_000, 15_001, 0, 4_999)), a_refund(), "bounced", CAUSE)


@given(st.lists(st.integers(1, 9_000), max_size=8))
@settings(deadline=None)
def test_whatever_goes_back_without_us_never_more_is_counted_than_came_in(
    amounts: list[int],
) -> None:
    payment, counted = having(Totals(20_000, 20_000)), 0
    for amount in amounts:
        step = absorbed(payment, amount)
        assert (step is None) == (amount > 20_000 - counted)
        if step is not None:
            payment, counted = step.payment, counted + amount
        assert payment.totals == Totals(20_000, 20_000 - counted, 0, counted)
