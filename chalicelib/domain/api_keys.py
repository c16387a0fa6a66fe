"""The keys with which merchants ask, and what each of them may."""

import hmac
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import ParameterInvalid, ScopeMissing
from chalicelib.domain.ids import Millis, SecretKey, Tenant
from chalicelib.domain.visible_text import is_visible

KEPT_AT_MOST_MS = 7 * 24 * 60 * 60 * 1000  # an old key beside its successor
LONGEST_NAME = 80


class Scope(StrEnum):
    """One thing that a restricted key may; to write a resource is to read it too."""

    PRODUCTS_READ = "products:read"
    PRODUCTS_WRITE = "products:write"
    PRICES_READ = "prices:read"
    PRICES_WRITE = "prices:write"
    PAYMENT_LINKS_READ = "payment_links:read"
    PAYMENT_LINKS_WRITE = "payment_links:write"
    CHECKOUT_SESSIONS_READ = "checkout_sessions:read"
    CHECKOUT_SESSIONS_WRITE = "checkout_sessions:write"
    PAYMENT_INTENTS_READ = "payment_intents:read"
    PAYMENT_INTENTS_WRITE = "payment_intents:write"
    REFUNDS_READ = "refunds:read"
    REFUNDS_WRITE = "refunds:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    PAYMENT_METHODS_READ = "payment_methods:read"
    EVENTS_READ = "events:read"
    WEBHOOK_ENDPOINTS_READ = "webhook_endpoints:read"
    WEBHOOK_ENDPOINTS_WRITE = "webhook_endpoints:write"

    def gives(self, needed: "Scope") -> bool:
        """Whether who has this scope may what `needed` names."""
        return needed in (self, self.replace(":write", ":read"))


class KeyState(StrEnum):
    """Whether a key opens anything."""

    ACTIVE = "active"
    ROTATED = "rotated"  # it still opens, until its successor is in its place
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key as it is kept: its fingerprint and last four letters, never the key.

    Without `scopes` it is a full secret key; with them a restricted one, which may that and no
    more. `valid_until` is the first instant at which a rotated key does not open any more.
    `last_used` is right to the hour.
    """

    tenant: Tenant
    sha256: str
    last4: str
    created: Millis
    scopes: frozenset[Scope] | None = None
    name: str | None = None
    last_used: Millis | None = None
    valid_until: Millis | None = None
    revoked_at: Millis | None = None

    @property
    def actor(self) -> str:
        """How ledgers and operators call it."""
        return f"key_{self.last4}"

    def state(self, now: Millis) -> KeyState:
        """How it stands at this instant."""
        if self.revoked_at is not None:
            return KeyState.REVOKED
        if self.valid_until is None:
            return KeyState.ACTIVE
        return KeyState.ROTATED if now < self.valid_until else KeyState.EXPIRED

    def opens(self, presented: SecretKey, now: Millis) -> bool:
        """Whether the presented key is this one, of its tenant and kind, and still good."""
        same = hmac.compare_digest(presented.sha256.encode(), self.sha256.encode())
        alike = presented.tenant == self.tenant and presented.restricted == (
            self.scopes is not None
        )
        return same and alike and self.state(now) in (KeyState.ACTIVE, KeyState.ROTATED)

    def may(self, needed: Scope) -> bool:
        """Whether it may what the scope names; a full key may everything."""
        return self.scopes is None or any(scope.gives(needed) for scope in self.scopes)

    def must_have(self, needed: Scope) -> None:
        """Raises ScopeMissing for what it may not."""
        if not self.may(needed):
            raise ScopeMissing(
                f"This API key does not have the scope {needed}.",
                details={"scope": needed.value},
            )

    def rotated(self, keep_ms: int, now: Millis) -> "ApiKey":
        """The key that its successor replaces: good for `keep_ms` more, seven days at most.

        Raises ParameterInvalid for a longer time, and when it does not stand alone any more.
        """
        if not 0 <= keep_ms <= KEPT_AT_MOST_MS:
            raise ParameterInvalid("A rotated key is kept for 0 to 7 days.", param="keep")
        if (state := self.state(now)) is not KeyState.ACTIVE:
            raise ParameterInvalid(f"{self.actor} is {state} already.", param="key")
        return replace(self, valid_until=Millis(now + keep_ms))

    def revoked(self, now: Millis) -> "ApiKey":
        """The key that opens nothing any more; raises ParameterInvalid when it is so already."""
        if self.revoked_at is not None:
            raise ParameterInvalid(f"{self.actor} is revoked already.", param="key")
        return replace(self, revoked_at=now)


def check_name(name: str | None) -> None:
    """Raises ParameterInvalid for a name of a key that nobody could read in a list."""
    if name is not None and not (is_visible(name) and len(name) <= LONGEST_NAME):
        raise ParameterInvalid(
            f"A key's name is visible, on one line, and has {LONGEST_NAME} characters at most.",
            param="name",
        )
