"""What a restricted key may, route by route; how keys end; when their use is noted."""

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.ids import Millis
from chalicelib.usecases.api_keys import create_key, revoke_key, rotate_key
from tests.architecture.test_doors import SCOPES
from tests.web.samples import Json, at_instant, session_of
from tests.web.test_bad_input import check_refusal
from tests.web.test_budgets import billed
from tests.web.world import Api, Merchant, World

ON_MOTO = True

ULID = "01M85VECTF8KAWQADBT8MQFYQ5"
HOUR = 3_600_000
CHUNKS = [list(SCOPES)[start::4] for start in range(4)]


def key_of(world: World, merchant: Merchant, *scopes: Scope) -> Api:
    """Asks with a restricted key of the merchant."""
    made = create_key(
        world.app.store,
        world.app.mint,
        merchant.tenant,
        world.app.clock(),
        scopes=frozenset(scopes),
    )
    assert made.text.startswith("rk_test_")
    return Api(world, f"Bearer {made.text}")


def needs(route: str) -> Scope:
    """What the table of the doors says."""
    return Scope(SCOPES[route])


def asked(api: Api, route: str, body: bytes = b"{}") -> tuple[int, Json]:
    """The route's status, and its error if it has one."""
    method, path = route.split()
    kind = {"products": "prod", "prices": "price", "payment_links": "plink", "refunds": "re",
            "checkout": "cs", "payment_intents": "pi"}.get(path.split("/")[2], "")  # fmt: skip
    path = path.replace("{id}", f"{kind}_{ULID}")
    reply = api.send(method, path, body if method == "POST" else b"")
    return reply.status, reply.json.get("error") or {}


@pytest.fixture(scope="module")
def narrow(world: World, a: Merchant) -> dict[Scope, Api]:
    """A key for each scope, with it alone."""
    return {scope: key_of(world, a, scope) for scope in Scope}


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_opens_exactly_its_routes(narrow: dict[Scope, Api], scope: Scope) -> None:
    opened = {route for route in SCOPES if asked(narrow[scope], route, b"!")[0] != 403}
    assert opened == {route for route in SCOPES if scope.gives(needs(route))}
    assert opened


@pytest.mark.parametrize("routes", CHUNKS, ids=lambda routes: routes[0])
def test_every_route_is_shut_for_a_key_with_every_scope_but_its_own(
    world: World, a: Merchant, routes: Iterable[str]
) -> None:
    keys = {
        needed: key_of(world, a, *(scope for scope in Scope if not scope.gives(needed)))
        for needed in {needs(route) for route in routes}
    }
    with world.untouched():
        for route in routes:
            for body in (b"{}", b"!", b'{"name":"x"}', b"x" * 300_000):
                needed = needs(route)
                status, error = asked(keys[needed], route, body)
                assert (status, error["type"], error["code"]) == (
                    403, "permission_error", "scope_missing",
                ), route  # fmt: skip
                assert error["message"] == f"This API key does not have the scope {needed}."
                assert error["user_message"] == (
                    "Kunci API ini tidak punya izin untuk permintaan ini."
                )
                assert error["details"] == {"scope": needed}
                assert re.fullmatch(r"req_[0-9A-Z]{26}", error["request_id"])


def test_a_full_key_may_everything(a: Merchant) -> None:
    assert [route for route in SCOPES if asked(a.api, route, b"!")[0] in (401, 403)] == []


def test_a_key_without_a_scope_may_nothing(world: World, a: Merchant) -> None:
    nothing = key_of(world, a)
    with world.untouched():
        assert {asked(nothing, route)[0] for route in SCOPES} == {403}


def test_a_cashier_refunds_and_does_nothing_else(world: World, a: Merchant) -> None:
    session = world.paid(a)
    cashier = key_of(world, a, Scope.REFUNDS_WRITE)
    wanted = {"checkout_session": session["id"], "amount": 5000}
    refund = cashier.post("/v1/refunds", wanted, "cashier").ok()
    assert cashier.get(f"/v1/refunds/{refund['id']}").ok() == refund
    check_refusal(cashier.get(f"/v1/checkout/sessions/{session['id']}"), 403, "scope_missing", None)
    entries = world.app.store.ledger(a.tenant, session["id"].removeprefix("cs_"))
    assert cashier.authorization is not None
    assert entries[-1].cause.actor == f"key_{cashier.authorization[-4:]}"


def test_a_restricted_key_is_of_one_mode_and_merchant(
    world: World, a: Merchant, b: Merchant
) -> None:
    mine = a.api.post("/v1/products", {"name": "A's"}).ok()["id"]
    stranger = key_of(world, b, *Scope)
    assert stranger.get(f"/v1/products/{mine}").status == 404
    assert stranger.get("/v1/products").ok()["data"] == []
    live = replace(a.tenant, livemode=True)
    made = create_key(
        world.app.store, world.app.mint, live, world.app.clock(), scopes=frozenset(Scope)
    )
    assert made.text.startswith("rk_live_")
    assert Api(world, f"Bearer {made.text}").get(f"/v1/products/{mine}").status == 404
    bent = Api(world, f"Bearer {made.text.replace('_live_', '_test_')}")
    check_refusal(bent.get(f"/v1/products/{mine}"), 401, "api_key_invalid", None)


