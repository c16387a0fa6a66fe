"""A deterministic model of DynamoDB as the engine sees it, fast enough for simulations.

Where the model and DynamoDB could differ, tests/contracts/test_engine.py holds them together.
Differences by design: nothing is ever throttled, and the list index is never late. Tests inject
such faults, and crashes, with the hooks.
"""

from bisect import bisect_left, bisect_right, insort
from collections import Counter
from collections.abc import Callable, Sequence
from operator import itemgetter
from threading import Lock
from typing import TypeVar, assert_never

from chalicelib.adapters.dynamodb.writes import (
    PLACES,
    Absent,
    AllOf,
    AnyOf,
    Assign,
    AssignOnce,
    AtLeast,
    Change,
    Check,
    Count,
    Drop,
    Engine,
    Equals,
    Guard,
    Index,
    Item,
    Key,
    LessThan,
    OneOf,
    Page,
    Present,
    Put,
    Refused,
    Shift,
    Sift,
    Sifted,
    Update,
    Value,
    Write,
)
from chalicelib.usecases.failures import StoreUnavailable
from simulator.copies import checked, handed_out, kept, number

KEYS = ("pk", "sk", "dp", "ds", *(name for pair in PLACES.values() for name in pair))
Places = dict[str, list[tuple[str, str, str]]]  # sorted (place, pk, sk) by partition
EACH = Present()
Hook = Callable[[str], None]
T = TypeVar("T")


