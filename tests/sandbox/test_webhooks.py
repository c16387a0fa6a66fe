"""Webhook endpoints, signatures, and the retry schedule."""

import hashlib
import hmac
import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.deliveries import MAX_ATTEMPTS, OFFSETS, WAITS, signature, signing_key
from tests.sandbox.conftest import Receiver, Shop

HOOK: dict[str, Any] = {"url": "https://shop.example/hook", "enabled_events": ["*"]}


def parts(header: str) -> tuple[int, str]:
    t, v1 = (each.partition("=")[2] for each in header.split(","))
    return int(t), v1


def bodies(receiver: Receiver) -> list[dict[str, Any]]:
    return [json.loads(raw) for _, raw in receiver.got]


def test_an_endpoint_from_creation_to_deletion(shop: Shop) -> None:
    made = shop.post("/v1/webhook_endpoints", HOOK | {"description": "shop"}).json()
    secret = made.pop("secret")
    path = f"/v1/webhook_endpoints/{made['id']}"

    assert secret.startswith("whsec_")
    assert len(b64decode(secret.removeprefix("whsec_"))) == 24
    expected = {"object": "webhook_endpoint", "api_version": "1.0.1", "status": "enabled"}
    assert {name: made[name] for name in expected} == expected
    assert shop.get(path) == made
    changed = shop.post(path, {"enabled_events": ["payment_intent.succeeded"]}).json()
    assert changed == made | {"enabled_events": ["payment_intent.succeeded"]}
    assert shop.get("/v1/webhook_endpoints")["data"] == [changed]
    deleted = shop.http.delete(path).json()
    assert deleted == {"id": made["id"], "object": "webhook_endpoint", "deleted": True}
    assert shop.http.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": "http://shop.example/hook"}, "url"),
        ({"url": "shop.example"}, "url"),
        ({"enabled_events": []}, "enabled_events"),
        ({"enabled_events": "*"}, "enabled_events"),
        ({"enabled_events": ["checkout.session.completed"]}, "enabled_events"),
        ({"enabled_events": ["*", "*"]}, "enabled_events"),
        ({"api_version": "2"}, "api_version"),
        ({"disabled": True}, "disabled"),
    ],
)
def test_refusals_name_the_parameter(shop: Shop, changes: dict[str, Any], param: str) -> None:
    refused = shop.post("/v1/webhook_endpoints", HOOK | changes)

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == param


def test_endpoints_are_listed_newest_first_by_pages(shop: Shop) -> None:
    ids = [shop.post("/v1/webhook_endpoints", HOOK).json()["id"] for _ in range(12)][::-1]

    def listed(query: str) -> tuple[list[str], bool]:
        page = shop.get(f"/v1/webhook_endpoints?{query}")
        return [each["id"] for each in page["data"]], page["has_more"]

    assert listed("") == (ids[:10], True)
    assert listed("limit=100") == (ids, False)
    assert listed(f"starting_after={ids[9]}") == (ids[10:], False)
    assert listed(f"limit=2&ending_before={ids[3]}") == (ids[1:3], True)
    for wrong in ("limit=0", "limit=101", "limit=x", "starting_after=we_1", "page=2"):
        assert shop.http.get(f"/v1/webhook_endpoints?{wrong}").status_code == 400


def test_the_signature_is_the_documented_hmac() -> None:
    raw = b'{"id":"evt_1"}'

    assert signature(b"whsec_test", 1_700_000_000, raw) == (
        "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925"
    )


def test_the_key_follows_the_secret_encoding() -> None:
    assert signing_key("whsec_c2tf", "verbatim") == b"whsec_c2tf"
    assert signing_key("whsec_c2tf", "without_prefix") == b"c2tf"
    assert signing_key("whsec_c2tf", "base64") == b"sk_"


