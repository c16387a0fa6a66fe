"""One suite for the model and for DynamoDB as two emulators show it, so that none can drift.

A case that an emulator cannot judge is listed in CANNOT_JUDGE of conftest.py, with the reason.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.table import TableDiffers, ensure_table, table_definition
from chalicelib.adapters.dynamodb.writes import (
    Absent,
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
    all_of,
    any_of,
)
from chalicelib.usecases.failures import StoreUnavailable
from tests.contracts.conftest import Remote
from tests.fakes.counting import Meter
from tests.fakes.faults import FaultyClient, refusal

KEY = Key("M#1#P#1", "PAY")
OTHER = Key("M#1#P#2", "PAY")
THIRD = Key("M#1#P#3", "PAY")


def stored(key: Key, attributes: Mapping[str, Value]) -> Item:
    """The item as it is read back."""
    return {"pk": key.pk, "sk": key.sk, **attributes}


def put(engine: Engine, key: Key, attributes: Mapping[str, Value]) -> None:
    """An item for a test to begin with."""
    engine.write([Put("given", key, attributes, Absent())])


# --- guards -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guarded:
    """Whether a guard holds on an item (None: there is none)."""

    name: str
    guard: Guard
    item: dict[str, Value] | None
    holds: bool


GUARDS = [
    Guarded("absent, no item", Absent(), None, True),
    Guarded("absent, an item", Absent(), {"a": 1}, False),
    Guarded("absent attribute", Absent("a"), {"b": 1}, True),
    Guarded("absent attribute, no item", Absent("a"), None, True),
    Guarded("absent attribute, there", Absent("a"), {"a": 1}, False),
    Guarded("absent attribute, null", Absent("a"), {"a": None}, False),
    Guarded("present, an item", Present(), {"a": 1}, True),
    Guarded("present, no item", Present(), None, False),
    Guarded("present attribute", Present("a"), {"a": ""}, True),
    Guarded("present attribute, null", Present("a"), {"a": None}, True),
    Guarded("present attribute, missing", Present("a"), {"b": 1}, False),
    Guarded("equals text", Equals("a", "x"), {"a": "x"}, True),
    Guarded("equals text, other", Equals("a", "x"), {"a": "X"}, False),
    Guarded("equals text, missing", Equals("a", "x"), {"b": "x"}, False),
    Guarded("equals text, no item", Equals("a", "x"), None, False),
    Guarded("equals text, number", Equals("a", "1"), {"a": 1}, False),
    Guarded("equals empty text", Equals("a", ""), {"a": ""}, True),
    Guarded("equals empty text, missing", Equals("a", ""), {}, False),
    Guarded("equals number", Equals("a", 7), {"a": 7}, True),
    Guarded("equals number, other", Equals("a", 7), {"a": 8}, False),
    Guarded("equals number, text", Equals("a", 7), {"a": "7"}, False),
    Guarded("equals number, bool", Equals("a", 1), {"a": True}, False),
    Guarded("equals number, null", Equals("a", 0), {"a": None}, False),
    Guarded("equals bool", Equals("a", True), {"a": True}, True),
    Guarded("equals bool, false", Equals("a", False), {"a": False}, True),
    Guarded("equals bool, other", Equals("a", True), {"a": False}, False),
    Guarded("equals bool, number", Equals("a", True), {"a": 1}, False),
    Guarded("equals bool, missing", Equals("a", False), {}, False),
    Guarded("equals reserved name", Equals("status", "x"), {"status": "x"}, True),
    Guarded("equals odd name", Equals("a.b c", "x"), {"a.b c": "x"}, True),
    Guarded("at least, more", AtLeast("a", 60), {"a": 61}, True),
    Guarded("at least, equal", AtLeast("a", 60), {"a": 60}, True),
    Guarded("at least, less", AtLeast("a", 60), {"a": 59}, False),
    Guarded("at least, by number", AtLeast("a", 9), {"a": 10}, True),
    Guarded("at least, negative", AtLeast("a", -5), {"a": -6}, False),
    Guarded("at least, missing", AtLeast("a", 0), {"b": 1}, False),
    Guarded("at least, no item", AtLeast("a", 0), None, False),
    Guarded("at least, text", AtLeast("a", 0), {"a": "5"}, False),
    Guarded("at least, bool", AtLeast("a", 0), {"a": True}, False),
    Guarded("less than, less", LessThan("a", 60), {"a": 59}, True),
    Guarded("less than, equal", LessThan("a", 60), {"a": 60}, False),
    Guarded("less than, by number", LessThan("a", 10), {"a": 9}, True),
    Guarded("less than, missing", LessThan("a", 60), {"b": 1}, False),
    Guarded("less than, text", LessThan("a", 60), {"a": ""}, False),
    Guarded("less than, null", LessThan("a", 60), {"a": None}, False),
    Guarded("one of texts", OneOf("a", ("x", "y")), {"a": "y"}, True),
    Guarded("one of texts, none", OneOf("a", ("x", "y")), {"a": "z"}, False),
    Guarded("one of one", OneOf("a", ("x",)), {"a": "x"}, True),
    Guarded("one of, missing", OneOf("a", ("x", "y")), {}, False),
    Guarded("one of, number", OneOf("a", ("1", "2")), {"a": 1}, False),
    Guarded("one of numbers", OneOf("a", (1, 2)), {"a": 2}, True),
    Guarded("one of both kinds", OneOf("a", ("x", 2)), {"a": 2}, True),
    Guarded("one of a hundred", OneOf("a", tuple(range(100))), {"a": 99}, True),
    Guarded("all of, all", all_of(Equals("a", 1), Equals("b", 2)), {"a": 1, "b": 2}, True),
    Guarded("all of, one", all_of(Equals("a", 1), Equals("b", 2)), {"a": 1, "b": 3}, False),
    Guarded("all of one", all_of(Equals("a", 1)), {"a": 1}, True),
    Guarded("any of, one", any_of(Equals("a", 1), Absent("b")), {"a": 2}, True),
    Guarded("any of, none", any_of(Equals("a", 1), Absent("b")), {"a": 2, "b": 2}, False),
    Guarded("any of, missing first", any_of(AtLeast("a", 1), Equals("b", 2)), {"b": 2}, True),
    Guarded(
        "any within all",
        all_of(Present(), any_of(Equals("a", 1), Equals("a", 2)), all_of(LessThan("b", 5))),
        {"a": 2, "b": 4},
        True,
    ),
    Guarded(
        "all within any",
        any_of(all_of(Equals("a", 1), Equals("b", 1)), all_of(Equals("a", 2), Equals("b", 2))),
        {"a": 1, "b": 2},
        False,
    ),
    Guarded(
        "any within all, all fails",
        all_of(Equals("b", 1), any_of(Equals("a", 1), Equals("a", 2))),
        {"a": 2, "b": 2},
        False,
    ),
    Guarded("one within one", AnyOf((all_of(all_of(Equals("a", 1))),)), {"a": 1}, True),
    Guarded("same attribute twice", all_of(AtLeast("a", 1), LessThan("a", 3)), {"a": 2}, True),
]


@pytest.mark.parametrize("case", GUARDS, ids=lambda case: case.name)
def test_guard(engine: Engine, case: Guarded) -> None:
    """A guard holds or refuses; the refusal shows the item as it stands."""
    if case.item is not None:
        put(engine, KEY, case.item)
    check = Check("check", KEY, case.guard)
    if case.holds:
        engine.write([check])
        return
    with pytest.raises(Refused) as refused:
        engine.write([check])
    expected = None if case.item is None else stored(KEY, case.item)
    assert refused.value.failed == {"check": expected}


# --- changes ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changed:
    """What changes make of an item (before None: there is none; after None: it fails)."""

    name: str
    before: dict[str, Value] | None
    changes: dict[str, Change]
    after: dict[str, Value] | None


CHANGES = [
    Changed("assign new", {"a": 1}, {"b": Assign("x")}, {"a": 1, "b": "x"}),
    Changed("assign over", {"a": 1}, {"a": Assign(2)}, {"a": 2}),
    Changed("assign other kind", {"a": 1}, {"a": Assign({"x": [1]})}, {"a": {"x": [1]}}),
    Changed("assign null", {"a": 1}, {"a": Assign(None)}, {"a": None}),
    Changed("assign makes the item", None, {"a": Assign(1)}, {"a": 1}),
    Changed("assign reserved names", {}, {"status": Assign("x"), "name": Assign("y")},
            {"status": "x", "name": "y"}),
    Changed("assign once new", {}, {"a": AssignOnce("x")}, {"a": "x"}),
    Changed("assign once there", {"a": "y"}, {"a": AssignOnce("x")}, {"a": "y"}),
    Changed("assign once null there", {"a": None}, {"a": AssignOnce("x")}, {"a": None}),
    Changed("shift up", {"a": 40}, {"a": Shift(60)}, {"a": 100}),
    Changed("shift down", {"a": 100}, {"a": Shift(-60)}, {"a": 40}),
    Changed("shift below zero", {"a": 10}, {"a": Shift(-60)}, {"a": -50}),
    Changed("shift by nothing", {"a": 10}, {"a": Shift(0)}, {"a": 10}),
    Changed("shift large", {"a": 10**15 - 1}, {"a": Shift(1)}, {"a": 10**15}),
    Changed("shift missing", {"b": 1}, {"a": Shift(1)}, None),
    Changed("shift no item", None, {"a": Shift(1)}, None),
    Changed("shift text", {"a": "1"}, {"a": Shift(1)}, None),
    Changed("shift bool", {"a": True}, {"a": Shift(1)}, None),
    Changed("shift null", {"a": None}, {"a": Shift(1)}, None),
    Changed("drop there", {"a": 1, "b": 2}, {"a": Drop()}, {"b": 2}),
    Changed("drop missing", {"b": 2}, {"a": Drop()}, {"b": 2}),
    Changed("all kinds", {"a": 1, "b": 2, "c": 3},
            {"a": Assign("x"), "b": Shift(5), "c": Drop(), "d": AssignOnce(4)},
            {"a": "x", "b": 7, "d": 4}),
    Changed("count up", {"a": 40}, {"a": Count(2)}, {"a": 42}),
    Changed("count down", {"a": 40}, {"a": Count(-1)}, {"a": 39}),
    Changed("count missing", {"b": 1}, {"a": Count(1)}, {"a": 1, "b": 1}),
    Changed("count makes the item", None, {"a": Count(1)}, {"a": 1}),
    Changed("count null", {"a": None}, {"a": Count(1)}, None),
    Changed("one bad of two", {"a": 1}, {"a": Shift(1), "b": Shift(1)}, None),
]  # fmt: skip


@pytest.mark.parametrize("cheap", [False, True], ids=["in a transaction", "by itself"])
@pytest.mark.parametrize("case", CHANGES, ids=lambda case: case.name)
def test_change(engine: Engine, case: Changed, cheap: bool) -> None:
    """Changes do what they say, or fail and leave the item as it was."""
    if case.before is not None:
        put(engine, KEY, case.before)
    update = Update("update", KEY, case.changes, any_of(Present(), Absent()), cheap=cheap)
    if case.after is None:
        with pytest.raises(StoreUnavailable):
            engine.write([update])
        after = case.before
    else:
        engine.write([update])
        after = case.after
    assert engine.get(KEY) == (None if after is None else stored(KEY, after))


def test_a_cheap_update_that_is_refused_says_what_is_there(engine: Engine) -> None:
    """By itself it meets its guard as it would in a transaction."""
    update = Update("update", KEY, {"a": Assign(2)}, Equals("a", 0), cheap=True)
    for before in (None, {"a": 1}):
        if before is not None:
            put(engine, KEY, before)
        with pytest.raises(Refused) as refused:
            engine.write([update])
        seen = None if before is None else stored(KEY, before)
        assert refused.value.failed == {"update": seen}
        assert engine.get(KEY) == seen


def test_a_cheap_update_among_others_is_all_or_nothing(engine: Engine) -> None:
    """It is cheap alone, and no less a part of a group."""
    put(engine, KEY, {"a": 1})
    group: list[Write] = [
        Update("update", KEY, {"a": Assign(2)}, Present(), cheap=True),
        Put("put", OTHER, {"b": 1}, Present()),
    ]
    with pytest.raises(Refused):
        engine.write(group)
    assert engine.get(KEY) == stored(KEY, {"a": 1})


def test_failed_change_leaves_the_group_undone(engine: Engine) -> None:
    """A change that cannot be made undoes the others of its group."""
    put(engine, KEY, {"a": 1})
    group: list[Write] = [
        Put("put", OTHER, {"b": 1}, Absent()),
        Update("update", KEY, {"nothing": Shift(1)}, Present()),
    ]
    with pytest.raises(StoreUnavailable):
        engine.write(group)
    assert engine.get_many([KEY, OTHER]) == [stored(KEY, {"a": 1}), None]


def test_refusal_comes_before_a_failed_change(engine: Engine) -> None:
    """A guard that does not hold is told, although a change would fail as well."""
    put(engine, KEY, {"a": 1})
    group: list[Write] = [
        Put("put", OTHER, {"b": 1}, Present()),
        Update("update", KEY, {"nothing": Shift(1)}, Present()),
    ]
    with pytest.raises(Refused) as refused:
        engine.write(group)
    assert refused.value.failed == {"put": None}


# --- values -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kept:
    """A value that comes back as it went in."""

    name: str
    value: Value


VALUES = [
    Kept("text", "x"),
    Kept("empty text", ""),
    Kept("unicode", "Pembayaran ✓ 支払い 🧾 é é \u200f\x00\n\"'"),
    Kept("zero", 0),
    Kept("largest", 10**15),
    Kept("smallest", -(10**15)),
    Kept("trailing zeros", 1_000_000),
    Kept("true", True),
    Kept("false", False),
    Kept("one", 1),
    Kept("null", None),
    Kept("empty list", []),
    Kept("empty map", {}),
    Kept("list", [1, True, "1", None, ""]),
    Kept("nested", {"a": [{"b": {"c": [[], {}, 1, True]}}], "x y": "z"}),
    Kept("map that looks like a number", {"N": "x"}),
    Kept("long text", "x" * 100_000),
    Kept("bytes", bytes(range(256))),
    Kept("nested bytes", {"a": [b"x"]}),
]


@pytest.mark.parametrize("case", VALUES, ids=lambda case: case.name)
def test_value_is_kept(engine: Engine, case: Kept) -> None:
    """By Put, by Assign, and in the old item of a refusal: same value, same type."""
    put(engine, KEY, {"put": case.value})
    engine.write([Update("update", KEY, {"set": Assign(case.value)}, Present())])
    read = engine.get(KEY)
    with pytest.raises(Refused) as refused:
        engine.write([Check("check", KEY, Absent())])
    expected = stored(KEY, {"put": case.value, "set": case.value})
    # 1 == True, so the text is compared as well.
    assert read == refused.value.failed["check"] == expected
    assert {repr(read["put"]), repr(read["set"])} == {repr(case.value)}


@dataclass(frozen=True)
class Rejected:
    """A value that is refused before anything is sent."""

    name: str
    value: Any
    error: type[Exception]


REJECTED = [
    Rejected("float", 1.0, TypeError),
    Rejected("nested float", {"a": [1, 2.5]}, TypeError),
    Rejected("set", {"x"}, TypeError),
    Rejected("too large", 10**15 + 1, ValueError),
    Rejected("too small", -(10**15) - 1, ValueError),
    Rejected("nested too large", [{"a": 10**15 + 1}], ValueError),
]


@pytest.mark.parametrize("case", REJECTED, ids=lambda case: case.name)
def test_value_is_rejected(engine: Engine, case: Rejected) -> None:
    """Money is never a float and no number is so large that JSON readers lose it."""
    with pytest.raises(case.error):
        engine.write([Put("put", KEY, {"a": case.value}, Absent())])
    with pytest.raises(case.error):
        engine.write([Update("update", KEY, {"a": Assign(case.value)}, Absent())])
    assert engine.get(KEY) is None


@pytest.mark.parametrize("attribute", ["lp", "ls", "sp", "ss"])
def test_index_key_is_not_empty(engine: Engine, attribute: str) -> None:
    """DynamoDB refuses an item whose index key is the empty text."""
    item: dict[str, Value] = {"lp": "L", "ls": "1", "sp": "S", "ss": "1", attribute: ""}
    with pytest.raises(StoreUnavailable):
        engine.write([Put("put", KEY, item, Absent())])
    assert engine.get(KEY) is None


@pytest.mark.parametrize("attribute", ["lp", "ls"])
@pytest.mark.parametrize("value", [5, None, True])
def test_index_key_is_a_text(engine: Engine, attribute: str, value: Value) -> None:
    """DynamoDB refuses an item whose index key is of another type."""
    item: dict[str, Value] = {"lp": "L", "ls": "1", attribute: value}
    with pytest.raises(StoreUnavailable):
        engine.write([Put("put", KEY, item, Absent())])
    assert engine.get(KEY) is None


def test_what_is_read_is_a_copy(engine: Engine) -> None:
    """Changing what was given or what came back changes nothing that is stored."""
    given: dict[str, Value] = {"a": {"b": [1]}}
    put(engine, KEY, given)
    given["a"]["b"].append(2)  # type: ignore[index,call-overload,union-attr]
    read = engine.get(KEY)
    read["a"]["b"].append(3)  # type: ignore[index,call-overload,union-attr]
    assert engine.get(KEY) == stored(KEY, {"a": {"b": [1]}})


# --- groups -----------------------------------------------------------------------------------


def test_group_of_all_kinds(engine: Engine) -> None:
    """Put, update and check together, each with its guard."""
    put(engine, KEY, {"remaining": 100, "seq": 1})
    put(engine, OTHER, {"state": "OPEN"})
    engine.write(
        [
            Update("payment", KEY, {"remaining": Shift(-60), "seq": Shift(1)}, Equals("seq", 1)),
            Put("entry", Key(KEY.pk, "LG#2"), {"kind": "reserve"}, Absent()),
            Check("link", OTHER, OneOf("state", ("OPEN", "PAUSED"))),
        ]
    )
    assert engine.collection(KEY.pk) == [
        {"pk": KEY.pk, "sk": "LG#2", "kind": "reserve"},
        stored(KEY, {"remaining": 40, "seq": 2}),
    ]
    assert engine.get(OTHER) == stored(OTHER, {"state": "OPEN"})


def test_losers_are_named(engine: Engine) -> None:
    """Exactly the refused writes, each with its old item; the others leave nothing."""
    put(engine, KEY, {"remaining": 10})
    put(engine, OTHER, {"state": "OPEN"})
    new = Key("M#1#P#9", "PAY")
    group: list[Write] = [
        Put("new", new, {"a": 1}, Absent()),
        Update("payment", KEY, {"remaining": Shift(-60)}, AtLeast("remaining", 60)),
        Update("link", OTHER, {"state": Assign("SPENT")}, Equals("state", "OPEN")),
        Check("third", THIRD, Present()),
    ]
    with pytest.raises(Refused) as refused:
        engine.write(group)
    assert refused.value.failed == {"payment": stored(KEY, {"remaining": 10}), "third": None}
    assert str(refused.value) == "payment, third"
    assert engine.get_many([new, KEY, OTHER]) == [
        None,
        stored(KEY, {"remaining": 10}),
        stored(OTHER, {"state": "OPEN"}),
    ]


@pytest.mark.parametrize("guard", [Absent(), Equals("a", 2)], ids=["absent", "equals"])
def test_single_put_refused(engine: Engine, guard: Guard) -> None:
    """A put does not write over an item that its guard does not allow."""
    put(engine, KEY, {"a": 1})
    with pytest.raises(Refused) as refused:
        engine.write([Put("put", KEY, {"a": 3}, guard)])
    assert refused.value.failed == {"put": stored(KEY, {"a": 1})}
    assert engine.get(KEY) == stored(KEY, {"a": 1})


def test_put_replaces_the_whole_item(engine: Engine) -> None:
    """Attributes that the new item lacks are gone."""
    put(engine, KEY, {"a": 1, "b": 2})
    engine.write([Put("put", KEY, {"b": 3}, Equals("a", 1))])
    assert engine.get(KEY) == stored(KEY, {"b": 3})


def test_guards_see_the_time_before_the_group(engine: Engine) -> None:
    """No write of a group sees another one's effect."""
    with pytest.raises(Refused) as refused:
        engine.write([Put("put", KEY, {}, Absent()), Check("check", OTHER, Present())])
    assert refused.value.failed == {"check": None}
    engine.write([Put("put", KEY, {}, Absent()), Check("check", OTHER, Absent())])
    assert engine.get(KEY) == stored(KEY, {})


