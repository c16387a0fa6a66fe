"""Who may ask what: every route is listed with the scope that a key needs for it, and one that
needs no key says why it needs none."""

import ast
import re
from collections.abc import Iterator

import pytest
from chalice.app import Blueprint

from app import app
from chalicelib.domain.api_keys import Scope
from chalicelib.web import webhooks
from chalicelib.web.doors import door
from chalicelib.web.endpoint import merchant_route
from tests.architecture.source import ROOT, files, nodes, parsed, texts

SHOPPER = "shoppers have no account; the slug is unguessable, and looking writes nothing"
PAYING = "shoppers have no account; a tap makes a payment that only money completes"
TOKEN = "the token carries a 128-bit proof"
SCRIPT = "the pages' own script, the same for everyone"
SIGNED = "the provider signs each delivery"
NO_KEY = "no key"
READ = "how the API is asked, the same for everyone"
ALIVE = "says that the function runs, and nothing else"

SCOPES = {
    "GET /v1/account": "account:read",
    "POST /v1/account": "account:write",
    "POST /v1/products": "products:write",
    "GET /v1/products": "products:read",
    "GET /v1/products/{id}": "products:read",
    "POST /v1/products/{id}": "products:write",
    "POST /v1/prices": "prices:write",
    "GET /v1/prices": "prices:read",
    "GET /v1/prices/{id}": "prices:read",
    "POST /v1/prices/{id}": "prices:write",
    "POST /v1/payment_links": "payment_links:write",
    "GET /v1/payment_links": "payment_links:read",
    "GET /v1/payment_links/{id}": "payment_links:read",
    "POST /v1/payment_links/{id}": "payment_links:write",
    "GET /v1/payment_links/{id}/line_items": "payment_links:read",
    "POST /v1/checkout/sessions": "checkout_sessions:write",
    "GET /v1/checkout/sessions": "checkout_sessions:read",
    "GET /v1/checkout/sessions/{id}": "checkout_sessions:read",
    "GET /v1/checkout/sessions/{id}/line_items": "checkout_sessions:read",
    "POST /v1/checkout/sessions/{id}/expire": "checkout_sessions:write",
    "POST /v1/payment_intents": "payment_intents:write",
    "GET /v1/payment_intents": "payment_intents:read",
    "GET /v1/payment_intents/{id}": "payment_intents:read",
    "POST /v1/payment_intents/{id}/cancel": "payment_intents:write",
    "GET /v1/payment_methods/capabilities": "payment_methods:read",
    "POST /v1/refunds": "refunds:write",
    "GET /v1/refunds": "refunds:read",
    "GET /v1/refunds/{id}": "refunds:read",
    "GET /v1/events": "events:read",
    "GET /v1/events/{id}": "events:read",
    "POST /v1/events/{id}/retry": "webhook_endpoints:write",
    "POST /v1/webhook_endpoints": "webhook_endpoints:write",
    "GET /v1/webhook_endpoints": "webhook_endpoints:read",
    "GET /v1/webhook_endpoints/{id}": "webhook_endpoints:read",
    "POST /v1/webhook_endpoints/{id}": "webhook_endpoints:write",
    "DELETE /v1/webhook_endpoints/{id}": "webhook_endpoints:write",
    "POST /v1/webhook_endpoints/{id}/roll_secret": "webhook_endpoints:write",
    "GET /v1/webhook_endpoints/{id}/deliveries": "webhook_endpoints:read",
}
PUBLIC = {
    "GET /l/{slug}": SHOPPER,
    "HEAD /l/{slug}": SHOPPER,
    "POST /l/{slug}": PAYING,
    "GET /l/{slug}/qr.svg": SHOPPER,
    "HEAD /l/{slug}/qr.svg": SHOPPER,
    "GET /l/{slug}/qr.png": SHOPPER,
    "HEAD /l/{slug}/qr.png": SHOPPER,
    "GET /l/{slug}/card.png": SHOPPER,
    "HEAD /l/{slug}/card.png": SHOPPER,
    "GET /s/{token}": TOKEN,
    "HEAD /s/{token}": TOKEN,
    "GET /s/{token}/card.png": TOKEN,
    "HEAD /s/{token}/card.png": TOKEN,
    "GET /r/{token}": TOKEN,
    "HEAD /r/{token}": TOKEN,
    "GET /r/{token}/card.png": TOKEN,
    "HEAD /r/{token}/card.png": TOKEN,
    "GET /assets/{file}": SCRIPT,
    "HEAD /assets/{file}": SCRIPT,
    "POST /webhooks/wooshpay/{merchant}": SIGNED,
    "GET /openapi.json": READ,
    "HEAD /openapi.json": READ,
    "GET /docs": READ,
    "HEAD /docs": READ,
    "GET /docs/errors": READ,
    "HEAD /docs/errors": READ,
    "GET /healthz": ALIVE,
}
ROUTES = SCOPES | PUBLIC


def constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module names."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def needed(decorator: ast.Call) -> str:
    """The scope that a declaration names, or that it needs none."""
    if not isinstance(decorator.func, ast.Name) or decorator.func.id == "public_route":
        return NO_KEY
    (needs,) = [each.value for each in decorator.keywords if each.arg == "needs"]
    assert isinstance(needs, ast.Attribute), "a scope is named where its route is"
    return Scope[needs.attr].value


def declared() -> Iterator[tuple[str, str]]:
    """Each route with what its declaration needs, as the source of chalicelib/web says."""
    for file in files("web"):
        named = constants(parsed(file))
        for each in ast.walk(parsed(file)):
            if not isinstance(each, ast.Call) or not isinstance(each.func, ast.Name):
                continue
            if not each.func.id.endswith("_route"):
                continue
            methods, at = ast.literal_eval(each.args[1]), each.args[2]
            path = named[at.id] if isinstance(at, ast.Name) else ast.literal_eval(at)
            for method in [methods] if isinstance(methods, str) else methods:
                yield f"{method} {path}", needed(each)


def test_the_route_table_is_this_one() -> None:
    served = {f"{method} {path}" for path, by in app.routes.items() for method in by}
    assert served == set(ROUTES)


def test_every_route_asks_for_what_the_table_says() -> None:
    assert dict(declared()) == SCOPES | dict.fromkeys(PUBLIC, NO_KEY)


def test_every_scope_is_some_routes() -> None:
    assert set(SCOPES.values()) == set(Scope)


def test_a_route_that_names_no_scope_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="needs"):
        merchant_route(Blueprint(__name__), "GET", "/v1/forgotten")  # type: ignore[call-arg]


def test_no_route_is_made_past_the_two_doors() -> None:
    direct = [
        place
        for place, node in nodes()
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"route", "on_ws_message", "authorizer"}
        and "web/endpoint.py" not in place
    ]
    assert direct == []


def test_what_is_invoked_by_itself_is_a_signed_door_or_opened_by_iam() -> None:
    invoked = {
        place.partition(":")[0]
        for place, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr == "lambda_function"
    }
    assert invoked == {"chalicelib/jobs/webhook.py", "chalicelib/jobs/refund.py"}
    behind_a_url = door(webhooks.door())
    assert {f"{method} {path}" for path, by in behind_a_url.routes.items() for method in by} == {
        route for route, why in PUBLIC.items() if why == SIGNED
    }


def test_what_writes_without_a_key_is_a_tap_or_a_signed_delivery() -> None:
    writes = {route for route in PUBLIC if route.split()[0] not in ("GET", "HEAD")}
    assert {PUBLIC[route] for route in writes} == {PAYING, SIGNED}


BYPASS = re.compile(
    r"(skip|bypass|disable|ignore|insecure|without|no)_?\w*(verif|signature|auth|check_key)"
    r"|(verif|signature|auth)\w*_?(skip|bypass|disable|off|optional)",
    re.IGNORECASE,
)


def test_nothing_in_the_source_switches_verification_off() -> None:
    names = [
        (place, word)
        for place, node in nodes()
        for word in (getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "arg", ""))
        if isinstance(word, str) and BYPASS.search(word)
    ]
    told = [(place, text) for place, text in texts() if BYPASS.search(text) and " " not in text]
    assert names + told == []


def test_only_config_and_bootstrap_read_the_environment() -> None:
    found = {
        place.partition(":")[0]
        for place, node in nodes()
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv", "environb")
    }
    assert found <= {"chalicelib/bootstrap.py", "chalicelib/config.py"}


SECRET = re.compile(r"(^|_)(sig|signature|hmac|digest|proof|mac|sha256)(s|$|_)")


def test_what_proves_something_is_compared_in_constant_time() -> None:
    found = []
    for place, node in nodes():
        if not isinstance(node, ast.Compare):
            continue
        if not any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            continue
        sides = [node.left, *node.comparators]
        words = [getattr(side, "id", None) or getattr(side, "attr", None) for side in sides]
        if any(word and SECRET.search(word) for word in words):
            found.append((place, ast.unparse(node)))
    assert found == []


def test_no_secret_has_a_place_in_the_repository() -> None:
    real = re.compile(r"[sr]k_live_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/]{24,}|AKIA[0-9A-Z]{16}")
    for name in ("app.py", "README.md", "Makefile", "pyproject.toml"):
        assert not real.search((ROOT / name).read_text(encoding="utf-8")), name
    assert [place for place, text in texts() if real.search(text)] == []
