"""Chalice's own refusals (405, 415, its 500) in our envelope, so that there is only one."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from chalice.app import Request, Response

from chalicelib import bootstrap
from chalicelib.web.endpoint import JSON_HEADERS
from chalicelib.web.errors import plain_envelope
from chalicelib.web.sending import Sent

NOTHING: Mapping[str, str] = {}


def one_envelope(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: what Chalice answered by itself is told as we tell errors."""
    response = get_response(request)
    body: Any = response.body
    if not (isinstance(body, dict) and set(body) == {"Code", "Message"}):
        return response
    code = "".join(f"_{c.lower()}" if c.isupper() else c for c in body["Code"]).strip("_")
    return own_refusal(code, body["Message"], response.status_code, response.headers)


def own_refusal(code: str, message: str, status: int, headers: Mapping[str, Any] = NOTHING) -> Sent:
    """The answer to a request that no route takes."""
    request_id = f"req_{bootstrap.app().mint.ulid()}"
    told = plain_envelope(code, message, "Permintaan tidak dapat diproses.", request_id)
    given = {**headers, **JSON_HEADERS, "Request-Id": request_id}
    return Sent(json.dumps(told), headers=given, status_code=status)
