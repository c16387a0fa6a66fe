"""A seller without a server: a chat is proven and told, through a Telegram on loopback."""

import json
import logging
import re
from collections.abc import Iterator

import pytest

from chalicelib import bootstrap
from chalicelib.domain.ids import EventId
from chalicelib.jobs import deliver
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.outbox import Untold
from sandbox.server import Server
from tests.fakes.telegram import FakeTelegram, telegram
from tests.web.samples import Json
from tests.web.world import Merchant, World, running

PATH = "/v1/webhook_endpoints"
TOKEN = "123456789:AAEkenarikenarikenarikenarikenarik"
CHAT = {"url": "telegram:-42", "enabled_events": ["*"]}
CODE = re.compile(r"Kode: ([A-Z2-7]{8})\n")
TEST = "[UJI COBA, bukan uang sungguhan]"


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTelegram]:
    with telegram() as fake:
        yield fake


@pytest.fixture(scope="module")
def world(server: Server, fake: FakeTelegram) -> Iterator[World]:
    """An application on loopback, whose bot's API is there too."""
    with pytest.MonkeyPatch.context() as patch, running(server, moto=True) as one:
        patch.setenv("TAUTAN_PUBLIC_URL", "http://127.0.0.1:9")
        patch.setenv("TAUTAN_PRIVATE_ENDPOINTS", "allowed")
        patch.setenv("TAUTAN_TELEGRAM_API", fake.url)
        bootstrap.app.cache_clear()
        one.app = bootstrap.app()
        yield one


@pytest.fixture
def shop(world: World, fake: FakeTelegram) -> Merchant:
    world.app.secrets.keep_telegram_token(TOKEN)
    fake.sent.clear()
    fake.answers.clear()
    return world.merchant()


def code_for(shop: Merchant, fake: FakeTelegram, chat: Json = CHAT) -> str:
    """The code that the chat was sent."""
    assert shop.api.post(PATH, chat).status == 400
    match = CODE.search(fake.texts[-1])
    assert match is not None
    fake.sent.clear()
    return match[1]


def proven(shop: Merchant, fake: FakeTelegram, chat: Json = CHAT) -> Json:
    """A chat that is told."""
    return shop.api.post(PATH, {**chat, "confirmation_code": code_for(shop, fake, chat)}).ok()


def told(world: World, shop: Merchant) -> None:
    """The queue has woken the teller for every event of the shop."""
    for event in shop.api.get("/v1/events?limit=100").ok()["data"]:
        assert deliver.told([Untold(shop.tenant, EventId(event["id"])).message()]) == []


def test_a_chat_is_named_proven_and_made(world: World, shop: Merchant, fake: FakeTelegram) -> None:
    with world.untouched():
        first = shop.api.post(PATH, CHAT, key="chat-1")
        assert (first.status, first.error["param"]) == (400, "confirmation_code")
        ((path, body),) = fake.sent
        assert (path, body["chat_id"]) == (f"/bot{TOKEN}/sendMessage", -42)
        match = CODE.match(body["text"])
        assert match is not None
        assert match[1] not in first.text
        for wrong in ("AAAAAAAA", "aaaaaaaa", "", match[1] + "A"):
            refused = shop.api.post(PATH, {**CHAT, "confirmation_code": wrong})
            assert (refused.status, refused.error["param"]) == (400, "confirmation_code")
    given = {**CHAT, "confirmation_code": match[1]}
    made = shop.api.post(PATH, given, key="chat-2").ok()
    assert made == {
        "id": made["id"], "object": "webhook_endpoint", "created": made["created"],
        "updated": made["created"], "livemode": False, "url": "telegram:-42",
        "enabled_events": ["*"], "description": None, "status": "enabled",
        "disabled_reason": None, "failing_since": None, "api_version": None, "metadata": {},
        "secret": None,
    }  # fmt: skip
    with world.untouched():
        assert shop.api.post(PATH, given, key="chat-2").ok() == made
    del made["secret"]
    assert shop.api.get(PATH).ok()["data"] == [made]
    assert len(fake.sent) == 1
    assert match[1] not in repr(world.dump())


