"""Disputes: what they look like, what they do to the money, and what is told of them."""

import json
from typing import Any

import pytest

from sandbox.render import EVIDENCE
from tests.sandbox.conftest import Json, Receiver, Shop


def opened(shop: Shop, intent: str, **changes: Any) -> Json:
    return dict(shop.control("/disputes", {"payment_intent": intent} | changes))


def close(shop: Shop, dispute: Json, status: str) -> Json:
    return dict(shop.control(f"/disputes/{dispute['id']}/close", {"status": status}))


def told(shop: Shop) -> list[tuple[str, str]]:
    """The disputes' events with the status that each shows."""
    events = shop.get("/_sandbox/events")["data"]
    return [
        (each["type"].removeprefix("charge.dispute."), each["data"]["object"]["status"])
        for each in events
        if each["type"].startswith("charge.dispute.")
    ]


def refusal(shop: Shop, path: str, body: Json) -> tuple[int, str, str]:
    answer = shop.http.post(f"/_sandbox/disputes{path}", json=body)
    error = answer.json()["error"]
    return answer.status_code, error["code"], error.get("param", "")


def test_a_dispute_has_the_documented_fields(shop: Shop) -> None:
    intent = shop.paid()

    made = opened(shop, intent, amount=5000, reason="fraudulent")

    identifier, created = made["id"], made["created"]
    assert identifier.startswith("dp_")
    assert created > 10**12
    assert made == {
        "id": identifier,
        "object": "dispute",
        "amount": 5000,
        "balance_transactions": [],
        "charge": "",
        "created": created,
        "currency": "IDR",
        "evidence": dict.fromkeys(EVIDENCE.split(), ""),
        "evidence_details": {
            "due_by": created + 604_800_000,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": True,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent,
        "reason": "fraudulent",
        "status": "warning_needs_response",
    }
    assert shop.get(f"/v1/disputes/{identifier}") == made
    shop.advance(604_801)
    assert shop.get(f"/v1/disputes/{identifier}")["evidence_details"]["past_due"] is True


def test_without_more_it_is_all_of_the_payment(shop: Shop) -> None:
    made = opened(shop, shop.paid())

    assert (made["amount"], made["reason"]) == (20000, "general")


def test_only_its_own_account_finds_it(shop: Shop, other_shop: Shop) -> None:
    path = f"/v1/disputes/{opened(shop, shop.paid())['id']}"

    assert shop.http.get(path).status_code == 200
    missing = other_shop.http.get(path)
    assert (missing.status_code, missing.json()["error"]["code"]) == (
        404,
        "sandbox_resource_missing",
    )
    assert shop.http.get("/v1/disputes/dp_1").status_code == 404
    assert shop.http.get("/v1/disputes").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("warning_needs_response", "won", ["created", "closed"]),
        ("warning_needs_response", "lost", ["created", "closed", "funds_withdrawn"]),
        ("warning_needs_response", "warning_closed", ["created", "closed"]),
        ("needs_response", "won", ["created", "funds_withdrawn", "closed", "funds_reinstated"]),
        ("needs_response", "lost", ["created", "funds_withdrawn", "closed"]),
    ],
)
def test_from_opening_to_end(shop: Shop, first: str, last: str, expected: list[str]) -> None:
    intent = shop.paid()
    before, earlier = shop.intent(intent), shop.event_types()
    made = opened(shop, intent, status=first)
    assert made["status"] == first

    ended = close(shop, made, last)

    refundable = last != "lost"
    assert ended == made | {"status": last, "is_charge_refundable": refundable}
    assert shop.get(f"/v1/disputes/{made['id']}") == ended
    assert [what for what, _ in told(shop)] == expected
    middle = expected.index("closed")
    shown = [first] * middle + [last] * (len(expected) - middle)
    assert [status for _, status in told(shop)] == shown
    assert shop.event_types() == earlier + [f"charge.dispute.{each}" for each in expected]
    assert shop.intent(intent) == before


def test_an_inquiry_becomes_a_chargeback_and_never_turns_back(shop: Shop) -> None:
    made = opened(shop, shop.paid())
    path = f"/{made['id']}/update"

    shop.control(f"/disputes{path}")
    shop.control(f"/disputes{path}", {"status": "warning_under_review"})
    assert shop.control(f"/disputes{path}", {"status": "needs_response"}) == made | {
        "status": "needs_response",
        "is_charge_refundable": False,
    }
    shop.control(f"/disputes{path}", {"status": "under_review"})

    for status in ("warning_needs_response", "warning_under_review"):
        refused = refusal(shop, path, {"status": status})
        assert refused == (409, "sandbox_dispute_final", "status")
    refused = refusal(shop, f"/{made['id']}/close", {"status": "warning_closed"})
    assert refused == (409, "sandbox_dispute_final", "status")
    assert told(shop) == [
        ("created", "warning_needs_response"),
        ("updated", "warning_needs_response"),
        ("updated", "warning_under_review"),
        ("updated", "needs_response"),
        ("funds_withdrawn", "needs_response"),
        ("updated", "under_review"),
    ]


