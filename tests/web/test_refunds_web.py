"""Refunds through the door: what goes back, what is refused and why, and what a doubt costs."""

from itertools import count
from typing import Any

import pytest

from tests.web.samples import Json
from tests.web.test_bad_input import check_refusal
from tests.web.world import Merchant, Reply, World

REFUNDS = "/v1/refunds"
RESENT_MS = 61_000  # a lease lasts a minute; only after that somebody else looks again
KEYS = count(1)


def ask(merchant: Merchant, paid: Json, key: str | None = None, **wanted: Any) -> Reply:
    """A refund of a session, under a key of its own unless one is given."""
    own = key or f"own-{next(KEYS)}"
    return merchant.api.post(REFUNDS, {"checkout_session": paid["id"], **wanted}, own)


def money(world: World, merchant: Merchant, paid: Json) -> tuple[int, int, int, str]:
    """Refunded, pending, still refundable, and the word for it."""
    now = world.read(merchant, paid)
    return (
        now["amount_refunded"],
        now["amount_refund_pending"],
        now["amount_refundable"],
        now["refund_status"],
    )


def at_provider(world: World, paid: Json) -> list[Json]:
    """The refunds of this payment that the provider knows."""
    intent = paid["psp"]["payment_intent"]
    refunds = world.server.state.refunds.values()
    return [vars(each) for each in refunds if each.intent == intent]


