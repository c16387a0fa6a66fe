"""What runs by the clock: each function does its work when it is called, and says how much."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from app import app as chalice_app
from chalicelib.adapters.posting import HttpPoster
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import Event
from chalicelib.domain.ids import EventId, Millis, Tenant, WebhookEndpointId
from chalicelib.jobs import deliver, reconcile
from chalicelib.jobs.wall import JobFailed
from chalicelib.usecases.failures import Lost, StoreUnavailable
from chalicelib.usecases.outbox import Posting, Untold
from tests.web.samples import Json
from tests.web.world import Merchant, World

EVENT: dict[str, Any] = {
    "version": "0", "id": "1", "detail-type": "Scheduled Event", "source": "aws.events",
    "account": "1", "time": "2026-11-25T00:00:00Z", "region": "us-east-1", "resources": [],
    "detail": {},
}  # fmt: skip


def ran(name: str, job: Callable[..., Any], caplog: pytest.LogCaptureFixture) -> dict[str, Any]:
    """What the job says it did, which is also the one line of its own."""
    caplog.clear()
    with caplog.at_level("INFO", logger="tautan.requests"):
        told: dict[str, Any] = job(EVENT, None)
    lines = [json.loads(record.message) for record in caplog.records]
    done = f"{name}.done"
    assert [line for line in lines if line["event"] == done] == [{"event": done, "done": told}]
    return told


def test_each_job_does_its_work_and_logs_one_line(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    merchant = world.merchant()
    with world.tidied():
        world.paid(merchant)
        assert (
            ran("sweep", reconcile.reconcile_sweep, caplog) == {}
        )  # what has just begun is not due yet
        audited = ran("audit", reconcile.reconcile_audit, caplog)
        assert (audited["audited"] >= 1, audited["found"]) == (True, 0)
        compared = ran("compare", reconcile.reconcile_compare, caplog)
        assert compared.keys() == {"agreed", "healed", "found", "unreachable"}
        assert (compared["healed"], compared["found"]) == (0, 0)


def test_what_runs_by_the_clock_and_what_by_the_queue() -> None:
    jobs = {each.name: each for each in chalice_app.event_sources}
    assert {name: getattr(job, "schedule_expression", None) for name, job in jobs.items()} == {
        "deliver": None,
        "deliver_again": "rate(1 minute)",
        "reconcile_sweep": "rate(1 minute)",
        "reconcile_compare": "cron(30 19 * * ? *)",
        "reconcile_audit": "cron(0 20 * * ? *)",
    }
    queued = jobs["deliver"]
    assert (queued.queue, queued.batch_size) == ("tautan-dev-events", 10)
    handlers = {each.name: each.handler_string for each in chalice_app.pure_lambda_functions}
    handlers |= {name: job.handler_string for name, job in jobs.items()}
    assert handlers == {
        "webhook": "chalicelib.jobs.webhook.webhook",
        "refund": "chalicelib.jobs.refund.refund",
        "deliver": "chalicelib.jobs.deliver.deliver",
        "deliver_again": "chalicelib.jobs.deliver.deliver_again",
        "reconcile_sweep": "chalicelib.jobs.reconcile.reconcile_sweep",
        "reconcile_compare": "chalicelib.jobs.reconcile.reconcile_compare",
        "reconcile_audit": "chalicelib.jobs.reconcile.reconcile_audit",
    }


# --- merchants are told of events ---------------------------------------------------------------


class Hooked:
    """A merchant with a webhook endpoint, and what was posted to it."""

    def __init__(self, world: World) -> None:
        self.store = world.app.store
        self.merchant: Merchant = world.merchant()
        self.posted: list[str] = []
        self.answer = 200
        body = {"url": "https://hook.example/", "enabled_events": ["product.created"]}
        made = self.merchant.api.post("/v1/webhook_endpoints", body).ok()
        self.endpoint = WebhookEndpointId(made["id"])

    def take(self, _: HttpPoster, postings: Sequence[Posting]) -> list[Outcome]:
        """In place of the way to it."""
        self.posted += [each.headers["webhook-id"] for each in postings]
        return [Outcome(self.answer, None, 1) for _ in postings]

    def happens(self, name: str) -> EventId:
        """Something of which it is to be told."""
        self.merchant.api.post("/v1/products", {"name": name}).ok()
        return EventId(self.merchant.api.get("/v1/events?limit=1").ok()["data"][0]["id"])

    def delivery(self, event: EventId) -> EventDelivery | None:
        return self.store.delivery(self.merchant.tenant, event, self.endpoint)

    def hears(self, *events: EventId) -> None:
        """The queue's function is called with a message for each."""
        messages = [Untold(self.merchant.tenant, event).message() for event in events]
        deliver.deliver(
            {"Records": [record(place, body) for place, body in enumerate(messages)]}, None
        )


