"""Products, prices and stock as merchants change them: JSON and forms, exact answers, and bad input
refused by name with nothing written."""

from typing import Any

import pytest

from tests.web.samples import Json, session_of
from tests.web.test_bad_input import INVALID, MISSING, UNKNOWN, check_refusal
from tests.web.test_replays import check_replay
from tests.web.world import Merchant, World

SESSIONS = "/v1/checkout/sessions"
KAOS: Json = {
    "name": "Kaos",
    "description": "Katun",
    "images": ["https://img.example/kaos.jpg"],
    "url": "https://shop.example/kaos",
    "metadata": {"sku": "K-1", "shelf": "3"},
}


def product(a: Merchant, pieces: int | None = None) -> Json:
    """A product, of which there are so many."""
    stock = {} if pieces is None else {"inventory": {"available": pieces}}
    return a.api.post("/v1/products", {**KAOS, **stock}).ok()


def price(a: Merchant, of: Json, **more: Any) -> Json:
    """A price of it."""
    body = {"currency": "IDR", "unit_amount": 20000, "product": of["id"], **more}
    return a.api.post("/v1/prices", body).ok()


def read(a: Merchant, thing: Json) -> Json:
    """A product or price as it stands now."""
    return a.api.get(f"/v1/{thing['object']}s/{thing['id']}").ok()


@pytest.fixture(scope="module")
def kaos(a: Merchant) -> Json:
    """A product that stands, five of it."""
    return product(a, 5)


def at(thing: Json) -> str:
    """Where it is changed."""
    return f"/v1/{thing['object']}s/{thing['id']}"


# --- products ---------------------------------------------------------------------------------


def test_a_product_shows_its_stock(a: Merchant) -> None:
    made = a.api.post("/v1/products", {"name": "Kaos", "inventory": {"available": 3}}).ok()
    assert made == {
        "id": made["id"], "object": "product", "created": made["created"], "livemode": False,
        "active": True, "name": "Kaos", "description": None, "images": [], "url": None,
        "inventory": {"tracked": True, "available": 3, "reserved": 0}, "metadata": {},
        "updated": made["created"],
    }  # fmt: skip
    assert read(a, made) == made
    assert product(a)["inventory"] is None


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ({"name": "Kaos Hitam"}, {"name": "Kaos Hitam"}),
        ({"active": False}, {"active": False}),
        ({"description": None, "url": None}, {"description": None, "url": None}),
        ({"description": "", "url": ""}, {"description": None, "url": None}),
        ({"images": []}, {"images": []}),
        ({"images": ["a.example/1", "a.example/2"]}, {"images": ["a.example/1", "a.example/2"]}),
        ({"name": None, "active": None, "images": None}, {}),
        ({"metadata": {"sku": "", "new": "1"}}, {"metadata": {"shelf": "3", "new": "1"}}),
        ({"inventory": {"available": 4}}, {"inventory": [True, 4, 0]}),
        ({"inventory": {"add": 4}}, {"inventory": [True, 4, 0]}),
        ({"inventory": {"tracked": False}}, {"inventory": [False, 0, 0]}),
        ({}, {}),
    ],
)
def test_a_product_changes_in_what_is_told(a: Merchant, told: Json, after: Json) -> None:
    before = product(a)
    if "inventory" in after:
        names = ("tracked", "available", "reserved")
        after = {"inventory": dict(zip(names, after["inventory"], strict=True))}
    changed = a.api.post(at(before), told).ok()
    assert changed == {**before, **after, "updated": changed["updated"]}
    assert changed["updated"] > before["updated"]
    assert read(a, before) == changed


def test_a_form_changes_a_product_and_takes_away_by_an_empty_text(a: Merchant) -> None:
    before = product(a, 5)
    form = "name=Kaos+Putih&active=false&description=&url=&images=&metadata[sku]=&inventory[add]=-2"
    changed = a.api.form(at(before), form).ok()
    assert changed == {
        **before, "name": "Kaos Putih", "active": False, "description": None, "url": None,
        "images": [], "metadata": {"shelf": "3"}, "updated": changed["updated"],
        "inventory": {"tracked": True, "available": 3, "reserved": 0},
    }  # fmt: skip


