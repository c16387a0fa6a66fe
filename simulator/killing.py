"""Hunting mutants: histories under a change of the protocol until one of them sees it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from simulator.history import history

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
    """Look for a history in which the mutant is seen, and in which nothing is seen without it."""
    for count, seed in enumerate(range(first, first + most), start=1):
        with mutant.change():
            failures = history(seed).failures
        if failures and not history(seed).failures:
            return Hunted(mutant.name, seed, count, failures[0].what)
    return Hunted(mutant.name, None, most, "")
