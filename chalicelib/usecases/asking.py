"""Who asks, when, and under which idempotency key: what every story of a merchant begins with."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.errors import ApiKeyInvalid, ApiKeyMissing
from chalicelib.domain.ids import Millis, Tenant, parse_secret_key
from chalicelib.domain.ledger import Cause
from chalicelib.usecases.failures import Answered, Claim, StoreUnavailable
from chalicelib.usecases.idempotency import LOCKED_MS, must_be_key
from chalicelib.usecases.ports import Store

LONGEST_KEPT = 200_000  # letters of JSON, all of them ASCII


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a merchant. `actor` is the API key's last four letters, for the ledger.

    `fingerprint` is a digest of what was asked; `tell` makes the answer of what came of it (a
    resource, or the error that ended it), to be kept for whoever asks again.
    """

    tenant: Tenant
    actor: str
    now: Millis
    request_id: str
    idempotency_key: str | None = None
    fingerprint: str = ""
    tell: Callable[[object], Answered] | None = None

    def claim(
        self, scope: str, resource: str, created: object = None, owner: str | None = None
    ) -> Claim | None:
        """The request's claim on its idempotency key, if it brought one.

        `created` is what one write ends the request with; `owner` is at it for longer than that.
        """
        if self.idempotency_key is None:
            return None
        claim = Claim(scope, must_be_key(self.idempotency_key), self.fingerprint, resource)
        if owner is not None:
            return replace(claim, owner=owner, locked_until=self.now + LOCKED_MS)
        return self.finished(claim, created) if created is not None else claim

    def finished(self, claim: Claim, outcome: object) -> Claim:
        """The claim with the answer that `outcome` gives; without it when it is too long to be kept
        (DynamoDB takes 400 KB an item): then the resource itself is told again."""
        answer = None if self.tell is None else self.tell(outcome)
        return (
            claim
            if answer is None or len(answer.body) > LONGEST_KEPT
            else replace(claim, answer=answer)
        )

    def cause(self, reference: str) -> Cause:
        """The cause that a ledger entry names."""
        return Cause(actor=self.actor, reference=reference, request_id=self.request_id, at=self.now)


class KeyRing:
    """Who presents a key. A key that was good is remembered for ten seconds, so that a warm
    function does not read it with every request; a revoked one is refused after that at the latest,
    one whose time is over at its instant.
    """

    REMEMBERED_MS = 10_000
    MOST_REMEMBERED = 1_000
    USE_NOTED_MS = 60 * 60 * 1000

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, ApiKey]] = {}

    def owner(self, presented: str | None, now: Millis) -> ApiKey:
        """The key's record; raises ApiKeyMissing or ApiKeyInvalid.

        A malformed, an unknown, a revoked and an expired key look alike.
        """
        if not presented:
            raise ApiKeyMissing("Give your secret key as Bearer token or as Basic user name.")
        claimed = parse_secret_key(presented)
        if claimed is None:
            raise ApiKeyInvalid("This API key is not valid.")
        read_at, key = self._known.get(claimed.sha256, (now, None))
        if key is None or now - read_at > self.REMEMBERED_MS:
            read_at, key = now, self._store.api_key(claimed)
        if key is None or not key.opens(claimed, now):
            self._known.pop(claimed.sha256, None)
            raise ApiKeyInvalid("This API key is not valid.")
        if len(self._known) >= self.MOST_REMEMBERED:
            self._known.clear()
        self._known[claimed.sha256] = (read_at, key)
        return key

    def used(self, key: ApiKey, now: Millis) -> None:
        """A request of the key was answered. It is noted when no use of the last hour is; whether
        that can be written makes no difference to who asked."""
        if key.last_used is not None and now - key.last_used < self.USE_NOTED_MS:
            return
        with suppress(StoreUnavailable):
            self._store.note_use(key, now, Millis(now - self.USE_NOTED_MS + 1))
        known = self._known.get(key.sha256)
        if known is not None:
            self._known[key.sha256] = (known[0], replace(known[1], last_used=now))
