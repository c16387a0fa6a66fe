"""`link opens`: who opened which link, out of the request log; nothing is asked of the store."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from ops.printing import print_json

PAGE = "/l/{slug}"
links = typer.Typer(no_args_is_help=True, help="Links, and what became of them.")


@dataclass
class Opens:
    """A link's page: by whom it was opened, how often pay was tapped, and asked about."""

    people: int = 0
    prefetched: int = 0
    taps: int = 0
    asked_once_more: int = 0
    bots: Counter[str] = field(default_factory=Counter)

    def row(self) -> dict[str, Any]:
        """For printing; the most frequent bots first."""
        return {
            "people": self.people,
            "bots": dict(self.bots.most_common()),
            "prefetched": self.prefetched,
            "taps": self.taps,
            "asked_once_more": self.asked_once_more,
        }


def opens_of(lines: Iterable[str]) -> dict[str, Opens]:
    """By link, of request log lines; whatever else stands between them is passed over."""
    found: dict[str, Opens] = defaultdict(Opens)
    for line in lines:
        told = _told(line)
        link, (method, _, path) = told.get("payment_link"), str(told.get("route")).partition(" ")
        if path != PAGE or not isinstance(link, str):
            continue
        opens = found[link]
        if method == "POST":
            opens.taps += told.get("status") == 303
            opens.asked_once_more += told.get("outcome") == "asked_once_more"
        elif told.get("visitor") == "person":
            opens.people += 1
        elif told.get("visitor") == "prefetch":
            opens.prefetched += 1
        elif told.get("visitor") == "bot":
            opens.bots[str(told.get("preview_of"))] += 1
    return dict(found)


def _told(line: str) -> Mapping[str, Any]:
    """A line's JSON, behind the times and names that log tools put before it."""
    start = line.find("{")
    if PAGE not in line or start < 0:
        return {}
    try:
        told = json.loads(line[start:])
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


@links.command("opens")
def link_opens(
    context: typer.Context,
    log: Annotated[
        Path | None,
        typer.Argument(exists=True, dir_okay=False, help="Log lines; else standard input."),
    ] = None,
) -> None:
    """People, bots and pay taps by link, out of the request log; approximate."""
    if log is None:
        found = opens_of(typer.get_text_stream("stdin", encoding="utf-8", errors="replace"))
    else:
        with log.open(encoding="utf-8", errors="replace") as lines:
            found = opens_of(lines)
    if context.obj:
        print_json({link: opens.row() for link, opens in found.items()})
        return
    for link, opens in found.items():
        bots = ", ".join(f"{name} {count}" for name, count in opens.bots.most_common()) or "none"
        typer.echo(
            f"{link}  people {opens.people}, taps {opens.taps}, "
            f"asked once more {opens.asked_once_more}, prefetched {opens.prefetched}, bots: {bots}"
        )
