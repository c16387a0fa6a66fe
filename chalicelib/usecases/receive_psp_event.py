"""A webhook of the provider: authentic bytes become an effect, exactly once.

The event is kept in the write group of its effect, never before it, so that "seen" always means
"applied". The provider gets its 2xx only after that; a lost race is decided again on fresh state.
"""

from typing import assert_never

from chalicelib.domain.errors import NotReadyYet
from chalicelib.domain.ids import Millis, PaymentId, Tenant
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payments import (
    Changed,
    Contradicted,
    Decision,
    Payment,
    Unchanged,
    decide,
    decide_expired,
)
from chalicelib.domain.psp_facts import (
    IntentFact,
    PspEvent,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
    Unreadable,
    Unrecognised,
)
from chalicelib.domain.refunds import OPEN, Refund, RefundStatus, Step, post, reverse, void
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.ports import Store

TRIES = 3
DUPLICATE = "duplicate"
FAILED = "the provider reported the refund as failed"


def receive_psp_event(
    store: Store, tenant: Tenant, event: PspEvent, *, now: Millis, request_id: str
) -> str:
    """What became of the event: applied, ignored, quarantined or duplicate.

    Raises NotReadyYet when it is about a payment that we do not know, or lost three races: the
    provider delivers it again.
    """
    cause = Cause(actor="wooshpay", reference=event.id, request_id=request_id, at=now)
    for _ in range(TRIES):
        try:
            return _once(store, tenant, event, cause)
        except Lost as lost:
            if "event" in lost.guards:
                return DUPLICATE
    raise NotReadyYet("The payment is changing. Deliver the event again.")


def _once(store: Store, tenant: Tenant, event: PspEvent, cause: Cause) -> str:
    match event.fact:
        case IntentFact() as fact:
            payment = _find(store, tenant, fact.payment, fact.intent)
            return _apply(store, payment, event, _decided(store, payment, fact, cause), cause)
        case SessionExpired() as fact:
            payment = _find(store, tenant, fact.payment, fact.intent)
            return _apply(store, payment, event, decide_expired(payment, fact, cause), cause)
        case RefundFact() as fact:
            return _refund(store, tenant, event, fact, cause)
        case Unreadable(why):
            return _keep(store, tenant, event, EventStatus.QUARANTINED, why, cause)
        case Unrecognised(type):
            return _keep(store, tenant, event, EventStatus.IGNORED, f"unknown_{type}", cause)
        case _:
            assert_never(event.fact)


def _find(store: Store, tenant: Tenant, hint: PaymentId | None, intent: str | None) -> Payment:
    """By our own id in the provider's metadata; else by the intent that we bound to a payment."""
    payment = store.payment(tenant, hint) if hint else None
    if payment is None and intent is not None:
        payment = store.payment_of_intent(tenant, intent)
    if payment is None:
        raise NotReadyYet("This payment is not known here (yet). Deliver the event again.")
    return payment


def _decided(store: Store, payment: Payment, fact: IntentFact, cause: Cause) -> Decision:
    """An intent that is bound to another payment than its metadata names pays neither."""
    if payment.provider is None:
        bound = store.payment_of_intent(payment.tenant, fact.intent)
        if bound is not None and bound.id != payment.id:
            return Contradicted("intent_of_another")
    return decide(payment, fact, cause)


def _apply(
    store: Store, payment: Payment, event: PspEvent, decision: Decision, cause: Cause
) -> str:
    match decision:
        case Changed():
            kept = _inbox(event, EventStatus.APPLIED, decision.entry.kind.value, cause)
            store.record_change(payment, decision, kept)
            return kept.status.value
        case Unchanged(why):
            return _keep(store, payment.tenant, event, EventStatus.IGNORED, why, cause)
        case Contradicted(why):
            return _keep(store, payment.tenant, event, EventStatus.QUARANTINED, why, cause)
        case _:
            assert_never(decision)


def _refund(store: Store, tenant: Tenant, event: PspEvent, fact: RefundFact, cause: Cause) -> str:
    found = (
        store.refund_with_payment(tenant, fact.refund, fact.payment)
        if fact.refund and fact.payment
        else None
    )
    if found is None:
        return _keep(store, tenant, event, EventStatus.QUARANTINED, "unknown_refund", cause)
    refund, payment = found
    if (refund.amount, refund.intent, refund.payment) != (fact.amount, fact.intent, payment.id):
        return _keep(store, tenant, event, EventStatus.QUARANTINED, "refund_mismatch", cause)
    step = _step(payment, refund, fact, cause)
    if step is None:
        why = f"already_{refund.status}"
        return _keep(store, tenant, event, EventStatus.IGNORED, why, cause)
    kept = _inbox(event, EventStatus.APPLIED, step.entry.kind.value, cause)
    if step.refund.status is RefundStatus.REVERSED:
        store.reverse_refund(payment, step, kept)
    else:
        store.settle_refund(payment, step, None, kept)
    return kept.status.value


def _step(payment: Payment, refund: Refund, fact: RefundFact, cause: Cause) -> Step | None:
    """The provider's word on this very refund is its end, whatever was in doubt before; and a
    refund that had happened may come back."""
    failed = fact.status is RefundFactStatus.FAILED
    if refund.status in OPEN and fact.status is RefundFactStatus.SUCCEEDED:
        return post(payment, refund, fact.psp_refund, cause)
    if refund.status in OPEN and failed:
        return void(payment, refund, FAILED, cause)
    if refund.status is RefundStatus.POSTED and failed:
        return reverse(payment, refund, FAILED, cause)
    return None


def _keep(
    store: Store, tenant: Tenant, event: PspEvent, status: EventStatus, why: str, cause: Cause
) -> str:
    store.record_event(tenant, _inbox(event, status, why, cause))
    return status.value


def _inbox(event: PspEvent, status: EventStatus, why: str, cause: Cause) -> InboxEvent:
    return InboxEvent(event=event, status=status, why=why, at=cause.at)
