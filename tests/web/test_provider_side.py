"""What happens at the provider without us: disputes, refunds of the dashboard, late deliveries."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.web.samples import Json, at_instant, signed
from tests.web.test_bad_input import check_refusal
from tests.web.test_refunds_web import ask, money
from tests.web.test_webhook_door import SUCCEEDED
from tests.web.world import Merchant, World

REFUNDED = "charge.refund.updated"
DISPUTES = ("charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed")
HALF_DAY = 12 * 3_600_000


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    """A merchant whose endpoint takes disputes, too."""
    merchant = world.merchant()
    world.control(
        "/webhook_endpoints",
        account=merchant.wooshpay_key,
        secret=merchant.webhook_secret,
        url="http://127.0.0.1:9/disputes",
        enabled_events=list(DISPUTES),
    )
    return merchant


def intent_of(session: Json) -> str:
    return str(session["psp"]["payment_intent"])


def disputed(world: World, paid: Json, status: str = "warning_needs_response") -> str:
    """The shopper's bank disputes it."""
    opened = world.control("/disputes", payment_intent=intent_of(paid), status=status)
    return str(opened["id"])


# --- disputes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["warning_needs_response", "needs_response"])
def test_a_dispute_told_by_the_provider_blocks_refunds(
    world: World, shop: Merchant, status: str
) -> None:
    paid = world.paid(shop)
    assert paid["disputed"] is False
    disputed(world, paid, status)
    assert world.deliver(shop, paid, DISPUTES[0]).ok()["outcome"] == "applied"
    assert world.read(shop, paid)["disputed"] is True
    with world.untouched():
        for wanted in ({"amount": 5000}, {"full": True}):
            reply = ask(shop, paid, **wanted)
            check_refusal(reply, 409, "refund_blocked_by_dispute", None)
            assert reply.error["details"] == {"amount_refundable": 20000}
        assert world.deliver(shop, paid, DISPUTES[0]).ok()["outcome"] == "duplicate"
    assert money(world, shop, paid) == (0, 0, 20000, "none")


@pytest.mark.parametrize(("end", "blocked"), [("warning_closed", False), ("won", False),
                                              ("lost", True)])  # fmt: skip
def test_a_dispute_that_is_decided_blocks_only_when_it_was_lost(
    world: World, shop: Merchant, end: str, blocked: bool
) -> None:
    paid = world.paid(shop)
    status = "warning_needs_response" if end == "warning_closed" else "needs_response"
    dispute = disputed(world, paid, status)
    world.deliver(shop, paid, DISPUTES[0]).ok()
    world.control(f"/disputes/{dispute}/close", status=end)
    assert world.deliver(shop, paid, DISPUTES[2]).ok()["outcome"] == "applied"
    assert world.read(shop, paid)["disputed"] is blocked
    reply = ask(shop, paid, amount=5000)
    if blocked:
        check_refusal(reply, 409, "refund_blocked_by_dispute", None)
    else:
        assert reply.ok()["status"] == "succeeded"


def test_a_dispute_that_is_told_after_its_end_changes_nothing(world: World, shop: Merchant) -> None:
    paid = world.paid(shop)
    dispute = disputed(world, paid, "needs_response")
    opened = world.delivery(intent_of(paid), DISPUTES[0])
    world.control(f"/disputes/{dispute}/close", status="won")
    assert world.deliver(shop, paid, DISPUTES[2]).ok()["outcome"] == "applied"
    assert world.knock(shop, *opened).ok()["outcome"] == "ignored"
    assert world.read(shop, paid)["disputed"] is False


# --- refunds of the dashboard -----------------------------------------------------------------


def made_there(world: World, paid: Json, amount: int, **more: Any) -> Json:
    """A refund that somebody makes in the provider's dashboard."""
    return world.control("/refunds", payment_intent=intent_of(paid), amount=amount, **more)


