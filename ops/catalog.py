"""`product list`, `price list`, `link list`: what a merchant sells, the newest first."""

from collections.abc import Callable, Sequence
from typing import Any

import typer

from chalicelib import bootstrap
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.ids import Tenant
from chalicelib.domain.payment_links import PaymentLink
from ops.days import instant
from ops.links import links
from ops.listing import Limit, newest
from ops.printing import print_json, print_table
from ops.target import AnyMerchant, Live, tenants_of

products = typer.Typer(no_args_is_help=True, help="Products.")
prices = typer.Typer(no_args_is_help=True, help="Prices.")
Rows = Sequence[dict[str, Any]]


@products.command("list")
def list_products(
    context: typer.Context, merchant: AnyMerchant = None, live: Live = False, limit: Limit = 20
) -> None:
    """The newest, of each merchant; how many pieces are left and held where they are counted."""
    store = bootstrap.app().store

    def rows(tenant: Tenant) -> Rows:
        found = newest(store.products, tenant, lambda each: each.id, ("prod", None), limit)
        return [_product(tenant, each) for each in found]

    _print(context, rows, merchant, live)


@prices.command("list")
def list_prices(
    context: typer.Context, merchant: AnyMerchant = None, live: Live = False, limit: Limit = 20
) -> None:
    """The newest, of each merchant."""
    store = bootstrap.app().store

    def rows(tenant: Tenant) -> Rows:
        found = newest(store.prices, tenant, lambda each: each.id, ("price", None), limit)
        return [_price(tenant, each) for each in found]

    _print(context, rows, merchant, live)


@links.command("list")
def list_links(
    context: typer.Context, merchant: AnyMerchant = None, live: Live = False, limit: Limit = 20
) -> None:
    """The newest, of each merchant; how many payments a limited one has had."""
    app = bootstrap.app()

    def rows(tenant: Tenant) -> Rows:
        found = newest(
            app.store.payment_links, tenant, lambda each: each.id, ("plink", None), limit
        )
        return [_link(tenant, each, app.settings.public_url) for each in found]

    _print(context, rows, merchant, live)


def _print(
    context: typer.Context, rows: Callable[[Tenant], Rows], merchant: str | None, live: bool
) -> None:
    tenants = tenants_of(bootstrap.app(), merchant, live)
    found = [row for tenant in tenants for row in rows(tenant)]
    (print_json if context.obj else print_table)(found)


def _product(tenant: Tenant, product: Product) -> dict[str, Any]:
    counted = product.inventory if product.inventory and product.inventory.tracked else None
    return {
        "merchant": tenant.merchant,
        "product": product.id,
        "name": product.name,
        "active": product.active,
        "available": counted.available if counted else None,
        "reserved": counted.reserved if counted else None,
        "created": instant(product.created),
    }


def _price(tenant: Tenant, price: Price) -> dict[str, Any]:
    return {
        "merchant": tenant.merchant,
        "price": price.id,
        "product": price.product,
        "nickname": price.nickname,
        "currency": price.unit_amount.currency,
        "unit_amount": None if price.custom else price.unit_amount.amount,
        "active": price.active,
        "created": instant(price.created),
    }


def _link(tenant: Tenant, link: PaymentLink, public_url: str) -> dict[str, Any]:
    return {
        "merchant": tenant.merchant,
        "payment_link": link.id,
        "url": f"{public_url}/l/{link.slug}",
        "active": link.active,
        "expires_at": instant(link.expires_at),
        "completed": None if link.limit is None else link.completed,
        "limit": link.limit,
        "created": instant(link.created),
    }
