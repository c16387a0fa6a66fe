"""CPU of the six operations through the application, over that of the bare calls they make."""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from bench.application import Application, Go
from bench.bare import BareCalls
from bench.clock import interleaved, ratio
from bench.recording import SIX

ROUNDS, REPEATS = 15, 20
BUDGET = 1.25


def measured(app: Application) -> dict[str, list[float]]:
    """Microseconds by rounds, of each operation, and of `bare …`."""
    bare = BareCalls(app.url)
    work: dict[str, Go] = {}
    for name in SIX:
        work[name] = app.does(name)
        work[f"bare {name}"] = bare.of(app.recording.operations[name])
    work["tell"] = app.does("tell")
    return interleaved(work, rounds=ROUNDS, repeats=REPEATS)


def lines(app: Application, found: Mapping[str, list[float]]) -> Iterator[Mapping[str, Any]]:
    """A line for each of the six."""
    for name in SIX:
        operation, ours, theirs = app.recording.operations[name], found[name], found[f"bare {name}"]
        r = ratio(ours, theirs)
        yield {
            "operation": name,
            "calls": [call.operation for call in operation.calls],
            "provider_calls": len(operation.asked),
            "cpu_us": round(median(ours)),
            "bare_cpu_us": round(median(theirs)),
            "own_cpu_us": round(median(a - b for a, b in zip(ours, theirs, strict=True))),
            "r": round(r, 2),
            "budget": BUDGET,
            "met": r <= BUDGET,
        }
