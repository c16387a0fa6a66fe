"""What the API takes of products and prices."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.domain.catalog import CustomAmount, Inventory
from chalicelib.domain.money import Money, decimal_places
from chalicelib.usecases.catalog import NewPrice, NewProduct, StockChange
from chalicelib.web.forms import (
    Address,
    Amount,
    Body,
    Currency,
    Flag,
    Id,
    Metadata,
    Name,
    Note,
    OrEmpty,
    Text,
    Whole,
    flag,
    one_of,
)

Pieces = Annotated[Whole, Field(ge=0, le=10**9)]
OrNothing = OrEmpty(lambda value: None if value == "" else value)
OrNone = OrEmpty(lambda value: [] if value == "" else value)


class InventoryData(Body):
    """How many pieces there are."""

    tracked: Flag = True
    available: Pieces

    def new(self) -> Inventory:
        """As the story takes it."""
        return Inventory(self.tracked, self.available)


class InventoryUpdate(Body):
    """A stock-take, or pieces that came (or, below zero, went)."""

    tracked: Flag | None = None
    available: Pieces | None = None
    add: Annotated[Whole, Field(ge=-(10**9), le=10**9)] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.available is not None and self.add is not None:
            raise PydanticCustomError("both", "give available or add, not both", {"param": "add"})
        if (self.tracked, self.available, self.add) == (None, None, None):
            raise PydanticCustomError("missing", "give tracked, available or add")
        return self

    def change(self) -> StockChange:
        """As the story takes it."""
        return StockChange(self.tracked, self.available, self.add)


class CustomUnitAmount(Body):
    """An amount that the shopper sets, in the currency's smallest unit."""

    enabled: Annotated[Literal[True], BeforeValidator(flag)] = True
    minimum: Amount
    maximum: Amount | None = None
    preset: Amount | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        most = self.minimum if self.maximum is None else self.maximum
        preset = self.minimum if self.preset is None else self.preset
        beyond = self.maximum is not None and preset > self.maximum
        if most < self.minimum or preset < self.minimum or beyond:
            raise PydanticCustomError("order", "minimum, preset and maximum are not in order")
        return self

    def new(self) -> CustomAmount:
        """As the story takes it."""
        return CustomAmount(self.minimum, self.maximum, self.preset)


class ProductData(Body):
    """A product."""

    name: Name
    active: Flag = True
    description: Text | None = None
    images: Annotated[list[Address], Field(max_length=8)] = []
    url: Address | None = None
    inventory: InventoryData | None = None
    metadata: Metadata = {}

    def new(self) -> NewProduct:
        """As the story takes it."""
        return NewProduct(
            name=self.name,
            active=self.active,
            description=self.description,
            images=tuple(self.images),
            url=self.url,
            inventory=self.inventory.new() if self.inventory else None,
            metadata=self.metadata,
        )


class PriceData(Body):
    """A price: of a standing product, or of one described here. Any billing scheme is per unit."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                one_of("unit_amount", "custom_unit_amount"),
                one_of("product", "product_data"),
            ]
        }
    )
    currency: Currency
    unit_amount: Amount | None = None
    custom_unit_amount: CustomUnitAmount | None = None
    product: Id | None = None
    product_data: ProductData | None = None
    active: Flag = True
    nickname: Note | None = None
    lookup_key: Note | None = None
    billing_scheme: Note | None = None
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _one_product(self) -> Self:
        if self.custom_unit_amount is not None and decimal_places(self.currency):
            raise PydanticCustomError(
                "decimals",
                "takes a currency without decimal places, such as IDR",
                {"param": "custom_unit_amount"},
            )
        if (self.unit_amount is None) == (self.custom_unit_amount is None):
            raise PydanticCustomError(
                "missing", "give unit_amount, or custom_unit_amount", {"param": "unit_amount"}
            )
        if (self.product is None) == (self.product_data is None):
            raise PydanticCustomError("missing", "give either product or product_data")
        return self

    def new(self) -> NewPrice:
        """As the story takes it."""
        data = self.product_data
        custom = self.custom_unit_amount.new() if self.custom_unit_amount else None
        usual = self.unit_amount
        if custom is not None:
            usual = custom.minimum if custom.preset is None else custom.preset
        assert usual is not None, "one of the two is given"
        return NewPrice(
            unit_amount=Money(usual, self.currency),
            custom=custom,
            product=data.new() if data is not None else str(self.product),
            active=self.active,
            nickname=self.nickname,
            lookup_key=self.lookup_key,
            metadata=self.metadata,
        )


class ProductUpdate(Body):
    """What may change of a product; null takes a text away."""

    name: Name | None = None
    active: Flag | None = None
    description: Text | None = None
    images: Annotated[list[Address] | None, Field(max_length=8), OrNone] = None
    url: Annotated[Address | None, OrNothing] = None
    inventory: InventoryUpdate | None = None
    metadata: Metadata = {}

    def changes(self) -> dict[str, Any]:
        """What was told, by our attribute."""
        told = given(self, ("description", "url"))
        if "images" in told:
            told["images"] = tuple(told["images"])
        told.pop("inventory", None)
        return told


class PriceUpdate(Body):
    """What may change of a price."""

    active: Flag | None = None
    nickname: Note | None = None
    lookup_key: Note | None = None
    metadata: Metadata = {}

    def changes(self) -> dict[str, Any]:
        """What was told, by our attribute."""
        return given(self, ("nickname", "lookup_key"))


def given(body: Body, optional: tuple[str, ...]) -> dict[str, Any]:
    """The fields that were told. An empty text or null takes one of `optional` away; of the others
    null changes nothing."""
    told = {name: getattr(body, name) for name in body.model_fields_set}
    kept = {name: value for name, value in told.items() if value is not None or name in optional}
    return {name: None if name in optional and value == "" else value
            for name, value in kept.items()}  # fmt: skip
