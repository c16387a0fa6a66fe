"""Requests to addresses that merchants give: they may lead anywhere, and answer anyhow.

A name is looked up once, every address that it has must be a public one, and the connection goes to
an address that was looked at, so that a name cannot lead elsewhere a moment later. No redirect is
followed, no proxy of the machine is used, the body that comes back is not read, and all of it, the
look-up too, has to be over in ten seconds.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

import httpcore

from chalicelib.domain.event_deliveries import Outcome
from chalicelib.usecases.outbox import Posting

LONGEST_S = 10.0
MOST_AT_ONCE = 16
AT_A_TIME = 8_192  # bytes; a write is waited for as long as its reader takes a little of it
GLOBAL_UNICAST = IPv6Network("2000::/3")  # beside it are NAT64, site-local, IPv4-compatible…
NOT_PUBLIC = tuple(
    ip_network(each)
    for each in (
        "192.0.0.0/24",  # for protocols
        "192.88.99.0/24",  # a way into 6to4
        "2001::/23",  # for protocols: Teredo has an IPv4 address in it
        "2002::/16",  # 6to4: so has this
        "3fff::/20",  # for documentation
    )
)  # what Python's `is_global` takes for public, in some version or in all
Resolve = Callable[[str, int], Sequence[str]]
Leads = Callable[[str], str]


class NotPublic(Exception):
    """The name leads, or may lead, into a private network."""


class NoSuchName(Exception):
    """Nobody has an address for the name."""


class NoWay(Exception):
    """An address leads nowhere; the text, which says why, is for the merchant."""


class TooSlow(Exception):
    """The time for all of it is over."""


def is_public(address: str) -> bool:
    """Whether the address is one of the public internet, however it is written."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return False
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip not in GLOBAL_UNICAST:
            return False
    special = ip.is_multicast or any(ip in network for network in NOT_PUBLIC)
    return ip.is_global and not special


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
        """A connection to the first of the name's addresses that takes one; raises NotPublic when
        any of them is not."""
        addresses = self._looked_up(host, port)
        if not self._private and not all(map(is_public, addresses)):
            raise NotPublic
        *others, last = addresses
        for address in others:
            with suppress(httpcore.ConnectError):
                return self._to(address, port, local_address, socket_options)
        return self._to(last, port, local_address, socket_options)

    def _to(
        self, address: str, port: int, local: str | None, options: Iterable[Any] | None
    ) -> httpcore.NetworkStream:
        left = _left(self._until)
        stream = self._inner.connect_tcp(address, port, left, local, options)
        return _Timed(stream, self._until)

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        """On a thread of its own: a look-up takes as long as whoever answers for the name likes,
        and cannot be ended."""
        thread = ThreadPoolExecutor(1)
        try:
            addresses = thread.submit(self._resolve, host, port).result(_left(self._until))
        except TimeoutError:
            raise TooSlow from None
        except (OSError, UnicodeError) as error:
            raise NoSuchName from error
        finally:
            thread.shutdown(wait=False)
        if not addresses:
            raise NoSuchName
        return addresses


class _Timed(httpcore.NetworkStream):
    """A stream that may be waited for until one instant, however slowly it drips."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        found = self._stream.read(max_bytes, _left(self._until))
        if not found:  # no body is read, so the end comes before the answer
            raise httpcore.ReadError
        return found

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), AT_A_TIME):
            self._stream.write(buffer[start : start + AT_A_TIME], _left(self._until))

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
    """Posts to merchants' systems, several at once; `leads` says where an address leads."""

    def __init__(
        self,
        *,
        private: bool = False,
        resolve: Resolve = resolve,
        leads: Leads = lambda url: url,
    ) -> None:
        self._private = private
        self._resolve = resolve
        self._leads = leads

    def __call__(self, postings: Sequence[Posting]) -> list[Outcome]:
        """What came of each."""
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            return list(pool.map(self._post, postings))

    def _post(self, posting: Posting) -> Outcome:
        started = time.monotonic()
        try:
            status, error = self._status(posting, started + LONGEST_S), None
        except NoWay as none:
            status, error = None, str(none)
        except Exception as failed:  # noqa: BLE001 - one endpoint keeps no other from being told
            status, error = None, _told(failed)
        return Outcome(status, error, int((time.monotonic() - started) * 1000))

    def _status(self, posting: Posting, until: float) -> int:
        url = self._leads(posting.url).encode("ascii")
        backend = Pinned(until, self._private, self._resolve)
        headers = [*posting.headers.items(), ("Accept", "*/*"), ("Connection", "close")]
        with (
            httpcore.ConnectionPool(
                ssl_context=_trusted(), network_backend=backend, max_connections=1
            ) as pool,
            pool.stream("POST", url, headers=headers, content=posting.body) as answer,
        ):
            return answer.status


def _told(failed: Exception) -> str:
    """Why there is no answer, for the merchant: nothing that an endpoint has said is in it."""
    match failed:
        case NotPublic():
            return "its address is not a public one"
        case NoSuchName():
            return "its name has no address"
        case TooSlow() | httpcore.TimeoutException():
            return "no answer in time"
        case httpcore.ConnectError(args=(ssl.SSLCertVerificationError() as refused,)):
            return f"its certificate is not trusted: {refused.verify_message.rstrip('.')}"
        case httpcore.ConnectError(args=(ssl.SSLError(),)):
            return "no TLS connection"
        case httpcore.ConnectError():
            return "no connection"
        case httpcore.NetworkError():
            return "the connection broke off"
        case httpcore.RemoteProtocolError():
            return "its answer is not HTTP"
        case httpcore.LocalProtocolError() | httpcore.UnsupportedProtocol() | ValueError():
            return "its address cannot be posted to"
    return f"it cannot be posted to ({type(failed).__name__})"