def test_the_largest_group(engine: Engine) -> None:
    """25 writes are one group."""
    keys = [Key("M#1", f"{number:02d}") for number in range(25)]
    engine.write([Put(key.sk, key, {"n": int(key.sk)}, Absent()) for key in keys])
    assert [item["n"] for item in engine.collection("M#1")] == list(range(25))


@pytest.mark.parametrize(
    "group",
    [
        [],
        [Check(str(number), Key("M#1", str(number)), Absent()) for number in range(101)],
        [Check("a", KEY, Absent()), Check("b", KEY, Absent())],
        [Check("a", KEY, Absent()), Check("a", OTHER, Absent())],
        [Put("a", KEY, {"pk": "x"}, Absent())],
        [Update("a", KEY, {}, Absent())],
        [Update("a", KEY, {"sk": Assign("x")}, Absent())],
        [Check("a", KEY, all_of())],
        [Check("a", KEY, any_of())],
        [Check("a", KEY, OneOf("a", ()))],
        [Check("a", KEY, OneOf("a", tuple(range(101))))],
    ],
    ids=["none", "101", "one item twice", "one name twice", "put with key", "no change",
         "changed key", "all of none", "any of none", "one of none", "one of 101"],
)  # fmt: skip
def test_a_group_that_is_a_mistake(engine: Engine, group: Any) -> None:
    """Never sent: DynamoDB would refuse it, or it could not be told what happened."""
    with pytest.raises(AssertionError):
        engine.write(group)


