"""Webhooks: how they are signed, when they are tried, and the thread that tries them."""

import base64
import hmac
import socket
import ssl
import time
from contextlib import suppress
from hashlib import sha256
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from itertools import accumulate
from threading import Thread
from typing import NamedTuple
from urllib.parse import urlsplit

from sandbox.models import Attempt, Delivery, Endpoint
from sandbox.params import LOOPBACK
from sandbox.state import State

MINUTE, HOUR = 60, 3600
# 2517709 promises 18 deliveries within 72 hours and growing waits; the waits are an assumption.
WAITS = (
    5, 30, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 20 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR,
    4 * HOUR, 5 * HOUR, 6 * HOUR, 8 * HOUR, 10 * HOUR, 14 * HOUR, 17 * HOUR,
)  # fmt: skip
OFFSETS = (0, *accumulate(WAITS))
MAX_ATTEMPTS = len(OFFSETS)


def signing_key(secret: str, encoding: str) -> bytes:
    """The HMAC key that the ``secret_encoding`` switch makes of an endpoint's secret."""
    if encoding == "verbatim":
        return secret.encode()
    bare = secret.removeprefix("whsec_")
    return bare.encode() if encoding == "without_prefix" else base64.b64decode(bare)


def signature(key: bytes, timestamp: int, raw: bytes) -> str:
    """The header of 2653815: hex HMAC-SHA256 of ``t``, a full stop and the raw body."""
    digest = hmac.new(key, f"{timestamp}.".encode() + raw, sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class Job(NamedTuple):
    """One attempt to be made: what, where to, at which instant, and signed how."""

    delivery: Delivery
    endpoint: Endpoint
    at: int
    signature: str


class Deliverer(Thread):
    """Tries what is due, one delivery at a time and in order; also lets timers run out.

    It posts to loopback only: the sandbox never leaves the machine.
    """

    def __init__(self, state: State) -> None:
        super().__init__(name="sandbox-deliveries", daemon=True)
        self._state = state
        self._stopped = False
        self._connection: HTTPConnection | None = None

    def run(self) -> None:
        """Work until :meth:`stop`."""
        state = self._state
        while True:
            with state.lock:
                if self._stopped:
                    return
                job = self._next_job()
            if job is not None:
                self._deliver(job)

    def stop(self) -> None:
        """End the thread; an attempt under way is cut off."""
        with self._state.lock:
            self._stopped = True
            self._state.lock.notify_all()
            sock = self._connection.sock if self._connection else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.join()

    def _next_job(self) -> Job | None:
        """Wait until a delivery is due, and mark it as under way. Needs the lock."""
        state = self._state
        state.run_timers()
        delivery, now = state.next_delivery(), state.now()
        if delivery is None or delivery.due is None or delivery.due > now:
            due = state.next_due()
            state.lock.wait(None if due is None else max(0.0, (due - now) / 1000))
            return None
        delivery.due = None
        state.in_flight += 1
        endpoint = state.endpoints[delivery.endpoint]
        if delivery.first_at is None:
            delivery.first_at = now
        return Job(delivery, endpoint, now, self._signature(delivery, endpoint, now))

    def _signature(self, delivery: Delivery, endpoint: Endpoint, now: int) -> str:
        state = self._state
        timestamp = now if state.switches.timestamp_unit == "ms" else now // 1000
        if delivery.first_signature and not state.switches.resign_each_attempt:
            return delivery.first_signature
        key = signing_key(endpoint.secret, state.switches.secret_encoding)
        signed = signature(key, timestamp, delivery.raw)
        delivery.first_signature = delivery.first_signature or signed
        return signed

    def _deliver(self, job: Job) -> None:
        status, error = None, "the attempt broke off"
        try:
            for _ in range(job.delivery.copies):
                status, error = self._post(job.endpoint.url, job.delivery.raw, job.signature)
        finally:
            self._record(job, status, error)

    def _post(self, url: str, raw: bytes, signed: str) -> tuple[int | None, str]:
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK:
            return None, "not a loopback address"
        limit = self._state.switches.delivery_timeout_seconds
        started = time.monotonic()
        connection = self._connect(parts.scheme, parts.hostname, parts.port, limit)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "WooshPay-Sandbox/1.0",
            "Wooshpay-Signature": signed,
        }
        path = parts.path or "/"
        try:
            connection.request(
                "POST", f"{path}?{parts.query}" if parts.query else path, raw, headers
            )
            status = connection.getresponse().status
        except TimeoutError:
            return None, f"no answer within {limit} s"
        except (OSError, HTTPException, ValueError) as problem:
            return None, f"{type(problem).__name__}: {problem}"
        finally:
            with self._state.lock:
                self._connection = None
            connection.close()
        late = time.monotonic() - started > limit
        return (None, f"no answer within {limit} s") if late else (status, "")

    def _connect(self, scheme: str, host: str, port: int | None, timeout: int) -> HTTPConnection:
        connection = (
            HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
            if scheme == "https"
            else HTTPConnection(host, port, timeout=timeout)
        )
        with self._state.lock:
            self._connection = connection
        return connection

    def _record(self, job: Job, status: int | None, error: str) -> None:
        state, delivery = self._state, job.delivery
        done = status is not None and 200 <= status < 300
        number = len(delivery.attempts) + 1
        with state.lock:
            delivery.attempts.append(Attempt(number, job.at, status, error, job.signature))
            delivery.copies = 1
            delivery.state = "delivered" if done else "failed"
            if delivery.endpoint not in state.endpoints:
                delivery.state = "abandoned"
            elif not done and number < MAX_ATTEMPTS and delivery.first_at is not None:
                state.schedule(delivery, delivery.first_at + OFFSETS[number] * 1000)
            state.in_flight = max(0, state.in_flight - 1)
            state.lock.notify_all()
