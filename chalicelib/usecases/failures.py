"""What a port may raise besides domain errors: how a write can end badly."""

from dataclasses import dataclass
from hmac import compare_digest

from chalicelib.domain.psp_facts import PspEvent


class StoreUnavailable(Exception):
    """The store could not be made to decide in time; a write may or may not have happened."""


class Lost(Exception):
    """A guard did not hold, so nothing was written; `guards` names the writes that were refused.

    `seen` is the event that was kept before, when the write named `event` was refused for it.
    """

    def __init__(self, *guards: str, seen: "SeenEvent | None" = None) -> None:
        super().__init__(", ".join(guards))
        self.guards = frozenset(guards)
        self.seen = seen

    @property
    def nothing_left(self) -> bool:
        """Whether all that was refused is a use of a link, or pieces of stock."""
        return bool(self.guards) and all(_is_kept(guard) for guard in self.guards)

    @property
    def too_many(self) -> bool:
        """Whether a count was at its limit."""
        return any(guard.startswith("rate ") for guard in self.guards)

    @property
    def out_of_stock(self) -> bool:
        """Whether too few pieces were left."""
        return any(guard.startswith("stock ") for guard in self.guards)


def _is_kept(guard: str) -> bool:
    return guard == "link" or guard.startswith("stock ")


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event as it is kept: the digest of what it said, and whether its end is not known yet."""

    sha256: str
    is_open: bool

    def said_by(self, event: PspEvent) -> bool:
        """Whether `event` says the same."""
        return compare_digest(self.sha256.encode(), event.sha256.encode())


@dataclass(frozen=True, slots=True)
class Answered:
    """What a request was answered: the HTTP status and the JSON text."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An idempotency key taken for a request: `scope` is the route, `resource` what comes of it.

    Until `answer` is known `owner` is at it, and nobody else before `locked_until`; 0 means that
    the resource itself says how far it is.
    """

    scope: str
    key: str
    fingerprint: str
    resource: str
    owner: str = ""
    locked_until: int = 0
    answer: Answered | None = None


class Claimed(Exception):
    """The idempotency key was taken before; nothing was written. `claim` is the earlier one."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(claim.key)
        self.claim = claim


class Replayed(Exception):
    """The same request was answered before; the answer is given again and nothing is done."""

    def __init__(self, answer: Answered) -> None:
        super().__init__(str(answer.status))
        self.answer = answer
