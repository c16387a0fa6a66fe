"""Merchants' systems that are told of events, the queue that wakes their teller, and what must
hold: each change is told of in its own write group, and in the end to everybody who wants it.
"""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item, Put, Write
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.domain.events import Event
from chalicelib.domain.ids import Millis, Tenant, WebhookEndpointId
from chalicelib.domain.webhook_endpoints import ALL_EVENTS, WebhookEndpoint
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.outbox import Poster, Posting, Untold
from simulator.faults import Faults
from simulator.scheduler import Scheduler
from simulator.shops import BEGIN
from simulator.violations import must

WANTED = (
    (ALL_EVENTS,),
    ("payment_intent.succeeded", "refund.updated", "refund.failed"),
)  # by the endpoints of the first shop; the others listen to nothing
LOST = ("hint lost",)
DOWN = ("endpoint down", "endpoint fails", "endpoint hears and is not heard", "teller dies after")
TOLD_AS: Mapping[str, tuple[str, ...]] = {
    "payment.captured": ("payment_intent.succeeded", "checkout.session.completed"),
    "payment.review": ("payment_intent.review_opened",),
    "payment.review_closed": ("payment_intent.review_closed",),
    "payment.dispute": ("payment_intent.dispute_updated",),
    "payment.use_returned": (),
    "refund.reserved": ("refund.created",),
    "refund.posted": ("refund.updated",),
    "refund.voided": ("refund.failed",),
    "refund.reversed": ("refund.failed",),
}
STATUS_AS: Mapping[str, str] = {
    "processing": "payment_intent.processing",
    "failed": "payment_intent.payment_failed",
    "canceled": "payment_intent.canceled",
    "expired": "checkout.session.expired",
}
MAY_COME_WITH = {"payment_intent.review_opened", "payment_intent.review_closed"}


class Listeners(Poster):
    """The endpoints of a world. `heard` counts what has reached each of them."""

    def __init__(self, scheduler: Scheduler, faults: Faults) -> None:
        self._scheduler = scheduler
        self._faults = faults
        self.heard: Counter[tuple[str, str]] = Counter()
        self.goals: Counter[str] = Counter()
        self.endpoints: dict[str, WebhookEndpoint] = {}

    def endpoints_of(self, tenant: Tenant) -> list[WebhookEndpoint]:
        """New endpoints of a shop, one for each way to listen."""
        made = [
            WebhookEndpoint(
                id=WebhookEndpointId(f"we_{tenant.merchant[-4:]}{number}"),
                created=Millis(BEGIN),
                updated=Millis(BEGIN),
                url=f"https://{tenant.merchant}/{number}",
                enabled_events=wanted,
                metadata={},
            )
            for number, wanted in enumerate(WANTED)
        ]
        self.endpoints.update({each.url: each for each in made})
        return made

    def hint(self, untold: Sequence[Untold], wake: Callable[[Untold], None]) -> str | None:
        """The queue takes a hint, and some time later wakes the teller; or it loses it. The story
        that lost it."""
        actor = self._scheduler.current
        story = actor.story if actor else "set up"
        if self._faults.drawn(f"{story} queue", LOST):
            self._scheduler.note("hint lost")
            return story
        for each in untold:
            when = self._scheduler.now + self._faults.between(1, 5_000)
            self._scheduler.at(when, lambda each=each: wake(each))  # type: ignore[misc]
        return None

    def __call__(self, postings: Sequence[Posting]) -> list[Outcome]:
        """What came of each."""
        return [self._post(posting) for posting in postings]

    def _post(self, posting: Posting) -> Outcome:
        self._scheduler.pause("post")
        told: dict[str, Any] = json.loads(posting.body)
        whose = posting.url.split("/")[2]
        must(told["merchant"] == whose, f"Inv-10 {whose} is told of {told['merchant']}'s")
        must(posting.headers["webhook-id"] == told["id"], "Inv-10 an event under another's name")
        fault = self._faults.drawn("post", DOWN)
        if fault == "endpoint down":
            return Outcome(None, "no connection", 5)
        if fault == "endpoint fails":
            return Outcome(500, None, 5)
        self.heard[posting.url, told["id"]] += 1
        if self.heard[posting.url, told["id"]] == 2:
            self.goals["event told twice"] += 1
        if fault == "endpoint hears and is not heard":
            return Outcome(None, "no answer in time", 10_000)
        if fault == "teller dies after":
            self._scheduler.crash("after post")
        return Outcome(200, None, 5)


def shown(event: Event) -> bytes:
    """An event as the endpoints of a world read it."""
    return json.dumps({"id": event.id, "merchant": event.tenant.merchant}).encode()


def unforeseen(untold: Untold, error: Exception) -> None:
    """What could not be told because a call of the store has failed is nothing new; whatever else
    it is, it must be seen."""
    if not isinstance(error, StoreUnavailable):
        raise error


def told_with(group: Sequence[Write], olds: Sequence[Item | None], direct: bool) -> None:
    """Each change of a payment or refund is told as what it is, once, in its own write group."""
    types, entry = set(), None
    for write, old in zip(group, olds, strict=True):
        if not isinstance(write, Put):
            continue
        kind = write.item.get("kind")
        if kind == "event":
            must(old is None, f"Inv-11 {write.item['id']!s} was told before")
            must("ds" in write.item, f"Inv-11 nobody is to tell of {write.item['id']!s}")
            types.add(str(write.item["type"]))
        elif kind == "ledger":
            entry = write.item
    if entry is None:
        return
    needed = _needed(str(entry["entry"]), str(entry["subject"]), types, direct)
    more = types - needed - MAY_COME_WITH
    must(needed <= types and not more, f"Inv-11 {entry['entry']!s} is told as {sorted(types)}")


def _needed(kind: str, subject: str, types: set[str], direct: bool) -> set[str]:
    if kind == "refund.external":  # one that we did not know, or one that was held for dead
        return {"refund.created"} if "refund.created" in types else {"refund.updated"}
    if kind == "payment.status":
        hosted = STATUS_AS.get(subject)
        return {"payment_intent.canceled" if direct and subject == "expired" else str(hosted)}
    needed = set(TOLD_AS[kind])
    return needed - {"checkout.session.completed"} if direct else needed


def all_told(listeners: Listeners, items: Mapping[str, list[Any]]) -> None:
    """Once everything has come to rest, everybody who wants an event has heard of it."""
    for event in items["event"] if listeners.endpoints else ():
        must("ds" not in event, f"Inv-12 {event['id']} is still to be told")
        must(event["pending"] == 0, f"Inv-12 {event['pending']} deliveries of {event['id']}")
        for url, endpoint in listeners.endpoints.items():
            wants = event["merchant"] == url.split("/")[2] and endpoint.wants(event["type"])
            times = listeners.heard[url, event["id"]]
            must(wants is (times > 0), f"Inv-12 {event['type']} was heard {times} times at {url}")
    for delivery in items["event_delivery"]:
        told = f"Inv-12 {delivery['event']} is {delivery['status']} for {delivery['endpoint']}"
        must(delivery["status"] == "delivered", told)
