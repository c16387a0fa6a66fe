"""A meter on a botocore client, for tests that hold a request to its budget of calls."""

from collections import Counter
from types import TracebackType
from typing import Any

EVENT = "before-call.dynamodb"


class Meter:
    """Counts the DynamoDB calls of a client by operation name, while it is attached.

    with Meter(client) as meter: ...; assert meter.calls == {"GetItem": 1}
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """All calls together."""
        return self.calls.total()

    def reset(self) -> None:
        """Start again from nothing."""
        self.calls.clear()

    def _count(self, model: Any, **_: Any) -> None:
        self.calls[model.name] += 1

    def __enter__(self) -> "Meter":
        self._client.meta.events.register(EVENT, self._count)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.meta.events.unregister(EVENT, self._count)
