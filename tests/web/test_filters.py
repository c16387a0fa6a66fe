"""Lists with filters as a merchant asks for them; pages stay whole while others come in."""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import storing
from tests.web.samples import Json, at_instant
from tests.web.test_bad_input import INVALID, UNKNOWN, check_refusal
from tests.web.world import Merchant, World

KNOWN = {"limit", "starting_after", "ending_before", "created", "expand"}
LISTS: dict[str, set[str]] = {
    "products": {"active", "ids"},
    "prices": {"active", "product", "currency", "lookup_keys", "type"},
    "payment_links": {"active"},
    "checkout/sessions": {"status", "payment_link", "payment_intent"},
    "payment_intents": set(),
    "refunds": {"payment_intent", "checkout_session"},
}
FILTERS = sorted({name for names in LISTS.values() for name in names} | {"customer", "shippable"})


@pytest.fixture
def shop(world: World) -> Merchant:
    return world.merchant()


def listed(shop: Merchant, asked: str) -> list[str]:
    found = shop.api.get(f"/v1/{asked}").ok()
    assert found["has_more"] is False
    return [each["id"] for each in found["data"]]


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_of_another_list_is_unknown(world: World, a: Merchant, name: str) -> None:
    a.api.get("/v1/products").ok()
    with world.untouched():
        for path, known in LISTS.items():
            if name not in known:
                check_refusal(a.api.get(f"/v1/{path}?{name}=x"), 400, UNKNOWN, name)


@pytest.mark.parametrize(
    ("asked", "param"),
    [
        ("products?active=yes", "active"),
        ("products?active=", "active"),
        ("products?active[]=true", "active"),
        ("products?ids=prod_1", "ids"),
        ("products?ids[]=", "ids[0]"),
        (f"products?{'&'.join(['ids[]=prod_1'] * 101)}", None),
        ("prices?currency=rupiah", "currency"),
        ("prices?type=monthly", "type"),
        ("prices?product=", "product"),
        (f"prices?{'&'.join(['lookup_keys[]=a'] * 11)}", "lookup_keys"),
        ("payment_links?active=1", "active"),
        ("checkout/sessions?status=paid", "status"),
        ("checkout/sessions?status=", "status"),
        ("checkout/sessions?payment_link=", "payment_link"),
        (f"checkout/sessions?payment_intent={'x' * 101}", "payment_intent"),
        ("refunds?payment_intent[]=pi_1", "payment_intent"),
    ],
)
def test_a_filter_that_makes_no_sense(
    world: World, a: Merchant, asked: str, param: str | None
) -> None:
    a.api.get("/v1/products").ok()
    with world.untouched():
        reply = a.api.get(f"/v1/{asked}")
        assert (reply.status, reply.error["code"]) == (400, INVALID), reply.text
        assert param is None or reply.error["param"] == param


def test_products_and_prices(shop: Merchant) -> None:
    def price(**data: Any) -> Json:
        data = {"currency": "IDR", "unit_amount": 20_000, **data}
        return shop.api.post("/v1/prices", data).ok()

    shirt = price(product_data={"name": "Kaos"}, lookup_key="kaos-m")
    large = price(product=shirt["product"], lookup_key="kaos-xl", active=False)
    coffee = price(product_data={"name": "Kopi", "active": False}, currency="USD", unit_amount=500)
    products = [coffee["product"], shirt["product"]]
    assert listed(shop, "products") == products
    assert listed(shop, "products?active=true") == [shirt["product"]]
    assert listed(shop, "products?active=false") == [coffee["product"]]
    ids = "&".join(f"ids[]={id}" for id in [*products[::-1], "prod_1"])
    assert listed(shop, f"products?{ids}") == products
    assert listed(shop, f"products?{ids}&active=true") == [shirt["product"]]
    assert listed(shop, f"products?{ids}&starting_after={products[0]}") == products[1:]
    assert listed(shop, "prices?active=true") == [coffee["id"], shirt["id"]]
    assert listed(shop, f"prices?product={shirt['product']}") == [large["id"], shirt["id"]]
    assert listed(shop, "prices?currency=idr") == [large["id"], shirt["id"]]
    assert listed(shop, "prices?lookup_keys[]=kaos-m") == [shirt["id"]]
    both = "lookup_keys[]=kaos-xl&lookup_keys[]=kaos-m"
    assert listed(shop, f"prices?{both}") == [large["id"], shirt["id"]]
    assert listed(shop, f"prices?{both}&active=true&type=one_time") == [shirt["id"]]
    assert listed(shop, f"prices?{both}&type=recurring") == []
    for product in products:
        shop.api.post(f"/v1/products/{product}", {"active": product == coffee["product"]}).ok()
    shop.api.post(f"/v1/prices/{shirt['id']}", {"lookup_key": "kaos-l"}).ok()
    assert listed(shop, "products?active=true") == [coffee["product"]]
    assert listed(shop, "prices?lookup_keys[]=kaos-m") == []
    assert listed(shop, "prices?lookup_keys[]=kaos-l") == [shirt["id"]]


