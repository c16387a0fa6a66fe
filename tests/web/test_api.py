"""The merchants' API: create, retrieve, list, forms like JSON, once per key, one envelope."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.web.samples import SAMPLE, Json, session_of
from tests.web.test_bad_input import check_refusal
from tests.web.world import PUBLIC_URL, Merchant, Reply, World

PRICE: Json = {"currency": "idr", "unit_amount": 20000, "product_data": {"name": "Kopi"}}
SECURITY = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "content-type": "application/json",
}
ENVELOPE = {
    "type", "code", "message", "user_message", "param", "doc_url", "request_id", "details",
}  # fmt: skip


def test_a_product_is_created_and_reads_back(a: Merchant) -> None:
    body = {
        "name": "Kaos",
        "description": "Katun\n30s",
        "images": ["https://img.example/kaos.jpg"],
        "url": "https://shop.example/kaos",
        "metadata": {"sku": "K-1"},
    }
    made = a.api.post("/v1/products", body).ok()
    assert {name: made[name] for name in body} == body
    assert (made["object"], made["active"], made["livemode"]) == ("product", True, False)
    assert a.api.get(f"/v1/products/{made['id']}").ok() == made


def test_a_price_makes_its_product_or_takes_a_standing_one(a: Merchant) -> None:
    first = a.api.post("/v1/prices", PRICE).ok()
    again = {"currency": "IDR", "unit_amount": 500, "product": first["product"], "nickname": "S"}
    second = a.api.post("/v1/prices", again).ok()
    assert second["product"] == first["product"]
    assert (second["currency"], second["unit_amount"], second["nickname"]) == ("IDR", 500, "S")
    assert (first["amount_display"], first["billing_scheme"]) == ("Rp20.000", "per_unit")
    assert a.api.get(f"/v1/prices/{second['id']}").ok() == second


def test_a_link_shows_its_lines_and_has_an_address_nobody_guesses(
    world: World, a: Merchant
) -> None:
    made = world.link(a, metadata={"campaign": "x"})
    assert made["url"] == f"{PUBLIC_URL}/l/{made['slug']}"
    assert len(made["slug"]) >= 22
    assert made["slug"] not in made["id"]
    assert made["line_items"]["data"][0]["amount_total"] == 20000
    assert a.api.get(f"/v1/payment_links/{made['id']}").ok() == made
    lines = a.api.get(f"/v1/payment_links/{made['id']}/line_items").ok()
    assert lines == made["line_items"]


def test_a_session_of_a_link_of_a_price_and_of_data(world: World, a: Merchant) -> None:
    link = world.link(a, metadata={"campaign": "x", "shop": "link"})
    price = link["line_items"]["data"][0]["price"]["id"]
    of_link = {"payment_link": link["id"], "metadata": {"shop": "session"}}
    made = a.api.post("/v1/checkout/sessions", of_link).ok()
    assert (made["payment_link"], made["amount_total"]) == (link["id"], 20000)
    assert made["metadata"] == {"campaign": "x", "shop": "session"}
    of_price = {"line_items": [{"price": price, "quantity": 3}]}
    made = a.api.post("/v1/checkout/sessions", of_price).ok()
    assert (made["amount_total"], made["amount_display"]) == (60000, "Rp60.000")
    lines = a.api.get(f"/v1/checkout/sessions/{made['id']}/line_items").ok()
    assert lines == made["line_items"]


def test_a_closed_link_makes_no_session_and_says_why(world: World, a: Merchant) -> None:
    link = world.link(a, active=False)
    with world.untouched():
        reply = a.api.post("/v1/checkout/sessions", {"payment_link": link["id"]})
        check_refusal(reply, 409, "payment_link_inactive", None)
    assert reply.error["details"] == {"inactive_reason": "paused"}


# --- lists ------------------------------------------------------------------------------------

MAKERS: dict[str, Callable[[World, Merchant, int], Any]] = {
    "products": lambda w, m, n: m.api.post("/v1/products", {"name": f"Kopi {n}"}).ok()["id"],
    "prices": lambda w, m, n: m.api.post("/v1/prices", PRICE).ok()["id"],
    "payment_links": lambda w, m, n: w.link(m)["id"],
    "checkout/sessions": lambda w, m, n: w.unpaid(m)["id"],
}


@pytest.fixture(scope="module")
def busy(world: World) -> tuple[Merchant, list[str]]:
    """A merchant with 25 products, newest first."""
    merchant = world.merchant()
    made = [MAKERS["products"](world, merchant, number) for number in range(25)]
    return merchant, made[::-1]


def page(merchant: Merchant, query: str) -> tuple[list[str], bool]:
    found = merchant.api.get(f"/v1/products?{query}").ok()
    assert (found["object"], found["url"]) == ("list", "/v1/products")
    return [each["id"] for each in found["data"]], found["has_more"]


def test_a_list_is_newest_first_and_ten_a_page(busy: tuple[Merchant, list[str]]) -> None:
    merchant, ids = busy
    assert page(merchant, "") == (ids[:10], True)


@pytest.mark.parametrize("limit", [1, 7, 10, 24, 25, 100])
def test_walking_down_gives_every_object_once(busy: tuple[Merchant, list[str]], limit: int) -> None:
    merchant, ids = busy
    seen: list[str] = []
    more = True
    while more:
        cursor = f"&starting_after={seen[-1]}" if seen else ""
        found, more = page(merchant, f"limit={limit}{cursor}")
        assert len(found) == min(limit, len(ids) - len(seen))
        seen += found
    assert seen == ids


@pytest.mark.parametrize("limit", [1, 7, 24, 25])
def test_walking_up_gives_every_newer_object_once(
    busy: tuple[Merchant, list[str]], limit: int
) -> None:
    merchant, ids = busy
    seen, more = [ids[-1]], True
    while more:
        found, more = page(merchant, f"limit={limit}&ending_before={seen[0]}")
        seen = found + seen
    assert seen == ids


@pytest.mark.parametrize(
    ("query", "first", "last", "more"),
    [
        ("limit=25", 0, 25, False),
        ("limit=24", 0, 24, True),
        ("limit=5&starting_after={4}", 5, 10, True),
        ("limit=5&starting_after={19}", 20, 25, False),
        ("limit=5&starting_after={24}", 25, 25, False),
        ("limit=5&ending_before={10}", 5, 10, True),
        ("limit=5&ending_before={5}", 0, 5, False),
        ("limit=5&ending_before={0}", 0, 0, False),
    ],
)
def test_a_page_and_whether_there_is_more(
    busy: tuple[Merchant, list[str]], query: str, first: int, last: int, more: bool
) -> None:
    merchant, ids = busy
    assert page(merchant, query.format(*ids)) == (ids[first:last], more)


@pytest.mark.parametrize("path", MAKERS)
def test_every_list_holds_what_was_made_newest_first(world: World, path: str) -> None:
    merchant = world.merchant()
    made = [MAKERS[path](world, merchant, number) for number in range(3)]
    found = merchant.api.get(f"/v1/{path}").ok()
    assert [each["id"] for each in found["data"]] == made[::-1]
    assert (found["url"], found["has_more"]) == (f"/v1/{path}", False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("starting_after=x", "starting_after"),
        ("ending_before=cs_01M85VECTF8KAWQADBT8MQFYQ5", "ending_before"),
        ("starting_after=prod_1&ending_before=prod_1", None),
    ],
)
def test_a_cursor_is_one_id_of_the_listed_kind(a: Merchant, query: str, param: str | None) -> None:
    check_refusal(a.api.get(f"/v1/products?{query}"), 400, "parameter_invalid", param)


# --- forms ------------------------------------------------------------------------------------

FORM_SESSION = "&".join(
    (
        "cancel_url=www.wooshpay.com",
        "mode=payment",
        "success_url=https%3A%2F%2Fwooshpay.com%2F",
        "payment_method_types[0]=dana",
        "line_items[0][price_data][currency]=IDR",
        "line_items[0][price_data][unit_amount]=20000",
        "line_items[0][price_data][nickname]=apple",
        "line_items[0][price_data][product_data][name]=apple",
        "line_items[0][price_data][billing_scheme]=testscheme",
        "line_items[0][price_data][lookup_key]=test_lookup_key",
        "line_items[0][quantity]=1",
    )
)


def test_a_session_of_a_link_that_is_over_says_where_to_begin_anew(
    world: World, a: Merchant
) -> None:
    link = world.link(a)
    made = a.api.post("/v1/checkout/sessions", {"payment_link": link["id"]}).ok()
    assert made["recovery_url"] is None
    ended = a.api.post(f"/v1/checkout/sessions/{made['id']}/expire", {}).ok()
    assert ended["recovery_url"] == link["url"]
    alone = world.unpaid(a)
    ended = a.api.post(f"/v1/checkout/sessions/{alone['id']}/expire", {}).ok()
    assert ended["recovery_url"] is None


OWN = {"id", "created", "updated", "url", "payment_intent", "expires_at", "client_secret"}
OWN |= {"status_url", "psp"}


def shape(value: Any) -> Any:
    """A JSON value without what is minted anew each time."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items() if name not in OWN}
    return [shape(part) for part in value] if isinstance(value, list) else value


