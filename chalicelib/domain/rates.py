"""How often sessions may begin, and how many failures a link may have before it is paused.

A count is kept for a window of time, in shards, so that a link that everybody opens at once makes
no hot item; each shard takes its part of the limit. An address is kept as a digest that nobody can
compare from one window to the next.
"""

from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from zlib import crc32

from chalicelib.domain.ids import Millis, PaymentId, PaymentLinkId

MINUTE = 60_000
FAILURES_WINDOW_MS = 60 * MINUTE
NEIGHBOURS = 64  # the leading bits of an IPv6 address that one customer of a network has


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` in each window of `window_ms`, counted in so many shards."""

    most: int
    window_ms: int = MINUTE
    shards: int = 1


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits. Many phones of a mobile network share one address, so its limit is wide."""

    address: Rate = Rate(60)
    link: Rate = Rate(240, shards=4)
    merchant: Rate = Rate(1_200, shards=12)
    open_sessions: int = 8_000  # of one link, at a time
    failures: int = 20  # of one link, in an hour, before it is paused


USUAL_RATES = Rates()


@dataclass(frozen=True, slots=True)
class Counted:
    """One count that a beginning session adds to: `most` is the shard's part of the limit."""

    name: str  # address, link, merchant
    subject: str
    window: int
    shard: int
    most: int
    until: Millis

    def wait_s(self, now: Millis) -> int:
        """Seconds until the window is over."""
        return max(1, -(-(self.until - now) // 1000))


def counts(
    rates: Rates,
    payment: PaymentId,
    link: PaymentLinkId | None,
    address: str | None,
    now: Millis,
) -> tuple[Counted, ...]:
    """What the beginning of `payment` adds to; a merchant's own request has no `address`, and a
    limit of 0 is none."""
    subjects = [("merchant", "", rates.merchant)]
    if link is not None:
        subjects.append(("link", link, rates.link))
    if address is not None and rates.address.most > 0:
        subjects.append(("address", address, rates.address))
    return tuple(_counted(name, of, rate, payment, now) for name, of, rate in subjects)


def network_of(address: str) -> str:
    """The address, or the part of an IPv6 address that stands for one customer."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address[:60]
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped) if mapped else f"{int(parsed) >> (128 - NEIGHBOURS):x}"


def failures_window(now: Millis) -> int:
    """The hour in which failures are counted."""
    return now // FAILURES_WINDOW_MS


def _counted(name: str, subject: str, rate: Rate, payment: PaymentId, now: Millis) -> Counted:
    window = now // rate.window_ms
    if name == "address":
        subject = sha256(f"{window}#{network_of(subject)}".encode()).hexdigest()[:32]
    return Counted(
        name=name,
        subject=subject,
        window=window,
        shard=crc32(payment.encode()) % rate.shards,
        most=-(-rate.most // rate.shards),
        until=Millis((window + 1) * rate.window_ms),
    )
