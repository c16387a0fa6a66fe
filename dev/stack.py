"""All of Tautan on this machine: store, sandbox and API, started and stopped together."""

import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self, TypeVar

import httpx

from dev import api_server, engines
from dev.engines import HOST

T = TypeVar("T")
REGION = "ap-southeast-3"
TABLE = "tautan-dev"
ANSWERS_WITHIN_S = 10


class CannotStart(Exception):
    """Why the stack does not start, in one sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start. Port 0 is any free one; `psp` replaces the sandbox."""

    engine: str = "moto"
    port: int = 0
    sandbox_port: int = 0
    psp: str | None = None


class Stack:
    """A running stack; a context manager that stops it."""

    def __init__(self, wanted: Wanted) -> None:
        self._running = ExitStack()
        self._before = dict(os.environ)
        _check_port("PORT", wanted.port)
        if wanted.psp is None:
            _check_port("SANDBOX_PORT", wanted.sandbox_port)
        try:
            self._start(wanted)
        except BaseException:
            self.stop()
            raise

    def _start(self, wanted: Wanted) -> None:
        try:
            addresses = engines.start(wanted.engine, self._running)
        except engines.BadEngine as error:
            raise CannotStart(str(error)) from error
        self.aws_url, self.dynamodb_url = addresses.aws, addresses.dynamodb
        self.sandbox_url = None if wanted.psp else self._sandbox(wanted.sandbox_port)
        self.psp_url = wanted.psp or self.sandbox_url
        port = wanted.port or engines.free_port()
        self._settings(f"http://{HOST}:{port}")
        self._make_table()
        self.api_url = self._api(port)

    def _sandbox(self, port: int) -> str:
        from sandbox.server import Server

        server = _listening("SANDBOX_PORT", port, lambda: Server.start(port))
        self._running.callback(server.stop)
        return server.url

    def _settings(self, public_url: str) -> None:
        os.environ.update(
            AWS_ACCESS_KEY_ID="local",
            AWS_SECRET_ACCESS_KEY="local",  # noqa: S106 - opens nothing
            AWS_DEFAULT_REGION=REGION,
            AWS_EC2_METADATA_DISABLED="true",
            AWS_ENDPOINT_URL=self.aws_url,
            TAUTAN_TABLE=TABLE,
            TAUTAN_PUBLIC_URL=public_url,
            TAUTAN_STAGE="dev",
            TAUTAN_LOG_LEVEL=self._before.get("TAUTAN_LOG_LEVEL", "WARNING"),
            WOOSHPAY_API_BASE=str(self.psp_url),
        )
        os.environ.pop("AWS_ENDPOINT_URL_DYNAMODB", None)
        if self.dynamodb_url is not None:
            os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = self.dynamodb_url
        self._running.callback(self._restore)

    def _restore(self) -> None:
        from chalicelib import bootstrap

        bootstrap.app.cache_clear()
        os.environ.clear()
        os.environ.update(self._before)

    def _make_table(self) -> None:
        from chalicelib.adapters.dynamodb.client import dynamodb_client
        from chalicelib.adapters.dynamodb.table import ensure_table

        client = dynamodb_client(REGION, self.dynamodb_url or self.aws_url)
        ensure_table(client, TABLE)
        client.close()

    def _api(self, port: int) -> str:
        from app import app
        from chalicelib import bootstrap

        bootstrap.app.cache_clear()
        url, stop = _listening("PORT", port, lambda: api_server.start(app, HOST, port))
        self._running.callback(stop)
        _wait_for(f"{url}/healthz")
        return url

    def stop(self) -> None:
        """Stop everything, the last started first; again, it does nothing."""
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _check_port(name: str, port: int) -> None:
    """Raises CannotStart when somebody listens there, before anything is started."""
    if port == 0:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _listening(name, port, lambda: probe.bind((HOST, port)))


def _listening(name: str, port: int, start: Callable[[], T]) -> T:
    try:
        return start()
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        raise CannotStart(
            f"Port {port} is taken (or not ours to take). Choose another one with {name}=…"
        ) from error


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    with httpx.Client(trust_env=False, timeout=5) as client:
        while True:
            try:
                answer = client.get(url)
                answer.raise_for_status()
                return
            except httpx.HTTPError as error:
                if time.monotonic() > deadline:
                    raise CannotStart(f"The API does not answer: {error}") from error
                time.sleep(0.05)
