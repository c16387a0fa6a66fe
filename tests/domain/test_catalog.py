"""Products and what is left of them, lines and their sums, metadata after an update."""

from dataclasses import replace

import pytest
from hypothesis import given

from chalicelib.domain.catalog import MOST_METADATA, Inventory, merged, total_of
from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.money import LARGEST_AMOUNT, Money
from tests.adapters.strategies import METADATA
from tests.builders import a_line_item, a_product, rupiah


@pytest.mark.parametrize(
    ("stock", "left"),
    [
        (None, None),
        (Inventory(True, 3), 3),
        (Inventory(True, 0, 2), 0),
        (Inventory(False, 3), None),
        (Inventory(False, 0), None),
    ],
)
def test_only_what_is_counted_can_run_out(stock: Inventory | None, left: int | None) -> None:
    assert replace(a_product(), inventory=stock).left == left


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ({}, {"a": "1", "b": "2"}),
        ({"a": "3"}, {"a": "3", "b": "2"}),
        ({"c": "3"}, {"a": "1", "b": "2", "c": "3"}),
        ({"a": ""}, {"b": "2"}),
        ({"c": ""}, {"a": "1", "b": "2"}),
        ({"a": "", "b": "", "c": " "}, {"c": " "}),
    ],
)
def test_metadata_is_added_replaced_or_taken_away_key_by_key(
    told: dict[str, str], after: dict[str, str]
) -> None:
    before = {"a": "1", "b": "2"}
    assert merged(before, told) == after
    assert before == {"a": "1", "b": "2"}


def test_metadata_has_fifty_keys_at_most_after_the_update() -> None:
    full = {f"k{number}": "v" for number in range(MOST_METADATA)}
    after = merged(full, {"k0": "", "new": "v"})
    assert (len(after), "k0" in after, after["new"]) == (MOST_METADATA, False, "v")
    with pytest.raises(ParameterInvalid, match="At most 50 keys") as refused:
        merged(full, {"new": "v"})
    assert refused.value.param == "metadata"


@given(METADATA, METADATA)
def test_metadata_told_twice_is_as_told_once(before: dict[str, str], told: dict[str, str]) -> None:
    once = merged(before, told)
    assert merged(once, told) == once
    assert once == {k: v for k, v in before.items() if k not in told and v} | {
        k: v for k, v in told.items() if v
    }


def test_lines_add_up_in_one_currency_to_a_trillion_at_most() -> None:
    assert total_of((a_line_item(quantity=3), a_line_item(amount=rupiah(5)))) == rupiah(60_005)
    half = a_line_item(amount=rupiah(LARGEST_AMOUNT // 2), quantity=2)
    assert total_of((half,)) == rupiah(LARGEST_AMOUNT)
    for items, told in (
        ((half, a_line_item(amount=rupiah(1))), "more than 10"),
        ((a_line_item(), a_line_item(amount=Money(1, "USD"))), "one currency"),
    ):
        with pytest.raises(ParameterInvalid, match=told) as refused:
            total_of(items)
        assert refused.value.param == "line_items"
