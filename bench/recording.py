"""What operations ask of the world and what it answers: recorded once, over moto and the sandbox.

A measurement is done in another process, over a stub that answers the same: moto's own work, and
what it leaves behind in botocore, are in no measured time.
"""

import hmac
import json
import time
from base64 import b64decode
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from hashlib import sha256
from multiprocessing import get_context
from typing import Any

from bench.meter import Call
from bench.sizes import Image
from bench.units import Units

SIGNATURE = "wooshpay-signature"
SIX = ("create link", "open", "pay", "webhook", "refund", "list 25")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to the provider, and its answer."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    status: int
    answer: bytes


@dataclass(frozen=True, slots=True)
class Operation:
    """One request: its event, what it called, in order, and the lines that it logged."""

    name: str
    event: Mapping[str, Any]
    calls: Sequence[Call]
    asked: Sequence[Asked]
    logged: Sequence[str]
    answered: int = 0  # bytes of the answer's body
    stored: Sequence[Image] = ()  # the whole table, before
    status: int = 200  # that it is answered with
    secret: str | None = None  # what signs the event's body

    @property
    def units(self) -> Units:
        """Of all its DynamoDB calls."""
        return sum((call.units for call in self.calls), start=Units())

    @property
    def events_told(self) -> int:
        """How many events it hints at."""
        batches = [json.loads(call.request) for call in self.calls if call.service == "sqs"]
        return sum(len(batch["Entries"]) for batch in batches)

    def now(self) -> dict[str, Any]:
        """The event as it comes at this moment: a signature has its time."""
        event = deepcopy(dict(self.event))
        if self.secret is not None:
            at = str(int(time.time()))
            signed = at.encode() + b"." + b64decode(event["body"])
            mac = hmac.digest(self.secret.encode(), signed, sha256).hex()
            event["headers"][SIGNATURE] = f"t={at},v1={mac}"
        return event


@dataclass(frozen=True, slots=True)
class Recording:
    """The operations by name, and every call that was made meanwhile."""

    operations: Mapping[str, Operation]
    calls: Sequence[Call]
    asked: Sequence[Asked]
    provider: str  # its address then


def recorded() -> Recording:
    """A recording made in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_record).result()


def _record() -> Recording:
    from bench.stage import record

    return record()
