"""The Direct API, and what becomes of an intent."""

import json
import re
from typing import Any

import pytest

from tests.sandbox.conftest import Shop

DIRECT: dict[str, Any] = {
    "amount": 100,
    "currency": "IDR",
    "confirm": True,
    "payment_method_data": {"type": "dana"},
    "return_url": "https://your.website",
}


def test_the_documented_dana_sample(shop: Shop) -> None:
    made = shop.post("/v1/payment_intents", DIRECT).json()

    expected = {
        "object": "payment_intent",
        "amount": 100,
        "amount_received": 0,
        "currency": "IDR",
        "status": "requires_action",
        "next_action": {
            "type": "redirect_to_url",
            "dana_handle_redirect": {"url": f"{shop.server.url}/dana/{made['id']}"},
        },
        "payment_method_types": ["dana"],
        "confirmation_method": "automatic",
        "capture_method": "automatic",
        "return_url": "https://your.website",
        "last_payment_error": "",
        "livemode": False,
    }
    assert {name: made[name] for name in expected} == expected
    assert re.fullmatch(r"pm_\d{19}", made["payment_method"])
    assert made["client_secret"].startswith(f"{made['id']}_secret_")
    assert shop.event_types() == ["payment_intent.created", "payment_intent.requires_action"]
    assert shop.intent(made["id"]) == made


def test_other_methods_name_their_key_in_the_type(shop: Shop) -> None:
    body = DIRECT | {"payment_method_data": {"type": "ovo"}}

    made = shop.post("/v1/payment_intents", body).json()

    url = f"{shop.server.url}/wallet/{made['id']}"
    assert made["next_action"] == {
        "type": "ovo_handle_redirect",
        "ovo_handle_redirect": {"url": url},
    }


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"amount": 99}, "amount"),
        ({"amount": 300_000_001}, "amount"),
        ({"amount": "100"}, "amount"),
        ({"amount": 100.0}, "amount"),
        ({"amount": True}, "amount"),
        ({"currency": "USD"}, "currency"),
        ({"confirm": False}, "confirm"),
        ({"confirm": "true"}, "confirm"),
        ({"payment_method_data": {"type": "cash"}}, "payment_method_data[type]"),
        ({"payment_method_data": {}}, "payment_method_data[type]"),
        ({"payment_method_data": {"type": "dana", "x": 1}}, "payment_method_data[x]"),
        ({"payment_method_types": ["gcash"]}, "payment_method_types"),
        ({"return_url": "your.website"}, "return_url"),
        ({"capture_method": "manual"}, "capture_method"),
        ({"success_url": "https://your.website"}, "success_url"),
    ],
)
def test_refusals_name_the_parameter(shop: Shop, changes: dict[str, Any], param: str) -> None:
    refused = shop.post("/v1/payment_intents", DIRECT | changes)

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == param


def test_cancel(shop: Shop) -> None:
    made = shop.session()
    path = f"/v1/payment_intents/{made['payment_intent']}/cancel"

    assert shop.post(path, {"cancellation_reason": "whim"}).status_code == 400
    canceled = shop.post(path, {"cancellation_reason": "abandoned"}).json()

    assert (canceled["status"], canceled["cancellation_reason"]) == ("canceled", "abandoned")
    assert shop.get(f"/v1/checkout/sessions/{made['id']}")["status"] == "expired"
    assert shop.post(path).json()["error"]["code"] == "sandbox_intent_not_cancelable"
    assert shop.event_types()[-1] == "payment_intent.canceled"


def test_approved_through_the_control_plane(shop: Shop) -> None:
    intent = shop.paid()

    paid = shop.intent(intent)

    assert (paid["status"], paid["amount_received"], paid["next_action"]) == (
        "succeeded",
        20000,
        "",
    )
    assert paid["payment_method_types"] == ["dana"]
    assert shop.event_types() == [
        "payment_intent.created",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    ]
    shop.control(f"/payment_intents/{intent}/approve")
    assert shop.event_types().count("payment_intent.succeeded") == 1


def test_a_wrong_amount_or_currency(shop: Shop) -> None:
    intent = shop.session()["payment_intent"]
    wrong = {"amount_received": 19999, "currency": "usd"}

    shop.control(f"/payment_intents/{intent}/approve", wrong)

    event = shop.get("/_sandbox/events")["data"][-1]
    received = event["data"]["object"]
    assert (received["amount"], received["amount_received"]) == (20000, 19999)
    assert received["currency"] == "USD"


def test_processing_comes_first_by_switch(shop: Shop) -> None:
    shop.switch(processing_before_success=True)
    made = shop.session()
    approve = f"/payment_intents/{made['payment_intent']}/approve"

    assert shop.control(approve)["status"] == "processing"
    assert shop.get(f"/v1/checkout/sessions/{made['id']}")["status"] == "open"
    shop.advance(11)

    assert shop.intent(made["payment_intent"])["status"] == "succeeded"
    assert shop.event_types()[-2:] == ["payment_intent.processing", "payment_intent.succeeded"]


def test_processing_may_end_in_a_refusal(shop: Shop) -> None:
    shop.switch(processing_before_success=True)
    intent = shop.session()["payment_intent"]
    shop.control(f"/payment_intents/{intent}/approve")

    shop.control(f"/payment_intents/{intent}/decline")
    shop.advance(11)

    assert shop.intent(intent)["status"] == "requires_payment_method"


def test_metadata_comes_from_the_intent_data_or_the_session(shop: Shop) -> None:
    own = shop.session(metadata={"a": "1"}, payment_intent_data={"metadata": {"b": "2"}})
    inherited = shop.session(metadata={"a": "1"}, payment_intent_data={"shipping": {}})
    shop.switch(metadata_on_intent=False)
    none = shop.session(metadata={"a": "1"})

    intents = [shop.intent(each["payment_intent"]) for each in (own, inherited, none)]
    assert [each["metadata"] for each in intents] == [{"b": "2"}, {"a": "1"}, {}]
    assert none["metadata"] == {"a": "1"}


def test_stringified_json(shop: Shop) -> None:
    shop.switch(stringified_json=True)

    made = shop.post("/v1/payment_intents", DIRECT).json()

    assert json.loads(made["payment_method_types"]) == ["dana"]
    assert json.loads(made["next_action"])["type"] == "redirect_to_url"
