"""The API on this machine: Chalice's own local server, with its rough edges taken off."""

import json
import re
from collections.abc import Callable
from contextlib import ExitStack, suppress
from http.server import HTTPServer
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    CustomLocalChalice,
    LocalChalice,
    LocalDevServer,
    LocalGatewayException,
)

from chalicelib.web.errors import plain_envelope
from dev.serving import Closing, serve
from dev.settings import HOST

LARGEST_BODY = 10 * 1024 * 1024  # API Gateway's limit
_LENGTH = re.compile(r"[0-9]{1,12}", re.ASCII)


class _Unreadable(ConnectionError):
    """The request's end cannot be known, so the connection cannot be used any more."""


class Handler(ChaliceRequestHandler):
    """Quiet, patient for a minute, strict about a body's length, bodiless in answer to HEAD."""

    timeout = 60
    disable_nagle_algorithm = True  # head and body are two writes, and the second would wait 40 ms

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the application logs each request itself."""

    def handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def do_TRACE(self) -> None:  # noqa: N802 - as http.server names it
        """As any method that a path has not: 405 from the application."""
        self._generic_handle()

    do_QUERY = do_TRACE  # noqa: N815

    def _generic_handle(self) -> None:
        super()._generic_handle()
        if self.command not in ("GET", "HEAD"):
            self.server.changed()

    def _parse_payload(self) -> tuple[dict[str, str], bytes | None]:
        lengths = set(self.headers.get_all("content-length", ["0"]))
        if "transfer-encoding" in self.headers:
            self._refuse(411)
        if len(lengths) != 1 or not _LENGTH.fullmatch(length := lengths.pop()):
            self._refuse(400)
        if int(length) > LARGEST_BODY:
            self._refuse(413)
        headers, body = super()._parse_payload()
        if len(body or b"") != int(length):
            raise _Unreadable("the client left in the middle of its body")
        return headers, body

    def _send_error_response(self, error: LocalGatewayException) -> None:
        """A path without a route: 404 in our words, where Chalice repeats the caller's key."""
        told = plain_envelope(
            "route_unknown", "There is nothing at this path.", "Halaman tidak ditemukan.", ""
        )
        headers = {"Content-Type": "application/json"}
        self._send_http_response(404, headers, json.dumps(told))

    def _refuse(self, status: int) -> None:
        self.send_error(status)
        raise _Unreadable(f"answered {status}")

    def _send_http_response_with_body(
        self, code: int, headers: dict[str, Any], body: str | bytes
    ) -> None:
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        size = len(body if isinstance(body, bytes) else body.encode())
        self.send_response(code)
        self._send_headers({**headers, "Content-Length": str(size)})


class _Server(Closing, HTTPServer):
    """Threaded: a browser keeps its connections. `changed` is called after each request that is
    more than a look."""

    changed: Callable[[], None]


def start(app: Chalice, port: int, stack: ExitStack, changed: Callable[[], None]) -> str:
    """Serve `app` in the background until `stack` closes; its address. `changed` is called after
    each request that is more than a look.

    Raises OSError when the port is taken.
    """
    _make_local(app)
    config = Config.create(lambda_timeout=25)
    local = LocalDevServer(app, config, HOST, port, handler_cls=Handler, server_cls=_Server)
    local.server.changed = changed
    serve(local.server, stack)
    return f"http://{HOST}:{local.server.server_address[1]}"


def _make_local(app: Chalice) -> None:
    """As `chalice local` does: each thread has a current request of its own."""
    if not isinstance(app, LocalChalice):
        CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
        app.__class__ = CustomLocalChalice
