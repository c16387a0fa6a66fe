"""The strokes as they are told: each write group that moves something says so once it is written,
each call of the provider once it has come back.

A line names what it is about by its ids, so that a link leads to its sessions, a session to its
provider's names, events and refunds, and everything to the request that did it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters import system
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery
from chalicelib.domain.events import Event
from chalicelib.domain.ids import Millis, Tenant, session_id
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.ledger import EntryKind, LedgerEntry
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment, ProviderSession
from chalicelib.domain.rates import Counted
from chalicelib.domain.refunds import Refund, RefundStatus, Step
from chalicelib.emf import NONE, Metric, Values
from chalicelib.log import Fields
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.sweep import LEASE

if TYPE_CHECKING:
    from chalicelib.adapters.wooshpay.hearing import Heard

DOUBT_MS = 10 * 60_000  # most doubts are settled by the looks of the first minutes
_COUNTED: dict[EntryKind, Metric] = {
    EntryKind.CAPTURED: Metric.PAYMENTS,
    EntryKind.STATUS: Metric.PAYMENTS,
    EntryKind.REFUND_POSTED: Metric.REFUNDS,
    EntryKind.REFUND_VOIDED: Metric.REFUNDS,
    EntryKind.REFUND_REVERSED: Metric.REFUNDS,
    EntryKind.REFUND_EXTERNAL: Metric.REFUNDS,
}


def provider_answered(tenant: Tenant, heard: "Heard") -> None:
    """A call of the provider has come back, or not."""
    fields: Fields = {**_whose(tenant), "call": heard.call}
    if heard.about is not None:
        fields["about"] = heard.about
    if heard.status is not None:
        fields["status"] = heard.status
    if heard.error is not None:
        fields["error"] = heard.error
    metrics: dict[Metric, float] = {Metric.PROVIDER_LATENCY: round(heard.took_ms, 1)}
    if heard.failed:
        metrics[Metric.PROVIDER_FAILURES] = 1
    log.line("provider.answered", metrics, **fields)


class ToldStore(DynamoDBStore):
    """The store, whose write groups are told when they are written."""

    def begin_payment(
        self,
        payment: Payment,
        claim: Claim | None,
        counts: Sequence[Counted] = (),
        most_open: int | None = None,
    ) -> None:
        super().begin_payment(payment, claim, counts, most_open)
        log.line("payment.begun", {Metric.PAYMENTS: 1}, payment.status.value, **_about(payment))

    def bind_provider(
        self, payment: Payment, provider: ProviderSession, answered: Claim | None
    ) -> None:
        super().bind_provider(payment, provider, answered)
        fields: Fields = {**_about(payment), "psp_intent": provider.intent}
        log.line("payment.bound", **fields)

    def record_change(
        self,
        before: Payment,
        change: Changed,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        super().record_change(before, change, event, answered)
        _moved(before, change.entry, event, change.discrepancy)

    def end_payment(self, before: Payment, change: Changed, claim: Claim | None) -> None:
        super().end_payment(before, change, claim)
        _moved(before, change.entry)

    def record_event(
        self,
        tenant: Tenant,
        event: InboxEvent,
        found: Discrepancy | None = None,
        dead_refund: str | None = None,
    ) -> None:
        super().record_event(tenant, event, found, dead_refund)
        if event.status is not EventStatus.IGNORED:  # which its request's line says
            fields: Fields = {**_whose(tenant), "psp_event": event.event.id, **_shown(found)}
            log.line(f"webhook.{event.status.value}", _counting(found), **fields)

    def reserve_refund(self, before: Payment, step: Step, claim: Claim | None) -> None:
        super().reserve_refund(before, step, claim)
        _moved(before, step.entry)

    def settle_refund(
        self,
        before: Payment,
        step: Step,
        owner: str | None = None,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        super().settle_refund(before, step, owner, event, answered)
        _moved(before, step.entry, event, refund=step.refund)

    def absorb_refund(
        self, before: Payment, step: Step, voided: bool, event: InboxEvent | None
    ) -> None:
        super().absorb_refund(before, step, voided, event)
        _moved(before, step.entry, event, refund=step.refund)

    def reverse_refund(self, before: Payment, step: Step, event: InboxEvent | None) -> None:
        super().reverse_refund(before, step, event)
        _moved(before, step.entry, event, refund=step.refund)

    def note_refund(self, refund: Refund, owner: str) -> None:
        super().note_refund(refund, owner)
        doubt = refund.status is RefundStatus.UNKNOWN
        stays = doubt and system.now() - refund.created >= DOUBT_MS
        metrics: Values = {Metric.REFUNDS_IN_DOUBT: 1} if stays else NONE
        log.line(f"refund.{refund.status.value}", metrics, **_of_refund(refund))

    def name_refund(self, before: Refund, after: Refund, event: InboxEvent) -> None:
        super().name_refund(before, after, event)
        fields: Fields = {**_of_refund(after), "psp_event": event.event.id}
        log.line("refund.named", **fields)

    def pause_link(
        self, tenant: Tenant, before: PaymentLink, after: PaymentLink, found: Discrepancy
    ) -> None:
        super().pause_link(tenant, before, after, found)
        fields: Fields = {**_whose(tenant), "payment_link": after.id, **_shown(found)}
        log.line("link.paused", _counting(found), **fields)

    def note_discrepancy(self, found: Discrepancy) -> bool:
        new = super().note_discrepancy(found)
        if new:
            fields: Fields = {**_whose(found.tenant), **_shown(found)}
            log.line("discrepancy.found", _counting(found), **fields)
        return new

    def close_discrepancy(self, before: Discrepancy, after: Discrepancy) -> None:
        super().close_discrepancy(before, after)
        fields: Fields = {**_whose(after.tenant), **_shown(after), "outcome": after.status.value}
        log.line("discrepancy.closed", **fields)

    def beat(self, name: str, owner: str, now: Millis) -> None:
        super().beat(name, owner, now)
        if name == LEASE:
            log.line("sweep.beat", {Metric.SWEEPER_HEARTBEAT: 1})

    def keep_first_deliveries(self, event: Event, deliveries: Sequence[EventDelivery]) -> None:
        super().keep_first_deliveries(event, deliveries)
        for each in deliveries:
            _told(each)

    def keep_delivery(
        self, before: EventDelivery | None, after: EventDelivery, claim: Claim | None = None
    ) -> None:
        super().keep_delivery(before, after, claim)
        _told(after)


def _whose(tenant: Tenant) -> Fields:
    return {"merchant": tenant.merchant, "livemode": tenant.livemode}


def _about(payment: Payment) -> Fields:
    fields: Fields = {**_whose(payment.tenant), "session": session_id(payment.id)}
    if payment.payment_link is not None:
        fields["payment_link"] = payment.payment_link
    return fields


def _of_refund(refund: Refund) -> Fields:
    fields: Fields = {
        **_whose(refund.tenant),
        "session": session_id(refund.payment),
        "refund": refund.id,
    }
    if refund.psp_refund:
        fields["psp_refund"] = refund.psp_refund
    return fields


def _moved(
    payment: Payment,
    entry: LedgerEntry,
    event: InboxEvent | None = None,
    found: Discrepancy | None = None,
    refund: Refund | None = None,
) -> None:
    """A payment's ledger has one more entry, whose kind is the line's name."""
    noun, _, verb = entry.kind.value.partition(".")
    fields: Fields = {**_about(payment), **_shown(found), "request_id": entry.cause.request_id}
    if event is not None:
        fields["psp_event"] = event.event.id
    if noun == "refund":
        fields["refund"] = entry.subject
    else:
        fields["outcome"] = entry.subject
    if refund is not None and refund.psp_refund:
        fields["psp_refund"] = refund.psp_refund
    metrics = dict(_counting(found))
    if entry.kind in _COUNTED:
        metrics[_COUNTED[entry.kind]] = 1
    counted_as = verb if noun == "refund" else entry.subject
    log.line(entry.kind.value, metrics, counted_as, **fields)


def _told(delivery: EventDelivery) -> None:
    """What came of telling an endpoint of an event; nothing has when it waits for that."""
    outcome = delivery.outcome
    if outcome is None or (delivery.status is DeliveryStatus.PENDING and not delivery.attempts):
        return
    fields: Fields = {
        **_whose(delivery.tenant),
        "event_id": delivery.event,
        "webhook_endpoint": delivery.endpoint,
        "type": delivery.type.value,
        "duration_ms": outcome.took_ms,
    }
    if outcome.status is not None:
        fields["status"] = outcome.status
    failed = delivery.status is DeliveryStatus.FAILED
    metrics: Values = {Metric.EVENTS_UNDELIVERED: 1} if failed else NONE
    log.line(f"delivery.{delivery.status.value}", metrics, **fields)


def _shown(found: Discrepancy | None) -> Fields:
    return {} if found is None else {"discrepancy": found.id}


def _counting(found: Discrepancy | None) -> Values:
    return NONE if found is None else {Metric.DISCREPANCIES: 1}
