"""What each route answers: `tests/web/world.py` holds every answer of a test against it."""

from tools.openapi.shown import Account, Capability, Listed, Shown
from tools.openapi.shown_catalog import (
    LineItem,
    LinkLineItem,
    PaymentLink,
    PaymentLinkSummary,
    Price,
    Product,
)
from tools.openapi.shown_events import (
    DeletedWebhookEndpoint,
    Event,
    EventDelivery,
    NewWebhookEndpoint,
    WebhookEndpoint,
)
from tools.openapi.shown_payments import CheckoutSession, PaymentIntent, Refund

ANSWERS: dict[str, type[Shown]] = {
    "GET /v1/account": Account,
    "POST /v1/account": Account,
    "POST /v1/products": Product,
    "GET /v1/products": Listed[Product],
    "GET /v1/products/{id}": Product,
    "POST /v1/products/{id}": Product,
    "POST /v1/prices": Price,
    "GET /v1/prices": Listed[Price],
    "GET /v1/prices/{id}": Price,
    "POST /v1/prices/{id}": Price,
    "POST /v1/payment_links": PaymentLink,
    "GET /v1/payment_links": Listed[PaymentLinkSummary],
    "GET /v1/payment_links/{id}": PaymentLink,
    "POST /v1/payment_links/{id}": PaymentLink,
    "GET /v1/payment_links/{id}/line_items": Listed[LinkLineItem],
    "POST /v1/checkout/sessions": CheckoutSession,
    "GET /v1/checkout/sessions": Listed[CheckoutSession],
    "GET /v1/checkout/sessions/{id}": CheckoutSession,
    "GET /v1/checkout/sessions/{id}/line_items": Listed[LineItem],
    "POST /v1/checkout/sessions/{id}/expire": CheckoutSession,
    "POST /v1/payment_intents": PaymentIntent,
    "GET /v1/payment_intents": Listed[PaymentIntent],
    "GET /v1/payment_intents/{id}": PaymentIntent,
    "POST /v1/payment_intents/{id}/cancel": PaymentIntent,
    "GET /v1/payment_methods/capabilities": Listed[Capability],
    "POST /v1/refunds": Refund,
    "GET /v1/refunds": Listed[Refund],
    "GET /v1/refunds/{id}": Refund,
    "GET /v1/events": Listed[Event],
    "GET /v1/events/{id}": Event,
    "POST /v1/events/{id}/retry": Event,
    "POST /v1/webhook_endpoints": NewWebhookEndpoint,
    "GET /v1/webhook_endpoints": Listed[WebhookEndpoint],
    "GET /v1/webhook_endpoints/{id}": WebhookEndpoint,
    "POST /v1/webhook_endpoints/{id}": WebhookEndpoint,
    "DELETE /v1/webhook_endpoints/{id}": DeletedWebhookEndpoint,
    "POST /v1/webhook_endpoints/{id}/roll_secret": NewWebhookEndpoint,
    "GET /v1/webhook_endpoints/{id}/deliveries": Listed[EventDelivery],
}
ALSO_SUCCEEDS: dict[str, dict[int, str]] = {
    "POST /v1/refunds": {202: "The refund is on its way; it is `pending`."}
}
