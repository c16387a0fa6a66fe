"""CPU of the six operations through the application, over that of the bare calls which they make."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

from bench.bare import BareCalls
from bench.clock import interleaved, ratio
from bench.recording import SIX, Recording
from bench.requests import environment
from bench.stub import answers_of, serving

ROUNDS, REPEATS = 15, 20
BUDGET = 1.25


def lines(recording: Recording) -> Iterator[Mapping[str, Any]]:
    """A line for each of the six."""
    with application(recording) as (url, run):
        bare = BareCalls(url)
        work: dict[str, Callable[[], object]] = {}
        for name in SIX:
            work[name] = run(name)
            work[f"bare {name}"] = bare.of(recording.operations[name])
        found = interleaved(work, rounds=ROUNDS, repeats=REPEATS)
    for name in SIX:
        operation, ours, theirs = recording.operations[name], found[name], found[f"bare {name}"]
        yield {
            "bench": "cpu",
            "operation": name,
            "calls": [call.operation for call in operation.calls],
            "provider_calls": len(operation.asked),
            "cpu_us": round(median(ours)),
            "bare_cpu_us": round(median(theirs)),
            "own_cpu_us": round(median(a - b for a, b in zip(ours, theirs, strict=True))),
            "r": round(ratio(ours, theirs), 3),
            "budget": BUDGET,
            "met": ratio(ours, theirs) <= BUDGET,
        }


@contextmanager
def application(
    recording: Recording,
) -> Iterator[tuple[str, Callable[[str], Callable[[], object]]]]:
    """The application over a stub: its address, and a way to do an operation once more."""
    with (
        serving(answers_of(recording)) as url,
        patch.dict(os.environ, environment(url, url)),
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        patch.object(sys, "stdout", nowhere),
    ):
        from app import app
        from chalicelib import bootstrap

        bootstrap.app.cache_clear()

        def run(name: str) -> Callable[[], object]:
            operation = recording.operations[name]
            event = operation.now()
            answer = app(event, None)
            assert answer["statusCode"] == operation.status, answer
            return lambda: app(event, None)

        try:
            yield url, run
        finally:
            bootstrap.app.cache_clear()
            bootstrap._http().close()
            bootstrap._http.cache_clear()
