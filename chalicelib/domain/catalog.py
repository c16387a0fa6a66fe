"""What a merchant sells: products, and prices, whose amount never changes."""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import Millis, PriceId, ProductId
from chalicelib.domain.money import LARGEST_AMOUNT, Money, add_up

MOST_LINE_ITEMS = 20
MOST_METADATA = 50


@dataclass(frozen=True, slots=True)
class Inventory:
    """How many pieces are left to sell, and how many are held by sessions that are open."""

    tracked: bool
    available: int
    reserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A thing for sale. Archived, never deleted: `active` false."""

    id: ProductId
    name: str
    created: Millis
    updated: Millis
    active: bool = True
    description: str | None = None
    images: tuple[str, ...] = ()
    url: str | None = None
    inventory: Inventory | None = None  # None: never counted
    metadata: Mapping[str, str]

    @property
    def left(self) -> int | None:
        """How many may still be sold; None: any number."""
        counted = self.inventory is not None and self.inventory.tracked
        return self.inventory.available if counted and self.inventory else None


@dataclass(frozen=True, slots=True)
class CustomAmount:
    """The shopper sets the amount, within these bounds (smallest unit of the currency)."""

    minimum: int
    maximum: int | None = None
    preset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one piece of a product costs. Another amount is another price.

    With `custom` the shopper sets it, and `unit_amount` is the preset, or else the minimum.
    """

    id: PriceId
    product: ProductId
    unit_amount: Money
    created: Millis
    updated: Millis
    custom: CustomAmount | None = None
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineItem:
    """A number of pieces at a price, with product and price as they were when it was made."""

    id: str
    product: Product
    price: Price
    quantity: int

    @property
    def total(self) -> Money:
        """Price times quantity."""
        return self.price.unit_amount.times(self.quantity)


def merged(before: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    """Metadata after an update: what is told is added or replaced, an empty text takes it away."""
    after = {name: value for name, value in {**before, **told}.items() if value != ""}
    if len(after) > MOST_METADATA:
        raise ParameterInvalid(f"At most {MOST_METADATA} keys.", param="metadata")
    return after


def total_of(items: tuple[LineItem, ...]) -> Money:
    """What all items cost together; raises ParameterInvalid for mixed currencies or a huge sum."""
    if len({item.price.unit_amount.currency for item in items}) != 1:
        raise ParameterInvalid("All line items must have one currency.", param="line_items")
    amount = sum(item.price.unit_amount.amount * item.quantity for item in items)
    if amount > LARGEST_AMOUNT:
        raise ParameterInvalid("The line items add up to more than 10^12.", param="line_items")
    return add_up([item.total for item in items])
