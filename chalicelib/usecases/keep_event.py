"""How an event is kept that has no effect: ignored, put off, or set aside for a person."""

from dataclasses import dataclass

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.ids import Millis, Tenant
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.psp_facts import DisputeFact, Fact, IntentFact, RefundFact
from chalicelib.usecases.ports import Store


@dataclass(frozen=True, slots=True)
class Keeper:
    """Each method says what became of the event, and raises Lost when it was seen before."""

    store: Store
    tenant: Tenant
    inbox: InboxEvent
    now: Millis

    def ignored(self, why: str, dead_refund: str | None = None) -> str:
        """It changes nothing; a refund of the provider that came to nothing is remembered."""
        kept = self.inbox.ended(EventStatus.IGNORED, why)
        self.store.record_event(self.tenant, kept, None, dead_refund)
        return kept.status.value

    def put_off(self, status: EventStatus, why: str) -> str:
        """It is looked at again later; after three days a person has to."""
        later = self.inbox.put_off(status, why[:200], self.now)
        if later.status is EventStatus.QUARANTINED:
            return self.set_aside(later.why)
        return self._kept(later)

    def set_aside(
        self,
        why: str,
        kind: DiscrepancyKind = DiscrepancyKind.EVENT_QUARANTINED,
        detail: str | None = None,
    ) -> str:
        """It is authentic and cannot be believed: a person must look."""
        kept = self.inbox.ended(EventStatus.QUARANTINED, why)
        event = kept.event
        told = detail or f"{event.type}{_about(event.fact)}: {why}"
        found = Discrepancy.of(self.tenant, kind, event.id, told, self.now)
        self.store.record_event(self.tenant, kept, found)
        return kept.status.value

    def _kept(self, inbox: InboxEvent) -> str:
        self.store.record_event(self.tenant, inbox)
        return inbox.status.value


def _about(fact: Fact) -> str:
    """The payment intent that an event is about, for whoever looks it up."""
    match fact:
        case IntentFact() | RefundFact() | DisputeFact():
            return f" of {fact.intent}"
        case _:
            return ""