# --- reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize("consistent", [True, False])
def test_get(engine: Engine, consistent: bool) -> None:
    """An item or None; both keys count."""
    put(engine, KEY, {"a": 1})
    assert engine.get(KEY, consistent=consistent) == stored(KEY, {"a": 1})
    assert engine.get(Key(KEY.pk, "OTHER"), consistent=consistent) is None
    assert engine.get(OTHER, consistent=consistent) is None


@pytest.mark.parametrize("consistent", [True, False])
def test_get_many_keeps_order_and_holes(engine: Engine, consistent: bool) -> None:
    """In the order of the keys, None where there is nothing."""
    put(engine, KEY, {"a": 1})
    put(engine, OTHER, {"a": 2})
    nothing = Key(KEY.pk, "NOTHING")
    assert engine.get_many([OTHER, nothing, KEY, THIRD], consistent=consistent) == [
        stored(OTHER, {"a": 2}),
        None,
        stored(KEY, {"a": 1}),
        None,
    ]
    assert engine.get_many([THIRD]) == [None]


def test_get_many_of_a_hundred(engine: Engine) -> None:
    """BatchGetItem takes 100 keys."""
    fill(engine, 100)
    keys = [Key("T#1", identity(number)) for number in range(99, -1, -1)]
    assert [item and item["ls"] for item in engine.get_many(keys)] == [key.sk for key in keys]


