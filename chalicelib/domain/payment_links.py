"""Payment links: the permanent offer that a merchant shares, and when it may be paid."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chalicelib.domain.catalog import LineItem, Price, Product, total_of
from chalicelib.domain.errors import (
    LinkClosed,
    OutOfStock,
    PaymentLinkInactive,
    PaymentLinkLimitReached,
)
from chalicelib.domain.ids import Millis, PaymentLinkId, PriceId, ProductId
from chalicelib.domain.link_forms import NOTHING_ASKED, Collect, CustomField
from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import Money


class Closed(StrEnum):
    """Why a link cannot be paid now."""

    PAUSED = "paused"
    EXPIRED = "expired"
    ARCHIVED = "archived"
    LIMIT_REACHED = "limit_reached"
    OUT_OF_STOCK = "out_of_stock"


class Then(StrEnum):
    """Where a shopper who has paid goes on."""

    CONFIRMATION = "hosted_confirmation"  # our own page
    REDIRECT = "redirect"  # the merchant's page
    CHAT = "chat"  # the merchant's chat


@dataclass(frozen=True, slots=True)
class AfterCompletion:
    """What follows a payment: the merchant's message on our page, or an address to go on to."""

    type: Then
    message: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class LinkItem:
    """One line of the offer: it names its price and product, which are read when it is opened."""

    id: str
    price: PriceId
    product: ProductId
    quantity: int
    adjustable: tuple[int, int] | None = None  # the shopper may choose from so many to so many
    variants: tuple[PriceId, ...] = ()  # other prices of the product, to choose from

    @property
    def prices(self) -> tuple[PriceId, ...]:
        """Every price that a shopper may choose, the usual one first."""
        return (self.price, *(id for id in self.variants if id != self.price))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """The offer. `slug` is the secret part of its public address and says nothing."""

    id: PaymentLinkId
    slug: str
    created: Millis
    updated: Millis
    items: tuple[LinkItem, ...]
    currency: str
    payment_method_types: tuple[str, ...]
    active: bool = True
    expires_at: Millis | None = None
    inactive_message: str | None = None
    metadata: Mapping[str, str]
    limit: int | None = None  # how many payments it may have; None: any number
    uses_remaining: int | None = None  # not paid and not held by a session that is open
    completed: int = 0  # payments that spent a use
    late_payment_policy: Policy | None = None  # None: the merchant's
    duplicate_payment_policy: Policy | None = None
    collect: Collect = NOTHING_ASKED
    custom_fields: tuple[CustomField, ...] = ()
    after_completion: AfterCompletion | None = None

    @property
    def is_limited(self) -> bool:
        """Whether each payment has to hold a use of it."""
        return self.limit is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A link with everything that its page shows, as it stands now."""

    link: PaymentLink
    items: tuple[LineItem, ...]
    variants: Mapping[str, tuple[Price, ...]] = field(default_factory=dict)  # by line

    @property
    def total(self) -> Money:
        """What one shopper pays."""
        return total_of(self.items)

    def closed(self, now: Millis) -> Closed | None:
        """Why it cannot be paid at `now`; None when it can. Expiry counts from its instant on."""
        if not self.link.active:
            return Closed.PAUSED
        if self.link.expires_at is not None and now >= self.link.expires_at:
            return Closed.EXPIRED
        if not all(item.product.active and item.price.active for item in self.items):
            return Closed.ARCHIVED
        if self.link.uses_remaining == 0:
            return Closed.LIMIT_REACHED
        return Closed.OUT_OF_STOCK if self._is_gone() else None

    def _is_gone(self) -> bool:
        """Whether fewer pieces are left of a product than the least that a shopper may buy."""
        wanted = Counter[ProductId]()
        for line in self.link.items:
            wanted[line.product] += line.adjustable[0] if line.adjustable else line.quantity
        left = {item.product.id: item.product.left for item in self.items}
        return any(
            pieces is not None and pieces < wanted[product] for product, pieces in left.items()
        )

    def must_be_open(self, now: Millis) -> None:
        """Raises LinkClosed with the reason when it cannot be paid at `now`."""
        reason = self.closed(now)
        if reason is not None:
            raise closed_because(reason, self.link.inactive_message)


def closed_because(reason: Closed, message: str | None = None) -> LinkClosed:
    """The error that says why; `message` is the merchant's own to shoppers."""
    sold_out = {Closed.LIMIT_REACHED: PaymentLinkLimitReached, Closed.OUT_OF_STOCK: OutOfStock}
    error = sold_out.get(reason, PaymentLinkInactive)
    gone = reason is Closed.OUT_OF_STOCK
    return error(
        "Too few pieces are left." if gone else f"This payment link is closed: {reason}.",
        user_message=message,
        details={"inactive_reason": reason.value},
    )


def offer_of(
    link: PaymentLink, prices: Mapping[PriceId, Price], products: Mapping[ProductId, Product]
) -> Offer:
    """The link's lines with their prices and products filled in."""
    items = tuple(
        LineItem(
            id=item.id,
            product=products[item.product],
            price=prices[item.price],
            quantity=item.quantity,
        )
        for item in link.items
    )
    variants = {item.id: tuple(prices[id] for id in item.prices) for item in link.items}
    return Offer(link=link, items=items, variants=variants)
