"""How a mutant is made: a guard dropped where a write group meets the engine, a rule replaced where
a story calls it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb.writes import Absent, AllOf, AnyOf, Guard, Present, Write
from simulator.engine import SimEngine
from simulator.killing import Mutant

ANYTHING = AnyOf((Absent(), Present()))
Group = Sequence[Write]
Change = Callable[[], Iterator[None]]


def collector(collected: list[Mutant]) -> Callable[[str], Callable[[Change], Change]]:
    """A decorator that counts a change among `collected`, under the name of its function."""

    def mutant(what: str) -> Callable[[Change], Change]:
        def named(change: Change) -> Change:
            collected.append(Mutant(change.__name__, what, contextmanager(change)))
            return change

        return named

    return mutant


def original(target: Any, name: str) -> Any:
    """What `target.name` is before it is patched."""
    return getattr(target, name)


@contextmanager
def patched(target: Any, name: str, value: Any) -> Iterator[None]:
    """`target.name` is `value` for a while."""
    kept = target.__dict__[name] if isinstance(target, type) else getattr(target, name)
    setattr(target, name, value)
    try:
        yield
    finally:
        setattr(target, name, kept)


def rewritten(rewrite: Callable[[str, Group], Group]) -> AbstractContextManager[None]:
    """Every write group goes through `rewrite` before it is written."""
    return patched(SimEngine, "rewrite", staticmethod(rewrite))


def unguarded(strokes: Sequence[str], *names: str, only: Sequence[str] = ()) -> Any:
    """The writes of these names in these strokes lose their guards: all, or those on `only`."""

    def rewrite(stroke: str, group: Group) -> Group:
        if stroke not in strokes:
            return group
        return [
            replace(write, guard=_without(write.guard, only)) if write.name in names else write
            for write in group
        ]

    return rewritten(rewrite)


def _without(guard: Guard, only: Sequence[str]) -> Guard:
    if not only:
        return ANYTHING
    if isinstance(guard, AllOf):
        left = tuple(each for each in guard.guards if getattr(each, "attribute", "") not in only)
        return AllOf(left) if left else ANYTHING
    return ANYTHING if getattr(guard, "attribute", "") in only else guard
