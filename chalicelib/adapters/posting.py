"""Requests to addresses that merchants give: they may lead anywhere, and answer anyhow.

A name is looked up once, every address that it has must be a public one, and the connection goes to
the address that was looked at, so that a name cannot lead elsewhere a moment later. No redirect is
followed, no proxy of the machine is used, the body that comes back is not read, and all of it has
to be over in ten seconds.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from chalicelib.domain.event_deliveries import Outcome
from chalicelib.usecases.outbox import Posting

LONGEST_S = 10.0
MOST_AT_ONCE = 16
NAT64 = IPv6Network("64:ff9b::/96")  # an IPv4 address in it is reached through a gateway
Resolve = Callable[[str, int], Sequence[str]]


class NotPublic(Exception):
    """The name leads, or may lead, into a private network."""


class TooSlow(Exception):
    """The time for all of it is over."""


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, however it is written."""
    ip: IPv4Address | IPv6Address = ip_address(address)
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip.sixtofour is not None or ip.teredo is not None or ip in NAT64:
            return False
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Pinned(httpcore.NetworkBackend):
    """Connects to addresses that were looked at, until the time is over. With `private` it goes
    wherever it is sent: for one machine, where endpoints are on loopback."""

    def __init__(self, until: float, private: bool, resolve: Resolve = resolve) -> None:
        self._until = until
        self._private = private
        self._resolve = resolve
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the name's first address; raises NotPublic when any of them is not."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"no such name: {type(error).__name__}") from error
        if not self._private and not (addresses and all(map(is_public, addresses))):
            raise NotPublic
        left = _left(self._until)
        stream = self._inner.connect_tcp(addresses[0], port, left, local_address, socket_options)
        return _Timed(stream, self._until)


class _Timed(httpcore.NetworkStream):
    """A stream that may be waited for until one instant, however slowly it drips."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, _left(self._until))
        return _Timed(secured, self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TooSlow
    return left


@cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


class HttpPoster:
    """Posts to merchants' systems, several at once."""

    def __init__(self, *, private: bool = False, resolve: Resolve = resolve) -> None:
        self._private = private
        self._resolve = resolve

    def __call__(self, postings: Sequence[Posting]) -> list[Outcome]:
        """What came of each."""
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            return list(pool.map(self._post, postings))

    def _post(self, posting: Posting) -> Outcome:
        started = time.monotonic()
        try:
            status, error = self._status(posting, started + LONGEST_S), None
        except NotPublic:
            status, error = None, "its address is not a public one"
        except (TooSlow, httpcore.TimeoutException):
            status, error = None, "no answer in time"
        except (httpcore.NetworkError, httpcore.ProtocolError) as failed:
            status, error = None, _told(failed)
        return Outcome(status, error, int((time.monotonic() - started) * 1000))

    def _status(self, posting: Posting, until: float) -> int:
        backend = Pinned(until, self._private, self._resolve)
        headers = [*posting.headers.items(), ("Accept", "*/*"), ("Connection", "close")]
        with (
            httpcore.ConnectionPool(
                ssl_context=_trusted(), network_backend=backend, max_connections=1
            ) as pool,
            pool.stream("POST", posting.url, headers=headers, content=posting.body) as answer,
        ):
            return answer.status


def _told(failed: Exception) -> str:
    kinds: dict[type[Exception], str] = {
        httpcore.ConnectError: "no connection",
        httpcore.ReadError: "the connection broke off",
        httpcore.WriteError: "the connection broke off",
    }
    return kinds.get(type(failed), "its answer is not HTTP")
