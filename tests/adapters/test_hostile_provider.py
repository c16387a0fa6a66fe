"""A provider that means harm, on real sockets: it gets none of our time, memory or trust."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest

from chalicelib.adapters.wooshpay import http as transport
from chalicelib.adapters.wooshpay.client import WooshPay
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.domain.errors import PspError, PspUnavailable
from chalicelib.domain.psp_facts import InDoubt
from tests.builders import a_payment, a_refund, a_tenant

Serve = Callable[[socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
# A connection that the client keeps would make the count of requests below a matter of luck.
LAST = b"Connection: close\r\nContent-Length: "
MEGABYTE = 1024 * 1024


@contextmanager
def provider(serve: Serve) -> Iterator[WooshPay]:
    """A client of a server that treats each connection as `serve` does."""
    with socket.create_server(("127.0.0.1", 0)) as server, transport.http_client() as http:
        server.settimeout(0.1)
        stopping = threading.Event()

        def accept() -> None:
            while not stopping.is_set():
                with suppress(OSError):
                    connection, _ = server.accept()
                    with connection, suppress(OSError):
                        connection.settimeout(5)
                        connection.recv(65_536)
                        serve(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        base = f"http://127.0.0.1:{server.getsockname()[1]}"
        try:
            yield WooshPay(http, base, "sk_test_12345678", a_tenant(), MinorUnits())
        finally:
            stopping.set()
            http.close()
            thread.join()


def test_a_body_without_end_is_cut_off_and_leaves_the_refund_in_doubt() -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(HEAD + b"Content-Length: 1073741824\r\n\r\n")
        while sent < 1024 * MEGABYTE:
            sent += connection.send(b" " * 65_536)

    with provider(endless) as psp:
        began = time.monotonic()
        assert isinstance(psp.refund(a_refund()), InDoubt)
        assert time.monotonic() - began < 5
    assert sent < 64 * MEGABYTE


def test_a_compressed_bomb_is_cut_off_too() -> None:
    bomb = gzip.compress(b" " * (32 * MEGABYTE))

    def explode(connection: socket.socket) -> None:
        head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
        connection.sendall(head + bomb)

    with provider(explode) as psp:
        assert isinstance(psp.refund(a_refund()), InDoubt)


def test_a_slow_drip_ends_when_our_patience_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.5)

    def drip(connection: socket.socket) -> None:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b" ")
            time.sleep(0.05)

    with provider(drip) as psp:
        began = time.monotonic()
        assert isinstance(psp.refund(a_refund()), InDoubt)
        assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\n" + LAST + b"0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + LAST + b"5\r\n\r\n<html",
        b"HTTP/1.1 200 OK\r\n" + LAST + b"50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\n" + LAST + b"2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x00" * 100,
        b"",
    ],
    ids=["redirect", "page", "short", "empty object", "other protocol", "zeros", "nothing"],
)
def test_whatever_it_answers_is_an_error_of_its_own_and_a_refund_in_doubt(answer: bytes) -> None:
    asked = 0

    def say(connection: socket.socket) -> None:
        nonlocal asked
        asked += 1
        connection.sendall(answer)

    with provider(say) as psp:
        assert isinstance(psp.refund(a_refund()), InDoubt)
        with pytest.raises(PspUnavailable):
            psp.create_session(a_payment(), "https://shop.example/", None)
        with pytest.raises(PspError):
            psp.intent("pi_1")
    assert asked == 3  # nothing is tried again behind our back, and no redirect is followed


def test_nobody_listening_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with httpx.Client(trust_env=False, timeout=2) as http:
        psp = WooshPay(
            http, f"http://127.0.0.1:{port}", "sk_test_12345678", a_tenant(), MinorUnits()
        )
        assert psp.refund(a_refund()) == InDoubt("ConnectError")
