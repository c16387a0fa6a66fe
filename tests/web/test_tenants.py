"""The wall between tenants: every route of merchants, asked for every thing that another one has.

The routes are taken from the application. One that names things elsewhere than in its path has its
line in NAMED, one that names none in NAMELESS; a new route without either fails.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from app import app
from chalicelib.domain.ids import Tenant
from chalicelib.usecases.api_keys import create_key
from tests.web.samples import Json
from tests.web.test_bad_access import check_same_404
from tests.web.world import Api, Merchant, Reply, World

ULID = "01M85VECTF8KAWQADBT8MQFYQ5"
KINDS = ("prod", "price", "plink", "cs", "pi", "re", "evt", "we")
ROUTES = sorted(
    f"{method} {path}"
    for path, by in app.routes.items()
    for method in by
    if path.startswith("/v1/")
)
IN_PATH = [route for route in ROUTES if "{" in route]
ELSEWHERE = [route for route in ROUTES if "{" not in route]

BODIES: dict[str, Json] = {
    "POST /v1/products/{id}": {"name": "x"},
    "POST /v1/prices/{id}": {"nickname": "x"},
    "POST /v1/payment_links/{id}": {"active": False},
    "POST /v1/webhook_endpoints/{id}": {"disabled": True},
    "POST /v1/events/{id}/retry": {"webhook_endpoint": f"we_{ULID}"},
}  # what a route's body must hold before its thing is looked for
Body = Callable[[str], Json]
HOOK = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
PRICE = {"currency": "IDR", "unit_amount": 20_000}


def _line(**data: str) -> Json:
    return {"line_items": [{"price_data": {**PRICE, **data}}]}


NAMED: dict[str, list[tuple[str, Body]]] = {
    "POST /v1/prices": [("prod", lambda id: {**PRICE, "product": id})],
    "POST /v1/payment_links": [
        ("price", lambda id: {"line_items": [{"price": id}]}),
    ],
    "POST /v1/checkout/sessions": [
        ("price", lambda id: {"line_items": [{"price": id}]}),
        ("prod", lambda id: _line(product=id)),
        ("plink", lambda id: {"payment_link": id}),
    ],
    "POST /v1/refunds": [
        ("cs", lambda id: {"checkout_session": id, "amount": 5_000}),
        ("pi", lambda id: {"payment_intent": id, "amount": 5_000}),
    ],
}  # the kinds of things that a body names, by the body that does
FILTERS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "GET /v1/products": ("prod", [("prod", "ids[]")]),
    "GET /v1/prices": ("price", [("prod", "product")]),
    "GET /v1/payment_links": ("plink", []),
    "GET /v1/checkout/sessions": ("cs", [("plink", "payment_link"), ("pi", "payment_intent")]),
    "GET /v1/payment_intents": ("pi", []),
    "GET /v1/events": ("evt", []),
    "GET /v1/webhook_endpoints": ("we", []),
    "GET /v1/refunds": ("re", [("pi", "payment_intent"), ("cs", "checkout_session")]),
}  # what a list lists, and the kinds of things that its filters name
NAMELESS = {
    "GET /v1/account",
    "POST /v1/account",
    "POST /v1/products",
    "POST /v1/payment_intents",
    "POST /v1/webhook_endpoints",
    "GET /v1/payment_methods/capabilities",
}


@dataclass(frozen=True)
class Asker:
    """Somebody who may see nothing of what B has in test mode; two things of theirs by kind."""

    api: Api
    own: dict[str, list[str]]


@pytest.fixture(scope="module")
def theirs(world: World, b: Merchant) -> Json:
    """The ids of one thing of each kind that B has in test mode."""
    link = world.link(b)
    price = link["line_items"]["data"][0]["price"]
    paid = world.paid(b)
    wanted = {"checkout_session": paid["id"], "amount": 5_000}
    refund = b.api.post("/v1/refunds", wanted, "theirs").ok()
    return {
        "prod": price["product"]["id"],
        "price": price["id"],
        "plink": link["id"],
        "cs": paid["id"],
        "pi": paid["payment_intent"],
        "re": refund["id"],
        "evt": b.api.get("/v1/events?limit=1").ok()["data"][0]["id"],
        "we": b.api.post("/v1/webhook_endpoints", HOOK).ok()["id"],
    }


@pytest.fixture(scope="module", params=["another merchant", "the same one in live mode"])
def asker(
    world: World, a: Merchant, b: Merchant, theirs: Json, request: pytest.FixtureRequest
) -> Asker:
    """Who asks: their key is known already, so that an answer writes nothing at all."""
    if request.param == "another merchant":
        api = a.api
    else:
        live = Tenant(b.tenant.merchant, livemode=True)
        made = create_key(world.app.store, world.app.mint, live, world.app.clock())
        world.app.secrets.keep_wooshpay_key(live, f"sk_live_{world.app.mint.secret()}")
        api = Api(world, f"Bearer {made.text}")
    links = [world.link(Merchant(b.tenant, "", "", "", api)) for _ in range(2)]
    prices = [each["line_items"]["data"][0]["price"] for each in links]
    return Asker(
        api,
        {
            "prod": [each["product"]["id"] for each in prices],
            "price": [each["id"] for each in prices],
            "plink": [each["id"] for each in links],
            "evt": [each["id"] for each in api.get("/v1/events").ok()["data"]][::-1],
        },
    )


def asked(asker: Asker, route: str, id: str) -> Reply:
    """A route whose path names the thing."""
    method, path = route.split()
    at = path.format(**dict.fromkeys(_parameters(path), id))
    if method != "POST":
        return asker.api.send(method, at)
    return asker.api.post(at, BODIES.get(route, {}), "mine")


def _parameters(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("route", IN_PATH)
def test_what_a_path_names_of_another_tenant_is_not_there(
    world: World, asker: Asker, theirs: Json, route: str, kind: str
) -> None:
    """Whatever kind of thing it is: the answer is the same as for what nobody has."""
    nobodys = f"{kind}_{ULID}"
    with world.untouched():
        of_theirs, of_nobody = (asked(asker, route, id) for id in (theirs[kind], nobodys))
    check_same_404(of_theirs, of_nobody, theirs[kind], nobodys)


def test_every_route_without_a_path_parameter_has_its_line() -> None:
    assert {*NAMED, *FILTERS, *NAMELESS} == set(ELSEWHERE)
    assert len(NAMED) + len(FILTERS) + len(NAMELESS) == len(ELSEWHERE)


@pytest.mark.parametrize(
    ("route", "kind", "body"),
    [(route, kind, body) for route, named in NAMED.items() for kind, body in named],
)
def test_what_a_body_names_of_another_tenant_is_not_there(
    world: World, asker: Asker, theirs: Json, route: str, kind: str, body: Body
) -> None:
    nobodys = f"{kind}_{ULID}"
    path = route.split()[1]
    with world.untouched():
        of_theirs, of_nobody = (
            asker.api.post(path, body(id), "mine") for id in (theirs[kind], nobodys)
        )
    check_same_404(of_theirs, of_nobody, theirs[kind], nobodys)


@pytest.mark.parametrize(
    ("route", "kind", "name"),
    [(route, kind, name) for route, (_, named) in FILTERS.items() for kind, name in named],
)
def test_a_filter_that_names_another_tenants_thing_finds_nothing(
    world: World, asker: Asker, theirs: Json, route: str, kind: str, name: str
) -> None:
    path = route.split()[1]
    empty = {"object": "list", "url": path, "has_more": False, "data": []}
    with world.untouched():
        for id in (theirs[kind], f"{kind}_{ULID}", "no id at all", "M#acct", f"{kind}_"):
            assert asker.api.get(f"{path}?{name}={id}").ok() == empty, id
            with_more = f"{path}?{name}={id}&limit=1&created[gte]=1"
            assert asker.api.get(with_more).ok() == empty, id


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize("route", FILTERS)
def test_a_cursor_of_another_tenant_only_positions(
    world: World, asker: Asker, theirs: Json, route: str, cursor: str
) -> None:
    """It need not be anybody's: what is born then would stand there. One's own is all one sees."""
    path, (kind, _) = route.split()[1], FILTERS[route]
    id = theirs[kind]
    with world.untouched():
        found = asker.api.get(f"{path}?{cursor}={id}").ok()
        lowered = asker.api.get(f"{path}?{cursor}={id[:-1]}{'0' if id[-1] != '0' else '1'}").ok()
    own = asker.own.get(kind, [])  # all of it born after theirs
    expected = own[::-1] if cursor == "ending_before" else []
    assert [each["id"] for each in found["data"]] == expected
    assert found == lowered
    assert id not in str(found)


@pytest.mark.parametrize("route", FILTERS)
def test_a_cursor_of_another_kind_is_refused_whoever_has_it(
    world: World, asker: Asker, theirs: Json, route: str
) -> None:
    path, (kind, _) = route.split()[1], FILTERS[route]
    with world.untouched():
        for other in set(KINDS) - {kind}:
            for id in (theirs[other], f"{other}_{ULID}"):
                reply = asker.api.get(f"{path}?starting_after={id}")
                assert (reply.status, reply.error["param"]) == (400, "starting_after")
                assert id not in reply.text


def test_what_expands_leads_nowhere_else(world: World, asker: Asker, theirs: Json) -> None:
    """An id is expanded where an answer holds it, and answers hold one's own."""
    made = asker.api.get("/v1/prices?expand[]=data.product").ok()["data"]
    assert [each["product"]["id"] for each in made] == asker.own["prod"][::-1]
    assert theirs["prod"] not in str(made)


def test_a_session_with_another_tenants_product_makes_nothing(
    world: World, asker: Asker, theirs: Json
) -> None:
    """Neither does one line of several that is another's."""
    mine = asker.own["price"][0]
    lines = [{"price": mine}, {"price": theirs["price"]}]
    with world.untouched():
        for path in ("/v1/checkout/sessions", "/v1/payment_links"):
            reply = asker.api.post(path, {"line_items": lines}, "both")
            assert (reply.status, reply.error["param"]) == (404, "line_items[1][price]")
