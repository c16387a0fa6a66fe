"""A whole sale through the functions as they are deployed: the real bundle, under Lambda's own
runtime client."""

import json
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import httpx
import pytest

from dev.merchant import Shop, api_client, offer_coffee, open_shop, posted
from dev.shopper import Shopper
from tests.bundle.conftest import COMMIT
from tests.bundle.deployed import SCHEDULED, Deployed, deployed
from tests.bundle.lambdas import Failed, runtime_client
from tests.hearing import listener

PRICE, PART = 75_000, 25_000


@pytest.fixture(scope="module")
def stage(task: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    client = runtime_client(tmp_path_factory.mktemp("client"))
    with (
        pytest.MonkeyPatch.context() as patch,
        deployed(task, client, tmp_path_factory.mktemp("log"), patch) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def shop(stage: Deployed) -> Shop:
    return open_shop()


@pytest.fixture
def api(stage: Deployed, shop: Shop) -> Iterator[httpx.Client]:
    with api_client(stage.api_url, shop.secret_key) as client:
        yield client


def test_a_sale_a_refund_and_what_the_merchant_hears_of_it(
    stage: Deployed, api: httpx.Client
) -> None:
    while stage.from_queue():  # what other sales have told
        pass
    with listener() as (address, heard):
        told = ["payment_intent.succeeded", "refund.created"]
        posted(api, "/v1/webhook_endpoints", {"url": address, "enabled_events": told})
        link = offer_coffee(api)
        session = _paid(api, link["url"])
        assert (session["payment_status"], session["amount_refundable"]) == ("paid", PRICE)

        refund = _refund(api, session["id"], "first")
        assert (refund.status_code, refund.json()["status"]) == (200, "succeeded")
        again = _refund(api, session["id"], "second")
        assert again.status_code == 409
        assert again.json()["error"]["code"] == "refund_multiple_not_supported"
        after = api.get(f"/v1/checkout/sessions/{session['id']}").json()
        assert (after["amount_refunded"], after["refund_status"]) == (PART, "partial")

        while stage.from_queue():
            pass
        assert sorted(_types(heard)) == told
    routes = {line["route"] for line in _answered(stage, "webhook")}
    assert routes == {"POST /webhooks/wooshpay/{merchant}"}
    assert [line["status"] for line in _answered(stage, "refund")] == [200, 409]
    errors = [line for name in stage.functions for line in stage.lines(name) if _is_bad(line)]
    assert errors == []


def test_pictures_are_drawn_with_what_is_left_of_the_libraries(
    stage: Deployed, api: httpx.Client
) -> None:
    link = offer_coffee(api)
    for path, kind in (("card.png", b"\x89PNG"), ("qr.png", b"\x89PNG"), ("qr.svg", b"<?xml")):
        answer = httpx.get(f"{link['url']}/{path}", trust_env=False, timeout=25)
        assert (answer.status_code, answer.content[: len(kind)]) == (200, kind)


def test_a_function_says_which_commit_it_runs(stage: Deployed) -> None:
    alive = httpx.get(f"{stage.api_url}/healthz", trust_env=False, timeout=25).json()
    assert alive["version"] == COMMIT
    assert stage.lines("api")[0] == {"event": "function.started", "version": COMMIT}


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/errors"])
def test_what_is_the_same_for_everyone(stage: Deployed, path: str) -> None:
    assert httpx.get(stage.api_url + path, trust_env=False, timeout=25).status_code == 200


def test_an_automation_asks_for_a_refund_by_invoking_the_function(
    stage: Deployed, api: httpx.Client, shop: Shop
) -> None:
    session = _paid(api, offer_coffee(api)["url"])
    asked = {
        "merchant": shop.merchant,
        "livemode": False,
        "checkout_session": session["id"],
        "amount": PRICE,
        "idempotency_key": "robot-1",
    }
    refund = stage.functions["refund"](asked)
    assert (refund["status"], refund["amount"]) == ("succeeded", PRICE)
    assert stage.functions["refund"](asked) == refund


def test_schedules(stage: Deployed) -> None:
    for name, said in (("sweep", "sweep.done"), ("deliver_again", "deliver.done")):
        done = stage.functions[name](SCHEDULED)
        assert stage.lines(name)[-1] == {"event": said, "done": done}


def test_a_function_that_fails_says_so(stage: Deployed) -> None:
    with pytest.raises(Failed, match="JobFailed"):
        stage.functions["deliver"]({})


def _paid(api: httpx.Client, url: str) -> dict[str, Any]:
    shopper = Shopper()
    try:
        assert shopper.open(url).status_code == 200
        shopper.press("pay")
        shopper.press("pay-dana")
        back = shopper.press("approve", phone="081234567890", pin="123456")
        session = api.get("/v1/checkout/sessions").json()["data"][0]  # the newest
        for _ in range(50):
            found: dict[str, Any] = api.get(f"/v1/checkout/sessions/{session['id']}").json()
            if found["payment_status"] == "paid":
                break
        assert "LUNAS" in shopper.open(str(back.url)).text
        return found
    finally:
        shopper.close()


def _refund(api: httpx.Client, session: str, key: str) -> httpx.Response:
    return api.post(
        "/v1/refunds",
        json={"checkout_session": session, "amount": PART},
        headers={"Idempotency-Key": key},
    )


def _answered(stage: Deployed, function: str) -> list[dict[str, Any]]:
    return [line for line in stage.lines(function) if line["event"] == "request.answered"]


def _types(heard: Any) -> Iterator[str]:
    while True:
        try:
            body, _ = heard.get(timeout=1)
        except Empty:
            return
        yield json.loads(body)["type"]


def _is_bad(line: dict[str, Any]) -> bool:
    return "error" in line and line["error"] != "refund_multiple_not_supported"
