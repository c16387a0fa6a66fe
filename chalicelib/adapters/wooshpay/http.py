"""One request to WooshPay and its answer: no redirects, bounded in time and size.

One HTTP client serves the process (a new one loads the CA bundle, 15 ms); the key comes with each
call.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import ValidationError

from chalicelib.adapters.wooshpay.payloads import ErrorShape
from chalicelib.domain.strict_json import LARGEST_BODY, NotStrictJson, parse_object

CONNECT_SECONDS, READ_SECONDS = 3, 8
LONGEST_PAUSE_S = 3_600


def http_client() -> httpx.Client:
    """The process's one HTTP client; it follows no redirect and ignores proxies of the machine."""
    return httpx.Client(
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "User-Agent": "tautan"},
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status and the JSON object, None when it was none."""

    status: int
    body: dict[str, Any] | None
    retry_after_ms: int = 0  # as long as the provider wants to be left alone

    @property
    def ok(self) -> bool:
        """Whether the provider says that it did it."""
        return 200 <= self.status < 300

    @property
    def error(self) -> Mapping[str, str | None]:
        """The error object, whether nested under `error` or at the top (page 1763752)."""
        body = self.body or {}
        inner = body.get("error")
        try:
            return ErrorShape.model_validate(
                inner if isinstance(inner, dict) else body
            ).model_dump()
        except ValidationError:
            return {}


class NoAnswer(Exception):
    """The request may or may not have arrived; what came back, if anything, was no answer."""


def asked(
    http: httpx.Client,
    key: str,
    method: str,
    url: str,
    *,
    body: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
) -> Answer:
    """The answer to one request; raises NoAnswer."""
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    try:
        with http.stream(method, url, json=body, auth=(key, ""), headers=headers) as response:
            return Answer(response.status_code, _read(response), _pause(response))
    except httpx.HTTPError as error:
        raise NoAnswer(type(error).__name__) from error


def _pause(response: httpx.Response) -> int:
    """`Retry-After` in milliseconds, within reason; as a date it is not read."""
    text = response.headers.get("retry-after", "")
    seconds = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0
    return min(seconds, LONGEST_PAUSE_S) * 1000


def _read(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that came back; None for anything else, too much, or a drip too slow."""
    text, until = bytearray(), time.monotonic() + READ_SECONDS
    for chunk in response.iter_bytes():
        text += chunk
        if len(text) > LARGEST_BODY or time.monotonic() > until:
            return None
    try:
        return parse_object(bytes(text))
    except NotStrictJson:
        return None
