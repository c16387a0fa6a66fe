"""CSV that begins no formula and loses nothing; JSON lines that change nothing."""

import csv
import json
import re
from io import StringIO
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ops.export.texts import csv_cell, csv_rows, harmless, json_lines

STARTS = "=+-@＝＋－＠"
TEXTS = st.one_of(
    st.text(),
    st.text(alphabet=STARTS + "'\";, \t\r\n\u200b\ufeffa1", max_size=12),
)
OBJECTS = st.dictionaries(TEXTS, st.one_of(TEXTS, st.none()), max_size=4)


def undone(text: str) -> str:
    """What docs/export.md tells a program to do: one apostrophe less before each beginning."""
    passed = r"[\s'\"\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060-\u2064\ufeff]*"
    begins = rf"(?={passed}[=+@\-＝＋－＠﹦﹢﹣﹫])"
    return re.sub(rf"(?:^|(?<=[;\t\r\n]))'{begins}|^'(?='*[\t\r\n])", "", text)


def split_at(separator: str, text: str) -> list[list[str]]:
    """The file as a program reads it that splits at something else than commas."""
    return list(csv.reader(StringIO(text, newline=""), delimiter=separator))


def seen(text: str) -> str:
    """What is left when a program drops what nobody sees, and widths."""
    return normalize("NFKC", text.lstrip(' \t\r\n\u200b\ufeff"\xa0'))


def written(cell: object) -> str:
    file = StringIO(newline="")
    csv_rows(file, ["id", "cell", "last"], ())({"id": "x", "cell": cell, "last": "y"})  # type: ignore[dict-item]
    return file.getvalue()


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+6281234567890", "'+6281234567890"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("＝1", "'＝1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠a", "'＠a"),
        ("  =1", "'  =1"),
        ("\u200b=1", "'\u200b=1"),
        ('"=1', "'\"=1"),
        ("'=1", "''=1"),
        ("Budi;=1+1", "Budi;'=1+1"),
        ("Budi; =1", "Budi;' =1"),
        ("a\n-b", "a\n'-b"),
        ("Kopi", "Kopi"),
        ("'Kopi'", "'Kopi'"),
        ("a=b", "a=b"),
        ("a, -b", "a, -b"),
        ("", ""),
    ],
)
def test_what_would_begin_a_formula_gets_an_apostrophe(text: str, cell: str) -> None:
    assert harmless(text) == cell
    assert undone(cell) == text


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0, 0),
        (-5, -5),
        (True, "true"),
        (False, "false"),
        (None, ""),
        ({}, ""),
        ({"size": "XL", "note": None}, '{"size": "XL", "note": null}'),
        ({"é": "x;=1"}, '{"é": "x;\'=1"}'),
        ({"=k": "=v"}, '{"=k": "=v"}'),
    ],
)
def test_numbers_are_left_alone_and_objects_are_one_cell(cell: object, text: object) -> None:
    found = csv_cell(cell)  # type: ignore[arg-type]
    assert (found, type(found)) == (text, type(text))


@given(TEXTS)
@example("';\t=")
@example("\n'\n=")
@example("'\u200b'\"=")
def test_a_text_comes_back_as_it_was(text: str) -> None:
    (header, row) = csv.reader(StringIO(written(text), newline=""))
    assert header == ["id", "cell", "last"]
    assert (row[0], undone(row[1]), row[2]) == ("x", text, "y")


@given(OBJECTS)
def test_an_object_comes_back_as_it_was(cell: dict[str, str | None]) -> None:
    (_, row) = csv.reader(StringIO(written(cell), newline=""))
    assert (json.loads(undone(row[1])) if row[1] else {}) == cell


@given(st.one_of(TEXTS, OBJECTS), st.sampled_from(",;\t"))
def test_no_cell_begins_a_formula_whatever_the_program_splits_at(
    cell: str | dict[str, str | None], separator: str
) -> None:
    begun = [seen(each)[:1] for row in split_at(separator, written(cell)) for each in row]
    assert not set(begun) & set("=+-@")


@given(TEXTS)
def test_the_names_of_columns_are_harmless_too(key: str) -> None:
    file = StringIO(newline="")
    csv_rows(file, ["metadata"], [f"metadata.{key}"])({"metadata": {key: "=1"}})
    header, row = csv.reader(StringIO(file.getvalue(), newline=""))
    assert [undone(name) for name in header] == ["metadata", f"metadata.{key}"]
    assert row[1] == "'=1"


def test_a_column_of_its_own_is_empty_where_there_is_no_such_key() -> None:
    file = StringIO(newline="")
    write = csv_rows(file, ["metadata"], ["metadata.a.b"])
    for cell in ({"a.b": "1"}, {"a": "2"}, {}, None):
        write({"metadata": cell})
    assert file.getvalue() == (
        'metadata,metadata.a.b\r\n"{""a.b"": ""1""}",1\r\n"{""a"": ""2""}",\r\n,\r\n,\r\n'
    )


@given(
    st.lists(
        st.dictionaries(TEXTS, st.one_of(TEXTS, st.integers(), st.booleans(), st.none(), OBJECTS)),
        max_size=4,
    )
)
def test_json_lines_are_exact_and_one_line_each(rows: list[dict[str, object]]) -> None:
    file = StringIO(newline="")
    write = json_lines(file)
    for row in rows:
        write(row)  # type: ignore[arg-type]
    assert [json.loads(line) for line in file.getvalue().splitlines()] == rows
