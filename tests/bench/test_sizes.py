"""Bytes as DynamoDB counts them."""

from typing import Any

import pytest

from bench.sizes import item_bytes


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        ({"S": ""}, 0),
        ({"S": "abc"}, 3),
        ({"S": "é✓"}, 5),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "20000"}, 2),
        ({"N": "123"}, 3),
        ({"N": "-123"}, 4),
        ({"N": "1795681589877"}, 8),
        ({"B": b"abcd"}, 4),
        ({"B": "YWJjZA=="}, 4),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"N": "7"}]}, 3 + 1 + 2 + 1 + 2),
        ({"M": {"k": {"S": "ab"}}}, 3 + 1 + 1 + 2),
    ],
)
def test_an_attribute_is_its_name_and_its_value(value: Any, counted: int) -> None:
    assert item_bytes({"name": value}) == 4 + counted


def test_names_are_counted_in_utf8() -> None:
    assert item_bytes({"é": {"S": ""}, "b": {"S": ""}}) == 3


def test_a_kind_that_we_never_store_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="SS"):
        item_bytes({"a": {"SS": ["x"]}})
