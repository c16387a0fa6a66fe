"""Canaries through the whole journey: what is secret is in no log line, no item, no answer and no
output of the operator's but the one that has to say it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
from typer.testing import CliRunner

from chalicelib import bootstrap
from chalicelib.domain.ids import EventId
from chalicelib.usecases.outbox import Untold
from chalicelib.web import events
from chalicelib.web.telling import told_of
from ops.__main__ import cli
from sandbox.server import Server
from simulator.memory_engine import MemoryEngine
from tests.fakes.telegram import FakeTelegram, telegram
from tests.hearing import listener
from tests.logged import Captured
from tests.web.bots import PRESSED
from tests.web.samples import Json, at_instant, session_of, signed
from tests.web.world import Api, Merchant, Reply, World, running

CANARY, CARD = "KENARI", "4111111111111111"
TOKEN = "123456789:AAEkenarikenarikenarikenarikenarik"
HOOKS = "/v1/webhook_endpoints"
TYPED = f"{CANARY} {CARD}"
HOUR = 60 * 60_000


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTelegram]:
    with telegram() as one:
        yield one


@pytest.fixture(scope="module")
def world(server: Server, fake: FakeTelegram) -> Iterator[World]:
    """An application on loopback, so that shops and chats are told here."""
    with pytest.MonkeyPatch.context() as patch, running(server) as one:
        patch.setenv("TAUTAN_PUBLIC_URL", "http://127.0.0.1:9")
        patch.setenv("TAUTAN_PRIVATE_ENDPOINTS", "allowed")
        patch.setenv("TAUTAN_TELEGRAM_API", fake.url)
        bootstrap.app.cache_clear()
        one.app, memory = bootstrap.app(), one._memory
        assert isinstance(memory, MemoryEngine)
        one.app.store._engine = memory  # type: ignore[attr-defined]
        yield one


@dataclass
class Journey:
    """What came out: answers by what was asked, the operator's outputs, and the secrets."""

    answers: list[tuple[str, str, Reply]] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # by us or by the merchant: nobody is told
    shown: list[str] = field(default_factory=list)  # to whoever is to have it, and nowhere else


def ops(*words: str, code: int = 0, input: str | None = None) -> str:
    done = CliRunner().invoke(cli, words, input=input)
    assert done.exit_code == code, (words, done.output, done.exception)
    return str(done.output)


def walked(world: World, fake: FakeTelegram, hook: str) -> Journey:
    """From the connected bot to the audit, good and bad, with a canary wherever text is taken."""
    ops("telegram", "connect", input=f"{TOKEN}\n")
    shop, journey = world.merchant(), Journey()
    made = shop.api.post(HOOKS, {"url": hook, "enabled_events": ["*"], "description": TYPED}).ok()
    chat = {"url": "telegram:-42", "enabled_events": ["*"]}
    assert shop.api.post(HOOKS, chat).status == 400
    code = re.search(r"Kode: (\w+)\n", fake.texts[-1])
    assert code
    shop.api.post(HOOKS, {**chat, "confirmation_code": code[1]}).ok()
    rolled = shop.api.post(f"{HOOKS}/{made['id']}/roll_secret", {}).ok()["secret"]

    data = {"name": TYPED, "description": TYPED, "metadata": {"x": TYPED}}
    product = shop.api.post("/v1/products", data).ok()["id"]
    price = {"currency": "IDR", "unit_amount": 20000, "product": product, "nickname": TYPED}
    line = {"price": shop.api.post("/v1/prices", price).ok()["id"]}
    note = {"key": "note", "type": "text", "label": {"custom": "Catatan"}}
    link = shop.api.post(
        "/v1/payment_links",
        {"line_items": [line], "collect": {"name": "required"}, "custom_fields": [note]},
    ).ok()
    world.public.send("GET", f"/l/{link['slug']}?x={CARD}", b"", {"User-Agent": TYPED})
    form = urlencode({"name": TYPED, "field_note": TYPED, "attempt": CARD}).encode()
    tapped = world.public.send("POST", f"/l/{link['slug']}", form, {**PRESSED, "Cookie": TYPED})
    assert tapped.status == 303
    (session,) = shop.api.get(f"/v1/checkout/sessions?payment_link={link['id']}").ok()["data"]
    refund = paid(world, shop, session)
    webhooks(world, shop, session)
    token = session["status_url"].rpartition("/")[2]
    for page in ("s", "r"):
        world.public.send("GET", f"/{page}/{token}?{CARD}", b"", {"Referer": TYPED})
    told(world, shop)
    operated(world, shop, session, refund, made["id"], journey)
    journey.kept = [
        shop.secret_key, shop.wooshpay_key, shop.webhook_secret, TOKEN, TOKEN.partition(":")[2],
        world.app.signing_keys(shop.tenant), code[1],
    ]  # fmt: skip
    journey.shown = [
        made["secret"], rolled, session["client_secret"].rpartition("_secret_")[2], token,
        token[-32:], link["slug"],
    ]  # fmt: skip
    return journey


