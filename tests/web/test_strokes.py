"""The log follows the money: from a link to its refund by ids, and each stroke counts once."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chalicelib.adapters.posting import HttpPoster
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.domain.ids import EventId
from chalicelib.emf import Metric
from chalicelib.usecases.outbox import Posting, Untold
from tests.logged import Captured
from tests.web.metric_format import wrong_with
from tests.web.samples import Json, at_instant, session_of, signed
from tests.web.test_refunds_web import ask, at_provider
from tests.web.test_storefront import tap
from tests.web.world import Merchant, World

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
Told = dict[str, Any]
Counted = Sequence[tuple[str, str | None]]


def bought(world: World, shop: Merchant, link: Json) -> Json:
    """The link's session, opened by tapping and paid."""
    world.public.get(f"/l/{link['slug']}")
    assert tap(world, link).status == 303
    (session,) = shop.api.get(f"/v1/checkout/sessions?payment_link={link['id']}").ok()["data"]
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    world.deliver(shop, session, "payment_intent.succeeded").ok()
    return dict(session)


def is_listing(line: Told) -> bool:
    return str(line.get("route")).startswith("GET /v1/")


def having(lines: Sequence[Told], name: str, *values: str) -> list[Told]:
    """The lines in which this field is one of these."""
    return [line for line in lines if line.get(name) in values]


def test_a_link_leads_to_its_refund(world: World, a: Merchant, captured: Captured) -> None:
    link, other = world.link(a), world.link(a, "Teh")
    session, _ = bought(world, a, link), bought(world, a, other)
    refund = ask(a, session, amount=5000).json
    lines = captured.told

    of_link = having(lines, "payment_link", link["id"])
    (found,) = {line["session"] for line in of_link if "session" in line}
    assert found == session["id"]
    of_session = [line for line in having(lines, "session", found) if not is_listing(line)]
    assert [line["event"] for line in of_session] == [
        "payment.begun", "payment.bound", "request.answered", "payment.captured", "refund.reserved",
        "refund.posted",
    ]  # fmt: skip
    begun, bound, tapped, captured_, reserved, posted = of_session
    assert {line["payment_link"] for line in of_session} == {link["id"]}
    assert bound["psp_intent"] == session["psp"]["payment_intent"]
    assert begun["request_id"] == bound["request_id"] == tapped["request_id"]
    assert (tapped["route"], tapped["status"]) == ("POST /l/{slug}", 303)

    (webhook,) = having(lines, "psp_event", captured_["psp_event"])[1:]
    assert (webhook["event"], webhook["outcome"]) == ("request.answered", "applied")
    assert webhook["request_id"] == captured_["request_id"]
    assert reserved["refund"] == posted["refund"] == refund["id"]
    (known,) = at_provider(world, session)
    assert posted["psp_refund"] == known["id"]
    asked = having(lines, "about", session["id"], refund["id"])
    assert [(line["call"], line["status"]) for line in asked] == [
        ("POST /v1/checkout/sessions", 200), ("POST /v1/refunds", 200),
    ]  # fmt: skip
    assert [line["request_id"] for line in asked] == [tapped["request_id"], posted["request_id"]]


def test_a_paid_link_is_a_few_short_lines(world: World, a: Merchant, captured: Captured) -> None:
    link = world.link(a)
    captured.records.clear()
    bought(world, a, link)
    lines = [line for line in captured.lines if not is_listing(json.loads(line))]
    assert len(lines) == 7
    assert 2_300 < sum(len(line) + 1 for line in lines) < 2_600
    assert max(map(len, lines)) < 550


# --- what counts for what -----------------------------------------------------------------------


