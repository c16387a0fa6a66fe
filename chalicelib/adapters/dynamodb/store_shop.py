"""Merchants, their keys, catalogue and payment links."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.item_forms import Read, changes
from chalicelib.adapters.dynamodb.shop_items import (
    api_key_from_item,
    api_key_to_item,
    lookup_to_item,
    merchant_from_item,
    merchant_to_item,
    payment_link_from_item,
    payment_link_to_item,
    price_from_item,
    price_to_item,
    product_from_item,
    product_to_item,
    slug_to_item,
)
from chalicelib.adapters.dynamodb.storing import Storing, found_of, new, told
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Change,
    Check,
    Equals,
    Guard,
    Index,
    LessThan,
    Present,
    Put,
    Shift,
    Update,
    Write,
    all_of,
    any_of,
)
from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.events import EventType, event_of
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentLinkId,
    PriceId,
    ProductId,
    SecretKey,
    Tenant,
)
from chalicelib.domain.ledger import Cause
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Offer, PaymentLink, offer_of
from chalicelib.usecases.failures import Claim, Lost
from chalicelib.usecases.ports import EVERY_PRICE, Found, OpenedLink, Prices, Slice

T = TypeVar("T")


class ShopStore(Storing):
    """What a merchant sets up."""

    # --- merchants --------------------------------------------------------------------------

    def add_merchant(self, merchant: Merchant, key: ApiKey) -> None:
        self._write(
            new("merchant", keys.merchant_key(merchant.id), merchant_to_item(merchant)),
            new("key", keys.api_key_key(key.tenant, key.sha256), api_key_to_item(key)),
        )

    def merchants(self, part: Slice) -> Found[Merchant]:
        return self._listed(keys.MERCHANTS, part, merchant_from_item)

    def update_merchant(
        self, tenant: Tenant, before: Merchant, after: Merchant, cause: Cause, claim: Claim | None
    ) -> None:
        differs = changes(merchant_to_item(before), merchant_to_item(after))
        at = keys.merchant_key(after.id)
        type, request = EventType.ACCOUNT_UPDATED, cause.request_id
        event = event_of(type, tenant, after, cause.at, request, mark=request or "")
        writes = [Update("merchant", at, differs, Present()), *told(event)]
        self._claimed(tenant, claim, *(writes if differs else [Check("merchant", at, Present())]))

    def merchant(self, id: MerchantId) -> Merchant | None:
        return self._one(keys.merchant_key(id), merchant_from_item)

    # --- API keys ---------------------------------------------------------------------------

    def add_api_key(self, key: ApiKey) -> None:
        at = keys.api_key_key(key.tenant, key.sha256)
        self._write(new("key", at, api_key_to_item(key)))

    def api_key(self, presented: SecretKey) -> ApiKey | None:
        at = keys.api_key_key(presented.tenant, presented.sha256)
        return self._one(at, api_key_from_item)

    def api_keys(self, tenant: Tenant) -> Sequence[ApiKey]:
        found = self._engine.collection(keys.merchant_key(tenant.merchant).pk, prefix=keys.API_KEY)
        mine = [key for key in map(api_key_from_item, found) if key.tenant == tenant]
        return sorted(mine, key=lambda key: (key.created, key.sha256))

    def rotate_api_key(self, before: ApiKey, after: ApiKey, successor: ApiKey) -> None:
        at = keys.api_key_key(successor.tenant, successor.sha256)
        self._write(_ended(before, after), new("successor", at, api_key_to_item(successor)))

    def revoke_api_key(self, before: ApiKey, after: ApiKey) -> None:
        self._write(_ended(before, after))

    def note_use(self, key: ApiKey, now: Millis, before: Millis) -> None:
        at = keys.api_key_key(key.tenant, key.sha256)
        unseen = any_of(Absent("last_used"), LessThan("last_used", before))
        used: dict[str, Change] = {"last_used": Assign(now)}
        with suppress(Lost):  # another container was first, or the key is gone
            self._write(Update("key", at, used, all_of(Present(), unseen), cheap=True))

    # --- catalog ----------------------------------------------------------------------------

    def add_product(self, tenant: Tenant, product: Product, claim: Claim | None) -> None:
        self._claimed(
            tenant,
            claim,
            _new_product(tenant, product),
            *_told(EventType.PRODUCT_CREATED, tenant, product),
        )

    def update_product(
        self,
        tenant: Tenant,
        before: Product,
        after: Product,
        shift: int | None,
        claim: Claim | None,
    ) -> None:
        differs = changes(product_to_item(tenant, before), product_to_item(tenant, after))
        enough: list[Guard] = []
        if shift is not None:
            differs["available"] = Shift(shift)
            enough = [AtLeast("available", -shift)] if shift < 0 else []
        at = keys.product_key(tenant, after.id)
        seen = Equals("updated", before.updated)
        self._claimed(
            tenant,
            claim,
            Update("product", at, differs, all_of(seen, *enough)),
            *_told(EventType.PRODUCT_UPDATED, tenant, after),
        )

    def update_price(
        self, tenant: Tenant, before: Price, after: Price, claim: Claim | None
    ) -> None:
        differs = changes(price_to_item(tenant, before), price_to_item(tenant, after))
        at = keys.price_key(tenant, after.id)
        moved = Update("price", at, differs, Equals("updated", before.updated))
        named = before.lookup_key is not None or after.lookup_key is not None
        self._claimed(
            tenant,
            claim,
            moved,
            *([_lookup(tenant, after)] if named else []),
            *_told(EventType.PRICE_UPDATED, tenant, after),
        )

    def product(self, tenant: Tenant, id: ProductId) -> Product | None:
        return self._one(keys.product_key(tenant, id), product_from_item)

    def products(self, tenant: Tenant, part: Slice, active: bool | None = None) -> Found[Product]:
        return self._active(tenant, "product", part, active, product_from_item)

    def some_products(self, tenant: Tenant, ids: Sequence[ProductId]) -> Sequence[Product]:
        return list(self._products(tenant, ids).values())

    def add_price(
        self, tenant: Tenant, price: Price, product: Product | None, claim: Claim | None
    ) -> None:
        at = keys.price_key(tenant, price.id)
        writes: list[Write] = [
            new("price", at, price_to_item(tenant, price)),
            *_told(EventType.PRICE_CREATED, tenant, price),
        ]
        if price.lookup_key is not None:
            writes.append(_lookup(tenant, price))
        if product is not None:
            writes.append(_new_product(tenant, product))
            writes += _told(EventType.PRODUCT_CREATED, tenant, product)
        self._claimed(tenant, claim, *writes)

    def price(self, tenant: Tenant, id: PriceId) -> Price | None:
        return self._one(keys.price_key(tenant, id), price_from_item)

    def prices(self, tenant: Tenant, part: Slice, which: Prices = EVERY_PRICE) -> Found[Price]:
        if which == EVERY_PRICE:
            return self._list(tenant, "price", part, price_from_item)
        told = {"active": which.active, "currency": which.currency}
        index = Index.SET
        if which.lookup_keys:
            places = [keys.lookup_set(tenant, key) for key in dict.fromkeys(which.lookup_keys)]
            told["product"] = which.product
        elif which.product is not None:
            places = [keys.set_of(tenant, "price", which.product)]
        else:
            places, index = [keys.list_partition(tenant, "price")], Index.LIST
        wants = [Equals(name, value) for name, value in told.items() if value is not None]
        return self._sought(places, all_of(*wants) if wants else None, part, price_from_item, index)

    def priced(
        self, tenant: Tenant, ids: Sequence[PriceId]
    ) -> Mapping[PriceId, tuple[Price, Product]]:
        found = self._engine.get_many([keys.price_key(tenant, id) for id in dict.fromkeys(ids)])
        prices = [price_from_item(item) for item in found if item is not None]
        products = self._products(tenant, [price.product for price in prices])
        return {price.id: (price, products[price.product]) for price in prices}

    def _products(self, tenant: Tenant, ids: Sequence[ProductId]) -> dict[ProductId, Product]:
        wanted = [keys.product_key(tenant, id) for id in dict.fromkeys(ids)]
        found = self._engine.get_many(wanted) if wanted else []
        products = [product_from_item(item) for item in found if item is not None]
        return {product.id: product for product in products}

    # --- payment links ----------------------------------------------------------------------

    def add_payment_link(self, tenant: Tenant, link: PaymentLink, claim: Claim | None) -> None:
        at = keys.payment_link_key(tenant, link.id)
        self._claimed(
            tenant,
            claim,
            new("link", at, payment_link_to_item(tenant, link)),
            new("slug", keys.slug_key(link.slug), slug_to_item(tenant, link)),
            *_told(EventType.PAYMENT_LINK_CREATED, tenant, link),
        )

    def update_payment_link(
        self, tenant: Tenant, before: PaymentLink, after: PaymentLink, claim: Claim | None
    ) -> None:
        differs = changes(payment_link_to_item(tenant, before), payment_link_to_item(tenant, after))
        guards: list[Guard] = [Equals("updated", before.updated)]
        if before.uses_remaining is not None and after.uses_remaining is not None:
            by = after.uses_remaining - before.uses_remaining
            differs.pop("uses_remaining", None)
            if by:
                differs["uses_remaining"] = Shift(by)
                guards.append(AtLeast("uses_remaining", -by if by < 0 else 0))
        at = keys.payment_link_key(tenant, after.id)
        shown = (
            [Put("slug", keys.slug_key(after.slug), slug_to_item(tenant, after), Present())]
            if after.items != before.items
            else []
        )
        self._claimed(
            tenant,
            claim,
            Update("link", at, differs, all_of(*guards)),
            *shown,
            *_told(EventType.PAYMENT_LINK_UPDATED, tenant, after),
        )

    def payment_link(self, tenant: Tenant, id: PaymentLinkId) -> PaymentLink | None:
        return self._one(keys.payment_link_key(tenant, id), payment_link_from_item)

    def payment_links(
        self, tenant: Tenant, part: Slice, active: bool | None = None
    ) -> Found[PaymentLink]:
        return self._active(tenant, "payment_link", part, active, payment_link_from_item)

    def _active(
        self,
        tenant: Tenant,
        kind: str,
        part: Slice,
        active: bool | None,
        read: Callable[[Read], T],
    ) -> Found[T]:
        if active is None:
            return self._list(tenant, kind, part, read)
        return self._listed(keys.active_set(tenant, kind, active), part, read, Index.SET)

    def offer(self, tenant: Tenant, link: PaymentLink) -> Offer:
        priced = self.priced(tenant, [id for line in link.items for id in line.prices])
        prices = {id: price for id, (price, _) in priced.items()}
        return offer_of(link, prices, {product.id: product for _, product in priced.values()})

    def pause_link(
        self, tenant: Tenant, before: PaymentLink, after: PaymentLink, found: Discrepancy
    ) -> None:
        differs = changes(payment_link_to_item(tenant, before), payment_link_to_item(tenant, after))
        at = keys.payment_link_key(tenant, after.id)
        self._write(
            Update("link", at, differs, Equals("active", True)),
            *found_of(found),
            *_told(EventType.PAYMENT_LINK_UPDATED, tenant, after),
        )

    def opened_link(self, slug: str, hour: int | None = None) -> OpenedLink | None:
        ref = self._engine.get(keys.slug_key(slug), consistent=False)
        if ref is None:
            return None
        named: Any = ref
        tenant = Tenant(MerchantId(named["merchant"]), named["livemode"])
        wanted = [
            keys.payment_link_key(tenant, PaymentLinkId(named["link"])),
            keys.merchant_key(tenant.merchant),
            *(keys.price_key(tenant, PriceId(id)) for id in dict.fromkeys(named["prices"])),
            *(keys.product_key(tenant, ProductId(id)) for id in named["products"]),
        ]
        if hour is not None:
            wanted.append(keys.failures_key(tenant, PaymentLinkId(named["link"]), hour))
        found = self._engine.get_many(wanted)
        failed: Any = found.pop() if hour is not None else None
        assert all(item is not None for item in found), f"the link {named['link']} is incomplete"
        kept, merchant, *rest = (item for item in found if item is not None)
        link, shop = payment_link_from_item(kept), merchant_from_item(merchant)
        count = failed["count"] if failed else 0
        shown = {name: value for name, value in named.items() if name not in ("pk", "sk")}
        if shown != slug_to_item(tenant, link):  # its lines have just changed
            return OpenedLink(tenant, shop, self.offer(tenant, link), count)
        prices = [price_from_item(item) for item in rest if item["kind"] == "price"]
        products = [product_from_item(item) for item in rest if item["kind"] == "product"]
        offer = offer_of(
            link,
            {price.id: price for price in prices},
            {product.id: product for product in products},
        )
        return OpenedLink(tenant, shop, offer, count)


def _ended(before: ApiKey, after: ApiKey) -> Update:
    """The end of a key, which nobody has set since it was read."""
    until = before.valid_until
    as_read = Absent("valid_until") if until is None else Equals("valid_until", until)
    differs = changes(api_key_to_item(before), api_key_to_item(after))
    at = keys.api_key_key(before.tenant, before.sha256)
    return Update("key", at, differs, all_of(Present(), Absent("revoked_at"), as_read))


def _told(type: EventType, tenant: Tenant, of: Product | Price | PaymentLink) -> list[Write]:
    """The event of something that is as it was last changed: no two changes have one instant."""
    return told(event_of(type, tenant, of, of.updated))


def _new_product(tenant: Tenant, product: Product) -> Put:
    at = keys.product_key(tenant, product.id)
    return new("product", at, product_to_item(tenant, product))


def _lookup(tenant: Tenant, price: Price) -> Put:
    """The price for whoever looks it up; the price's own guard decides."""
    at = keys.lookup_key(tenant, price.id)
    return Put("lookup", at, lookup_to_item(tenant, price), any_of(Absent(), Present()))