@pytest.mark.parametrize("last", ["won", "lost", "warning_closed"])
def test_an_end_is_final(shop: Shop, last: str) -> None:
    made = opened(shop, shop.paid())
    close(shop, made, last)
    events = shop.event_types()

    for step, status in (("close", "won"), ("close", "lost"), ("update", "needs_response")):
        refused = refusal(shop, f"/{made['id']}/{step}", {"status": status})
        assert refused == (409, "sandbox_dispute_final", "status")
    assert shop.event_types() == events
    assert shop.get(f"/v1/disputes/{made['id']}")["status"] == last


def test_its_events_are_signed_and_delivered(shop: Shop, receiver: Receiver) -> None:
    intent = shop.paid()
    shop.listen(receiver, "charge.dispute.created", "charge.dispute.closed")

    made = opened(shop, intent, status="needs_response")
    ended = close(shop, made, "won")
    shop.settle()

    first, second = (json.loads(raw) for _, raw in receiver.got)
    assert (first["type"], second["type"]) == ("charge.dispute.created", "charge.dispute.closed")
    assert (first["data"]["object"], second["data"]["object"]) == (made, ended)
    assert all("Wooshpay-Signature" in headers for headers, _ in receiver.got)
    assert shop.get(f"/v1/events/{first['id']}") == first


def test_no_more_is_disputed_than_was_paid(shop: Shop) -> None:
    intent = shop.paid()
    first = opened(shop, intent, amount=15000)
    too_much = (400, "sandbox_dispute_exceeds_payment", "amount")

    assert refusal(shop, "", {"payment_intent": intent, "amount": 5001}) == too_much
    assert opened(shop, intent)["amount"] == 5000
    assert refusal(shop, "", {"payment_intent": intent}) == too_much
    close(shop, first, "won")
    assert opened(shop, intent)["amount"] == 15000
    assert len(told(shop)) == 4


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": "5000"}, "amount"),
        ({"amount": 5000.0}, "amount"),
        ({"reason": "whim"}, "reason"),
        ({"status": "lost"}, "status"),
        ({"status": "under_review"}, "status"),
        ({"payment_intent": ""}, "payment_intent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_opening_is_refused(shop: Shop, changes: Json, param: str) -> None:
    status, _, named = refusal(shop, "", {"payment_intent": shop.paid()} | changes)

    assert (status, named) == (400, param)
    assert told(shop) == []


def test_what_is_not_there_or_not_paid_has_no_dispute(shop: Shop) -> None:
    unpaid = {"payment_intent": shop.session()["payment_intent"]}
    expected = (400, "sandbox_payment_not_succeeded", "payment_intent")
    assert refusal(shop, "", unpaid) == expected
    missing = (404, "sandbox_resource_missing", "id")
    assert refusal(shop, "", {"payment_intent": "pi_1"}) == missing
    assert refusal(shop, "/dp_1/close", {"status": "won"}) == missing
    made = opened(shop, shop.paid())
    for body in ({}, {"status": "needs_response"}, {"status": "won", "colour": "red"}):
        assert refusal(shop, f"/{made['id']}/close", body)[0] == 400
    assert refusal(shop, f"/{made['id']}/update", {"status": "won"})[0] == 400
    assert told(shop) == [("created", "warning_needs_response")]


def test_what_was_charged_back_is_not_refunded(shop: Shop) -> None:
    intent = shop.paid()
    made = opened(shop, intent, status="needs_response")

    refused = shop.refund(intent, 5000)
    forced = {"payment_intent": intent, "amount": 5000, "force": True}
    assert (refused.status_code, refused.json()["error"]["code"]) == (
        400,
        "sandbox_payment_disputed",
    )
    assert shop.http.post("/_sandbox/refunds", json=forced).status_code == 400
    assert shop.get(f"/_sandbox/payments/{intent}")["refunds"] == []
    close(shop, made, "won")
    assert shop.refund(intent, 5000).status_code == 200


def test_an_inquiry_leaves_refunds_alone(shop: Shop) -> None:
    intent = shop.paid()
    opened(shop, intent)

    assert shop.refund(intent).json()["amount"] == 20000


def test_reset_forgets_disputes(shop: Shop) -> None:
    made = opened(shop, shop.paid())

    shop.control("/reset")

    assert shop.http.get(f"/v1/disputes/{made['id']}").status_code == 404
