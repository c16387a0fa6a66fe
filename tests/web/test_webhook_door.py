"""The door: bytes and a signature in, an effect exactly once, and nothing for anyone else."""

import base64
import json
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.web.samples import Json, signed
from tests.web.test_bad_input import check_refusal
from tests.web.world import Merchant, Reply, World

SUCCEEDED = "payment_intent.succeeded"
ROUTE = "/webhooks/wooshpay/{merchant}"


@pytest.fixture
def unpaid(world: World, a: Merchant) -> Json:
    return world.unpaid(a)


@pytest.fixture(scope="module")
def one(world: World, a: Merchant) -> tuple[Json, bytes]:
    """A session that stays unpaid, and an event about it that nobody has signed yet."""
    session = world.unpaid(a)
    return session, world.event_about(session, SUCCEEDED)


def stored(world: World, merchant: Merchant, session: Json) -> Json:
    """The payment as DynamoDB holds it."""
    ulid = session["id"].removeprefix("cs_")
    return world.item(f"M#{merchant.id}#test#PAY#{ulid}", "PAY")


def check_shut(reply: Reply) -> None:
    """Not authentic: 400 with the door's own code."""
    assert (reply.status, reply.error["code"]) == (400, "signature_invalid"), reply.text


# --- what the provider itself sends ---------------------------------------------------------


def test_the_sandboxs_own_delivery_writes_paid_into_dynamodb(
    world: World, a: Merchant, unpaid: Json
) -> None:
    assert stored(world, a, unpaid)["payment_status"] == {"S": "unpaid"}
    world.control(f"/payment_intents/{unpaid['psp']['payment_intent']}/approve")
    reply = world.deliver(a, unpaid, SUCCEEDED)
    assert reply.ok() == {"received": True, "outcome": "applied"}
    assert stored(world, a, unpaid)["payment_status"] == {"S": "paid"}
    after = world.read(a, unpaid)
    assert (after["payment_status"], after["status"]) == ("paid", "complete")
    assert (after["amount_refundable"], after["payment_method_type"]) == (20000, "dana")
    assert after["paid_at"] >= after["created"]


def test_a_duplicate_is_200_and_changes_nothing(world: World, a: Merchant, unpaid: Json) -> None:
    world.control(f"/payment_intents/{unpaid['psp']['payment_intent']}/approve")
    assert world.deliver(a, unpaid, SUCCEEDED).ok()["outcome"] == "applied"
    with world.untouched():
        for _ in range(3):
            assert world.deliver(a, unpaid, SUCCEEDED).ok()["outcome"] == "duplicate"


def test_a_late_failure_changes_nothing_but_is_kept(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    before = stored(world, a, paid)
    body = world.event_about(
        paid, "payment_intent.payment_failed", status="requires_payment_method"
    )
    assert world.knock(a, body, signed(a.webhook_secret, body)).ok()["outcome"] == "ignored"
    assert stored(world, a, paid) == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": 19999, "amount_received": 19999}, "amount_mismatch"),
        ({"amount_received": 19999}, "amount_mismatch"),
        ({"amount_received": 20001}, "amount_mismatch"),
        ({"amount_received": 0}, "amount_mismatch"),
        ({"currency": "JPY"}, "currency_mismatch"),
    ],
)
def test_another_amount_or_currency_goes_to_review_and_is_never_paid(
    world: World, a: Merchant, unpaid: Json, changes: Json, reason: str
) -> None:
    body = world.event_about(unpaid, SUCCEEDED, **changes)
    assert world.knock(a, body, signed(a.webhook_secret, body)).ok()["outcome"] == "applied"
    after = world.read(a, unpaid)
    assert after["payment_status"] != "paid"
    assert after["review"]["reason"] == reason
    assert after["review"]["expected"]["amount"] == 20000
    refund = a.api.post("/v1/refunds", {"checkout_session": unpaid["id"], "amount": 1}, "review")
    check_refusal(refund, 409, "session_not_paid", None)


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event.update(livemode=True),
        lambda event: event["data"]["object"].update(livemode=True),
        lambda event: event["data"]["object"].update(id="pi_of_somebody_else"),
        lambda event: event["data"]["object"].update(status="requires_action"),
        lambda event: event["data"]["object"].update(status="frozen"),
        lambda event: event["data"]["object"].update(amount="20000"),
        lambda event: event["data"]["object"].update(amount_received=20000.5),
        lambda event: event.update(type="charge.dispute.created"),
    ],
    ids=["live event", "live intent", "other intent", "not succeeded", "unknown status",
         "text amount", "broken amount", "other type"],
)  # fmt: skip
def test_an_authentic_event_that_does_not_fit_pays_nothing(
    world: World, a: Merchant, unpaid: Json, change: Callable[[Json], None]
) -> None:
    event = json.loads(world.event_about(unpaid, SUCCEEDED))
    change(event)
    body = json.dumps(event).encode()
    before = stored(world, a, unpaid)
    assert world.knock(a, body, signed(a.webhook_secret, body)).status in (200, 400)
    assert stored(world, a, unpaid) == before


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"hello", b'{"id":"evt_1","id":"evt_2"}', b'{"a":' * 90 + b"1",
     b'{"id":"evt_1","type":"x","created":NaN,"livemode":false,"data":{"object":{}}}',
     b'{"id":"evt_#1","type":"x","created":1,"livemode":false,"data":{"object":{}}}',
     b'{"id":"evt_1","type":"\\ud800","created":1,"livemode":false,"data":{"object":{}}}'],
)  # fmt: skip
def test_authentic_bytes_that_are_no_event_are_400(world: World, a: Merchant, body: bytes) -> None:
    with world.untouched():
        reply = world.knock(a, body, signed(a.webhook_secret, body))
        assert (reply.status, reply.error["code"]) == (400, "parameter_invalid")


