"""What WooshPay's client makes of answers to its questions: a fact, a no, or no answer at all."""

import base64
from typing import Any

import httpx
import pytest
import respx

from chalicelib.adapters.wooshpay.http import NoAnswer, asked, http_client
from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Millis, PaymentId, RefundId
from chalicelib.domain.psp_facts import (
    IntentFact,
    IntentStatus,
    RefundFact,
    RefundFactStatus,
)
from tests.adapters.scripted import BASE, BROKEN, KEY, psp, sent
from tests.builders import rupiah, ulid

INTENT: dict[str, Any] = {
    "id": "pi_1", "status": "succeeded", "amount": 20_000, "amount_received": 20_000,
    "amount_refunded": 5_000, "currency": "IDR", "livemode": False,
    "metadata": {"tautan_payment": f"cs_{ulid()}"}, "payment_method_types": ["dana"],
}  # fmt: skip
REFUND: dict[str, Any] = {
    "id": "re_9", "status": "succeeded", "amount": 5_000, "currency": "IDR",
    "payment_intent": "pi_1",
    "metadata": {"tautan_payment": f"cs_{ulid()}", "tautan_refund": f"re_{ulid()}"},
}  # fmt: skip
FACT = IntentFact(
    intent="pi_1",
    status=IntentStatus.SUCCEEDED,
    amount=rupiah(20_000),
    received=rupiah(20_000),
    livemode=False,
    refunded=rupiah(5_000),
    method="dana",
    payment=PaymentId(ulid()),
)
FOUND = RefundFact(
    psp_refund="re_9",
    intent="pi_1",
    status=RefundFactStatus.SUCCEEDED,
    amount=rupiah(5_000),
    payment=PaymentId(ulid()),
    refund=RefundId(f"re_{ulid()}"),
)
EVER = (Millis(1), Millis(9))
ASKED: dict[str, tuple[str, Any]] = {
    "intent": (r"/v1/payment_intents/pi_1", lambda: psp().intent("pi_1")),
    "refund": (r"/v1/refunds/re_9", lambda: psp().find_refund("re_9")),
    "intents": (r"/v1/payment_intents\?.*", lambda: list(psp().intents(*EVER))),
}
QUESTIONS = pytest.mark.parametrize(("path", "ask"), ASKED.values(), ids=ASKED.keys())


def test_an_intent_is_asked_for_and_becomes_a_fact(api: respx.MockRouter) -> None:
    api.get("/v1/payment_intents/pi_1").respond(200, json=INTENT)
    assert psp().intent("pi_1") == FACT
    request = sent(api)
    basic = base64.b64encode(f"{KEY}:".encode()).decode()
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert request.headers["Accept"] == "application/json"
    assert "Idempotency-Key" not in request.headers
    assert request.content == b""


def test_amounts_are_read_as_wooshpay_counts_them(api: respx.MockRouter) -> None:
    sen = {"amount": 2_000_000, "amount_received": 2_000_000, "amount_refunded": 500_000}
    api.get("/v1/payment_intents/pi_1").respond(200, json=INTENT | sen)
    assert psp(IDR=2).intent("pi_1") == FACT


def test_a_refund_is_asked_for_and_becomes_a_fact(api: respx.MockRouter) -> None:
    api.get("/v1/refunds/re_9").respond(200, json=REFUND)
    assert psp().find_refund("re_9") == FOUND
    assert sent(api).method == "GET"


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("pi_1/capture", "pi_1%2Fcapture"), ("../refunds", "..%2Frefunds"), 
        ("pi?a=1", "pi%3Fa%3D1"),
        ("pi#x", "pi%23x"), ("pi 1", "pi%201"), ("é", "%C3%A9"), ("%2e", "%252e"),
    ],
)  # fmt: skip
def test_a_strange_name_stays_one_part_of_the_path(
    api: respx.MockRouter, id: str, path: str
) -> None:
    api.route().respond(404, json={"error": {"message": "none"}})
    for ask in (psp().intent, psp().find_refund):
        with pytest.raises(PspRejected):
            ask(id)
    assert [call.request.url.raw_path.decode().rpartition("/")[2] for call in api.calls] == [
        path, path,
    ]  # fmt: skip


# --- pages --------------------------------------------------------------------------------------


def page(*ids: str, more: object = False) -> dict[str, Any]:
    """A page of a list."""
    return {"object": "list", "data": [INTENT | {"id": id} for id in ids], "has_more": more}


def test_pages_are_read_one_after_the_other_and_only_when_they_are_wanted(
    api: respx.MockRouter,
) -> None:
    route = api.get("/v1/payment_intents")
    route.side_effect = [
        httpx.Response(200, json=page("pi_3", "pi_2", more=True)),
        httpx.Response(200, json=page("pi_1")),
    ]
    facts = psp().intents(Millis(1_000), Millis(2_000))
    assert [next(facts).intent, next(facts).intent] == ["pi_3", "pi_2"]
    assert len(api.calls) == 1
    assert [fact.intent for fact in facts] == ["pi_1"]
    queries = [dict(call.request.url.params) for call in api.calls]
    bounds = {"limit": "100", "created[gte]": "1000", "created[lt]": "2000"}
    assert queries == [bounds, bounds | {"starting_after": "pi_2"}]


