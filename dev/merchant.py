"""A demo merchant on a running stack: a shop with a key, a product, a price and a link."""

import secrets
from dataclasses import dataclass
from typing import Any

import httpx

from chalicelib import bootstrap
from chalicelib.domain.ids import Tenant
from chalicelib.domain.provider_account import key_livemode
from chalicelib.usecases.create_merchant import connect_wooshpay, create_merchant
from chalicelib.usecases.psp_endpoints import PspEndpoints

SHOP = "Toko Sari"
PRODUCT = {
    "name": "Kopi Gayo 250 g",
    "description": "Arabika Gayo, sangrai sedang, digiling saat dipesan.",
}
PRICE = 75_000


class Refused(Exception):
    """The API does not answer as it must."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the demo merchant has."""

    merchant: str
    secret_key: str
    wooshpay_key: str


def open_shop(wooshpay_key: str | None = None) -> Shop:
    """A merchant that is connected to WooshPay, or to the sandbox with a key of chance."""
    app = bootstrap.app()
    key = wooshpay_key or f"sk_test_{secrets.token_hex(12)}"

    def connect(tenant: Tenant) -> None:
        address = app.settings.psp_webhook(tenant.merchant)
        connect_wooshpay(app.secrets, app.psps, tenant, key, None, address)

    welcome = create_merchant(
        app.store,
        app.mint,
        name=SHOP,
        livemode=key_livemode(key),
        now=app.clock(),
        connect=connect,
    )
    return Shop(welcome.merchant.id, welcome.secret_key, key)


def reopened(shop: Shop) -> None:
    """WooshPay tells a merchant that is there already of its payments, at our present address."""
    app = bootstrap.app()
    tenant = app.keys.owner(shop.secret_key, app.clock()).tenant
    address = app.settings.psp_webhook(tenant.merchant)
    PspEndpoints(app.psps, app.secrets, app.mint).register(tenant, address)


def api_client(api_url: str, secret_key: str) -> httpx.Client:
    """A client of the merchants' API."""
    return httpx.Client(
        base_url=api_url,
        headers={"Authorization": f"Bearer {secret_key}"},
        timeout=20,
        trust_env=False,
    )


def offer_coffee(api: httpx.Client) -> dict[str, Any]:
    """Product, price and link, through the API; the link."""
    product = posted(api, "/v1/products", PRODUCT)
    price = posted(
        api,
        "/v1/prices",
        {"product": product["id"], "currency": "IDR", "unit_amount": PRICE},
    )
    return posted(api, "/v1/payment_links", {"line_items": [{"price": price["id"]}]})


def posted(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The answer to a POST that must succeed; raises Refused."""
    answer = api.post(path, json=body)
    if answer.is_error:
        raise Refused(f"POST {path} answers {answer.status_code}: {answer.text}")
    found: dict[str, Any] = answer.json()
    return found
