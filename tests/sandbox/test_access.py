"""Who gets in, and with what kind of request."""

import base64
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import KEY, SAMPLE, Shop


def basic(user: str, password: str = "") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def answer(shop: Shop, authorization: str | None) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return httpx.get(f"{shop.server.url}/v1/webhook_endpoints", headers=headers, trust_env=False)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        f"Bearer {KEY}",
        basic("sk_live_shop1234"),
        basic("pk_test_shop1234"),
        basic("sk_test_short"),
        basic("sk_test_shop-1234"),
        basic(KEY, "password"),
        basic(""),
        "Basic !!!",
        "Basic " + base64.b64encode(KEY.encode()).decode(),
        "Basic " + base64.b64encode(b"\xff:").decode(),
    ],
)
def test_no_valid_key_is_401(shop: Shop, authorization: str | None) -> None:
    refused = answer(shop, authorization)

    assert refused.status_code == 401
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert refused.json()["error"]["code"] == "sandbox_invalid_api_key"


def test_a_test_key_of_eight_characters_is_enough(shop: Shop) -> None:
    assert answer(shop, basic("sk_test_12345_aB")).json() == {
        "object": "list",
        "url": "/v1/webhook_endpoints",
        "has_more": False,
        "data": [],
    }


def test_objects_of_another_account_are_absent(shop: Shop, other_shop: Shop) -> None:
    session = shop.session()
    intent = shop.paid()
    refund = shop.refund(intent).json()["id"]
    hook = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    endpoint = shop.post("/v1/webhook_endpoints", hook).json()["id"]
    event = shop.get("/_sandbox/events")["data"][0]["id"]
    paths = [
        f"/v1/checkout/sessions/{session['id']}",
        f"/v1/payment_intents/{intent}",
        f"/v1/refunds/{refund}",
        f"/v1/webhook_endpoints/{endpoint}",
        f"/v1/events/{event}",
    ]
    lists = ["/v1/webhook_endpoints", "/v1/payment_intents", "/v1/checkout/sessions"]

    assert [shop.http.get(path).status_code for path in paths] == [200] * 5
    assert [other_shop.http.get(path).status_code for path in paths] == [404] * 5
    assert other_shop.refund(intent).status_code == 404
    assert [len(shop.get(path)["data"]) for path in lists] == [1, 2, 2]
    assert [other_shop.get(path)["data"] for path in lists] == [[], [], []]


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"mode=payment", "application/x-www-form-urlencoded", "sandbox_content_type"),
        (b"{}", "", "sandbox_content_type"),
        (b"[]", "application/json", "sandbox_invalid_json"),
        (b"{", "application/json", "sandbox_invalid_json"),
        (b'{"a": NaN}', "application/json", "sandbox_invalid_json"),
        (b'{"a": 1, "a": 2}', "application/json", "sandbox_invalid_json"),
        (b'{"a": "\xff"}', "application/json", "sandbox_invalid_json"),
        (b'{"a": "\\ud800"}', "application/json", "sandbox_invalid_json"),
        (b'{"a": 1e999}', "application/json", "sandbox_invalid_json"),
        (b"[" * 100_000, "application/json", "sandbox_invalid_json"),
        (b"", "", "sandbox_parameter_missing"),
    ],
)
def test_only_json_objects_are_read(
    shop: Shop, content: bytes, content_type: str, code: str
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}

    refused = shop.http.post("/v1/checkout/sessions", content=content, headers=headers)

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/unknown"),
        ("PUT", "/v1/refunds"),
        ("GET", "/v1/refunds"),
    ],
)
def test_unknown_calls_are_404(shop: Shop, method: str, path: str) -> None:
    refused = shop.http.request(method, path)

    assert refused.status_code == 404
    assert refused.json()["error"]["code"] == "sandbox_unknown_url"


def test_the_error_envelope_follows_its_switch(shop: Shop) -> None:
    fields = {
        "type": "invalid_request_error",
        "code": "sandbox_parameter_missing",
        "message": "Missing parameter: mode",
        "param": "mode",
    }

    assert shop.post("/v1/checkout/sessions", {}).json() == {"error": fields}
    shop.switch(error_envelope="flat")
    assert shop.post("/v1/checkout/sessions", {}).json() == fields


@pytest.mark.parametrize("path", ["/v1/checkout/sessions", "/v1/refunds", "/v1/webhook_endpoints"])
def test_unknown_parameters_are_named(shop: Shop, path: str) -> None:
    bodies: dict[str, Any] = {
        "/v1/checkout/sessions": SAMPLE,
        "/v1/refunds": {"payment_intent": shop.paid()},
        "/v1/webhook_endpoints": {"url": "https://a.example", "enabled_events": ["*"]},
    }

    refused = shop.post(path, bodies[path] | {"colour": "red"})

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "sandbox_parameter_unknown"
    assert refused.json()["error"]["param"] == "colour"