def pays(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    world.paid(shop)


def fails(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    session = world.unpaid(shop)
    event = world.event_about(session, "payment_intent.payment_failed", status="failed")
    world.knock(shop, event, signed(shop.webhook_secret, event))


def expires(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    shop.api.post(f"/v1/checkout/sessions/{world.unpaid(shop)['id']}/expire", {}).ok()


def refunds(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    assert ask(shop, world.paid(shop), amount=5000).status == 200


def is_refused_a_refund(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    paid = world.paid(shop)
    world.control("/switches", refunds_enabled=False)
    try:
        assert ask(shop, paid, amount=5000).status == 402
    finally:
        world.control("/switches", refunds_enabled=True)


def doubts_a_refund(
    world: World, shop: Merchant, _: pytest.MonkeyPatch, kind: str = "malformed"
) -> None:
    paid = world.paid(shop)
    world.control("/faults", kind=kind, path_prefix="/v1/refunds", method="POST")
    assert ask(shop, paid, amount=5000).status == 202


def stays_in_doubt(world: World, shop: Merchant, patch: pytest.MonkeyPatch) -> None:
    doubts_a_refund(world, shop, patch, "error_before")
    start = world.app.clock()
    for minutes in (1, 2, 5, 16, 80):
        with at_instant(start + minutes * MINUTE):
            world.app.night.sweep()


def hears_late(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    session = world.unpaid(shop)
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    delivery = world.delivery(session["psp"]["payment_intent"], "payment_intent.succeeded")
    with at_instant(world.app.clock() + 60 * MINUTE):
        assert world.knock(shop, *delivery).ok()["outcome"] == "applied"
        assert world.knock(shop, *delivery).ok()["outcome"] == "duplicate"


def is_down(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    world.control("/faults", kind="error_before", status=503, path_prefix="/v1", method="POST")
    assert shop.api.post("/v1/checkout/sessions", session_of()).status == 503


def breaks_at_the_door(world: World, shop: Merchant, patch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("kenari")

    patch.setattr(world.app.store, "payment", broken)
    about = {"psp": {"payment_intent": "pi_1"}, "id": f"cs_{world.app.mint.ulid()}"}
    event = world.event_about({**about, "amount_total": 1, "currency": "IDR"}, "payment_intent.x")
    event = event.replace(b"payment_intent.x", b"payment_intent.succeeded")
    assert world.knock(shop, event, signed(shop.webhook_secret, event)).status == 500


def sweeps(world: World, _: Merchant, __: pytest.MonkeyPatch) -> None:
    world.app.night.sweep()
    world.app.store.beat("tell", "nobody", world.app.clock())


def does_not_agree(world: World, shop: Merchant, _: pytest.MonkeyPatch) -> None:
    session = world.unpaid(shop)
    event = world.event_about(session, "payment_intent.succeeded", amount_received=15000)
    world.knock(shop, event, signed(shop.webhook_secret, event)).ok()


SCENES: dict[Callable[[World, Merchant, pytest.MonkeyPatch], None], Counted] = {
    pays: [("Payments", "unpaid"), ("Payments", "paid")],
    fails: [("Payments", "unpaid"), ("Payments", "failed")],
    expires: [("Payments", "unpaid"), ("Payments", "expired")],
    refunds: [("Payments", "unpaid"), ("Payments", "paid"), ("Refunds", "posted")],
    is_refused_a_refund: [("Payments", "unpaid"), ("Payments", "paid"), ("Refunds", "voided")],
    doubts_a_refund: [("Payments", "unpaid"), ("Payments", "paid"), ("ProviderFailures", None)],
    stays_in_doubt: [
        ("Payments", "unpaid"),
        ("Payments", "paid"),
        ("ProviderFailures", None),
        *[("SweeperHeartbeat", None)] * 3,
        *[("RefundsInDoubt", None), ("SweeperHeartbeat", None)] * 2,
    ],
    hears_late: [("Payments", "unpaid"), ("Payments", "paid")],
    is_down: [("Payments", "unpaid"), ("ProviderFailures", None)],
    breaks_at_the_door: [("WebhookErrors", None)],
    sweeps: [("SweeperHeartbeat", None)],
    does_not_agree: [("Payments", "unpaid"), ("Discrepancies", None)],
}
MEASURED = {Metric.PROVIDER_LATENCY, Metric.WEBHOOK_LAG}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_what_happens_counts_once(
    world: World,
    captured: Captured,
    monkeypatch: pytest.MonkeyPatch,
    scene: Callable[[World, Merchant, pytest.MonkeyPatch], None],
) -> None:
    shop = world.merchant()
    with monkeypatch.context() as patch:
        scene(world, shop, patch)
    counted = [each for each in captured.metrics() if each[0] not in MEASURED]
    assert counted == [(name, second, 1) for name, second in SCENES[scene]]
    later = world.app.clock() + DAY
    assert [wrong_with(line, later) for line in captured.lines if wrong_with(line, later)] == []


def test_every_metric_has_a_scene() -> None:
    scenes = {name for counted in SCENES.values() for name, _ in counted}
    elsewhere = MEASURED | {Metric.WEBHOOK_REFUSED, Metric.EVENTS_UNDELIVERED}
    assert scenes | elsewhere == set(Metric)


def test_a_webhooks_lag_is_measured_when_it_is_first_taken(
    world: World, a: Merchant, captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    hears_late(world, a, monkeypatch)
    (lag,) = [value for name, _, value in captured.metrics() if name == "WebhookLag"]
    assert 60 * MINUTE <= lag < 61 * MINUTE


def test_each_call_of_the_provider_is_measured(
    world: World, a: Merchant, captured: Captured
) -> None:
    world.unpaid(a)
    (told,) = captured.of("provider.answered")
    assert told["ProviderLatency"] > 0
    assert (told["merchant"], told["call"]) == (a.id, "POST /v1/checkout/sessions")
    assert "ProviderFailures" not in told


def test_a_provider_that_is_gone_says_why(world: World, a: Merchant, captured: Captured) -> None:
    world.control("/faults", kind="timeout_before", seconds=0, path_prefix="/v1", method="POST")
    assert a.api.post("/v1/checkout/sessions", session_of()).status == 503
    (told,) = captured.of("provider.answered")
    assert (told["ProviderFailures"], "status" in told) == (1, False)
    assert told["error"] in ("RemoteProtocolError", "ReadError")


@pytest.mark.parametrize(
    ("answer", "said", "undelivered"),
    [(200, "delivered", 0), (500, "pending", 0), (410, "failed", 1)],
)
def test_each_delivery_of_an_event_is_told_of(
    world: World,
    captured: Captured,
    monkeypatch: pytest.MonkeyPatch,
    answer: int,
    said: str,
    undelivered: int,
) -> None:
    shop = world.merchant()
    hook = {"url": "https://hook.example/", "enabled_events": ["product.created"]}
    endpoint = shop.api.post("/v1/webhook_endpoints", hook).ok()["id"]
    shop.api.post("/v1/products", {"name": "Kopi"}).ok()
    event = shop.api.get("/v1/events?limit=1").ok()["data"][0]["id"]

    def post(_: HttpPoster, postings: Sequence[Posting]) -> list[Outcome]:
        return [Outcome(answer, None, 7) for _ in postings]

    monkeypatch.setattr(HttpPoster, "__call__", post)
    captured.records.clear()
    teller = world.app.teller(lambda _: b"{}", lambda _: "")
    assert teller.tell([Untold(shop.tenant, EventId(event))]).failed == []
    (told,) = captured.told
    assert (told["event"], told["event_id"], told["status"]) == (f"delivery.{said}", event, answer)
    assert (told["webhook_endpoint"], told["type"]) == (endpoint, "product.created")
    assert told["duration_ms"] == 7
    assert told.get("EventsUndelivered", 0) == undelivered