def test_a_refund_of_the_dashboard_is_counted(world: World, shop: Merchant) -> None:
    paid = world.paid(shop)
    known = made_there(world, paid, 5000)
    assert world.deliver(shop, paid, REFUNDED).ok()["outcome"] == "applied"
    assert money(world, shop, paid) == (5000, 0, 15000, "partial")
    (refund,) = shop.api.get("/v1/refunds").ok()["data"][:1]
    assert (refund["status"], refund["amount"], refund["psp_refund"]) == (
        "succeeded", 5000, known["id"],
    )  # fmt: skip
    assert refund["checkout_session"] == paid["id"]
    with world.untouched():
        assert world.deliver(shop, paid, REFUNDED).ok()["outcome"] == "duplicate"
    check_refusal(ask(shop, paid, amount=15001), 409, "refund_amount_exceeds_refundable", "amount")


def test_a_refund_of_the_dashboard_that_fails_later_comes_back(
    world: World, shop: Merchant
) -> None:
    paid = world.paid(shop)
    known = made_there(world, paid, 5000)
    assert world.deliver(shop, paid, REFUNDED).ok()["outcome"] == "applied"
    world.control(f"/refunds/{known['id']}/fail")
    assert world.deliver(shop, paid, REFUNDED).ok()["outcome"] == "applied"
    assert money(world, shop, paid) == (0, 0, 20000, "none")


def test_a_refund_of_the_dashboard_that_was_never_told_is_counted_by_the_second_compare(
    world: World,
) -> None:
    shop = world.merchant()
    paid = world.paid(shop)
    made_there(world, paid, 5000)
    late = world.delivery(intent_of(paid), REFUNDED)
    made = int(paid["created"])
    next_day = made - made % 86_400_000 + 86_400_000 + 3_600_000
    with at_instant(next_day):
        assert world.app.night.compare()["found"] >= 1
    assert money(world, shop, paid) == (0, 0, 20000, "none")
    with at_instant(next_day + HALF_DAY):
        assert world.app.night.compare()["healed"] >= 1
    assert money(world, shop, paid) == (5000, 0, 15000, "partial")
    assert world.knock(shop, *late).ok()["outcome"] == "applied"  # it names what is counted
    assert money(world, shop, paid) == (5000, 0, 15000, "partial")


def test_without_metadata_anywhere_our_own_refund_is_still_ours(
    world: World, shop: Merchant
) -> None:
    world.control("/switches", metadata_on_refund=False, metadata_on_refund_event=False)
    try:
        paid = world.paid(shop)
        refund = ask(shop, paid, amount=5000).ok()
        assert world.deliver(shop, paid, REFUNDED).ok()["outcome"] == "ignored"
        assert money(world, shop, paid) == (5000, 0, 15000, "partial")
        mine = [r for r in shop.api.get("/v1/refunds").ok()["data"]
                if r["checkout_session"] == paid["id"]]  # fmt: skip
        assert [each["id"] for each in mine] == [refund["id"]]
    finally:
        world.control("/switches", metadata_on_refund=True, metadata_on_refund_event=True)


# --- authentic, and old or contradicting itself -----------------------------------------------


def now() -> int:
    return int(time.time())


@pytest.mark.parametrize("age", [302, 3600, 3 * 86_400])
@pytest.mark.parametrize("paid", [True, False], ids=["paid there", "not paid there"])
def test_an_old_delivery_is_200_and_what_the_provider_has_now_counts(
    world: World, shop: Merchant, age: int, paid: bool
) -> None:
    session = world.unpaid(shop)
    if paid:
        world.control(f"/payment_intents/{intent_of(session)}/approve")
    body = world.event_about(session, SUCCEEDED)
    old = signed(shop.webhook_secret, body, now() - age)
    world.forget()
    reply = world.knock(shop, body, old)
    assert reply.ok() == {"received": True, "outcome": "applied" if paid else "ignored"}
    assert [f"{each['method']} {each['path']}" for each in world.asked()] == [
        f"GET /v1/payment_intents/{intent_of(session)}"
    ]
    after = world.read(shop, session)
    assert after["payment_status"] == ("paid" if paid else "unpaid")
    assert after["amount_refundable"] == (20000 if paid else 0)
    with world.untouched():
        for signature in (old, signed(shop.webhook_secret, body)):
            assert world.knock(shop, body, signature).ok()["outcome"] == "duplicate"


