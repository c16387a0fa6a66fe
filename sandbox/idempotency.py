"""Idempotency keys, by account.

Page 1763752 documents ``idempotency_error`` for a key used with another endpoint or other
parameters and 409 for a request whose key is in use; how long a key lives and what a replay returns
are assumptions: 24 hours (a switch), and the stored answer with its status.
"""

from dataclasses import dataclass, field

from sandbox.errors import ApiError

MAX_KEY = 255
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Answer:
    """An HTTP answer. With ``drop_after`` the connection closes after so many seconds instead."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    drop_after: float | None = None


@dataclass
class _Saved:
    fingerprint: str
    at: int
    answer: Answer | None = None


class Idempotency:
    """Remembers the answers given under each key."""

    def __init__(self) -> None:
        self._saved: dict[tuple[str, str], _Saved] = {}

    def claim(
        self, owner: tuple[str, str], fingerprint: str, now: int, hours: int
    ) -> Answer | None:
        """The stored answer, or None when the request is ours to carry out."""
        saved = self._saved.get(owner)
        if saved is None or (saved.answer and now - saved.at >= hours * HOUR_MS):
            self._saved[owner] = _Saved(fingerprint, now)
            return None
        if saved.fingerprint != fingerprint:
            raise ApiError(
                400,
                "idempotency_error",
                "sandbox_idempotency_key_reused",
                "This Idempotency-Key was used with another endpoint or other parameters",
            )
        if saved.answer is None:
            raise ApiError(
                409,
                "idempotency_error",
                "sandbox_idempotency_key_in_use",
                "A request with this Idempotency-Key is still being carried out",
            )
        return saved.answer

    def finish(self, owner: tuple[str, str], answer: Answer) -> None:
        """Store the answer that later requests with the key get."""
        if owner in self._saved:
            self._saved[owner].answer = answer

    def release(self, owner: tuple[str, str]) -> None:
        """Forget a request that did not get as far as an answer."""
        self._saved.pop(owner, None)
