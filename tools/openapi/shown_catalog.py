"""Products, prices and payment links, as answers show them."""

from typing import Literal

from chalicelib.domain.link_forms import Ask, FieldType
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_links import Then
from tools.openapi.shown import (
    Amount,
    Currency,
    Display,
    Instant,
    ItemId,
    LinkId,
    Listed,
    Metadata,
    Method,
    PriceId,
    ProductId,
    Shown,
    maybe,
)


class Inventory(Shown):
    """How many pieces there are; `reserved` are held by sessions that are open."""

    tracked: bool
    available: int
    reserved: int


class Product(Shown):
    """A product."""

    id: ProductId
    object: Literal["product"]
    created: Instant
    livemode: bool
    active: bool
    name: str
    description: str | None
    images: list[str]
    url: str | None
    inventory: Inventory | None
    metadata: Metadata
    updated: Instant


class CustomUnitAmount(Shown):
    """An amount that the shopper sets."""

    enabled: Literal[True]
    minimum: Amount
    maximum: Amount | None
    preset: Amount | None


class Price(Shown):
    """A price; its product by id, or in full in a line and where it is expanded."""

    id: PriceId
    object: Literal["price"]
    created: Instant
    livemode: bool
    active: bool
    currency: Currency
    nickname: str | None
    product: ProductId | Product
    type: Literal["one_time"]
    unit_amount: Amount | None
    custom_unit_amount: CustomUnitAmount | None
    amount_display: Display
    billing_scheme: Literal["per_unit"]
    lookup_key: str | None
    metadata: Metadata


class LineItem(Shown):
    """A line, with price and product in full."""

    id: ItemId
    object: Literal["item"]
    currency: Currency
    description: str
    price: Price
    quantity: int
    amount_subtotal: Amount
    amount_total: Amount
    amount_display: Display


class AdjustableQuantity(Shown):
    """How many the shopper may choose."""

    enabled: Literal[True]
    minimum: int
    maximum: int


class LinkLineItem(LineItem):
    """A line of a payment link, with what a shopper may choose of it."""

    adjustable_quantity: AdjustableQuantity | None
    variants: list[Price]


class CompletedSessions(Shown):
    """`count` are paid, `pending` are held by sessions that are open."""

    limit: int
    count: int
    pending: int


class Restrictions(Shown):
    """What a link is limited to."""

    completed_sessions: CompletedSessions


class Collect(Shown):
    """What is asked about the shopper."""

    name: Ask
    phone: Ask
    email: Ask
    shipping_address: Ask


class Label(Shown):
    """What the shopper reads."""

    type: Literal["custom"]
    custom: str


class Choice(Shown):
    """One choice of a dropdown."""

    label: str
    value: str


class Dropdown(Shown):
    """What there is to choose from."""

    options: list[Choice]
    default_value: str | None


class Written(Shown):
    """How long an answer may be."""

    minimum_length: int | None
    maximum_length: int | None
    default_value: str | None


class Question(Shown):
    """A question of the merchant's own; of `text`, `numeric` and `dropdown` it has its type's."""

    key: str
    label: Label
    type: FieldType
    optional: bool
    text: Written = maybe()
    numeric: Written = maybe()
    dropdown: Dropdown = maybe()


class Confirmation(Shown):
    """What our page says to a shopper who has paid."""

    custom_message: str | None


class Redirect(Shown):
    """Where a shopper who has paid goes on."""

    url: str


class AfterCompletion(Shown):
    """What follows a payment; it has the part that its type names."""

    type: Then
    hosted_confirmation: Confirmation = maybe()
    redirect: Redirect = maybe()


class PaymentLinkSummary(Shown):
    """A payment link as a list has it."""

    id: LinkId
    object: Literal["payment_link"]
    created: Instant
    updated: Instant
    livemode: bool
    active: bool
    url: str
    slug: str
    currency: Currency
    payment_method_types: list[Method]
    expires_at: Instant | None
    inactive_message: str | None
    restrictions: Restrictions | None
    late_payment_policy: Policy | None
    duplicate_payment_policy: Policy | None
    collect: Collect
    custom_fields: list[Question]
    after_completion: AfterCompletion
    metadata: Metadata


class PaymentLinkExpanded(PaymentLinkSummary):
    """A payment link where another object's id was expanded: with its lines."""

    line_items: Listed[LinkLineItem]


class Share(Shown):
    """What puts a link into a chat: the message in Indonesian, addresses that open each app."""

    text: str
    whatsapp_url: str
    telegram_url: str
    line_url: str
    qr_svg_url: str
    qr_png_url: str


class Preview(Shown):
    """What a chat will show of the link."""

    title: str
    description: str
    image: str | None
    version: str


class PaymentLink(PaymentLinkExpanded):
    """A payment link with its lines, how to share it and what a chat will show of it."""

    share: Share
    preview: Preview
