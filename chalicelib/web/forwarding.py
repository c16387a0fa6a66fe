"""Refunds are asked for where they may be made: the public function passes the request on.

It goes whole, with the merchant's key, to the function that alone may write what was refunded; the
answer comes back as it is. Without such a function (on one machine) the request is answered here.
"""

import json
from collections.abc import Callable
from typing import Any

from chalice.app import Request, Response

from chalicelib import bootstrap, log
from chalicelib.domain.errors import NotReadyYet
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.web.endpoint import JSON_HEADERS
from chalicelib.web.errors import envelope, retry_after
from chalicelib.web.sending import Sent

ASKED = ("POST", "/v1/refunds")


def refunds_elsewhere(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Middleware: a refund is answered by the function that makes refunds, if there is one."""
    function = bootstrap.app().refund_function
    if function is None or (request.method, request.path) != ASKED:
        return get_response(request)
    try:
        answer = function.answer(request.to_original_event() or {})
    except StoreUnavailable as error:
        return _unknown(error)
    return Sent(answer["body"], headers=_headers(answer), status_code=answer["statusCode"])


def _headers(answer: dict[str, Any]) -> dict[str, str | list[str]]:
    return {**(answer.get("headers") or {}), **(answer.get("multiValueHeaders") or {})}


def _unknown(error: Exception) -> Sent:
    """It may have been made, or not: the same request under the same key finds out."""
    request_id = f"req_{bootstrap.app().mint.ulid()}"
    log.failure(request_id, error)
    told = NotReadyYet(
        "Whether the refund was made is not known yet. Send the same request, with the same "
        "Idempotency-Key or expected_remaining, again."
    )
    return Sent(
        json.dumps(envelope(told, request_id)),
        headers={**JSON_HEADERS, **retry_after(told), "Request-Id": request_id},
        status_code=503,
    )
