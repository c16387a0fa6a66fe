"""Checkout sessions, payment intents and refunds, as answers show them."""

from typing import Any, Literal

from pydantic import ConfigDict

from chalicelib.domain.link_forms import FieldType
from chalicelib.domain.payments import PaymentStatus, ReviewReason
from chalicelib.domain.refunds import REASONS
from tools.openapi.shown import (
    Amount,
    Currency,
    Display,
    Instant,
    IntentId,
    LinkId,
    Listed,
    Metadata,
    Method,
    RefundId,
    SessionId,
    Shown,
    maybe,
)
from tools.openapi.shown_catalog import Label, LineItem, PaymentLinkExpanded

RefundState = Literal["none", "partial", "full"]


class ShippingAddress(Shown):
    """Where to send it: `village` is the kelurahan, `district` the kecamatan."""

    line1: str
    village: str | None
    district: str | None
    city: str
    state: str
    postal_code: str
    country: str


class CustomerDetails(Shown):
    """What the shopper told."""

    name: str | None
    phone: str | None
    email: str | None
    address: ShippingAddress | None


class Value(Shown):
    """What the shopper answered."""

    value: str


class FieldAnswer(Shown):
    """An answer to a question of the merchant's own; it has the part that its type names."""

    key: str
    label: Label
    type: FieldType
    text: Value = maybe()
    numeric: Value = maybe()
    dropdown: Value = maybe()


class Utm(Shown):
    """Where the link was shared."""

    source: str | None
    medium: str | None
    campaign: str | None
    content: str | None
    term: str | None


class Side(Shown):
    """An amount in a review."""

    amount: Amount
    currency: Currency
    amount_display: Display


class Review(Shown):
    """Why a person has to look at the payment."""

    reason: ReviewReason
    expected: Side
    received: Side
    at: Instant


class Psp(Shown):
    """The payment's names at the provider."""

    name: Literal["wooshpay"]
    session: str | None
    payment_intent: str | None


class Shipping(Shown):
    """Where the provider's page may ask to ship to."""

    allowed_countries: list[str]


class MoneyBack(Shown):
    """What became of the money."""

    amount_display: Display
    amount_refunded: Amount
    amount_refund_pending: Amount
    amount_refundable: Amount
    refund_status: RefundState
    review: Review | None
    disputed: bool
    expires_at: Instant
    paid_at: Instant | None
    psp: Psp
    metadata: Metadata


class CheckoutSession(MoneyBack):
    """A checkout session, and what became of the money."""

    id: SessionId
    object: Literal["checkout.session"]
    created: Instant
    livemode: bool
    currency: Currency
    customer: str
    customer_email: str | None
    customer_details: CustomerDetails | None
    custom_fields: list[FieldAnswer]
    utm: Utm | None
    client_reference_id: str | None
    mode: Literal["payment"]
    status: Literal["open", "complete", "expired"]
    url: str | None
    success_url: str | None
    cancel_url: str | None
    status_url: str
    receipt_url: str | None
    line_items: Listed[LineItem]
    payment_intent: "IntentId | PaymentIntent"
    payment_method_types: list[Method]
    payment_method_type: str | None
    payment_status: PaymentStatus
    amount_subtotal: Amount
    amount_total: Amount
    billing_address_collection: Literal["auto", "required"]
    shipping_address_collection: Shipping | None
    payment_method_options: dict[str, Any]
    payment_link: LinkId | Literal[""] | PaymentLinkExpanded
    recovery_url: str | None
    client_secret: str


class Action(Shown):
    """Where the shopper is to go, under a name that the provider chose."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"additionalProperties": {"$ref": "#/components/schemas/Redirect"}},
    )

    type: str


class PaymentIntent(MoneyBack):
    """A payment intent, and what became of the money."""

    id: IntentId
    object: Literal["payment_intent"]
    created: Instant
    livemode: bool
    amount: Amount
    currency: Currency
    amount_capturable: Amount
    amount_received: Amount
    status: Literal[
        "requires_payment_method", "requires_action", "processing", "succeeded", "canceled"
    ]
    payment_status: PaymentStatus
    description: str | None
    merchant_order_id: str | None
    next_action: Action | None
    payment_method_types: list[Method]
    payment_method: str | None
    confirmation_method: Literal["automatic"]
    capture_method: Literal["automatic"]
    client_secret: str
    return_url: str | None
    checkout_session: SessionId | CheckoutSession
    status_url: str


class Refund(Shown):
    """A refund."""

    id: RefundId
    object: Literal["refund"]
    created: Instant
    livemode: bool
    amount: Amount
    amount_display: Display
    currency: Currency
    status: Literal["pending", "succeeded", "failed"]
    payment_intent: IntentId | PaymentIntent
    checkout_session: SessionId | CheckoutSession
    reason: Literal[REASONS] | None  # type: ignore[valid-type]
    failure_reason: str | None
    psp_refund: str | None
    metadata: Metadata
