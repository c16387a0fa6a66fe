"""The provider's door, knocked at by strangers: never a 2xx, never a 500, never a write."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.samples import Json, signed
from tests.web.test_bad_input import check_refusal
from tests.web.world import Merchant, World

SUCCEEDED = "payment_intent.succeeded"
ROUTE = "/webhooks/wooshpay/{merchant}"
LARGEST = 256 * 1024


@pytest.fixture(scope="module")
def one(world: World, a: Merchant) -> tuple[Json, bytes]:
    """A session that stays unpaid, and an event about it that nobody has signed yet."""
    session = world.unpaid(a)
    return session, world.event_about(session, SUCCEEDED)


@pytest.mark.parametrize(
    "type",
    ["application/json", "application/json; charset=utf-8", "text/plain", "", "no type at all",
     "application/x-www-form-urlencoded", "application/cloudevents+json", "image/png", None],
)  # fmt: skip
def test_any_content_type_is_taken(world: World, a: Merchant, type: str | None) -> None:
    body = world.event_about(world.unpaid(a), SUCCEEDED)
    headers = {"Wooshpay-Signature": signed(a.webhook_secret, body)}
    reply = world.event(
        "POST",
        ROUTE,
        pathParameters={"merchant": a.id},
        headers=headers if type is None else {**headers, "Content-Type": type},
        body=body.decode(),
    )
    assert reply.ok()["outcome"] == "applied"


@pytest.mark.parametrize("known", [True, False], ids=["signed", "not signed"])
def test_257_kilobytes_are_413_signed_or_not(world: World, a: Merchant, known: bool) -> None:
    body = b"{" + b" " * (LARGEST + 1023)
    signature = signed(a.webhook_secret, body) if known else None
    with world.untouched():
        check_refusal(world.knock(a, body, signature), 413, "body_too_large", None)


def test_256_kilobytes_are_read(world: World, a: Merchant) -> None:
    event = world.event_about(world.unpaid(a), SUCCEEDED)
    body = event + b" " * (LARGEST - len(event))
    assert world.knock(a, body, signed(a.webhook_secret, body)).ok()["outcome"] == "applied"


@pytest.mark.parametrize("secret", ["", "whsec_" + "x" * 32])
def test_a_merchant_without_a_secret_and_nobody_at_all_look_the_same(
    world: World, one: tuple[Json, bytes], secret: str
) -> None:
    lonely = world.merchant(connected=False)
    nobody = f"/webhooks/wooshpay/acct_{world.app.mint.ulid()}"
    headers = {"Wooshpay-Signature": signed(secret, one[1])}
    with world.untouched():
        replies = [world.public.send("POST", at, one[1], headers) for at in (lonely.door, nobody)]
        for reply in replies:
            check_refusal(reply, 503, "not_ready_yet", None)
    told = [reply.text.replace(reply.error["request_id"], "") for reply in replies]
    assert told[0] == told[1]


@pytest.mark.parametrize("kept", [[], [""], ["   "], ["changeme"], ["whsec_short"], ["x y " * 9]])
def test_a_secret_that_anybody_guesses_shuts_the_door(
    world: World, one: tuple[Json, bytes], kept: list[str]
) -> None:
    careless = world.merchant()
    world.app.secrets.keep_webhook_secrets(careless.tenant, kept)
    with world.untouched():
        for secret in [*kept, ""]:
            reply = world.knock(careless, one[1], signed(secret, one[1]))
            check_refusal(reply, 503, "not_ready_yet", None)


@pytest.mark.parametrize(
    "merchant", ["acct_1", "acct_", "x", "acct_%00", "..", "acct_01M85VEC#KEY", "é", "a" * 3000]
)
def test_an_address_that_cannot_be_a_merchants_is_shut(
    world: World, a: Merchant, one: tuple[Json, bytes], merchant: str
) -> None:
    headers = {"Wooshpay-Signature": signed(a.webhook_secret, one[1])}
    with world.untouched():
        reply = world.public.send("POST", f"/webhooks/wooshpay/{merchant}", one[1], headers)
        check_refusal(reply, 400, "signature_invalid", None)


def test_another_merchants_secret_does_not_open_my_door(
    world: World, a: Merchant, b: Merchant, one: tuple[Json, bytes]
) -> None:
    with world.untouched():
        reply = world.knock(a, one[1], signed(b.webhook_secret, one[1]))
        check_refusal(reply, 400, "signature_invalid", None)


def test_at_ones_own_door_one_pays_nothing_of_anothers(
    world: World, a: Merchant, b: Merchant, one: tuple[Json, bytes]
) -> None:
    before = world.dump()
    world.forget()
    reply = world.knock(b, one[1], signed(b.webhook_secret, one[1]))
    assert reply.ok()["outcome"] == "deferred"  # B knows of no such payment
    assert world.asked() == []
    (kept,) = set(world.dump()) - set(before)
    assert len(world.dump()) == len(before) + 1
    assert f"M#{b.id}#test#EVT#" in kept
    assert a.id not in kept
    assert world.read(a, one[0])["payment_status"] == "unpaid"


def test_while_a_secret_is_rotated_both_open(world: World) -> None:
    merchant = world.merchant()
    newer = "whsec_" + "n" * 32
    world.app.secrets.keep_webhook_secrets(merchant.tenant, [newer, merchant.webhook_secret])
    for secret in (newer, merchant.webhook_secret):
        body = world.event_about(world.unpaid(merchant), SUCCEEDED)
        assert world.knock(merchant, body, signed(secret, body)).ok()["outcome"] == "applied"
    world.app.secrets.keep_webhook_secrets(merchant.tenant, [newer])
    old = world.knock(merchant, body, signed(merchant.webhook_secret, body))
    check_refusal(old, 400, "signature_invalid", None)


@pytest.mark.parametrize(
    "name",
    ["X-Webhook-Secret", "X-Wooshpay-Secret", "X-Signature-Algorithm", "X-Skip-Verification",
     "X-Forwarded-For", "Authorization", "Stripe-Signature", "X-Debug"],
)  # fmt: skip
def test_no_header_brings_its_own_secret_or_opens_the_door(
    world: World, a: Merchant, one: tuple[Json, bytes], name: str
) -> None:
    own = "whsec_" + "x" * 32
    with world.untouched():
        for value in (own, "none", "true", signed(a.webhook_secret, one[1])):
            headers = {"Wooshpay-Signature": signed(own, one[1]), name: value}
            reply = world.public.send("POST", a.door, one[1], headers)
            check_refusal(reply, 400, "signature_invalid", None)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
def test_only_post_knocks(world: World, a: Merchant, one: tuple[Json, bytes], method: str) -> None:
    headers = {"Wooshpay-Signature": signed(a.webhook_secret, one[1])}
    with world.untouched():
        assert world.public.send(method, a.door, one[1], headers).status == 405


# --- fuzz -------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda parts: (
        st.lists(parts, max_size=4) | st.dictionaries(st.text(max_size=12), parts, max_size=4)
    ),
    max_leaves=12,
)
bodies = (
    st.none()
    | st.text(max_size=300)
    | st.binary(max_size=300).map(lambda raw: raw.decode("latin-1"))
    | json_values.map(json.dumps)
)
header_values = (
    st.none()
    | st.text(max_size=120)
    | st.builds(
        lambda t, v: f"t={t},v1={v}",
        st.integers() | st.text(max_size=12),
        st.text(alphabet="0123456789abcdefé,= v1t", max_size=80),
    )
)
other_headers = st.dictionaries(
    st.sampled_from(["content-type", "X-Forwarded-For", "Accept-Language", "Cookie", "Accept"]),
    st.text(max_size=30),
    max_size=3,
)
shapes: dict[str, Callable[[Json], Any]] = {
    "headers alone": lambda headers: None,
    "lists": lambda headers: {name: [value] for name, value in headers.items()},
    "empty lists": lambda headers: dict.fromkeys(headers, ()),
    "no lists": lambda headers: {},
}


@settings(
    max_examples=2_000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def knock_at_random(world: World, door: str, event: bytes, data: st.DataObject) -> None:
    """One stranger: a random or mutated body, random headers, whoever's address."""
    body = data.draw(bodies | st.just(event.decode()))
    if isinstance(body, str) and body and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(body) - 1))
        body = body[:at] + data.draw(st.text(max_size=4)) + body[at + 1 :]
    headers = dict(data.draw(other_headers))
    signature = data.draw(header_values)
    if signature is not None:
        headers[data.draw(st.sampled_from(["Wooshpay-Signature", "WOOSHPAY-SIGNATURE"]))] = (
            signature
        )
    reply = world.event(
        "POST",
        ROUTE,
        pathParameters={"merchant": data.draw(st.just(door) | st.text(max_size=40))},
        headers=headers,
        multiValueHeaders=shapes[data.draw(st.sampled_from(sorted(shapes)))](headers),
        body=body,
        isBase64Encoded=data.draw(st.booleans()),
    )
    assert reply.status in (400, 413), reply.text
    assert reply.error["request_id"] == reply.headers["request-id"]
    assert "Traceback" not in reply.text


