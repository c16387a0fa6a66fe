"""Who may ask: nothing is answered without a good key, and another's things are not there."""

from base64 import b64encode
from collections.abc import Callable

import pytest
import time_machine

from chalicelib.domain.ids import parse_secret_key
from tests.web.samples import Json, session_of
from tests.web.test_bad_input import check_refusal
from tests.web.world import Api, Merchant, Reply, World

ON_MOTO = True

ROUTES = [
    ("POST", "/v1/products"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/prod_1"),
    ("POST", "/v1/prices"),
    ("GET", "/v1/prices"),
    ("GET", "/v1/prices/price_1"),
    ("POST", "/v1/payment_links"),
    ("GET", "/v1/payment_links"),
    ("GET", "/v1/payment_links/plink_1"),
    ("GET", "/v1/payment_links/plink_1/line_items"),
    ("POST", "/v1/checkout/sessions"),
    ("GET", "/v1/checkout/sessions"),
    ("GET", "/v1/checkout/sessions/cs_1"),
    ("GET", "/v1/checkout/sessions/cs_1/line_items"),
    ("POST", "/v1/refunds"),
    ("GET", "/v1/refunds"),
    ("GET", "/v1/refunds/re_1"),
]
ULID = "01M85VECTF8KAWQADBT8MQFYQ5"


def basic(user: str, password: str = "") -> str:
    """An Authorization header of HTTP Basic."""
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=" ".join)
def test_without_a_key_every_route_is_401(world: World, method: str, path: str) -> None:
    with world.untouched():
        reply = world.public.send(method, path, b'{"name":"x"}')
        check_refusal(reply, 401, "api_key_missing", None)
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.error["type"] == "authentication_error"


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=" ".join)
def test_with_a_key_that_nobody_has_every_route_is_401(
    world: World, method: str, path: str
) -> None:
    nobody = Api(world, f"Bearer sk_test_{ULID}{'a' * 32}")
    with world.untouched():
        check_refusal(nobody.send(method, path, b'{"name":"x"}'), 401, "api_key_invalid", None)


BENT: dict[str, Callable[[Merchant], str]] = {
    "another secret": lambda m: (
        f"Bearer {m.secret_key[:-1]}{'A' if m.secret_key[-1] != 'A' else 'B'}"
    ),
    "live instead of test": lambda m: f"Bearer {m.secret_key.replace('_test_', '_live_')}",
    "restricted instead of full": lambda m: f"Bearer {m.secret_key.replace('sk_', 'rk_')}",
    "publishable key": lambda m: f"Bearer {m.secret_key.replace('sk_', 'pk_')}",
    "lower case": lambda m: f"Bearer {m.secret_key.lower()}",
    "too long": lambda m: f"Bearer {m.secret_key}a",
    "too short": lambda m: f"Bearer {m.secret_key[:-1]}",
    "10 KB": lambda m: f"Bearer {m.secret_key}{'a' * 10_000}",
    "WooshPay's key": lambda m: f"Bearer {m.wooshpay_key}",
    "merchant's id": lambda m: f"Bearer {m.id}",
    "key in the middle of words": lambda m: f"Bearer x {m.secret_key}",
    "fullwidth letters": lambda m: "Bearer " + m.secret_key.replace("sk_", "ｓｋ_"),
    "hash of the key": lambda m: f"Bearer {getattr(parse_secret_key(m.secret_key), 'sha256', '')}",
    "key prefix of the table": lambda m: f"Bearer sk_test_{m.id}#KEY",
    "basic, wrong user": lambda m: basic("admin", m.secret_key),
}
ABSENT: dict[str, Callable[[Merchant], str]] = {
    "nothing": lambda m: "",
    "bearer alone": lambda m: "Bearer",
    "bearer and space": lambda m: "Bearer  ",
    "no scheme": lambda m: m.secret_key,
    "another scheme": lambda m: f"Digest {m.secret_key}",
    "basic, no base64": lambda m: f"Basic {m.secret_key}",
    "basic, empty user": lambda m: basic("", m.secret_key),
    "basic, not ASCII": lambda m: f"Basic {b64encode('é:'.encode()).decode()}",
}


@pytest.mark.parametrize("name", BENT)
def test_a_bent_key_is_invalid(world: World, a: Merchant, name: str) -> None:
    with world.untouched():
        reply = Api(world, BENT[name](a)).get("/v1/products")
        check_refusal(reply, 401, "api_key_invalid", None)
    assert a.secret_key not in reply.text


@pytest.mark.parametrize("name", ABSENT)
def test_a_header_without_a_key_is_missing_one(world: World, a: Merchant, name: str) -> None:
    with world.untouched():
        check_refusal(Api(world, ABSENT[name](a)).get("/v1/products"), 401, "api_key_missing", None)


