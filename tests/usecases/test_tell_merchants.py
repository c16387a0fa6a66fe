"""Events are told at once and again, at least once, to whoever wants them."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
import stripe

from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import RESCUED_AFTER_MS, Event, EventType
from chalicelib.domain.ids import EventId, WebhookEndpointId
from chalicelib.domain.webhook_endpoints import FAILING_AT_MOST_MS, WebhookEndpoint, secrets_of
from chalicelib.usecases.failures import Lost, StoreUnavailable
from chalicelib.usecases.outbox import Poster, Posting, Untold
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.tell_merchants import (
    LEASE,
    NO_LONGER,
    PUT_OFF_MS,
    ROUND_MS,
    SLOW_MS,
    TOGETHER,
    Teller,
    Told,
    in_turns,
)
from tests.builders import a_tenant
from tests.fakes.world import World

KEY = "k" * 32
MINUTE = 60_000
OK, DOWN, GONE = Outcome(200, None, 7), Outcome(None, "no connection", 7), Outcome(410, None, 7)
D = DeliveryStatus


class Systems(Poster):
    """Merchants' systems: what came, and what they answer by address; usually 200."""

    def __init__(self) -> None:
        self.came: list[Posting] = []
        self.answers: dict[str, Outcome] = {}

    def __call__(self, postings: Sequence[Posting]) -> list[Outcome]:
        self.came += postings
        return [self.answers.get(each.url, OK) for each in postings]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Address and type of all that came."""
        return [(each.url, json.loads(each.body)["type"]) for each in self.came]


class Scene:
    """A shop, its systems, and who tells them."""

    def __init__(self) -> None:
        self.world = World()
        self.systems = Systems()
        self.reported: list[tuple[Untold, Exception]] = []
        self.teller = Teller(
            store=self.world.store,
            post=self.systems,
            keys=lambda _: KEY,
            clock=lambda: self.world.now,
            mint=self.world.mint,
            show=self.show,
            say=lambda event: f"{event.type} happened",
            report=lambda untold, error: self.reported.append((untold, error)),
        )

    def listens(self, *events: str, tenant: str = "", url: str | None = None) -> WebhookEndpoint:
        """An endpoint that wants these events."""
        id = WebhookEndpointId(f"we_{self.world.mint.ulid()}")
        now = self.world.now
        made = WebhookEndpoint(
            id=id, created=now, updated=now, url=url or f"https://{id}", enabled_events=events,
            metadata={},
        )  # fmt: skip
        whose = a_tenant(number=2) if tenant else self.world.tenant
        self.world.store.add_webhook_endpoint(whose, made, None)
        return made

    def events(self) -> list[Event]:
        """All of them, the oldest first."""
        return list(self.world.store.events(self.world.tenant, Slice(100)).items)[::-1]

    def show(self, event: Event) -> bytes:
        return json.dumps({"id": event.id, "type": event.type}).encode()

    def tell(self, event: Event, endpoint: WebhookEndpointId | None = None) -> int:
        return self.teller.tell([Untold(self.world.tenant, event.id, endpoint)]).attempts

    def round(self) -> dict[str, int] | None:
        """One round: how many requests went out, and what could not be told."""
        told = self.teller.round()
        if told is None:
            return None
        counts = {"attempts": told.attempts, "failed": len(told.failed)}
        return {name: count for name, count in counts.items() if count}

    def delivery(self, event: Event, endpoint: WebhookEndpoint) -> EventDelivery | None:
        return self.world.store.delivery(self.world.tenant, event.id, endpoint.id)

    def endpoint(self, of: WebhookEndpoint) -> WebhookEndpoint | None:
        return self.world.store.webhook_endpoint(self.world.tenant, of.id)


def test_a_paid_link_is_told_to_whoever_wants_it() -> None:
    scene = Scene()
    wide, narrow = scene.listens("*"), scene.listens("checkout.session.completed")
    scene.listens("refund.created")
    scene.listens("*", tenant="another")
    scene.world.paid()
    types = [event.type.value for event in scene.events()]
    assert sorted(types) == [
        "checkout.session.completed", "payment_intent.created", "payment_intent.succeeded",
    ]  # fmt: skip
    assert sum(scene.tell(event) for event in scene.events()) == 4
    assert sorted(scene.systems.told) == sorted(
        [*((wide.url, type) for type in types), (narrow.url, "checkout.session.completed")]
    )
    for event in scene.events():
        assert (event.due_at, event.pending) == (None, 0)
        made = scene.delivery(event, wide)
        assert made == EventDelivery(
            tenant=scene.world.tenant, event=event.id, endpoint=wide.id, type=event.type,
            created=event.created, status=D.DELIVERED, attempts=1, tried_at=scene.world.now,
            outcome=OK,
        )  # fmt: skip
    assert scene.endpoint(wide) == wide  # nothing is written where nothing changes


def test_what_is_told_is_signed_for_stripes_library() -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.world.product()
    (event,) = scene.events()
    scene.tell(event)
    (posting,) = scene.systems.came
    (secret,) = secrets_of(endpoint, KEY, scene.world.now)
    assert posting.headers["Content-Type"] == "application/json"
    assert posting.headers["webhook-id"] == event.id
    header = posting.headers["Tautan-Signature"]
    assert stripe.WebhookSignature.verify_header(posting.body.decode(), header, secret)


def test_a_chat_is_told_in_words_and_nothing_is_signed_for_it() -> None:
    scene = Scene()
    chat, hook = scene.listens("*", url="telegram:-42"), scene.listens("payment_intent.succeeded")
    scene.world.paid()
    assert [(event.type.value, scene.tell(event)) for event in scene.events()] == [
        ("payment_intent.created", 0),
        ("payment_intent.succeeded", 2),
        ("checkout.session.completed", 0),
    ]
    said, posted = sorted(scene.systems.came, key=lambda each: each.url != chat.url)
    assert said == Posting(
        "telegram:-42",
        {"Content-Type": "application/json", "User-Agent": "Tautan/1 (webhooks)"},
        b'{"chat_id":-42,"text":"payment_intent.succeeded happened",'
        b'"link_preview_options":{"is_disabled":true}}',
    )
    assert (posted.url, "webhook-signature" in posted.headers) == (hook.url, True)
    made = scene.delivery(scene.events()[1], chat)
    assert made is not None
    assert (made.status, made.attempts, made.outcome) == (D.DELIVERED, 1, OK)
    assert scene.endpoint(chat) == chat


@pytest.mark.parametrize("status", [400, 403])
def test_a_chat_that_does_not_want_us_is_off_at_once_and_another_hears_of_it(status: int) -> None:
    scene = Scene()
    chat = scene.listens("*", url="telegram:42")
    other = scene.listens("*", url="telegram:@toko_sari")
    scene.systems.answers[chat.url] = Outcome(status, None, 7)
    scene.world.paid()
    for event in scene.events():
        scene.tell(event)
    (told,) = [each for each in scene.events() if each.subject.id == chat.id]
    off = scene.endpoint(chat)
    assert off is not None
    assert (off.disabled_reason, told.subject, told.type) == (
        "gone", off, EventType.WEBHOOK_ENDPOINT_DISABLED,
    )  # fmt: skip
    scene.systems.came.clear()
    assert scene.tell(told) == 1
    assert [posting.url for posting in scene.systems.came] == [other.url]
    for event in scene.events():
        made = scene.delivery(event, chat)
        came = event.type is EventType.PAYMENT_INTENT_SUCCEEDED
        assert (made and (made.status, made.due_at)) == ((D.FAILED, None) if came else None)


@pytest.mark.parametrize("status", [401, 404, 429, 500, 502])
def test_a_chat_is_told_again_when_it_is_telegram_or_the_bot_that_fails(status: int) -> None:
    scene = Scene()
    chat = scene.listens("*", url="telegram:42")
    scene.systems.answers[chat.url] = Outcome(status, None, 7)
    scene.world.paid()
    for event in scene.events():
        scene.tell(event)
    assert [event.pending for event in scene.events()] == [0, 1, 0]
    scene.systems.answers.clear()
    scene.world.pass_time(2 * MINUTE)
    assert scene.round() == {"attempts": 1}
    assert [event.pending for event in scene.events()] == [0, 0, 0]
    assert scene.endpoint(chat) == chat
    first, second = scene.systems.came
    assert first == second


def test_told_twice_it_is_sent_once() -> None:
    scene = Scene()
    scene.listens("*")
    scene.world.product()
    (event,) = scene.events()
    assert scene.tell(event) == 1
    with scene.world.still():
        assert scene.tell(event) == 0
        for nobodys in (
            Untold(scene.world.tenant, EventId("evt_none")),
            Untold(a_tenant(number=2), event.id),
            Untold(scene.world.tenant, event.id, WebhookEndpointId("we_none")),
        ):
            assert scene.teller.tell([nobodys, nobodys]) == Told()
    assert len(scene.systems.came) == 1


def test_an_event_that_nobody_wants_is_looked_at_once() -> None:
    scene = Scene()
    scene.world.product()
    (event,) = scene.events()
    assert scene.tell(event) == 0
    assert scene.events() == [replace(event, due_at=None)]
    assert scene.systems.came == []


def test_what_the_queue_did_not_tell_the_clock_tells() -> None:
    scene = Scene()
    scene.listens("*")
    scene.world.product()
    assert scene.round() == {}  # the queue is given a minute
    scene.world.pass_time(RESCUED_AFTER_MS)
    assert scene.round() == {"attempts": 1}
    assert scene.round() == {}
    assert len(scene.systems.came) == 1


def test_an_endpoint_that_was_down_is_told_again_until_it_answers() -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.systems.answers[endpoint.url] = DOWN
    scene.world.product()
    (event,) = scene.events()
    assert scene.tell(event) == 1
    (event,) = scene.events()
    assert (event.due_at, event.pending) == (None, 1)
    failing = scene.endpoint(endpoint)
    assert failing is not None
    assert failing.failing_since == scene.world.now
    with scene.world.still():
        assert scene.tell(event, endpoint.id) == 0  # not due yet
    scene.world.pass_time(2 * MINUTE)
    assert scene.round() == {"attempts": 1}
    scene.systems.answers.clear()
    scene.world.pass_time(7 * MINUTE)
    assert scene.round() == {"attempts": 1}
    assert [event.pending for event in scene.events()] == [0]
    made = scene.delivery(event, endpoint)
    assert made is not None
    assert (made.status, made.attempts, made.due_at) == (D.DELIVERED, 3, None)
    assert scene.endpoint(endpoint) == endpoint
    assert len({posting.body for posting in scene.systems.came}) == 1
    with scene.world.still():
        assert scene.tell(event, endpoint.id) == 0


def test_after_three_days_it_has_failed_and_after_five_the_endpoint_is_off() -> None:
    scene = Scene()
    dead, alive = scene.listens("*"), scene.listens("webhook_endpoint.disabled")
    scene.systems.answers[dead.url] = DOWN
    scene.world.product()
    (event,) = scene.events()
    scene.tell(event)
    while (made := scene.delivery(event, dead)) and made.due_at:
        scene.world.pass_time(made.due_at - scene.world.now)
        scene.round()
    assert made is not None
    assert (made.status, made.attempts, made.due_at) == (D.FAILED, 10, None)
    for _ in range(3):
        scene.world.pass_time(24 * 60 * MINUTE)
        scene.world.product()
        for each in scene.events():
            scene.tell(each)
    off = scene.endpoint(dead)
    assert off is not None
    assert off.disabled_reason == "failing"
    type = EventType.WEBHOOK_ENDPOINT_DISABLED
    (told,) = [each for each in scene.events() if each.type is type]
    assert told.subject == off
    scene.tell(told)
    assert scene.systems.told[-1] == (alive.url, "webhook_endpoint.disabled")
    scene.world.product()
    came = len(scene.systems.came)
    assert sum(scene.tell(each) for each in scene.events()) == 0
    assert len(scene.systems.came) == came


def test_an_endpoint_that_is_gone_is_off_at_once() -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.systems.answers[endpoint.url] = GONE
    scene.world.product()
    scene.tell(scene.events()[0])
    off = scene.endpoint(endpoint)
    assert off is not None
    assert off.disabled_reason == "gone"


@pytest.mark.parametrize("how", ["deleted", "disabled"])
def test_a_delivery_to_nobody_ends(how: str) -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.systems.answers[endpoint.url] = DOWN
    scene.world.product()
    (event,) = scene.events()
    scene.tell(event)
    kept = scene.endpoint(endpoint)
    assert kept is not None
    if how == "deleted":
        scene.world.store.delete_webhook_endpoint(scene.world.tenant, kept.id, scene.world.now)
    else:
        off = replace(kept, disabled_reason="merchant")
        scene.world.store.update_webhook_endpoint(scene.world.tenant, kept, off)
    scene.world.pass_time(2 * MINUTE)
    assert scene.tell(event, endpoint.id) == 0
    made = scene.delivery(event, endpoint)
    assert made is not None
    assert (made.status, made.outcome) == (D.FAILED, Outcome(None, NO_LONGER, 0))
    assert [each.pending for each in scene.events()] == [0]
    assert len(scene.systems.came) == 1


def test_one_tells_at_a_time_and_no_longer_than_a_round() -> None:
    scene = Scene()
    scene.listens("*")
    for _ in range(TOGETHER + 1):
        scene.world.product()
    scene.world.pass_time(RESCUED_AFTER_MS)
    now = scene.world.now
    assert scene.world.store.take_lease(LEASE, "another", now, now)
    scene.world.pass_time(-1)
    assert scene.round() is None
    scene.world.pass_time(2)
    soon = scene.systems.__call__

    def slowly(postings: Sequence[Posting]) -> list[Outcome]:
        scene.world.pass_time(ROUND_MS)
        return soon(postings)

    scene.teller = replace(scene.teller, post=slowly)
    assert scene.round() == {"attempts": TOGETHER}
    scene.teller = replace(scene.teller, post=scene.systems)
    assert scene.round() == {"attempts": 1}


@pytest.mark.parametrize("silence", [DOWN, Outcome(200, None, SLOW_MS)])
def test_an_endpoint_that_gives_no_answer_is_not_waited_for_again(silence: Outcome) -> None:
    scene = Scene()
    dead, sound = scene.listens("*"), scene.listens("*")
    scene.systems.answers[dead.url] = silence
    for _ in range(TOGETHER):
        scene.world.product()
    scene.world.pass_time(RESCUED_AFTER_MS)
    assert scene.round() == {"attempts": TOGETHER + TOGETHER // 2}
    urls = Counter(posting.url for posting in scene.systems.came)
    assert urls == {sound.url: TOGETHER, dead.url: TOGETHER // 2}
    assert all(event.due_at is None for event in scene.events())
    later = [each for event in scene.events() if (each := scene.delivery(event, dead))]
    waits = [each for each in later if not each.attempts]
    assert len(waits) == TOGETHER // 2
    assert {each.due_at for each in waits} == {scene.world.now + PUT_OFF_MS}
    # Their turn comes, and again only what goes out together waits for it.
    scene.world.pass_time(PUT_OFF_MS)
    scene.systems.answers[dead.url] = OK
    before = len(scene.systems.came)
    scene.round()
    assert {posting.url for posting in scene.systems.came[before:]} == {dead.url}
    assert all(each.pending == 0 for each in scene.events())


def test_a_retry_to_an_endpoint_that_gave_no_answer_is_put_off() -> None:
    scene = Scene()
    dead = scene.listens("*")
    scene.systems.answers[dead.url] = DOWN
    for _ in range(TOGETHER + 4):
        scene.world.product()
    for event in scene.events():
        scene.tell(event)
    scene.world.pass_time(2 * MINUTE)
    before = len(scene.systems.came)
    assert scene.round() == {"attempts": TOGETHER}
    assert len(scene.systems.came) == before + TOGETHER
    tried = [each for event in scene.events() if (each := scene.delivery(event, dead))]
    put_off = [each for each in tried if each.attempts == 1]
    assert {each.due_at for each in put_off} == {scene.world.now + PUT_OFF_MS}
    assert len(put_off) == 4


def test_merchants_take_turns() -> None:
    a, b = a_tenant(), a_tenant(number=2)
    due = [Untold(a, EventId(f"evt_a{number}")) for number in range(3)]
    due += [Untold(b, EventId("evt_b0"))]
    assert [each.event for each in in_turns(due)] == ["evt_a0", "evt_b0", "evt_a1", "evt_a2"]
    assert in_turns([]) == []


def test_what_cannot_be_kept_is_put_off_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.listens("*")
    scene.world.product()
    scene.world.pass_time(RESCUED_AFTER_MS)
    (event,) = scene.events()
    for error, done in (
        (Lost("untold"), {"attempts": 1}),
        (StoreUnavailable("busy"), {"attempts": 1, "failed": 1}),
    ):
        with monkeypatch.context() as patch:

            def fails(*_: object, error: Exception = error) -> None:
                raise error

            patch.setattr(scene.world.store, "keep_first_deliveries", fails)
            assert scene.round() == done
    ((untold, told),) = scene.reported
    assert (untold, str(told)) == (Untold(scene.world.tenant, event.id), "busy")
    assert scene.round() == {}
    scene.world.pass_time(PUT_OFF_MS)
    assert scene.round() == {"attempts": 1}


def test_one_that_cannot_be_told_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.world.product("first")
    scene.world.pass_time(1)
    scene.world.product("second")
    poison, sound = scene.events()
    scene.world.pass_time(RESCUED_AFTER_MS)

    def shows(event: Event) -> bytes:
        if event.id == poison.id:
            raise KeyError("currency")
        return scene.show(event)

    scene.teller = replace(scene.teller, show=shows)
    assert scene.round() == {"attempts": 1, "failed": 1}
    assert [posting.headers["webhook-id"] for posting in scene.systems.came] == [sound.id]
    assert scene.round() == {}
    kept = scene.events()[0]
    assert kept.due_at == scene.world.now + PUT_OFF_MS
    scene.teller = replace(scene.teller, show=scene.show)
    scene.systems.answers[endpoint.url] = DOWN
    scene.world.pass_time(PUT_OFF_MS)
    assert scene.round() == {"attempts": 1}
    scene.world.pass_time(2 * MINUTE)
    scene.teller = replace(scene.teller, show=shows)
    assert scene.round() == {"failed": 1}
    made = scene.delivery(poison, endpoint)
    assert made is not None
    assert (made.due_at, made.attempts) == (scene.world.now + PUT_OFF_MS, 1)

    def fails(*_: object) -> None:
        raise Lost("untold")

    scene.world.pass_time(PUT_OFF_MS)
    monkeypatch.setattr(scene.world.store, "put_off", fails)
    assert scene.round() == {"failed": 1}


def test_whether_an_endpoint_is_failing_is_noted_when_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene()
    endpoint = scene.listens("*")
    scene.systems.answers[endpoint.url] = DOWN
    scene.world.product()

    def fails(*_: object, **__: object) -> None:
        raise Lost("endpoint")

    monkeypatch.setattr(scene.world.store, "update_webhook_endpoint", fails)
    assert scene.tell(scene.events()[0]) == 1
    assert FAILING_AT_MOST_MS > 0
    assert [event.pending for event in scene.events()] == [1]
