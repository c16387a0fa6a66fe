"""The API on this machine: Chalice's own local server, with its rough edges taken off."""

from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import Any

from chalice.app import Chalice
from chalice.config import Config
from chalice.local import (
    ChaliceRequestHandler,
    CustomLocalChalice,
    LocalChalice,
    LocalDevServer,
)

LARGEST_REQUEST = 10 * 1024 * 1024  # API Gateway's limit


class Handler(ChaliceRequestHandler):
    """Quiet, patient for a minute, and without a body in the answer to HEAD."""

    timeout = 60

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the application logs each request itself."""

    def handle(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            super().handle()

    def _parse_payload(self) -> tuple[dict[str, str], bytes | None]:
        length = self.headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit() or int(length) > LARGEST_REQUEST:
            self.close_connection = True
            self.send_error(413)
            raise ConnectionError("a body that API Gateway would not take")
        headers, body = super()._parse_payload()
        return headers, body

    def _send_http_response_with_body(
        self, code: int, headers: dict[str, Any], body: str | bytes
    ) -> None:
        if self.command != "HEAD":
            super()._send_http_response_with_body(code, headers, body)
            return
        self.send_response(code)
        self._send_headers({**headers, "Content-Length": "0"})


def start(app: Chalice, host: str, port: int) -> tuple[str, Callable[[], None]]:
    """Serve `app` in the background; its address, and how to stop it.

    Raises OSError when the port is taken.
    """
    _make_local(app)
    config = Config.create(lambda_timeout=25)
    inner = LocalDevServer(app, config, host, port, handler_cls=Handler).server
    thread = Thread(target=inner.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()

    def stop() -> None:
        inner.shutdown()
        thread.join()
        inner.server_close()

    return f"http://{host}:{inner.server_address[1]}", stop


def _make_local(app: Chalice) -> None:
    """As `chalice local` does: each thread has a current request of its own."""
    if not isinstance(app, LocalChalice):
        CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
        app.__class__ = CustomLocalChalice
