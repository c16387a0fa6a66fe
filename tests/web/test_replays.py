"""The same request again gets the same answer, byte for byte, on every POST of the API."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.usecases.failures import Claim
from chalicelib.usecases.idempotency import LOCKED_MS
from tests.web.samples import Json, at_instant, session_of
from tests.web.test_bad_input import check_refusal
from tests.web.test_refunds_web import at_provider
from tests.web.world import FORM, Merchant, Reply, World

PRICE = {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": "Kopi"}}


def product(world: World, a: Merchant) -> tuple[str, Json]:
    return "/v1/products", {"name": "Kopi", "metadata": {"a": "1"}}


def price(world: World, a: Merchant) -> tuple[str, Json]:
    return "/v1/prices", PRICE


def link(world: World, a: Merchant) -> tuple[str, Json]:
    made = a.api.post("/v1/prices", PRICE).ok()
    limit = {"completed_sessions": {"limit": 3}}
    return "/v1/payment_links", {"line_items": [{"price": made["id"]}], "restrictions": limit}


def session(world: World, a: Merchant) -> tuple[str, Json]:
    return "/v1/checkout/sessions", session_of()


def refund(world: World, a: Merchant) -> tuple[str, Json]:
    return "/v1/refunds", {"checkout_session": world.paid(a)["id"], "amount": 5000}


ROUTES: dict[str, Callable[[World, Merchant], tuple[str, Json]]] = {
    "product": product,
    "price": price,
    "payment link": link,
    "session": session,
    "refund": refund,
}


def check_replay(again: Reply, first: Reply) -> None:
    """The earlier answer, and said to be that."""
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert again.headers["request-id"] != first.headers["request-id"]


@pytest.mark.parametrize("name", ROUTES)
def test_the_same_key_again_gets_the_same_bytes_and_does_nothing(
    world: World, a: Merchant, name: str
) -> None:
    path, body = ROUTES[name](world, a)
    first = a.api.post(path, body, "again")
    assert first.status == 200, first.text
    with world.untouched():
        for _ in range(2):
            check_replay(a.api.post(path, body, "again"), first)
        reordered = dict(reversed(body.items()))
        check_replay(a.api.post(path, reordered, "again"), first)
        other = {**body, "metadata": {"another": "1"}}
        check_refusal(
            a.api.post(path, other, "again"), 422, "idempotency_key_reused", "Idempotency-Key"
        )
        with at_instant(world.app.clock() + 3 * 24 * 3_600_000):
            check_replay(a.api.post(path, body, "again"), first)


@pytest.mark.parametrize("name", ROUTES)
def test_a_key_of_one_route_or_merchant_says_nothing_on_another(
    world: World, a: Merchant, b: Merchant, name: str
) -> None:
    path, body = ROUTES[name](world, a)
    mine = a.api.post(path, body, "shared").ok()
    elsewhere = "/v1/products" if name != "product" else "/v1/prices"
    other = {"name": "Teh"} if name != "product" else PRICE
    assert a.api.post(elsewhere, other, "shared").ok()["id"] != mine["id"]
    if name in ("product", "price", "session"):
        theirs = b.api.post(path, body, "shared")
        assert theirs.ok()["id"] != mine["id"]
        assert "idempotency-replayed" not in theirs.headers


@pytest.mark.parametrize("name", ["product", "price", "payment link", "session"])
def test_without_a_key_the_same_request_makes_another_one(
    world: World, a: Merchant, name: str
) -> None:
    path, body = ROUTES[name](world, a)
    assert a.api.post(path, body).ok()["id"] != a.api.post(path, body).ok()["id"]


@pytest.mark.parametrize("name", ROUTES)
@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "é", "#", "a.b"])
def test_a_key_that_is_none_is_400_and_does_nothing(
    world: World, a: Merchant, name: str, key: str
) -> None:
    path, body = ROUTES[name](world, a)
    with world.untouched():
        reply = a.api.post(path, body, key)
        assert (reply.status, reply.error["param"]) == (400, "Idempotency-Key"), reply.text


# --- what changes after the answer ------------------------------------------------------------


def test_a_session_that_was_paid_since_is_still_answered_as_it_was(
    world: World, a: Merchant
) -> None:
    first = a.api.post("/v1/checkout/sessions", session_of(), "paid-since")
    made = first.ok()
    world.control(f"/payment_intents/{made['psp']['payment_intent']}/approve")
    assert world.deliver(a, made, "payment_intent.succeeded").ok()["outcome"] == "applied"
    assert world.read(a, made)["payment_status"] == "paid"
    check_replay(a.api.post("/v1/checkout/sessions", session_of(), "paid-since"), first)


def test_a_refund_that_came_back_since_is_still_answered_as_it_was(
    world: World, a: Merchant
) -> None:
    paid = world.paid(a)
    wanted = {"checkout_session": paid["id"], "amount": 5000}
    first = a.api.post("/v1/refunds", wanted, "back")
    assert first.ok()["status"] == "succeeded"
    (known,) = at_provider(world, paid)
    world.control(f"/refunds/{known['id']}/fail")
    assert world.deliver(a, paid, "charge.refund.updated").ok()["outcome"] == "applied"
    assert a.api.get(f"/v1/refunds/{first.json['id']}").ok()["status"] == "failed"
    assert world.read(a, paid)["amount_refundable"] == 20000
    check_replay(a.api.post("/v1/refunds", wanted, "back"), first)


# --- refusals ---------------------------------------------------------------------------------


def test_a_definitive_refusal_of_a_session_is_replayed(world: World, a: Merchant) -> None:
    world.control("/faults", kind="error_before", status=400, path_prefix="/v1/checkout/sessions")
    first = a.api.post("/v1/checkout/sessions", session_of(), "no")
    check_refusal(first, 402, "psp_rejected", None)
    with world.untouched():
        check_replay(a.api.post("/v1/checkout/sessions", session_of(), "no"), first)


def test_a_refusal_by_our_own_rules_is_not_kept_under_its_key(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    wanted = {"checkout_session": paid["id"], "amount": 20001}
    with world.untouched():
        check_refusal(
            a.api.post("/v1/refunds", wanted, "rules"),
            409, "refund_amount_exceeds_refundable", "amount",
        )  # fmt: skip
    assert a.api.post("/v1/refunds", {**wanted, "amount": 20000}, "rules").status == 200


def test_a_request_that_made_no_sense_or_that_nobody_answered_is_not_kept_under_its_key(
    world: World, a: Merchant
) -> None:
    with world.untouched():
        assert a.api.post("/v1/products", {"nome": "x"}, "later").status == 400
    made = a.api.post("/v1/products", {"name": "x"}, "later")
    assert (made.status, "idempotency-replayed" in made.headers) == (200, False)
    world.control("/faults", kind="error_before", status=500, path_prefix="/v1/checkout/sessions")
    away = a.api.post("/v1/checkout/sessions", session_of(), "away")
    check_refusal(away, 503, "psp_unavailable", None)
    assert away.headers["retry-after"] == "5"
    back = a.api.post("/v1/checkout/sessions", session_of(), "away")
    assert (back.status, "idempotency-replayed" in back.headers) == (200, False)
    check_replay(a.api.post("/v1/checkout/sessions", session_of(), "away"), back)


# --- in progress ------------------------------------------------------------------------------


def begun(world: World, a: Merchant, body: Json, key: str) -> Any:
    """A session whose request died while it was at the provider, and when its claim is free."""
    world.control("/faults", kind="error_before", status=500, path_prefix="/v1/checkout/sessions")
    a.api.post("/v1/checkout/sessions", body, key)
    at = f"M#{a.id}#test#IDEM#checkout_sessions#{key}"
    item = world.item(at, "IDEM")
    claim = Claim("checkout_sessions", key, "", item["resource"]["S"], item["owner"]["S"])
    held = replace(claim, locked_until=world.app.clock() + LOCKED_MS)
    world.app.store.take_over(a.tenant, claim, held)
    return held.locked_until


def test_a_session_in_progress_under_the_same_key_is_409_with_a_time_to_come_back(
    world: World, a: Merchant
) -> None:
    free = begun(world, a, session_of(), "progress")
    with world.untouched():
        for at in (world.app.clock(), free - 2):
            with at_instant(at):
                reply = a.api.post("/v1/checkout/sessions", session_of(), "progress")
                check_refusal(reply, 409, "idempotency_key_in_use", None)
                assert reply.error["type"] == "idempotency_error"
                assert reply.headers["retry-after"] == "5"
        other = a.api.post("/v1/checkout/sessions", session_of(30000), "progress")
        check_refusal(other, 422, "idempotency_key_reused", "Idempotency-Key")
    with at_instant(free + 1):
        first = a.api.post("/v1/checkout/sessions", session_of(), "progress")
    assert (first.status, "idempotency-replayed" in first.headers) == (200, False)
    assert first.json["url"].startswith(world.server.url)
    check_replay(a.api.post("/v1/checkout/sessions", session_of(), "progress"), first)


def test_a_form_and_the_same_form_again_are_one_request(world: World, a: Merchant) -> None:
    headers = {"Content-Type": FORM, "Idempotency-Key": "form"}
    first = a.api.send("POST", "/v1/products", b"name=Kopi&metadata[a]=1", headers)
    with world.untouched():
        check_replay(a.api.send("POST", "/v1/products", b"metadata[a]=1&name=Kopi", headers), first)
