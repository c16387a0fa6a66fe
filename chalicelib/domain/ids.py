"""Ids: what a thing is, then a ULID, which sorts by its time of birth.

A payment has one ULID and two names: `cs_…` seen as a checkout session, `pi_…` as a payment intent.
Secrets and public tokens are random and say nothing; they are not ids.
"""

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import NewType

MerchantId = NewType("MerchantId", str)
ProductId = NewType("ProductId", str)
PriceId = NewType("PriceId", str)
PaymentLinkId = NewType("PaymentLinkId", str)
PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
EventId = NewType("EventId", str)
WebhookEndpointId = NewType("WebhookEndpointId", str)
Millis = NewType("Millis", int)  # an instant: milliseconds since 1970, UTC

ULID = r"[0-7][0-9A-HJKMNP-TV-Z]{25}"
_NAMES = ("acct", "prod", "price", "plink", "cs", "pi", "re", "li", "evt", "we")
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's, which ULIDs are spelled with
_ID = re.compile(rf"({'|'.join(_NAMES)})_({ULID})", re.ASCII)
_SLUG = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*", re.ASCII)
_SECRET_KEY = re.compile(rf"(sk|rk)_(test|live)_({ULID})[0-9A-Za-z]{{32}}", re.ASCII)


def ulid_of(text: str, *names: str) -> str | None:
    """The ULID in an id of one of these kinds, or None when `text` is no such id."""
    match = _ID.fullmatch(text)
    return match[2] if match and match[1] in names else None


def payment_id(text: str) -> PaymentId | None:
    """The payment that `cs_…` or `pi_…` names."""
    ulid = ulid_of(text, "cs", "pi")
    return PaymentId(ulid) if ulid else None


def is_slug(text: str) -> bool:
    """Whether `text` can be the last part of a link's public address: letters, digits, and single
    dashes between them, 3 to 64."""
    return 3 <= len(text) <= 64 and _SLUG.fullmatch(text) is not None


def time_part(at: Millis) -> str:
    """What the ULIDs that are born at `at` begin with; it sorts before each of them."""
    return "".join(_LETTERS[at >> shift & 31] for shift in range(45, -1, -5))


_PLACES, _BELOW_PLACE = 1024, 70  # of the 80 bits beside the time


def derived_ulid(at: Millis, *what: str, place: int = 0) -> str:
    """The ULID of what happened at `at`: the same for the same thing, however often it is told. Of
    what happened at one instant, ids sort by `place` (to 1023)."""
    derived = int.from_bytes(sha256("\n".join(what).encode()).digest()[:10])
    chance = min(place, _PLACES - 1) << _BELOW_PLACE | derived % (1 << _BELOW_PLACE)
    return time_part(at) + "".join(_LETTERS[chance >> shift & 31] for shift in range(75, -1, -5))


def first_ulid(at: Millis) -> str:
    """The lowest ULID that can be born at `at`: a bound for ids by time."""
    return time_part(at) + "0" * 16


def session_id(payment: PaymentId) -> str:
    """The payment's name as a checkout session; also our idempotency key at the provider."""
    return f"cs_{payment}"


def intent_id(payment: PaymentId) -> str:
    """The payment's name as a payment intent."""
    return f"pi_{payment}"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose data, and of which mode: test and live never meet. Comes from a credential only."""

    merchant: MerchantId
    livemode: bool


@dataclass(frozen=True, slots=True)
class SecretKey:
    """A merchant's API key as it was presented: whose it claims to be, whether it is a restricted
    one, and its fingerprint."""

    tenant: Tenant
    restricted: bool
    sha256: str
    last4: str


def parse_secret_key(text: str) -> SecretKey | None:
    """What `sk_test_…`, `sk_live_…`, `rk_test_…` or `rk_live_…` claims, or None when it has not the
    form of our keys."""
    match = _SECRET_KEY.fullmatch(text)
    if match is None:
        return None
    tenant = Tenant(MerchantId(f"acct_{match[3]}"), match[2] == "live")
    return SecretKey(tenant, match[1] == "rk", sha256(text.encode()).hexdigest(), text[-4:])


def secret_key_text(tenant: Tenant, secret: str, *, restricted: bool = False) -> str:
    """The key that is shown once; `secret` is 32 random letters and digits."""
    kind = "rk" if restricted else "sk"
    mode = "live" if tenant.livemode else "test"
    return f"{kind}_{mode}_{tenant.merchant.removeprefix('acct_')}{secret}"
