"""Webhooks as they travel: real bytes, really signed, tried eighteen times in three days, twice,
late, out of order, or never.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random

from simulator.faults import Faults
from simulator.scheduler import Scheduler
from simulator.shapes import Json
from simulator.switches import HOUR, Switches

MINUTE = 60_000
WAITS = (
    *(15_000, 30_000, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 8 * HOUR, 12 * HOUR, 16 * HOUR, 18 * HOUR),
)
OFFSETS = (0, *accumulate(WAITS))  # the 18 attempts; the last one at 71 h
LOST = 0.1  # of the events, where events get lost at all

Receive = Callable[[str, bytes, str], bool]  # account, body, signature header; whether it was 2xx


@dataclass(eq=False)
class Delivery:
    """One event on its way to one endpoint."""

    account: str
    type: str
    body: bytes
    secret: str
    born: int
    tries: int = 0
    done: bool = False
    header: str = ""


@dataclass(eq=False)
class Deliveries:
    """The provider's post office. `send` starts a delivery as an actor of its own."""

    scheduler: Scheduler
    switches: Switches
    faults: Faults
    random: Random
    secrets: dict[str, tuple[str, ...]]  # by account, one for each endpoint
    send: Callable[[Delivery], None]
    all: list[Delivery] = field(default_factory=list)
    lost: int = 0
    _born: int = 0

    def emit(self, account: str, type: str, shown: Json) -> None:
        """An event of the provider, on its way to each endpoint."""
        self._born += 1
        number, now = self._born, self.scheduler.now
        if self.switches.events_lost and self.faults.on and self.random.random() < LOST:
            self.lost += 1
            self.scheduler.note(f"event {number} {type} gets lost")
            return
        endpoints = self.secrets[account][: 2 if self.switches.two_endpoints else 1]
        for place, secret in enumerate(endpoints):
            own = f"_{place}" if self.switches.id_per_endpoint else ""
            body = json.dumps(
                {
                    "id": f"evt_{number}{own}",
                    "object": "event",
                    "type": type,
                    "created": now,
                    "livemode": False,
                    "data": {"object": shown},
                },
                separators=(",", ":"),
            ).encode()
            delivery = Delivery(account, type, body, secret, now)
            self.all.append(delivery)
            self._schedule(delivery, now + int(self.random.random() * 3_000))

    def attempt(self, delivery: Delivery, receive: Receive) -> None:
        """One attempt, and the next one's date when it was not answered with a 2xx."""
        fault = self.faults.drawn("post", ("delivery lost", "answer to delivery lost"))
        answered = False
        delivery.tries += 1
        if fault != "delivery lost":
            answered = receive(delivery.account, delivery.body, self._signature(delivery))
        if answered and fault is None:
            delivery.done = True

    def after(self, delivery: Delivery) -> None:
        """What the provider does once an attempt has ended, however it did."""
        if delivery.done:
            if self.faults.drawn("post", ("delivered again",)):
                self._schedule(delivery, self.scheduler.now + int(self.random.random() * HOUR))
            return
        now = self.scheduler.now
        later = [delivery.born + offset for offset in OFFSETS if delivery.born + offset > now]
        if later:
            self._schedule(delivery, later[0])
        else:
            self.lost += 1  # the provider gives up

    def _schedule(self, delivery: Delivery, when: int) -> None:
        self.scheduler.at(when, lambda: self.send(delivery))

    def _signature(self, delivery: Delivery) -> str:
        if delivery.header and not self.switches.resigned:
            return delivery.header
        now = self.scheduler.now
        t = str(now // 1000 if self.switches.seconds else now)
        signed = hmac.digest(
            delivery.secret.encode(), t.encode() + b"." + delivery.body, hashlib.sha256
        )
        delivery.header = f"t={t},v1={signed.hex()}"
        return delivery.header
