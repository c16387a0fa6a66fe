"""The Direct API: a payment without a page in between, by the same record, webhooks and refunds."""

from typing import Any

import pytest

from tests.web.world import Json, Merchant, World

URL = "/v1/payment_intents"
DANA = {
    "amount": 100,
    "currency": "IDR",
    "confirm": True,
    "payment_method_data": {"type": "dana"},
    "return_url": "https://your.website",
}


@pytest.fixture
def merchant(world: World) -> Merchant:
    return world.merchant()


def asked_for(amount: int = 100, method: str = "dana", currency: str = "IDR", **more: Any) -> Json:
    data = {"type": method, **more.pop("data", {})}
    given = {**DANA, "amount": amount, "currency": currency, "payment_method_data": data}
    return {**given, **more}


def approved(world: World, merchant: Merchant, intent: Json) -> Json:
    """The intent once the shopper has paid and the webhook has arrived."""
    theirs = intent["psp"]["payment_intent"]
    world.control(f"/payment_intents/{theirs}/approve")
    outcome = world.knock(merchant, *world.delivery(theirs, "payment_intent.succeeded")).ok()
    assert outcome["outcome"] == "applied"
    return merchant.api.get(f"{URL}/{intent['id']}").ok()


def test_the_documented_request_is_answered_as_the_provider_does(
    world: World, merchant: Merchant
) -> None:
    world.forget()
    intent = merchant.api.post(URL, DANA).ok()
    action = intent["next_action"]
    assert action.keys() == {"type", "dana_handle_redirect"}
    assert action["type"] == "redirect_to_url"
    assert action["dana_handle_redirect"]["url"].startswith(world.server.url)
    told = {
        "object": "payment_intent",
        "status": "requires_action",
        "payment_status": "unpaid",
        "amount": 100,
        "currency": "IDR",
        "amount_received": 0,
        "payment_method_types": ["dana"],
        "payment_method": "dana",
        "confirmation_method": "automatic",
        "capture_method": "automatic",
        "return_url": "https://your.website",
        "amount_display": "Rp100",
        "amount_refundable": 0,
        "livemode": False,
    }
    assert {name: intent[name] for name in told} == told
    assert intent["client_secret"].startswith(f"{intent['id']}_secret_")
    (sent,) = world.asked()
    assert (sent["method"], sent["path"]) == ("POST", URL)
    assert sent["idempotency_key"] == intent["id"]
    session = intent["checkout_session"]
    assert sent["body"] == {
        "amount": 100,
        "currency": "IDR",
        "confirm": True,
        "payment_method_types": ["dana"],
        "payment_method_data": {"type": "dana"},
        "return_url": "https://your.website",
        "merchant_order_id": session,
        "metadata": {"tautan_payment": session},
    }


def test_it_is_paid_by_its_webhook_and_refunded_under_the_wallets_rules(
    world: World, merchant: Merchant
) -> None:
    intent = merchant.api.post(URL, DANA).ok()
    paid = approved(world, merchant, intent)
    assert (paid["status"], paid["payment_status"]) == ("succeeded", "paid")
    assert (paid["amount_received"], paid["next_action"]) == (100, None)
    part = {"payment_intent": intent["id"], "amount": 40}
    assert merchant.api.post("/v1/refunds", part, "one").ok()["status"] == "succeeded"
    again = merchant.api.post("/v1/refunds", {**part, "amount": 10}, "two")
    assert (again.status, again.error["code"]) == (409, "refund_multiple_not_supported")
    after = merchant.api.get(f"{URL}/{intent['id']}").ok()
    assert (after["amount_refunded"], after["refund_status"]) == (40, "partial")


