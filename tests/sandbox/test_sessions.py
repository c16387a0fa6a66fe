"""Checkout sessions."""

import re
from typing import Any

import pytest

from tests.sandbox.conftest import SAMPLE, Shop, line

SAMPLE_TYPES = {
    "id": str, "object": str, "created": int, "livemode": bool, "currency": str, "customer": str,
    "mode": str, "status": str, "url": str, "cancel_url": str, "line_items": dict,
    "payment_intent": str, "payment_method_types": list, "payment_status": str,
    "success_url": str, "amount_subtotal": int, "amount_total": int,
    "billing_address_collection": str, "expires_at": int, "payment_link": str,
    "client_secret": str,
}  # fmt: skip


def test_the_documented_sample_is_answered_in_kind(shop: Shop) -> None:
    made = shop.session()

    assert {name: type(made[name]) for name in SAMPLE_TYPES} == SAMPLE_TYPES
    expected = {
        "object": "checkout.session",
        "livemode": False,
        "currency": "IDR",
        "customer": "",
        "mode": "payment",
        "status": "open",
        "payment_status": "unpaid",
        "cancel_url": "www.wooshpay.com",
        "success_url": "https://wooshpay.com/",
        "payment_method_types": ["dana"],
        "amount_subtotal": 20000,
        "amount_total": 20000,
        "billing_address_collection": "auto",
        "payment_link": "",
        "shipping": None,
    }
    assert {name: made[name] for name in expected} == expected
    assert re.fullmatch(r"cs_\d{19}", made["id"])
    assert re.fullmatch(r"pi_\d{19}", made["payment_intent"])
    digits = made["id"].removeprefix("cs_")
    address = rf"http://127\.0\.0\.1:\d+/pay/cs_test_{digits}\?key=pk_test_[0-9a-f]{{24}}"
    assert re.fullmatch(address, made["url"])
    assert re.fullmatch(made["payment_intent"] + r"_secret_[0-9a-f]{24}", made["client_secret"])
    assert 86_400_000 <= made["expires_at"] - made["created"] < 86_401_500


def test_its_line_items_match_the_sample(shop: Shop) -> None:
    listed = shop.session()["line_items"]
    item = listed["data"][0]
    price, product = item["price"], item["price"]["product"]

    assert (listed["object"], len(listed["data"])) == ("list", 1)
    assert (item["object"], item["currency"], item["description"]) == ("item", "IDR", "apple")
    assert (item["quantity"], item["amount_subtotal"], item["amount_total"]) == (1, 20000, 20000)
    assert (price["object"], price["type"], price["unit_amount"]) == ("price", "one_time", 20000)
    assert (price["billing_scheme"], price["nickname"]) == ("per_unit", "apple")
    assert (price["lookup_key"], price["active"]) == ("test_lookup_key", True)
    assert (product["object"], product["name"], product["active"]) == ("product", "apple", True)
    ids = [item["id"], price["id"], product["id"]]
    assert [re.sub(r"\d{19}", "", each) for each in ids] == ["li_", "price_", "prod_"]


def test_retrieve_gives_the_same(shop: Shop) -> None:
    made = shop.session(metadata={"order": "7"}, client_reference_id="ref", customer_email="a@b.c")

    assert shop.get(f"/v1/checkout/sessions/{made['id']}") == made
    assert (made["metadata"], made["client_reference_id"]) == ({"order": "7"}, "ref")
    assert made["customer_email"] == "a@b.c"
    assert shop.http.get("/v1/checkout/sessions/cs_1").status_code == 404


def test_lines_add_up(shop: Shop) -> None:
    made = shop.session(line_items=[line(1500, 3), line(250, 2, "idr")])

    assert made["amount_total"] == 5000
    assert [each["amount_total"] for each in made["line_items"]["data"]] == [4500, 500]


def test_without_methods_all_that_fit_are_offered(shop: Shop) -> None:
    body = {name: value for name, value in SAMPLE.items() if name != "payment_method_types"}

    made = shop.post("/v1/checkout/sessions", body).json()

    assert made["payment_method_types"] == ["dana", "bank_transfer_id", "alipayplus"]


def price(**changes: Any) -> dict[str, Any]:
    one = line(20000)
    return {"line_items": [one | {"price_data": one["price_data"] | changes}]}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"mode": None}, "mode"),
        ({"success_url": "www.wooshpay.com"}, "success_url"),
        ({"success_url": "http://shop.example/"}, "success_url"),
        ({"success_url": "ftp://shop.example/"}, "success_url"),
        ({"success_url": "https://u:p@shop.example/"}, "success_url"),
        ({"success_url": "https://shop.example/\n"}, "success_url"),
        ({"success_url": ""}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"cancel_url": "localhost"}, "cancel_url"),
        ({"line_items": []}, "line_items"),
        ({"line_items": [line(1)] * 101}, "line_items"),
        ({"line_items": ["x"]}, "line_items"),
        ({"line_items": [line(500), line(500, 1, "USD")]}, "line_items"),
        ({"line_items": [{"price": "price_1", "quantity": 1}]}, "line_items[0][price]"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0][price_data]"),
        ({"line_items": [line(500, 0)]}, "line_items[0][quantity]"),
        ({"line_items": [line(500, True)]}, "line_items[0][quantity]"),
        ({"line_items": [line(500), line(500, 1.0)]}, "line_items[1][quantity]"),
        ({"line_items": [line("500")]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(500.0)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(0)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(True)]}, "line_items[0][price_data][unit_amount]"),
        ({"line_items": [line(500, 1, "XXX")]}, "currency"),
        ({"line_items": [line(500) | {"tax": 1}]}, "line_items[0][tax]"),
        (price(product_data={}), "line_items[0][price_data][product_data][name]"),
        (price(product_data={"name": " "}), "line_items[0][price_data][product_data][name]"),
        (price(product_data={"name": "x" * 5001}), "line_items[0][price_data][product_data][name]"),
        ({"payment_method_types": []}, "payment_method_types"),
        ({"payment_method_types": ["dana", "dana"]}, "payment_method_types"),
        ({"payment_method_types": ["cash"]}, "payment_method_types"),
        ({"payment_method_types": ["ovo"]}, "payment_method_types"),
        ({"payment_method_types": ["dana", "gcash"]}, "currency"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": {"a" * 41: "x"}}, "metadata"),
        ({"metadata": {"a": "x" * 501}}, "metadata"),
        ({"metadata": {str(n): "x" for n in range(51)}}, "metadata"),
        ({"metadata": []}, "metadata"),
        ({"payment_intent_data": {"amount": 1}}, "payment_intent_data[amount]"),
        ({"billing_address_collection": "never"}, "billing_address_collection"),
        ({"customer_email": 7}, "customer_email"),
        ({"expires_at": 1}, "expires_at"),
        ({"expires_at": 9_999_999_999}, "expires_at"),
    ],
)
def test_refusals_name_the_parameter(shop: Shop, changes: dict[str, Any], param: str) -> None:
    refused = shop.post("/v1/checkout/sessions", SAMPLE | changes)

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == param
    assert shop.get("/_sandbox/events")["data"] == []


