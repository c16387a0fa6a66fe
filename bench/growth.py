"""Whether anything grows with what is stored: each operation over 1,000 payments and 1,000,000.

The table is in memory. Calls and units must be the same; the CPU is the application's and the
model's.
"""

import gc
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from bench.application import Application, Go
from bench.clock import interleaved, ratio
from bench.crowd import Crowd
from bench.recording import SIX
from bench.requests import TABLE
from bench.units import Units, indexes_of
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.adapters.dynamodb.values import decode_item

STORED = (1_000, 1_000_000)
ROUNDS, REPEATS = 21, 10
BUDGET = 1.10


def lines(app: Application) -> Iterator[Mapping[str, Any]]:
    """A line for each of the six."""
    for name in SIX:
        yield _grown(app, name)


def _grown(app: Application, name: str) -> Mapping[str, Any]:
    from chalicelib import bootstrap

    store: Any = bootstrap.app().store
    wire = store._engine
    stored, indexes = app.recording.operations[name].stored, indexes_of(table_definition(TABLE))
    later = app.recording.operations["list 25"].stored
    like = next(decode_item(each) for each in later if each["kind"] == {"S": "payment"})
    engines = {count: Crowd(stored, like, indexes, count) for count in STORED}
    gc.collect()
    gc.freeze()  # a million places are no garbage to look for
    try:
        spent = {}
        for count, engine in engines.items():
            store._engine = engine
            go = app.does(name)
            engine.forget()
            engine.calls.clear()
            engine.units = Units()
            go()
            spent[count] = (dict(engine.calls), engine.units)
            engine.counts = False

        def over(engine: Crowd, go: Go) -> Go:
            def work() -> None:
                store._engine = engine
                engine.forget()
                go()

            return work

        work = {str(count): over(engine, go) for count, engine in engines.items()}
        took = interleaved(work, rounds=ROUNDS, repeats=REPEATS)
    finally:
        store._engine = wire
        gc.unfreeze()
    few, many = (str(count) for count in STORED)
    calls, units = spent[STORED[0]]
    r = ratio(took[many], took[few])
    return {
        "operation": name,
        "stored": list(STORED),
        "calls": calls,
        "rru": units.reads,
        "wru": units.most_writes,
        "same_calls_and_units": spent[STORED[0]] == spent[STORED[1]],
        "cpu_us": [round(median(took[few])), round(median(took[many]))],
        "cpu_ratio": round(r, 3),
        "budget": BUDGET,
        "met": spent[STORED[0]] == spent[STORED[1]] and r <= BUDGET,
    }
