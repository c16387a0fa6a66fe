"""What each page shows, as plain values.

Amounts and times arrive ready to read ("Rp20.000"). Every text may be hostile: safe.py.
"""

from dataclasses import dataclass
from typing import Literal

from chalicelib.web.pages.form_views import EMPTY_FORM, FormView

ClosedReason = Literal["paused", "expired", "archived", "limit_reached", "out_of_stock"]
State = Literal["paid", "unpaid", "processing", "failed", "expired", "canceled", "review"]
Refund = Literal["none", "partial", "full"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a shop looks: its picture's https address, and its colour as `#rrggbb`."""

    logo: str | None = None
    color: str | None = None


PLAIN = Look()


@dataclass(frozen=True, slots=True)
class ItemView:
    """One line: `quantity` pieces at `unit_price` each, `total` together; `variant` is which of
    several was chosen."""

    name: str
    description: str | None
    image: str | None
    quantity: int
    unit_price: str
    total: str
    variant: str | None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """A link that can be paid. The form posts `attempt` to `pay_url`.

    `page_url` is the page's own full address; `methods` are the provider's names ("dana").
    `least`: the shopper sets the amount, from this on. `indexable` lets search engines show it;
    `kept` is what the page's address fills in.
    """

    shop: str
    items: tuple[ItemView, ...]
    total: str
    pay_url: str
    attempt: str
    page_url: str
    methods: tuple[str, ...]
    indexable: bool = False
    least: str | None = None
    form: FormView = EMPTY_FORM
    kept: tuple[tuple[str, str], ...] = ()
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class ConfirmView:
    """A tap that may not have been a person's: what would be paid, for one more look.

    The form posts `fields`, names and values, again.
    """

    shop: str
    items: tuple[ItemView, ...]
    total: str
    pay_url: str
    fields: tuple[tuple[str, str], ...]
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class ClosedView:
    """A link that exists and cannot be paid; `message` is the merchant's own explanation.

    `chat_url` opens a chat with the seller.
    """

    shop: str | None
    title_item: str | None
    reason: ClosedReason
    message: str | None
    total: str | None = None
    page_url: str | None = None
    chat_url: str | None = None
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a shopper who has paid may go: the merchant's page, or the chat with the seller.

    `by_itself` goes there after a few seconds.
    """

    to: Literal["page", "chat"]
    url: str
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class StatusView:
    """How a payment stands. `live` means that the answer is still to come.

    `retry_url` is offered only in the states where a new payment cannot become a second one.
    `page_url` is the page's own address, `status_url` and `receipt_url` lead to the other one.
    `answers` are what the buyer told, label and value; `message` is the merchant's own.
    """

    shop: str
    state: State
    refund: Refund
    items: tuple[ItemView, ...]
    total: str
    refunded: str | None
    reference: str
    paid_at: str | None
    retry_url: str | None
    live: bool
    page_url: str | None = None
    status_url: str | None = None
    receipt_url: str | None = None
    method: str | None = None
    answers: tuple[tuple[str, str], ...] = ()
    message: str | None = None
    onward: Onward | None = None
    look: Look = PLAIN


@dataclass(frozen=True, slots=True)
class MessageView:
    """Something went wrong; `code` is the HTTP status."""

    title: str
    text: str
    code: int