def record(place: int, body: str) -> Json:
    """A message as Lambda hands it over."""
    return {
        "messageId": f"m-{place}", "receiptHandle": f"r-{place}", "body": body,
        "attributes": {"ApproximateReceiveCount": "1"}, "messageAttributes": {}, "md5OfBody": "",
        "eventSource": "aws:sqs", "awsRegion": "ap-southeast-3",
        "eventSourceARN": "arn:aws:sqs:ap-southeast-3:123456789012:tautan-dev-events",
    }  # fmt: skip


@pytest.fixture
def hooked(world: World, monkeypatch: pytest.MonkeyPatch) -> Hooked:
    hooked = Hooked(world)
    monkeypatch.setattr(HttpPoster, "__call__", lambda *given: hooked.take(*given))
    return hooked


def test_the_queue_tells_each_event_that_it_hints_at_once(hooked: Hooked) -> None:
    one, other = hooked.happens("apple"), hooked.happens("pear")
    hooked.hears(one, other)
    assert hooked.posted == [one, other]
    for event in (one, other):
        delivery = hooked.delivery(event)
        assert delivery is not None
        assert (delivery.status, delivery.attempts) == (DeliveryStatus.DELIVERED, 1)
    hooked.hears(one, other)  # a queue says everything at least once
    assert hooked.posted == [one, other]


@pytest.mark.parametrize("error", [StoreUnavailable("busy"), KeyError("status")])
def test_one_that_cannot_be_told_comes_again_after_the_others_were_told(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    error: Exception,
) -> None:  # fmt: skip
    one, other = hooked.happens("apple"), hooked.happens("pear")
    found = hooked.store.event

    def failing(tenant: Tenant, id: EventId) -> Event | None:
        if id == one:
            raise error
        return found(tenant, id)

    with monkeypatch.context() as patch, caplog.at_level("INFO", logger="tautan.requests"):
        caplog.clear()
        patch.setattr(hooked.store, "event", failing)
        with pytest.raises(RuntimeError, match=r"^1 events could not be told$"):
            hooked.hears(one, other)
    line, delivered = [json.loads(record.message) for record in caplog.records]
    assert (line["event"], line["event_id"]) == ("event.untold", one)
    assert (line["error"], line["EventsUndelivered"]) == (type(error).__name__, 1)
    assert (delivered["event"], delivered["event_id"]) == ("delivery.delivered", other)
    assert hooked.posted == [other]
    assert hooked.delivery(one) is None
    hooked.hears(one, other)
    assert hooked.posted == [other, one]


def test_one_that_another_has_told_meanwhile_is_told(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = hooked.happens("apple")

    def lost(*_: object) -> None:
        raise Lost("event")

    with monkeypatch.context() as patch:
        patch.setattr(hooked.store, "keep_first_deliveries", lost)
        hooked.hears(event)
    assert hooked.posted == [event]


def test_the_clock_tells_what_the_queue_has_not_and_what_was_not_taken(
    world: World, hooked: Hooked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    event, now = hooked.happens("apple"), world.app.clock()
    waiting = [
        each for each in hooked.store.untold(Millis(now + 60_000), 100) if each.event == event
    ]
    assert waiting == [Untold(hooked.merchant.tenant, event)]
    monkeypatch.setattr(hooked.store, "untold", lambda at, most: waiting)
    hooked.answer = 500
    assert ran("deliver", deliver.deliver_again, caplog) == {"attempts": 1, "failed": 0}
    failed = hooked.delivery(event)
    assert failed is not None
    assert (failed.status, failed.attempts) == (DeliveryStatus.PENDING, 1)
    assert ran("deliver", deliver.deliver_again, caplog) == {"attempts": 0, "failed": 0}
    assert hooked.posted == [event]
    monkeypatch.setattr(hooked.store, "take_lease", lambda *_: False)
    assert ran("deliver", deliver.deliver_again, caplog) == {}


def test_a_job_that_fails_tells_its_kind_and_place_and_no_values(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("kenari")

    monkeypatch.setattr(world.app.store, "take_lease", broken)
    caplog.clear()
    with pytest.raises(JobFailed, match=r"^reconcile_sweep$") as failed:
        reconcile.reconcile_sweep(EVENT, None)
    assert failed.value.__suppress_context__
    (line,) = [json.loads(record.message) for record in caplog.records]
    assert (line["event"], line["job"]) == ("job.failed", "reconcile_sweep")
    assert line["error"] == "KeyError"
    assert "kenari" not in caplog.text
