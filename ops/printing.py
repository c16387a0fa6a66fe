"""How the command prints: JSON for programs, columns for people."""

import json
from collections.abc import Sequence
from typing import Any

import typer

from chalicelib.domain.ledger import Totals


def print_json(value: Any) -> None:
    """One JSON text."""
    typer.echo(json.dumps(value))


def print_facts(facts: dict[str, Any]) -> None:
    """A name and a value a line."""
    for what, value in facts.items():
        typer.echo(f"{what:12}{value}")


def print_entries(rows: Sequence[dict[str, Any]]) -> None:
    """Ledger entries, one a line."""
    for row in rows:
        moved = ", ".join(f"{name} {row[name]:+d}" for name in Totals._fields if row[name])
        typer.echo(f"{row['seq']:<3}{row['kind']:19}{moved:43}{row['subject']:31}{row['actor']}")
