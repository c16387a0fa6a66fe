"""Where a merchant's address may lead: into the public internet, and nowhere else."""

import socket
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from chalicelib.adapters import posting
from chalicelib.adapters.posting import HttpPoster, NotPublic, Pinned, TooSlow, is_public
from chalicelib.usecases.outbox import Posting

PRIVATE = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.1.2.3
    169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.0.170
    192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1
    ::ffff:a9fe:a9fe ::ffff:0:0 ::ffff:0:127.0.0.1 0:0:0:0:0:ffff:7f00:1
    64:ff9b::169.254.169.254 64:ff9b::8.8.8.8 64:ff9b:1::1 100::1
    2001::1 2001:0:a9fe:a9fe::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1:: 2002:a9fe:a9fe::1 2002:808:808::1 3fff::1 5f00::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1
    2606:4700::1%eth0 ::ffff:8.8.8.8%1
"""
PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 223.255.255.255
    2001:200::1 2001:4860:4860::8888 2003::1 2404:6800:4003::200e 2606:4700::1111 2a00:1450::1
    ::ffff:8.8.8.8 ::FFFF:808:808
"""
ODD = ["", " ", "8.8.8", "010.8.8.8", "0x08.8.8.8", "134744072", "8.8.8.8 ", "[::1]", "localhost"]
PUBLIC_V4, PUBLIC_V6 = "8.8.8.8", "2606:4700::1111"


@pytest.mark.parametrize("address", [*PRIVATE.split(), *ODD])
def test_this_is_not_public(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize("address", PUBLIC.split())
def test_this_is_public(address: str) -> None:
    assert is_public(address) is True


class Connections(httpcore.NetworkBackend):
    """Notes where it is sent; only at `open_at` somebody listens."""

    def __init__(self, *open_at: str) -> None:
        self.to: list[tuple[str, int]] = []
        self._open_at = open_at

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        self.to.append((host, port))
        assert timeout is not None
        assert 0 < timeout <= 5
        if host not in self._open_at:
            raise httpcore.ConnectError
        return httpcore.MockStream([])


class Names:
    """A resolver that gives one answer after another, and notes what it was asked."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return self._answers.pop(0)


def pinned(names: Names, inner: Connections, *, private: bool = False) -> Pinned:
    """A way out with five seconds left."""
    way = Pinned(time.monotonic() + 5, private, names)
    way._inner = inner  # type: ignore[assignment]
    return way


@pytest.mark.parametrize(
    "addresses",
    [
        ["169.254.169.254"],
        [PUBLIC_V4, "10.0.0.1"],
        ["10.0.0.1", PUBLIC_V4],
        [PUBLIC_V4, PUBLIC_V6, "::1"],
        [PUBLIC_V4, "::ffff:127.0.0.1"],
        [PUBLIC_V4, "fe80::1%eth0"],
    ],
)
def test_one_address_that_is_not_public_is_enough_to_refuse_a_name(addresses: list[str]) -> None:
    inner = Connections(*addresses)
    with pytest.raises(NotPublic):
        pinned(Names(addresses), inner).connect_tcp("hook.example", 443)
    assert inner.to == []


def test_the_connection_goes_to_the_address_that_was_looked_at_and_not_to_a_later_one() -> None:
    names, inner = Names([PUBLIC_V4], ["127.0.0.1"]), Connections(PUBLIC_V4)
    pinned(names, inner).connect_tcp("hook.example", 443)
    assert names.asked == [("hook.example", 443)]
    assert inner.to == [(PUBLIC_V4, 443)]


def test_where_nobody_listens_the_next_of_its_addresses_is_tried() -> None:
    names, inner = Names([PUBLIC_V6, PUBLIC_V4, "1.1.1.1"]), Connections(PUBLIC_V4)
    pinned(names, inner).connect_tcp("hook.example", 443)
    assert inner.to == [(PUBLIC_V6, 443), (PUBLIC_V4, 443)]
    names, inner = Names([PUBLIC_V6, PUBLIC_V4]), Connections()
    with pytest.raises(httpcore.ConnectError):
        pinned(names, inner).connect_tcp("hook.example", 443)
    assert inner.to == [(PUBLIC_V6, 443), (PUBLIC_V4, 443)]


def test_on_one_machine_loopback_may_be_meant() -> None:
    inner = Connections("127.0.0.1")
    pinned(Names(["127.0.0.1"]), inner, private=True).connect_tcp("localhost", 8000)
    assert inner.to == [("127.0.0.1", 8000)]


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://127.1/", "https://0177.0.0.1/", "https://0x7f.1/",
        "https://2130706433/", "https://2852039166/", "https://[::1]/", "https://[::]/",
        "https://[::ffff:169.254.169.254]/", "https://[::ffff:7f00:1]/", "https://localhost/",
        "http://169.254.169.254/latest/meta-data/", "https://0/",
        "https://shop.example@127.0.0.1/", "https://10.0.0.1:22/",
    ],
)  # fmt: skip
def test_an_address_in_a_private_network_is_refused_however_it_is_spelled(url: str) -> None:
    (outcome,) = HttpPoster()([Posting(url, {}, b"{}")])
    assert (outcome.status, outcome.error) == (None, "its address is not a public one")


def refused(_: str, __: int) -> list[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def test_a_name_without_an_address_is_told() -> None:
    for resolve in (refused, Names([])):
        (outcome,) = HttpPoster(resolve=resolve)([Posting("https://gone.example/", {}, b"{}")])
        assert (outcome.status, outcome.error) == (None, "its name has no address")


@pytest.mark.parametrize(
    "url",
    [
        "", "hook.example", "//hook.example/", "ftp://hook.example/", "javascript://hook.example/",
        "https://hook.example:99999/", "https://hook.example:x/", "https://[::1/",
        "https://höok.example/", "https://hook.example/ü",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_told_and_raises_nothing(url: str) -> None:
    (outcome,) = HttpPoster()([Posting(url, {}, b"{}")])
    assert (outcome.status, outcome.error) == (None, "its address cannot be posted to")


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "hook\x00.example", "hook..example"])
def test_what_can_be_no_name_has_no_address(host: str) -> None:
    (outcome,) = HttpPoster()([Posting(f"https://{host}/", {}, b"{}")])
    assert (outcome.status, outcome.error) == (None, "its name has no address")


def test_a_look_up_without_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LONGEST_S", 0.1)
    over = threading.Event()

    def never(_: str, __: int) -> list[str]:
        over.wait(20)
        return [PUBLIC_V4]

    began = time.monotonic()
    try:
        (outcome,) = HttpPoster(resolve=never)([Posting("https://slow.example/", {}, b"{}")])
        assert time.monotonic() - began < 3
    finally:
        over.set()
    assert (outcome.status, outcome.error) == (None, "no answer in time")


def test_nothing_is_begun_when_the_time_is_over() -> None:
    names, inner = Names([PUBLIC_V4]), Connections(PUBLIC_V4)
    way = Pinned(time.monotonic() - 1, False, names)
    way._inner = inner  # type: ignore[assignment]
    with pytest.raises(TooSlow):
        way.connect_tcp("hook.example", 443)
    assert inner.to == []


def test_something_else_that_goes_wrong_keeps_no_other_from_being_told() -> None:
    def broken(_: str, __: int) -> list[str]:
        raise RuntimeError

    one, other = HttpPoster(resolve=broken)(
        [Posting("https://a.example/", {}, b"{}"), Posting("ftp://b.example/", {}, b"{}")]
    )
    assert one.error == "it cannot be posted to (RuntimeError)"
    assert other.error == "its address cannot be posted to"
