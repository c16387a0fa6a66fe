"""Chalice's own refusals (405, 415, its 500) in our envelope, so that there is only one."""

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Request, Response

from chalicelib import bootstrap
from chalicelib.web.endpoint import JSON_HEADERS
from chalicelib.web.errors import plain_envelope
from chalicelib.web.sending import Sent


def one_envelope(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: what Chalice answered by itself is told as we tell errors."""
    response = get_response(request)
    body: Any = response.body
    if not (isinstance(body, dict) and set(body) == {"Code", "Message"}):
        return response
    code = "".join(f"_{c.lower()}" if c.isupper() else c for c in body["Code"]).strip("_")
    request_id = f"req_{bootstrap.app().mint.ulid()}"
    told = plain_envelope(code, body["Message"], "Permintaan tidak dapat diproses.", request_id)
    headers = {**response.headers, **JSON_HEADERS, "Request-Id": request_id}
    return Sent(json.dumps(told), headers=headers, status_code=response.status_code)