@pytest.mark.parametrize("encoding", ["verbatim", "without_prefix", "base64"])
@pytest.mark.parametrize("unit", ["s", "ms"])
def test_a_delivery_can_be_verified(
    shop: Shop, receiver: Receiver, encoding: str, unit: str
) -> None:
    shop.switch(secret_encoding=encoding, timestamp_unit=unit)
    secret = shop.listen(receiver)["secret"]

    made = shop.session(metadata={"payment_id": "pay_1"})
    shop.settle()

    headers, raw = receiver.got[0]
    t, v1 = parts(headers["Wooshpay-Signature"])
    bare = secret.removeprefix("whsec_")
    key = {
        "verbatim": secret.encode(),
        "without_prefix": bare.encode(),
        "base64": b64decode(bare),
    }[encoding]
    assert v1 == hmac.new(key, f"{t}.".encode() + raw, hashlib.sha256).hexdigest()
    assert (t > 10**11) == (unit == "ms")
    assert headers["Content-Type"] == "application/json"
    event = json.loads(raw)
    assert (event["object"], event["type"]) == ("event", "payment_intent.created")
    assert (event["api_version"], event["livemode"]) == ("1.0.1", False)
    assert event["pending_webhooks"] == 1
    assert event["data"]["object"] == shop.intent(made["payment_intent"])
    assert event["data"]["object"]["metadata"] == {"payment_id": "pay_1"}
    assert shop.get(f"/v1/events/{event['id']}") == event


def test_an_event_names_the_request_that_caused_it(shop: Shop) -> None:
    intent = shop.paid()
    shop.refund(intent, 5000, key="rf_1")

    created, *_, refunded = shop.get("/_sandbox/events")["data"]

    assert refunded["request"]["idempotency_key"] == "rf_1"
    assert refunded["request"]["id"].startswith("req_")
    assert created["request"]["idempotency_key"] == ""


def test_only_wanted_events_of_the_own_account_arrive(
    shop: Shop, other_shop: Shop, make_receiver: Callable[[], Receiver]
) -> None:
    mine, theirs = make_receiver(), make_receiver()
    shop.listen(mine, "payment_intent.succeeded")
    other_shop.listen(theirs)

    shop.paid()
    shop.settle()

    assert [each["type"] for each in bodies(mine)] == ["payment_intent.succeeded"]
    assert bodies(mine)[0]["data"]["object"]["status"] == "succeeded"
    assert theirs.got == []


def test_two_endpoints_share_an_event_id_unless_switched(
    shop: Shop, make_receiver: Callable[[], Receiver]
) -> None:
    first, second = make_receiver(), make_receiver()
    shop.listen(first, "payment_intent.created")
    shop.listen(second, "payment_intent.created")

    shop.session()
    shop.switch(event_id_per_endpoint=True)
    shop.session()
    shop.settle()

    ours, theirs = ([each["id"] for each in bodies(one)] for one in (first, second))
    assert ours[0] == theirs[0]
    assert ours[1] != theirs[1]
    assert shop.get(f"/v1/events/{theirs[1]}")["id"] == theirs[1]


def test_the_schedule_has_18_deliveries_within_72_hours() -> None:
    assert MAX_ATTEMPTS == 18
    assert OFFSETS[:4] == (0, 5, 35, 155)
    assert OFFSETS[-1] == 256_055
    assert OFFSETS[-1] <= 72 * 3600
    assert list(WAITS) == sorted(WAITS)


def test_a_dead_endpoint_is_tried_18_times_under_one_event_id(
    shop: Shop, receiver: Receiver
) -> None:
    receiver.statuses = [500] * 100
    shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()

    shop.advance(72 * 3600)

    rows = shop.deliveries()
    assert [row["attempt"] for row in rows] == list(range(1, 19))
    assert len(receiver.got) == 18
    assert len({each["id"] for each in bodies(receiver)}) == 1
    assert len({raw for _, raw in receiver.got}) == 1
    start = rows[0]["sandbox_time"]
    late = [row["sandbox_time"] - start - at * 1000 for row, at in zip(rows, OFFSETS, strict=True)]
    assert all(0 <= each < 1000 for each in late), late
    assert rows[-1]["next_attempt"] is None
    assert {row["state"] for row in rows} == {"failed"}
    stamps = [parts(headers["Wooshpay-Signature"])[0] for headers, _ in receiver.got]
    assert stamps == sorted(set(stamps))
    shop.advance(72 * 3600)
    assert len(receiver.got) == 18


def test_retries_may_carry_the_first_signature(shop: Shop, receiver: Receiver) -> None:
    shop.switch(resign_each_attempt=False)
    receiver.statuses = [500, 503]
    shop.listen(receiver, "payment_intent.created")
    shop.session()

    shop.advance(60)

    assert len(receiver.got) == 3
    assert len({headers["Wooshpay-Signature"] for headers, _ in receiver.got}) == 1


