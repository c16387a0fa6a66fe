"""Late reads, and refunds that hide their metadata."""

import pytest

from tests.sandbox.conftest import Json, Shop
from tests.sandbox.test_intents import DIRECT

BODY = {"amount": 5000, "metadata": {"refund_id": "rf_1"}}


def refunded(shop: Shop, intent: str) -> Json:
    answer = shop.post("/v1/refunds", BODY | {"payment_intent": intent})
    assert answer.status_code == 200
    return dict(answer.json())


def test_an_intent_shows_its_state_before_the_change(shop: Shop) -> None:
    shop.switch(read_lag_seconds=60)
    made = shop.post("/v1/payment_intents", DIRECT).json()
    assert shop.intent(made["id"])["status"] == "requires_payment_method"
    shop.advance(60)
    assert shop.intent(made["id"]) == made

    paid = shop.control(f"/payment_intents/{made['id']}/approve")

    assert paid["status"] == "succeeded"
    assert shop.intent(made["id"]) == made
    assert shop.get("/v1/payment_intents")["data"] == [made]
    shop.advance(50)
    assert shop.intent(made["id"]) == made
    shop.advance(10)
    assert shop.intent(made["id"]) == paid
    assert shop.get("/v1/payment_intents")["data"] == [paid]


def test_each_of_several_changes_shows_in_its_turn(shop: Shop) -> None:
    shop.switch(read_lag_seconds=60, processing_before_success=True)
    intent = shop.session()["payment_intent"]
    shop.advance(100)
    shop.control(f"/payment_intents/{intent}/approve")

    seen = []
    for seconds in (0, 50, 14, 16):
        shop.advance(seconds)
        seen.append(shop.intent(intent)["status"])

    waiting = "requires_payment_method"
    assert seen == [waiting, waiting, "processing", "succeeded"]


def test_the_refunded_total_is_late_too(shop: Shop) -> None:
    intent = shop.paid()
    shop.advance(100)
    shop.switch(read_lag_seconds=60)

    made = refunded(shop, intent)

    assert shop.intent(intent)["amount_refunded"] == 0
    assert shop.get("/v1/payment_intents")["data"][0]["amount_refunded"] == 0
    assert shop.get(f"/v1/refunds/{made['id']}") == made
    assert shop.get(f"/_sandbox/payments/{intent}")["refunded"] == 5000
    shop.advance(60)
    assert shop.intent(intent)["amount_refunded"] == 5000


def test_a_refund_shows_its_state_before_the_change(shop: Shop) -> None:
    shop.switch(read_lag_seconds=60)
    intent = shop.paid()
    made = refunded(shop, intent)
    shop.advance(100)

    failed = shop.control(f"/refunds/{made['id']}/fail")

    assert (failed["status"], failed["failure_reason"]) == ("failed", "unknown")
    assert shop.get("/_sandbox/events")["data"][-1]["data"]["object"] == failed
    assert shop.get(f"/v1/refunds/{made['id']}") == made
    assert shop.intent(intent)["amount_refunded"] == 5000
    shop.advance(60)
    assert shop.get(f"/v1/refunds/{made['id']}") == failed
    assert shop.intent(intent)["amount_refunded"] == 0


def test_a_pending_refund_is_late_to_succeed(shop: Shop) -> None:
    shop.switch(read_lag_seconds=60, refund_first_status="pending")
    made = refunded(shop, shop.paid())

    shop.advance(60)
    assert shop.get(f"/v1/refunds/{made['id']}")["status"] == "pending"
    shop.advance(20)
    assert shop.get(f"/v1/refunds/{made['id']}")["status"] == "succeeded"


def test_the_lag_holds_for_changes_before_it_was_set_and_ends_with_it(shop: Shop) -> None:
    intent = shop.paid()
    current = shop.intent(intent)

    shop.switch(read_lag_seconds=10_000)
    assert shop.intent(intent)["status"] == "requires_payment_method"
    shop.switch(read_lag_seconds=0)
    assert shop.intent(intent) == current


def test_answers_events_and_sessions_are_never_late(shop: Shop) -> None:
    shop.switch(read_lag_seconds=60)
    session = shop.session()
    intent = session["payment_intent"]
    shop.control(f"/payment_intents/{intent}/approve")

    event = shop.get("/_sandbox/events")["data"][-1]["data"]["object"]
    assert (event["id"], event["status"]) == (intent, "succeeded")
    assert shop.get(f"/v1/checkout/sessions/{session['id']}")["payment_status"] == "paid"
    assert shop.intent(intent)["status"] == "requires_payment_method"
    assert refunded(shop, intent)["status"] == "succeeded"


@pytest.mark.parametrize("on_get", [True, False])
@pytest.mark.parametrize("on_event", [True, False])
def test_a_refunds_metadata_by_switch(shop: Shop, on_get: bool, on_event: bool) -> None:
    shop.switch(metadata_on_refund=on_get, metadata_on_refund_event=on_event)
    intent = shop.paid()

    made = refunded(shop, intent)

    assert made["metadata"] == {"refund_id": "rf_1"}
    shown = {"refund_id": "rf_1"} if on_get else {}
    assert shop.get(f"/v1/refunds/{made['id']}") == made | {"metadata": shown}
    sent = shop.get("/_sandbox/events")["data"][-1]["data"]["object"]
    assert sent == made | {"metadata": {"refund_id": "rf_1"} if on_event else {}}
    assert shop.get(f"/_sandbox/payments/{intent}")["refunds"] == [made]


@pytest.mark.parametrize("value", [-1, 10_001, True, 1.5, "1", None])
def test_a_wrong_lag_is_refused(shop: Shop, value: object) -> None:
    refused = shop.http.post("/_sandbox/switches", json={"read_lag_seconds": value})

    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "read_lag_seconds")
    assert shop.get("/_sandbox/switches")["switches"]["read_lag_seconds"] == 0


def test_only_the_lag_may_be_nothing(shop: Shop) -> None:
    for name in ("idempotency_hours", "delivery_timeout_seconds"):
        assert shop.http.post("/_sandbox/switches", json={name: 0}).status_code == 400
        shop.switch(**{name: 1})
        shop.switch(**{name: 10_000})
    shop.switch(read_lag_seconds=10_000)
    shop.switch(read_lag_seconds=0)
