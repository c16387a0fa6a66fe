"""What a port may raise besides domain errors: how a write can end badly."""

from dataclasses import dataclass


class StoreUnavailable(Exception):
    """The store could not be made to decide in time; a write may or may not have happened."""


class Lost(Exception):
    """A guard did not hold, so nothing was written; `guards` names the writes that were refused."""

    def __init__(self, *guards: str) -> None:
        super().__init__(", ".join(guards))
        self.guards = frozenset(guards)


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key taken for a request: `scope` is the route, `resource` what came of it."""

    scope: str
    key: str
    fingerprint: str
    resource: str


class Claimed(Exception):
    """The idempotency key was taken before; nothing was written. `claim` is the earlier one."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim.key)
        self.claim = claim
