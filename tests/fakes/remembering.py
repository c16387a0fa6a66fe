"""An engine that counts what it is asked, and asks a slow one behind it once for each read."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from chalicelib.adapters.dynamodb.writes import Engine, Item, Key

Known = dict[tuple[Key, ...], list[Item | None]]


class Remembering:
    """An Engine; `calls` by name. What it has read is in `known`, and is not read again."""

    def __init__(self, engine: Engine, known: Known) -> None:
        self._engine = engine
        self._known = known
        self.calls: Counter[str] = Counter()

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        self.calls["get"] += 1
        return self._once((key,), consistent)[0]

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        self.calls["get_many"] += 1
        return self._once(tuple(keys), consistent)

    def _once(self, keys: tuple[Key, ...], consistent: bool) -> list[Item | None]:
        if keys not in self._known:
            self._known[keys] = self._engine.get_many(keys, consistent=consistent)
        return list(self._known[keys])  # the caller's own

    def __getattr__(self, name: str) -> Any:
        """Everything else, writes too, goes to the engine behind, counted."""
        self.calls[name] += 1
        return getattr(self._engine, name)


@contextmanager
def remembering(store: Any, known: Known) -> Iterator[Remembering]:
    """The store's reads are remembered and everything that it does is counted, for a while."""
    engine = store._engine
    store._engine = counting = Remembering(engine, known)
    try:
        yield counting
    finally:
        store._engine = engine