@pytest.mark.parametrize("name", ["mode", "success_url", "line_items"])
def test_required_parameters(shop: Shop, name: str) -> None:
    body = {each: value for each, value in SAMPLE.items() if each != name}

    refused = shop.post("/v1/checkout/sessions", body)

    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == f"Missing parameter: {name}"


def test_http_is_fine_on_loopback(shop: Shop) -> None:
    made = shop.session(success_url="http://127.0.0.1:8000/s/1", cancel_url="http://localhost/l/1")

    assert made["success_url"] == "http://127.0.0.1:8000/s/1"
    assert made["cancel_url"] == "http://localhost/l/1"


@pytest.mark.parametrize(
    ("amount", "places", "status"),
    [
        (99, 0, 400),
        (100, 0, 200),
        (300_000_000, 0, 200),
        (300_000_001, 0, 400),
        (9_999, 2, 400),
        (10_000, 2, 200),
        (30_000_000_000, 2, 200),
        (30_000_000_001, 2, 400),
    ],
)
def test_dana_limits_in_either_unit(shop: Shop, amount: int, places: int, status: int) -> None:
    shop.switch(minor_units={"IDR": places})

    answer = shop.post("/v1/checkout/sessions", SAMPLE | {"line_items": [line(amount)]})

    assert answer.status_code == status


def test_limits_are_told_in_words(shop: Shop) -> None:
    refused = shop.post("/v1/checkout/sessions", SAMPLE | {"line_items": [line(99)]}).json()

    assert refused["error"]["code"] == "sandbox_amount_out_of_range"
    assert refused["error"]["message"] == "dana takes at least Rp100"


def test_expires_at_in_seconds_or_milliseconds(shop: Shop) -> None:
    soon = shop.get("/_sandbox/health")["now"] // 1000 + 3600

    assert shop.session(expires_at=soon)["expires_at"] == soon * 1000
    assert shop.session(expires_at=soon * 1000 + 5)["expires_at"] == soon * 1000 + 5


def test_expire_closes_an_open_session_once(shop: Shop) -> None:
    made = shop.session()

    expired = shop.post(f"/v1/checkout/sessions/{made['id']}/expire")

    assert (expired.status_code, expired.json()["status"]) == (200, "expired")
    assert shop.intent(made["payment_intent"])["status"] == "canceled"
    again = shop.post(f"/v1/checkout/sessions/{made['id']}/expire")
    assert (again.status_code, again.json()["error"]["code"]) == (400, "sandbox_session_not_open")
    assert shop.event_types() == [
        "payment_intent.created",
        "checkout.session.expired",
        "payment_intent.canceled",
    ]


def test_expire_is_refused_after_payment(shop: Shop) -> None:
    made = shop.session()
    shop.control(f"/payment_intents/{made['payment_intent']}/approve")

    refused = shop.post(f"/v1/checkout/sessions/{made['id']}/expire")

    assert refused.status_code == 400
    paid = shop.get(f"/v1/checkout/sessions/{made['id']}")
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")


def test_it_expires_by_itself_after_24_hours(shop: Shop) -> None:
    made = shop.session()

    shop.advance(86_399)
    assert shop.get(f"/v1/checkout/sessions/{made['id']}")["status"] == "open"
    shop.advance(2)
    assert shop.get(f"/v1/checkout/sessions/{made['id']}")["status"] == "expired"


def test_with_the_switch_off_an_open_wallet_pays_late(shop: Shop) -> None:
    shop.switch(expire_cancels_intent=False, session_expired_event=False)
    made = shop.session()
    shop.http.post(made["url"], data={"method": "dana"})
    shop.post(f"/v1/checkout/sessions/{made['id']}/expire")

    shop.control(f"/payment_intents/{made['payment_intent']}/approve")

    late = shop.get(f"/v1/checkout/sessions/{made['id']}")
    assert (late["status"], late["payment_status"]) == ("expired", "paid")
    assert "checkout.session.expired" not in shop.event_types()


def test_empty_values_follow_their_switch(shop: Shop) -> None:
    shop.switch(empty_values=None)

    made = shop.session()

    assert (made["customer"], made["payment_link"]) == (None, None)
    assert shop.intent(made["payment_intent"])["last_payment_error"] is None