@pytest.mark.parametrize(
    "keys",
    [[], [KEY, OTHER, KEY], [Key("M#1", str(number)) for number in range(101)]],
    ids=["none", "twice", "101"],
)
def test_get_many_that_is_a_mistake(engine: Engine, keys: list[Key]) -> None:
    """Never sent: DynamoDB would refuse it."""
    with pytest.raises(AssertionError):
        engine.get_many(keys)


# --- pages ------------------------------------------------------------------------------------


def identity(number: int) -> str:
    """An id whose order is that of the numbers."""
    return f"id_{number:05d}"


def fill(engine: Engine, total: int, *, partition: str = "T#1", start: int = 0) -> None:
    """Items of a list with the ids start, start + 1, …"""
    numbers = list(range(start, start + total))
    for at in range(0, total, 25):
        puts = []
        for number in numbers[at : at + 25]:
            name = identity(number)
            puts.append(Put(name, Key(partition, name), {"lp": partition, "ls": name}, Absent()))
        engine.write(puts)


def ids(items: list[Item]) -> list[int]:
    """The numbers of a page."""
    return [int(str(item["ls"]).removeprefix("id_")) for item in items]


@dataclass(frozen=True)
class Paged:
    """The ids of a page of a list that holds 0 to 9."""

    name: str
    page: Page
    ids: list[int]


