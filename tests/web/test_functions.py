"""The functions that serve a part of the API by themselves: the provider's door, and refunds."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.domain.ids import ulid_of
from chalicelib.jobs.refund import refund
from chalicelib.jobs.webhook import webhook
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.ports import Due
from tests.web.samples import Json
from tests.web.world import Merchant, World

SUCCEEDED = "payment_intent.succeeded"
WANTED = {"amount": 5000, "reason": "requested_by_customer"}


def url_event(path: str, body: bytes = b"", method: str = "POST", **headers: str) -> Json:
    """What a Function URL hands over, payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json", **headers},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "203.0.113.7"},
            "requestId": "1",
        },
        "body": body.decode("latin-1"),
        "isBase64Encoded": False,
    }


def sent(world: World, merchant: Merchant, session: Json) -> tuple[bytes, str]:
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    return world.delivery(session["psp"]["payment_intent"], SUCCEEDED)


# --- the provider's door ------------------------------------------------------------------------


@pytest.mark.parametrize("encoded", [False, True])
def test_a_delivery_by_the_function_url_is_applied_once(
    world: World, a: Merchant, encoded: bool
) -> None:
    session = world.unpaid(a)
    body, signature = sent(world, a, session)
    event = url_event(a.door, body, **{"wooshpay-signature": signature})
    if encoded:
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    for outcome in ("applied", "duplicate"):
        answer = webhook(event, None)
        assert (answer["statusCode"], json.loads(answer["body"])) == (
            200,
            {"received": True, "outcome": outcome},
        )
    assert world.read(a, session)["payment_status"] == "paid"


def test_two_signatures_that_the_function_url_has_joined_prove_nothing(
    world: World, a: Merchant
) -> None:
    body, signature = sent(world, a, world.unpaid(a))
    event = url_event(a.door, body, **{"wooshpay-signature": f"{signature},{signature}"})
    with world.untouched():
        assert code_of(webhook(event, None)) == (400, "signature_invalid")


@pytest.mark.parametrize(
    ("path", "method", "refused"),
    [
        ("/l/kopi", "GET", (404, "not_found")),
        ("/webhooks/wooshpay", "POST", (404, "not_found")),
        ("/webhooks/wooshpay/acct_1/more", "POST", (404, "not_found")),
        ("/webhooks/wooshpay/acct_1", "GET", (405, "method_not_allowed_error")),
        ("/webhooks/wooshpay/acct_1", "POST", (400, "signature_invalid")),
    ],
)
def test_the_door_opens_for_nothing_else(
    world: World, path: str, method: str, refused: tuple[int, str]
) -> None:
    with world.untouched():
        answer = webhook(url_event(path, b"{}", method), None)
        assert code_of(answer) == refused
        assert answer["headers"]["Content-Type"] == "application/json"


def code_of(answer: Json) -> tuple[int, str]:
    return answer["statusCode"], json.loads(answer["body"])["error"]["code"]


# --- refunds, passed on by the API --------------------------------------------------------------


class Elsewhere:
    """The function that makes refunds, in this process: what went to it, and whether it answers."""

    def __init__(self) -> None:
        self.asked: list[Json] = []
        self.handed: list[Due] = []
        self.down = False

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(json.loads(json.dumps(event, default=bytes.decode)))
        answer = refund(self.asked[-1], None)
        if self.down:
            raise StoreUnavailable("Unhandled")
        return answer

    def resume(self, refunds: Sequence[Due]) -> None:
        self.handed += refunds


@pytest.fixture
def elsewhere(world: World) -> Iterator[Elsewhere]:
    with refunds_by(world, Elsewhere()) as function:
        yield function


@contextmanager
def refunds_by(world: World, function: Elsewhere) -> Iterator[Elsewhere]:
    object.__setattr__(world.app, "refund_function", function)
    yield function
    object.__setattr__(world.app, "refund_function", None)


def asked(session: Json, **more: Any) -> Json:
    return {"payment_intent": session["payment_intent"], **WANTED, **more}


def test_a_refund_is_made_by_the_other_function_and_answered_as_it_answers(
    world: World, a: Merchant, elsewhere: Elsewhere
) -> None:
    session = world.paid(a)
    made = a.api.post("/v1/refunds", asked(session), "r-1")
    assert (made.status, made.json["amount"], made.json["status"]) == (200, 5000, "succeeded")
    assert made.headers["content-type"] == "application/json"
    again = a.api.post("/v1/refunds", asked(session), "r-1")
    assert (again.json, again.headers["idempotency-replayed"]) == (made.json, "true")
    refused = a.api.post("/v1/refunds", asked(session), "r-2")
    assert (refused.status, refused.error["code"]) == (409, "refund_multiple_not_supported")
    assert [each["requestContext"]["resourcePath"] for each in elsewhere.asked] == [
        "/v1/refunds"
    ] * 3
    read = a.api.get(f"/v1/refunds/{made.json['id']}").ok()
    assert (read, len(elsewhere.asked)) == (made.json, 3)  # reading goes nowhere


