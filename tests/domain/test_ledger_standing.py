"""What a payment's ledger says of it, without the payment."""

import pytest

from chalicelib.domain.ledger import (
    EntryKind,
    LedgerEntry,
    Standing,
    Totals,
    external,
    posted,
    refunds_in,
    reserved,
    reversed_,
    standing,
    voided,
)
from tests.builders import a_cause

K = EntryKind
CAPTURE = (K.CAPTURED, Totals(captured=100, remaining=100), "paid")


def ledger(*lines: tuple[EntryKind, Totals, str]) -> list[LedgerEntry]:
    """The lines in their order."""
    return [
        LedgerEntry(seq=seq, kind=kind, delta=delta, subject=subject, cause=a_cause())
        for seq, (kind, delta, subject) in enumerate(lines, start=1)
    ]


def test_nothing_has_happened_yet() -> None:
    assert standing([]) == Standing(Totals(), "unpaid", None, ())


@pytest.mark.parametrize("status", ["processing", "failed", "canceled", "expired"])
def test_the_status_is_the_last_that_was_told(status: str) -> None:
    first = (K.STATUS, Totals(), "processing")
    told = ledger(first, (K.STATUS, Totals(), status))
    assert standing(told) == Standing(Totals(), status, None, ())
    paid = ledger(first, (K.STATUS, Totals(), status), CAPTURE)
    assert standing(paid) == Standing(Totals(100, 100), "paid", None, ())


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        (K.REVIEW, "amount_mismatch"), (K.REVIEW_CLOSED, "accepted"), (K.USE_RETURNED, "expired"),
        (K.DISPUTE, "dp_1 open"),
    ],
)  # fmt: skip
def test_what_moves_no_money_leaves_status_and_refunds_alone(kind: EntryKind, subject: str) -> None:
    nothing = (kind, Totals(), subject)
    assert standing(ledger(nothing)) == Standing(Totals(), "unpaid", None, ())
    assert standing(ledger(CAPTURE, nothing)) == Standing(Totals(100, 100), "paid", None, ())


def test_refunds_come_go_and_come_back() -> None:
    lines = [
        (CAPTURE, Totals(100, 100), None, ()),
        ((K.REFUND_RESERVED, reserved(40), "re_1"), Totals(100, 60, 40, 0), "re_1", ("re_1",)),
        ((K.REFUND_POSTED, posted(40), "re_1"), Totals(100, 60, 0, 40), None, ("re_1",)),
        ((K.REFUND_RESERVED, reserved(60), "re_2"), Totals(100, 0, 60, 40), "re_2",
         ("re_1", "re_2")),
        ((K.REFUND_REVERSED, reversed_(40), "re_1"), Totals(100, 40, 60, 0), "re_2",
         ("re_1", "re_2")),
        ((K.REFUND_VOIDED, voided(60), "re_2"), Totals(100, 100), None, ("re_1", "re_2")),
        ((K.REFUND_EXTERNAL, external(10), "re_3"), Totals(100, 90, 0, 10), None,
         ("re_1", "re_2", "re_3")),
        ((K.REFUND_EXTERNAL, external(60), "re_2"), Totals(100, 30, 0, 70), None,
         ("re_1", "re_2", "re_3")),
    ]  # fmt: skip
    told = ledger(*(line for line, *_ in lines))
    for length, (_, totals, inflight, refunds) in enumerate(lines, start=1):
        assert standing(told[:length]) == Standing(totals, "paid", inflight, refunds)
        assert refunds_in(told[:length]) == refunds


def test_a_second_refund_in_flight_is_noticed() -> None:
    told = ledger(
        CAPTURE,
        (K.REFUND_RESERVED, reserved(40), "re_1"),
        (K.REFUND_RESERVED, reserved(40), "re_2"),
    )
    with pytest.raises(AssertionError, match="entry 3 is a second refund in flight"):
        standing(told)


@pytest.mark.parametrize(
    "end", [(K.REFUND_POSTED, posted(40), "re_2"), (K.REFUND_VOIDED, voided(40), "re_2")]
)
def test_the_end_of_a_refund_that_is_not_in_flight_is_noticed(
    end: tuple[EntryKind, Totals, str],
) -> None:
    told = ledger(CAPTURE, (K.REFUND_RESERVED, reserved(40), "re_1"), end)
    with pytest.raises(AssertionError, match="entry 3 ends another refund"):
        standing(told)
    with pytest.raises(AssertionError, match="entry 2 ends another refund"):
        standing(ledger(CAPTURE, end))


def test_a_gap_and_a_sum_that_does_not_balance_are_noticed() -> None:
    with pytest.raises(AssertionError, match="entry 1 is missing"):
        standing(ledger(CAPTURE, (K.STATUS, Totals(), "failed"))[1:])
    with pytest.raises(AssertionError, match="entry 2 does not balance"):
        standing(ledger(CAPTURE, (K.REFUND_EXTERNAL, external(101), "re_1")))


def test_what_a_refund_made_without_us_changes() -> None:
    assert external(40) == Totals(remaining=-40, refunded=40)
    assert Totals(100, 100).plus(external(40)) == Totals(100, 60, 0, 40)
