"""Adds up what runs have left behind: `python -m simulator.sums FILES…`, the files that
`python -m simulator --json` wrote, becomes one table.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from simulator.report import columns

COUNTED = ("histories", "operations", "steps", "store_calls", "psp_calls")
Range = tuple[int, int]


class CountedTwice(Exception):
    """Two of the runs told the same seed: their sum would be too high."""


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when any run had a violation, 2 when the files cannot be added up."""
    if not arguments:
        sys.stderr.write("usage: python -m simulator.sums FILES…\n")
        return 2
    try:
        runs = [run for name in arguments for run in runs_in(Path(name).read_text())]
        sys.stdout.write(f"{summed(runs)}\n")
    except (OSError, ValueError, KeyError, CountedTwice) as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        return 2
    return int(any(run["violations"] for run in runs))


def runs_in(text: str) -> list[dict[str, Any]]:
    """The runs of one file: a JSON object on each line."""
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def summed(runs: Iterable[dict[str, Any]]) -> str:
    """The table of all runs together."""
    every = list(runs)
    seeds = _joined(
        [(run["first_seed"], run["first_seed"] + run["histories"] - 1) for run in every]
    )
    total = {name: sum(run[name] for run in every) for name in COUNTED}
    seconds = sum(run["seconds"] for run in every)
    violations = [each for run in every for each in run["violations"]]
    told = ", ".join(f"{total[name]:,} {name.replace('_', ' ')}" for name in COUNTED)
    lines = [
        f"seeds {', '.join(f'{first:,} to {last:,}' for first, last in seeds)}",
        f"{len(every)} runs, {told}",
        f"{seconds / 3600:,.1f} hours, {total['histories'] / max(seconds, 0.01):,.1f} histories/s",
        *columns("faults", _added(run["faults"] for run in every)),
        *columns("crash points", _added(run["crash_points"] for run in every)),
        *columns("sometimes", _added(run["goals"] for run in every)),
        f"violations: {len(violations)}",
        *(each.splitlines()[0] for each in violations),
    ]
    return "\n".join(lines)


def _added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """In the order in which the names are first met."""
    total: dict[str, int] = {}
    for each in counts:
        for name, count in each.items():
            total[name] = total.get(name, 0) + count
    return total


def _joined(ranges: Sequence[Range]) -> list[Range]:
    """The ranges in order, those that touch made one. Raises CountedTwice."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1]:
            raise CountedTwice(f"seed {first} is in two runs")
        if joined and first == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
