"""Strict JSON: one meaning or none."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.strict_json import (
    DEEPEST,
    LARGEST_BODY,
    MOST_DIGITS,
    NotAnInteger,
    NotStrictJson,
    parse_object,
)


def nested(levels: int, opening: str = '{"a":', closing: str = "}") -> bytes:
    """An object of so many levels."""
    return (opening * (levels - 1) + "{}" + closing * (levels - 1)).encode()


def test_a_plain_object_is_read_as_it_is() -> None:
    text = '{"a":1,"b":-2,"c":"é\\u00e9😀\\ud83d\\ude00","d":[true,false,null,{}],"e":0}'
    assert parse_object(text.encode()) == {
        "a": 1, "b": -2, "c": "éé😀😀", "d": [True, False, None, {}], "e": 0,
    }  # fmt: skip


def test_white_space_around_and_keys_in_any_order_are_no_matter() -> None:
    assert parse_object(b' \r\n\t{"b":1 , "a" : 2}\n') == {"b": 1, "a": 2}


REFUSED = {
    "duplicate keys": b'{"amount":1,"amount":2}',
    "duplicate keys spelt differently": b'{"a":1,"\\u0061":2}',
    "duplicate keys deep inside": b'{"a":[{"b":{"c":1,"c":1}}]}',
    "NaN": b'{"a":NaN}',
    "Infinity": b'{"a":Infinity}',
    "-Infinity": b'{"a":-Infinity}',
    "100k levels of lists": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "40k levels of objects": nested(40_000),
    "100k openings": b"[" * 100_000,
    "33 levels": nested(DEEPEST + 1),
    "33 levels of lists": b'{"a":' + b"[" * 32 + b"]" * 32 + b"}",
    "a lone high surrogate": b'{"a":"\\ud800"}',
    "a lone low surrogate": b'{"a":"x\\udfffx"}',
    "a lone surrogate in a key": b'{"\\ud800":1}',
    "a lone surrogate in a list": b'{"a":["\\udc00"]}',
    "swapped surrogates": b'{"a":"\\ude00\\ud83d"}',
    "raw surrogate bytes": b'{"a":"\xed\xa0\x80"}',
    "a BOM": b'\xef\xbb\xbf{"a":1}',
    "UTF-16": '{"a":1}'.encode("utf-16"),
    "Latin-1": '{"a":"é"}'.encode("latin-1"),
    "nothing": b"",
    "white space alone": b"  ",
    "a list": b"[]",
    "a number": b"1",
    "a text": b'"a"',
    "null": b"null",
    "true": b"true",
    "a trailing comma": b'{"a":1,}',
    "a comment": b'{"a":1}//',
    "two objects": b'{"a":1}{"a":1}',
    "single quotes": b"{'a':1}",
    "a bare key": b"{a:1}",
    "a raw line feed in a text": b'{"a":"\n"}',
    "a raw NUL in a text": b'{"a":"\x00"}',
    "a leading zero": b'{"a":01}',
    "a plus": b'{"a":+1}',
    "hexadecimal": b'{"a":0x10}',
    "an underscore": b'{"a":1_000}',
    "full-width digits": '{"a":１２}'.encode(),
    "a form": b"amount=100&currency=IDR",
    "256 KB and one byte": b'{"a":"' + b"x" * (LARGEST_BODY - 7) + b'"}',
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_could_be_read_in_two_ways_is_refused(text: bytes) -> None:
    with pytest.raises(NotStrictJson):
        parse_object(text)


def test_256_kb_and_32_levels_are_still_read() -> None:
    largest = b'{"a":"' + b"x" * (LARGEST_BODY - 8) + b'"}'
    assert len(largest) == LARGEST_BODY
    assert parse_object(largest)["a"] == "x" * (LARGEST_BODY - 8)
    assert parse_object(nested(DEEPEST)) != {}
    assert parse_object(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}") != {}


@pytest.mark.parametrize(
    "number",
    ["1.0", "1.5", "-0.0", "1e2", "1E2", "1e400", "-1e400", "0.1e-5", "9" * 31, "-" + "9" * 30,
     "9" * 5_000],
)  # fmt: skip
def test_a_number_that_is_no_sane_integer_comes_back_as_it_was_written(number: str) -> None:
    value = parse_object(f'{{"amount":{number}}}'.encode())["amount"]
    assert value == NotAnInteger(number)
    assert not isinstance(value, int | float)


def test_30_digits_are_still_an_integer() -> None:
    assert parse_object(b'{"a":' + b"9" * MOST_DIGITS + b"}") == {"a": 10**30 - 1}


def test_true_is_not_one() -> None:
    assert parse_object(b'{"a":true}')["a"] is True


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_whatever_the_bytes_they_are_an_object_or_refused(text: bytes) -> None:
    try:
        value = parse_object(text)
    except NotStrictJson:
        return
    assert isinstance(value, dict)


PIECES = st.sampled_from(
    ["{", "}", "[", "]", ",", ":", '"a"', '"b"', "1", "-", "1e999", "NaN", "null", "true",
     '"\\ud800"', " ", "\n", "\\", '"', "é", "0", ".5"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
@settings(max_examples=300)
def test_whatever_pieces_of_json_they_are_an_object_or_refused(text: str) -> None:
    try:
        value = parse_object(text.encode())
    except NotStrictJson:
        return
    assert isinstance(value, dict)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=5))
def test_what_a_strict_writer_writes_is_read_back(value: dict[str, Any]) -> None:
    assert parse_object(json.dumps(value).encode()) == value
    assert parse_object(json.dumps(value, ensure_ascii=False).encode()) == value
