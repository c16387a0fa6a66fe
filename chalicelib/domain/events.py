"""Events: what happened to a merchant's objects, each with the object as it was then.

An event stands or falls with the change that it tells of: it is written in the same write group.
Its id is derived from the change, so that one change is one event, however often it is tried.
"""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.ids import EventId, Millis, Tenant, derived_ulid
from chalicelib.domain.ledger import Cause
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.refunds import Refund, RefundStatus, Step
from chalicelib.domain.webhook_endpoints import WebhookEndpoint

Subject = Payment | Refund | Product | Price | PaymentLink | Merchant | WebhookEndpoint
RESCUED_AFTER_MS = 60_000  # the queue is quicker, and then the sweep finds nothing


class EventType(StrEnum):
    """What can happen: the object's name, then what became of it (Stripe's names, where it has
    the event)."""

    ACCOUNT_UPDATED = "account.updated"
    CHECKOUT_SESSION_COMPLETED = "checkout.session.completed"
    CHECKOUT_SESSION_EXPIRED = "checkout.session.expired"
    PAYMENT_INTENT_CREATED = "payment_intent.created"
    PAYMENT_INTENT_PROCESSING = "payment_intent.processing"
    PAYMENT_INTENT_SUCCEEDED = "payment_intent.succeeded"
    PAYMENT_INTENT_PAYMENT_FAILED = "payment_intent.payment_failed"
    PAYMENT_INTENT_CANCELED = "payment_intent.canceled"
    PAYMENT_INTENT_REVIEW_OPENED = "payment_intent.review_opened"
    PAYMENT_INTENT_REVIEW_CLOSED = "payment_intent.review_closed"
    PAYMENT_INTENT_DISPUTE_UPDATED = "payment_intent.dispute_updated"
    PAYMENT_LINK_CREATED = "payment_link.created"
    PAYMENT_LINK_UPDATED = "payment_link.updated"
    PRICE_CREATED = "price.created"
    PRICE_UPDATED = "price.updated"
    PRODUCT_CREATED = "product.created"
    PRODUCT_UPDATED = "product.updated"
    REFUND_CREATED = "refund.created"
    REFUND_UPDATED = "refund.updated"
    REFUND_FAILED = "refund.failed"
    WEBHOOK_ENDPOINT_DISABLED = "webhook_endpoint.disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. `pending` of its deliveries have not ended; `due_at` is set until its webhook
    endpoints have been looked up and told for the first time."""

    id: EventId
    tenant: Tenant
    type: EventType
    created: Millis
    subject: Subject
    request_id: str | None = None
    pending: int = 0
    due_at: Millis | None = None


def event_of(
    type: EventType,
    tenant: Tenant,
    subject: Subject,
    at: Millis,
    request_id: str | None = None,
    mark: str | int = "",
) -> Event:
    """The event of one change; with `mark` two changes of one object at one instant differ. A
    number is a place in the ledger: a request begins a refund and ends it at its own instant, and
    ids sort as it went."""
    mode, place = "live" if tenant.livemode else "test", mark if isinstance(mark, int) else 0
    born = derived_ulid(at, type, tenant.merchant, mode, subject.id, str(mark), place=place)
    return Event(
        id=EventId(f"evt_{born}"),
        tenant=tenant,
        type=type,
        created=at,
        subject=subject,
        request_id=request_id,
        due_at=Millis(at + RESCUED_AFTER_MS),
    )


def payment_begun(payment: Payment) -> Event:
    """A payment begins."""
    type = EventType.PAYMENT_INTENT_CREATED
    return event_of(type, payment.tenant, payment, payment.created)


def payment_events(before: Payment, after: Payment, cause: Cause) -> list[Event]:
    """What a payment's change is told as; nothing when it changes nothing that is anybody's."""
    at, request_id, mark = cause.at, cause.request_id, after.seq
    types = [*_of_status(before, after), *_of_review(before, after)]
    if before.disputes != after.disputes:
        types.append(EventType.PAYMENT_INTENT_DISPUTE_UPDATED)
    return [event_of(type, after.tenant, after, at, request_id, mark) for type in types]


def _of_status(before: Payment, after: Payment) -> list[EventType]:
    if before.status is after.status:
        return []
    hosted = after.direct is None
    match after.status:
        case PaymentStatus.PAID:
            completed = [EventType.CHECKOUT_SESSION_COMPLETED] if hosted else []
            return [EventType.PAYMENT_INTENT_SUCCEEDED, *completed]
        case PaymentStatus.PROCESSING:
            return [EventType.PAYMENT_INTENT_PROCESSING]
        case PaymentStatus.FAILED:
            return [EventType.PAYMENT_INTENT_PAYMENT_FAILED]
        case PaymentStatus.EXPIRED if hosted:
            return [EventType.CHECKOUT_SESSION_EXPIRED]
    return [EventType.PAYMENT_INTENT_CANCELED]


def _of_review(before: Payment, after: Payment) -> list[EventType]:
    if before.review == after.review or after.review is None:
        return []
    opens = EventType.PAYMENT_INTENT_REVIEW_OPENED
    closes = EventType.PAYMENT_INTENT_REVIEW_CLOSED
    return [opens if after.review.verdict is None else closes]


def refund_event(step: Step, *, new: bool) -> Event:
    """A refund moves money, or no longer does; `new`: it was not there before."""
    refund, cause = step.refund, step.entry.cause
    dead = refund.status in (RefundStatus.VOIDED, RefundStatus.REVERSED)
    ends = EventType.REFUND_FAILED if dead else EventType.REFUND_UPDATED
    type = EventType.REFUND_CREATED if new else ends
    return event_of(type, refund.tenant, refund, cause.at, cause.request_id, step.entry.seq)
