"""Refunds, and the rules of each method."""

from typing import Any

import pytest

from sandbox.methods import METHODS, format_money, places_of
from tests.sandbox.conftest import Shop


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_refund_has_the_documented_fields(shop: Shop) -> None:
    intent = shop.paid()
    body = {
        "payment_intent": intent,
        "amount": "5000",
        "reason": "requested_by_customer",
        "metadata": {"refund_id": "rf_1"},
    }

    made = shop.post("/v1/refunds", body).json()

    identifier, created = made.pop("id"), made.pop("created")
    assert identifier.startswith("re_")
    assert created > 10**12
    assert made == {
        "object": "refund",
        "amount": 5000,
        "currency": "IDR",
        "description": "",
        "failure_reason": "",
        "metadata": {"refund_id": "rf_1"},
        "payment_intent": intent,
        "reason": "requested_by_customer",
        "receipt_number": "",
        "status": "succeeded",
    }
    assert shop.get(f"/v1/refunds/{identifier}") == made | {"id": identifier, "created": created}
    assert shop.intent(intent)["amount_refunded"] == 5000


def test_without_an_amount_all_of_it_goes_back(shop: Shop) -> None:
    intent = shop.paid()

    assert shop.refund(intent).json()["amount"] == 20000
    assert code(shop.refund(intent)) == (400, "sandbox_already_refunded")
    assert code(shop.refund(intent, 1)) == (400, "sandbox_already_refunded")


@pytest.mark.parametrize("amount", [0, -1, 1.0, True, "0", "05", "1.5", "-1", "", "1e3", [1], None])
def test_an_amount_is_a_positive_integer(shop: Shop, amount: Any) -> None:
    body = {"payment_intent": shop.paid(), "amount": amount}

    refused = shop.post("/v1/refunds", body)

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "amount"


@pytest.mark.parametrize("amount", [5000, "5000"])
def test_an_amount_is_a_number_or_a_string_of_digits(shop: Shop, amount: Any) -> None:
    assert shop.refund(shop.paid(), amount).json()["amount"] == 5000


@pytest.mark.parametrize("status", [400, 402])
def test_more_than_remains_is_refused(shop: Shop, status: int) -> None:
    shop.switch(over_refund_status=status)
    intent = shop.paid()

    assert code(shop.refund(intent, 20001)) == (status, "sandbox_refund_exceeds_remaining")
    assert shop.get(f"/_sandbox/payments/{intent}")["remaining"] == 20000


def test_dana_refuses_a_second_partial_refund_and_the_remainder(shop: Shop) -> None:
    intent = shop.paid()
    assert shop.refund(intent, 5000).status_code == 200

    for amount in (1, 15000, None):
        refused = shop.refund(intent, amount)
        assert code(refused) == (400, "sandbox_multiple_partial_not_supported")
        assert refused.json()["error"]["type"] == "invalid_request_error"
        assert refused.json()["error"]["param"] == "payment_intent"
    assert shop.intent(intent)["amount_refunded"] == 5000


def test_a_pending_partial_refund_counts_and_a_failed_one_does_not(shop: Shop) -> None:
    shop.switch(refund_first_status="pending")
    intent = shop.paid()
    first = shop.refund(intent, 5000).json()
    assert first["status"] == "pending"
    assert code(shop.refund(intent, 5000)) == (400, "sandbox_multiple_partial_not_supported")

    shop.control(f"/refunds/{first['id']}/fail")

    assert shop.get(f"/v1/refunds/{first['id']}")["failure_reason"] == "unknown"
    assert shop.refund(intent, 5000).status_code == 200


def test_the_switch_allows_a_second_partial_refund_up_to_the_rest(shop: Shop) -> None:
    shop.switch(second_partial="allow")
    intent = shop.paid()
    shop.refund(intent, 5000)
    shop.refund(intent, 5000)

    assert code(shop.refund(intent, 10001)) == (400, "sandbox_refund_exceeds_remaining")
    assert shop.refund(intent).json()["amount"] == 10000
    totals = shop.get(f"/_sandbox/payments/{intent}")
    assert [totals["refunded"], totals["pending"], totals["remaining"]] == [20000, 0, 0]


def test_pending_becomes_succeeded_after_ten_seconds(shop: Shop) -> None:
    shop.switch(refund_first_status="pending")
    intent = shop.paid()
    made = shop.refund(intent, 5000).json()

    shop.advance(8)
    assert shop.get(f"/v1/refunds/{made['id']}")["status"] == "pending"
    assert "charge.refund.updated" not in shop.event_types()
    shop.advance(3)
    assert shop.get(f"/v1/refunds/{made['id']}")["status"] == "succeeded"
    assert shop.event_types()[-1] == "charge.refund.updated"


def test_the_refunded_total_follows_its_switches(shop: Shop) -> None:
    shop.switch(refund_first_status="pending")
    intent = shop.paid()
    shop.refund(intent, 5000)

    assert shop.intent(intent)["amount_refunded"] == 5000
    shop.switch(pending_in_refunded_total=False)
    assert shop.intent(intent)["amount_refunded"] == 0
    shop.switch(refunded_total_on_intent=False)
    assert "amount_refunded" not in shop.intent(intent)


