"""Events, webhook endpoints and deliveries as the API shows them."""

from typing import assert_never

from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.event_deliveries import EventDelivery
from chalicelib.domain.events import Event
from chalicelib.domain.ids import Tenant
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.web import render
from chalicelib.web.render import Json

OF_SESSIONS = "checkout.session."


def event(event: Event, public_url: str) -> Json:
    """An event, with its object as it was then."""
    request = {"id": event.request_id, "idempotency_key": None}
    return {
        "id": event.id,
        "object": "event",
        "created": event.created,
        "livemode": event.tenant.livemode,
        "type": event.type.value,
        "api_version": None,
        "data": {"object": _object(event, public_url)},
        "pending_webhooks": event.pending,
        "request": request if event.request_id else None,
    }


def _object(event: Event, public_url: str) -> Json:
    tenant, subject = event.tenant, event.subject
    match subject:
        case Payment() if event.type.startswith(OF_SESSIONS):
            return render.session(subject, event.created, public_url)
        case Payment():
            return render.intent(subject, event.created, public_url)
        case Refund():
            return render.refund(subject)
        case Product():
            return render.product(tenant, subject)
        case Price():
            return render.price(tenant, subject)
        case PaymentLink():
            return render.payment_link(tenant, subject, public_url)
        case Merchant():
            return render.account(tenant, subject)
        case WebhookEndpoint():
            return webhook_endpoint(tenant, subject)
    assert_never(subject)


def webhook_endpoint(tenant: Tenant, endpoint: WebhookEndpoint) -> Json:
    """A webhook endpoint, without its secret."""
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "created": endpoint.created,
        "updated": endpoint.updated,
        "livemode": tenant.livemode,
        "url": endpoint.url,
        "enabled_events": list(endpoint.enabled_events),
        "description": endpoint.description,
        "status": "enabled" if endpoint.disabled_reason is None else "disabled",
        "disabled_reason": endpoint.disabled_reason,
        "failing_since": endpoint.failing_since,
        "api_version": None,
        "metadata": dict(endpoint.metadata),
    }


def delivery(delivery: EventDelivery) -> Json:
    """An event on its way to an endpoint, and what came of the last attempt."""
    outcome = delivery.outcome
    return {
        "object": "event_delivery",
        "id": delivery.event,
        "event": delivery.event,
        "type": delivery.type.value,
        "webhook_endpoint": delivery.endpoint,
        "created": delivery.created,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "last_attempt_at": delivery.tried_at,
        "next_attempt_at": delivery.due_at,
        "response_status": outcome.status if outcome else None,
        "error": outcome.error if outcome else None,
        "duration_ms": outcome.took_ms if outcome else None,
    }
