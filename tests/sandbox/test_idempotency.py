"""Idempotency keys."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.sandbox.conftest import SAMPLE, Shop

SESSIONS = "/v1/checkout/sessions"


def test_the_same_request_gets_the_stored_answer(shop: Shop) -> None:
    first = shop.post(SESSIONS, SAMPLE, "key")

    again = shop.post(SESSIONS, dict(reversed(SAMPLE.items())), "key")

    assert (again.status_code, again.content) == (200, first.content)
    assert shop.event_types() == ["payment_intent.created"]
    logged = shop.get("/_sandbox/requests")["data"]
    assert [each["replayed"] for each in logged] == [False, True]


def test_a_refusal_is_stored_too(shop: Shop) -> None:
    intent = shop.paid()
    refused = shop.refund(intent, 20001, "key")

    again = shop.refund(intent, 20001, "key")

    assert (again.status_code, again.json()) == (400, refused.json())


def test_other_parameters_or_another_endpoint(shop: Shop) -> None:
    shop.post(SESSIONS, SAMPLE, "key")

    for path, body in ((SESSIONS, SAMPLE | {"customer": "c"}), ("/v1/webhook_endpoints", SAMPLE)):
        refused = shop.post(path, body, "key")
        assert refused.status_code == 400
        assert refused.json()["error"]["type"] == "idempotency_error"
        assert refused.json()["error"]["code"] == "sandbox_idempotency_key_reused"


def test_keys_belong_to_an_account(shop: Shop, other_shop: Shop) -> None:
    mine = shop.post(SESSIONS, SAMPLE, "key").json()["id"]

    assert other_shop.post(SESSIONS, SAMPLE, "key").json()["id"] != mine


def test_a_key_in_use_is_409(shop: Shop) -> None:
    intent = shop.paid()
    shop.control("/faults", {"kind": "delay", "path_prefix": "/v1/refunds", "seconds": 0.6})

    with ThreadPoolExecutor() as pool:
        first = pool.submit(shop.refund, intent, 5000, "key")
        while not shop.get("/_sandbox/requests")["data"][-1]["fault"]:
            pass
        second = shop.refund(intent, 5000, "key")

    assert second.status_code == 409
    assert second.json()["error"]["code"] == "sandbox_idempotency_key_in_use"
    assert first.result().json()["amount"] == 5000
    assert shop.refund(intent, 5000, "key").content == first.result().content


@pytest.mark.parametrize("switch", ["idempotency_on_sessions", "idempotency_on_refunds"])
def test_each_resource_can_ignore_keys(shop: Shop, switch: str) -> None:
    intent = shop.paid(2000, "paynow", "SGD")
    shop.switch(**{switch: False})

    sessions = {shop.post(SESSIONS, SAMPLE, "s").json()["id"] for _ in range(2)}
    refunds = {shop.refund(intent, 5, "r").json()["id"] for _ in range(2)}

    assert len(sessions) == (2 if switch == "idempotency_on_sessions" else 1)
    assert len(refunds) == (2 if switch == "idempotency_on_refunds" else 1)


def test_keys_are_forgotten_after_their_hours(shop: Shop) -> None:
    shop.switch(idempotency_hours=2)
    first = shop.post("/v1/refunds", {"payment_intent": "pi_1"}, "key")
    assert first.status_code == 404

    shop.advance(2 * 3600)

    assert shop.refund(shop.paid(), 5000, "key").status_code == 200


def test_a_key_has_at_most_255_characters(shop: Shop) -> None:
    assert shop.post(SESSIONS, SAMPLE, "k" * 256).status_code == 400
    assert shop.post(SESSIONS, SAMPLE, "k" * 255).status_code == 200


def test_a_5xx_before_applying_is_not_stored(shop: Shop) -> None:
    intent = shop.paid()
    shop.control("/faults", {"kind": "error_before", "path_prefix": "/v1/refunds"})

    assert shop.refund(intent, 5000, "key").status_code == 500
    assert shop.get(f"/_sandbox/payments/{intent}")["refunded"] == 0
    assert shop.refund(intent, 5000, "key").status_code == 200


@pytest.mark.parametrize(("stored", "status"), [(False, 200), (True, 500)])
def test_a_5xx_after_applying_is_replayed_by_switch(shop: Shop, stored: bool, status: int) -> None:
    shop.switch(stored_5xx=stored)
    intent = shop.paid()
    shop.control("/faults", {"kind": "error_after", "path_prefix": "/v1/refunds"})

    assert shop.refund(intent, 5000, "key").status_code == 500
    assert shop.get(f"/_sandbox/payments/{intent}")["refunded"] == 5000
    assert shop.refund(intent, 5000, "key").status_code == status
    assert shop.get(f"/_sandbox/payments/{intent}")["refunded"] == 5000