@pytest.mark.parametrize("form", [FORM_SESSION, FORM_SESSION.replace("types[0]", "types[]"),
                                  FORM_SESSION.replace("[", "%5B").replace("]", "%5D")],
                         ids=["as the SDKs send it", "empty brackets", "escaped"])  # fmt: skip
def test_a_form_with_brackets_is_answered_like_json(a: Merchant, form: str) -> None:
    as_json = a.api.post("/v1/checkout/sessions", SAMPLE).ok()
    assert shape(a.api.form("/v1/checkout/sessions", form).ok()) == shape(as_json)


def test_a_forms_booleans_spaces_and_metadata(a: Merchant) -> None:
    made = a.api.form(
        "/v1/products", "name=Kopi+Susu&active=false&metadata[a b]=%C3%A9&images[0]=img.example/x"
    ).ok()
    assert (made["name"], made["active"], made["metadata"]) == ("Kopi Susu", False, {"a b": "é"})


# --- idempotency ------------------------------------------------------------------------------

BODIES: dict[str, Json] = {
    "/v1/products": {"name": "Kopi"},
    "/v1/prices": PRICE,
    "/v1/checkout/sessions": session_of(),
}


@pytest.mark.parametrize("path", BODIES)
def test_the_same_key_and_body_give_the_same_object_once(
    world: World, a: Merchant, path: str
) -> None:
    first = a.api.post(path, BODIES[path], "key-1").ok()
    with world.untouched():
        for _ in range(3):
            assert a.api.post(path, BODIES[path], "key-1").ok() == first


