"""The inbox: what became of each authentic event of the provider."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.ids import Millis
from chalicelib.domain.psp_facts import PspEvent


class EventStatus(StrEnum):
    """What became of it."""

    APPLIED = "applied"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEvent:
    """An event with what became of it and why; written once, in the write group of its effect."""

    event: PspEvent
    status: EventStatus
    why: str
    at: Millis
