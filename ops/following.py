"""Events as they happen: the newest of the list, again and again, each of them once."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from chalicelib.bootstrap import App
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import Millis, Tenant, time_part
from chalicelib.usecases.ports import Slice

EVERY_S = 1.0
OVERLAP_MS = 60_000  # the list lags behind, and an event is as old as its change
PAGE = 100


def followed(
    app: App,
    tenant: Tenant,
    since: Millis,
    goes_on: Callable[[], bool] = lambda: True,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Events from `since` on, the oldest first, for as long as it goes on."""
    seen: dict[str, Millis] = {}
    while goes_on():
        start = max(since, Millis(app.clock() - OVERLAP_MS))
        for event in _between(app, tenant, start)[::-1]:
            if event.id not in seen:
                seen[event.id] = event.created
                yield event
        seen = {id: at for id, at in seen.items() if at >= start}
        sleep(EVERY_S)


def picked(
    events: Iterator[Event], wanted: Sequence[EventType] | None, count: int | None
) -> Iterator[Event]:
    """Those of the wanted types, or all; at most `count`."""
    return islice((each for each in events if not wanted or each.type in wanted), count)


def _between(app: App, tenant: Tenant, since: Millis) -> list[Event]:
    found: list[Event] = []
    before = None
    while True:
        part = Slice(limit=PAGE, before=before, since=f"evt_{time_part(since)}")
        page = app.store.events(tenant, part)
        found += page.items
        if not page.has_more:
            return found
        before = page.items[-1].id
