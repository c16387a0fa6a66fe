"""The provider's door and the way to the provider: what a forged delivery costs, how many real ones
one environment takes, and the time around the provider's call."""

import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any
from unittest.mock import patch

import httpx

from bench.application import Application
from bench.clock import interleaved

FORGED_BUDGET_US = 200
AROUND_BUDGET_MS = 15
SECONDS = 5.0


def lines(app: Application) -> Iterator[Mapping[str, Any]]:
    """A line for each."""
    forged = app.recording.operations["bad signature"]
    took = interleaved({"forged": app.does("bad signature")}, rounds=15, repeats=200)["forged"]
    yield {
        "measure": "bad signature",
        "calls": len(forged.calls) + len(forged.asked),
        "cpu_us": round(median(took)),
        "budget_us": FORGED_BUDGET_US,
        "met": not forged.calls and median(took) <= FORGED_BUDGET_US,
    }
    yield _throughput(app)
    for name in ("pay", "refund"):
        yield _around(app, name)


def _throughput(app: Application) -> Mapping[str, Any]:
    deliver, done, cpu, began = app.does("webhook"), 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - began < SECONDS:
        deliver()
        done += 1
    return {
        "measure": "webhooks of one environment",
        "per_second_on_loopback": round(done / (time.perf_counter() - began)),
        "per_second_of_cpu": round(done / (time.process_time() - cpu)),
    }


def _around(app: Application, name: str) -> Mapping[str, Any]:
    """Wall time of an operation without its provider's part; AWS's answers come from loopback."""
    go, send, within = app.does(name), httpx.Client.send, [0.0]

    def timed(self: httpx.Client, *given: Any, **more: Any) -> httpx.Response:
        began = time.perf_counter()
        try:
            return send(self, *given, **more)
        finally:
            within[0] += time.perf_counter() - began

    around = []
    with patch.object(httpx.Client, "send", timed):
        for _ in range(100):
            within[0], began = 0.0, time.perf_counter()
            go()
            around.append((time.perf_counter() - began - within[0]) * 1000)
    return {
        "measure": f"around the provider's call: {name}",
        "ms": round(median(around), 1),
        "budget_ms": AROUND_BUDGET_MS,
        "met": median(around) <= AROUND_BUDGET_MS,
    }
