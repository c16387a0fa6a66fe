"""The stack in this process: what a client may do to its API, and what is left when it stops."""

import os
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from chalicelib import bootstrap
from dev.merchant import open_shop
from dev.stack import CannotStart, Stack, Wanted

HEAD = b"POST /v1/products HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def local() -> Iterator[Stack]:
    with Stack(Wanted()) as running:
        yield running


def answer_to(local: Stack, sent: bytes) -> bytes:
    """All that comes back before the server hangs up."""
    port = urlsplit(local.api_url).port
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"\x16\x03\x01\x00\xa5\r\n\r\n", b"<!DOCTYPE HTML>"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"HTTP/1.1 400"),
        (HEAD + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", b"HTTP/1.1 400"),
        (HEAD + b"Content-Length: 2\r\nContent-Length: 0\r\n\r\n{}", b"HTTP/1.1 400"),
        (HEAD + b"Content-Length: 10485761\r\n\r\n", b"HTTP/1.1 413"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", b"HTTP/1.1 411"),
        (HEAD + b"Content-Length: 10\r\n\r\n{}", b""),
    ],
    ids=["TLS", "negative", "long", "twice", "large", "chunked", "cut off"],
)
def test_a_malformed_request_is_refused_in_silence(
    local: Stack, sent: bytes, answer: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert answer_to(local, sent).startswith(answer)
    assert capfd.readouterr() == ("", "")
    assert httpx.get(f"{local.api_url}/healthz", trust_env=False).status_code == 200


def test_one_connection_serves_many_requests_also_after_head(local: Stack) -> None:
    with httpx.Client(base_url=local.api_url, trust_env=False) as http:
        page = http.get("/l/x")
        head = http.head("/l/x")
        assert (head.status_code, head.content) == (page.status_code, b"")
        assert head.headers["content-length"] == str(len(page.content))
        assert http.get("/healthz").json()["status"] == "ok"


def test_stopping_leaves_no_thread_no_listener_and_no_setting() -> None:
    before, threads = dict(os.environ), set(threading.enumerate())
    with Stack(Wanted()) as running, httpx.Client(trust_env=False) as kept_alive:
        assert kept_alive.get(f"{running.api_url}/healthz").status_code == 200
        running.stop()
        with pytest.raises(httpx.TransportError):
            kept_alive.get(f"{running.api_url}/healthz")
    assert set(threading.enumerate()) <= threads
    assert dict(os.environ) == before


def test_a_busy_port_is_told_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        threads = set(threading.enumerate())
        with pytest.raises(CannotStart, match=rf"^Port {port} is taken .* SANDBOX_PORT=…$"):
            Stack(Wanted(sandbox_port=port))
        assert set(threading.enumerate()) <= threads


def test_a_second_stack_in_this_process_has_nothing_of_the_first() -> None:
    with Stack(Wanted()):
        open_shop()
        assert list(bootstrap.app().night.tenants()) != []
    with Stack(Wanted()):
        assert list(bootstrap.app().night.tenants()) == []