@pytest.mark.parametrize(
    ("method", "currency", "type", "key"),
    [
        ("dana", "IDR", "redirect_to_url", "dana_handle_redirect"),
        ("gcash", "PHP", "redirect_to_url", "gcash_handle_redirect"),
        ("ovo", "IDR", "ovo_handle_redirect", "ovo_handle_redirect"),
        ("pix", "BRL", "pix_handle_redirect", "pix_handle_redirect"),
        ("ideal", "EUR", "ideal_handle_redirect", "ideal_handle_redirect"),
        ("promptpay", "THB", "promptpay_handle_redirect", "promptpay_handle_redirect"),
    ],
)
def test_every_redirect_method_has_its_own_shape(
    merchant: Merchant, method: str, currency: str, type: str, key: str
) -> None:
    intent = merchant.api.post(URL, asked_for(1000, method, currency)).ok()
    assert intent["next_action"].keys() == {"type", key}
    assert intent["next_action"]["type"] == type


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"amount": 99}, "amount_below_minimum", "amount"),
        ({"amount": 300_000_001}, "amount_above_wallet_limit", "amount"),
        ({"amount": "1e3"}, "amount_not_integer", "amount"),
        ({"amount": True}, "amount_not_integer", "amount"),
        ({"currency": "USD"}, "parameter_invalid", "currency"),
        ({"currency": "XXX"}, "parameter_invalid", "currency"),
        ({"confirm": False}, "parameter_invalid", "confirm"),
        ({"return_url": "javascript:alert(1)"}, "parameter_invalid", "return_url"),
        ({"payment_method_types": ["gcash"]}, "parameter_invalid", "payment_method_types"),
        (
            {"payment_method_data": {"type": "card"}},
            "parameter_invalid",
            "payment_method_data[type]",
        ),
        (
            {"payment_method_data": {"type": "bank_transfer_uk"}, "currency": "GBP"},
            "parameter_invalid",
            "payment_method_data[type]",
        ),
        (
            {"payment_method_data": {"type": "dana", "pin": "123456"}},
            "parameter_unknown",
            "payment_method_data[pin]",
        ),
        ({"wallet": "dana"}, "parameter_unknown", "wallet"),
    ],
)
def test_what_cannot_be_is_refused_by_name_and_nothing_is_written(
    world: World, merchant: Merchant, changes: Json, code: str, param: str
) -> None:
    with world.untouched():
        refused = merchant.api.post(URL, {**DANA, **changes})
    assert (refused.status, refused.error["code"], refused.error["param"]) == (400, code, param)


@pytest.mark.parametrize("name", ["amount", "currency", "confirm", "return_url"])
def test_what_is_missing_is_named(world: World, merchant: Merchant, name: str) -> None:
    body = {field: value for field, value in DANA.items() if field != name}
    with world.untouched():
        refused = merchant.api.post(URL, body)
    assert (refused.status, refused.error["code"]) == (400, "parameter_missing")
    assert refused.error["param"] == name


def test_the_same_key_makes_one_and_gives_the_same_bytes(world: World, merchant: Merchant) -> None:
    first = merchant.api.post(URL, DANA, "k")
    with world.untouched():
        second = merchant.api.post(URL, DANA, "k")
    assert (second.status, second.text) == (200, first.text)
    assert second.headers["idempotency-replayed"] == "true"
    other = merchant.api.post(URL, {**DANA, "amount": 200}, "k")
    assert (other.status, other.error["code"]) == (422, "idempotency_key_reused")


def test_what_a_method_asks_of_the_shopper_is_passed_on(world: World, merchant: Merchant) -> None:
    world.forget()
    billing = {"name": "Budi", "email": "budi@example.com", "address": {"country": "SG"}}
    body = asked_for(1000, "paynow", "SGD", data={"billing_details": billing}, description="Kopi")
    intent = merchant.api.post(URL, body).ok()
    (sent,) = world.asked()
    assert sent["body"]["payment_method_data"] == {"type": "paynow", "billing_details": billing}
    assert (sent["body"]["description"], intent["description"]) == ("Kopi", "Kopi")


def test_it_is_canceled_once_and_cannot_be_paid_then(world: World, merchant: Merchant) -> None:
    intent = merchant.api.post(URL, DANA).ok()
    canceled = merchant.api.post(f"{URL}/{intent['id']}/cancel", {}).ok()
    assert (canceled["status"], canceled["payment_status"]) == ("canceled", "canceled")
    assert canceled["next_action"] is None
    with world.untouched():
        again = merchant.api.post(f"{URL}/{intent['id']}/cancel", {})
    assert (again.status, again.error["code"]) == (409, "payment_not_open")
    theirs = world.provider.get(
        f"{URL}/{intent['psp']['payment_intent']}", auth=(merchant.wooshpay_key, "")
    ).json()
    assert theirs["status"] == "canceled"


def test_one_that_was_just_paid_is_not_canceled_but_told_as_paid(
    world: World, merchant: Merchant
) -> None:
    intent = merchant.api.post(URL, DANA).ok()
    world.control(f"/payment_intents/{intent['psp']['payment_intent']}/approve")
    refused = merchant.api.post(f"{URL}/{intent['id']}/cancel", {})
    assert (refused.status, refused.error["code"]) == (409, "payment_not_open")
    assert merchant.api.get(f"{URL}/{intent['id']}").ok()["payment_status"] == "paid"