def test_another_shops_code_opens_nothing(world: World, shop: Merchant, fake: FakeTelegram) -> None:
    theirs = code_for(world.merchant(), fake)
    refused = shop.api.post(PATH, {**CHAT, "confirmation_code": theirs})
    assert (refused.status, refused.error["param"]) == (400, "confirmation_code")


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": "telegram:x"}, "url"),
        ({"url": "telegram:"}, "url"),
        ({"url": "telegram:1/../../x"}, "url"),
        ({"enabled_events": ["product.created"]}, "enabled_events"),
        ({"enabled_events": ["*", "checkout.session.expired"]}, "enabled_events"),
    ],
)
def test_what_is_no_chat_or_not_for_people_is_refused(
    world: World, shop: Merchant, fake: FakeTelegram, changes: Json, param: str
) -> None:
    made = proven(shop, fake)
    code = code_for(shop, fake)
    with world.untouched():
        for path in (PATH, f"{PATH}/{made['id']}"):
            refused = shop.api.post(path, {**CHAT, **changes, "confirmation_code": code})
            assert (refused.status, refused.error["param"]) == (400, param)
    assert fake.sent == []


def test_a_chat_that_takes_nothing_is_refused(
    world: World, shop: Merchant, fake: FakeTelegram
) -> None:
    fake.answers[-42] = 403
    with world.untouched():
        refused = shop.api.post(PATH, CHAT)
    assert (refused.status, refused.error["param"]) == (400, "url")
    assert "(403)" in refused.error["message"]
    assert TOKEN not in refused.text


def test_without_a_bot_no_chat_can_be_named(
    world: World, shop: Merchant, fake: FakeTelegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.secrets, "telegram_token", lambda: None)
    for code in ({}, {"confirmation_code": "AAAAAAAA"}):
        with world.untouched():
            refused = shop.api.post(PATH, {**CHAT, **code})
        assert (refused.status, refused.error["param"]) == (400, "url")
        assert refused.error["message"] == "This deployment has no Telegram bot."
    assert fake.sent == []


def test_a_chat_is_changed_only_with_its_code_and_has_no_secret(
    world: World, shop: Merchant, fake: FakeTelegram
) -> None:
    one = f"{PATH}/{proven(shop, fake)['id']}"
    with world.untouched():
        assert shop.api.post(one, {"url": "telegram:43"}).error["param"] == "confirmation_code"
        assert shop.api.post(f"{one}/roll_secret", {}).error["param"] == "id"
    match = CODE.match(fake.texts[-1])
    assert match is not None
    told = {"url": "telegram:43", "confirmation_code": match[1]}
    assert shop.api.post(one, told).ok()["url"] == "telegram:43"
    assert shop.api.post(one, {"enabled_events": ["refund.failed"]}).ok()["status"] == "enabled"
    hook = shop.api.post(one, {"url": "https://shop.example/hook"}).ok()
    assert (hook["url"], hook["enabled_events"]) == ("https://shop.example/hook", ["refund.failed"])
    assert shop.api.post(f"{one}/roll_secret", {}).ok()["secret"].startswith("whsec_")


