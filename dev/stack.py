"""All of Tautan on this machine: store, sandbox and API, started and stopped together."""

import errno
import os
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import bootstrap
from chalicelib.adapters import aws
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.table import TableDiffers, ensure_table
from chalicelib.config import ConfigError, settings_from
from dev import api_server, engines, night
from dev.settings import HOST, lead_to_stack

T = TypeVar("T")
ANSWERS_WITHIN_S = 10


class CannotStart(Exception):
    """Why the stack does not start, in one sentence."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to start. Port 0 is any free one; `psp` replaces the sandbox; `kept` is a folder that
    is there, where one run leaves for the next what the engine cannot keep by itself."""

    engine: str = "moto"
    port: int = 0
    sandbox_port: int = 0
    psp: str | None = None
    kept: Path | None = None


class Stack:
    """A running stack; a context manager that stops it."""

    def __init__(self, wanted: Wanted) -> None:
        self._running = ExitStack()
        self.sandbox_remembers = False
        _check_ports(wanted)
        try:
            self._start(wanted)
        except (engines.BadEngine, ConfigError, TableDiffers) as error:
            self.stop()
            raise CannotStart(str(error)) from error
        except BaseException:
            self.stop()
            raise

    def _start(self, wanted: Wanted) -> None:
        addresses = engines.start(wanted.engine, self._running, wanted.kept)
        self.aws_url, self.dynamodb_url = addresses.aws, addresses.dynamodb
        self.sandbox_url = None if wanted.psp else self._sandbox(wanted)
        self.psp_url = wanted.psp or str(self.sandbox_url)
        port = wanted.port or engines.free_port()
        self._settings(f"http://{HOST}:{port}")
        self._make_table(wanted.engine)
        sqs, queue_url = self._make_queue()
        queued = night.start(self._running, sqs, queue_url)
        self.api_url = self._api(port, queued)

    def _sandbox(self, wanted: Wanted) -> str:
        from sandbox.server import Server

        port, kept = wanted.sandbox_port, wanted.kept and wanted.kept / "sandbox"
        server = _listening("SANDBOX_PORT", port, lambda: Server.start(port, kept=kept))
        self._running.callback(server.stop)
        self.sandbox_remembers = server.remembers
        return server.url

    def _settings(self, api_url: str) -> None:
        before = dict(os.environ)
        self._running.callback(_restore, before)
        lead_to_stack(
            os.environ,
            api_url=api_url,
            aws_url=self.aws_url,
            dynamodb_url=self.dynamodb_url,
            psp_url=self.psp_url,
        )
        os.environ.setdefault("TAUTAN_LOG_LEVEL", "ERROR")

    def _make_table(self, engine: str) -> None:
        settings = settings_from(os.environ)
        client = dynamodb_client(settings.region, self.dynamodb_url or self.aws_url)
        try:
            ensure_table(client, settings.table)
        except (BotoCoreError, ClientError, TimeoutError) as error:
            raise CannotStart(f"ENGINE={engine} gives no table: {error}") from error
        finally:
            client.close()

    def _make_queue(self) -> tuple[Any, str]:
        """The queue that an event wakes its teller by, and a client of it."""
        patient = Config(connect_timeout=30, read_timeout=30)
        sqs = aws.client("sqs", settings_from(os.environ).region, self.aws_url, patient)
        self._running.callback(sqs.close)
        url = str(sqs.create_queue(QueueName=bootstrap.event_queue())["QueueUrl"])
        os.environ["TAUTAN_EVENT_QUEUE_URL"] = url
        bootstrap.app.cache_clear()
        return sqs, url

    def _api(self, port: int, queued: Callable[[], None]) -> str:
        from app import app

        url = _listening("PORT", port, lambda: api_server.start(app, port, self._running, queued))
        _wait_for(f"{url}/healthz")
        return url

    def stop(self) -> None:
        """Stop everything, the last started first; again, it does nothing."""
        self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _restore(environment: dict[str, str]) -> None:
    bootstrap.app.cache_clear()
    os.environ.clear()
    os.environ.update(environment)


def _check_ports(wanted: Wanted) -> None:
    """Raises CannotStart when somebody listens on one, before anything is started."""
    ports = {"PORT": wanted.port}
    if wanted.psp is None:
        ports["SANDBOX_PORT"] = wanted.sandbox_port
        if wanted.port == wanted.sandbox_port != 0:
            raise CannotStart(f"PORT and SANDBOX_PORT are both {wanted.port}.")
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            _listening(name, port, partial(probe.bind, (HOST, port)))


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
