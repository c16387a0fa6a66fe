"""One JSON line a request: ids, outcomes, durations. No body, no header, no token, no secret."""

import json
import logging
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

_LOGGER = logging.getLogger("tautan.requests")


def set_up(level: str) -> None:
    """Plain lines to standard output, where Lambda collects them."""
    if not _LOGGER.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(message)s"))
        _LOGGER.addHandler(handler)
        _LOGGER.propagate = False
    _LOGGER.setLevel(level)


def answered(
    request_id: str, route: str, status: int, started: float, noted: Mapping[str, Any]
) -> None:
    """The line of a request; `route` is its method and template, without values, and `started`
    what `time.perf_counter` said when it came."""
    line = {
        "event": "request.answered",
        "request_id": request_id,
        "route": route,
        "status": status,
        "duration_ms": round((time.perf_counter() - started) * 1000, 1),
        **noted,
    }
    _LOGGER.info(json.dumps(line))


def worked(name: str, done: Mapping[str, Any]) -> None:
    """The line of a job that runs by the clock: its name, and how much it did of what."""
    _LOGGER.info(json.dumps({"event": f"{name}.done", **done}))


def failure(request_id: str, error: Exception) -> None:
    """Our own failure: where it happened and its kind. A message may hold values: none is kept."""
    _LOGGER.error(_line("request.failed", request_id, error))


def hint_lost(error: Exception) -> None:
    """An event is told a minute later than it could be."""
    _LOGGER.warning(_line("hint.lost", "hint", error))


def _line(event: str, request_id: str, error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    line = {
        "event": event,
        "request_id": request_id,
        "error": type(error).__name__,
        "at": [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[-6:]],
    }
    return json.dumps(line)