@pytest.mark.parametrize(
    "shown",
    [
        lambda key: f"Bearer {key}",
        lambda key: f"bearer {key}",
        lambda key: f"BEARER   {key} ",
        lambda key: basic(key),
        lambda key: basic(key, "ignored"),
        lambda key: basic(key).replace("Basic", "basic"),
    ],
)
def test_bearer_and_basic_both_open(world: World, a: Merchant, shown: Callable[[str], str]) -> None:
    assert Api(world, shown(a.secret_key)).get("/v1/products").status == 200


@pytest.mark.parametrize("name", ["authorization", "AUTHORIZATION", "Authorization"])
def test_the_headers_name_has_any_case(world: World, a: Merchant, name: str) -> None:
    reply = world.event("GET", "/v1/products", headers={name: f"Bearer {a.secret_key}"})
    assert reply.status == 200


@pytest.mark.parametrize("name", ["key", "api_key", "access_token", "Authorization"])
def test_a_key_in_the_query_opens_nothing(world: World, a: Merchant, name: str) -> None:
    with world.untouched():
        reply = world.public.get(f"/v1/products?{name}={a.secret_key}")
        check_refusal(reply, 401, "api_key_missing", None)
    assert a.secret_key not in reply.text


@pytest.mark.parametrize("name", ["X-Api-Key", "Cookie", "Stripe-Account", "X-Merchant"])
def test_no_other_header_says_who_asks(world: World, a: Merchant, b: Merchant, name: str) -> None:
    assert world.public.send("GET", "/v1/products", b"", {name: a.secret_key}).status == 401
    mine = b.api.post("/v1/products", {"name": "B's"}).ok()["id"]
    reply = a.api.send("GET", f"/v1/products/{mine}", b"", {name: b.secret_key})
    assert reply.status == 404


def test_a_key_that_is_gone_is_refused_after_ten_seconds_at_the_latest(world: World) -> None:
    merchant = world.merchant()
    assert merchant.api.get("/v1/products").status == 200
    presented = parse_secret_key(merchant.secret_key)
    assert presented is not None
    world.dynamodb.delete_item(
        TableName=world.app.settings.table,
        Key={"pk": {"S": f"M#{merchant.id}"}, "sk": {"S": f"KEY#{presented.sha256}"}},
    )
    with time_machine.travel(world.app.clock() / 1000 + 11):
        check_refusal(merchant.api.get("/v1/products"), 401, "api_key_invalid", None)


# --- another merchant's things ----------------------------------------------------------------


