"""Products and prices: create, retrieve and update."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from chalicelib.domain.catalog import CustomAmount, Inventory, Price, Product, merged
from chalicelib.domain.errors import (
    InvalidRequest,
    NotReadyYet,
    ParameterInvalid,
    ResourceMissing,
)
from chalicelib.domain.ids import Millis, PriceId, ProductId, Tenant, ulid_of
from chalicelib.domain.money import Money
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.idempotency import earlier, once
from chalicelib.usecases.ports import Mint, Store

T = TypeVar("T")
TRIES = 3
Changes = Mapping[str, Any]  # attributes of ours with their new values


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be; `images` and `url` are checked https addresses."""

    name: str
    active: bool = True
    description: str | None = None
    images: tuple[str, ...] = ()
    url: str | None = None
    inventory: Inventory | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price to be: of a product that stands, or of a new one."""

    unit_amount: Money
    custom: CustomAmount | None = None
    product: str | NewProduct
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    metadata: Mapping[str, str]


def product_of(new: NewProduct, mint: Mint, now: Millis) -> Product:
    """The product with its id."""
    return Product(
        id=ProductId(f"prod_{mint.ulid()}"),
        name=new.name,
        created=now,
        updated=now,
        active=new.active,
        description=new.description,
        images=new.images,
        url=new.url,
        inventory=new.inventory,
        metadata=new.metadata,
    )


def price_of(new: NewPrice, product: Product, mint: Mint, now: Millis) -> Price:
    """The price with its id."""
    return Price(
        id=PriceId(f"price_{mint.ulid()}"),
        product=product.id,
        unit_amount=new.unit_amount,
        created=now,
        updated=now,
        custom=new.custom,
        active=new.active,
        nickname=new.nickname,
        lookup_key=new.lookup_key,
        metadata=new.metadata,
    )


def create_product(store: Store, mint: Mint, asking: Asking, new: NewProduct) -> Product:
    """A product, once per idempotency key."""
    product = product_of(new, mint, asking.now)
    claim = asking.claim("products", product.id, product)
    return once(
        lambda: store.add_product(asking.tenant, product, claim),
        claim,
        product,
        lambda id: retrieve_product(store, asking.tenant, id),
    )


def retrieve_product(store: Store, tenant: Tenant, id: str) -> Product:
    """Raises ResourceMissing."""
    product = store.product(tenant, ProductId(id)) if ulid_of(id, "prod") else None
    if product is None:
        raise ResourceMissing("product", id)
    return product


def update_product(
    store: Store, asking: Asking, id: str, changes: Changes, stock: "StockChange | None"
) -> Product:
    """The product with these changes; `metadata` is merged. Raises ResourceMissing,
    ParameterInvalid."""

    def change() -> Product:
        before = retrieve_product(store, asking.tenant, id)
        after = replace(before, **_told(before, changes), updated=later(asking.now, before.updated))
        if stock is not None:
            after = replace(after, inventory=stock.of(before.inventory))
        shift = stock.add if stock and before.inventory else None
        claim = asking.claim("products_update", id, after)
        return once(
            lambda: store.update_product(asking.tenant, before, after, shift, claim),
            claim,
            after,
            lambda id: retrieve_product(store, asking.tenant, id),
        )

    return insisting(
        change, lambda: told_before(store, asking, "products_update", id, retrieve_product)
    )


@dataclass(frozen=True, slots=True)
class StockChange:
    """A stock-take (`available`), or pieces that came or went (`add`); which one is counted from
    what is there when it is written."""

    tracked: bool | None = None
    available: int | None = None
    add: int | None = None

    def of(self, before: Inventory | None) -> Inventory:
        """The count after it; raises ParameterInvalid below zero."""
        had = before or Inventory(True, 0)
        available = had.available if self.available is None else self.available
        available += self.add or 0
        if available < 0:
            raise ParameterInvalid(f"Only {had.available} are available.", param="inventory[add]")
        tracked = had.tracked if self.tracked is None else self.tracked
        return replace(had, tracked=tracked, available=available)


def update_price(store: Store, asking: Asking, id: str, changes: Changes) -> Price:
    """The price with these changes; never another amount. Raises ResourceMissing."""

    def change() -> Price:
        before = retrieve_price(store, asking.tenant, id)
        after = replace(before, **_told(before, changes), updated=later(asking.now, before.updated))
        claim = asking.claim("prices_update", id, after)
        return once(
            lambda: store.update_price(asking.tenant, before, after, claim),
            claim,
            after,
            lambda id: retrieve_price(store, asking.tenant, id),
        )

    return insisting(
        change, lambda: told_before(store, asking, "prices_update", id, retrieve_price)
    )


def insisting(change: Callable[[], T], before: Callable[[], T | None]) -> T:
    """A change of what was just read, tried again when somebody else changed it meanwhile; one that
    cannot be made any more may be the one that was made `before`."""
    for _ in range(TRIES):
        try:
            return change()
        except Lost:
            continue
        except (InvalidRequest, ResourceMissing):
            made = before()
            if made is None:
                raise
            return made
    raise NotReadyYet("It is being changed by somebody else. Try again.")


def told_before(
    store: Store, asking: Asking, scope: str, id: str, again: Callable[[Store, Tenant, str], T]
) -> T | None:
    """What came of the same request before, if it did; raises like `once`."""
    claim = asking.claim(scope, id)
    taken = store.claim(asking.tenant, claim) if claim else None
    return again(store, asking.tenant, earlier(taken, claim)) if taken else None


def later(now: Millis, before: Millis) -> Millis:
    """When it was changed: never the same instant twice, for the instant is the guard."""
    return Millis(max(now, before + 1))


def _told(before: Product | Price, changes: Changes) -> dict[str, Any]:
    told = dict(changes)
    if "metadata" in told:
        told["metadata"] = merged(before.metadata, told["metadata"])
    return told


def create_price(store: Store, mint: Mint, asking: Asking, new: NewPrice) -> Price:
    """A price, and its product when that is given as data; once per idempotency key."""
    product = (
        product_of(new.product, mint, asking.now)
        if isinstance(new.product, NewProduct)
        else standing_product(store, asking.tenant, new.product)
    )
    price = price_of(new, product, mint, asking.now)
    claim = asking.claim("prices", price.id, price)
    fresh = product if isinstance(new.product, NewProduct) else None
    return once(
        lambda: store.add_price(asking.tenant, price, fresh, claim),
        claim,
        price,
        lambda id: retrieve_price(store, asking.tenant, id),
    )


def standing_product(store: Store, tenant: Tenant, id: str) -> Product:
    """A product that a request names; raises ResourceMissing, blaming `product`."""
    product = store.product(tenant, ProductId(id)) if ulid_of(id, "prod") else None
    if product is None:
        raise ResourceMissing("product", id, param="product")
    return product


def retrieve_price(store: Store, tenant: Tenant, id: str) -> Price:
    """Raises ResourceMissing."""
    price = store.price(tenant, PriceId(id)) if ulid_of(id, "price") else None
    if price is None:
        raise ResourceMissing("price", id)
    return price


def priced_items(
    store: Store, tenant: Tenant, asked: Sequence[tuple[str, str]]
) -> Mapping[PriceId, tuple[Price, Product]]:
    """Each price with its product, all of them standing and active; `asked` are ids, each with the
    field that it came from.

    Raises ResourceMissing or ParameterInvalid, naming the field.
    """
    wanted = [PriceId(id) for id, _ in asked if ulid_of(id, "price")]
    priced = store.priced(tenant, wanted) if wanted else {}
    for id, param in asked:
        if PriceId(id) not in priced:
            raise ResourceMissing("price", id, param=param)
        price, product = priced[PriceId(id)]
        if not price.active or not product.active:
            raise ParameterInvalid(f"The price '{id}' is archived.", param=param)
    return priced
