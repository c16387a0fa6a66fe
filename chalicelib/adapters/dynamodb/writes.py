"""Write groups as data: what is written and the guard each write carries.

A group is all or nothing (one TransactWriteItems). Guards and changes are values, so that the same
group runs on DynamoDB and on the in-memory model, and a reader sees every guard where it is built.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

Value = str | int | bool | bytes | None | list["Value"] | dict[str, "Value"]
Item = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Key:
    """The primary key of an item; `pk` is the partition, `sk` the place in it."""

    pk: str
    sk: str


# --- guards ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Absent:
    """The attribute is not there. On the attribute `pk` it means: the item does not exist."""

    attribute: str = "pk"


@dataclass(frozen=True, slots=True)
class Present:
    """The attribute is there. On the attribute `pk` it means: the item exists."""

    attribute: str = "pk"


@dataclass(frozen=True, slots=True)
class Equals:
    """The attribute is there and has this value."""

    attribute: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The attribute is a number >= `value`."""

    attribute: str
    value: int


@dataclass(frozen=True, slots=True)
class LessThan:
    """The attribute is a number < `value`."""

    attribute: str
    value: int


@dataclass(frozen=True, slots=True)
class OneOf:
    """The attribute is one of `values` (at least one, at most 100: DynamoDB's limit for IN)."""

    attribute: str
    values: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every guard holds."""

    guards: tuple["Guard", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one guard holds."""

    guards: tuple["Guard", ...]


Guard = Absent | Present | Equals | AtLeast | LessThan | OneOf | AllOf | AnyOf


def all_of(*guards: Guard) -> AllOf:
    """Every one of `guards`."""
    return AllOf(guards)


def any_of(*guards: Guard) -> AnyOf:
    """At least one of `guards`."""
    return AnyOf(guards)


# --- changes --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    """Set the attribute to `value`, whatever it was."""

    value: Value


@dataclass(frozen=True, slots=True)
class AssignOnce:
    """Set the attribute to `value` unless it is there already."""

    value: Value


@dataclass(frozen=True, slots=True)
class Shift:
    """Add `by` (may be negative) to the number that the attribute holds; it must be there."""

    by: int


@dataclass(frozen=True, slots=True)
class Count:
    """Add `by` to the number that the attribute holds, or to 0 when it is not there."""

    by: int


@dataclass(frozen=True, slots=True)
class Drop:
    """Remove the attribute."""


Change = Assign | AssignOnce | Shift | Count | Drop


# --- writes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Put:
    """Write a whole item. `name` says which write of the group this is, for the one who loses."""

    name: str
    key: Key
    item: Mapping[str, Value]  # without pk and sk, which `key` gives
    guard: Guard


@dataclass(frozen=True, slots=True)
class Update:
    """Change attributes of an item; each entry of `changes` is one attribute.

    `cheap`: alone in its group it is written without a transaction, at half the units. When such a
    write's answer is lost and it is tried again, it may find its own guard refused although it was
    written: only for what is done once it is done, by whomever.
    """

    name: str
    key: Key
    changes: Mapping[str, Change]
    guard: Guard
    cheap: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """Write nothing, but the guard must hold."""

    name: str
    key: Key
    guard: Guard


Write = Put | Update | Check


# --- reads ----------------------------------------------------------------------------------


class Index(StrEnum):
    """An index whose partitions are lists of whole items, newest first."""

    LIST = "list"  # everything of a kind
    SET = "set"  # what of a kind belongs together


PLACES: Mapping[Index, tuple[str, str]] = {Index.LIST: ("lp", "ls"), Index.SET: ("sp", "ss")}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of an index, newest first: items of `partition` with `before` > id > `after`.

    Ids sort by their time of birth. With `after` alone the page holds the ids next above it.
    """

    partition: str
    limit: int
    before: str | None = None
    after: str | None = None
    index: Index = Index.LIST


@dataclass(frozen=True, slots=True)
class Sift:
    """A look at the next `look` items of a partition with `before` > id > `after`, downwards from
    `before`, or `upward` from `after`, for those that `where` holds for (None: each)."""

    partition: str
    look: int
    before: str
    after: str
    where: Guard | None = None
    upward: bool = False
    index: Index = Index.LIST


@dataclass(frozen=True, slots=True)
class Sifted:
    """What was found, nearest first, and the id up to which was looked; None: to the end."""

    items: list[Item]
    upto: str | None


class Refused(Exception):
    """A guard of the group did not hold; nothing was written.

    `failed` maps the name of each refused write to the item as it stood (None: no such item).
    """

    def __init__(self, failed: Mapping[str, Item | None]) -> None:
        super().__init__(", ".join(sorted(failed)))
        self.failed = dict(failed)


class Engine(Protocol):
    """The few things asked of DynamoDB. Items come back as plain values, numbers as int."""

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, with `pk` and `sk`, or None."""
        ...

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        """The items in the order of `keys` (1 to 100, no two alike), in one call."""
        ...

    def page(self, page: Page) -> list[Item]:
        """At most `limit` items of an index, newest first (eventually consistent), one call.

        An item is in an index when it has both attributes that PLACES names: its partition there,
        and its id.
        """
        ...

    def sift(self, sift: Sift) -> Sifted:
        """Those of the items looked at that the guard holds for (eventually consistent), one call.

        It may look at fewer than asked, and may learn only by the next call that this was the end.
        """
        ...

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        """The `ds` of at most `limit` items whose `dp` is `partition` and whose `ds` sorts before
        `before`, lowest first (eventually consistent), one call.

        An item is in the due index when it has the attributes `dp` and `ds`.
        """
        ...

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        """Every item of a partition whose `sk` starts with `prefix`, in order, consistently."""
        ...

    def write(self, group: Sequence[Write]) -> None:
        """All writes of the group (1 to 100, each of another item), or none.

        Raises Refused when a guard did not hold, StoreUnavailable when DynamoDB could not be made
        to decide before the deadline (the group may or may not have been written).
        """
        ...


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full jitter within a deadline: wait a random time up to min(cap, base * 2^attempt)."""

    base_ms: int = 20
    cap_ms: int = 1_000
    deadline_ms: int = 4_000
    attempts: int = 7