def test_2000_strangers_get_400_and_leave_no_trace(
    world: World, a: Merchant, one: tuple[Json, bytes]
) -> None:
    with world.untouched():
        knock_at_random(world, a.id, one[1])


@settings(max_examples=150, deadline=None, database=None)
@given(value=json_values, place=st.sampled_from(["top", "data", "object", "metadata", "id"]))
def deliver_at_random(
    world: World, merchant: Merchant, event: Json, value: Any, place: str
) -> None:
    """An authentic event with one part replaced by anything."""
    bent = json.loads(json.dumps(event))
    if place == "top":
        bent = value
    elif place == "data":
        bent["data"] = value
    elif place == "object":
        bent["data"]["object"] = value
    elif place == "metadata":
        bent["data"]["object"] |= {"metadata": value, "id": "pi_unknown"}
    else:
        bent["data"]["object"] |= {"amount": value, "amount_received": value}
    body = json.dumps(bent).encode()
    reply = world.knock(merchant, body, signed(merchant.webhook_secret, body))
    assert reply.status in (200, 400, 503), reply.text


def test_authentic_events_with_anything_inside_are_never_a_500_and_pay_nothing(
    world: World, a: Merchant
) -> None:
    session = world.unpaid(a)
    deliver_at_random(world, a, json.loads(world.event_about(session, SUCCEEDED)))
    assert world.read(a, session)["payment_status"] == "unpaid"
