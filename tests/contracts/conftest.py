"""What the engine is tested on: the model, moto in the process, ministack over HTTP."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.table import table_definition
from chalicelib.adapters.dynamodb.writes import Engine
from sandbox.server import Server
from simulator.memory_engine import MemoryEngine
from tests.adapters.stored import Groups
from tests.contracts.providers import Fake, Sandboxed, Subject

STARTS = 3  # another process may take the free port first
START_S = 20.0
REGION = "us-east-1"

# ministack ends when its standard input does: however pytest dies, nothing is left running.
MINISTACK = """
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
from ministack.app import main
main()
"""


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_ministack/health", timeout=2):
            return True
    except OSError:
        return False


def _started(folder: str, port: int) -> subprocess.Popen[bytes]:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": folder,
        "TMPDIR": folder,  # where it puts its pid file
        "BIND_HOST": "127.0.0.1",  # it would listen to everybody
        "GATEWAY_PORT": str(port),
        "SERVICES": "dynamodb",
        "LOG_LEVEL": "ERROR",
        "DOCKER_HOST": f"unix://{folder}/none",
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    with open(os.path.join(folder, "log"), "wb") as log:
        return subprocess.Popen(
            [sys.executable, "-c", MINISTACK],
            env=environment,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )


def _stopped(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    server.stdin.close()
    try:
        server.wait(timeout=5)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait(timeout=5)


def _serving(folder: str) -> tuple[subprocess.Popen[bytes], int]:
    for _ in range(STARTS):
        port = free_port()
        server = _started(folder, port)
        until = time.monotonic() + START_S
        while server.poll() is None and time.monotonic() < until:
            if _answers(port):
                return server, port
            time.sleep(0.05)
        _stopped(server)
    with open(os.path.join(folder, "log")) as log:
        raise RuntimeError(f"ministack did not start: {log.read()[-2000:]}")


@pytest.fixture(scope="session")
def ministack() -> Iterator[str]:
    """The endpoint of a ministack of this session (with xdist: of this worker)."""
    with tempfile.TemporaryDirectory(prefix="tautan-ministack-") as folder:
        server, port = _serving(folder)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            _stopped(server)


@pytest.fixture(scope="session")
def ministack_client(ministack: str) -> Iterator[Any]:
    """A client of ministack; one for the session, it is safe to share."""
    client = dynamodb_client(REGION, ministack)
    yield client
    client.close()


@pytest.fixture(scope="session")
def moto_client() -> Iterator[Any]:
    """A client for use inside mock_aws, and nowhere else."""
    client = dynamodb_client(REGION)
    yield client
    client.close()


@dataclass(frozen=True)
class Remote:
    """An emulated DynamoDB with a table of this test's own."""

    name: str
    client: Any
    table: str


_numbers = count()


def _with_table(name: str, client: Any, after: ExitStack) -> Remote:
    table = f"contract-{next(_numbers)}"
    client.create_table(**table_definition(table))
    after.callback(client.delete_table, TableName=table)
    return Remote(name, client, table)


@pytest.fixture
def remote_of(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Remote]]:
    """Makes the emulator of a name ready."""
    with ExitStack() as after:

        def ready(name: str) -> Remote:
            if name == "moto":
                client = request.getfixturevalue("moto_client")
                after.enter_context(mock_aws())
            else:
                client = request.getfixturevalue("ministack_client")
            return _with_table(name, client, after)

        yield ready


@pytest.fixture(params=["moto", "ministack"])
def remote(request: pytest.FixtureRequest, remote_of: Callable[[str], Remote]) -> Remote:
    """Each emulator in turn."""
    return remote_of(request.param)


MOTO_1_IS_TRUE = "moto compares in Python, where 1 == True"
MOTO_TYPES = "moto compares in Python: TypeError where DynamoDB says false"
MINISTACK_SHIFT = "ministack leaves what is no number as it is and reports success"

# What an emulator cannot judge: (subject, test, case) -> why. `case` is "" for a test without.
# These are expected to fail, strictly: an emulator that learns better has its line removed.
CANNOT_JUDGE = {
    ("moto", "test_guard", "equals number, bool"): MOTO_1_IS_TRUE,
    ("moto", "test_guard", "equals bool, number"): MOTO_1_IS_TRUE,
    ("moto", "test_guard", "at least, bool"): MOTO_1_IS_TRUE,
    ("moto", "test_guard", "at least, text"): MOTO_TYPES,
    ("moto", "test_guard", "less than, text"): MOTO_TYPES,
    ("moto", "test_index_key_is_a_text", ""): "moto takes any type for an index key",
    ("moto", "test_refusal_comes_before_a_failed_change", ""): "moto fails at the change first",
    ("ministack", "test_change", "shift text"): MINISTACK_SHIFT,
    ("ministack", "test_change", "count null"): MINISTACK_SHIFT,
    ("ministack", "test_change", "shift bool"): MINISTACK_SHIFT,
    ("ministack", "test_change", "shift null"): MINISTACK_SHIFT,
}


@pytest.fixture(params=["memory", "moto", "ministack"])
def engine(request: pytest.FixtureRequest, remote_of: Callable[[str], Remote]) -> Engine:
    """Each engine in turn, empty."""
    test = request.function.__name__
    case = getattr(request.node.callspec.params.get("case"), "name", "")
    reason = CANNOT_JUDGE.get((request.param, test, case))
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
    if request.param == "memory":
        return MemoryEngine()
    remote = remote_of(request.param)
    return DynamoDBEngine(remote.client, remote.table)


@pytest.fixture
def groups(engine: Engine) -> Groups:
    """Each engine in turn, and what each write group that it took was made of."""
    return Groups(engine)


@pytest.fixture
def store(groups: Groups) -> DynamoDBStore:
    """The store over each engine in turn."""
    return DynamoDBStore(groups)


@pytest.fixture(params=["fake", "sandbox", "sandbox in sen"])
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """Each provider in turn."""
    if request.param == "fake":
        yield Fake()
        return
    server = Server.start(0)
    try:
        sandboxed = Sandboxed(server, 2 if "sen" in request.param else 0)
        yield sandboxed
        sandboxed.http.close()
    finally:
        server.stop()
