"""Events are told at once and again, at least once, to whoever wants them."""

import json
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
from chalicelib.usecases.tell_merchants import LEASE, NO_LONGER, PUT_OFF_MS, ROUND_MS, Teller
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
        self.teller = Teller(
            self.world.store,
            self.systems,
            lambda _: KEY,
            lambda: self.world.now,
            self.world.mint,
            self.show,
            lambda event: f"{event.type} happened",
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
        return self.teller.tell(Untold(self.world.tenant, event.id, endpoint))

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
    assert scene.teller.round() == {"attempts": 1}
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
        assert scene.teller.tell(Untold(scene.world.tenant, EventId("evt_none"))) == 0
        assert scene.teller.tell(Untold(a_tenant(number=2), event.id)) == 0
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
    assert scene.teller.round() == {}  # the queue is given a minute
    scene.world.pass_time(RESCUED_AFTER_MS)
    assert scene.teller.round() == {"attempts": 1}
    assert scene.teller.round() == {}
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
    assert scene.teller.round() == {"attempts": 1}
    scene.systems.answers.clear()
    scene.world.pass_time(7 * MINUTE)
    assert scene.teller.round() == {"attempts": 1}
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
        scene.teller.round()
    assert made is not None
    assert (made.status, made.attempts, made.due_at) == (D.FAILED, 10, None)
    scene.world.pass_time(2 * 24 * 60 * MINUTE)
    scene.world.product()
    scene.tell(scene.events()[-1])
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
    assert [scene.tell(each) for each in scene.events()] == [0] * 4
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
    for _ in range(3):
        scene.world.product()
    scene.world.pass_time(RESCUED_AFTER_MS)
    now = scene.world.now
    assert scene.world.store.take_lease(LEASE, "another", now, now)
    scene.world.pass_time(-1)
    assert scene.teller.round() is None
    scene.world.pass_time(2)
    slow = scene.systems.__call__

    def slowly(postings: Sequence[Posting]) -> list[Outcome]:
        scene.world.pass_time(ROUND_MS)
        return slow(postings)

    scene.teller = replace(scene.teller, post=slowly)
    assert scene.teller.round() == {"attempts": 1}


def test_what_cannot_be_kept_stays_due(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene()
    scene.listens("*")
    scene.world.product()
    scene.world.pass_time(RESCUED_AFTER_MS)
    for error, done in ((Lost("untold"), {}), (StoreUnavailable(), {"failed": 1})):
        with monkeypatch.context() as patch:

            def fails(*_: object, error: Exception = error) -> None:
                raise error

            patch.setattr(scene.world.store, "keep_first_deliveries", fails)
            assert scene.teller.round() == done
    assert scene.teller.round() == {"attempts": 1}


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
    assert scene.teller.round() == {"attempts": 1, "failed": 1}
    assert [posting.headers["webhook-id"] for posting in scene.systems.came] == [sound.id]
    assert scene.teller.round() == {}
    kept = scene.events()[0]
    assert kept.due_at == scene.world.now + PUT_OFF_MS
    scene.teller = replace(scene.teller, show=scene.show)
    scene.systems.answers[endpoint.url] = DOWN
    scene.world.pass_time(PUT_OFF_MS)
    assert scene.teller.round() == {"attempts": 1}
    scene.world.pass_time(2 * MINUTE)
    scene.teller = replace(scene.teller, show=shows)
    assert scene.teller.round() == {"failed": 1}
    made = scene.delivery(poison, endpoint)
    assert made is not None
    assert (made.due_at, made.attempts) == (scene.world.now + PUT_OFF_MS, 1)

    def fails(*_: object) -> None:
        raise Lost("untold")

    scene.world.pass_time(PUT_OFF_MS)
    monkeypatch.setattr(scene.world.store, "put_off", fails)
    assert scene.teller.round() == {"failed": 1}


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
