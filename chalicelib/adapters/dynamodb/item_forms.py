"""What every item has, its places in the indexes, and what differs between two of them.

Attributes that are None are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.keys import due_place, list_partition
from chalicelib.adapters.dynamodb.writes import Assign, Change, Drop, Item, Shift, Value
from chalicelib.domain.ids import (
    Millis,
    Tenant,
)
from chalicelib.usecases.ports import Due, DueKind

SCHEMA = 1
REMEMBERED_TEXT = 500
DUE_NAMES = ("due_at", "dp", "ds")
COUNTED = ("captured", "remaining", "refund_pending", "refunded", "seq")
Read = Mapping[str, Any]


def item_of(kind: str, **attributes: Value) -> Item:
    """The attributes that are not None, with the kind and the schema of the item."""
    return {"kind": kind, "schema": SCHEMA, **item_without_nones(**attributes)}


def item_without_nones(**attributes: Value) -> Item:
    """The attributes that are not None."""
    return {name: value for name, value in attributes.items() if value is not None}


def due_of(tenant: Tenant, kind: DueKind, id: str, at: Millis | None) -> Item:
    """The attributes of something that must be looked at again."""
    if at is None:
        return {}
    partition, place = due_place(Due(kind, tenant, id, at))
    return {"due_at": at, "dp": partition, "ds": place}


def listed(tenant: Tenant, kind: str, id: str) -> Item:
    """The attributes that put something on its merchant's list."""
    return {"lp": list_partition(tenant, kind), "ls": id}


def in_set(partition: str, id: str) -> Item:
    """The attributes that put something in a set of what belongs together."""
    return {"sp": partition, "ss": id}


def changes(before: Item, after: Item) -> dict[str, Change]:
    """What makes `before` into `after`: sums are shifted, so that two of them cannot be lost."""
    found: dict[str, Change] = {name: Drop() for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if old == value:
            continue
        if name in COUNTED and isinstance(old, int) and isinstance(value, int):
            found[name] = Shift(value - old)
        else:
            found[name] = Assign(value)
    return found


def set_or_drop(values: Mapping[str, Value], names: Sequence[str]) -> dict[str, Change]:
    """Each of the attributes as `values` has it, or gone."""
    return {name: Drop() if values.get(name) is None else Assign(values[name]) for name in names}
