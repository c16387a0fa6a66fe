"""Amounts as WooshPay counts them and as we do: exactly, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.wooshpay.minor_units import MinorUnits, NotExpressible
from chalicelib.domain.money import LARGEST_AMOUNT, Money
from tests.builders import rupiah

ZERO, TWO = MinorUnits({"IDR": 0}), MinorUnits({"IDR": 2})


@pytest.mark.parametrize(
    ("units", "ours", "theirs"),
    [
        (MinorUnits(), rupiah(20_000), 20_000),
        (ZERO, rupiah(20_000), 20_000),
        (TWO, rupiah(20_000), 2_000_000),
        (TWO, rupiah(0), 0),
        (TWO, rupiah(LARGEST_AMOUNT), 10**14),
        (TWO, Money(1_234, "USD"), 1_234),
        (MinorUnits({"VND": 2}), Money(10_000, "VND"), 1_000_000),
        (MinorUnits({"KWD": 2}), Money(1_230, "KWD"), 123),
        (MinorUnits({"USD": 0}), Money(1_200, "USD"), 12),
    ],
)
def test_an_amount_is_the_same_money_on_both_sides(
    units: MinorUnits, ours: Money, theirs: int
) -> None:
    assert units.theirs(ours) == theirs
    assert units.ours(theirs, ours.currency) == ours
    assert units.ours(theirs, ours.currency.lower()) == ours


@given(
    st.integers(0, LARGEST_AMOUNT),
    st.sampled_from(["IDR", "USD", "JPY", "KWD", "VND"]),
    st.dictionaries(st.sampled_from(["IDR", "USD", "JPY", "KWD", "VND"]), st.integers(0, 3)),
)
def test_there_and_back_is_the_same_or_was_never_possible(
    amount: int, currency: str, places: dict[str, int]
) -> None:
    units, money = MinorUnits(places), Money(amount, currency)
    try:
        theirs = units.theirs(money)
    except NotExpressible:
        return
    assert units.ours(theirs, currency) == money


@pytest.mark.parametrize("money", [Money(1_231, "KWD"), Money(1, "KWD")])
def test_what_they_cannot_count_is_not_rounded(money: Money) -> None:
    with pytest.raises(NotExpressible, match="decimal places"):
        MinorUnits({"KWD": 2}).theirs(money)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        (2_000_001, "IDR"), (-100, "IDR"), (-1, "USD"), (LARGEST_AMOUNT * 100 + 100, "IDR"),
        (10**13, "USD"), (10**30, "IDR"), (1.0, "USD"), (True, "USD"), ("100", "USD"),
        (None, "USD"), (100, "XXX"), (100, ""), (100, "RUPIAH"), (100, "XBT"),
    ],
)  # fmt: skip
def test_what_is_no_money_to_us_is_not_taken(amount: int, currency: str) -> None:
    with pytest.raises(NotExpressible):
        TWO.ours(amount, currency)
