"""How answers leave: text as it is, a picture's bytes through API Gateway as base64.

API Gateway makes bytes of base64 again only when the first type of the request's Accept is one of
the API's binary types. Browsers ask for text/html or image/avif first and chats for */*, so the
API's only binary type is */* (app.py). Chalice then takes every answer for a binary one, which it
is not: it would refuse text, and refuse whoever sends no Accept.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from chalice.app import CaseInsensitiveMapping, Request, Response


class Sent(Response):
    """A response of which bytes, and nothing else, go out as base64."""

    def to_dict(self, binary_types: Sequence[str] | None = None) -> dict[str, Any]:
        """What a function gives back to API Gateway, whatever the API's binary types are."""
        told: dict[str, Any] = super().to_dict(None)
        if isinstance(self.body, bytes):
            told |= {"body": b64encode(self.body).decode(), "isBase64Encoded": True}
        return told


def accepting(request: Request) -> Request:
    """The request; without an Accept it accepts anything, as HTTP says and Chalice does not."""
    if "accept" not in request.headers:
        request.headers = CaseInsensitiveMapping({**dict(request.headers), "accept": "*/*"})
    return request
