"""Events, webhook endpoints and deliveries as items and back.

What an event is about is kept packed (`packing`), without its own places in the indexes: DynamoDB
charges by the KB, for the item and for its place in the list.
"""

from collections.abc import Callable, Mapping

from chalicelib.adapters.dynamodb.item_forms import Read, item_of, listed
from chalicelib.adapters.dynamodb.keys import untold_place
from chalicelib.adapters.dynamodb.packing import packed, unpacked
from chalicelib.adapters.dynamodb.payment_items import (
    payment_from_item,
    payment_to_item,
)
from chalicelib.adapters.dynamodb.refund_items import refund_from_item, refund_to_item
from chalicelib.adapters.dynamodb.shop_items import (
    merchant_from_item,
    merchant_to_item,
    payment_link_from_item,
    payment_link_to_item,
    price_from_item,
    price_to_item,
    product_from_item,
    product_to_item,
)
from chalicelib.adapters.dynamodb.writes import PLACES, Item
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import Event, EventType, Subject
from chalicelib.domain.ids import (
    EventId,
    MerchantId,
    Millis,
    Tenant,
    WebhookEndpointId,
)
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.outbox import Untold

INDEXED = frozenset({"dp", "ds", *(name for pair in PLACES.values() for name in pair)})

PACKED = ("terms", "page")  # of a payment, by itself


def event_to_item(event: Event) -> Item:
    untold = Untold(event.tenant, event.id)
    subject = _subject(event.tenant, event.subject)
    apart = {name: subject.pop(name) for name in PACKED if name in subject}
    return {
        **item_of(
            "event",
            id=event.id,
            merchant=event.tenant.merchant,
            livemode=event.tenant.livemode,
            type=event.type.value,
            created=event.created,
            subject=packed({name: subject[name] for name in subject if name not in INDEXED}),
            **apart,
            request=event.request_id,
            pending=event.pending,
        ),
        **_due(untold, event.due_at),
        **listed(event.tenant, "event", event.id),
    }


def event_from_item(item: Read) -> Event:
    subject = unpacked(item["subject"]) | {name: item[name] for name in PACKED if name in item}
    return Event(
        id=EventId(item["id"]),
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        type=EventType(item["type"]),
        created=Millis(item["created"]),
        subject=_READ[subject["kind"]](subject),
        request_id=item.get("request"),
        pending=item["pending"],
        due_at=item.get("due_at"),
    )


def _subject(tenant: Tenant, subject: Subject) -> Item:
    match subject:
        case Payment():
            return payment_to_item(subject)
        case Refund():
            return refund_to_item(subject)
        case Product():
            return product_to_item(tenant, subject)
        case Price():
            return price_to_item(tenant, subject)
        case PaymentLink():
            return payment_link_to_item(tenant, subject)
        case Merchant():
            return merchant_to_item(subject)
        case WebhookEndpoint():
            return endpoint_to_item(tenant, subject)


def endpoint_to_item(tenant: Tenant, endpoint: WebhookEndpoint) -> Item:
    return {
        **item_of(
            "webhook_endpoint",
            id=endpoint.id,
            created=endpoint.created,
            updated=endpoint.updated,
            url=endpoint.url,
            enabled_events=list(endpoint.enabled_events),
            description=endpoint.description,
            metadata=dict(endpoint.metadata),
            disabled_reason=endpoint.disabled_reason,
            failing_since=endpoint.failing_since,
            failed_at=endpoint.failed_at,
            secret=endpoint.secret,
            secret_before_until=endpoint.secret_before_until,
        ),
        **listed(tenant, "webhook_endpoint", endpoint.id),
    }


def endpoint_from_item(item: Read) -> WebhookEndpoint:
    return WebhookEndpoint(
        id=WebhookEndpointId(item["id"]),
        created=Millis(item["created"]),
        updated=Millis(item["updated"]),
        url=item["url"],
        enabled_events=tuple(item["enabled_events"]),
        description=item.get("description"),
        metadata=item["metadata"],
        disabled_reason=item.get("disabled_reason"),
        failing_since=item.get("failing_since"),
        failed_at=item.get("failed_at"),
        secret=item["secret"],
        secret_before_until=item.get("secret_before_until"),
    )


def delivery_to_item(delivery: EventDelivery) -> Item:
    tenant, outcome = delivery.tenant, delivery.outcome
    untold = Untold(tenant, delivery.event, delivery.endpoint)
    return {
        **item_of(
            "event_delivery",
            merchant=tenant.merchant,
            livemode=tenant.livemode,
            event=delivery.event,
            endpoint=delivery.endpoint,
            type=delivery.type.value,
            created=delivery.created,
            status=delivery.status.value,
            attempts=delivery.attempts,
            tried_at=delivery.tried_at,
            http_status=outcome.status if outcome else None,
            error=outcome.error if outcome else None,
            took_ms=outcome.took_ms if outcome else None,
        ),
        **_due(untold, delivery.due_at),
        **listed(tenant, f"{delivery.endpoint}#attempt", delivery.event),
    }


def delivery_from_item(item: Read) -> EventDelivery:
    outcome = None
    if "took_ms" in item:
        outcome = Outcome(item.get("http_status"), item.get("error"), item["took_ms"])
    return EventDelivery(
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        event=EventId(item["event"]),
        endpoint=WebhookEndpointId(item["endpoint"]),
        type=EventType(item["type"]),
        created=Millis(item["created"]),
        status=DeliveryStatus(item["status"]),
        attempts=item["attempts"],
        tried_at=item.get("tried_at"),
        outcome=outcome,
        due_at=item.get("due_at"),
    )


def _due(untold: Untold, at: Millis | None) -> Item:
    return {} if at is None else due_again(untold, at)


def due_again(untold: Untold, at: Millis) -> Item:
    """The attributes of something that is to be told."""
    partition, place = untold_place(untold, at)
    return {"due_at": at, "dp": partition, "ds": place}


_READ: Mapping[str, Callable[[Read], Subject]] = {
    "payment": payment_from_item,
    "refund": refund_from_item,
    "product": product_from_item,
    "price": price_from_item,
    "payment_link": payment_link_from_item,
    "merchant": merchant_from_item,
    "webhook_endpoint": endpoint_from_item,
}
