"""Events, webhook endpoints and deliveries as the API shows them."""

from typing import Annotated, Literal

from pydantic import Field

from chalicelib.domain.event_deliveries import DeliveryStatus
from chalicelib.domain.events import EventType
from chalicelib.domain.merchants import Policy
from tools.openapi.shown import (
    AccountId,
    Branding,
    Contact,
    EndpointId,
    EventId,
    Instant,
    Metadata,
    Shown,
)
from tools.openapi.shown_catalog import PaymentLinkSummary, Price, Product
from tools.openapi.shown_payments import CheckoutSession, PaymentIntent, Refund

Secret = Annotated[
    str, Field(pattern="^whsec_[A-Za-z0-9+/]{43}=$", description="Shown now, and never again.")
]


class AccountThen(Shown):
    """The merchant's account as it was; what is connected is not told."""

    id: AccountId
    object: Literal["account"]
    created: Instant
    livemode: bool
    name: str
    branding: Branding
    contact: Contact
    late_payment_policy: Policy
    duplicate_payment_policy: Policy


class WebhookEndpoint(Shown):
    """An address, or a Telegram chat, that is told of events; `disabled_reason` is `merchant`,
    `failing` or `gone`."""

    id: EndpointId
    object: Literal["webhook_endpoint"]
    created: Instant
    updated: Instant
    livemode: bool
    url: str
    enabled_events: list[str]
    description: str | None
    status: Literal["enabled", "disabled"]
    disabled_reason: Literal["merchant", "failing", "gone"] | None
    failing_since: Instant | None
    api_version: None
    metadata: Metadata


class NewWebhookEndpoint(WebhookEndpoint):
    """A webhook endpoint with a secret that was just made; a Telegram chat has none."""

    secret: Secret | None


class DeletedWebhookEndpoint(Shown):
    """What is left of one."""

    id: EndpointId
    object: Literal["webhook_endpoint"]
    deleted: Literal[True]


class EventData(Shown):
    """What an event is about, as it was then."""

    object: Annotated[
        AccountThen
        | CheckoutSession
        | PaymentIntent
        | PaymentLinkSummary
        | Price
        | Product
        | Refund
        | WebhookEndpoint,
        Field(discriminator="object"),
    ]


class EventRequest(Shown):
    """The request that made it happen."""

    id: str
    idempotency_key: None


class Event(Shown):
    """Something that happened; `pending_webhooks` of its deliveries have not ended."""

    id: EventId
    object: Literal["event"]
    created: Instant
    livemode: bool
    type: EventType
    api_version: None
    data: EventData
    pending_webhooks: Annotated[int, Field(ge=0)]
    request: EventRequest | None


class EventDelivery(Shown):
    """An event on its way to a webhook endpoint, and what came of the last attempt."""

    object: Literal["event_delivery"]
    id: EventId
    event: EventId
    type: EventType
    webhook_endpoint: EndpointId
    created: Instant
    status: DeliveryStatus
    attempts: Annotated[int, Field(ge=0)]
    last_attempt_at: Instant | None
    next_attempt_at: Instant | None
    response_status: int | None
    error: str | None
    duration_ms: int | None
