"""A table with a crowd of stored payments, in memory: each is made when somebody looks at it.

What is written stands until `forget`: however often an operation is done, it finds the same.
"""

from collections.abc import Sequence

from bench.sizes import Image
from bench.units import Index as StoredIndex
from bench.units import Units, got, queried, written
from chalicelib.adapters.dynamodb.values import decode_item, encode_item
from chalicelib.adapters.dynamodb.writes import (
    PLACES,
    Absent,
    Check,
    Item,
    Key,
    Page,
    Present,
    Put,
    Write,
    any_of,
)
from chalicelib.domain.ids import Millis, time_part
from simulator.memory_engine import MemoryEngine

ANYHOW = any_of(Absent(), Present())
EARLIER_MS = 30 * 86_400_000
NAMES = frozenset({"pk", "sk", *(name for pair in PLACES.values() for name in pair)})


class _Made(dict[str, dict[str, Item]]):
    """Partitions by key; one of the crowd is made of its like."""

    def __init__(self, like: Item) -> None:
        super().__init__()
        self._like = like

    def __missing__(self, pk: str) -> dict[str, Item]:
        id = pk.rpartition("#")[2]
        places = {"ls": f"cs_{id}", "ss": f"cs_{id}"}
        return {"PAY": {**self._like, "id": id, "pk": pk, **places}}


class Crowd(MemoryEngine):
    """What a stage has stored, and `count` payments `like` one of its, born a month earlier, one
    after the other. `count` at least 1."""

    def __init__(
        self,
        stored: Sequence[Image],
        like: Item,
        indexes: tuple[StoredIndex, ...],
        count: int,
    ) -> None:
        super().__init__()
        self.units = Units()
        self.counts = True
        self._indexes = indexes
        self._written: dict[Key, Item] = {}
        self._loading = True
        self._partitions = _Made(like)
        for item in map(decode_item, stored):
            key = Key(str(item["pk"]), str(item["sk"]))
            rest = {name: value for name, value in item.items() if name not in ("pk", "sk")}
            super()._write([Put("", key, rest, ANYHOW)])
        self._loading = False
        partition = str(like["pk"]).removesuffix(str(like["id"]))
        born = int(str(like["created"])) - EARLIER_MS - count
        ids = [f"{time_part(Millis(born + number))}{0:016d}" for number in range(count)]
        entries = [(f"cs_{id}", f"{partition}{id}", "PAY") for id in ids]
        for index, (place, _) in PLACES.items():
            found = self._lists[index].setdefault(str(like[place]), [])
            self._lists[index][str(like[place])] = entries + found

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, counted."""
        found = super().get(key, consistent=consistent)
        self._read([found], consistent=consistent)
        return found

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        """The items, counted."""
        found = super().get_many(keys, consistent=consistent)
        self._read(found, consistent=consistent)
        return found

    def page(self, page: Page) -> list[Item]:
        """The page, counted."""
        found = super().page(page)
        if self.counts:
            self.units += queried([encode_item(each) for each in found], consistent=False)
        return found

    def _read(self, found: Sequence[Item | None], *, consistent: bool) -> None:
        if self.counts:
            for each in found:
                item = encode_item(each) if each is not None else None
                self.units += got(item, consistent=consistent)

    def _write(self, group: Sequence[Write]) -> None:
        super()._write(group)
        for write in group:
            if isinstance(write, Check):
                self._count(self._find(write.key), self._find(write.key))

    def forget(self) -> None:
        """What was written since the beginning."""
        self._written.clear()

    def _find(self, key: Key) -> Item | None:
        return self._written.get(key) or super()._find(key)

    def _store(self, key: Key, old: Item | None, new: Item) -> None:
        if self._loading:
            super()._store(key, old, new)
        else:
            self._written[key] = new
            self._count(old, new)

    def _count(self, old: Item | None, new: Item | None) -> None:
        if self.counts:
            before, after = (encode_item(each) if each else None for each in (old, new))
            self.units += written(before, after, self._indexes, transacted=True)