def test_an_old_delivery_that_lies_about_the_amount_pays_what_the_provider_has(
    world: World, shop: Merchant
) -> None:
    session = world.unpaid(shop)
    world.control(f"/payment_intents/{intent_of(session)}/approve")
    body = world.event_about(session, SUCCEEDED, amount_received=1)
    reply = world.knock(shop, body, signed(shop.webhook_secret, body, now() - 302))
    assert reply.ok()["outcome"] == "applied"
    after = world.read(shop, session)
    assert (after["payment_status"], after["review"]) == ("paid", None)


def test_an_old_delivery_waits_while_the_provider_does_not_answer(
    world: World, shop: Merchant
) -> None:
    session = world.unpaid(shop)
    world.control(f"/payment_intents/{intent_of(session)}/approve")
    body = world.event_about(session, SUCCEEDED)
    world.control("/faults", kind="error_before", path_prefix="/v1/payment_intents", times=1)
    reply = world.knock(shop, body, signed(shop.webhook_secret, body, now() - 302))
    assert reply.ok()["outcome"] == "stale"
    assert world.read(shop, session)["payment_status"] == "unpaid"
    with at_instant(world.app.clock() + 121_000):
        world.app.night.sweep()
    assert world.read(shop, session)["payment_status"] == "paid"


CONTRADICTIONS: dict[str, Callable[[Json], None]] = {
    "succeeded, and it waits": lambda event: event["data"]["object"].update(
        status="requires_action"
    ),
    "succeeded, and it is canceled": lambda event: event["data"]["object"].update(
        status="canceled"
    ),
    "canceled, and it has succeeded": lambda event: event.update(type="payment_intent.canceled"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
@pytest.mark.parametrize("paid", [True, False], ids=["paid there", "not paid there"])
def test_a_delivery_that_contradicts_itself_is_asked_after(
    world: World, shop: Merchant, name: str, paid: bool
) -> None:
    session = world.unpaid(shop)
    if paid:
        world.control(f"/payment_intents/{intent_of(session)}/approve")
    event = json.loads(world.event_about(session, SUCCEEDED))
    CONTRADICTIONS[name](event)
    body = json.dumps(event).encode()
    world.forget()
    reply = world.knock(shop, body, signed(shop.webhook_secret, body))
    assert reply.ok()["outcome"] == ("applied" if paid else "ignored")
    assert len(world.asked()) == 1
    assert world.read(shop, session)["payment_status"] == ("paid" if paid else "unpaid")


def test_one_id_that_says_two_things_is_a_conflict_and_the_first_holds(
    world: World, shop: Merchant
) -> None:
    session = world.unpaid(shop)
    body = world.event_about(session, SUCCEEDED)
    assert world.knock(shop, body, signed(shop.webhook_secret, body)).ok()["outcome"] == "applied"
    event = json.loads(body)
    event["data"]["object"]["amount_received"] = 1
    other = json.dumps(event).encode()
    before = set(world.dump())
    reply = world.knock(shop, other, signed(shop.webhook_secret, other))
    assert reply.ok() == {"received": True, "outcome": "conflict"}
    (found,) = set(world.dump()) - before
    assert '"event_conflict"' in found
    assert world.read(shop, session)["payment_status"] == "paid"
    reordered = json.dumps(dict(reversed(json.loads(body).items()))).encode()
    with world.untouched():
        again = world.knock(shop, reordered, signed(shop.webhook_secret, reordered))
        assert again.ok()["outcome"] == "duplicate"  # other bytes, the same said


def test_a_provider_that_reads_late_does_not_undo_what_its_event_said(
    world: World, shop: Merchant
) -> None:
    world.control("/switches", read_lag_seconds=60)
    try:
        session = world.unpaid(shop)
        world.control(f"/payment_intents/{intent_of(session)}/approve")
        assert world.deliver(shop, session, SUCCEEDED).ok()["outcome"] == "applied"
        body = world.event_about(session, SUCCEEDED)
        old = signed(shop.webhook_secret, body, now() - 302)
        assert world.knock(shop, body, old).ok()["outcome"] == "ignored"
        assert world.read(shop, session)["payment_status"] == "paid"
    finally:
        world.control("/switches", read_lag_seconds=0)
