"""Products, prices and payment links: create and retrieve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.capabilities import Blame, check_payable
from chalicelib.domain.catalog import Price, Product, total_of
from chalicelib.domain.errors import ParameterInvalid, ResourceMissing
from chalicelib.domain.ids import Millis, PaymentLinkId, PriceId, ProductId, Tenant, ulid_of
from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import LinkItem, Offer, PaymentLink, offer_of
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.idempotency import once
from chalicelib.usecases.ports import Mint, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to be; `images` and `url` are checked https addresses."""

    name: str
    active: bool = True
    description: str | None = None
    images: tuple[str, ...] = ()
    url: str | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A price to be: of a product that stands, or of a new one."""

    unit_amount: Money
    product: str | NewProduct
    active: bool = True
    nickname: str | None = None
    lookup_key: str | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPaymentLink:
    """A link to be: the ids of prices, each with a quantity."""

    prices: Sequence[tuple[str, int]]
    payment_method_types: tuple[str, ...]
    active: bool = True
    expires_at: Millis | None = None
    inactive_message: str | None = None
    limit: int | None = None
    late_payment_policy: Policy | None = None
    duplicate_payment_policy: Policy | None = None
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
        metadata=new.metadata,
    )


def price_of(new: NewPrice, product: Product, mint: Mint, now: Millis) -> Price:
    """The price with its id."""
    return Price(
        id=PriceId(f"price_{mint.ulid()}"),
        product=product.id,
        unit_amount=new.unit_amount,
        created=now,
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


def create_payment_link(store: Store, mint: Mint, asking: Asking, new: NewPaymentLink) -> Offer:
    """A link that every one of its methods can be paid by; once per idempotency key.

    Raises ResourceMissing for an unknown price, InvalidRequest for an amount or currency that a
    method does not take.
    """
    priced = priced_items(store, asking.tenant, [id for id, _ in new.prices])
    link = PaymentLink(
        id=PaymentLinkId(f"plink_{mint.ulid()}"),
        slug=mint.secret()[:24],
        created=asking.now,
        items=tuple(
            LinkItem(f"li_{mint.ulid()}", PriceId(id), priced[PriceId(id)][1].id, quantity)
            for id, quantity in new.prices
        ),
        currency=priced[PriceId(new.prices[0][0])][0].unit_amount.currency,
        payment_method_types=new.payment_method_types,
        active=new.active,
        expires_at=new.expires_at,
        inactive_message=new.inactive_message,
        metadata=new.metadata,
        limit=new.limit,
        uses_remaining=new.limit,
        late_payment_policy=new.late_payment_policy,
        duplicate_payment_policy=new.duplicate_payment_policy,
    )
    offer = offer_of(
        link,
        {id: price for id, (price, _) in priced.items()},
        {product.id: product for _, product in priced.values()},
    )
    check_payable(
        total_of(offer.items), link.payment_method_types, Blame("line_items", "line_items")
    )
    claim = asking.claim("payment_links", link.id, offer)
    return once(
        lambda: store.add_payment_link(asking.tenant, link, claim),
        claim,
        offer,
        lambda id: retrieve_payment_link(store, asking.tenant, id),
    )


def retrieve_payment_link(store: Store, tenant: Tenant, id: str) -> Offer:
    """Raises ResourceMissing."""
    link = store.payment_link(tenant, PaymentLinkId(id)) if ulid_of(id, "plink") else None
    if link is None:
        raise ResourceMissing("payment link", id)
    return store.offer(tenant, link)


def priced_items(
    store: Store, tenant: Tenant, ids: Sequence[str]
) -> Mapping[PriceId, tuple[Price, Product]]:
    """Each price with its product, all of them standing and active.

    Raises ResourceMissing or ParameterInvalid, naming the line.
    """
    wanted = [PriceId(id) for id in ids if ulid_of(id, "price")]
    priced = store.priced(tenant, wanted) if wanted else {}
    for place, id in enumerate(ids):
        param = f"line_items[{place}][price]"
        if PriceId(id) not in priced:
            raise ResourceMissing("price", id, param=param)
        price, product = priced[PriceId(id)]
        if not price.active or not product.active:
            raise ParameterInvalid(f"The price '{id}' is archived.", param=param)
    return priced
