"""What a merchant sets up, as items and back: two functions a kind."""

from dataclasses import replace

from chalicelib.adapters.dynamodb.item_forms import REMEMBERED_TEXT, Read, item_of, listed
from chalicelib.adapters.dynamodb.keys import MERCHANTS
from chalicelib.adapters.dynamodb.writes import Item, Value
from chalicelib.domain.catalog import LineItem, Price, Product
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentLinkId,
    PriceId,
    ProductId,
    Tenant,
)
from chalicelib.domain.merchants import ApiKey, Merchant, Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import LinkItem, PaymentLink


def merchant_to_item(merchant: Merchant) -> Item:
    return {
        **item_of(
            "merchant",
            id=merchant.id,
            name=merchant.name,
            created=merchant.created,
            late_payment_policy=merchant.late_payment_policy.value,
            duplicate_payment_policy=merchant.duplicate_payment_policy.value,
        ),
        "lp": MERCHANTS,
        "ls": merchant.id,
    }


def merchant_from_item(item: Read) -> Merchant:
    usual = Policy.HOLD.value
    return Merchant(
        id=MerchantId(item["id"]),
        name=item["name"],
        created=Millis(item["created"]),
        late_payment_policy=Policy(item.get("late_payment_policy", usual)),
        duplicate_payment_policy=Policy(item.get("duplicate_payment_policy", usual)),
    )


def api_key_to_item(key: ApiKey) -> Item:
    return item_of(
        "api_key",
        merchant=key.tenant.merchant,
        livemode=key.tenant.livemode,
        sha256=key.sha256,
        last4=key.last4,
        created=key.created,
        revoked_at=key.revoked_at,
    )


def api_key_from_item(item: Read) -> ApiKey:
    return ApiKey(
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        sha256=item["sha256"],
        last4=item["last4"],
        created=Millis(item["created"]),
        revoked_at=item.get("revoked_at"),
    )


def _product(product: Product) -> Item:
    return item_of(
        "product",
        id=product.id,
        name=product.name,
        created=product.created,
        updated=product.updated,
        active=product.active,
        description=product.description,
        images=list(product.images),
        url=product.url,
        metadata=dict(product.metadata),
    )


def product_to_item(tenant: Tenant, product: Product) -> Item:
    return {**_product(product), **listed(tenant, "product", product.id)}


def product_from_item(item: Read) -> Product:
    return Product(
        id=ProductId(item["id"]),
        name=item["name"],
        created=Millis(item["created"]),
        updated=Millis(item["updated"]),
        active=item["active"],
        description=item.get("description"),
        images=tuple(item["images"]),
        url=item.get("url"),
        metadata=item["metadata"],
    )


def _price(price: Price) -> Item:
    return item_of(
        "price",
        id=price.id,
        product=price.product,
        unit_amount=price.unit_amount.amount,
        currency=price.unit_amount.currency,
        created=price.created,
        active=price.active,
        nickname=price.nickname,
        lookup_key=price.lookup_key,
        metadata=dict(price.metadata),
    )


def price_to_item(tenant: Tenant, price: Price) -> Item:
    return {**_price(price), **listed(tenant, "price", price.id)}


def price_from_item(item: Read) -> Price:
    return Price(
        id=PriceId(item["id"]),
        product=ProductId(item["product"]),
        unit_amount=Money(item["unit_amount"], item["currency"]),
        created=Millis(item["created"]),
        active=item["active"],
        nickname=item.get("nickname"),
        lookup_key=item.get("lookup_key"),
        metadata=item["metadata"],
    )


def line_item_to_item(item: LineItem) -> Item:
    """A line as a payment remembers it: what was shown and asked, not all that stands in the
    catalogue, for a payment of twenty lines has to stay far below DynamoDB's 400 KB an item."""
    product = replace(
        item.product,
        description=item.product.description and item.product.description[:REMEMBERED_TEXT],
        images=item.product.images[:1],
        metadata={},
    )
    return {
        "id": item.id,
        "product": _product(product),
        "price": _price(replace(item.price, metadata={})),
        "quantity": item.quantity,
    }


def line_item_from_item(item: Read) -> LineItem:
    """What `line_item_to_item` made."""
    return LineItem(
        id=item["id"],
        product=product_from_item(item["product"]),
        price=price_from_item(item["price"]),
        quantity=item["quantity"],
    )


def payment_link_to_item(tenant: Tenant, link: PaymentLink) -> Item:
    lines: list[Value] = [
        {"id": line.id, "price": line.price, "product": line.product, "quantity": line.quantity}
        for line in link.items
    ]
    return {
        **item_of(
            "payment_link",
            id=link.id,
            slug=link.slug,
            created=link.created,
            items=lines,
            currency=link.currency,
            payment_method_types=list(link.payment_method_types),
            active=link.active,
            expires_at=link.expires_at,
            inactive_message=link.inactive_message,
            metadata=dict(link.metadata),
            limit=link.limit,
            uses_remaining=link.uses_remaining,
            completed=link.completed,
            late_payment_policy=_policy(link.late_payment_policy),
            duplicate_payment_policy=_policy(link.duplicate_payment_policy),
        ),
        **listed(tenant, "payment_link", link.id),
    }


def payment_link_from_item(item: Read) -> PaymentLink:
    lines = tuple(
        LinkItem(line["id"], PriceId(line["price"]), ProductId(line["product"]), line["quantity"])
        for line in item["items"]
    )
    return PaymentLink(
        id=PaymentLinkId(item["id"]),
        slug=item["slug"],
        created=Millis(item["created"]),
        items=lines,
        currency=item["currency"],
        payment_method_types=tuple(item["payment_method_types"]),
        active=item["active"],
        expires_at=item.get("expires_at"),
        inactive_message=item.get("inactive_message"),
        metadata=item["metadata"],
        limit=item.get("limit"),
        uses_remaining=item.get("uses_remaining"),
        completed=item.get("completed", 0),
        late_payment_policy=_policy_from(item.get("late_payment_policy")),
        duplicate_payment_policy=_policy_from(item.get("duplicate_payment_policy")),
    )


def _policy(policy: Policy | None) -> str | None:
    return None if policy is None else policy.value


def _policy_from(text: str | None) -> Policy | None:
    return None if text is None else Policy(text)


def slug_to_item(tenant: Tenant, link: PaymentLink) -> Item:
    """All that must be known to read the rest of a link in one more call."""
    return item_of(
        "slug",
        merchant=tenant.merchant,
        livemode=tenant.livemode,
        link=link.id,
        prices=[line.price for line in link.items],
        products=list(dict.fromkeys(line.product for line in link.items)),
    )
