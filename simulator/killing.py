"""Hunting mutants: histories under a change of the protocol until one of them sees it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from simulator.engine import KeyOfAnother, WroteWhileReading
from simulator.history import history
from simulator.violations import Violation

MOST = 2_000


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of the protocol that must not go unseen: what it does, and the change itself."""

    name: str
    what: str
    change: Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Hunted:
    """How a hunt ended; `seed` is None when the mutant survived."""

    name: str
    seed: int | None
    histories: int
    what: str


def hunt(mutant: Mutant, most: int = MOST, first: int = 1) -> Hunted:
    """Look for a history in which the mutant breaks an invariant, and in which nothing is broken
    without it. One that breaks itself (a change that no longer fits the code) is not seen."""
    for count, seed in enumerate(range(first, first + most), start=1):
        with mutant.change():
            failures = history(seed).failures
        seen = [each.what for each in failures if _is_broken_rule(each.what)]
        if seen and not history(seed).failures:
            return Hunted(mutant.name, seed, count, seen[0])
    return Hunted(mutant.name, None, most, "")


def _is_broken_rule(what: str) -> bool:
    return any(
        f"{kind.__name__}: " in what for kind in (Violation, WroteWhileReading, KeyOfAnother)
    )
