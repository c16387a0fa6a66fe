"""One JSON line a request and a stroke: ids, outcomes, durations. No body, no header, no token, no
secret: only the fields that are listed here leave the process.

A line's `event` is `noun.verb`. Metrics ride on the lines that are there anyhow (emf.py).
"""

import json
import logging
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypedDict, Unpack

from chalicelib.emf import NONE, Metric, Values, embedded

_LOGGER = logging.getLogger("tautan.requests")
_REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
_DOOR = "/webhooks/wooshpay/"
_LONGEST = 200
_encoded = json.JSONEncoder(separators=(",", ":")).encode


class Fields(TypedDict, total=False):
    """What a line may say. Names of things are ids; an id that opens something (a slug, a token, a
    client secret) is none of them."""

    request_id: str | None
    route: str  # method and template, never the path
    status: int
    duration_ms: float
    merchant: str
    livemode: bool
    outcome: str
    error: str  # a code of ours, or a kind of exception
    replayed: bool
    unlogged: int  # how many lines like this one were left out before it
    session: str
    payment_link: str
    payment_intent: str
    refund: str
    discrepancy: str
    event_id: str
    webhook_endpoint: str
    psp_event: str
    psp_intent: str
    psp_refund: str
    call: str  # of the provider: method and template
    about: str  # whose idempotency key, or the id that was asked for
    type: str  # of an event
    visitor: str
    preview_of: str
    job: str
    done: Mapping[str, int]
    at: list[str]
    version: str
    lag_ms: int  # how old a webhook was; told as the metric


_LISTED = frozenset(Fields.__annotations__) - {"lag_ms"}


class Sampled:
    """A flood of strangers costs a few lines: of each kind that many in a window are told, and the
    next one that is told says how many were not."""

    def __init__(self, most: int = 20, window_s: float = 10) -> None:
        self._most = most
        self._window_s = window_s
        self._seen: dict[str, tuple[float, int, int]] = {}

    def left_out(self, kind: str, now_s: float) -> int | None:
        """How many were left out before this one; None when it is to be left out itself."""
        since, told, untold = self._seen.get(kind, (now_s, 0, 0))
        if now_s - since >= self._window_s:
            since, told = now_s, 0
        if told >= self._most:
            self._seen[kind] = (since, told, untold + 1)
            return None
        self._seen[kind] = (since, told + 1, 0)
        return untold


_STRANGERS = frozenset({"signature_invalid", "api_key_missing", "api_key_invalid"})
_stage, _strangers = "", Sampled()


def set_up(level: str, stage: str) -> None:
    """Plain lines to standard output, where Lambda collects them."""
    global _stage, _strangers
    _stage, _strangers = stage, Sampled()
    if not _LOGGER.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        _LOGGER.addHandler(handler)
        _LOGGER.propagate = False
    _LOGGER.setLevel(level)


@contextmanager
def request(id: str) -> Iterator[None]:
    """What is said inside belongs to this request."""
    token = _REQUEST.set(id)
    try:
        yield
    finally:
        _REQUEST.reset(token)


def line(
    event: str, metrics: Values = NONE, counted_as: str | None = None, **fields: Unpack[Fields]
) -> None:
    """One line; `counted_as` is the status or outcome under which a payment or refund counts."""
    _say(logging.INFO, event, fields, metrics, counted_as)


def answered(route: str, status: int, started: float, noted: Fields) -> None:
    """The line of a request; `route` is its method and template, without values, `started` what
    `time.perf_counter` said when it came."""
    error, left_out = noted.get("error"), 0
    if error in _STRANGERS:
        unsaid = _strangers.left_out(str(error), started)
        if unsaid is None:
            return
        left_out = unsaid
    fields: Fields = {
        "route": route,
        "status": status,
        "duration_ms": round((time.perf_counter() - started) * 1000, 1),
        **noted,
    }
    if left_out:
        fields["unlogged"] = left_out
    metrics = _of_door(status, 1 + left_out, noted.get("lag_ms")) if _DOOR in route else NONE
    _say(logging.INFO, "request.answered", fields, metrics)


def _of_door(status: int, times: int, lag_ms: int | None) -> Values:
    """What the answer to a webhook counts for."""
    metrics: dict[Metric, float] = {} if lag_ms is None else {Metric.WEBHOOK_LAG: lag_ms}
    if status >= 400:
        metrics[Metric.WEBHOOK_ERRORS if status >= 500 else Metric.WEBHOOK_REFUSED] = times
    return metrics


def worked(name: str, done: Mapping[str, int]) -> None:
    """The line of a job that runs by the clock: its name, and how much it did of what."""
    _say(logging.INFO, f"{name}.done", {"done": done}, NONE)


def failure(request_id: str, error: Exception) -> None:
    """Our own failure: where it happened and its kind. A message may hold values: none is kept."""
    _say(logging.ERROR, "request.failed", {"request_id": request_id, **_kind(error)}, NONE)


def job_failed(job: str, error: Exception) -> None:
    """The same of a job, by its name."""
    _say(logging.ERROR, "job.failed", {"job": job, **_kind(error)}, NONE)


def untold(event_id: str, error: Exception) -> None:
    """An event that we could not tell; it comes again."""
    fields: Fields = {"event_id": event_id, **_kind(error)}
    _say(logging.ERROR, "event.untold", fields, {Metric.EVENTS_UNDELIVERED: 1})


def hint_lost(error: Exception) -> None:
    """An event is told a minute later than it could be."""
    _say(logging.WARNING, "hint.lost", _kind(error), NONE)


def _kind(error: Exception) -> Fields:
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-6:]]
    return {"error": type(error).__name__, "at": at}


def _say(
    level: int, event: str, fields: Fields, metrics: Values, counted_as: str | None = None
) -> None:
    """The one way out. What is not listed stays here: mypy refuses it, and a caller that mypy has
    not seen loses it rather than the request."""
    if not _LOGGER.isEnabledFor(level):
        return
    told: dict[str, Any] = {"event": event}
    request_id = _REQUEST.get()
    if request_id is not None:
        told["request_id"] = request_id
    for name, value in fields.items():
        if value is not None and name in _LISTED:
            told[name] = value[:_LONGEST] if isinstance(value, str) else value
    if metrics:
        told |= embedded(_stage, time.time_ns() // 1_000_000, metrics, counted_as)
    _LOGGER.log(level, _encoded(told))
