"""One event on its way to one webhook endpoint: when it is tried again, and how it ends."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256

from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import EventId, Millis, Tenant, WebhookEndpointId

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
WAITS: Sequence[int] = (
    MINUTE_MS,
    5 * MINUTE_MS,
    15 * MINUTE_MS,
    HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    24 * HOUR_MS,
    24 * HOUR_MS,
)  # 70 to 84 hours with what is added at random: whoever repairs it in three days misses nothing


class DeliveryStatus(StrEnum):
    """How far it has come."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt: the HTTP status, or why there was none; how long it took, ms."""

    status: int | None
    error: str | None
    took_ms: int

    @property
    def delivered(self) -> bool:
        """Whether the endpoint has it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDelivery:
    """One event for one endpoint, and its last attempt, made at `tried_at`."""

    tenant: Tenant
    event: EventId
    endpoint: WebhookEndpointId
    type: EventType
    created: Millis
    status: DeliveryStatus = DeliveryStatus.PENDING
    attempts: int = 0
    tried_at: Millis | None = None
    outcome: Outcome | None = None
    due_at: Millis | None = None

    @classmethod
    def of(cls, event: Event, endpoint: WebhookEndpointId) -> "EventDelivery":
        """An event that an endpoint has not been told of yet."""
        return cls(
            tenant=event.tenant,
            event=event.id,
            endpoint=endpoint,
            type=event.type,
            created=event.created,
        )

    def after(self, outcome: Outcome, now: Millis, *, gone: bool = False) -> "EventDelivery":
        """The delivery after an attempt that was made at `now`; `gone`: its endpoint wants nothing
        any more."""
        tried = replace(
            self, attempts=self.attempts + 1, tried_at=now, outcome=outcome, due_at=None
        )
        if outcome.delivered:
            return replace(tried, status=DeliveryStatus.DELIVERED)
        if gone or self.attempts >= len(WAITS):
            return replace(tried, status=DeliveryStatus.FAILED)
        return replace(tried, due_at=Millis(now + _wait(tried)))

    def given_up(self, why: str) -> "EventDelivery":
        """Nobody is there to be told any more."""
        none = Outcome(None, why, 0)
        return replace(self, status=DeliveryStatus.FAILED, outcome=none, due_at=None)

    def resent(self, now: Millis) -> "EventDelivery":
        """A person wants it to be sent once more: its attempts begin anew."""
        return replace(self, status=DeliveryStatus.PENDING, attempts=0, due_at=now)


def _wait(tried: EventDelivery) -> int:
    """Up to a fifth longer than planned, another one for each delivery: a thousand that failed
    together do not come back together."""
    planned = WAITS[tried.attempts - 1]
    what = f"{tried.event}\n{tried.endpoint}\n{tried.attempts}"
    chance = int.from_bytes(sha256(what.encode()).digest()[:4])
    return planned + planned * chance // (5 << 32)
