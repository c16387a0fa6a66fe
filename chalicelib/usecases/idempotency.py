"""An idempotency key belongs to one request: the same one again gets what came of it."""

import re
from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import IdempotencyKeyReused, ParameterInvalid
from chalicelib.usecases.failures import Claim, Claimed

T = TypeVar("T")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def claim_for(scope: str, key: str | None, fingerprint: str, resource: str) -> Claim | None:
    """The claim of a request on its key, or None when it came without one.

    `scope` is the route, `fingerprint` a digest of what was asked, `resource` the id that the
    request will create. Raises ParameterInvalid for a key that is not 1 to 128 of `A-Za-z0-9_-`.
    """
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        raise ParameterInvalid(
            "An Idempotency-Key is 1 to 128 letters, digits, _ or -.", param="Idempotency-Key"
        )
    return Claim(scope, key, fingerprint, resource)


def once(
    write: Callable[[], None], claim: Claim | None, created: T, again: Callable[[str], T]
) -> T:
    """`created` once written; what came of the earlier request when the key was taken by it.

    `again` reads a resource by its id. Raises IdempotencyKeyReused when the earlier request
    asked for something else.
    """
    try:
        write()
    except Claimed as taken:
        return again(earlier(taken, claim))
    return created


def earlier(taken: Claimed, claim: Claim | None) -> str:
    """The resource of the earlier request; raises IdempotencyKeyReused when it was another."""
    assert claim is not None, "only a request with a key can find it taken"
    if taken.claim.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used for a request with other parameters.",
            param="Idempotency-Key",
        )
    return taken.claim.resource
