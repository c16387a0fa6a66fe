"""How the command prints: JSON for programs, columns and tables for people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from chalicelib.domain.ledger import LedgerEntry, Totals

ANY_WIDTH = 10_000  # what reads a pipe wraps nothing


def print_json(value: Any, *, err: bool = False) -> None:
    """One JSON text."""
    typer.echo(json.dumps(value), err=err)


def print_facts(facts: dict[str, Any]) -> None:
    """A name and a value a line."""
    for what, value in facts.items():
        typer.echo(f"{what:12}{value}")


def print_named(row: Mapping[str, Any]) -> None:
    """What a row holds, a name and a value a line; what it does not hold is left out."""
    width = max(len(name) for name in row) + 2
    for name, value in row.items():
        if value is not None and value != {}:
            typer.echo(f"{name:{width}}{shown(value)}")


def print_table(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows of the same names under each other; nothing for none."""
    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, value in rows[0].items():
        number = isinstance(value, int) and not isinstance(value, bool)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(value)) for value in row.values()))
    width = None if Console().is_terminal else ANY_WIDTH
    Console(width=width).print(table)


def shown(value: Any) -> str:
    """On one line, and nothing in it moves the cursor of the terminal that shows it."""
    if value is None or value == {}:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def entry_row(entry: LedgerEntry) -> dict[str, Any]:
    """A ledger entry; its changes in the smallest unit."""
    return {
        "seq": entry.seq,
        "kind": entry.kind.value,
        **entry.delta._asdict(),
        "subject": entry.subject,
        "actor": entry.cause.actor,
        "cause": entry.cause.reference,
        "request_id": entry.cause.request_id,
        "at": entry.cause.at,
    }


def print_entries(rows: Sequence[dict[str, Any]]) -> None:
    """Ledger entries, one a line."""
    for row in rows:
        moved = ", ".join(f"{name} {row[name]:+d}" for name in Totals._fields if row[name])
        typer.echo(f"{row['seq']:<3}{row['kind']:19}{moved:43}{row['subject']:31}{row['actor']}")
