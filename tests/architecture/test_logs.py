"""Canaries through every door: no secret in any log line, and in a line listed fields only."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.emf import OUTCOMES, STAGE, Metric
from chalicelib.log import Fields
from tests.logged import OURS, Captured
from tests.web.samples import Json, session_of, signed
from tests.web.world import FORM, PUBLIC_URL, Merchant, World

CANARY = "KENARI"
EMAIL = f"{CANARY.lower()}@shop.example"
FAILED = {"event", "request_id", "error", "at"}


def through_every_door(world: World, a: Merchant) -> list[str]:
    """The whole story, good and bad, with a canary in whatever takes text; what is secret in it."""
    name, text = {"name": CANARY}, {"metadata": {CANARY: CANARY}}
    price = {"currency": "IDR", "unit_amount": 20000, "product_data": name}
    a.api.post("/v1/products", {**name, "description": CANARY, **text}, CANARY).ok()
    made = a.api.post("/v1/prices", {**price, "nickname": CANARY}).ok()
    link = a.api.post("/v1/payment_links", {"line_items": [{"price": made["id"]}], **text}).ok()
    given = session_of(customer_email=EMAIL, client_reference_id=CANARY, **text)
    session = a.api.post("/v1/checkout/sessions", given).ok()
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    world.deliver(a, session, "payment_intent.succeeded").ok()
    refund = {"checkout_session": session["id"], "amount": 5000, **text}
    a.api.post("/v1/refunds", refund, CANARY).ok()
    other = a.api.post("/v1/checkout/sessions", session_of(**text), CANARY).ok()
    a.api.post(f"/v1/checkout/sessions/{other['id']}/expire", {}, CANARY).ok()
    intent = other["payment_intent"]
    a.api.post(f"/v1/payment_intents/{intent}/cancel", {}, CANARY)
    rooms = (
        "products",
        "prices",
        "payment_links",
        "checkout/sessions",
        "payment_intents",
        "refunds",
    )
    for path in rooms:
        a.api.get(f"/v1/{path}").ok()
        a.api.get(f"/v1/{path}/{CANARY}")
        a.api.get(f"/v1/{path}?starting_after={CANARY}&{CANARY}={a.secret_key}")
        a.api.post(f"/v1/{path}", {CANARY: CANARY})
        a.api.post(f"/v1/{path}", f'{{"{CANARY}'.encode())
        a.api.form(f"/v1/{path}", f"{CANARY}={CANARY}")
        world.public.get(f"/v1/{path}?key={a.secret_key}")
        world.public.send("GET", f"/v1/{path}", b"", {"Authorization": f"Basic {CANARY}"})
    token = session["status_url"].removeprefix(f"{PUBLIC_URL}/s/")
    for path in (f"/l/{link['slug']}", f"/s/{token}", f"/l/{CANARY}", f"/s/{CANARY}"):
        world.public.send("GET", f"{path}?q={CANARY}", b"", {"User-Agent": CANARY})
    body = f"attempt={CANARY}&note={CANARY}".encode()
    world.public.send("POST", f"/l/{link['slug']}", body, {"Content-Type": FORM, "Cookie": CANARY})
    event = world.event_about(session, "payment_intent.succeeded", metadata={"x": CANARY})
    world.knock(a, event, signed(a.webhook_secret, event))
    world.knock(a, event, signed(f"{CANARY}{CANARY}{CANARY}{CANARY}", event))
    world.knock(a, CANARY.encode(), CANARY)
    return [
        CANARY,
        EMAIL,
        a.secret_key,
        a.wooshpay_key,
        a.webhook_secret,
        session["client_secret"],
        session["client_secret"].rpartition("_secret_")[2],
        token,
        token[-32:],
        link["slug"],
        signed(a.webhook_secret, event).rpartition("=")[2],
    ]


def leaked(text: str, secrets: list[str]) -> list[str]:
    """Which secrets stand in the text, in whatever case."""
    return [secret for secret in secrets if secret.lower() in text.lower()]


def test_no_secret_is_in_any_log_line(world: World, a: Merchant, captured: Captured) -> None:
    secrets = through_every_door(world, a)
    assert len(captured.records) > 40
    assert leaked(captured.everything, secrets) == []


def test_each_line_is_one_json_object_with_listed_fields_only(
    world: World, a: Merchant, captured: Captured
) -> None:
    through_every_door(world, a)
    assert captured.lines
    for line in captured.lines:
        assert line.startswith("{"), f"not JSON: {line[:60]}"
        assert "\n" not in line
        told = json.loads(line)
        metric = {STAGE, *OUTCOMES.values(), *Metric} if told.pop("_aws", None) else set()
        assert told.keys() <= {"event", *Fields.__annotations__} | metric
        assert all(isinstance(value, str | int | float | bool) for value in told.values())


def test_a_line_names_the_route_without_its_values(
    world: World, a: Merchant, captured: Captured
) -> None:
    session: Json = world.unpaid(a)
    captured.records.clear()
    reply = a.api.get(f"/v1/checkout/sessions/{session['id']}")
    (record,) = [each for each in captured.records if each.name == OURS]
    told = json.loads(record.getMessage())
    assert told["route"] == "GET /v1/checkout/sessions/{id}"
    assert (told["status"], told["merchant"]) == (200, a.id)
    assert told["request_id"] == reply.headers["request-id"]


BROKEN: dict[str, Callable[[World, Merchant], Any]] = {
    "merchant": lambda world, a: a.api.get("/v1/products"),
    "shopper": lambda world, a: world.public.get("/l/abc"),
    "provider": lambda world, a: world.knock(
        a,
        (body := world.event_about({"psp": {"payment_intent": "pi_1"}, "amount_total": 1,
                                    "currency": "IDR", "id": "cs_1"}, "payment_intent.succeeded")),
        signed(a.webhook_secret, body),
    ),
}  # fmt: skip


@pytest.mark.parametrize("door", BROKEN)
def test_our_own_failure_tells_its_kind_and_place_and_no_values(
    world: World, a: Merchant, captured: Captured, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"{CANARY} {a.secret_key}")

    a.api.get("/v1/products").ok()
    for name in ("products", "opened_link", "payment", "payment_of_intent"):
        monkeypatch.setattr(DynamoDBStore, name, fail)
    reply = BROKEN[door](world, a)
    assert reply.status == 500
    for text in (reply.text, captured.everything):
        assert leaked(text, [CANARY, a.secret_key, "Traceback", "RuntimeError: "]) == []
    failed = [json.loads(each.getMessage()) for each in captured.records if each.name == OURS]
    (told,) = [each for each in failed if each["event"] == "request.failed"]
    assert told.keys() == FAILED
    assert told["error"] == "RuntimeError"
    assert told["request_id"] == reply.headers["request-id"]


def test_what_is_kept_has_no_api_key_and_no_provider_secret(world: World, a: Merchant) -> None:
    through_every_door(world, a)
    kept = "\n".join(world.dump())
    assert leaked(kept, [a.secret_key, a.wooshpay_key, a.webhook_secret]) == []


def test_no_answer_holds_a_provider_secret(world: World, a: Merchant) -> None:
    session = world.unpaid(a)
    answers = [
        a.api.get(path).text
        for path in (
            "/v1/products",
            "/v1/checkout/sessions",
            f"/v1/checkout/sessions/{session['id']}",
        )
    ]
    answers.append(world.public.get("/healthz").text)
    assert leaked("\n".join(answers), [a.secret_key, a.wooshpay_key, a.webhook_secret]) == []


def test_the_logger_says_what_the_settings_ask_for(world: World) -> None:
    assert world.app.settings.log_level == "INFO"
    assert logging.getLogger(OURS).isEnabledFor(logging.INFO)
