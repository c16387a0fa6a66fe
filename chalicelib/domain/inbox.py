"""The inbox: what became of each authentic event of the provider.

"Kept" never means "applied": an event that cannot be applied yet says so, and when it is due again.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.ids import Millis
from chalicelib.domain.psp_facts import PspEvent

MINUTE = 60_000
WAITS = (30_000, 2 * MINUTE, 10 * MINUTE, 60 * MINUTE, 6 * 60 * MINUTE)
KEPT_OPEN_MS = 72 * 60 * MINUTE  # as long as WooshPay delivers (page 2517709)


class EventStatus(StrEnum):
    """What became of it."""

    APPLIED = "applied"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    DEFERRED = "deferred"  # its payment is not known here yet
    STALE = "stale"  # authentic, but what it says must be asked of the provider


OPEN_EVENTS = (EventStatus.DEFERRED, EventStatus.STALE)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEvent:
    """An event with what became of it and why.

    It is written in the write group of its effect. `attempts` counts how often it was looked at
    before; `due_at` is when it is looked at again, None once its end is known.
    """

    event: PspEvent
    status: EventStatus
    why: str
    at: Millis  # when it first came
    attempts: int = 0
    due_at: Millis | None = None

    def ended(self, status: EventStatus, why: str) -> "InboxEvent":
        """This event with its end."""
        return replace(self, status=status, why=why, due_at=None)

    def put_off(self, status: EventStatus, why: str, now: Millis) -> "InboxEvent":
        """This event for later; after three days it is quarantined."""
        if now - self.at >= KEPT_OPEN_MS:
            return self.ended(EventStatus.QUARANTINED, f"never resolved: {why}"[:200])
        wait = WAITS[min(self.attempts, len(WAITS) - 1)]
        return replace(self, status=status, why=why, due_at=Millis(now + wait))

    def looked_at(self) -> "InboxEvent":
        """This event, read from the inbox to be looked at once more."""
        return replace(self, attempts=self.attempts + 1)
