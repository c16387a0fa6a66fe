"""Money: how it is counted, bounded and written."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import currency_table
from chalicelib.domain.catalog import total_of
from chalicelib.domain.currency_table import CURRENCIES
from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.money import (
    LARGEST_AMOUNT,
    CurrencyMismatch,
    Money,
    add_up,
    decimal_places,
    is_currency,
)
from tests.builders import a_line_item, rupiah
from tools import currency_table as generator

WRITTEN = [
    (20_000, "IDR", "Rp20.000"),
    (0, "IDR", "Rp0"),
    (999, "IDR", "Rp999"),
    (1_000, "IDR", "Rp1.000"),
    (300_000_000, "IDR", "Rp300.000.000"),
    (10**12, "IDR", "Rp1.000.000.000.000"),
    (1_234, "USD", "US$12,34"),
    (5, "USD", "US$0,05"),
    (0, "USD", "US$0,00"),
    (123_456_789, "USD", "US$1.234.567,89"),
    (1_234, "JPY", "JP¥1.234"),
    (1_234, "KWD", "KWD 1,234"),
    (1, "KWD", "KWD 0,001"),
    (10_000, "VND", "₫10.000"),
    (300, "BRL", "R$3,00"),
    (100, "THB", "฿1,00"),
]


@pytest.mark.parametrize(("amount", "currency", "text"), WRITTEN)
def test_money_is_written_as_indonesians_write_it(amount: int, currency: str, text: str) -> None:
    assert str(Money(amount, currency)) == text


@pytest.mark.parametrize(
    ("currency", "places"),
    [("IDR", 0), ("USD", 2), ("JPY", 0), ("KWD", 3), ("VND", 0), ("UGX", 0), ("TZS", 2)],
)
def test_our_smallest_unit_stands_for_so_many_decimal_places(currency: str, places: int) -> None:
    assert decimal_places(currency) == places


def test_the_currency_table_is_what_its_generator_makes_of_babel_today() -> None:
    text = Path(currency_table.__file__).read_text(encoding="utf-8")
    assert text == generator.source()


def test_every_currency_that_a_method_takes_has_the_places_of_iso_4217() -> None:
    iso = {"IDR": 2, "PHP": 2, "THB": 2, "GBP": 2, "SGD": 2, "BRL": 2, "INR": 2, "MXN": 2,
           "VND": 0, "CNY": 2, "USD": 2, "EUR": 2, "HKD": 2, "XAF": 0, "GHS": 2, "KES": 2,
           "RWF": 0, "TZS": 2, "UGX": 0}  # fmt: skip
    assert {code: CURRENCIES[code][0] for code in iso} == iso


@pytest.mark.parametrize("code", ["idr", "XXX", "", "RP", "IDRR", "XBT", "DEM"])
def test_what_is_no_current_currency_is_unknown(code: str) -> None:
    assert not is_currency(code)
    with pytest.raises(AssertionError):
        Money(1, code)


@pytest.mark.parametrize("amount", [-1, LARGEST_AMOUNT + 1, True, 1.0, "1", None])
def test_money_that_is_no_integer_within_bounds_cannot_be_made(amount: int) -> None:
    with pytest.raises(AssertionError):
        Money(amount, "IDR")


def test_both_bounds_are_money() -> None:
    assert rupiah(0).amount == 0
    assert rupiah(LARGEST_AMOUNT).amount == 1_000_000_000_000


def test_two_currencies_never_meet_in_a_sum() -> None:
    ours, theirs = rupiah(1), Money(1, "USD")
    with pytest.raises(CurrencyMismatch, match="IDR and USD"):
        ours + theirs
    with pytest.raises(CurrencyMismatch, match="USD and IDR"):
        theirs - ours
    with pytest.raises(CurrencyMismatch):
        add_up([ours, theirs])


def test_a_difference_below_nothing_cannot_be_made() -> None:
    assert rupiah(5) - rupiah(5) == rupiah(0)
    with pytest.raises(AssertionError):
        rupiah(4) - rupiah(5)


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=20))
def test_adding_up_is_the_sum(amounts: list[int]) -> None:
    assert add_up([rupiah(amount) for amount in amounts]) == rupiah(sum(amounts))


def test_a_price_times_a_quantity_and_another_amount_keep_the_currency() -> None:
    assert Money(250, "USD").times(3) == Money(750, "USD")
    assert Money(250, "USD").with_amount(1) == Money(1, "USD")


# --- line items -----------------------------------------------------------------------------


def test_line_items_cost_price_times_quantity_together() -> None:
    items = (a_line_item(quantity=2), a_line_item(amount=rupiah(500), quantity=3, number=2))
    assert items[0].total == rupiah(40_000)
    assert total_of(items) == rupiah(41_500)


def test_line_items_of_two_currencies_are_refused() -> None:
    items = (a_line_item(), a_line_item(amount=Money(100, "USD"), number=2))
    with pytest.raises(ParameterInvalid, match="one currency") as refused:
        total_of(items)
    assert refused.value.param == "line_items"


def test_no_line_items_are_refused() -> None:
    with pytest.raises(ParameterInvalid):
        total_of(())


@pytest.mark.parametrize(
    "lines",
    [
        [(10**12, 2)],
        [(10**12, 1), (1, 1)],
        [(1, 10**12 + 1)],
        [(999_999_999_999, 999_999)],
        [(6 * 10**11, 1), (4 * 10**11, 1), (1, 1)],
    ],
)
def test_line_items_that_add_up_to_more_than_a_trillion_are_refused(
    lines: list[tuple[int, int]],
) -> None:
    items = tuple(a_line_item(amount=rupiah(price), quantity=count) for price, count in lines)
    with pytest.raises(ParameterInvalid, match=r"10\^12") as refused:
        total_of(items)
    assert refused.value.param == "line_items"


def test_line_items_of_exactly_a_trillion_are_taken() -> None:
    items = (a_line_item(amount=rupiah(10**12 - 1)), a_line_item(amount=rupiah(1), number=2))
    assert total_of(items) == rupiah(10**12)
