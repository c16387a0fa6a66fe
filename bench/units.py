"""Request units by DynamoDB's rules, from the images of items before and after.

Sources: the developer guide, "Read and write operations" and "Provisioned throughput considerations
for global secondary indexes". Two things that it leaves open are taken as follows: an index entry
that a transaction writes is counted apart (`Units.entries`), so that the bill can be made with and
without doubling it; a transaction that is cancelled pays for its items as they stood, twice, and
for no index entry.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from bench.sizes import Image, item_bytes

WRITE_BYTES, READ_BYTES = 1024, 4096
KEYS_ONLY, ALL = "KEYS_ONLY", "ALL"


@dataclass(frozen=True, slots=True)
class Units:
    """Read units; write units of items, a transaction's doubled; and those of index entries that
    transactions write, not doubled."""

    reads: float = 0
    writes: int = 0
    entries: int = 0

    def __add__(self, other: "Units") -> "Units":
        return Units(
            self.reads + other.reads, self.writes + other.writes, self.entries + other.entries
        )

    @property
    def most_writes(self) -> int:
        """With the index entries of transactions doubled, as the items are: the dearer reading."""
        return self.writes + 2 * self.entries

    @property
    def fewest_writes(self) -> int:
        """With each index entry written once."""
        return self.writes + self.entries


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index: its keys, and whether it holds whole items or keys only."""

    name: str
    keys: tuple[str, str]
    projection: str

    def entry(self, item: Image | None) -> dict[str, Any] | None:
        """What the index holds of an item; None when it is not in it."""
        if item is None or any(key not in item for key in self.keys):
            return None
        held = item if self.projection == ALL else ("pk", "sk", *self.keys)
        return {name: item[name] for name in held}

    def place(self, entry: Image) -> tuple[Any, ...]:
        """Where an entry stands: moving it is a deletion and a new entry."""
        return tuple(entry[name] for name in self.keys)


def indexes_of(definition: Mapping[str, Any]) -> tuple[Index, ...]:
    """The indexes of a table, as CreateTable defines them."""
    found = []
    for index in definition["GlobalSecondaryIndexes"]:
        partition, sort = (key["AttributeName"] for key in index["KeySchema"])
        projection = index["Projection"]["ProjectionType"]
        assert projection in (ALL, KEYS_ONLY), projection
        found.append(Index(index["IndexName"], (partition, sort), projection))
    return tuple(found)


def _writing(*images: Image | None) -> int:
    """Of the larger one; of nothing it is 1."""
    return max([1, *(ceil(item_bytes(each) / WRITE_BYTES) for each in images if each)])


def _reading(bytes_read: int, *, consistent: bool) -> float:
    units = max(1, ceil(bytes_read / READ_BYTES))
    return units if consistent else units / 2


def index_entries(index: Index, before: Image | None, after: Image | None) -> int:
    """Units of an index for one write: 0 when nothing changes in it."""
    old, new = index.entry(before), index.entry(after)
    if old == new:
        return 0
    if old is None or new is None:
        return _writing(old, new)
    if index.place(old) != index.place(new):
        return _writing(old) + _writing(new)
    return _writing(old, new)


def written(
    before: Image | None, after: Image | None, indexes: Sequence[Index], *, transacted: bool
) -> Units:
    """One item that is put, changed or checked (`after` is `before` then)."""
    entries = sum(index_entries(index, before, after) for index in indexes)
    items = _writing(before, after)
    return Units(writes=2 * items, entries=entries) if transacted else Units(writes=items + entries)


def refused(before: Image | None, *, transacted: bool) -> Units:
    """One item whose write did not happen, because a condition failed: its own, or another's of
    the same transaction."""
    return Units(writes=_writing(before) * (2 if transacted else 1))


def got(item: Image | None, *, consistent: bool) -> Units:
    """One item that is read by its key, there or not."""
    return Units(reads=_reading(item_bytes(item) if item else 0, consistent=consistent))


def queried(items: Iterable[Image], *, consistent: bool) -> Units:
    """One page of a query that filters nothing: sizes add up before they are rounded."""
    return Units(reads=_reading(sum(item_bytes(each) for each in items), consistent=consistent))
