"""Everything the sandbox knows, in memory and behind one lock."""

import heapq
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from itertools import count
from threading import Condition, RLock
from typing import Any, Protocol, TypeVar

from sandbox.clock import Clock, Ids
from sandbox.errors import Json, missing
from sandbox.faults import Faults
from sandbox.history import History
from sandbox.idempotency import Idempotency
from sandbox.methods import format_money, places_of
from sandbox.models import Delivery, Dispute, Endpoint, Event, Intent, Logged, Refund, Session
from sandbox.switches import Switches

SETTLE_SECONDS = 60.0


class Owned(Protocol):
    """An object that belongs to an account."""

    account: str


T = TypeVar("T", bound=Owned)


class State:
    """The stores, the clock and the timers.

    Hold :meth:`acting` around everything that reads or changes them; it takes the lock and first
    lets happen what is due.
    """

    def __init__(self, base_url: str = "") -> None:
        self.base_url = base_url
        self.lock = Condition(RLock())
        self.clock = Clock()
        self.ids = Ids()
        self.reset()

    def reset(self) -> None:
        """Forget everything and put every switch back; ids are still never handed out twice."""
        with self.lock:
            self.clock.reset()
            self.switches = Switches()
            self.faults = Faults()
            self.idempotency = Idempotency()
            self.sessions: dict[str, Session] = {}
            self.intents: dict[str, Intent] = {}
            self.refunds: dict[str, Refund] = {}
            self.disputes: dict[str, Dispute] = {}
            self.history = History()
            self.endpoints: dict[str, Endpoint] = {}
            self.events: dict[str, Event] = {}
            self.deliveries: dict[str, Delivery] = {}
            self.requests: list[Logged] = []
            self.origin = ("", "")
            self.sequence = count()
            self.in_flight = 0
            self._timers: list[tuple[int, int, Callable[[], None]]] = []
            self._waiting: list[tuple[int, int, Delivery]] = []
            self.lock.notify_all()

    def __getstate__(self) -> dict[str, object]:
        """What another process can go on from: all but planned faults, when no request is under
        way. Timers name functions of ours by `partial`."""
        here = ("lock", "ids", "faults", "sequence")
        kept = {name: value for name, value in vars(self).items() if name not in here}
        return {**kept, "sequence": next(self.sequence)}

    def __setstate__(self, kept: dict[str, Any]) -> None:
        vars(self).update(kept, sequence=count(kept["sequence"]))
        self.lock, self.ids, self.faults = Condition(RLock()), Ids(), Faults()

    @contextmanager
    def acting(self, request_id: str = "", key: str = "") -> Iterator[None]:
        """Hold the lock; events made inside name the request as their origin."""
        with self.lock:
            self.run_timers()
            self.origin = (request_id, key)
            try:
                yield
            finally:
                self.origin = ("", "")
                self.lock.notify_all()

    def now(self) -> int:
        """The sandbox's instant in milliseconds."""
        return self.clock.now()

    def second(self) -> int:
        """The same, cut to the whole second as WooshPay's ``created`` samples are."""
        return self.now() // 1000 * 1000

    def empty(self) -> str | None:
        """What an empty text field holds, by the ``empty_values`` switch."""
        return self.switches.empty_values

    def places(self, currency: str) -> int:
        """Decimal places of ``currency`` as this sandbox counts money."""
        return places_of(currency, self.switches.minor_units)

    def money(self, amount: int, currency: str) -> str:
        """An amount as the hosted page prints it."""
        return format_money(amount, currency, self.places(currency))

    def find(self, store: dict[str, T], account: str, kind: str, identifier: str) -> T:
        """The account's own object; another account's is as absent as one that never was."""
        found = store.get(identifier)
        if found is None or found.account != account:
            raise missing(kind, identifier)
        return found

    def charged_back(self, intent: str) -> bool:
        """Whether a dispute has taken money of this intent away."""
        return any(each.withdrawn for each in self.disputes.values() if each.intent == intent)

    def at(self, due: int, action: Callable[[], None]) -> None:
        """Run ``action`` once the clock has reached ``due``."""
        heapq.heappush(self._timers, (due, next(self.sequence), action))

    def run_timers(self) -> None:
        """Run, in order of time, what is due."""
        while self._timers and self._timers[0][0] <= self.now():
            heapq.heappop(self._timers)[2]()

    def emit(self, account: str, event_type: str, resource: Json) -> None:
        """Record an event and queue it for every endpoint of the account that wants it."""
        wanting = [
            each.id
            for each in self.endpoints.values()
            if each.account == account and each.wants(event_type)
        ]
        split = self.switches.event_id_per_endpoint and len(wanting) > 1
        for endpoints in [[each] for each in wanting] if split else [wanting]:
            event = self._event(account, event_type, resource, endpoints)
            self.events[event.id] = event
            for endpoint in endpoints:
                self.queue(event, endpoint)

    def _event(self, account: str, event_type: str, resource: Json, endpoints: list[str]) -> Event:
        request_id, key = self.origin
        body = {
            "id": self.ids.new("evt"),
            "object": "event",
            "api_version": "1.0.1",
            "created": self.second(),
            "type": event_type,
            "livemode": False,
            "pending_webhooks": len(endpoints),
            "request": {
                "id": request_id or self.empty(),
                "idempotency_key": key or self.empty(),
            },
            "data": {"object": resource},
        }
        frozen: Json = json.loads(json.dumps(body))
        return Event(frozen["id"], account, event_type, frozen, endpoints)

    def queue(self, event: Event, endpoint: str, faulty: bool = True) -> Delivery:
        """Queue ``event`` for one endpoint, unless a webhook fault has other plans for it."""
        raw = json.dumps(event.body, ensure_ascii=False, separators=(",", ":")).encode()
        delivery = Delivery(self.ids.new("dl"), event.id, event.type, endpoint, raw)
        self.deliveries[delivery.id] = delivery
        kind = self.faults.take_webhook(event.type) if faulty else ""
        if kind in {"drop_webhook", "hold_webhook"}:
            delivery.state = "dropped" if kind == "drop_webhook" else "held"
            return delivery
        delivery.copies = 2 if kind else 1
        self.schedule(delivery, self.now())
        return delivery

    def schedule(self, delivery: Delivery, due: int) -> None:
        """Have the delivery tried at ``due``, after those already due then."""
        delivery.due, delivery.state, delivery.order = due, "scheduled", next(self.sequence)
        heapq.heappush(self._waiting, (due, delivery.order, delivery))
        self.lock.notify_all()

    def next_delivery(self) -> Delivery | None:
        """The delivery to be tried next, due or not."""
        while self._waiting:
            due, order, delivery = self._waiting[0]
            if (delivery.due, delivery.order) == (due, order):
                return delivery
            heapq.heappop(self._waiting)
        return None

    def next_due(self) -> int | None:
        """The next instant at which something happens by itself."""
        delivery = self.next_delivery()
        instants = [self._timers[0][0]] if self._timers else []
        if delivery and delivery.due is not None:
            instants.append(delivery.due)
        return min(instants, default=None)

    def settle(self, timeout: float = SETTLE_SECONDS) -> bool:
        """Wait until nothing is due and no delivery is under way; False when time ran out."""
        with self.lock:
            self.run_timers()
            self.lock.notify_all()
            return self.lock.wait_for(self._quiet, timeout)

    def _quiet(self) -> bool:
        due = self.next_due()
        return not self.in_flight and (due is None or due > self.now())

    def advance(self, seconds: int) -> int:
        """Move the clock, stopping at every retry and expiry on the way; the new instant in ms.

        With 0 seconds it only waits for what is due already. Nothing may be sent out of turn: an
        attempt three hours ahead sees a clock three hours ahead.
        """
        target = self.now() + seconds * 1000
        self.settle()
        while True:
            with self.lock:
                due = self.next_due()
                if due is None or due > target:
                    self.clock.move_to(target)
                    break
                self.clock.move_to(due)
            self.settle()
        self.settle()
        return self.now()


def public_key(account: str) -> str:
    """The publishable key that goes with an account's secret key."""
    return "pk_test_" + sha256(account.encode()).hexdigest()[:24]
