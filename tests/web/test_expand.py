"""`expand[]` and `created`: ids become objects where they are asked for, lists keep to a time."""

import pytest

from tests.web.samples import Json, at_instant
from tests.web.world import Merchant, World

SESSIONS = "/v1/checkout/sessions"


@pytest.fixture(scope="module")
def sold(world: World, a: Merchant) -> Json:
    """A paid session of a link, and its refund."""
    link = world.link(a)
    session = a.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    world.deliver(a, session, "payment_intent.succeeded").ok()
    body = {"checkout_session": session["id"], "amount": 5000}
    refund = a.api.post("/v1/refunds", body, key="expand").ok()
    return {"link": link, "session": session["id"], "refund": refund}


def test_an_id_becomes_its_object(a: Merchant, sold: Json) -> None:
    path = f"/v1/refunds/{sold['refund']['id']}"
    refund = a.api.get(f"{path}?expand[]=checkout_session&expand[]=payment_intent").ok()
    session = a.api.get(f"{SESSIONS}/{sold['session']}").ok()
    assert refund["checkout_session"] == session
    assert refund["payment_intent"]["object"] == "payment_intent"
    assert {
        **refund,
        "checkout_session": session["id"],
        "payment_intent": session["payment_intent"],
    } == a.api.get(path).ok()


def test_one_object_leads_to_the_next(a: Merchant, sold: Json) -> None:
    path = f"/v1/refunds/{sold['refund']['id']}?expand[]=checkout_session.payment_link"
    link = a.api.get(path).ok()["checkout_session"]["payment_link"]
    assert (link["id"], link["object"]) == (sold["link"]["id"], "payment_link")


def test_each_of_a_list_is_expanded_and_each_object_is_read_once(
    world: World, a: Merchant, sold: Json
) -> None:
    listed = a.api.get("/v1/refunds?expand[]=data.payment_intent&expand[0]=data.checkout_session")
    for refund in listed.ok()["data"]:
        assert refund["payment_intent"]["id"] == refund["checkout_session"]["payment_intent"]


def test_a_price_shows_its_product_and_a_post_may_ask_for_it(a: Merchant) -> None:
    data = {"name": "Kopi"}
    body: Json = {
        "currency": "IDR",
        "unit_amount": 5000,
        "product_data": data,
        "expand": ["product"],
    }
    made = a.api.post("/v1/prices", body, key="price").ok()
    assert made["product"]["name"] == "Kopi"
    again = a.api.post("/v1/prices", body, key="price")
    assert (again.ok(), again.headers["idempotency-replayed"]) == (made, "true")
    plain = a.api.get(f"/v1/prices/{made['id']}").ok()
    assert plain["product"] == made["product"]["id"]
    form = a.api.form(
        "/v1/prices", "currency=IDR&unit_amount=1&product_data[name]=x&expand[]=product"
    )
    assert form.ok()["product"]["name"] == "x"


def test_what_is_empty_stays_empty(world: World, a: Merchant) -> None:
    session = world.unpaid(a)
    shown = a.api.get(f"{SESSIONS}/{session['id']}?expand[]=payment_link").ok()
    assert shown["payment_link"] == ""


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("expand[]=amount", "expand"),
        ("expand[]=nothing", "expand"),
        ("expand[]=metadata.x", "expand"),
        ("expand[]=id.x", "expand"),
        ("expand[]=a.b.c.d.e", "expand"),
        ("expand[]=" + "x" * 201, "expand[0]"),
        ("expand[]=Payment%20Intent", "expand[0]"),
        ("expand=payment_intent", "expand"),
        ("expand[x]=payment_intent", "expand"),
        ("&".join(f"expand[]=payment_intent{'.x' * (n % 3)}" for n in range(11)), "expand"),
        ("limit=3", "limit"),
    ],
)
def test_what_leads_nowhere_is_refused(a: Merchant, sold: Json, query: str, param: str) -> None:
    refused = a.api.get(f"/v1/refunds/{sold['refund']['id']}?{query}")
    assert (refused.status, refused.error["param"]) == (400, param), refused.text


def test_lists_keep_to_a_time(world: World) -> None:
    shop = world.merchant()
    now = world.app.clock()
    made = []
    for offset in (0, 1_000, 2_000, 3_000):
        with at_instant(now + offset):
            made.append(shop.api.post("/v1/products", {"name": f"{offset}"}).ok()["id"])

    def names(query: str) -> list[int]:
        found = shop.api.get(f"/v1/products?{query}").ok()["data"]
        return [made.index(each["id"]) for each in found]

    t1, t2 = now + 1_000, now + 2_000
    assert names("") == [3, 2, 1, 0]
    assert names(f"created[gte]={t1}") == [3, 2, 1]
    assert names(f"created[gt]={t1}") == [3, 2]
    assert names(f"created[lt]={t2}") == [1, 0]
    assert names(f"created[lte]={t2}") == [2, 1, 0]
    assert names(f"created[gte]={t1}&created[lt]={t2}") == [1]
    assert names(f"created={t2}") == [2]
    assert names(f"created[gt]={now + 9_000}") == []
    assert names(f"created[gte]={t1}&starting_after={made[3]}&limit=1") == [2]
    assert names(f"created[lte]={t2}&ending_before={made[0]}") == [2, 1]
    assert names(f"created[gte]={t2}&ending_before={made[0]}") == [3, 2]
    page = shop.api.get(f"/v1/products?created[gte]={t1}&limit=2").ok()
    assert (len(page["data"]), page["has_more"]) == (2, True)
    rest = shop.api.get(f"/v1/products?created[gte]={t1}&limit=2&starting_after={made[2]}").ok()
    assert ([each["id"] for each in rest["data"]], rest["has_more"]) == ([made[1]], False)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("created[gte]=soon", "created[gte]"),
        ("created[gte]=-1", "created[gte]"),
        ("created[gte]=1.5", "created[gte]"),
        ("created[after]=1", "created[after]"),
        ("created=x", "created[gte]"),
    ],
)
def test_a_time_that_is_none_is_refused(a: Merchant, query: str, param: str) -> None:
    refused = a.api.get(f"/v1/products?{query}")
    assert (refused.status, refused.error["param"]) == (400, param), refused.text
