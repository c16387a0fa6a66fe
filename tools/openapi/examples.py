"""Examples: what a stack on this machine was asked and has answered, kept beside this file.

`python -m tools.openapi record` asks again; tests hold each example against its schema.
"""

import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

import httpx

from dev.merchant import api_client, open_shop
from dev.shopper import Shopper
from dev.stack import Stack, Wanted
from tools.openapi.wiring import EXAMPLES

Json = dict[str, Any]
Told = Iterator[tuple[str, "Example"]]
PUBLIC, HOSTED = "https://pay.example.com", "https://checkouttest.wooshpay.com"
SHIRT: Json = {
    "currency": "IDR",
    "unit_amount": 150_000,
    "product_data": {"name": "Kaos Polos Hitam"},
}


@dataclass(frozen=True, slots=True)
class Example:
    """One request and its answer; `path` as it was asked."""

    path: str
    body: Json | None
    answer: Json


Ask = Callable[..., Example]


def recorded() -> Mapping[str, Example]:
    """The examples by route."""
    found = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return {route: Example(**each) for route, each in found.items()}


def record() -> None:
    """Ask a stack, and keep what it answers."""
    with Stack(Wanted()) as stack:
        shop = open_shop()
        with api_client(stack.api_url, shop.secret_key) as api, closing(Shopper()) as buyer:
            found = {route: asdict(each) for route, each in _story(_asking(api), buyer)}
        text = json.dumps(found, indent=1, ensure_ascii=False)
        text = text.replace(stack.api_url, PUBLIC).replace(str(stack.sandbox_url), HOSTED)
    EXAMPLES.write_text(text + "\n", encoding="utf-8")


def _asking(api: httpx.Client) -> Ask:
    def ask(method: str, path: str, body: Json | None = None) -> Example:
        answer = api.request(method, path, json=body, headers={"Idempotency-Key": uuid4().hex})
        answer.raise_for_status()
        return Example(path, body, answer.json())

    return ask


def _story(ask: Ask, buyer: Shopper) -> Told:
    yield (
        "POST /v1/account",
        ask("POST", "/v1/account", {"name": "Toko Sari", "contact": {"whatsapp": "081234567890"}}),
    )
    yield "GET /v1/account", ask("GET", "/v1/account")
    yield (
        "GET /v1/payment_methods/capabilities",
        _shorter(ask("GET", "/v1/payment_methods/capabilities")),
    )
    price = yield from _catalog(ask)
    yield from _links(ask, price)
    yield from _sessions(ask, buyer)
    yield from _intents(ask)
    yield from _endpoints(ask)
    yield from _lists(ask)


def _catalog(ask: Ask) -> Generator[tuple[str, Example], None, str]:
    made = ask("POST", "/v1/products", {"name": "Kaos Polos Hitam", "inventory": {"available": 24}})
    yield "POST /v1/products", made
    at = f"/v1/products/{made.answer['id']}"
    yield "POST /v1/products/{id}", ask("POST", at, {"inventory": {"add": 12}})
    yield "GET /v1/products/{id}", ask("GET", at)
    body = {"product": made.answer["id"], "currency": "IDR", "unit_amount": 150_000}
    price = ask("POST", "/v1/prices", body)
    yield "POST /v1/prices", price
    at = f"/v1/prices/{price.answer['id']}"
    yield "POST /v1/prices/{id}", ask("POST", at, {"nickname": "Ukuran L"})
    yield "GET /v1/prices/{id}", ask("GET", at)
    return str(price.answer["id"])


def _links(ask: Ask, price: str) -> Told:
    lines = [{"price": price, "adjustable_quantity": {"enabled": True, "maximum": 5}}]
    asked = {"name": "required", "phone": "required"}
    body = {"line_items": lines, "slug": "kaos-hitam", "collect": asked}
    made = ask("POST", "/v1/payment_links", body)
    yield "POST /v1/payment_links", made
    at = f"/v1/payment_links/{made.answer['id']}"
    yield "POST /v1/payment_links/{id}", ask("POST", at, {"metadata": {"season": "lebaran"}})
    yield "GET /v1/payment_links/{id}", ask("GET", at)
    yield "GET /v1/payment_links/{id}/line_items", ask("GET", f"{at}/line_items")