def test_who_asks_is_found_out_by_the_function_that_makes_refunds(
    world: World, a: Merchant, elsewhere: Elsewhere
) -> None:
    session = world.paid(a)
    with world.untouched():
        reply = world.public.post("/v1/refunds", asked(session), "r-1")
    assert (reply.status, reply.error["code"], len(elsewhere.asked)) == (401, "api_key_missing", 1)


def test_a_refund_of_which_nothing_was_heard_is_asked_for_again_under_its_key(
    world: World, a: Merchant, elsewhere: Elsewhere
) -> None:
    session = world.paid(a)
    elsewhere.down = True
    reply = a.api.post("/v1/refunds", asked(session), "r-1")
    assert (reply.status, reply.error["code"]) == (503, "not_ready_yet")
    assert reply.headers["retry-after"].isdigit()
    elsewhere.down = False
    again = a.api.post("/v1/refunds", asked(session), "r-1")
    assert (again.status, again.json["amount"]) == (200, 5000)
    assert world.read(a, session)["amount_refunded"] == 5000


# --- refunds, asked for by automations ----------------------------------------------------------


def automated(a: Merchant, session: Json, /, **changes: Any) -> Json:
    return {
        "merchant": a.id,
        "livemode": False,
        "idempotency_key": "night-1",
        "actor": "ledger-bot",
        **asked(session),
        **changes,
    }


def test_an_automation_gets_the_refund_once_and_the_refusal_of_a_second(
    world: World, a: Merchant
) -> None:
    session = world.paid(a)
    made = refund(automated(a, session), None)
    assert (made["object"], made["amount"], made["status"]) == ("refund", 5000, "succeeded")
    assert made == a.api.get(f"/v1/refunds/{made['id']}").ok()
    with world.untouched():
        assert refund(automated(a, session), None) == made
        other = refund(automated(a, session, amount=6000), None)
        second = refund(automated(a, session, idempotency_key="night-2"), None)
    assert other["error"]["code"] == "idempotency_key_reused"
    assert second["error"]["code"] == "refund_multiple_not_supported"
    ulid = str(ulid_of(session["payment_intent"], "pi"))
    entry = world.item(f"M#{a.id}#test#PAY#{ulid}", "LG#000000000002")
    assert (entry["entry"], entry["actor"]) == ({"S": "refund.reserved"}, {"S": "ledger-bot"})


def test_a_refusal_is_remembered_under_the_key(world: World, a: Merchant) -> None:
    session = world.paid(a)
    world.control("/switches", refunds_enabled=False)
    try:
        first = refund(automated(a, session), None)
    finally:
        world.control("/switches", refunds_enabled=True)
    assert first["error"]["code"] == "psp_rejected"
    with world.untouched():
        assert refund(automated(a, session), None) == first


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"merchant": "acct_nonsense"}, "resource_missing", "merchant"),
        ({"merchant": "acct_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "resource_missing", "merchant"),
        ({"livemode": "no"}, "parameter_invalid", "livemode"),
        ({"idempotency_key": None}, "parameter_invalid", "idempotency_key"),
        ({"idempotency_key": "with space"}, "parameter_invalid", "Idempotency-Key"),
        ({"actor": "\n"}, "parameter_invalid", "actor"),
        ({"amount": 5000.5}, "amount_not_integer", "amount"),
        ({"everything": True}, "parameter_unknown", "everything"),
        ({"payment_intent": "pi_01ARZ3NDEKTSV4RRFFQ69G5FAV"}, "resource_missing", None),
    ],
)
def test_an_automations_mistake_is_told_by_name_and_writes_nothing(
    world: World, a: Merchant, changes: Json, code: str, param: str | None
) -> None:
    session = world.paid(a)
    with world.untouched():
        told = refund(automated(a, session, **changes), None)
    assert (told["error"]["code"], told["error"]["param"]) == (code, param)


# --- refunds, handed over by the sweep ----------------------------------------------------------


def test_a_refund_that_was_handed_over_is_gone_on_with(world: World, a: Merchant) -> None:
    session = world.paid(a)
    world.control("/faults", kind="error_after", status=500, path_prefix="/v1/refunds")
    made = a.api.post("/v1/refunds", asked(session), "r-1")
    assert made.status == 202
    handed = {"merchant": a.id, "livemode": False, "refund": made.json["id"]}
    assert refund({"resume": [handed]}, None) == {"refund": 1}
