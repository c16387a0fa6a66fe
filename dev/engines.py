"""Where the store and the parameters are: moto in this process, ministack, or elsewhere."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import urlsplit

import httpx
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler

from dev.serving import Closing, serve
from dev.settings import HOST

STARTS_WITHIN_S = 30
ENDS_WITHIN_S = 20

# ministack ends when its standard input does: however we die, nothing is left running. A signal
# lets it write down what it keeps; one that keeps nothing need not be waited for.
MINISTACK = """
import os, signal, sys, threading
def end():
    sys.stdin.buffer.read()
    if os.environ["PERSIST_STATE"] == "0":
        os._exit(0)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=end, daemon=True).start()
from ministack.app import main
main()
"""


class BadEngine(Exception):
    """ENGINE names no engine, or one that does not start."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where AWS is, and DynamoDB when it is not there."""

    aws: str
    dynamodb: str | None = None


def start(engine: str, stack: ExitStack, kept: Path | None = None) -> Addresses:
    """Start what `engine` names; `stack` stops it again. Raises BadEngine.

    What is in the folder `kept` is gone on from, and what is known at the end is kept there.
    """
    if engine == "moto":
        return Addresses(_moto(stack))
    if engine == "ministack":
        return Addresses(_ministack(stack, kept))
    if is_address(engine):
        # Any DynamoDB. The parameters need a place as well, which not every emulator has.
        aws = _ministack(stack, kept) if kept else _moto(stack)
        return Addresses(aws, engine.rstrip("/"))
    raise BadEngine(f"ENGINE is moto, ministack or an http address, not '{engine}'.")


def is_address(text: str) -> bool:
    """Whether this is where a DynamoDB may be."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, brackets that do not close
        return False


def free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class OneAtATime:
    """moto is not safe under threads, so its server takes one request at a time; `lock` is held by
    whoever else touches what it keeps."""

    lock: ClassVar = Lock()

    def __init__(self, app: Callable[..., Iterable[bytes]]) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with self.lock:
            return list(self._app(environ, start_response))


class Quiet(WSGIRequestHandler):
    """The store's requests are nobody's news."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


class _Moto(Closing, BaseWSGIServer):
    """Threaded, so that a connection kept alive does not keep the others waiting."""

    multithread = True


def _moto(stack: ExitStack) -> str:
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    dispatcher = OneAtATime(DomainDispatcherApplication(create_backend_app))
    server = _Moto(HOST, 0, dispatcher, handler=Quiet)
    serve(server, stack)
    url = f"http://{HOST}:{server.server_port}"
    # Its table is the process's, not the server's: what an earlier stack sold is still in it.
    httpx.post(f"{url}/moto-api/reset", trust_env=False).raise_for_status()
    return url


def _ministack(stack: ExitStack, kept: Path | None) -> str:
    port = free_port()
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="tautan-ministack-"))
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "TMPDIR": folder,
        "BIND_HOST": HOST,  # it would listen to everybody
        "GATEWAY_PORT": str(port),
        "SERVICES": "dynamodb,ssm,sqs",
        "PERSIST_STATE": "1" if kept else "0",
        "STATE_DIR": str((kept or Path(folder)).resolve()),
        "LOG_LEVEL": "ERROR",
        "DOCKER_HOST": f"unix://{folder}/none",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    child = subprocess.Popen(
        [sys.executable, "-c", MINISTACK],
        env=environment,
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us, and we stop it
    )
    stack.callback(_stop, child)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while child.poll() is None and time.monotonic() < deadline:
        if _answers(f"http://{HOST}:{port}/_ministack/health"):
            return f"http://{HOST}:{port}"
        time.sleep(0.05)
    raise BadEngine("ministack did not start.")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


def _stop(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
