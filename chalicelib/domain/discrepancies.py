"""Discrepancies: where the provider's books and ours differ, until somebody or some fact ends it.

Each has a life of its own: open → explained | healed | accepted. Found again it is the same one.
"""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.ids import Millis, Tenant


class DiscrepancyKind(StrEnum):
    """What does not agree."""

    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    STATUS_MISMATCH = "status_mismatch"
    REFUNDED_MISMATCH = "refunded_mismatch"
    OVER_REFUND = "over_refund"
    REFUND_UNRESOLVED = "refund_unresolved"
    MISSING_HERE = "missing_here"
    MISSING_THERE = "missing_there"
    DUPLICATE_INTENT = "duplicate_intent"
    LIVEMODE_MISMATCH = "livemode_mismatch"
    EVENT_QUARANTINED = "event_quarantined"
    EVENT_CONFLICT = "event_conflict"
    LINK_PAUSED = "link_paused"  # too many of its payments failed
    BOOKS = "books"  # our own items do not agree with each other


class DiscrepancyStatus(StrEnum):
    """How far it has come."""

    OPEN = "open"
    EXPLAINED = "explained"
    HEALED = "healed"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """One disagreement about `subject` (a payment, refund, intent or event); `actor` ended it."""

    tenant: Tenant
    kind: DiscrepancyKind
    subject: str
    detail: str
    found_at: Millis
    status: DiscrepancyStatus = DiscrepancyStatus.OPEN
    actor: str | None = None
    reason: str | None = None
    closed_at: Millis | None = None

    @property
    def id(self) -> str:
        """What it is about is what it is called, so that it is found once."""
        return f"disc_{self.kind}.{self.subject}"

    @classmethod
    def of(
        cls, tenant: Tenant, kind: DiscrepancyKind, subject: str, detail: str, now: Millis
    ) -> "Discrepancy":
        """A new one."""
        return cls(
            tenant=tenant, kind=kind, subject=subject[:150], detail=detail[:500], found_at=now
        )
