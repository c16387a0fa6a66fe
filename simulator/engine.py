"""The engine as the stories of a history meet it: the model of DynamoDB, with everything that can
go wrong between a process and its table.

A conflict or a throttle is tried again inside, as DynamoDBEngine does, and costs time; when
patience ends the group was not written. A lost answer means that it was. A forgotten token means
that the second try met its own first.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from chalicelib.adapters.dynamodb.writes import (
    Item,
    Key,
    Page,
    Refused,
    Sift,
    Sifted,
    Write,
)
from chalicelib.usecases.failures import StoreUnavailable
from simulator.faults import Faults
from simulator.memory_engine import MemoryEngine
from simulator.scheduler import Scheduler
from simulator.strokes import fenced, points, stroke_of

T = TypeVar("T")
Rewrite = Callable[[str, Sequence[Write]], Sequence[Write]]
Written = Callable[[str, Sequence[Write], Sequence[Item | None]], None]
BEFORE = ("crash before", "conflict", "unavailable", "frozen before")
AFTER = ("crash after", "answer lost", "token forgotten", "frozen after")
AFTER_READ = ("crash after", "frozen after")
LATE_INDEX = ("late index",)
TORN = ("torn read",)
LEASE_MS = 60_000


class KeyOfAnother(AssertionError):
    """A request touched the keys of another tenant."""


class WroteWhileReading(AssertionError):
    """A request that only looks wrote."""


class SimEngine(MemoryEngine):
    """`written` hears of every group that took effect: its stroke, its writes, the items before."""

    rewrite: Rewrite | None = None  # for mutants: what becomes of a group before it is written

    def __init__(self, scheduler: Scheduler, faults: Faults, written: Written) -> None:
        super().__init__()
        self.hits: Counter[str] = Counter()
        self._scheduler = scheduler
        self._faults = faults
        self._written = written
        self._moved: list[tuple[int, str, str | None, str | None]] = []  # at, partition, from, to

    # --- Engine -----------------------------------------------------------------------------

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, with `pk` and `sk`, or None."""
        self._enter("get", "get", (key,))
        return self._read_out("get", self._copy(key))

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        """The items in the order of `keys`, in one call."""
        assert 1 <= len(keys) <= 100
        assert len(set(keys)) == len(keys), "BatchGetItem refuses two equal keys"
        self._enter("get_many", "get", keys)
        torn = len(keys) > 1 and self._faults.drawn("get_many", TORN)
        # DynamoDB promises nothing about two items of one BatchGetItem but that each is whole.
        read = self._between if torn else self._copy
        return self._read_out("get", [read(key) for key in keys])

    def page(self, page: Page) -> list[Item]:
        """At most `limit` items of an index, newest first."""
        self._enter("page", "list", (Key(page.partition, ""),))
        return self._read_out("list", self._page(page))

    def sift(self, sift: Sift) -> Sifted:
        """Those of the next `look` items that the guard holds for."""
        self._enter("sift", "list", (Key(sift.partition, ""),))
        return self._read_out("list", self._sift(sift))

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        """The lowest `ds` of the due index; it may lag behind by some seconds."""
        self._enter("due", "due", ())
        found = self._due(partition, before, limit)
        if self._faults.drawn("index", LATE_INDEX):
            found = self._as_it_was(partition, before, limit, found)
        return self._read_out("due", found)

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        """Every item of a partition whose `sk` starts with `prefix`, in order."""
        self._enter("collection", "get", (Key(pk, ""),))
        return self._read_out("get", self._collection(pk, prefix))

    def write(self, group: Sequence[Write]) -> None:
        """All writes of the group, or none; or the one or the other without an answer."""
        assert 1 <= len(group) <= 100
        assert len({write.key for write in group}) == len(group), "one write for each item"
        assert len({write.name for write in group}) == len(group), "losers are known by name"
        stroke = stroke_of(group)
        if SimEngine.rewrite is not None:
            group = SimEngine.rewrite(stroke, group)
        actor = self._scheduler.current
        if actor is not None and actor.reads_only:
            raise WroteWhileReading(f"{actor.name} wrote {[write.key for write in group]}")
        self._enter("write", stroke, [write.key for write in group])
        try:
            self._apply(stroke, group)
        except Refused as refused:
            if actor is not None:
                self.hits.update(fenced(actor.story, stroke, actor.froze, group, refused.failed))
            raise
        if actor is None:
            return
        fault = self._faults.drawn(f"{actor.story} {stroke}", AFTER)
        if fault is not None:
            self._after(fault, stroke, group)

    # --- for whoever watches ------------------------------------------------------------------

    def peek(self, key: Key) -> Mapping[str, object] | None:
        """The item itself, not a copy, uncounted."""
        return self._find(key)

    def kinds(self) -> dict[str, list[Item]]:
        """Every item by its kind, uncounted; not to be changed."""
        found: dict[str, list[Item]] = defaultdict(list)
        for partition in self._partitions.values():
            for item in partition.values():
                found[str(item.get("kind"))].append(item)
        return found

    # --- inside -----------------------------------------------------------------------------

    def _copy(self, key: Key) -> Item | None:
        # Nested values are shared: the stories only read them, and no stored value ever changes.
        item = self._find(key)
        return None if item is None else item.copy()

    def _between(self, key: Key) -> Item | None:
        self._scheduler.pause("torn read")
        return self._copy(key)

    def _apply(self, stroke: str, group: Sequence[Write]) -> None:
        olds = [self._find(write.key) for write in group]
        self._write(group)
        for write, old in zip(group, olds, strict=True):
            self._remember_move(old, self._find(write.key))
        self._written(stroke, group, olds)

    def _enter(self, kind: str, stroke: str, keys: Sequence[Key]) -> None:
        self.calls[kind] += 1
        scheduler = self._scheduler
        actor = scheduler.current
        if actor is None:
            return
        for key in keys:
            if actor.prefixes and not key.pk.startswith(actor.prefixes):
                raise KeyOfAnother(f"{actor.name} asked for {key.pk}")
        scheduler.pause(stroke)
        fault = self._faults.drawn(f"{actor.story} {stroke}", BEFORE)
        if fault is None:
            return
        self.hits.update(points(actor.story, stroke, fault))
        match fault:
            case "crash before":
                scheduler.crash(f"before {stroke}")
            case "conflict":
                for _ in range(self._faults.between(1, 5)):
                    scheduler.pause(f"conflict in {stroke}", self._faults.between(1, 400))
            case "unavailable":
                scheduler.note(f"unavailable {stroke}")
                raise StoreUnavailable("TransactionConflict after 7 tries")
            case "frozen before":
                self._freeze(f"frozen before {stroke}")

    def _read_out(self, stroke: str, answer: T) -> T:
        actor = self._scheduler.current
        if actor is None:
            return answer
        match self._faults.drawn(f"{actor.story} {stroke}", AFTER_READ):
            case "crash after":
                self._scheduler.crash(f"after {stroke}")
            case "frozen after":
                self._freeze(f"frozen after {stroke}")
        return answer

    def _after(self, fault: str, stroke: str, group: Sequence[Write]) -> None:
        scheduler = self._scheduler
        assert scheduler.current is not None
        self.hits.update(points(scheduler.current.story, stroke, fault))
        match fault:
            case "crash after":
                scheduler.crash(f"after {stroke}")
            case "answer lost":
                scheduler.note(f"answer lost of {stroke}")
                scheduler.pause(f"waits in vain for {stroke}", 4_000)
                raise StoreUnavailable("ReadTimeoutError after 7 tries")
            case "token forgotten":
                scheduler.pause(f"token forgotten of {stroke}", self._faults.between(1, 900))
                self._apply(stroke, group)
            case "frozen after":
                self._freeze(f"frozen after {stroke}")

    def _freeze(self, site: str) -> None:
        """The process sleeps past its lease and wakes as a zombie."""
        actor = self._scheduler.current
        assert actor is not None
        actor.froze = True
        self._scheduler.pause(site, self._faults.between(LEASE_MS + 1, 6 * LEASE_MS))

    def _remember_move(self, old: Item | None, new: Item | None) -> None:
        before, after = _due_place(old), _due_place(new)
        if before != after:
            partition = (after or before or ("", ""))[0]
            froms, tos = before and before[1], after and after[1]
            self._moved.append((self._scheduler.now, partition, froms, tos))

    def _as_it_was(self, partition: str, before: str, limit: int, found: list[str]) -> list[str]:
        since = self._scheduler.now - self._faults.between(100, 5_000)
        seen = dict.fromkeys(found)
        for at, where, old, new in reversed(self._moved):
            if at < since:
                break
            if where == partition:
                if new is not None:
                    seen.pop(new, None)
                if old is not None:
                    seen[old] = None
        return sorted(each for each in seen if each < before)[:limit]


def _due_place(item: Item | None) -> tuple[str, str] | None:
    if item is None or not isinstance(item.get("dp"), str):
        return None
    return str(item["dp"]), str(item["ds"])
