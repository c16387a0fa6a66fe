"""The states that intents and refunds have gone through, so that a read can be late."""

from copy import copy
from typing import Protocol, TypeVar


class Identified(Protocol):
    """An object with an id of its own."""

    id: str


T = TypeVar("T", bound=Identified)


class History:
    """A copy of each object at each of its changes."""

    def __init__(self) -> None:
        self._states: dict[str, list[tuple[int, object]]] = {}

    def record(self, one: Identified, instant: int) -> None:
        """Remember ``one`` as it is from ``instant`` on. Its fields are replaced, never mutated."""
        self._states.setdefault(one.id, []).append((instant, copy(one)))

    def at(self, one: T, instant: int) -> T | None:
        """``one`` as it was at ``instant``; None when it was not there yet."""
        for since, state in reversed(self._states.get(one.id, [])):
            if since <= instant:
                assert isinstance(state, type(one))
                return state
        return None

    def first(self, one: T) -> T:
        """``one`` as it was made."""
        state = self._states[one.id][0][1]
        assert isinstance(state, type(one))
        return state