PRODUCTS: dict[str, tuple[Any, str, str | None]] = {
    "unknown": ({"colour": "red"}, UNKNOWN, "colour"),
    "id": ({"id": "x"}, UNKNOWN, "id"),
    "created": ({"created": 1}, UNKNOWN, "created"),
    "nothing to see": ({"name": " "}, INVALID, "name"),
    "two lines": ({"name": "a\u2028b"}, INVALID, "name"),
    "a number": ({"name": 7}, INVALID, "name"),
    "a text": ({"active": "false"}, INVALID, "active"),
    "script": ({"url": "javascript:alert(1)"}, INVALID, "url"),
    "an image": ({"images": ["https://a.example/1", "data:x"]}, INVALID, "images[1]"),
    "nine images": ({"images": ["https://a.example/1"] * 9}, INVALID, "images"),
    "long": ({"description": "x" * 5001}, INVALID, "description"),
    "metadata": ({"metadata": None}, INVALID, "metadata"),
    "metadata of 51": ({"metadata": {f"k{n}": "v" for n in range(51)}}, INVALID, "metadata"),
    "49 more": ({"metadata": {f"k{n}": "v" for n in range(49)}}, INVALID, "metadata"),
    "a value": ({"metadata": {"a": 1}}, INVALID, "metadata[a]"),
    "inventory": ({"inventory": 5}, INVALID, "inventory"),
    "inventory of nothing": ({"inventory": {}}, MISSING, "inventory"),
    "unknown count": ({"inventory": {"sold": 1}}, UNKNOWN, "inventory[sold]"),
    "reserved": ({"inventory": {"reserved": 1}}, UNKNOWN, "inventory[reserved]"),
    "below zero": ({"inventory": {"available": -1}}, INVALID, "inventory[available]"),
    "a billion": ({"inventory": {"available": 10**9 + 1}}, INVALID, "inventory[available]"),
    "half": ({"inventory": {"available": 1.5}}, INVALID, "inventory[available]"),
    "half of one": ({"inventory": {"add": 0.5}}, INVALID, "inventory[add]"),
    "yes": ({"inventory": {"tracked": 1}}, INVALID, "inventory[tracked]"),
    "both": ({"inventory": {"available": 1, "add": 1}}, INVALID, "inventory[add]"),
    "more than there are": ({"inventory": {"add": -6}}, INVALID, "inventory[add]"),
}


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_bad_change_of_a_product_is_refused_by_name(
    world: World, a: Merchant, kaos: Json, name: str
) -> None:
    body, code, param = PRODUCTS[name]
    with world.untouched():
        check_refusal(a.api.post(at(kaos), body), 400, code, param)
        check_refusal(a.api.post(at(kaos), body, "key"), 400, code, param)
    assert a.api.post(at(kaos), {"name": "x"}, "key").ok()["name"] == "x"


@pytest.mark.parametrize("stock", [{}, {"available": None}, {"available": -1}, {"tracked": True}])
def test_a_new_products_stock_says_how_many(world: World, a: Merchant, stock: Json) -> None:
    with world.untouched():
        reply = a.api.post("/v1/products", {"name": "x", "inventory": stock})
    assert (reply.status, reply.error["param"]) == (400, "inventory[available]")


def test_anothers_product_and_price_are_not_there(world: World, a: Merchant, b: Merchant) -> None:
    kaos = product(a)
    for thing in (kaos, price(a, kaos)):
        with world.untouched():
            check_refusal(b.api.post(at(thing), {"active": False}), 404, "resource_missing", None)


# --- prices -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "after"),
    [
        ({"active": False}, {"active": False}),
        ({"nickname": "L", "lookup_key": "k-l"}, {"nickname": "L", "lookup_key": "k-l"}),
        ({"nickname": None, "lookup_key": ""}, {"nickname": None, "lookup_key": None}),
        ({"metadata": {"a": ""}}, {"metadata": {"b": "2"}}),
        ({"active": None}, {}),
    ],
)
def test_a_price_changes_in_what_is_told(a: Merchant, told: Json, after: Json) -> None:
    before = price(a, product(a), nickname="S", lookup_key="k-s", metadata={"a": "1", "b": "2"})
    assert a.api.post(at(before), told).ok() == {**before, **after}
    assert read(a, before) == {**before, **after}


@pytest.mark.parametrize(
    "told",
    [{"unit_amount": 1}, {"currency": "USD"}, {"product": "prod_x"}, {"custom_unit_amount": {}}],
    ids=str,
)
def test_a_prices_amount_never_changes(world: World, a: Merchant, told: Json) -> None:
    before = price(a, product(a))
    with world.untouched():
        check_refusal(a.api.post(at(before), told), 400, UNKNOWN, next(iter(told)))


@pytest.mark.parametrize(
    ("custom", "amount", "display"),
    [
        ({"minimum": 1000}, [1000, None, None], "Rp1.000"),
        ({"minimum": 1000, "maximum": 1000}, [1000, 1000, None], "Rp1.000"),
        ({"enabled": True, "minimum": 1000, "maximum": 9000, "preset": 5000},
         [1000, 9000, 5000], "Rp5.000"),
    ],
)  # fmt: skip
def test_a_price_whose_amount_the_shopper_sets(
    a: Merchant, custom: Json, amount: list[int | None], display: str
) -> None:
    body = {"currency": "IDR", "product": product(a)["id"], "custom_unit_amount": custom}
    made = a.api.post("/v1/prices", body).ok()
    names = ("minimum", "maximum", "preset")
    assert made["custom_unit_amount"] == {"enabled": True, **dict(zip(names, amount, strict=True))}
    assert (made["unit_amount"], made["amount_display"]) == (None, display)
    assert read(a, made) == made
    assert price(a, {"id": made["product"]})["custom_unit_amount"] is None