PAGES = [
    Paged("all", Page("T#1", 10), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    Paged("more than all", Page("T#1", 100), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
    Paged("limit", Page("T#1", 3), [9, 8, 7]),
    Paged("limit one", Page("T#1", 1), [9]),
    Paged("before", Page("T#1", 3, before=identity(7)), [6, 5, 4]),
    Paged("before, to the end", Page("T#1", 3, before=identity(2)), [1, 0]),
    Paged("before the oldest", Page("T#1", 3, before=identity(0)), []),
    Paged("before an id between", Page("T#1", 2, before=identity(5) + "x"), [5, 4]),
    Paged("after", Page("T#1", 3, after=identity(2)), [5, 4, 3]),
    Paged("after, to the end", Page("T#1", 3, after=identity(7)), [9, 8]),
    Paged("after the newest", Page("T#1", 3, after=identity(9)), []),
    Paged("after an id between", Page("T#1", 2, after=identity(5) + "x"), [7, 6]),
    Paged("both", Page("T#1", 9, before=identity(7), after=identity(3)), [6, 5, 4]),
    Paged("both, limit", Page("T#1", 2, before=identity(7), after=identity(3)), [6, 5]),
    Paged("both, nothing", Page("T#1", 9, before=identity(4), after=identity(3)), []),
    Paged("both, turned", Page("T#1", 9, before=identity(3), after=identity(7)), []),
    Paged("another tenant", Page("T#2", 2), [6, 5]),
    Paged("another tenant, before", Page("T#2", 9, before=identity(6)), [5]),
    Paged("unknown tenant", Page("T#3", 9), []),
    Paged("prefix of a tenant", Page("T#", 9), []),
]


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.name)
def test_page(engine: Engine, case: Paged) -> None:
    """Newest first, strictly between the bounds, of one tenant only."""
    fill(engine, 10)
    fill(engine, 2, partition="T#2", start=5)
    put(engine, KEY, {"ls": identity(5)})
    put(engine, OTHER, {"lp": "T#1"})
    assert ids(engine.page(case.page)) == case.ids


def test_page_holds_whole_items(engine: Engine) -> None:
    """The index carries every attribute."""
    put(engine, KEY, {"lp": "T#1", "ls": "id_1", "a": {"b": [1, True]}})
    assert engine.page(Page("T#1", 1)) == [
        stored(KEY, {"lp": "T#1", "ls": "id_1", "a": {"b": [1, True]}})
    ]


def test_pages_are_stable_under_inserts(engine: Engine) -> None:
    """What is born while someone pages shifts nothing."""
    fill(engine, 6)
    first = engine.page(Page("T#1", 3))
    fill(engine, 5, start=6)
    second = engine.page(Page("T#1", 3, before=str(first[-1]["ls"])))
    back = engine.page(Page("T#1", 3, after=str(second[0]["ls"])))
    assert [ids(first), ids(second), ids(back)] == [[5, 4, 3], [2, 1, 0], [5, 4, 3]]


def test_items_enter_move_and_leave_a_list(engine: Engine) -> None:
    """The index follows the attributes `lp` and `ls`."""

    def update(changes: dict[str, Change]) -> list[list[str | None]]:
        engine.write([Update("update", KEY, changes, Present())])
        pages = [engine.page(Page(partition, 9)) for partition in ("A", "B")]
        return [[str(item["ls"]) for item in page] for page in pages]

    put(engine, KEY, {"a": 1})
    assert update({"a": Shift(1)}) == [[], []]
    assert update({"lp": Assign("A")}) == [[], []]
    assert update({"ls": Assign("1")}) == [["1"], []]
    assert update({"a": Shift(1)}) == [["1"], []]
    assert update({"ls": Assign("2")}) == [["2"], []]
    assert update({"lp": Assign("B")}) == [[], ["2"]]
    assert update({"lp": Drop()}) == [[], []]


def test_101_items_page_by_page(engine: Engine) -> None:
    """Down and up again: every item once, in order."""
    fill(engine, 101)
    down: list[int] = []
    page = engine.page(Page("T#1", 25))
    while page:
        down += ids(page)
        page = engine.page(Page("T#1", 25, before=identity(down[-1])))
    assert down == list(range(100, -1, -1))
    up = [0]
    page = engine.page(Page("T#1", 25, after=identity(0)))
    while page:
        up += ids(page)[::-1]
        page = engine.page(Page("T#1", 25, after=identity(up[-1])))
    assert up == list(range(101))


# --- sets and sifting -------------------------------------------------------------------------


def test_a_set_is_a_list_of_its_own(engine: Engine) -> None:
    """An item stands on a list and in a set, moves in each alone, and is read whole from both."""
    item: dict[str, Value] = {"lp": "L", "ls": "id_1", "sp": "A", "ss": "id_1", "a": [1]}
    put(engine, KEY, item)
    put(engine, OTHER, {"sp": "A", "ss": "id_2"})
    in_set = Page("A", 9, index=Index.SET)
    assert engine.page(in_set) == [stored(OTHER, {"sp": "A", "ss": "id_2"}), stored(KEY, item)]
    assert engine.page(Page("L", 9)) == [stored(KEY, item)]
    assert engine.page(Page("A", 9)) == engine.page(Page("L", 9, index=Index.SET)) == []
    assert engine.page(Page("A", 9, before="id_2", index=Index.SET)) == [stored(KEY, item)]
    engine.write([Update("update", KEY, {"sp": Assign("B")}, Present())])
    assert [each["ss"] for each in engine.page(in_set)] == ["id_2"]
    assert engine.page(Page("B", 9, index=Index.SET)) == engine.page(Page("L", 9))


EVEN, LOW, TOP = Equals("even", True), "id_", "id_~"


@dataclass(frozen=True)
class Sifting:
    """What a look at 0 to 9 finds, of which the even ones are marked."""

    name: str
    sift: Sift
    ids: list[int]
    upto: int | None


SIFTS = [
    Sifting("each, all", Sift("T#1", 99, TOP, LOW), list(range(9, -1, -1)), None),
    Sifting("each, some", Sift("T#1", 3, TOP, LOW), [9, 8, 7], 7),
    Sifting("even, all", Sift("T#1", 99, TOP, LOW, EVEN), [8, 6, 4, 2, 0], None),
    Sifting("the look counts what does not fit", Sift("T#1", 3, TOP, LOW, EVEN), [8], 7),
    Sifting("one that does not fit", Sift("T#1", 1, TOP, LOW, EVEN), [], 9),
    Sifting("none fits", Sift("T#1", 99, TOP, LOW, Equals("even", "yes")), [], None),
    Sifting("none fits so far", Sift("T#1", 5, TOP, LOW, Present("odd")), [], 5),
    Sifting("between", Sift("T#1", 99, identity(6), identity(2), EVEN), [4], None),
    Sifting("between, each", Sift("T#1", 99, identity(6), identity(2)), [5, 4, 3], None),
    Sifting("between, its ends' own places count", Sift("T#1", 3, identity(6), LOW), [5, 4], 4),
    Sifting("upward, all", Sift("T#1", 99, TOP, LOW, EVEN, upward=True), [0, 2, 4, 6, 8], None),
    Sifting("upward, some", Sift("T#1", 4, TOP, identity(2) + "x", EVEN, upward=True), [4, 6], 6),
    Sifting(
        "upward, between", Sift("T#1", 99, identity(6), identity(2), upward=True), [3, 4, 5], None
    ),
    Sifting("by several", Sift("T#1", 99, TOP, LOW, all_of(
        EVEN, any_of(LessThan("n", 3), OneOf("n", (4, 5))), Absent("gone"))), [4, 2, 0], None),
    Sifting("another list", Sift("T#2", 99, TOP, LOW, EVEN), [6], None),
    Sifting("no such list", Sift("T#3", 99, TOP, LOW, EVEN), [], None),
    Sifting("a set", Sift("S#1", 99, TOP, LOW, EVEN, index=Index.SET), [8, 6, 4, 2, 0], None),
]  # fmt: skip


def fill_marked(engine: Engine, numbers: range, partition: str, set: str) -> None:
    """Items of a list and of a set, the even ones marked."""
    engine.write(
        [
            Put(
                str(number),
                Key(partition, str(number)),
                {
                    "lp": partition, "ls": identity(number),
                    "sp": set, "ss": identity(number),
                    "n": number, "even": number % 2 == 0,
                },
                Absent(),
            )
            for number in numbers
        ]
    )  # fmt: skip


@pytest.mark.parametrize("case", SIFTS, ids=lambda case: case.name)
def test_sift(engine: Engine, case: Sifting) -> None:
    """What fits of what is looked at, nearest first, and how far that was."""
    fill_marked(engine, range(10), "T#1", "S#1")
    fill_marked(engine, range(5, 7), "T#2", "S#2")
    found = engine.sift(case.sift)
    upto = None if case.upto is None else identity(case.upto)
    assert ([item["n"] for item in found.items], found.upto) == (case.ids, upto)


def test_looks_follow_one_another_without_a_gap(engine: Engine) -> None:
    """Each begins where the last one ended, in both directions."""
    fill_marked(engine, range(25), "T#1", "S#1")
    for upward in (False, True):
        seen: list[Value] = []
        before, after = TOP, LOW
        found = engine.sift(Sift("T#1", 4, before, after, EVEN, upward))
        seen += [item["n"] for item in found.items]
        while found.upto is not None:
            before, after = (before, found.upto) if upward else (found.upto, after)
            found = engine.sift(Sift("T#1", 4, before, after, EVEN, upward))
            seen += [item["n"] for item in found.items]
        assert seen == (list(range(0, 25, 2)) if upward else list(range(24, -1, -2)))


def test_what_is_sifted_is_whole_and_a_copy(engine: Engine) -> None:
    put(engine, KEY, {"lp": "T#1", "ls": "id_1", "a": {"b": [1]}})
    sift = Sift("T#1", 9, TOP, LOW)
    engine.sift(sift).items[0]["a"]["b"].append(2)  # type: ignore[index,call-overload,union-attr]
    whole = stored(KEY, {"lp": "T#1", "ls": "id_1", "a": {"b": [1]}})
    assert engine.sift(sift) == Sifted([whole], None)


@pytest.mark.parametrize(
    "sift", [Sift("T#1", 0, TOP, LOW), Sift("T#1", 1, LOW, TOP), Sift("T#1", 1, LOW, LOW)]
)
def test_a_look_that_is_a_mistake(engine: Engine, sift: Sift) -> None:
    """Never sent: DynamoDB would refuse it."""
    with pytest.raises(AssertionError):
        engine.sift(sift)


# --- what is due ------------------------------------------------------------------------------


def test_due(engine: Engine) -> None:
    """Lowest first, strictly before the bound, of one partition; items leave with their keys."""
    for number, at in enumerate(("003", "001", "002", "001#x")):
        put(engine, Key(f"M#{number}", "RF"), {"dp": "D#1", "ds": at})
    put(engine, KEY, {"dp": "D#2", "ds": "000"})
    put(engine, OTHER, {"dp": "D#1"})
    assert engine.due("D#1", "003", 9) == ["001", "001#x", "002"]
    assert engine.due("D#1", "9", 2) == ["001", "001#x"]
    assert engine.due("D#1", "001", 9) == []
    assert engine.due("D#3", "9", 9) == []
    engine.write(
        [
            Update("late", Key("M#1", "RF"), {"ds": Assign("009")}, Present()),
            Update("done", Key("M#2", "RF"), {"dp": Drop(), "ds": Drop()}, Present()),
        ]
    )
    assert engine.due("D#1", "999", 9) == ["001#x", "003", "009"]


# --- collections ------------------------------------------------------------------------------


def test_collection(engine: Engine) -> None:
    """In the order of `sk` as bytes of UTF-8, one partition, one prefix."""
    order = ["", "A", "LG", "LG#1", "LG#10", "LG#2", "PAY", "a", "é", "支", "🧾"]
    names = [f"s{name}" for name in order]
    for name in reversed(names):
        put(engine, Key("M#1", name), {"n": name})
    put(engine, Key("M#10", "sLG#3"), {})
    assert [item["sk"] for item in engine.collection("M#1")] == names
    assert [item["n"] for item in engine.collection("M#1", prefix="sLG#")] == names[3:6]
    assert [item["sk"] for item in engine.collection("M#1", prefix="s支")] == ["s支"]
    assert engine.collection("M#1", prefix="x") == []
    assert engine.collection("M#2") == []


def test_collection_larger_than_an_answer(engine: Engine) -> None:
    """DynamoDB answers with at most 1 MB; the collection is whole all the same."""
    text = "x" * 100_000
    for number in range(21):
        put(engine, Key("M#1", f"{number:02d}"), {"n": number, "text": text})
    items = engine.collection("M#1")
    assert [item["n"] for item in items] == list(range(21))
    assert {item["text"] for item in items} == {text}


# --- calls ------------------------------------------------------------------------------------


def test_one_call_each(remote: Remote) -> None:
    """Every operation of the engine is one call of DynamoDB in the usual case."""
    engine = DynamoDBEngine(remote.client, remote.table)
    with Meter(remote.client) as meter:
        engine.write([Put("a", KEY, {}, Absent()), Put("b", OTHER, {}, Absent())])
        assert meter.calls == {"TransactWriteItems": 1}
        meter.reset()
        engine.get(KEY)
        assert meter.calls == {"GetItem": 1}
        meter.reset()
        engine.get_many([KEY, OTHER, THIRD])
        assert meter.calls == {"BatchGetItem": 1}
        meter.reset()
        engine.page(Page("T#1", 10, before="x", after="a"))
        engine.collection(KEY.pk, prefix="P")
        assert meter.calls == {"Query": 2}
    engine.get(KEY)
    assert meter.total == 2


def test_reads_are_consistent_unless_told(remote: Remote) -> None:
    """Emulators always are, so the request is looked at; an index never can be."""
    client = FaultyClient(remote.client)
    engine = DynamoDBEngine(client, remote.table)
    engine.get(KEY)
    engine.get(KEY, consistent=False)
    engine.get_many([KEY])
    engine.get_many([KEY], consistent=False)
    engine.collection(KEY.pk)
    engine.page(Page("T#1", 1))
    requests = [request for _, request in client.requests]
    asked = [each.get("RequestItems", {}).get(remote.table, each) for each in requests]
    assert [each.get("ConsistentRead") for each in asked] == [True, False, True, False, True, None]


# --- the table --------------------------------------------------------------------------------


def test_ensure_table_makes_it_once(remote: Remote) -> None:
    """Made with index, encryption and TTL; run again it changes nothing."""
    name = f"{remote.table}-made"
    ensure_table(remote.client, name)
    with Meter(remote.client) as meter:
        ensure_table(remote.client, name)
    assert meter.calls == {"DescribeTable": 2, "DescribeTimeToLive": 1}
    table = remote.client.describe_table(TableName=name)["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert table["SSEDescription"]["Status"] == "ENABLED"
    assert table.get("DeletionProtectionEnabled", False) is False
    ttl = remote.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    remote.client.delete_table(TableName=name)


def test_ensure_table_can_protect_it(remote: Remote) -> None:
    """With deletion protection the table cannot be deleted."""
    name = f"{remote.table}-kept"
    ensure_table(remote.client, name, deletion_protection=True)
    table = remote.client.describe_table(TableName=name)["Table"]
    assert table["DeletionProtectionEnabled"] is True
    remote.client.update_table(TableName=name, DeletionProtectionEnabled=False)
    remote.client.delete_table(TableName=name)


@pytest.mark.parametrize("wrong", ["keys", "key type", "index keys", "index", "projection"])
def test_ensure_table_refuses_another(remote: Remote, wrong: str) -> None:
    """A table that is not ours is left alone."""
    name = f"{remote.table}-other"
    definition = table_definition(name)
    index = definition["GlobalSecondaryIndexes"][0]
    if wrong == "keys":
        definition["KeySchema"] = [{"AttributeName": "pk", "KeyType": "HASH"}]
        del definition["AttributeDefinitions"][1]
    elif wrong == "key type":
        definition["AttributeDefinitions"][1]["AttributeType"] = "N"
    elif wrong == "index keys":
        index["KeySchema"] = [index["KeySchema"][0]]
        del definition["AttributeDefinitions"][3]
    elif wrong == "index":
        del definition["GlobalSecondaryIndexes"], definition["AttributeDefinitions"][2:]
    else:
        index["Projection"]["ProjectionType"] = "KEYS_ONLY"
    remote.client.create_table(**definition)
    with pytest.raises(TableDiffers, match=f"table {name} is .* should be "):
        ensure_table(remote.client, name)
    ttl = remote.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
    remote.client.delete_table(TableName=name)


def test_ensure_table_refuses_another_ttl(remote: Remote) -> None:
    """A table that expires by another attribute is not ours."""
    specification = {"Enabled": True, "AttributeName": "expires"}
    remote.client.update_time_to_live(TableName=remote.table, TimeToLiveSpecification=specification)
    with pytest.raises(TableDiffers, match="expires items by expires"):
        ensure_table(remote.client, remote.table)


def test_ensure_table_by_many_at_once(remote_of: Any) -> None:
    """Concurrent creators all end with the same table."""
    remote = remote_of("ministack")
    name = f"{remote.table}-race"
    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(ensure_table, remote.client, name) for _ in range(8)]
        assert [run.result() for run in runs] == [None] * 8
    ttl = remote.client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "ttl"}
    remote.client.delete_table(TableName=name)