def test_links_their_sessions_and_the_refunds(world: World, shop: Merchant) -> None:
    link, other = world.link(shop), world.link(shop)
    shop.api.post(f"/v1/payment_links/{other['id']}", {"active": False}).ok()
    assert listed(shop, "payment_links?active=true") == [link["id"]]
    assert listed(shop, "payment_links?active=false") == [other["id"]]
    paid = world.paid(shop)
    waits = shop.api.post("/v1/checkout/sessions", {"payment_link": link["id"]}).ok()
    over = world.unpaid(shop)
    shop.api.post(f"/v1/checkout/sessions/{over['id']}/expire", {}).ok()
    assert listed(shop, "checkout/sessions?status=complete") == [paid["id"]]
    assert listed(shop, "checkout/sessions?status=open") == [waits["id"]]
    assert listed(shop, "checkout/sessions?status=expired") == [over["id"]]
    assert listed(shop, f"checkout/sessions?payment_link={link['id']}") == [waits["id"]]
    assert listed(shop, f"checkout/sessions?payment_link={other['id']}") == []
    of_intent = f"checkout/sessions?payment_intent={paid['payment_intent']}"
    assert listed(shop, of_intent) == [paid["id"]]
    assert listed(shop, f"{of_intent}&status=open") == []
    wanted = {"checkout_session": paid["id"], "amount": 5_000}
    refund = shop.api.post("/v1/refunds", wanted, "once").ok()["id"]
    assert listed(shop, f"refunds?payment_intent={paid['payment_intent']}") == [refund]
    assert listed(shop, f"refunds?checkout_session={paid['id']}") == [refund]
    assert listed(shop, f"refunds?checkout_session={over['id']}") == []
    with at_instant(waits["expires_at"]):
        assert listed(shop, "checkout/sessions?status=open") == []
        assert listed(shop, "checkout/sessions?status=expired") == [over["id"], waits["id"]]


def test_payment_intents_keep_to_a_time(world: World, shop: Merchant) -> None:
    first = world.unpaid(shop)
    with at_instant(first["created"] + 5_000):
        second = world.unpaid(shop)
    ids = [each["payment_intent"] for each in (second, first)]
    for asked, expected in [
        (f"created[gte]={first['created']}", ids),
        (f"created[gte]={second['created']}", ids[:1]),
        (f"created[lt]={second['created']}", ids[1:]),
        (f"created[gt]={second['created']}", []),
    ]:
        assert listed(shop, f"payment_intents?{asked}") == expected, asked


def test_what_is_too_rare_is_told_with_the_place_to_go_on(
    world: World, shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "LOOKS", (1, 2))  # a look counts the cursor
    price = {"currency": "IDR", "unit_amount": 20_000, "product_data": {"name": "Kopi"}}
    made = [shop.api.post("/v1/prices", price).ok()["id"] for _ in range(3)]
    with world.untouched():
        reply = shop.api.get("/v1/prices?currency=usd")
        check_refusal(reply, 400, "filter_too_rare", None)
    assert reply.error["type"] == "invalid_request_error"
    assert reply.error["details"] == {"starting_after": made[1]}
    upward = shop.api.get(f"/v1/prices?currency=usd&ending_before={made[0]}")
    assert upward.error["details"] == {"ending_before": made[1]}


# --- pages ------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [7])
def test_each_once_while_others_come(shop: Merchant, limit: int) -> None:
    """Newest first by starting_after, and back by ending_before, on a table like the real one."""

    def grow(count: int) -> list[str]:
        return [shop.api.post("/v1/products", {"name": "x"}).ok()["id"] for _ in range(count)]

    made = grow(30)

    def walk(cursor: str, edge: Callable[[list[str]], str], start: str = "") -> list[list[str]]:
        pages: list[list[str]] = []
        while True:
            at = f"&{cursor}={start}" if start else ""
            found = shop.api.get(f"/v1/products?active=true&limit={limit}{at}").ok()
            pages.append([each["id"] for each in found["data"]])
            if not found["has_more"]:
                return pages
            assert len(pages[-1]) == limit
            start = edge(pages[-1])
            if len(pages) < 3:
                made.extend(grow(1))

    down = walk("starting_after", lambda page: page[-1])
    assert [id for page in down for id in page] == made[:30][::-1]
    up = walk("ending_before", lambda page: page[0], made[0])
    assert [id for page in up[::-1] for id in page] == made[:0:-1]
