"""Merchants' systems that answer anyhow, on real sockets: what is told of it, and how soon."""

import re
import socket
import threading
import time
from dataclasses import replace

import pytest

from chalicelib.adapters import posting as adapter
from chalicelib.adapters.posting import HttpPoster
from chalicelib.domain.event_deliveries import Outcome
from tests.adapters.listening import BODY, Serve, answering, listening, posting, request_on

POST = HttpPoster(private=True)
SOON_S = 0.3


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it has to be over soon."""
    monkeypatch.setattr(adapter, "LONGEST_S", SOON_S)


def outcome_at(serve: Serve) -> Outcome:
    """What comes of an event that is posted there."""
    with listening(serve) as port:
        (outcome,) = POST([posting(port)])
    return outcome


def said(outcome: Outcome) -> tuple[int | None, str | None]:
    """All of it but the time."""
    return outcome.status, outcome.error


def test_the_request_is_what_was_to_be_posted_and_one_connection_is_one_request() -> None:
    heard: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heard.append(request_on(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        heard.append(connection.recv(1))

    with listening(serve) as port:
        (outcome,) = POST([posting(port)])
    assert said(outcome) == (204, None)
    assert 0 <= outcome.took_ms < 5_000
    assert outcome.delivered
    head = [
        b"POST /hook?a=b HTTP/1.1", b"Host: 127.0.0.1:%d" % port,
        b"Content-Length: %d" % len(BODY), b"webhook-id: evt_1", b"Accept: */*",
        b"Connection: close",
    ]  # fmt: skip
    request, after = heard
    assert sorted(request.split(b"\r\n\r\n")[0].split(b"\r\n")) == sorted(head)
    assert request.endswith(b"\r\n\r\n" + BODY)
    assert after == b""


@pytest.mark.parametrize("status", [200, 201, 299, 400, 401, 404, 410, 429, 500, 503, 599, 999])
def test_its_status_is_told(status: int) -> None:
    outcome = outcome_at(answering(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status))
    assert said(outcome) == (status, None)
    assert outcome.delivered is (200 <= status < 300)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_it_sends_us_nowhere_else(status: int) -> None:
    reached: list[bytes] = []

    def elsewhere(connection: socket.socket) -> None:
        reached.append(connection.recv(1))

    with listening(elsewhere) as port:
        to = b"HTTP/1.1 %d X\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n"
        outcome = outcome_at(answering(to % (status, port)))
    assert (said(outcome), outcome.delivered) == ((status, None), False)
    assert reached == []


def test_its_body_is_not_read_however_long_it_is() -> None:
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        request_on(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            sent += connection.send(b"10000\r\n" + b" " * 65_536 + b"\r\n")

    outcome = outcome_at(endless)
    assert said(outcome) == (200, None)
    assert outcome.took_ms < 5_000
    assert sent < 64 * 1024 * 1024  # what the machine itself holds


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"", "the connection broke off"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "the connection broke off"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "the connection broke off"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "its answer is not HTTP"),
        (b"\x00" * 100 + b"\r\n\r\n", "its answer is not HTTP"),
        (b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", "its answer is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "its answer is not HTTP"),
    ],
    ids=[
        "nothing", "half a head", "not yet", "other protocol", "zeros", "TLS alert", "odd status",
        "low status", "odd header", "long header", "odd length",
    ],
)  # fmt: skip
def test_whatever_else_it_answers_is_told(answer: bytes, told: str) -> None:
    assert said(outcome_at(answering(answer))) == (None, told)


def test_it_closes_at_once() -> None:
    assert said(outcome_at(lambda connection: None)) == (None, "the connection broke off")


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert [said(each) for each in POST([posting(port)])] == [(None, "no connection")]


def silent(connection: socket.socket) -> None:
    """Hears everything and says nothing."""
    while connection.recv(65_536):
        pass


def dripping(connection: socket.socket) -> None:
    """Says a byte in a while, which never makes a head."""
    request_on(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        connection.sendall(b"x")
        time.sleep(SOON_S / 10)


def not_yet(connection: socket.socket) -> None:
    """Always about to answer."""
    request_on(connection)
    while True:
        connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
        time.sleep(SOON_S / 10)


@pytest.mark.parametrize("serve", [silent, dripping, not_yet])
@pytest.mark.usefixtures("soon")
def test_its_time_is_over_however_little_by_little_it_answers(serve: Serve) -> None:
    outcome = outcome_at(serve)
    assert said(outcome) == (None, "no answer in time")
    assert SOON_S * 1_000 <= outcome.took_ms < 3_000


@pytest.mark.usefixtures("soon")
def test_its_time_is_over_however_little_by_little_it_listens() -> None:
    def sipping(connection: socket.socket) -> None:
        while connection.recv(1024 * 1024):
            time.sleep(0.05)  # all of it takes three seconds

    with listening(sipping) as port:
        (outcome,) = POST([replace(posting(port), body=b" " * 64 * 1024 * 1024)])
    assert said(outcome) == (None, "no answer in time")
    assert outcome.took_ms < 2_000


def test_several_are_posted_at_once_and_each_has_its_own_outcome() -> None:
    together = threading.Barrier(3, timeout=10)

    def waiting(connection: socket.socket) -> None:
        path = re.match(rb"POST /(\d+) ", request_on(connection))
        assert path
        together.wait()  # nobody is answered before all have come
        connection.sendall(b"HTTP/1.1 %s X\r\n\r\n" % path[1])

    with listening(waiting) as port:
        wanted = [replace(posting(port), url=f"http://127.0.0.1:{port}/{n}") for n in (201, 500)]
        gone = replace(posting(port), url="ftp://127.0.0.1/")
        last = replace(posting(port), url=f"http://127.0.0.1:{port}/410")
        outcomes = POST([*wanted, gone, last])
    assert [said(each) for each in outcomes] == [
        (201, None), (500, None), (None, "its address cannot be posted to"), (410, None),
    ]  # fmt: skip


def test_nothing_to_post_is_no_work() -> None:
    assert POST([]) == []


@pytest.mark.parametrize("path", ["/a b", "/a\r\nX: b", "/a\x7f"])
def test_a_path_that_cannot_be_sent_is_sent_nowhere(path: str) -> None:
    heard: list[bytes] = []
    with listening(lambda connection: heard.append(connection.recv(1))) as port:
        (outcome,) = POST([replace(posting(port), url=f"http://127.0.0.1:{port}{path}")])
    assert said(outcome) == (None, "its address cannot be posted to")
    assert not any(heard)


def test_no_proxy_of_the_machine_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert said(outcome_at(answering(b"HTTP/1.1 200 OK\r\n\r\n"))) == (200, None)