@pytest.mark.parametrize(
    "answer",
    [page(), page(more=True), page("pi_1"), page("pi_1", more="true"), page("pi_1", more=1)],
)
def test_a_list_ends_where_it_does_not_say_that_there_is_more(
    api: respx.MockRouter, answer: dict[str, Any]
) -> None:
    api.get("/v1/payment_intents").respond(200, json=answer)
    assert len(list(psp().intents(*EVER))) == len(answer["data"])
    assert len(api.calls) == 1


@pytest.mark.parametrize("data", [None, "x", {}, 5, [5], [None], [[]], [INTENT | {"amount": "1"}]])
def test_a_list_that_makes_no_sense_is_no_list(api: respx.MockRouter, data: object) -> None:
    api.get("/v1/payment_intents").respond(200, json={"data": data, "has_more": False})
    with pytest.raises(PspUnavailable, match="makes no sense"):
        list(psp().intents(*EVER))


def test_a_list_that_breaks_off_is_not_taken_for_a_whole_one(api: respx.MockRouter) -> None:
    api.get("/v1/payment_intents").side_effect = [
        httpx.Response(200, json=page("pi_2", more=True)),
        httpx.Response(500),
    ]
    facts = psp().intents(*EVER)
    assert next(facts).intent == "pi_2"
    with pytest.raises(PspUnavailable):
        next(facts)


# --- no fact ------------------------------------------------------------------------------------


@QUESTIONS
@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_without_an_answer_nothing_is_known(
    api: respx.MockRouter, path: str, ask: Any, error: Exception
) -> None:
    api.route(url__regex=f"^{BASE}{path}$").mock(side_effect=error)
    with pytest.raises(PspUnavailable, match="did not answer"):
        ask()
    assert len(api.calls) == 1


@QUESTIONS
@pytest.mark.parametrize("status", [400, 402, 404])
def test_a_no_is_a_no(api: respx.MockRouter, path: str, ask: Any, status: int) -> None:
    error = {"error": {"type": "invalid_request_error", "message": "No such thing"}}
    api.route(url__regex=f"^{BASE}{path}$").respond(status, json=error)
    with pytest.raises(PspRejected, match="No such thing") as refused:
        ask()
    assert refused.value.details == {"psp_status": status}


@QUESTIONS
@pytest.mark.parametrize("status", [301, 302, 401, 403, 409, 429, 500, 502, 503])
def test_anything_else_says_nothing_about_the_thing(
    api: respx.MockRouter, path: str, ask: Any, status: int
) -> None:
    elsewhere = {"Location": "https://elsewhere.example"}
    api.route(url__regex=f"^{BASE}{path}$").respond(status, json={}, headers=elsewhere)
    with pytest.raises(PspUnavailable) as refused:
        ask()
    assert refused.value.details == {"psp_status": status}
    assert len(api.calls) == 1


@QUESTIONS
@pytest.mark.parametrize(
    "text", ["", "[]", "null", "<html>", '{"id": 1, "id": 2}', '{"id":NaN}', "{" * 100_000]
)
def test_an_answer_that_is_no_object_is_no_answer(
    api: respx.MockRouter, path: str, ask: Any, text: str
) -> None:
    api.route(url__regex=f"^{BASE}{path}$").respond(200, text=text)
    with pytest.raises(PspUnavailable, match="makes no sense"):
        ask()


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"status": "unheard_of"}, {"status": None}, {"amount": "20000"},
        {"amount": 2.5}, {"amount": None}, {"currency": "XXX"}, {"amount_received": True},
        {"amount_refunded": -1}, {"amount_refunded": "5"}, {"metadata": 5}, {"livemode": "no"},
    ],
)  # fmt: skip
def test_an_intent_that_makes_no_sense_is_none(
    api: respx.MockRouter, changes: dict[str, object]
) -> None:
    api.get("/v1/payment_intents/pi_1").respond(200, json=INTENT | changes)
    with pytest.raises(PspUnavailable, match="makes no sense"):
        psp().intent("pi_1")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"status": "unheard_of"}, {"amount": "5000"}, {"amount": -1},
        {"currency": None}, {"metadata": [1]}, {"payment_intent": 5},
    ],
)  # fmt: skip
def test_a_refund_that_makes_no_sense_is_none(
    api: respx.MockRouter, changes: dict[str, object]
) -> None:
    api.get("/v1/refunds/re_9").respond(200, json=REFUND | changes)
    with pytest.raises(PspUnavailable, match="makes no sense"):
        psp().find_refund("re_9")


def test_an_answer_about_something_else_is_not_believed(api: respx.MockRouter) -> None:
    api.get("/v1/payment_intents/pi_1").respond(200, json=INTENT | {"id": "pi_2"})
    api.get("/v1/refunds/re_9").respond(200, json=REFUND | {"id": "re_8"})
    with pytest.raises(PspUnavailable, match="another payment intent"):
        psp().intent("pi_1")
    with pytest.raises(PspUnavailable, match="another refund"):
        psp().find_refund("re_9")


def test_one_request_is_one_answer_or_none(api: respx.MockRouter) -> None:
    api.get("/v1/x").respond(418, json={"error": {"code": "teapot"}})
    answer = asked(http_client(), KEY, "GET", f"{BASE}/v1/x")
    assert (answer.status, answer.ok, answer.error["code"]) == (418, False, "teapot")
    api.get("/v1/y").mock(side_effect=httpx.ReadTimeout("x"))
    with pytest.raises(NoAnswer, match="ReadTimeout"):
        asked(http_client(), KEY, "GET", f"{BASE}/v1/y")