def paid(world: World, shop: Merchant, session: Json) -> str:
    """Paid, refunded in part, refused a second time; another one whose provider is down."""
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    world.deliver(shop, session, "payment_intent.succeeded").ok()
    given = {"checkout_session": session["id"], "amount": 5000, "metadata": {"x": TYPED}}
    refund = shop.api.post("/v1/refunds", given, CANARY).ok()["id"]
    world.deliver(shop, session, "charge.refund.updated").ok()
    assert shop.api.post("/v1/refunds", given, f"{CANARY}2").status == 409
    world.control("/faults", kind="html", path_prefix="/v1", method="POST")
    shop.api.post("/v1/checkout/sessions", session_of(customer_email="kenari@x.example"))
    return str(refund)


def webhooks(world: World, shop: Merchant, session: Json) -> None:
    """Authentic and strange ones, with canaries in what they say."""
    changes = {"metadata": {"x": TYPED}, "status": TYPED, "description": TYPED}
    for type in ("payment_intent.succeeded", "payment_intent.payment_failed", f"x.{CANARY}"):
        event = world.event_about(session, type, **changes)
        world.knock(shop, event, signed(shop.webhook_secret, event))
        world.knock(shop, event, signed(f"{CANARY}{CANARY}{CANARY}", event))
    world.knock(shop, TYPED.encode(), TYPED)
    world.public.send("POST", f"/webhooks/wooshpay/{CANARY}{CARD}", b"{}")


def told(world: World, shop: Merchant) -> None:
    """Shops and chats are told of everything, as the queue's function does."""
    app = world.app
    teller = app.teller(
        lambda event: events.body_of(app, event),
        lambda event: told_of(event, app.settings.public_url),
    )
    happened = shop.api.get("/v1/events?limit=100").ok()["data"]
    hints = [Untold(shop.tenant, EventId(each["id"])) for each in happened]
    assert teller.tell(hints).failed == []


def operated(
    world: World, shop: Merchant, session: Json, refund: str, endpoint: str, journey: Journey
) -> None:
    """The night shift, and what the operator reads."""
    with at_instant(world.app.clock() + 2 * HOUR):
        world.app.night.sweep()
        world.app.night.compare()
        world.app.night.audit()
    whose = ("--merchant", shop.id)
    for words in (
        ("payment", "list", *whose), ("payment", "show", session["id"], *whose),
        ("refund", "list", *whose), ("refund", "show", refund, *whose),
        ("event", "list", *whose), ("key", "list", *whose), ("endpoint", "list", *whose),
        ("endpoint", "deliveries", endpoint, *whose), ("webhook", "list", *whose),
        ("ledger", session["id"], *whose), ("link", "list", *whose),
        ("discrepancy", "list", *whose), ("audit", session["id"], *whose),
    ):  # fmt: skip
        done = CliRunner().invoke(cli, ["--json", *words])
        assert done.exit_code in (0, 1), (words, done.exception)
        assert done.exception is None or isinstance(done.exception, SystemExit), words
        journey.outputs.append(str(done.output))


@pytest.fixture
def journey(
    world: World, fake: FakeTelegram, captured: Captured, monkeypatch: pytest.MonkeyPatch
) -> Journey:
    """The journey, with each answer beside what was asked."""
    answers: list[tuple[str, str, Reply]] = []
    send = Api.send

    def kept(api: Api, method: str, path: str, *rest: object) -> Reply:
        reply = send(api, method, path, *rest)  # type: ignore[arg-type]
        answers.append((method, path, reply))
        return reply

    monkeypatch.setattr(Api, "send", kept)
    with listener() as (hook, _):
        journey = walked(world, fake, hook)
    journey.answers = answers
    assert captured.records
    return journey


def leaked(text: str, secrets: list[str]) -> list[str]:
    """Which of them stand in the text, in whatever case."""
    return [secret for secret in secrets if secret.lower() in text.lower()]


def test_what_is_secret_stays_where_it_belongs(
    world: World, journey: Journey, captured: Captured, fake: FakeTelegram
) -> None:
    everything = [*journey.kept, *journey.shown, CANARY, CARD]
    assert leaked(captured.everything, everything) == []
    events_said = {told["event"] for told in captured.told}
    assert events_said >= {
        "request.answered", "payment.begun", "payment.bound", "payment.captured", "refund.reserved",
        "refund.posted", "provider.answered", "delivery.delivered", "webhook.quarantined",
        "sweep.beat",
    }  # fmt: skip

    assert leaked("\n".join(world.dump()), journey.kept + journey.shown[:2]) == []
    for method, path, reply in journey.answers:
        said = reply.body.decode("latin-1") + json.dumps(dict(reply.headers))
        assert leaked(said, journey.kept) == [], (method, path)
        secret = (method, path.split("?")[0].rpartition("/")[2])
        if secret not in {("POST", "webhook_endpoints"), ("POST", "roll_secret")}:
            assert leaked(said, journey.shown[:2]) == [], (method, path)
    assert leaked("\n".join(journey.outputs), journey.kept + journey.shown[:3]) == []
    assert leaked("\n".join(fake.texts), [*journey.kept[:-1], *journey.shown[:3]]) == []
