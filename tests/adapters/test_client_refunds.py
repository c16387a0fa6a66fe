"""WooshPay's client and refunds: what is sent, and what each answer means."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import Accepted, Declined, Done, InDoubt, NotExecuted
from chalicelib.domain.strict_json import LARGEST_BODY
from tests.adapters.scripted import BASE, BROKEN, check_headers, psp, sent
from tests.builders import a_refund

REFUND = replace(a_refund(), reason="duplicate")
REFUNDED: dict[str, Any] = {
    "id": "re_9", "status": "succeeded", "amount": 5_000, "currency": "IDR",
    "payment_intent": REFUND.intent,
}  # fmt: skip


class Flood(httpx.SyncByteStream):
    """A gigabyte, a piece at a time; it counts the pieces that were taken."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        for _ in range(16_384):
            self.taken += 1
            yield b" " * 65_536


def test_a_flood_is_cut_off_after_256_kb(api: respx.MockRouter) -> None:
    flood = Flood()
    api.post("/v1/refunds").mock(return_value=httpx.Response(200, stream=flood))
    assert psp().refund(REFUND) == InDoubt("the answer makes no sense")
    assert flood.taken * 65_536 <= LARGEST_BODY + 65_536


@pytest.mark.parametrize(("places", "text"), [({}, "5000"), ({"IDR": 2}, "500000")])
def test_a_refund_is_sent_under_its_own_id_with_its_amount_as_text(
    api: respx.MockRouter, places: dict[str, int], text: str
) -> None:
    api.post("/v1/refunds").respond(200, json=REFUNDED | {"amount": int(text)})
    assert psp(**places).refund(REFUND) == Done("re_9")
    check_headers(sent(api), REFUND.id)
    assert json.loads(sent(api).content) == {
        "payment_intent": "pi_1000",
        "amount": text,
        "reason": "duplicate",
        "metadata": {"tautan_refund": REFUND.id, "tautan_payment": f"cs_{REFUND.payment}"},
    }


def test_a_refund_without_a_reason_sends_none(api: respx.MockRouter) -> None:
    api.post("/v1/refunds").respond(200, json=REFUNDED)
    psp().refund(replace(REFUND, reason=None))
    assert "reason" not in json.loads(sent(api).content)


def test_a_refund_that_wooshpay_cannot_count_is_declined_and_nothing_sent() -> None:
    odd = replace(REFUND, amount=Money(1, "KWD"))
    with respx.mock(base_url=BASE):
        assert isinstance(psp(KWD=2).refund(odd), Declined)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("succeeded", Done("re_9")), ("pending", Accepted("re_9")),
        ("requires_action", Accepted("re_9")), ("processing", Accepted("re_9")),
        ("failed", Declined("the refund failed at once")),
        ("canceled", Declined("the refund failed at once")),
    ],
)  # fmt: skip
def test_each_status_of_an_answer_has_its_outcome(
    api: respx.MockRouter, status: str, outcome: object
) -> None:
    api.post("/v1/refunds").respond(201, json=REFUNDED | {"status": status})
    assert psp().refund(REFUND) == outcome


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": 4_999}, {"amount": 5_001}, {"amount": 500_000}, {"currency": "USD"},
        {"payment_intent": "pi_666"}, {"payment_intent": ""}, {"amount": "5000"},
        {"amount": 5_000.0}, {"amount": None}, {"status": "unheard_of"}, {"status": None},
        {"currency": "XXX"}, {"id": None}, {"amount": -5_000}, {"amount": 10**20},
    ],
)  # fmt: skip
def test_an_answer_about_something_else_leaves_the_refund_in_doubt(
    api: respx.MockRouter, changes: dict[str, object]
) -> None:
    api.post("/v1/refunds").respond(200, json=REFUNDED | changes)
    assert isinstance(psp().refund(REFUND), InDoubt)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Declined), (402, Declined), (401, NotExecuted), (403, NotExecuted), (404, NotExecuted),
     (429, NotExecuted), (302, InDoubt), (409, InDoubt), (500, InDoubt), (503, InDoubt)],
)  # fmt: skip
def test_each_refusal_has_its_outcome(api: respx.MockRouter, status: int, kind: type) -> None:
    headers = {"Location": "https://evil.example/"}
    api.post("/v1/refunds").respond(status, json={"error": {"message": "no"}}, headers=headers)
    outcome = psp().refund(REFUND)
    assert type(outcome) is kind
    assert len(api.calls) == 1


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_no_answer_leaves_the_refund_in_doubt(api: respx.MockRouter, error: Exception) -> None:
    api.post("/v1/refunds").mock(side_effect=error)
    assert psp().refund(REFUND) == InDoubt(type(error).__name__)
    assert len(api.calls) == 1


@pytest.mark.parametrize("text", ["<html>", "", "[]", '{"id":1,"id":2}', "\ufeff{}"])
def test_garbage_leaves_the_refund_in_doubt(api: respx.MockRouter, text: str) -> None:
    api.post("/v1/refunds").respond(200, text=text)
    assert psp().refund(REFUND) == InDoubt("the answer makes no sense")


@pytest.mark.parametrize(
    ("header", "after_ms"),
    [
        ("7", 7_000),
        ("0", 0),
        ("999999", 3_600_000),
        ("soon", 0),
        ("-1", 0),
        ("1.5", 0),
        ("1" * 10, 0),
    ],
)
def test_the_provider_is_left_alone_as_long_as_it_asks(
    api: respx.MockRouter, header: str, after_ms: int
) -> None:
    told = {"Retry-After": header}
    api.post("/v1/refunds").respond(429, json={"message": "slow down"}, headers=told)
    assert psp().refund(a_refund()) == NotExecuted("429 slow down", after_ms)
