"""A meter on botocore's events: every call of a session's clients, and DynamoDB's units.

What was sent is read off the wire. The images before and after a write are not on it: `image`
gives an item as it stands.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from bench.sizes import Image
from bench.units import Index, Units, got, queried, refused, written

ImageOf = Callable[[Image], Image | None]
NOTHING = Units()
MARK = "bench.images"


class NotCounted(Exception):
    """A call whose units this meter does not know."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it went over the wire, what it answered, and its units."""

    service: str
    operation: str
    request: bytes
    status: int
    answer: bytes
    units: Units


class Meter:
    """Counts what is called while it is `attached`."""

    def __init__(self, indexes: tuple[Index, ...], image: ImageOf) -> None:
        self.calls: list[Call] = []
        self._indexes = indexes
        self._image = image

    @contextmanager
    def attached(self, events: Any) -> Iterator["Meter"]:
        """To a session, before its clients are made, or to one client's `meta.events`."""
        events.register("before-call", self._before)
        events.register("after-call", self._after)
        try:
            yield self
        finally:
            events.unregister("before-call", self._before)
            events.unregister("after-call", self._after)

    @property
    def units(self) -> Units:
        """All calls together."""
        return reduce(add, (call.units for call in self.calls), NOTHING)

    def _before(self, model: Any, params: Any, context: Any, **_: Any) -> None:
        body = params["body"] if isinstance(params["body"], bytes) else params["body"].encode()
        known = model.service_model.service_name == "dynamodb"
        writes = _writes(model.name, json.loads(body)) if known else []
        context[MARK] = (body, [self._image(key) for key, _ in writes])

    def _after(self, http_response: Any, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        body, before = context.pop(MARK)
        service, status = model.service_model.service_name, http_response.status_code
        units = NOTHING
        if service == "dynamodb":
            units = self._units(model.name, json.loads(body), status, parsed, before)
        self.calls.append(Call(service, model.name, body, status, http_response.content, units))

    def _units(
        self, operation: str, asked: Any, status: int, answered: Any, before: list[Image | None]
    ) -> Units:
        match operation:
            case "GetItem":
                consistent = asked.get("ConsistentRead", False)
                return got(answered.get("Item"), consistent=consistent)
            case "BatchGetItem":
                return _batch(asked, answered)
            case "Query":
                if answered["ScannedCount"] != answered["Count"]:
                    raise NotCounted("a query that filters reads more than it answers")
                return queried(answered["Items"], consistent=asked.get("ConsistentRead", False))
            case "PutItem" | "UpdateItem" | "TransactWriteItems":
                transacted = operation == "TransactWriteItems"
                if status != 200:
                    return _sum(refused(each, transacted=transacted) for each in before)
                writes = _writes(operation, asked)
                return _sum(
                    written(
                        old,
                        self._image(key) if changes else old,
                        self._indexes,
                        transacted=transacted,
                    )
                    for old, (key, changes) in zip(before, writes, strict=True)
                )
        raise NotCounted(operation)


def _sum(units: Iterator[Units]) -> Units:
    return reduce(add, units, NOTHING)


def _batch(asked: Any, answered: Any) -> Units:
    """Each key by itself; one that is not there costs as much as a small one that is."""
    if answered.get("UnprocessedKeys"):
        raise NotCounted("a batch that was left unfinished")
    total = NOTHING
    for table, wanted in asked["RequestItems"].items():
        consistent, found = wanted.get("ConsistentRead", False), answered["Responses"][table]
        for key in wanted["Keys"]:
            item = next((each for each in found if key.items() <= each.items()), None)
            total += got(item, consistent=consistent)
    return total


def _writes(operation: str, asked: Any) -> list[tuple[Image, bool]]:
    """The key of each item that is written, and whether anything is: a check writes nothing."""
    if operation not in ("PutItem", "UpdateItem", "TransactWriteItems"):
        return []
    entries = asked.get("TransactItems", [{operation.removesuffix("Item"): asked}])
    found: list[tuple[Image, bool]] = []
    for entry in entries:
        ((kind, write),) = entry.items()
        item = write.get("Key") or write["Item"]
        found.append(({name: item[name] for name in ("pk", "sk")}, kind != "ConditionCheck"))
    return found
