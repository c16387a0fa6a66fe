"""The ledger: one entry with every change of a payment, appended and never altered.

Folding a payment's entries from nothing gives its totals; a test and the audit hold it to that.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chalicelib.domain.ids import Millis


class EntryKind(StrEnum):
    """What happened."""

    CAPTURED = "payment.captured"
    STATUS = "payment.status"
    REVIEW = "payment.review"
    REVIEW_CLOSED = "payment.review_closed"
    USE_RETURNED = "payment.use_returned"
    DISPUTE = "payment.dispute"
    REFUND_RESERVED = "refund.reserved"
    REFUND_POSTED = "refund.posted"
    REFUND_VOIDED = "refund.voided"
    REFUND_REVERSED = "refund.reversed"
    REFUND_EXTERNAL = "refund.external"


class Totals(NamedTuple):
    """A payment's money, each in the smallest unit; captured = remaining + pending + refunded."""

    captured: int = 0
    remaining: int = 0
    refund_pending: int = 0
    refunded: int = 0

    def plus(self, delta: "Totals") -> "Totals":
        """These totals after a change."""
        return Totals(*(mine + its for mine, its in zip(self, delta, strict=True)))

    @property
    def balanced(self) -> bool:
        """Whether every rupiah that came in is accounted for and none is counted twice."""
        return min(self) >= 0 and self.captured == sum(self[1:])


def reserved(amount: int) -> Totals:
    """What reserving a refund changes."""
    return Totals(remaining=-amount, refund_pending=amount)


def posted(amount: int) -> Totals:
    """What a refund that happened changes."""
    return Totals(refund_pending=-amount, refunded=amount)


def voided(amount: int) -> Totals:
    """What a refund that never will happen changes."""
    return Totals(remaining=amount, refund_pending=-amount)


def reversed_(amount: int) -> Totals:
    """What a refund that came back after it had happened changes."""
    return Totals(remaining=amount, refunded=-amount)


def external(amount: int) -> Totals:
    """What a refund that happened without us changes."""
    return Totals(remaining=-amount, refunded=amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Who changed it and why: an API key's last four or the provider; a request, event, refund."""

    actor: str
    reference: str
    request_id: str | None
    at: Millis


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """The payment's `seq`-th change; `subject` is the refund or status that it is about."""

    seq: int
    kind: EntryKind
    delta: Totals
    subject: str
    cause: Cause


def fold(entries: Iterable[LedgerEntry]) -> Totals:
    """The totals that the entries add up to; AssertionError when one is missing or out of place."""
    totals = Totals()
    for place, entry in enumerate(entries, start=1):
        assert entry.seq == place, f"entry {place} is missing"
        totals = totals.plus(entry.delta)
        assert totals.balanced, f"entry {place} does not balance"
    return totals


class Standing(NamedTuple):
    """What a payment's entries say of it: totals, status, the refund in flight, every refund."""

    totals: Totals
    status: str
    inflight: str | None
    refunds: tuple[str, ...]


def standing(entries: Iterable[LedgerEntry]) -> Standing:
    """The payment that the entries tell of; AssertionError like `fold`."""
    entries = list(entries)
    status, inflight = "unpaid", None
    for entry in entries:
        match entry.kind:
            case EntryKind.STATUS | EntryKind.CAPTURED:
                status = entry.subject
            case EntryKind.REFUND_RESERVED:
                assert inflight is None, f"entry {entry.seq} is a second refund in flight"
                inflight = entry.subject
            case EntryKind.REFUND_POSTED | EntryKind.REFUND_VOIDED:
                assert inflight == entry.subject, f"entry {entry.seq} ends another refund"
                inflight = None
    return Standing(fold(entries), status, inflight, refunds_in(entries))


def refunds_in(entries: Iterable[LedgerEntry]) -> tuple[str, ...]:
    """The refunds that the entries are about, the first first."""
    subjects = [entry.subject for entry in entries if entry.kind.value.startswith("refund.")]
    return tuple(dict.fromkeys(subjects))
