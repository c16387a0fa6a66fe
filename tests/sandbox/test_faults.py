"""Planned faults of the API."""

import json
from time import monotonic
from typing import Any

import httpx
import pytest

from tests.sandbox.conftest import SAMPLE, Shop

SESSIONS = "/v1/checkout/sessions"


def plan(shop: Shop, kind: str, **details: Any) -> None:
    shop.control("/faults", {"kind": kind, "method": "POST", "path_prefix": SESSIONS} | details)


def sessions_made(shop: Shop) -> int:
    return shop.event_types().count("payment_intent.created")


@pytest.mark.parametrize(
    ("kind", "details", "status", "made"),
    [
        ("error_before", {}, 500, 0),
        ("error_before", {"status": 503}, 503, 0),
        ("error_after", {"status": 502}, 502, 1),
        ("rate_limit", {}, 429, 0),
        ("redirect", {}, 302, 0),
        ("malformed", {}, 200, 1),
        ("html", {}, 200, 1),
        ("html", {"status": 502}, 502, 1),
        ("delay", {"seconds": 0}, 200, 1),
    ],
)
def test_each_kind_strikes_once(
    shop: Shop, kind: str, details: dict[str, Any], status: int, made: int
) -> None:
    plan(shop, kind, **details)

    assert shop.post(SESSIONS, SAMPLE).status_code == status
    assert sessions_made(shop) == made
    assert shop.post(SESSIONS, SAMPLE).status_code == 200
    logged = shop.get("/_sandbox/requests")["data"]
    assert [(each["status"], each["fault"]) for each in logged] == [(status, kind), (200, "")]


def test_what_spoiled_answers_look_like(shop: Shop) -> None:
    for kind in ("error_before", "rate_limit", "redirect", "malformed", "html"):
        plan(shop, kind)
    error, limited, moved, cut, page = (shop.post(SESSIONS, SAMPLE) for _ in range(5))

    assert error.json()["error"]["type"] == "api_error"
    assert limited.headers["Retry-After"] == "1"
    assert moved.headers["Location"] == f"{shop.server.url}/_sandbox/elsewhere"
    assert page.headers["Content-Type"] == "text/html"
    with pytest.raises(json.JSONDecodeError):
        cut.json()


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_timeout_drops_the_connection(shop: Shop, kind: str, made: int) -> None:
    plan(shop, kind, seconds=0.2)
    started = monotonic()

    with pytest.raises(httpx.RemoteProtocolError):
        shop.post(SESSIONS, SAMPLE)

    assert 0.2 <= monotonic() - started < 2
    assert sessions_made(shop) == made
    assert shop.get("/_sandbox/requests")["data"][0]["status"] is None


def test_a_client_that_gives_up_first(shop: Shop) -> None:
    plan(shop, "timeout_after")

    with pytest.raises(httpx.ReadTimeout):
        shop.http.post(SESSIONS, json=SAMPLE, timeout=0.3)

    assert sessions_made(shop) == 1


def test_a_delay_takes_its_time(shop: Shop) -> None:
    plan(shop, "delay", seconds=0.3)
    started = monotonic()

    assert shop.post(SESSIONS, SAMPLE).status_code == 200
    assert 0.3 <= monotonic() - started < 2


def test_faults_match_method_and_path(shop: Shop) -> None:
    shop.control("/faults", {"kind": "error_before", "method": "GET", "times": 2})

    made = shop.session()

    path = f"{SESSIONS}/{made['id']}"
    assert [shop.http.get(path).status_code for _ in range(3)] == [500, 500, 200]


def test_faults_can_be_seen_and_cleared(shop: Shop) -> None:
    plan(shop, "error_before", times=3)

    [planned] = shop.get("/_sandbox/faults")["data"]
    assert planned == {
        "id": "fault_1",
        "kind": "error_before",
        "method": "POST",
        "path_prefix": SESSIONS,
        "type": "",
        "status": 500,
        "seconds": 1.0,
        "times": 3,
    }
    shop.http.delete("/_sandbox/faults")
    assert shop.post(SESSIONS, SAMPLE).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "fire"},
        {"kind": "delay", "seconds": "1"},
        {"kind": "delay", "seconds": -1},
        {"kind": "delay", "seconds": True},
        {"kind": "error_before", "times": 0},
        {"kind": "error_before", "status": 99},
        {"kind": "error_before", "colour": "red"},
    ],
)
def test_a_wrong_plan_is_refused(shop: Shop, body: dict[str, Any]) -> None:
    assert shop.http.post("/_sandbox/faults", json=body).status_code == 400
    assert shop.get("/_sandbox/faults")["data"] == []