@pytest.mark.parametrize("path", BODIES)
def test_the_same_key_with_another_body_is_422(world: World, a: Merchant, path: str) -> None:
    a.api.post(path, BODIES[path], "key-2").ok()
    with world.untouched():
        reply = a.api.post(path, {**BODIES[path], "metadata": {"a": "1"}}, "key-2")
        check_refusal(reply, 422, "idempotency_key_reused", "Idempotency-Key")
    assert reply.error["type"] == "idempotency_error"


def test_a_link_is_made_once_for_a_key(world: World, a: Merchant) -> None:
    price = a.api.post("/v1/prices", PRICE).ok()["id"]
    body = {"line_items": [{"price": price}]}
    assert (
        a.api.post("/v1/payment_links", body, "l1").ok()
        == a.api.post("/v1/payment_links", body, "l1").ok()
    )


def test_a_refused_request_leaves_its_key_free(a: Merchant) -> None:
    assert a.api.post("/v1/products", {"name": ""}, "key-3").status == 400
    assert a.api.post("/v1/products", {"name": "Kopi"}, "key-3").ok()["name"] == "Kopi"


def test_the_key_of_one_route_is_another_on_the_next(a: Merchant) -> None:
    for path, body in BODIES.items():
        a.api.post(path, body, "key-4").ok()


def test_without_a_key_two_requests_are_two_objects(a: Merchant) -> None:
    made = [a.api.post("/v1/products", {"name": "Kopi"}).ok()["id"] for _ in range(2)]
    assert made[0] != made[1]


# --- every answer -----------------------------------------------------------------------------


def every_kind(world: World, a: Merchant) -> dict[str, Reply]:
    """One answer of each kind."""
    get, post, send = a.api.get, a.api.post, a.api.send
    return {
        "200": get("/v1/products"),
        "400": post("/v1/products", b"{"),
        "401": world.public.get("/v1/products"),
        "404": get("/v1/products/x"),
        "405": send("DELETE", "/v1/products"),
        "405 of HEAD": send("HEAD", "/v1/products"),
        "413": post("/v1/products", b" " * 300_000),
        "415": send("POST", "/v1/products", b"x", {"Content-Type": "text/csv"}),
        "health": world.public.get("/healthz"),
        "webhook 400": world.public.send("POST", a.door, b"{}"),
    }


def test_every_answer_has_a_request_id_of_its_own(world: World, a: Merchant) -> None:
    replies = every_kind(world, a)
    ids = {name: reply.headers.get("request-id", "") for name, reply in replies.items()}
    assert [name for name, id in ids.items() if not id.startswith("req_")] == []
    assert len(set(ids.values())) == len(ids)


def test_every_answer_has_the_security_headers(world: World, a: Merchant) -> None:
    for name, reply in every_kind(world, a).items():
        assert {each: reply.headers.get(each) for each in SECURITY} == SECURITY, name
        assert "access-control-allow-origin" not in reply.headers


def test_every_error_has_the_whole_envelope(world: World, a: Merchant) -> None:
    for name, reply in every_kind(world, a).items():
        if reply.status == 200:
            continue
        assert reply.json.keys() == {"error"}, name
        assert reply.error.keys() == ENVELOPE, name
        assert reply.error["request_id"] == reply.headers["request-id"], name
        assert reply.error["doc_url"].endswith(f"#{reply.error['code']}"), name
        assert reply.error["message"], name
        assert reply.error["user_message"], name


def test_405_says_what_is_allowed(a: Merchant) -> None:
    reply = a.api.send("DELETE", "/v1/products")
    assert (reply.status, reply.error["code"]) == (405, "method_not_allowed_error")
    assert {each.strip() for each in reply.headers["allow"].split(",")} == {"GET", "POST"}


@pytest.mark.parametrize("stuff", ["headers", "multiValueHeaders"])
def test_an_event_without_headers_is_401_not_500(world: World, stuff: str) -> None:
    empty: Json = {stuff: None}
    assert world.event("GET", "/v1/products", **empty).status == 401


def test_a_null_body_is_an_empty_one(world: World, a: Merchant) -> None:
    headers = {"Authorization": f"Bearer {a.secret_key}", "Content-Type": "application/json"}
    for coded in (True, False):
        reply = world.event("POST", "/v1/products", headers=headers, isBase64Encoded=coded)
        check_refusal(reply, 400, "parameter_missing", "name")
