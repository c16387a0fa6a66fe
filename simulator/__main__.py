"""The simulator at a prompt: `python -m simulator --help`."""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

from simulator.baseline import broken_after
from simulator.exhaustive import Enumerated, enumerate_pair
from simulator.history import Outcome, history, shrunk
from simulator.killing import Hunted, hunt
from simulator.mutants import MUTANTS
from simulator.pairs import PAIRS
from simulator.report import as_json, mutants_table, pairs_table, tables

T = TypeVar("T")
R = TypeVar("R")
CHUNK = 25
SHOWN = 3
ALL_SCHEDULES = 99


def say(text: str) -> None:
    """A line for whoever asked."""
    sys.stdout.write(f"{text}\n")


def main(arguments: Sequence[str]) -> int:
    """Exit code 1 when anything was violated, or a mutant survived."""
    asked = _parser().parse_args(arguments)
    bad = False
    if asked.histories:
        total, seconds = run(asked.seed, asked.histories, asked.jobs, quiet=asked.json)
        if asked.json:
            say(json.dumps(as_json(total, seconds, asked.seed)))
        else:
            say(tables(total, seconds, asked.seed))
            for failure in total.failures[:SHOWN]:
                say(f"\n{failure}")
                if asked.shrink:
                    say("\n".join(map(repr, shrunk(failure.seed))))
        bad |= bool(total.failures)
    if asked.exhaustive:
        most = ALL_SCHEDULES if asked.all_schedules else asked.preemptions
        found = _each(asked.jobs, _pair, [(place, most) for place in range(len(PAIRS))])
        say(pairs_table(found, most))
        bad |= any(each.failures for each in found)
    count = {"all": len(MUTANTS), "none": 0}.get(asked.mutants) or int(
        asked.mutants if asked.mutants.isdigit() else 0
    )
    if count:
        naive = broken_after(100)
        say(f"naive baseline: {naive.what if naive else 'SURVIVED'}")
        step = max(1, len(MUTANTS) // count)
        hunted = _each(asked.jobs, _hunted, list(range(0, len(MUTANTS), step))[:count])
        say(mutants_table(hunted))
        bad |= naive is None or any(each.seed is None for each in hunted)
    return int(bad)


def run(first: int, count: int, jobs: int, *, quiet: bool = True) -> tuple[Outcome, float]:
    """The histories of so many seeds, on so many processes, and how long they took."""
    total, began = Outcome(), time.monotonic()
    chunks = [(at, min(CHUNK, first + count - at)) for at in range(first, first + count, CHUNK)]
    for done in _in_order(jobs, chunks):
        total.add(done)
        if not quiet:
            rate = total.histories / (time.monotonic() - began)
            told = f"\r{total.histories}/{count} histories, {rate:.1f}/s, {len(total.failures)} bad"
            sys.stderr.write(told)
    if not quiet:
        sys.stderr.write("\n")
    return total, time.monotonic() - began


def _in_order(jobs: int, chunks: Sequence[tuple[int, int]]) -> Iterator[Outcome]:
    if jobs <= 1:
        yield from map(_chunk, chunks)
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(_chunk, chunks)


def _chunk(chunk: tuple[int, int]) -> Outcome:
    total = Outcome()
    gc.disable()  # a history's garbage is small, and looking for it takes a tenth of the time
    for seed in range(chunk[0], chunk[0] + chunk[1]):
        total.add(history(seed))
    gc.enable()
    gc.collect()
    return total


def _each(jobs: int, work: Callable[[T], R], tasks: Sequence[T]) -> list[R]:
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(work, tasks))


def _pair(task: tuple[int, int]) -> Enumerated:
    return enumerate_pair(PAIRS[task[0]], task[1])


def _hunted(place: int) -> Hunted:
    return hunt(MUTANTS[place])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--histories", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--mutants", default="none", help="all, none, or how many")
    parser.add_argument("--exhaustive", action="store_true", help="every schedule of each pair")
    parser.add_argument("--preemptions", type=int, default=2)
    parser.add_argument("--all-schedules", action="store_true", help="without a bound")
    parser.add_argument("--shrink", action="store_true", help="drop what a failure does not need")
    parser.add_argument("--json", action="store_true")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
