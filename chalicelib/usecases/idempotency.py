"""An idempotency key belongs to one request: the same one again gets what came of it.

A claim is written together with what it creates. Its answer is kept with the end of the request and
never taken back; until then whoever took it is at it, or the resource says how far it is.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from chalicelib.domain.errors import IdempotencyKeyReused, ParameterInvalid
from chalicelib.usecases.failures import Claim, Claimed, Replayed

T = TypeVar("T")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)
LOCKED_MS = 30_000  # longer than a function may run


def must_be_key(key: str) -> str:
    """The key; raises ParameterInvalid for one that is not 1 to 128 of `A-Za-z0-9_-`."""
    if not _KEY.fullmatch(key):
        raise ParameterInvalid(
            "An Idempotency-Key is 1 to 128 letters, digits, _ or -.", param="Idempotency-Key"
        )
    return key


def once(
    write: Callable[[], None], claim: Claim | None, created: T, again: Callable[[str], T]
) -> T:
    """`created` once written; what came of the earlier request when the key was taken by it.

    `again` reads a resource by its id. Raises Replayed with the earlier answer where it is kept,
    IdempotencyKeyReused when the earlier request asked for something else.
    """
    try:
        write()
    except Claimed as taken:
        return again(earlier(taken.claim, claim))
    return created


def earlier(taken: Claim, claim: Claim | None) -> str:
    """The resource of the earlier request whose answer is not kept (yet); raises like `once`."""
    assert claim is not None, "only a request with a key can find it taken"
    if taken.fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used for a request with other parameters.",
            param="Idempotency-Key",
        )
    if taken.answer is not None:
        raise Replayed(taken.answer)
    return taken.resource