def test_a_full_refund(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    refund = ask(a, paid, full=True, reason="requested_by_customer", metadata={"by": "x"}).ok()
    assert (refund["status"], refund["amount"], refund["currency"]) == ("succeeded", 20000, "IDR")
    assert (refund["checkout_session"], refund["payment_intent"]) == (
        paid["id"],
        paid["payment_intent"],
    )
    assert (refund["reason"], refund["metadata"]) == ("requested_by_customer", {"by": "x"})
    assert refund["psp_refund"]
    assert money(world, a, paid) == (20000, 0, 0, "full")
    assert a.api.get(f"{REFUNDS}/{refund['id']}").ok() == refund
    assert len(at_provider(world, paid)) == 1
    check_refusal(ask(a, paid, amount=1), 409, "refund_already_full", None)


def test_a_partial_refund_sends_its_amount_under_its_own_id(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    world.forget()
    wanted = {"payment_intent": paid["payment_intent"], "amount": 5000}
    refund = a.api.post(REFUNDS, wanted, "partial").ok()
    (asked,) = world.asked()
    assert (asked["idempotency_key"], asked["body"]["amount"]) == (refund["id"], "5000")
    assert money(world, a, paid) == (5000, 0, 15000, "partial")


def test_danas_second_partial_is_refused_by_rule_and_remainder(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    ask(a, paid, amount=5000).ok()
    with world.untouched():
        for wanted in ({"amount": 5000}, {"amount": 15000}, {"full": True}):
            reply = ask(a, paid, **wanted)
            check_refusal(reply, 409, "refund_multiple_not_supported", None)
            assert reply.error["details"] == {
                "rule": "multiple_partial_refunds",
                "amount_refundable": 15000,
            }
            assert "Rp15.000" in reply.error["message"]


@pytest.mark.parametrize("amount", [20001, 300_000_000, 10**12])
def test_more_than_remains_is_refused_with_the_remainder(
    world: World, a: Merchant, amount: int
) -> None:
    paid = world.paid(a)
    with world.untouched():
        reply = ask(a, paid, amount=amount)
        check_refusal(reply, 409, "refund_amount_exceeds_refundable", "amount")
    assert reply.error["details"] == {"amount_refundable": 20000, "amount_pending": 0}
    assert "Rp20.000" in reply.error["user_message"]


def test_exactly_what_remains_is_taken(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    assert ask(a, paid, amount=20000).ok()["status"] == "succeeded"
    assert money(world, a, paid) == (20000, 0, 0, "full")


def test_an_unpaid_payment_is_not_refunded(world: World, a: Merchant) -> None:
    unpaid = world.unpaid(a)
    with world.untouched():
        check_refusal(ask(a, unpaid, amount=5000), 409, "session_not_paid", None)
        check_refusal(ask(a, unpaid, full=True), 409, "session_not_paid", None)


def test_an_expected_remainder_that_has_changed_is_412(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    with world.untouched():
        reply = ask(a, paid, amount=5000, expected_remaining=19999)
        check_refusal(reply, 412, "refundable_amount_changed", "expected_remaining")
    assert reply.error["details"] == {"amount_refundable": 20000}
    assert ask(a, paid, amount=5000, expected_remaining=20000).status == 200


BAD: dict[str, tuple[Json, str, str | None]] = {
    "0": ({"amount": 0}, "amount_below_minimum", "amount"),
    "-1": ({"amount": -1}, "amount_below_minimum", "amount"),
    "1.5": ({"amount": 1.5}, "amount_not_integer", "amount"),
    "true": ({"amount": True}, "amount_not_integer", "amount"),
    "text": ({"amount": "5000"}, "amount_not_integer", "amount"),
    "wide digits": ({"amount": "１２"}, "amount_not_integer", "amount"),
    "1_000": ({"amount": "1_000"}, "amount_not_integer", "amount"),
    "2^63": ({"amount": 2**63}, "amount_above_wallet_limit", "amount"),
    "no amount": ({}, "parameter_missing", "amount"),
    "amount and full": ({"amount": 1, "full": True}, "parameter_missing", "amount"),
    "full is text": ({"full": "true"}, "parameter_invalid", "full"),
    "two payments": ({"payment_intent": "pi_x", "amount": 1}, "parameter_missing", None),
    "other currency": ({"amount": 1, "currency": "USD"}, "parameter_unknown", "currency"),
    "status": ({"amount": 1, "status": "succeeded"}, "parameter_unknown", "status"),
    "reason": ({"amount": 1, "reason": "because"}, "parameter_invalid", "reason"),
    "expected -1": ({"amount": 1, "expected_remaining": -1}, "parameter_invalid",
                    "expected_remaining"),
}  # fmt: skip


@pytest.fixture(scope="module")
def standing(world: World, a: Merchant) -> Json:
    """A paid session that no test refunds."""
    return world.paid(a)


@pytest.mark.parametrize("name", BAD)
def test_a_refund_that_makes_no_sense(world: World, a: Merchant, standing: Json, name: str) -> None:
    wanted, code, param = BAD[name]
    with world.untouched():
        check_refusal(ask(a, standing, **wanted), 400, code, param)


@pytest.mark.parametrize("text", [b"NaN", b"Infinity", b"1e2", b"5000.0", b"1" * 39])
def test_a_refunds_amount_is_a_json_integer(
    world: World, a: Merchant, standing: Json, text: bytes
) -> None:
    body = b'{"checkout_session":"%s","amount":%s}' % (standing["id"].encode(), text)
    with world.untouched():
        assert a.api.post(REFUNDS, body).status == 400


def test_without_a_key_a_refund_is_refused_unless_it_says_what_remains(
    world: World, a: Merchant
) -> None:
    paid = world.paid(a)
    wanted = {"checkout_session": paid["id"], "amount": 5000}
    with world.untouched():
        check_refusal(a.api.post(REFUNDS, wanted), 400, "parameter_missing", "Idempotency-Key")
    certain = {**wanted, "expected_remaining": 20000}
    assert a.api.post(REFUNDS, certain).ok()["status"] == "succeeded"
    with world.untouched():
        again = a.api.post(REFUNDS, certain)
        check_refusal(again, 412, "refundable_amount_changed", "expected_remaining")
    assert len(at_provider(world, paid)) == 1
    assert money(world, a, paid) == (5000, 0, 15000, "partial")


def test_the_same_key_twice_is_one_refund_and_another_amount_is_422(
    world: World, a: Merchant
) -> None:
    paid = world.paid(a)
    first = ask(a, paid, "r-1", amount=5000).ok()
    with world.untouched():
        assert ask(a, paid, "r-1", amount=5000).ok() == first
        check_refusal(
            ask(a, paid, "r-1", amount=6000), 422, "idempotency_key_reused", "Idempotency-Key"
        )
    assert len(at_provider(world, paid)) == 1


def test_a_list_of_refunds_is_newest_first(world: World) -> None:
    merchant = world.merchant()
    made = [ask(merchant, world.paid(merchant), amount=1000).ok()["id"] for _ in range(3)]
    found = merchant.api.get(f"{REFUNDS}?limit=2").ok()
    assert ([each["id"] for each in found["data"]], found["has_more"]) == (made[:0:-1], True)


# --- when the provider takes its time ---------------------------------------------------------


@pytest.fixture
def slow(world: World) -> Any:
    """Refunds are pending at the provider until somebody decides."""
    world.control("/switches", refund_first_status="pending")
    yield
    world.control("/switches", refund_first_status="succeeded")


@pytest.mark.usefixtures("slow")
@pytest.mark.parametrize(
    ("decision", "told", "after"),
    [
        ("succeed", "succeeded", (5000, 0, 15000, "partial")),
        ("fail", "failed", (0, 0, 20000, "none")),
    ],
)
def test_a_pending_refund_is_decided_by_its_webhook(
    world: World, a: Merchant, decision: str, told: str, after: tuple[int, int, int, str]
) -> None:
    paid = world.paid(a)
    reply = ask(a, paid, amount=5000)
    assert (reply.status, reply.json["status"]) == (202, "pending")
    assert money(world, a, paid) == (0, 5000, 15000, "none")
    refused = ask(a, paid, amount=1000)
    check_refusal(refused, 409, "refund_in_progress", None)
    assert refused.error["details"] == {"refund": reply.json["id"], "amount_refundable": 15000}
    (known,) = at_provider(world, paid)
    world.control(f"/refunds/{known['id']}/{decision}")
    assert world.deliver(a, paid, "charge.refund.updated").ok()["outcome"] == "applied"
    assert a.api.get(f"{REFUNDS}/{reply.json['id']}").ok()["status"] == told
    assert money(world, a, paid) == after
    with world.untouched():
        assert world.deliver(a, paid, "charge.refund.updated").ok()["outcome"] == "duplicate"


def test_a_refusal_of_the_provider_is_402_and_all_is_refundable_again(
    world: World, a: Merchant
) -> None:
    paid = world.paid(a)
    world.control("/switches", refunds_enabled=False)
    try:
        reply = ask(a, paid, "refused", amount=5000)
        check_refusal(reply, 402, "psp_rejected", None)
        assert reply.error["type"] == "psp_error"
        assert money(world, a, paid) == (0, 0, 20000, "none")
        again = ask(a, paid, "refused", amount=5000)
        assert (again.status, again.body) == (402, reply.body)
        assert again.headers["idempotency-replayed"] == "true"
    finally:
        world.control("/switches", refunds_enabled=True)
    refund = a.api.get(f"{REFUNDS}/{reply.error['details']['refund']}").ok()
    assert (refund["status"], refund["amount"]) == ("failed", 5000)
    assert ask(a, paid, "another", amount=5000).ok()["status"] == "succeeded"
    assert len(at_provider(world, paid)) == 1
