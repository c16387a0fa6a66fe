"""The newest of a list, as many as are asked for."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, TypeVar

import typer

from chalicelib.domain.ids import Tenant
from chalicelib.usecases.ports import Found, Slice
from ops.days import Days, day_of

PAGE = 100
T = TypeVar("T")
Limit = Annotated[int, typer.Option(min=1, help="How many at most, the newest first.")]
Day = Annotated[
    date | None,
    typer.Option(parser=day_of, metavar="DAY", help="Those that began on it: YYYY-MM-DD, Jakarta."),
]


def newest(
    listed: Callable[[Tenant, Slice], Found[T]],
    tenant: Tenant,
    name: Callable[[T], str],
    born: tuple[str, date | None],
    limit: int,
) -> list[T]:
    """At most `limit`; `born` says what their ids begin with, and on which day, or any."""
    kind, day = born
    since, before = (None, None) if day is None else Days(day, day).bounds(kind)
    found: list[T] = []
    while True:
        part = Slice(limit=min(PAGE, limit - len(found)), before=before, since=since)
        page = listed(tenant, part)
        found += page.items
        if not page.has_more or len(found) == limit:
            return found
        before = name(page.items[-1])
