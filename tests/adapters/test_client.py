"""WooshPay's client: what exactly is sent, and what is made of every kind of answer."""

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from chalicelib.adapters.wooshpay.client import WooshPay
from chalicelib.adapters.wooshpay.http import http_client
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.domain.errors import PspError, PspRejected, PspUnavailable
from chalicelib.domain.ids import session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import ProviderSession
from chalicelib.usecases.ports import CreatedSession
from tests.adapters.scripted import BASE, BROKEN, KEY, check_headers, psp, sent
from tests.builders import a_line_item, a_payment, a_tenant, rupiah

PAYMENT = a_payment(bound=False)
SESSION: dict[str, Any] = {
    "id": "cs_1", "url": "https://checkouttest.wooshpay.com/pay/cs_test_1?key=pk",
    "payment_intent": "pi_1", "currency": "IDR", "amount_total": 20_000, "livemode": False,
}  # fmt: skip


def create(client: WooshPay | None = None) -> CreatedSession:
    """Ask for a session."""
    return (client or psp()).create_session(PAYMENT, "https://a.example/ok", "https://a.example/no")


def test_the_http_client_waits_three_seconds_to_connect_eight_to_read_and_follows_nothing() -> None:
    client = http_client()
    assert client.timeout == httpx.Timeout(8, connect=3)
    assert client.follow_redirects is False
    assert client.trust_env is False


# --- sessions ---------------------------------------------------------------------------------


def test_a_session_is_asked_for_under_our_own_id_with_our_own_name_in_it(
    api: respx.MockRouter,
) -> None:
    api.post("/v1/checkout/sessions").respond(200, json=SESSION)
    assert create() == CreatedSession(
        ProviderSession("cs_1", "pi_1", SESSION["url"]), rupiah(20_000), False
    )
    ours = f"cs_{PAYMENT.id}"
    check_headers(sent(api), ours)
    assert json.loads(sent(api).content) == {
        "mode": "payment",
        "success_url": "https://a.example/ok",
        "cancel_url": "https://a.example/no",
        "payment_method_types": ["dana"],
        "client_reference_id": ours,
        "metadata": {"tautan_payment": ours},
        "payment_intent_data": {"metadata": {"tautan_payment": ours}},
        "line_items": [
            {
                "price_data": {
                    "currency": "IDR",
                    "unit_amount": 20_000,
                    "product_data": {"name": "apple"},
                },
                "quantity": 1,
            }
        ],
    }


def test_what_is_not_there_is_not_sent_and_what_is_is(api: respx.MockRouter) -> None:
    api.post("/v1/checkout/sessions").respond(200, json=SESSION)
    payment = replace(PAYMENT, customer_email="a@b.example", metadata={"order": "7"})
    psp().create_session(payment, "https://a.example/ok", None)
    body = json.loads(sent(api).content)
    assert body["customer_email"] == "a@b.example"
    assert "cancel_url" not in body
    ours = {"order": "7", "tautan_payment": session_id(PAYMENT.id)}
    assert (body["metadata"], body["payment_intent_data"]) == (ours, {"metadata": ours})


def test_so_much_metadata_is_passed_on_as_leaves_room_for_ours(api: respx.MockRouter) -> None:
    api.post("/v1/checkout/sessions").respond(200, json=SESSION)
    many = {f"key{number}": "x" for number in range(50)}
    psp().create_session(replace(PAYMENT, metadata=many), "https://a.example/ok", None)
    metadata = json.loads(sent(api).content)["metadata"]
    assert len(metadata) == 50
    assert metadata["tautan_payment"] == session_id(PAYMENT.id)


def test_amounts_are_sent_and_read_as_wooshpay_counts_them(api: respx.MockRouter) -> None:
    api.post("/v1/checkout/sessions").respond(200, json=SESSION | {"amount_total": 2_000_000})
    assert create(psp(IDR=2)).amount == rupiah(20_000)
    body = json.loads(sent(api).content)
    assert body["line_items"][0]["price_data"]["unit_amount"] == 2_000_000


def test_an_amount_that_wooshpay_cannot_count_is_rejected_and_nothing_sent() -> None:
    odd = replace(PAYMENT, items=(a_line_item(amount=Money(1, "KWD")),))
    with respx.mock(base_url=BASE), pytest.raises(PspRejected, match="cannot count this amount"):
        psp(KWD=2).create_session(odd, "https://a.example", None)


@pytest.mark.parametrize("status", [400, 402])
def test_a_refused_session_is_rejected_in_the_providers_words(
    api: respx.MockRouter, status: int
) -> None:
    api.post("/v1/checkout/sessions").respond(status, json={"error": {"message": "Bad amount"}})
    with pytest.raises(PspRejected) as refused:
        create()
    assert refused.value.message == "WooshPay refused: Bad amount"
    assert refused.value.details == {"psp_status": status}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"message": "flat"}, "flat"), ({"error": {"code": "nested"}}, "nested"), ({}, None),
        ({"error": "text"}, None), ({"error": {"message": 5}}, None), ({"error": None}, None),
        ({"error": {"message": ""}}, None),
    ],
)  # fmt: skip
def test_an_error_is_read_nested_or_flat_or_not_at_all(
    api: respx.MockRouter, body: object, told: str | None
) -> None:
    api.post("/v1/checkout/sessions").respond(400, json=body)
    with pytest.raises(PspRejected) as refused:
        create()
    assert refused.value.message == f"WooshPay refused: {told or 'no reason given'}"


