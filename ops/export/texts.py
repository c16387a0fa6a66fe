"""Rows as text: CSV that no spreadsheet takes for formulas, and JSON lines.

A spreadsheet takes a cell for a formula by how it begins, and where cells begin depends on what it
splits by: Excel in Indonesia splits a file that was opened by a double click at semicolons.
"""

import csv
import json
import re
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TextIO

from ops.export.columns import Cell, Row

BOM = "\ufeff"
# What a program may drop or read past at the beginning of a cell; the last are seen by nobody.
_PASSED = r"[\s'\"\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u2060-\u2064\ufeff]*"
_STARTS = "=+@\\-＝＋－＠﹦﹢﹣﹫"
_SUSPECT = re.compile(rf"[{_STARTS}\t\r\n]")
_BEGINS = re.compile(rf"(?:^|(?<=[;\t\r\n]))(?={_PASSED}[{_STARTS}])|^(?='*[\t\r\n])")
Write = Callable[[Row], object]


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a formula would begin; numbers are no text.

    It can be undone: every apostrophe before something that would begin a formula stands for one
    fewer.
    """
    return _BEGINS.sub("'", text) if _SUSPECT.search(text) else text


def csv_cell(cell: Cell) -> str | int:
    """As it stands in CSV: nothing for None, `true` and `false`, JSON for an object."""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return cell
    return harmless(json.dumps(dict(cell), ensure_ascii=False)) if cell else ""


def csv_rows(file: TextIO, columns: Sequence[str], also: Sequence[str]) -> Write:
    """Write the header (RFC 4180) and give what writes a row. `also` are columns of their own for
    what objects hold: `custom_fields.size`."""
    lines = csv.writer(file, lineterminator="\r\n")
    paths = [path.split(".", 1) for path in also]
    lines.writerow([harmless(name) for name in (*columns, *also)])

    def write(row: Row) -> None:
        cells = [csv_cell(row[name]) for name in columns]
        lines.writerow([*cells, *(csv_cell(_inside(row[name], key)) for name, key in paths)])

    return write


def _inside(cell: Cell, key: str) -> Cell:
    assert cell is None or not isinstance(cell, str | int), "only objects are looked into"
    return cell.get(key) if cell else None


def json_lines(file: TextIO) -> Write:
    """What writes a row as one line of JSON, its texts exactly as they are kept."""
    return lambda row: file.write(json.dumps(row) + "\n")