def test_ensure_table_loses_each_race(remote: Remote) -> None:
    """Somebody makes the table, and then enables TTL, just before we do."""
    client = FaultyClient(remote.client)
    client.next("DescribeTable", refusal("ResourceNotFoundException"))
    client.next("UpdateTimeToLive", refusal("ValidationException", applied=True))
    ensure_table(client, remote.table)
    assert [operation for operation, _ in client.requests] == [
        "DescribeTable",
        "CreateTable",
        "DescribeTable",
        "DescribeTimeToLive",
        "UpdateTimeToLive",
        "DescribeTimeToLive",
    ]


def test_ensure_table_tells_that_ttl_stays_off(remote: Remote) -> None:
    """A refusal that is no race is not swallowed."""
    client = FaultyClient(remote.client)
    client.next("UpdateTimeToLive", refusal("AccessDeniedException"))
    with pytest.raises(ClientError, match="AccessDeniedException"):
        ensure_table(client, remote.table)


class Slow(FaultyClient):
    """A client that shows the index as being made for a while."""

    def __init__(self, client: Any, looks: int) -> None:
        super().__init__(client)
        self.looks = looks

    def describe_table(self, **request: Any) -> Any:
        """The description, as it is `looks` times before it is true."""
        answer = self._client.describe_table(**request)
        if self.looks > 0:
            self.looks -= 1
            answer["Table"]["GlobalSecondaryIndexes"][0]["IndexStatus"] = "CREATING"
        return answer


def test_ensure_table_waits_for_the_index(remote: Remote) -> None:
    """Until table and index serve, but not for ever."""
    slept: list[float] = []
    ensure_table(Slow(remote.client, looks=3), remote.table, sleep=slept.append)
    assert slept == [0.5, 0.5]
    with pytest.raises(TimeoutError, match="not active after 120 s"):
        ensure_table(Slow(remote.client, looks=10**6), remote.table, sleep=slept.append)
    assert len(slept) == 2 + 240