@pytest.mark.parametrize("status", [301, 302, 307, 405, 409, 422, 429, 500, 502, 503, 504])
def test_any_other_status_means_that_a_session_may_have_been_made(
    api: respx.MockRouter, status: int
) -> None:
    headers = {"Location": "https://evil.example/v1/checkout/sessions"}
    api.post("/v1/checkout/sessions").respond(status, json=SESSION, headers=headers)
    with pytest.raises(PspUnavailable) as refused:
        create()
    assert refused.value.details == {"psp_status": status}
    assert len(api.calls) == 1  # a redirect is not followed


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_no_answer_means_that_a_session_may_have_been_made(
    api: respx.MockRouter, error: Exception
) -> None:
    api.post("/v1/checkout/sessions").mock(side_effect=error)
    with pytest.raises(PspUnavailable, match=f"did not answer: {type(error).__name__}"):
        create()
    assert len(api.calls) == 1  # nothing is sent twice by itself
    assert KEY not in str(error)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_total": "20000"}, {"amount_total": 20_000.0}, {"amount_total": True},
        {"amount_total": None}, {"amount_total": -1}, {"amount_total": 10**20},
        {"currency": "XXX"}, {"currency": None}, {"id": None}, {"livemode": "false"},
        {"payment_intent": ""}, {"payment_intent": None}, {"url": ""}, {"url": None},
        *({"url": bad} for bad in (
            "http://checkouttest.wooshpay.com/", "https://evil.example/", "javascript:alert(1)",
            "https://wooshpay.com.evil.example/", "https://evilwooshpay.com/", "//x.wooshpay.com",
            "https://a@x.wooshpay.com/", "https://x.wooshpay.com@evil.example/", "https://[", "x",
            "https://evil.example\\.wooshpay.com/", "https://evil.example#.wooshpay.com",
            "https://x.wooshpay.com/\r\nSet-Cookie: a=b", "https://x.wooshpay.com/ x",
            "https://evil.example/?.wooshpay.com", "https://evil.example／.wooshpay.com/",
            "https://x.wooshpay.com/<script>", 'https://x.wooshpay.com/"x', "https://é.wooshpay.com",
        )),
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_or_leads_elsewhere_is_no_session(
    api: respx.MockRouter, changes: dict[str, object]
) -> None:
    api.post("/v1/checkout/sessions").respond(200, json=SESSION | changes)
    with pytest.raises(PspUnavailable):
        create()


@pytest.mark.parametrize(
    "text", ["<html>ok</html>", "", "[]", "null", '{"id":"a","id":"b"}', '{"amount_total":NaN}']
)
def test_what_is_no_json_object_is_no_session(api: respx.MockRouter, text: str) -> None:
    api.post("/v1/checkout/sessions").respond(200, text=text)
    with pytest.raises(PspUnavailable):
        create()


def test_a_page_on_the_apis_own_host_will_do_for_a_sandbox() -> None:
    base = "http://127.0.0.1:8001"
    client = WooshPay(http_client(), base, KEY, a_tenant(), MinorUnits())
    with respx.mock(base_url=base) as api:
        api.post("/v1/checkout/sessions").respond(200, json=SESSION | {"url": f"{base}/pay/1"})
        assert create(client).provider.url == f"{base}/pay/1"
        for other in ("http://127.0.0.1:9999/pay/1", "http://127.0.0.1:8001@evil.example/"):
            api.post("/v1/checkout/sessions").respond(200, json=SESSION | {"url": other})
            with pytest.raises(PspUnavailable):
                create(client)


# --- pages and webhooks -----------------------------------------------------------------------

CALLS = {
    "/v1/checkout/sessions/cs_1/expire": lambda: psp().expire_session("cs_1"),
    "/v1/webhook_endpoints": lambda: psp().register_webhook("https://t.example/w", ["a", "b"]),
}


def test_a_page_is_closed_under_a_key_of_its_own(api: respx.MockRouter) -> None:
    api.post("/v1/checkout/sessions/cs_1/expire").respond(200, json={})
    psp().expire_session("cs_1")
    check_headers(sent(api), "expire_cs_1")
    assert json.loads(sent(api).content) == {}


def test_a_webhook_is_registered_once_for_each_address(api: respx.MockRouter) -> None:
    api.post("/v1/webhook_endpoints").respond(200, json={"secret": "whsec_" + "a" * 32})
    for _ in range(2):
        secret = psp().register_webhook("https://t.example/w", ("a", "b"))
        assert secret == "whsec_" + "a" * 32
    psp().register_webhook("https://t.example/other", ("a",))
    first, again, other = (call.request for call in api.calls)
    assert json.loads(first.content) == {"url": "https://t.example/w", "enabled_events": ["a", "b"]}
    keys = [each.headers["Idempotency-Key"] for each in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]
    assert all(key.startswith("webhook_") and len(key) == 72 for key in keys)


@pytest.mark.parametrize("secret", [None, "", "short", " " * 40, 5, ["a" * 32]])
def test_an_unsafe_webhook_secret_is_not_taken(api: respx.MockRouter, secret: object) -> None:
    api.post("/v1/webhook_endpoints").respond(200, json={"secret": secret})
    with pytest.raises(PspUnavailable):
        CALLS["/v1/webhook_endpoints"]()


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(("status", "kind"), [(400, PspRejected), (503, PspUnavailable)])
def test_a_refusal_is_raised(
    api: respx.MockRouter, path: str, status: int, kind: type[PspError]
) -> None:
    api.post(path).respond(status, json={})
    with pytest.raises(kind):
        CALLS[path]()


@pytest.mark.parametrize("path", CALLS)
def test_no_answer_is_raised(api: respx.MockRouter, path: str) -> None:
    api.post(path).mock(side_effect=httpx.ReadTimeout("x"))
    with pytest.raises(PspUnavailable, match="ReadTimeout"):
        CALLS[path]()