def test_a_form_makes_a_price_whose_amount_the_shopper_sets(a: Merchant) -> None:
    form = (
        "currency=idr&product_data[name]=Donasi&custom_unit_amount[enabled]=true"
        "&custom_unit_amount[minimum]=1000"
    )
    made = a.api.form("/v1/prices", form).ok()
    assert made["custom_unit_amount"] == {
        "enabled": True, "minimum": 1000, "maximum": None, "preset": None,
    }  # fmt: skip


CUSTOM = "custom_unit_amount"
PRICES: dict[str, tuple[Json, str, str | None]] = {
    "neither": ({}, MISSING, "unit_amount"),
    "both": ({"unit_amount": 1000, CUSTOM: {"minimum": 1}}, MISSING, "unit_amount"),
    "off": ({CUSTOM: {"enabled": False, "minimum": 1}}, INVALID, f"{CUSTOM}[enabled]"),
    "no minimum": ({CUSTOM: {"enabled": True}}, MISSING, f"{CUSTOM}[minimum]"),
    "nothing": ({CUSTOM: {"minimum": 0}}, "amount_below_minimum", f"{CUSTOM}[minimum]"),
    "a text": ({CUSTOM: {"minimum": "1000"}}, "amount_not_integer", f"{CUSTOM}[minimum]"),
    "huge": (
        {CUSTOM: {"minimum": 1, "maximum": 10**12 + 1}},
        "amount_above_wallet_limit",
        f"{CUSTOM}[maximum]",
    ),
    "maximum below": ({CUSTOM: {"minimum": 2, "maximum": 1}}, INVALID, CUSTOM),
    "preset below": ({CUSTOM: {"minimum": 2, "preset": 1}}, INVALID, CUSTOM),
    "preset above": ({CUSTOM: {"minimum": 2, "maximum": 3, "preset": 4}}, INVALID, CUSTOM),
    "unknown": ({CUSTOM: {"minimum": 2, "step": 3}}, UNKNOWN, f"{CUSTOM}[step]"),
    "cents": ({"currency": "USD", CUSTOM: {"minimum": 200}}, INVALID, CUSTOM),
}


@pytest.mark.parametrize("name", PRICES)
def test_a_bad_price_is_refused_by_name(world: World, a: Merchant, name: str) -> None:
    more, code, param = PRICES[name]
    body = {"currency": "IDR", "product_data": {"name": "x"}, **more}
    with world.untouched():
        check_refusal(a.api.post("/v1/prices", body), 400, code, param)


# --- once -------------------------------------------------------------------------------------


def test_the_same_key_adds_once_and_gets_the_same_answer(world: World, a: Merchant) -> None:
    kaos = product(a, 5)
    first = a.api.post(at(kaos), {"inventory": {"add": -5}}, "take-5")
    assert first.ok()["inventory"]["available"] == 0
    with world.untouched():
        check_replay(a.api.post(at(kaos), {"inventory": {"add": -5}}, "take-5"), first)
        reused = a.api.post(at(kaos), {"inventory": {"add": 5}}, "take-5")
        check_refusal(reused, 422, "idempotency_key_reused", "Idempotency-Key")
    assert read(a, kaos)["inventory"]["available"] == 0


# --- stock ------------------------------------------------------------------------------------


def stock(a: Merchant, kaos: Json) -> tuple[int, int]:
    """What is left, and what is held."""
    told = read(a, kaos)["inventory"]
    return told["available"], told["reserved"]


def test_a_session_by_price_holds_pieces_and_a_payment_spends_them(
    world: World, a: Merchant
) -> None:
    kaos = product(a, 3)
    body = {"line_items": [{"price": price(a, kaos)["id"], "quantity": 2}]}
    session = a.api.post(SESSIONS, body).ok()
    assert session["expires_at"] == session["created"] + 3_600_000
    assert session["line_items"]["data"][0]["price"]["product"]["inventory"] is None
    assert stock(a, kaos) == (1, 2)
    with world.untouched():
        refused = a.api.post(SESSIONS, body, "late")
        check_refusal(refused, 409, "out_of_stock", None)
    assert refused.error["details"] == {"inactive_reason": "out_of_stock"}
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    assert world.deliver(a, session, "payment_intent.succeeded").ok()["outcome"] == "applied"
    assert stock(a, kaos) == (1, 0)
    assert world.read(a, session)["payment_status"] == "paid"


def test_pieces_come_back_when_the_merchant_ends_the_session(world: World, a: Merchant) -> None:
    kaos = product(a, 1)
    session = a.api.post(SESSIONS, {"line_items": [{"price": price(a, kaos)["id"]}]}).ok()
    assert stock(a, kaos) == (0, 1)
    a.api.post(f"{SESSIONS}/{session['id']}/expire", {}).ok()
    assert stock(a, kaos) == (1, 0)


def test_what_is_not_counted_is_sold_for_a_day(a: Merchant) -> None:
    session = a.api.post(SESSIONS, session_of()).ok()
    assert session["expires_at"] == session["created"] + 24 * 3_600_000