def test_a_success_ends_the_retries(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [500]
    shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()
    [row] = shop.deliveries()
    assert (row["status"], row["state"]) == (500, "scheduled")
    assert row["next_attempt"] == row["sandbox_time"] + 5000

    shop.advance(3600)

    assert [row["status"] for row in shop.deliveries()] == [500, 200]
    assert {row["state"] for row in shop.deliveries()} == {"delivered"}


def test_redirects_are_failures(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [302]
    shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()

    assert [row["status"] for row in shop.deliveries()] == [302]
    assert len(receiver.got) == 1


def test_slow_answers_are_failures(shop: Shop, receiver: Receiver) -> None:
    shop.switch(delivery_timeout_seconds=1)
    receiver.delay = 1.3
    shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()

    [row] = shop.deliveries()
    assert (row["status"], row["error"]) == (None, "no answer within 1 s")


def test_nothing_leaves_the_machine(shop: Shop) -> None:
    shop.post("/v1/webhook_endpoints", HOOK)
    shop.session()
    shop.settle()

    [row] = shop.deliveries()
    assert (row["status"], row["error"]) == (None, "not a loopback address")


def test_a_deleted_endpoint_is_left_alone(shop: Shop, receiver: Receiver) -> None:
    receiver.statuses = [500] * 100
    endpoint = shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()

    shop.http.delete(f"/v1/webhook_endpoints/{endpoint['id']}")
    shop.advance(3600)

    assert len(receiver.got) == 1
    assert {row["state"] for row in shop.deliveries()} == {"abandoned"}


def test_lost_duplicated_and_held_webhooks(shop: Shop, receiver: Receiver) -> None:
    shop.listen(receiver, "payment_intent.created", "payment_intent.requires_action")
    created = "payment_intent.created"

    shop.control("/faults", {"kind": "drop_webhook", "type": created})
    shop.session()
    shop.settle()
    assert receiver.got == []
    assert shop.deliveries()[-1]["state"] == "dropped"

    shop.control("/faults", {"kind": "duplicate_webhook"})
    shop.session()
    shop.settle()
    assert len(receiver.got) == 2
    assert receiver.got[0][1] == receiver.got[1][1]

    shop.control("/faults", {"kind": "hold_webhook", "times": 2})
    intent = shop.session()["payment_intent"]
    shop.control(f"/payment_intents/{intent}/decline")
    shop.settle()
    assert len(receiver.got) == 2
    assert shop.control("/deliveries/release", {"order": "reversed"}) == {"released": 2}
    shop.settle()
    late = [each["type"] for each in bodies(receiver)[2:]]
    assert late == ["payment_intent.requires_action", "payment_intent.created"]


def test_resending(shop: Shop, receiver: Receiver) -> None:
    shop.listen(receiver, "payment_intent.created")
    shop.session()
    shop.settle()
    [row] = shop.deliveries()

    shop.control(f"/deliveries/{row['id']}/resend")
    shop.settle()
    shop.control(f"/events/{row['event']}/deliver")
    shop.settle()

    assert [each["id"] for each in bodies(receiver)] == [row["event"]] * 3
    assert [each["attempt"] for each in shop.deliveries()] == [1, 2, 1]
    for path in ("/deliveries/dl_1/resend", "/events/evt_1/deliver"):
        assert shop.http.post(f"/_sandbox{path}").status_code == 404


def test_a_chosen_secret(shop: Shop, receiver: Receiver) -> None:
    body = {
        "account": "sk_test_shop1234",
        "url": receiver.url,
        "enabled_events": ["*"],
        "secret": "whsec_chosen12",
    }

    assert shop.control("/webhook_endpoints", body)["secret"] == "whsec_chosen12"
    shop.session()
    shop.settle()

    body["secret"] = "whsec_odd"
    assert shop.http.post("/_sandbox/webhook_endpoints", json=body).status_code == 400
    headers, raw = receiver.got[0]
    t, _ = parts(headers["Wooshpay-Signature"])
    assert headers["Wooshpay-Signature"] == signature(b"whsec_chosen12", t, raw)