@pytest.fixture(scope="module")
def bs(world: World, b: Merchant) -> Json:
    """The ids of one thing of each kind that B has."""
    price = b.api.post(
        "/v1/prices",
        {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": "Kopi B"}},
    ).ok()
    link = b.api.post("/v1/payment_links", {"line_items": [{"price": price["id"]}]}).ok()
    paid = world.paid(b)
    wanted = {"checkout_session": paid["id"], "amount": 5000}
    refund = b.api.post("/v1/refunds", wanted, "bs").ok()
    return {
        "prod": price["product"],
        "price": price["id"],
        "plink": link["id"],
        "cs": paid["id"],
        "pi": paid["payment_intent"],
        "re": refund["id"],
    }


READS = [
    ("prod", "/v1/products/{}"),
    ("price", "/v1/prices/{}"),
    ("plink", "/v1/payment_links/{}"),
    ("plink", "/v1/payment_links/{}/line_items"),
    ("cs", "/v1/checkout/sessions/{}"),
    ("cs", "/v1/checkout/sessions/{}/line_items"),
    ("re", "/v1/refunds/{}"),
]
CREATES = [
    ("prod", "/v1/prices", lambda id: {"currency": "IDR", "unit_amount": 20000, "product": id}),
    ("price", "/v1/payment_links", lambda id: {"line_items": [{"price": id}]}),
    ("price", "/v1/checkout/sessions", lambda id: {"line_items": [{"price": id}]}),
    ("plink", "/v1/checkout/sessions", lambda id: {"payment_link": id}),
    ("prod", "/v1/checkout/sessions", lambda id: {
        "line_items": [{"price_data": {"currency": "IDR", "unit_amount": 500, "product": id}}]}),
    ("cs", "/v1/refunds", lambda id: {"checkout_session": id, "amount": 5000}),
    ("pi", "/v1/refunds", lambda id: {"payment_intent": id, "amount": 5000}),
    ("cs", "/v1/refunds", lambda id: {"checkout_session": id, "full": True}),
]  # fmt: skip


def without(reply: Reply, id: str) -> str:
    """The body but for what must differ: the request's id and the thing's."""
    return reply.text.replace(reply.error["request_id"], "REQUEST").replace(id, "ID")


def check_same_404(theirs: Reply, nobodys: Reply, id: str, unknown: str) -> None:
    """Another's thing and no thing cannot be told apart."""
    for reply in (theirs, nobodys):
        assert (reply.status, reply.error["code"]) == (404, "resource_missing")
        assert reply.error["user_message"]
    assert without(theirs, id) == without(nobodys, unknown)
    assert theirs.headers.keys() == nobodys.headers.keys()


@pytest.mark.parametrize(("kind", "path"), READS)
def test_another_merchants_thing_is_not_there(
    world: World, a: Merchant, bs: Json, kind: str, path: str
) -> None:
    unknown = f"{kind}_{ULID}"
    with world.untouched():
        theirs, nobodys = a.api.get(path.format(bs[kind])), a.api.get(path.format(unknown))
    check_same_404(theirs, nobodys, bs[kind], unknown)


@pytest.mark.parametrize(("kind", "path", "body"), CREATES)
def test_nothing_is_made_of_another_merchants_thing(
    world: World, a: Merchant, bs: Json, kind: str, path: str, body: Callable[[str], Json]
) -> None:
    unknown = f"{kind}_{ULID}"
    with world.untouched():
        theirs, nobodys = (a.api.post(path, body(id), "mine") for id in (bs[kind], unknown))
    check_same_404(theirs, nobodys, bs[kind], unknown)


BENT_IDS = [
    "cs_",
    "cs_1",
    "x",
    "{",
    "cs_%00",
    "cs_" + "A" * 26,
    "é",
    "M#acct",
    "a" * 90,
    "a" * 3000,
]


@pytest.mark.parametrize(("kind", "path"), READS)
def test_an_id_that_cannot_be_one_is_404(world: World, a: Merchant, kind: str, path: str) -> None:
    with world.untouched():
        for bent in BENT_IDS:
            reply = a.api.get(path.format(bent))
            check_refusal(reply, 404, "resource_missing", None)
            assert len(reply.error["message"]) < 200


def test_the_others_lists_hold_none_of_mine(world: World, b: Merchant, bs: Json) -> None:
    stranger = world.merchant()
    for path in ("products", "prices", "payment_links", "checkout/sessions", "refunds"):
        assert b.api.get(f"/v1/{path}").ok()["data"]
        assert stranger.api.get(f"/v1/{path}").ok()["data"] == []


def test_a_cursor_of_another_merchant_shows_only_ones_own(world: World, bs: Json) -> None:
    mine = world.merchant()
    own = mine.api.post("/v1/products", {"name": "mine"}).ok()["id"]
    newer = mine.api.get(f"/v1/products?ending_before={bs['prod']}").ok()["data"]
    older = mine.api.get(f"/v1/products?starting_after={bs['prod']}").ok()["data"]
    assert [each["id"] for each in newer + older] == [own]


def test_one_idempotency_key_of_two_merchants_is_two_keys(
    world: World, a: Merchant, b: Merchant
) -> None:
    made = [m.api.post("/v1/checkout/sessions", session_of(), "same").ok() for m in (a, b)]
    assert made[0]["id"] != made[1]["id"]


def test_live_and_test_mode_never_meet(world: World, a: Merchant) -> None:
    live = world.merchant(livemode=True, connected=False)
    assert live.secret_key.startswith("sk_live_")
    product = live.api.post("/v1/products", {"name": "live"}).ok()
    assert product["livemode"] is True
    assert a.api.get(f"/v1/products/{product['id']}").status == 404


def test_a_merchant_without_a_wooshpay_key_is_told_to_come_back(world: World) -> None:
    lonely = world.merchant(connected=False)
    world.forget()
    reply = lonely.api.post("/v1/checkout/sessions", session_of())
    assert (reply.status, reply.error["code"]) == (503, "psp_unavailable")
    assert reply.headers["retry-after"] == "5"
    assert world.asked() == []


def test_an_id_that_dynamodb_could_not_hold_is_never_asked_for(world: World, a: Merchant) -> None:
    """A key beyond 2,048 bytes is a ValidationException there, which would be told as 503."""
    longest: list[int] = []

    def measure(params: Json, **_: object) -> None:
        keys = [params["Key"]] if "Key" in params else []
        keys += [key for each in params.get("RequestItems", {}).values() for key in each["Keys"]]
        longest.extend(len(key["pk"]["S"].encode()) for key in keys)

    world.dynamodb.meta.events.register("before-parameter-build.dynamodb", measure)
    try:
        a.api.get("/v1/products")
        for path in [path for _, path in READS] + ["/l/{}", "/s/{}"]:
            assert a.api.get(path.format("a" * 5000)).status == 404
    finally:
        world.dynamodb.meta.events.unregister("before-parameter-build.dynamodb", measure)
    assert [length for length in longest if length > 2048] == []