def test_a_session_is_expired_once(world: World, merchant: Merchant) -> None:
    session = world.unpaid(merchant)
    expired = merchant.api.post(f"/v1/checkout/sessions/{session['id']}/expire", {}).ok()
    assert (expired["status"], expired["payment_status"], expired["url"]) == (
        "expired", "expired", None,
    )  # fmt: skip
    again = merchant.api.post(f"/v1/checkout/sessions/{session['id']}/expire", {})
    assert (again.status, again.error["code"]) == (409, "payment_not_open")


def test_intents_and_sessions_are_one_list_under_two_names(
    world: World, merchant: Merchant
) -> None:
    session = world.unpaid(merchant)
    intents = [merchant.api.post(URL, DANA).ok()["id"] for _ in range(3)]
    page = merchant.api.get(f"{URL}?limit=2").ok()
    assert [each["id"] for each in page["data"]] == [intents[2], intents[1]]
    assert page["has_more"] is True
    rest = merchant.api.get(f"{URL}?starting_after={intents[1]}").ok()
    assert [each["id"] for each in rest["data"]] == [intents[0], session["payment_intent"]]
    back = merchant.api.get(f"{URL}?ending_before={intents[0]}&limit=1").ok()
    assert [each["id"] for each in back["data"]] == [intents[1]]


def test_an_open_one_is_asked_after_when_it_is_older_than_its_webhook(
    world: World, merchant: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    intent = merchant.api.post(URL, DANA).ok()
    world.control(f"/payment_intents/{intent['psp']['payment_intent']}/approve")
    with world.untouched():
        assert merchant.api.get(f"{URL}/{intent['id']}").ok()["payment_status"] == "unpaid"
    monkeypatch.setattr("chalicelib.usecases.end_payment.REFRESHED_AFTER_MS", 0)
    assert merchant.api.get(f"{URL}/{intent['id']}").ok()["payment_status"] == "paid"
    with world.untouched():
        assert merchant.api.get(f"{URL}/{intent['id']}").ok()["payment_status"] == "paid"


def test_the_status_page_shows_a_direct_payment(world: World, merchant: Merchant) -> None:
    intent = merchant.api.post(URL, DANA).ok()
    page = world.public.get(intent["status_url"].split("pay.example.com")[-1])
    assert page.status == 200
    assert "Rp100" in page.text


def test_capabilities_are_listed_with_their_sources(merchant: Merchant) -> None:
    listed = merchant.api.get("/v1/payment_methods/capabilities").ok()
    rows = {row["payment_method_type"]: row for row in listed["data"]}
    assert rows["dana"] == {
        "object": "payment_method_capability",
        "payment_method_type": "dana",
        "currencies": ["IDR"],
        "minimum": 100,
        "maximum": 300_000_000,
        "limits_currency": "IDR",
        "integrations": {"checkout": True, "direct": True},
        "refund": True,
        "partial_refund": True,
        "multiple_partial_refunds": False,
        "refund_window_days": None,
        "chargeback": False,
        "settlement_currencies": ["USD"],
        "source": "WooshPay page 2043383",
        "as_of": "2026-11",
    }
    assert rows["bank_transfer_uk"]["refund"] is None
    assert rows["ideal"]["refund_window_days"] == 365
    assert len(rows) == len(listed["data"])


@pytest.mark.parametrize("way", ["cancel", "expire"])
def test_ending_it_under_a_key_is_answered_once_and_the_same_again(
    world: World, merchant: Merchant, way: str
) -> None:
    session = world.unpaid(merchant)
    path = (
        f"/v1/checkout/sessions/{session['id']}/expire"
        if way == "expire"
        else f"{URL}/{session['payment_intent']}/cancel"
    )
    first = merchant.api.post(path, {}, "end")
    assert first.status == 200
    with world.untouched():
        again = merchant.api.post(path, {}, "end")
    assert (again.status, again.text) == (200, first.text)
    assert again.headers["idempotency-replayed"] == "true"
    with world.untouched():
        other = merchant.api.post(path, {}, "other")
    assert (other.status, other.error["code"]) == (409, "payment_not_open")


@pytest.mark.parametrize("path", ["/v1/checkout/sessions/cs_x/expire", f"{URL}/pi_x/cancel"])
def test_what_is_not_there_is_not_ended(world: World, merchant: Merchant, path: str) -> None:
    with world.untouched():
        missing = merchant.api.post(path, {}, "end")
    assert (missing.status, missing.error["code"]) == (404, "resource_missing")
