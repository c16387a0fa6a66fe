"""Who sent a webhook: `Wooshpay-Signature: t=<time>,v1=<hex>` over the bytes as they came.

HMAC-SHA256 of `t.body`, keyed with the endpoint's secret as it is (WooshPay pages 2653815 and
2517709).
The documentation shows `t` in seconds and integrators met milliseconds; the two are told apart by
magnitude. Whether a late retry is signed anew is not known.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import SignatureInvalid
from chalicelib.domain.ids import Millis
from chalicelib.domain.provider_account import is_safe_secret

OLDEST_MS = 300_000
AHEAD_MS = 60_000
MOST_SIGNATURES = 5
LONGEST_HEADER = 1024
_FIRST_MILLISECOND_TIME = 10**11


@dataclass(frozen=True, slots=True)
class Verified:
    """The secret that signed, and whether it did so just now (within five minutes)."""

    secret: str
    fresh: bool


def verified_by(secrets: Sequence[str], body: bytes, header: str, now: Millis) -> Verified:
    """Who signed `body`, and when; raises SignatureInvalid, also for a time still to come.

    An old signature is authentic all the same: a late retry may carry the first one.
    """
    text, signatures = _parts(header)
    signer = _signer(secrets, text.encode() + b"." + body, signatures)
    if signer is None:
        raise SignatureInvalid("The signature does not match the body.")
    at = int(text) if int(text) >= _FIRST_MILLISECOND_TIME else int(text) * 1000
    if at > now + AHEAD_MS:
        raise SignatureInvalid("The signature is from the future.")
    return Verified(signer, fresh=at >= now - OLDEST_MS)


def _signer(secrets: Sequence[str], signed: bytes, signatures: list[bytes]) -> str | None:
    for secret in filter(is_safe_secret, secrets):
        ours = hmac.digest(secret.encode(), signed, hashlib.sha256).hex().encode()
        if sum(hmac.compare_digest(ours, theirs) for theirs in signatures):
            return secret
    return None


def _parts(header: str) -> tuple[str, list[bytes]]:
    """The time as it was written and up to five signatures; other elements are ignored."""
    if len(header) > LONGEST_HEADER:
        raise SignatureInvalid("The signature header is too long.")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value.encode("utf-8", "replace") for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not (times[0].isascii() and times[0].isdigit() and len(times[0]) <= 16):
        raise SignatureInvalid("The signature header needs exactly one time, t=….")
    if not 1 <= len(signatures) <= MOST_SIGNATURES:
        raise SignatureInvalid("The signature header needs one to five signatures, v1=….")
    return times[0], signatures