# --- expand ---------------------------------------------------------------------------------


def test_what_a_key_may_not_read_is_not_expanded(world: World, a: Merchant) -> None:
    session = world.paid(a)
    cashier = key_of(world, a, Scope.REFUNDS_WRITE)
    body = {"checkout_session": session["id"], "amount": 5000, "expand": ["checkout_session"]}
    with world.untouched():
        reply = cashier.post("/v1/refunds", body, "expanding")
        check_refusal(reply, 403, "scope_missing", None)
        assert reply.error["details"] == {"scope": "checkout_sessions:read"}
        listed = cashier.get("/v1/refunds?expand[]=data.payment_intent")
        assert listed.error["details"] == {"scope": "payment_intents:read"}
    both = key_of(world, a, Scope.REFUNDS_WRITE, Scope.CHECKOUT_SESSIONS_READ)
    shown = both.post("/v1/refunds", body, "expanding").ok()
    assert shown["checkout_session"]["id"] == session["id"]
    assert both.get(f"/v1/refunds/{shown['id']}?expand[]=payment_intent").status == 403


def test_an_id_that_somebody_put_into_metadata_leads_nowhere(world: World, a: Merchant) -> None:
    session = world.unpaid(a)
    clerk = key_of(world, a, Scope.PRODUCTS_WRITE)
    made = clerk.post("/v1/products", {"name": "x", "metadata": {"y": session["id"]}}).ok()
    with world.untouched():
        reply = clerk.get(f"/v1/products/{made['id']}?expand[]=metadata.y")
        check_refusal(reply, 403, "scope_missing", None)
    assert reply.error["details"] == {"scope": "checkout_sessions:read"}


# --- the end of a key, and its use ------------------------------------------------------------


def made_at(world: World, now: int) -> tuple[Merchant, str, str]:
    """A merchant, and a full key of it with the name that an operator calls it by."""
    merchant = world.merchant()
    made = create_key(world.app.store, world.app.mint, merchant.tenant, Millis(now))
    return merchant, made.text, made.key.sha256


def test_a_revoked_key_is_refused_at_once_or_where_it_was_used_in_ten_seconds(
    world: World,
) -> None:
    now = world.app.clock()
    merchant, text, name = made_at(world, now)
    api, unused = Api(world, f"Bearer {text}"), made_at(world, now)
    with at_instant(now):
        assert api.get("/v1/products").status == 200
        revoke_key(world.app.store, merchant.tenant, Millis(now), name)
        revoke_key(world.app.store, unused[0].tenant, Millis(now), unused[2])
        assert Api(world, f"Bearer {unused[1]}").get("/v1/products").status == 401
    with at_instant(now + 10_000):
        assert api.get("/v1/products").status == 200
    with at_instant(now + 10_001):
        check_refusal(api.get("/v1/products"), 401, "api_key_invalid", None)


def test_both_keys_open_while_they_overlap(world: World) -> None:
    now = world.app.clock()
    merchant, text, name = made_at(world, now)
    old = Api(world, f"Bearer {text}")
    with at_instant(now):
        app = world.app
        made = rotate_key(app.store, app.mint, merchant.tenant, Millis(now), name, 24 * HOUR)
        new = Api(world, f"Bearer {made.text}")
        assert {old.get("/v1/products").status, new.get("/v1/products").status} == {200}
    with at_instant(now + 24 * HOUR - 1):
        assert {old.get("/v1/products").status, new.get("/v1/products").status} == {200}
    with at_instant(now + 24 * HOUR):
        check_refusal(old.get("/v1/products"), 401, "api_key_invalid", None)
        assert new.get("/v1/products").status == 200


def test_the_first_answer_of_an_hour_costs_a_read_and_a_write_more(world: World) -> None:
    now = world.app.clock()
    merchant, text, _ = made_at(world, now)
    api, costs = Api(world, f"Bearer {text}"), []
    for ms in (0, 1, 10_001, HOUR - 1, HOUR, HOUR + 1):
        with at_instant(now + ms), billed(world) as bill:
            api.get("/v1/products").ok()
        costs.append(bill.counted)
    page, read_again = (1, 0, 0), (2, 0, 0)
    assert costs == [(2, 1, 0), page, read_again, read_again, (1, 1, 0), page]
    (kept,) = [key for key in world.app.store.api_keys(merchant.tenant) if text.endswith(key.last4)]
    assert kept.last_used == now + HOUR


def test_what_is_refused_is_no_use(world: World) -> None:
    merchant, text, _ = made_at(world, world.app.clock())
    api = Api(world, f"Bearer {text}")
    with world.untouched():
        assert api.post("/v1/products", {"name": ""}).status == 400
        assert api.get(f"/v1/products/prod_{ULID}").status == 404
        assert api.post("/v1/checkout/sessions", session_of(1)).status == 400
    assert {key.last_used for key in world.app.store.api_keys(merchant.tenant)} == {None}
