"""Lists: newest first and by pages (42648473), with filters by time where they are documented.

The pages of the lists show the filters as a JSON body of the GET; integrators send them in the
query. Both are read, in one request too, unless they name the same thing.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Protocol, TypeVar

from sandbox.errors import Json, invalid
from sandbox.params import Fields, milliseconds

MAX_PAGE = 100
DEFAULT_PAGE = 10
COMPARISONS = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_BOUND = re.compile(r"created\[([^\[\]]*)\]")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,14}")


class Listed(Protocol):
    """What a list holds."""

    id: str
    created: int


T = TypeVar("T", bound=Listed)


def page(
    body: Fields,
    query: Mapping[str, list[str]],
    own: Sequence[T],
    show: Callable[[T], Json],
    url: str,
    *,
    by_time: bool = True,
) -> Json:
    """One page of ``own``, which stands oldest first.

    A cursor may name any object of the list, also one that the filters leave out.
    """
    fields = body.joined(_of_query(query))
    limit = fields.integer("limit", 1, MAX_PAGE) or DEFAULT_PAGE
    bounds = _bounds(fields) if by_time else []
    rows, backwards = _beyond_cursor(fields, list(reversed(own)))
    fields.done()
    rows = [each for each in rows if all(holds(each.created) for holds in bounds)]
    chosen = rows[-limit:] if backwards else rows[:limit]
    return {
        "object": "list",
        "data": [show(each) for each in chosen],
        "has_more": len(rows) > limit,
        "url": url,
    }


def _of_query(query: Mapping[str, list[str]]) -> Json:
    """The query as the JSON body that would ask for the same."""
    values: Json = {}
    bounds: Json = {}
    for name, given in query.items():
        if len(given) > 1:
            raise invalid(f"{name} was sent more than once", name)
        bound = _BOUND.fullmatch(name)
        if bound:
            bounds[bound[1]] = _number(given[0])
        else:
            values[name] = _number(given[0]) if name == "limit" else given[0]
    if bounds and "created" in values:
        raise invalid("created must be an object", "created")
    return values | ({"created": bounds} if bounds else {})


def _number(text: str) -> int | str:
    return int(text) if _NUMBER.fullmatch(text) else text


def _bounds(fields: Fields) -> list[Callable[[int], bool]]:
    """The conditions on ``created``; seconds or milliseconds by magnitude."""
    created = fields.child("created")
    if created is None:
        return []
    wanted = {name: created.integer(name, 0) for name in COMPARISONS}
    created.done()
    return [
        _bound(name, milliseconds(value)) for name, value in wanted.items() if value is not None
    ]


def _bound(name: str, limit: int) -> Callable[[int], bool]:
    return lambda created: bool(COMPARISONS[name](created, limit))


def _beyond_cursor(fields: Fields, rows: list[T]) -> tuple[list[T], bool]:
    """What lies on the wanted side of the cursor, and whether the page ends at it."""
    after, before = fields.text("starting_after"), fields.text("ending_before")
    if fields.has("starting_after") and fields.has("ending_before"):
        raise fields.wrong("ending_before", "can't be combined with starting_after")
    if fields.has("starting_after"):
        return rows[_place(fields, "starting_after", after, rows) + 1 :], False
    if fields.has("ending_before"):
        return rows[: _place(fields, "ending_before", before, rows)], True
    return rows, False


def _place(fields: Fields, name: str, identifier: str, rows: list[T]) -> int:
    for place, each in enumerate(rows):
        if each.id == identifier:
            return place
    raise fields.wrong(name, "names no object of this list")
