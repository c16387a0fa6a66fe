"""Payment links: the permanent offer that a merchant shares, and when it may be paid."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.catalog import LineItem, Price, Product, total_of
from chalicelib.domain.errors import LinkClosed, PaymentLinkInactive, PaymentLinkLimitReached
from chalicelib.domain.ids import Millis, PaymentLinkId, PriceId, ProductId
from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import Money


class Closed(StrEnum):
    """Why a link cannot be paid now."""

    PAUSED = "paused"
    EXPIRED = "expired"
    ARCHIVED = "archived"
    LIMIT_REACHED = "limit_reached"


@dataclass(frozen=True, slots=True)
class LinkItem:
    """One line of the offer: it names its price and product, which are read when it is opened."""

    id: str
    price: PriceId
    product: ProductId
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentLink:
    """The offer. `slug` is the secret part of its public address and says nothing."""

    id: PaymentLinkId
    slug: str
    created: Millis
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

    @property
    def is_limited(self) -> bool:
        """Whether each payment has to hold a use of it."""
        return self.limit is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A link with everything that its page shows, as it stands now."""

    link: PaymentLink
    items: tuple[LineItem, ...]

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
        return None

    def must_be_open(self, now: Millis) -> None:
        """Raises LinkClosed with the reason when it cannot be paid at `now`."""
        reason = self.closed(now)
        if reason is not None:
            raise closed_because(reason, self.link.inactive_message)


def closed_because(reason: Closed, message: str | None = None) -> LinkClosed:
    """The error that says why; `message` is the merchant's own to shoppers."""
    sold_out = reason is Closed.LIMIT_REACHED
    error = PaymentLinkLimitReached if sold_out else PaymentLinkInactive
    return error(
        f"This payment link is closed: {reason}.",
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
    return Offer(link=link, items=items)