def test_money_that_came_is_told_once_and_nothing_else(
    world: World, shop: Merchant, fake: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    made = proven(shop, fake)
    with caplog.at_level(logging.DEBUG):
        session = world.paid(shop, 150_000)
        told(world, shop)
        told(world, shop)
    ((path, body),) = fake.sent
    assert path == f"/bot{TOKEN}/sendMessage"
    assert body.keys() == {"chat_id", "text", "link_preview_options"}
    assert (body["chat_id"], body["link_preview_options"]) == (-42, {"is_disabled": True})
    lines = body["text"].split("\n")
    assert lines[:3] == [TEST, "LUNAS Rp150.000", "Kopi × 1"]
    assert re.fullmatch(r"DANA, \d{1,2} \w+ \d{4}, \d\d\.\d\d WIB", lines[3])
    receipt = lines[4].removeprefix("http://127.0.0.1:9")
    assert session["id"] in world.public.get(receipt).text
    assert len(lines) == 5
    (log,) = shop.api.get(f"{PATH}/{made['id']}/deliveries").ok()["data"]
    assert (log["type"], log["status"], log["response_status"], log["error"]) == (
        "payment_intent.succeeded", "delivered", 200, None,
    )  # fmt: skip
    for kept in (repr(world.dump()), caplog.text, json.dumps(log)):
        assert "AAEkenari" not in kept


def test_a_bot_that_was_blocked_is_switched_off_and_what_failed_comes_again(
    world: World, shop: Merchant, fake: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    blocked, busy = proven(shop, fake), proven(shop, fake, {**CHAT, "url": "telegram:@toko"})
    fake.answers |= {-42: 403, "@toko": 429}
    with caplog.at_level(logging.DEBUG):
        world.paid(shop)
        told(world, shop)

    def log(of: Json) -> Json:
        (found,) = shop.api.get(f"{PATH}/{of['id']}/deliveries?limit=1").ok()["data"]
        return found

    assert shop.api.get(f"{PATH}/{blocked['id']}").ok()["disabled_reason"] == "gone"
    assert (log(blocked)["status"], log(blocked)["response_status"]) == ("failed", 403)
    (waits,) = [
        each
        for each in shop.api.get(f"{PATH}/{busy['id']}/deliveries").ok()["data"]
        if each["type"] == "payment_intent.succeeded"
    ]
    assert (waits["status"], waits["response_status"]) == ("pending", 429)
    assert waits["next_attempt_at"] >= waits["last_attempt_at"] + 60_000
    fake.sent.clear()
    fake.answers.clear()
    retry = {"webhook_endpoint": busy["id"]}
    shop.api.post(f"/v1/events/{waits['event']}/retry", retry).ok()
    assert deliver.told([Untold(shop.tenant, EventId(waits["event"]), busy["id"]).message()]) == []
    assert [body["chat_id"] for _, body in fake.sent] == ["@toko"]
    assert fake.texts[0].startswith(f"{TEST}\nLUNAS Rp20.000\n")
    assert "AAEkenari" not in repr(world.dump()) + caplog.text


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        (None, "no Telegram bot is connected"),
        (StoreUnavailable("busy"), "it cannot be posted to (StoreUnavailable)"),
    ],
)
def test_why_a_chat_cannot_be_told_is_in_the_log_and_it_is_told_later(
    world: World,
    shop: Merchant,
    fake: FakeTelegram,
    monkeypatch: pytest.MonkeyPatch,
    fails: Exception | None,
    error: str,
) -> None:
    made = proven(shop, fake)
    world.paid(shop)
    (event,) = shop.api.get("/v1/events?type=payment_intent.succeeded").ok()["data"]

    def token() -> None:
        if fails is not None:
            raise fails

    with monkeypatch.context() as patch:
        patch.setattr(world.app.secrets, "telegram_token", token)
        assert deliver.told([Untold(shop.tenant, EventId(event["id"])).message()]) == []
    (log,) = shop.api.get(f"{PATH}/{made['id']}/deliveries").ok()["data"]
    assert (log["event"], log["status"], log["error"]) == (event["id"], "pending", error)
    assert fake.sent == []
    retry = {"webhook_endpoint": made["id"]}
    shop.api.post(f"/v1/events/{event['id']}/retry", retry).ok()
    assert deliver.told([Untold(shop.tenant, EventId(event["id"]), made["id"]).message()]) == []
    assert len(fake.sent) == 1
