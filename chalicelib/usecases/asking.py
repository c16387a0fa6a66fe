"""Who asks, when, and under which idempotency key: what every story of a merchant begins with."""

from dataclasses import dataclass

from chalicelib.domain.errors import ApiKeyInvalid, ApiKeyMissing
from chalicelib.domain.ids import Millis, Tenant, parse_secret_key
from chalicelib.domain.ledger import Cause
from chalicelib.domain.merchants import ApiKey
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.idempotency import claim_for
from chalicelib.usecases.ports import Store


@dataclass(frozen=True, slots=True)
class Asking:
    """One request of a merchant. `actor` is the API key's last four letters, for the ledger."""

    tenant: Tenant
    actor: str
    now: Millis
    request_id: str
    idempotency_key: str | None = None
    fingerprint: str = ""

    def claim(self, scope: str, resource: str) -> Claim | None:
        """The request's claim on its idempotency key, if it brought one."""
        return claim_for(scope, self.idempotency_key, self.fingerprint, resource)

    def cause(self, reference: str) -> Cause:
        """The cause that a ledger entry names."""
        return Cause(actor=self.actor, reference=reference, request_id=self.request_id, at=self.now)


class KeyRing:
    """Who presents a key. A key that was good is remembered for half a minute, so that a warm
    function does not read it with every request; a revoked one is refused after that at the latest.
    """

    REMEMBERED_MS = 30_000
    MOST_REMEMBERED = 1_000

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, tuple[int, ApiKey]] = {}

    def owner(self, presented: str | None, now: Millis) -> ApiKey:
        """The key's record; raises ApiKeyMissing or ApiKeyInvalid.

        A malformed, an unknown and a revoked key look alike.
        """
        if not presented:
            raise ApiKeyMissing("Give your secret key as Bearer token or as Basic user name.")
        claimed = parse_secret_key(presented)
        if claimed is None:
            raise ApiKeyInvalid("This API key is not valid.")
        read_at, key = self._known.get(claimed.sha256, (now, None))
        if key is None or now - read_at > self.REMEMBERED_MS:
            read_at, key = now, self._store.api_key(claimed)
        if key is None or not key.opens(claimed):
            self._known.pop(claimed.sha256, None)
            raise ApiKeyInvalid("This API key is not valid.")
        if len(self._known) >= self.MOST_REMEMBERED:
            self._known.clear()
        self._known[claimed.sha256] = (read_at, key)
        return key