def test_a_refund_can_fail_after_it_succeeded(shop: Shop) -> None:
    intent = shop.paid()
    made = shop.refund(intent, 5000).json()

    assert shop.intent(intent)["amount_refunded"] == 5000
    before = shop.event_types()

    failed = shop.control(f"/refunds/{made['id']}/fail")

    assert failed == made | {"status": "failed", "failure_reason": "unknown"}
    assert shop.get(f"/v1/refunds/{made['id']}") == failed
    assert shop.intent(intent)["amount_refunded"] == 0
    totals = shop.get(f"/_sandbox/payments/{intent}")
    sums = [totals[name] for name in ("refunded", "pending", "failed", "remaining")]
    assert sums == [0, 0, 5000, 20000]
    assert shop.event_types() == [*before, "charge.refund.updated"]
    assert shop.get("/_sandbox/events")["data"][-1]["data"]["object"] == failed
    for outcome in ("succeed", "fail"):
        again = shop.http.post(f"/_sandbox/refunds/{made['id']}/{outcome}")
        assert again.status_code == 409
    assert shop.event_types() == [*before, "charge.refund.updated"]
    assert shop.http.post("/_sandbox/refunds/re_1/fail").status_code == 404
    assert shop.refund(intent).json()["amount"] == 20000


def test_only_paid_payments_are_refunded(shop: Shop) -> None:
    intent = shop.session()["payment_intent"]

    assert code(shop.refund(intent)) == (400, "sandbox_payment_not_succeeded")
    assert code(shop.refund("pi_1")) == (404, "sandbox_resource_missing")
    assert shop.http.get("/v1/refunds/re_1").status_code == 404


def test_reasons_are_the_documented_ones(shop: Shop) -> None:
    body = {"payment_intent": shop.paid(), "reason": "expired_uncaptured_charge"}

    assert shop.post("/v1/refunds", body).json()["error"]["param"] == "reason"


def test_an_account_without_refunds_gets_402(shop: Shop) -> None:
    intent = shop.paid()
    shop.switch(refunds_enabled=False)

    assert code(shop.refund(intent)) == (402, "sandbox_refunds_disabled")


def test_created_in_seconds(shop: Shop) -> None:
    shop.switch(refund_created_unit="s")

    assert shop.refund(shop.paid()).json()["created"] < 10**11


def test_a_method_without_refunds(shop: Shop) -> None:
    intent = shop.paid(20000, "bank_transfer_id")

    assert code(shop.refund(intent)) == (400, "sandbox_refund_not_supported")


def test_a_method_without_partial_refunds(shop: Shop) -> None:
    intent = shop.paid(2000, "pix", "BRL")

    assert code(shop.refund(intent, 1)) == (400, "sandbox_partial_not_supported")
    assert shop.refund(intent).json()["amount"] == 2000


def test_a_method_with_many_partial_refunds(shop: Shop) -> None:
    intent = shop.paid(2000, "paynow", "SGD")

    assert [shop.refund(intent, 700).status_code for _ in range(3)] == [200, 200, 400]
    assert shop.refund(intent).json()["amount"] == 600


def test_ideal_refunds_for_365_days(shop: Shop) -> None:
    intent = shop.paid(2000, "ideal", "EUR")
    shop.advance(364 * 86_400)
    assert shop.refund(intent, 100).status_code == 200

    shop.advance(2 * 86_400)

    assert code(shop.refund(intent, 100)) == (400, "sandbox_refund_window_closed")


def test_a_dashboard_refund_has_no_metadata_and_obeys_the_method(shop: Shop) -> None:
    intent = shop.paid()
    made = shop.control("/refunds", {"payment_intent": intent, "amount": 5000})
    assert (made["amount"], made["metadata"]) == (5000, {})
    assert shop.event_types()[-1] == "charge.refund.updated"

    again = {"payment_intent": intent, "amount": 6000}
    assert shop.http.post("/_sandbox/refunds", json=again).status_code == 400
    assert shop.control("/refunds", again | {"force": True})["amount"] == 6000
    too_much = again | {"force": True, "amount": 9001}
    assert shop.http.post("/_sandbox/refunds", json=too_much).status_code == 400


def test_a_dashboard_refund_may_be_silent(shop: Shop) -> None:
    shop.switch(dashboard_refund_event=False)

    shop.control("/refunds", {"payment_intent": shop.paid()})

    assert "charge.refund.updated" not in shop.event_types()


def test_the_refund_event_may_come_without_metadata(shop: Shop) -> None:
    shop.switch(metadata_on_refund_event=False)
    body = {"payment_intent": shop.paid(), "metadata": {"refund_id": "rf_1"}}

    assert shop.post("/v1/refunds", body).json()["metadata"] == {"refund_id": "rf_1"}
    assert shop.get("/_sandbox/events")["data"][-1]["data"]["object"]["metadata"] == {}


def test_the_table_says_what_the_pages_say() -> None:
    dana = METHODS["dana"]

    assert (dana.source, dana.currencies) == ("2043383", "IDR")
    assert dana.limits == ("IDR", 10_000, 30_000_000_000)
    assert dana.marks == (True, True, False)
    assert METHODS["gcash"].marks == (True, True, False)
    assert METHODS["ovo"].marks == (False, False, False)
    assert METHODS["qris"].marks == (None, None, None)
    assert METHODS["ideal"].refund_days == 365
    assert len(METHODS) == 40


@pytest.mark.parametrize(
    ("amount", "currency", "places", "words"),
    [
        (20000, "IDR", 0, "Rp20.000"),
        (300_000_000, "IDR", 0, "Rp300.000.000"),
        (2000000, "IDR", 2, "Rp20.000,00"),
        (1234, "SGD", 2, "SGD 12.34"),
        (123456789, "VND", 0, "VND 123,456,789"),
        (5, "USD", 2, "USD 0.05"),
    ],
)
def test_money_in_words(amount: int, currency: str, places: int, words: str) -> None:
    assert format_money(amount, currency, places) == words


def test_places_by_currency() -> None:
    assert [places_of(each, {}) for each in ("IDR", "VND", "USD")] == [2, 0, 2]
    assert places_of("IDR", {"IDR": 0}) == 0
