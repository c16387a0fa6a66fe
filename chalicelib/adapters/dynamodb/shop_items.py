"""What a merchant sets up, as items and back: two functions a kind."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from chalicelib.adapters.dynamodb.item_forms import (
    REMEMBERED_TEXT,
    SCHEMA,
    Read,
    in_set,
    item_of,
    item_without_nones,
    listed,
)
from chalicelib.adapters.dynamodb.keys import MERCHANTS, active_set, lookup_set, set_of
from chalicelib.adapters.dynamodb.writes import Item, Value
from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.catalog import CustomAmount, Inventory, LineItem, Price, Product
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentLinkId,
    PriceId,
    ProductId,
    Tenant,
)
from chalicelib.domain.link_forms import Ask, Collect, CustomField, FieldType
from chalicelib.domain.merchants import Branding, Contact, Merchant, Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import AfterCompletion, LinkItem, PaymentLink, Then


def merchant_to_item(merchant: Merchant) -> Item:
    return {
        **item_of(
            "merchant",
            id=merchant.id,
            name=merchant.name,
            created=merchant.created,
            late_payment_policy=merchant.late_payment_policy.value,
            duplicate_payment_policy=merchant.duplicate_payment_policy.value,
            branding=_given(merchant.branding),
            contact=_given(merchant.contact),
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
        branding=Branding(**item.get("branding", {})),
        contact=Contact(**item.get("contact", {})),
    )


def _given(part: Branding | Contact) -> Item | None:
    """What is set of it."""
    return {name: value for name, value in asdict(part).items() if value is not None} or None


def api_key_to_item(key: ApiKey) -> Item:
    return item_of(
        "api_key",
        merchant=key.tenant.merchant,
        livemode=key.tenant.livemode,
        sha256=key.sha256,
        last4=key.last4,
        created=key.created,
        scopes=None if key.scopes is None else [scope.value for scope in sorted(key.scopes)],
        name=key.name,
        last_used=key.last_used,
        valid_until=key.valid_until,
        revoked_at=key.revoked_at,
    )


def api_key_from_item(item: Read) -> ApiKey:
    return ApiKey(
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        sha256=item["sha256"],
        last4=item["last4"],
        created=Millis(item["created"]),
        scopes=_scopes_from(item["scopes"]) if "scopes" in item else None,
        name=item.get("name"),
        last_used=item.get("last_used"),
        valid_until=item.get("valid_until"),
        revoked_at=item.get("revoked_at"),
    )


def _scopes_from(words: Sequence[str]) -> frozenset[Scope]:
    """One that nobody knows (any more, or yet) gives nothing."""
    known = {scope.value: scope for scope in Scope}
    return frozenset(known[word] for word in words if word in known)


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
    stock = product.inventory
    counts: Item = (
        {"tracked": stock.tracked, "available": stock.available, "reserved": stock.reserved}
        if stock
        else {}
    )
    return {
        **_product(product),
        **counts,
        **listed(tenant, "product", product.id),
        **in_set(active_set(tenant, "product", product.active), product.id),
    }


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
        inventory=(
            Inventory(item["tracked"], item["available"], item["reserved"])
            if "tracked" in item
            else None
        ),
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
        updated=price.updated,
        custom=_custom(price.custom) if price.custom else None,
        active=price.active,
        nickname=price.nickname,
        lookup_key=price.lookup_key,
        metadata=dict(price.metadata),
    )


def _custom(custom: CustomAmount) -> Item:
    return {"minimum": custom.minimum, "maximum": custom.maximum, "preset": custom.preset}


def price_to_item(tenant: Tenant, price: Price) -> Item:
    return {
        **_price(price),
        **listed(tenant, "price", price.id),
        **in_set(set_of(tenant, "price", price.product), price.id),
    }


def lookup_to_item(tenant: Tenant, price: Price) -> Item:
    """The price once more, in the set of its lookup key; an empty shell without one."""
    if price.lookup_key is None:
        return {"kind": "price_lookup", "schema": SCHEMA}
    place = in_set(lookup_set(tenant, price.lookup_key), price.id)
    return {**_price(price), "kind": "price_lookup", **place}


def price_from_item(item: Read) -> Price:
    return Price(
        id=PriceId(item["id"]),
        product=ProductId(item["product"]),
        unit_amount=Money(item["unit_amount"], item["currency"]),
        created=Millis(item["created"]),
        updated=Millis(item["updated"]),
        custom=CustomAmount(**item["custom"]) if "custom" in item else None,
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
        "price": _price(replace(item.price, metadata={}, custom=None)),
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
    lines: list[Value] = [_link_item(line) for line in link.items]
    asked = {name: ask.value for name, ask in asdict(link.collect).items() if ask is not Ask.NONE}
    fields: list[Value] = [_field(each) for each in link.custom_fields]
    return {
        **item_of(
            "payment_link",
            id=link.id,
            slug=link.slug,
            created=link.created,
            updated=link.updated,
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
            collect=asked or None,
            custom_fields=fields or None,
            after_completion=after_to_item(link.after_completion),
        ),
        **listed(tenant, "payment_link", link.id),
        **in_set(active_set(tenant, "payment_link", link.active), link.id),
    }


def payment_link_from_item(item: Read) -> PaymentLink:
    lines = tuple(_link_item_from(line) for line in item["items"])
    return PaymentLink(
        id=PaymentLinkId(item["id"]),
        slug=item["slug"],
        created=Millis(item["created"]),
        updated=Millis(item["updated"]),
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
        collect=Collect(**{name: Ask(ask) for name, ask in item.get("collect", {}).items()}),
        custom_fields=tuple(_field_from(each) for each in item.get("custom_fields", ())),
        after_completion=after_from_item(item.get("after_completion")),
    )


def _link_item(line: LinkItem) -> Item:
    return item_without_nones(
        id=line.id,
        price=line.price,
        product=line.product,
        quantity=line.quantity,
        adjustable=list(line.adjustable) if line.adjustable else None,
        variants=list(line.variants) or None,
    )


def _link_item_from(line: Read) -> LinkItem:
    adjustable = line.get("adjustable")
    return LinkItem(
        id=line["id"],
        price=PriceId(line["price"]),
        product=ProductId(line["product"]),
        quantity=line["quantity"],
        adjustable=(adjustable[0], adjustable[1]) if adjustable else None,
        variants=tuple(PriceId(id) for id in line.get("variants", ())),
    )


def _field(field: CustomField) -> Item:
    options: list[Value] = [list(option) for option in field.options]
    return item_without_nones(
        key=field.key,
        label=field.label,
        type=field.type.value,
        optional=field.optional,
        options=options or None,
        minimum_length=field.minimum_length,
        maximum_length=field.maximum_length,
        default_value=field.default_value,
    )


def _field_from(item: Read) -> CustomField:
    return CustomField(
        key=item["key"],
        label=item["label"],
        type=FieldType(item["type"]),
        optional=item["optional"],
        options=tuple((value, label) for value, label in item.get("options", ())),
        minimum_length=item.get("minimum_length"),
        maximum_length=item.get("maximum_length"),
        default_value=item.get("default_value"),
    )


def after_to_item(after: AfterCompletion | None) -> Item | None:
    if after is None:
        return None
    return item_without_nones(type=after.type.value, message=after.message, url=after.url)


def after_from_item(item: Read | None) -> AfterCompletion | None:
    if item is None:
        return None
    return AfterCompletion(Then(item["type"]), item.get("message"), item.get("url"))


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
        prices=list(dict.fromkeys(id for line in link.items for id in line.prices)),
        products=list(dict.fromkeys(line.product for line in link.items)),
    )