def _sessions(ask: Ask, buyer: Shopper) -> Told:
    lines = {"line_items": [{"price_data": SHIRT, "quantity": 1}]}
    body = {
        **lines,
        "payment_method_types": ["dana"],
        "success_url": "https://shop.example/thanks",
        "client_reference_id": "order-1042",
    }
    made = ask("POST", "/v1/checkout/sessions", body)
    yield "POST /v1/checkout/sessions", made
    at = f"/v1/checkout/sessions/{made.answer['id']}"
    yield "POST /v1/checkout/sessions/{id}/expire", ask("POST", f"{at}/expire", {})
    bought = ask("POST", "/v1/checkout/sessions", lines)
    at = f"/v1/checkout/sessions/{bought.answer['id']}"
    yield "GET /v1/checkout/sessions/{id}", _paid(ask, buyer, at)
    yield "GET /v1/checkout/sessions/{id}/line_items", ask("GET", f"{at}/line_items")
    part = {"checkout_session": bought.answer["id"], "amount": 50_000}
    refund = ask("POST", "/v1/refunds", {**part, "reason": "requested_by_customer"})
    yield "POST /v1/refunds", refund
    yield "GET /v1/refunds/{id}", ask("GET", f"/v1/refunds/{refund.answer['id']}")


def _paid(ask: Ask, buyer: Shopper, at: str) -> Example:
    """The session once it is paid and its webhook has come."""
    buyer.open(ask("GET", at).answer["url"])
    buyer.press("pay-dana")
    buyer.press("approve", phone="081234567890", pin="123456")
    for _ in range(200):
        found = ask("GET", at)
        if found.answer["payment_status"] == "paid":
            return found
        time.sleep(0.05)
    raise AssertionError("the webhook does not come")


def _intents(ask: Ask) -> Told:
    body = {
        "amount": 100,
        "currency": "IDR",
        "confirm": True,
        "payment_method_data": {"type": "dana"},
        "return_url": "https://shop.example/back",
    }
    made = ask("POST", "/v1/payment_intents", body)
    yield "POST /v1/payment_intents", made
    at = f"/v1/payment_intents/{made.answer['id']}"
    yield "GET /v1/payment_intents/{id}", ask("GET", at)
    why = {"cancellation_reason": "requested_by_customer"}
    yield "POST /v1/payment_intents/{id}/cancel", ask("POST", f"{at}/cancel", why)


def _endpoints(ask: Ask) -> Told:
    wanted = ["payment_intent.succeeded", "refund.updated"]
    body = {"url": "https://shop.example/hook", "enabled_events": wanted, "description": "ERP"}
    made = ask("POST", "/v1/webhook_endpoints", body)
    yield "POST /v1/webhook_endpoints", _without_secret(made)
    at = f"/v1/webhook_endpoints/{made.answer['id']}"
    yield "POST /v1/webhook_endpoints/{id}", ask("POST", at, {"enabled_events": ["*"]})
    rolled = ask("POST", f"{at}/roll_secret", {"expires_in": 3600})
    yield "POST /v1/webhook_endpoints/{id}/roll_secret", _without_secret(rolled)
    yield "GET /v1/webhook_endpoints/{id}", ask("GET", at)
    yield "GET /v1/webhook_endpoints", ask("GET", "/v1/webhook_endpoints?limit=1")
    event = ask("GET", "/v1/events?type=refund.updated").answer["data"][0]["id"]
    yield "GET /v1/events/{id}", ask("GET", f"/v1/events/{event}")
    to = {"webhook_endpoint": made.answer["id"]}
    yield "POST /v1/events/{id}/retry", ask("POST", f"/v1/events/{event}/retry", to)
    yield "GET /v1/webhook_endpoints/{id}/deliveries", ask("GET", f"{at}/deliveries?limit=1")
    yield "DELETE /v1/webhook_endpoints/{id}", ask("DELETE", at)


def _without_secret(example: Example) -> Example:
    """With a secret that is nobody's."""
    answer = {**example.answer, "secret": f"whsec_{'A' * 43}="}
    return Example(example.path, example.body, answer)


def _lists(ask: Ask) -> Told:
    for name in (
        "products",
        "prices",
        "payment_links",
        "checkout/sessions",
        "payment_intents",
        "refunds",
        "events",
    ):
        yield f"GET /v1/{name}", ask("GET", f"/v1/{name}?limit=1")


def _shorter(example: Example) -> Example:
    """The first of a list that is never paged."""
    first = example.answer["data"][:1]
    return Example(example.path, None, {**example.answer, "data": first})