def test_an_event_about_a_payment_that_nobody_knows_is_kept_and_changes_nothing_else(
    world: World, a: Merchant
) -> None:
    body = world.event_about(world.unpaid(a), SUCCEEDED, id="pi_unknown", metadata={})
    before = world.dump()
    world.forget()
    reply = world.knock(a, body, signed(a.webhook_secret, body))
    assert reply.ok() == {"received": True, "outcome": "deferred"}
    assert world.asked() == []
    (item,) = [json.loads(item) for item in set(world.dump()) - set(before)]
    assert len(world.dump()) == len(before) + 1
    assert (item["kind"], item["status"], item["why"]) == (
        "psp_event", "deferred", "unknown_payment",
    )  # fmt: skip
    assert item["due_at"] == item["at"] + 30_000


# --- signatures -------------------------------------------------------------------------------


def now() -> int:
    return int(time.time())


def hex_of(secret: str, body: bytes, at: int) -> str:
    return signed(secret, body, at).rpartition("v1=")[2]


HEADERS: dict[str, Callable[[str, bytes], str | None]] = {
    "none": lambda s, b: None,
    "empty": lambda s, b: "",
    "rubbish": lambda s, b: "rubbish",
    "of another body": lambda s, b: signed(s, b + b" "),
    "of another secret": lambda s, b: signed("whsec_" + "x" * 32, b),
    "of the empty secret": lambda s, b: signed("", b),
    "from the future": lambda s, b: signed(s, b, now() + 120),
    "another time than signed": lambda s, b: f"t={now()},v1={hex_of(s, b, now() - 5)}",
    "without a time": lambda s, b: f"v1={hex_of(s, b, now())}",
    "without a signature": lambda s, b: f"t={now()}",
    "two times": lambda s, b: f"t={now()},t={now()},v1={hex_of(s, b, now())}",
    "v0 only": lambda s, b: signed(s, b).replace("v1=", "v0="),
    "six signatures": lambda s, b: f"t={now()}" + f",v1={hex_of(s, b, now())}" * 6,
    "100 signatures": lambda s, b: f"t={now()}" + ",v1=" * 100,
    "cut short": lambda s, b: signed(s, b)[:-1],
    "one too long": lambda s, b: signed(s, b) + "0",
    "upper case": lambda s, b: signed(s, b).replace("t=", "T="),
    "not ASCII": lambda s, b: f"t={now()},v1=é{hex_of(s, b, now())[1:]}",
    "only letters that are not ASCII": lambda s, b: f"t={now()},v1={'é' * 64}",
    "lone surrogate": lambda s, b: f"t={now()},v1=" + "\ud800" * 64,
    "time is not ASCII": lambda s, b: f"t=１２３,v1={hex_of(s, b, now())}",
    "negative time": lambda s, b: signed(s, b, -1),
    "time with a plus": lambda s, b: f"t=+{now()},v1={hex_of(s, b, now())}",
    "time of 5000 digits": lambda s, b: f"t={'1' * 5000},v1={hex_of(s, b, now())}",
    "time of 16 digits": lambda s, b: f"t={'9' * 16},v1={hex_of(s, b, now())}",
    "time in milliseconds, not signed so": lambda s, b: f"t={now()}000,v1={hex_of(s, b, now())}",
    "spaces for commas": lambda s, b: signed(s, b).replace(",", " "),
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_signature_that_proves_nothing_is_400(
    world: World, a: Merchant, one: tuple[Json, bytes], name: str
) -> None:
    with world.untouched():
        check_shut(world.knock(a, one[1], HEADERS[name](a.webhook_secret, one[1])))


GOOD: dict[str, Callable[[str, bytes], str]] = {
    "as it is": signed,
    "two signatures, the second good": lambda s, b: signed(s, b).replace("v1", f"v1={'0' * 64},v1"),
    "spaces and other elements": lambda s, b: "v0=x, " + signed(s, b).replace(",", " , "),
    "a time in milliseconds": lambda s, b: signed(s, b, now() * 1000),
    "290 seconds old": lambda s, b: signed(s, b, now() - 290),
    "50 seconds ahead": lambda s, b: signed(s, b, now() + 50),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_signature_that_is_good(world: World, a: Merchant, unpaid: Json, name: str) -> None:
    body = world.event_about(unpaid, SUCCEEDED)
    assert world.knock(a, body, GOOD[name](a.webhook_secret, body)).ok()["outcome"] == "applied"


def test_a_body_changed_by_one_byte_is_400_wherever_the_byte_is(
    world: World, a: Merchant, one: tuple[Json, bytes]
) -> None:
    body, signature = one[1], signed(a.webhook_secret, one[1])
    with world.untouched():
        for at in range(0, len(body), 23):
            bent = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            check_shut(world.knock(a, bent, signature))
        for bent in (body + b"\n", b" " + body, body[:-1], body.replace(b": ", b":")):
            check_shut(world.knock(a, bent, signature))


@pytest.mark.parametrize(
    "dress",
    [
        lambda event: json.dumps(event, indent=2).replace("\n", "\r\n").encode(),
        lambda event: json.dumps(dict(reversed(event.items())), separators=(",", ":")).encode(),
        lambda event: b"\n\t " + json.dumps(event).encode() + b"\r\n\r\n",
        lambda event: json.dumps({**event, "note": "é"}, ensure_ascii=True).encode(),
        lambda event: json.dumps({**event, "note": "é 漢字 🍎"}, ensure_ascii=False).encode(),
        lambda event: json.dumps({**event, "ratio": 1.10}).replace("1.1", "1.10").encode(),
    ],
    ids=["CRLF", "other order", "white space around", "escaped", "UTF-8", "1.10"],
)
@pytest.mark.parametrize("coded", [False, True], ids=["plain", "base64"])
def test_the_bytes_as_they_came_are_what_is_signed(
    world: World, a: Merchant, unpaid: Json, dress: Callable[[Json], bytes], coded: bool
) -> None:
    body = dress(json.loads(world.event_about(unpaid, SUCCEEDED)))
    text = base64.b64encode(body).decode() if coded else body.decode()
    reply = world.event(
        "POST",
        ROUTE,
        pathParameters={"merchant": a.id},
        headers={"wooshpay-signature": signed(a.webhook_secret, body)},
        body=text,
        isBase64Encoded=coded,
    )
    assert reply.ok()["outcome"] == "applied"


def raw(world: World, merchant: Merchant, body: object, **changes: object) -> Reply:
    """An event of API Gateway at the merchant's door."""
    path = {"merchant": merchant.id}
    return world.event("POST", ROUTE, pathParameters=path, body=body, **changes)


@pytest.mark.parametrize("body", ["{", "abc", "é", "====", "a", "\ud800", "{}"])
def test_a_base64_flag_over_rubbish_is_400(world: World, a: Merchant, body: str) -> None:
    signature = {"wooshpay-signature": signed(a.webhook_secret, body.encode("utf-8", "replace"))}
    with world.untouched():
        assert raw(world, a, body, headers=signature, isBase64Encoded=True).status == 400


@pytest.mark.parametrize("coded", [True, False])
def test_a_null_body_is_400(world: World, a: Merchant, coded: bool) -> None:
    with world.untouched():
        check_shut(raw(world, a, None, isBase64Encoded=coded))
        assert raw(
            world, a, None, headers={"Wooshpay-Signature": signed(a.webhook_secret, b"")}
        ).status == 400  # fmt: skip


@pytest.mark.parametrize(
    "name", ["Wooshpay-Signature", "wooshpay-signature", "WOOSHPAY-SIGNATURE", "WooshPay-Signature"]
)
def test_the_signature_header_has_any_case(
    world: World, a: Merchant, unpaid: Json, name: str
) -> None:
    body = world.event_about(unpaid, SUCCEEDED)
    headers = {name: signed(a.webhook_secret, body)}
    assert raw(world, a, body.decode(), headers=headers).ok()["outcome"] == "applied"


@pytest.mark.parametrize("order", [1, -1])
def test_two_signature_headers_are_400_even_when_one_is_good(
    world: World, a: Merchant, one: tuple[Json, bytes], order: int
) -> None:
    good = signed(a.webhook_secret, one[1])
    both = [good, "t=1,v1=00"][::order]
    headers = {"Wooshpay-Signature": both[-1]}
    several = {"Wooshpay-Signature": both}
    with world.untouched():
        check_shut(raw(world, a, one[1].decode(), headers=headers, multiValueHeaders=several))


def test_two_signature_headers_in_two_cases_are_400(
    world: World, a: Merchant, one: tuple[Json, bytes]
) -> None:
    good = signed(a.webhook_secret, one[1])
    for first, second in pairwise(
        ["wooshpay-signature", "Wooshpay-Signature", "wooshpay-signature"]
    ):
        headers = {first: "t=1,v1=00", second: good}
        with world.untouched():
            check_shut(raw(world, a, one[1].decode(), headers=headers))
