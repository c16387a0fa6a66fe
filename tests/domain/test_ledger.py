"""The ledger: deltas that keep the books, and the fold that checks them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ledger import Totals, fold, posted, reserved, reversed_, voided
from tests.builders import an_entry

CAPTURE = Totals(captured=100, remaining=100)


@pytest.mark.parametrize(
    ("delta", "after"),
    [
        (reserved(40), Totals(100, 60, 40, 0)),
        (reserved(100), Totals(100, 0, 100, 0)),
        (Totals(), Totals(100, 100, 0, 0)),
    ],
)
def test_reserving_moves_from_remaining_to_pending(delta: Totals, after: Totals) -> None:
    assert CAPTURE.plus(delta) == after
    assert after.balanced


def test_posting_voiding_and_reversing_end_what_was_reserved() -> None:
    held = CAPTURE.plus(reserved(40))
    assert held.plus(posted(40)) == Totals(100, 60, 0, 40)
    assert held.plus(voided(40)) == CAPTURE
    assert held.plus(posted(40)).plus(reversed_(40)) == CAPTURE


@pytest.mark.parametrize(
    "totals",
    [Totals(1, 0, 0, 0), Totals(0, 1, 0, 0), Totals(-1, -1), Totals(1, 2, 0, -1), Totals(0, 1, -1)],
)
def test_books_that_lose_double_or_owe_money_do_not_balance(totals: Totals) -> None:
    assert not totals.balanced


def test_nothing_and_everything_refunded_balance() -> None:
    assert Totals().balanced
    assert Totals(100, 0, 0, 100).balanced


def test_folding_the_entries_gives_the_totals() -> None:
    deltas = [CAPTURE, reserved(40), posted(40), reserved(60), voided(60)]
    entries = [an_entry(place, delta) for place, delta in enumerate(deltas, start=1)]
    assert fold(entries) == Totals(100, 60, 0, 40)
    assert fold([]) == Totals()


def test_a_missing_entry_is_noticed() -> None:
    with pytest.raises(AssertionError, match="entry 1 is missing"):
        fold([an_entry(2, CAPTURE)])
    with pytest.raises(AssertionError, match="entry 2 is missing"):
        fold([an_entry(1, CAPTURE), an_entry(3, reserved(1))])


def test_an_entry_twice_is_noticed() -> None:
    with pytest.raises(AssertionError, match="entry 2 is missing"):
        fold([an_entry(1, CAPTURE), an_entry(1, CAPTURE)])


@pytest.mark.parametrize("delta", [reserved(101), posted(1), Totals(captured=1), reversed_(1)])
def test_an_entry_that_does_not_balance_is_noticed(delta: Totals) -> None:
    with pytest.raises(AssertionError, match="entry 2 does not balance"):
        fold([an_entry(1, CAPTURE), an_entry(2, delta)])


MOVES = st.lists(
    st.tuples(st.sampled_from([reserved, posted, voided, reversed_]), st.integers(1, 120)),
    max_size=12,
)


@given(MOVES)
@settings(deadline=None)
def test_whatever_moves_are_allowed_the_sum_stays_what_was_captured(
    moves: list[tuple[object, int]],
) -> None:
    totals = CAPTURE
    for move, amount in moves:
        assert callable(move)
        after = totals.plus(move(amount))
        assert sum(after[1:]) == 100
        if after.balanced:
            totals = after
    assert totals.captured == 100
