"""A webhook of the provider: authentic bytes become an effect, exactly once.

An event is kept in the write group of its effect, never before it. What cannot be applied yet (its
payment is not known here, or what it says must be asked of the provider) is kept as such, with the
time when it is due again; so "kept" never means "applied". The provider gets its 2xx only after one
of the two; a lost race is decided again on fresh state.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.errors import NotReadyYet, PspError
from chalicelib.domain.ids import Millis, PaymentId, Tenant
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payment_decisions import (
    Changed,
    Contradicted,
    Decision,
    Unchanged,
    decide,
    decide_dispute,
    decide_expired,
)
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import (
    DisputeFact,
    IntentFact,
    IntentStatus,
    PspEvent,
    RefundFact,
    SessionExpired,
    Unreadable,
    Unrecognised,
    furthest,
)
from chalicelib.usecases.apply_refund_fact import RefundFacts
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.keep_event import Keeper
from chalicelib.usecases.ports import Delivery, Mint, Psps, Store

TRIES = 3
UNKNOWN = "unknown_payment"
DUPLICATE = "duplicate"
CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Inbox:
    """What the story needs."""

    store: Store
    psps: Psps
    mint: Mint

    def receive(self, delivery: Delivery, *, now: Millis, request_id: str) -> str:
        """What became of the event: applied, ignored, quarantined, deferred, stale, duplicate or
        conflict (its id was another event's).

        Raises NotReadyYet when it lost three races: the provider delivers it again.
        """
        event = delivery.event
        cause = Cause(actor="wooshpay", reference=event.id, request_id=request_id, at=now)
        fresh = InboxEvent(event=event, status=EventStatus.STALE, why="untrusted", at=now)
        try:
            if delivery.trusted or not must_be_asked(event):
                return self._taken(delivery.tenant, fresh, event, cause)
            self.store.record_event(delivery.tenant, fresh.put_off(EventStatus.STALE, "stale", now))
        except Lost as lost:
            return self._seen(delivery, lost, cause)
        return self.look_again(delivery.tenant, event.id, cause) or EventStatus.STALE.value

    def shown(self, payment: Payment, fact: IntentFact, cause: Cause) -> Payment:
        """The payment after what the provider says of its intent, as if an event had said it."""
        if fact.status is IntentStatus.WAITING:
            return payment
        delivery = Delivery(payment.tenant, _as_event(fact, cause.at))
        self.receive(delivery, now=cause.at, request_id=cause.request_id or "")
        after = self.store.payment(payment.tenant, payment.id)
        assert after is not None, "payments are never deleted"
        return after

    def look_again(self, tenant: Tenant, id: str, cause: Cause) -> str | None:
        """What became of a kept event, asked of the provider now; None when it has ended."""
        kept = self.store.kept_event(tenant, id)
        if kept is None:
            return None
        looked = kept.looked_at()
        try:
            event = self._asked(tenant, kept.event)
        except PspError as error:
            event, why = None, error.message
        try:
            if event is None:
                return Keeper(self.store, tenant, looked, cause.at).put_off(kept.status, why)
            return self._taken(tenant, looked, event, cause)
        except Lost:
            return DUPLICATE  # somebody else looked at the same time

    def _asked(self, tenant: Tenant, event: PspEvent) -> PspEvent:
        """The event with what holds now instead of what it said; raises PspError."""
        match event.fact:
            case IntentFact() as said:
                shown = self.psps(tenant).intent(said.intent)
                return event.saying(replace(shown, payment=shown.payment or said.payment))
            case RefundFact() as told:
                found = self.psps(tenant).find_refund(told.psp_refund)
                return event.saying(furthest(told, found))
            case _:
                return event

    def _taken(self, tenant: Tenant, inbox: InboxEvent, event: PspEvent, cause: Cause) -> str:
        """The event with its effect; raises Lost when its id was seen before."""
        for _ in range(TRIES):
            try:
                return self._once(tenant, inbox, event, cause)
            except Lost as lost:
                if "event" in lost.guards:
                    raise
        raise NotReadyYet("The payment is changing. Deliver the event again.")

    def _once(self, tenant: Tenant, inbox: InboxEvent, event: PspEvent, cause: Cause) -> str:
        keeper = Keeper(self.store, tenant, inbox, cause.at)
        match event.fact:
            case IntentFact() as fact:
                payment = self._find(tenant, fact.payment, fact.intent)
                if payment is None:
                    return keeper.put_off(EventStatus.DEFERRED, UNKNOWN)
                return self._apply(payment, inbox, fact, cause)
            case SessionExpired() as fact:
                payment = self._find(tenant, fact.payment, fact.intent)
                if payment is None:
                    return keeper.put_off(EventStatus.DEFERRED, UNKNOWN)
                return self._decided(payment, inbox, decide_expired(payment, fact, cause), cause)
            case DisputeFact() as fact:
                payment = self._find(tenant, None, fact.intent)
                if payment is None:
                    return keeper.put_off(EventStatus.DEFERRED, UNKNOWN)
                return self._decided(payment, inbox, decide_dispute(payment, fact, cause), cause)
            case RefundFact() as fact:
                return RefundFacts(self.store, self.psps, self.mint).apply(keeper, fact, cause)
            case Unreadable(why):
                return keeper.set_aside(why)
            case Unrecognised(type):
                return keeper.ignored(f"unknown_{type}")
            case _:
                assert_never(event.fact)

    def _find(self, tenant: Tenant, hint: PaymentId | None, intent: str | None) -> Payment | None:
        """By our own id in the provider's metadata; else by the intent bound to a payment."""
        payment = self.store.payment(tenant, hint) if hint else None
        if payment is None and intent is not None:
            payment = self.store.payment_of_intent(tenant, intent)
        return payment

    def _apply(self, payment: Payment, inbox: InboxEvent, fact: IntentFact, cause: Cause) -> str:
        decision = self._bound_elsewhere(payment, fact) or decide(payment, fact, cause)
        try:
            return self._decided(payment, inbox, decision, cause)
        except Lost as lost:
            if not lost.nothing_left:
                raise
        # What was kept for it was returned and sold to somebody else: the money is there anyhow.
        surplus = decide(payment, fact, cause, sold_out=True)
        return self._decided(payment, inbox, surplus, cause)

    def _bound_elsewhere(self, payment: Payment, fact: IntentFact) -> Contradicted | None:
        """An intent that is bound to another payment than its metadata names pays neither."""
        if payment.provider is not None:
            return None
        bound = self.store.payment_of_intent(payment.tenant, fact.intent)
        if bound is not None and bound.id != payment.id:
            return Contradicted("intent_of_another")
        return None

    def _decided(
        self, payment: Payment, inbox: InboxEvent, decision: Decision, cause: Cause
    ) -> str:
        keeper = Keeper(self.store, payment.tenant, inbox, cause.at)
        match decision:
            case Changed():
                kept = inbox.ended(EventStatus.APPLIED, decision.entry.kind.value)
                self.store.record_change(payment, decision, kept)
                return kept.status.value
            case Unchanged(why):
                return keeper.ignored(why)
            case Contradicted(why):
                return keeper.set_aside(why)
            case _:
                assert_never(decision)

    def _seen(self, delivery: Delivery, lost: Lost, cause: Cause) -> str:
        """Delivered again; an event that waits is looked at now, one of the same id that says
        something else is shown to a person."""
        event, tenant = delivery.event, delivery.tenant
        if lost.seen is None or not lost.seen.said_by(event):
            detail = f"{event.type} came again with other bytes, {event.sha256[:16]}"
            conflict = DiscrepancyKind.EVENT_CONFLICT
            self.store.note_discrepancy(
                Discrepancy.of(tenant, conflict, event.id, detail, cause.at)
            )
            return CONFLICT
        if lost.seen.is_open:
            return self.look_again(tenant, event.id, cause) or DUPLICATE
        return DUPLICATE


def must_be_asked(event: PspEvent) -> bool:
    """Whether what the event says may have changed since; an end, once true, stays true."""
    return isinstance(event.fact, IntentFact | RefundFact)


def _as_event(fact: IntentFact, now: Millis) -> PspEvent:
    """What the provider answered, as an event that would have said it: the same, once."""
    told = f"{fact.status}_{fact.received.amount}_{fact.received.currency}"
    return PspEvent(
        id=f"recon_{fact.intent}_{told}"[:200],
        type="reconciliation",
        created=now,
        sha256=told,
        livemode=fact.livemode,
        fact=fact,
    )