class MemoryEngine(Engine):
    """The engine in memory; safe to use from several threads.

    `calls` counts calls by kind (get, get_many, page, sift, due, collection, write). `before` and
    `after` are called with the kind, outside the lock: what `before` raises happens instead of the
    call, what `after` raises happens although the call took effect (it is not called for a refused
    one).
    """

    def __init__(self, *, before: Hook | None = None, after: Hook | None = None) -> None:
        self.calls: Counter[str] = Counter()
        self.before = before
        self.after = after
        self._lock = Lock()
        self._partitions: dict[str, dict[str, Item]] = {}
        self._lists: dict[Index, Places] = {index: {} for index in Index}
        self._dues: Places = {}

    # --- Engine -----------------------------------------------------------------------------

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, with `pk` and `sk`, or None."""
        return self._done("get", lambda: self._copy(key))

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        """The items in the order of `keys` (1 to 100, no two alike), in one call."""
        assert 1 <= len(keys) <= 100
        assert len(set(keys)) == len(keys), "BatchGetItem refuses two equal keys"
        return self._done("get_many", lambda: [self._copy(key) for key in keys])

    def page(self, page: Page) -> list[Item]:
        """At most `limit` items of an index, newest first."""
        assert page.limit >= 1
        return self._done("page", lambda: self._page(page))

    def sift(self, sift: Sift) -> Sifted:
        """Those of the next `look` items that the guard holds for."""
        assert sift.look >= 1
        assert sift.after < sift.before, "DynamoDB refuses BETWEEN with turned bounds"
        return self._done("sift", lambda: self._sift(sift))

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        """The lowest `ds` of the due index in `partition`, at most `limit`, each below `before`."""
        assert limit >= 1
        return self._done("due", lambda: self._due(partition, before, limit))

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        """Every item of a partition whose `sk` starts with `prefix`, in order."""
        return self._done("collection", lambda: self._collection(pk, prefix))

    def write(self, group: Sequence[Write]) -> None:
        """All writes of the group (1 to 100, each of another item), or none."""
        assert 1 <= len(group) <= 100
        if len(group) > 1:
            assert len({write.key for write in group}) == len(group), "one write for each item"
            assert len({write.name for write in group}) == len(group), "losers are known by name"
        self._done("write", lambda: self._write(group))

    # --- for simulations --------------------------------------------------------------------

    def everything(self) -> list[Item]:
        """A copy of every item, by key; not counted and not hooked."""
        with self._lock:
            return [
                handed_out(self._partitions[pk][sk])
                for pk in sorted(self._partitions)
                for sk in sorted(self._partitions[pk])
            ]

    def remove(self, key: Key) -> None:
        """Take an item out, as nobody but its time to live can; not counted and not hooked."""
        with self._lock:
            old = self._partitions[key.pk].pop(key.sk)
            for index, names in PLACES.items():
                _index(self._lists[index], names, key, old, {})
            _index(self._dues, ("dp", "ds"), key, old, {})

    # --- the model --------------------------------------------------------------------------

    def _done(self, kind: str, call: Callable[[], T]) -> T:
        if self.before is not None:
            self.before(kind)
        with self._lock:
            self.calls[kind] += 1
            result = call()
        if self.after is not None:
            self.after(kind)
        return result

    def _find(self, key: Key) -> Item | None:
        partition = self._partitions.get(key.pk)
        return None if partition is None else partition.get(key.sk)

    def _copy(self, key: Key) -> Item | None:
        item = self._find(key)
        return None if item is None else handed_out(item)

    def _page(self, page: Page) -> list[Item]:
        entries = self._lists[page.index].get(page.partition, [])
        low, high = 0, len(entries)
        if page.before is not None:
            high = bisect_left(entries, page.before, key=itemgetter(0))
        if page.after is not None:
            low = bisect_right(entries, page.after, key=itemgetter(0))
        if page.after is not None and page.before is None:
            high = min(high, low + page.limit)
        else:
            low = max(low, high - page.limit)
        return [handed_out(self._partitions[pk][sk]) for _, pk, sk in reversed(entries[low:high])]

    def _sift(self, sift: Sift) -> Sifted:
        entries = self._lists[sift.index].get(sift.partition, [])
        low = bisect_left(entries, sift.after, key=itemgetter(0))  # BETWEEN looks at its ends too
        high = bisect_right(entries, sift.before, key=itemgetter(0))
        if sift.upward:
            looked = entries[low : min(high, low + sift.look)]
        else:
            looked = entries[max(low, high - sift.look) : high][::-1]
        found = [
            handed_out(item)
            for place, pk, sk in looked
            if sift.after < place < sift.before
            and holds(sift.where or EACH, item := self._partitions[pk][sk])
        ]
        return Sifted(found, None if len(looked) == high - low else looked[-1][0])

    def _due(self, partition: str, before: str, limit: int) -> list[str]:
        entries = self._dues.get(partition, [])
        high = bisect_left(entries, before, key=itemgetter(0))
        return [entry[0] for entry in entries[: min(limit, high)]]

    def _collection(self, pk: str, prefix: str) -> list[Item]:
        partition = self._partitions.get(pk, {})
        return [handed_out(partition[sk]) for sk in sorted(partition) if sk.startswith(prefix)]

    def _write(self, group: Sequence[Write]) -> None:
        olds = [self._find(write.key) for write in group]
        failed = {
            write.name: None if old is None else handed_out(old)
            for write, old in zip(group, olds, strict=True)
            if not holds(write.guard, old or {})
        }
        if failed:
            raise Refused(failed)
        # Everything that can fail comes before the first effect.
        news = [_result(write, old) for write, old in zip(group, olds, strict=True)]
        for write, old, new in zip(group, olds, news, strict=True):
            if new is not None:
                self._store(write.key, old, new)

    def _store(self, key: Key, old: Item | None, new: Item) -> None:
        self._partitions.setdefault(key.pk, {})[key.sk] = new
        for index, names in PLACES.items():
            _index(self._lists[index], names, key, old or {}, new)
        _index(self._dues, ("dp", "ds"), key, old or {}, new)


def _index(index: Places, names: tuple[str, str], key: Key, old: Item, new: Item) -> None:
    """Move an item to its place in an index, or out of it."""
    before, after = _place(old, *names), _place(new, *names)
    if before == after:
        return
    if before is not None:
        index[before[0]].remove((before[1], key.pk, key.sk))
    if after is not None:
        insort(index.setdefault(after[0], []), (after[1], key.pk, key.sk))


def _place(item: Item, partition: str, sort: str) -> tuple[str, str] | None:
    """The place of an item in an index, if it is in it."""
    first, second = item.get(partition), item.get(sort)
    return (first, second) if isinstance(first, str) and isinstance(second, str) else None


# --- guards -----------------------------------------------------------------------------------


def holds(guard: Guard, item: Item) -> bool:
    """Whether the guard holds. Comparing a missing or differently typed attribute is false."""
    match guard:
        case Equals(attribute, value):
            return _same(item.get(attribute), value)
        case Absent(attribute):
            return attribute not in item
        case Present(attribute):
            return attribute in item
        case AtLeast(attribute, value):
            held = item.get(attribute)
            return type(held) is int and held >= value
        case LessThan(attribute, value):
            held = item.get(attribute)
            return type(held) is int and held < value
        case OneOf(attribute, values):
            assert 1 <= len(values) <= 100
            held = item.get(attribute)
            return any(_same(held, value) for value in values)
        case AllOf(guards):
            assert guards
            return all(holds(each, item) for each in guards)
        case AnyOf(guards):
            assert guards
            return any(holds(each, item) for each in guards)
    assert_never(guard)


def _same(held: Value, wanted: str | int | bool) -> bool:
    # 1 == True in Python, not in DynamoDB. `wanted` may be a member of a StrEnum, `held` never is.
    return held == wanted and isinstance(held, bool) is isinstance(wanted, bool)


# --- changes ----------------------------------------------------------------------------------


def _result(write: Write, old: Item | None) -> Item | None:
    """The item after the write; None when it writes nothing."""
    match write:
        case Put():
            assert not {"pk", "sk"} & write.item.keys(), "the key gives pk and sk"
            new = kept(write.item)
            new["pk"], new["sk"] = write.key.pk, write.key.sk
        case Update():
            assert write.changes, "an update changes something"
            assert not {"pk", "sk"} & write.changes.keys(), "a key never changes"
            # Nested values are shared with the old item: no stored value ever changes in place.
            new = {"pk": write.key.pk, "sk": write.key.sk} if old is None else old.copy()
            for attribute, change in write.changes.items():
                _apply(new, attribute, change)
        case Check():
            return None
        case _:
            assert_never(write)
    if any(name in new and not _key_text(new[name]) for name in KEYS):
        raise StoreUnavailable("ValidationError")
    return new


def _key_text(value: Value) -> bool:
    """A key, of the table or of an index, is a text and not empty."""
    return type(value) is str and value != ""


def _apply(item: Item, attribute: str, change: Change) -> None:
    match change:
        case Assign(value):
            item[attribute] = checked(value)
        case AssignOnce(value):
            fit = checked(value)
            item.setdefault(attribute, fit)
        case Shift(by):
            held = item.get(attribute)
            if type(held) is not int:
                raise StoreUnavailable("ValidationError")
            item[attribute] = held + int(number(by))
        case Count(by):
            counted = item.get(attribute, 0)
            if type(counted) is not int:
                raise StoreUnavailable("ValidationError")
            item[attribute] = counted + int(number(by))
        case Drop():
            item.pop(attribute, None)
        case _:
            assert_never(change)
