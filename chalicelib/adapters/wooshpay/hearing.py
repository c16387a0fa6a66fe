"""One call to WooshPay as it is told to whoever watches: what was asked, and what came of it."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.ids import Tenant

_WORDS = frozenset(
    {"v1", "checkout", "sessions", "payment_intents", "refunds", "webhook_endpoints"}
    | {"cancel", "expire"}
)
_BROKEN = frozenset({401, 403, 429})


@dataclass(frozen=True, slots=True)
class Heard:
    """`call` is the method and the path's template; `about` our idempotency key, or the id that was
    asked for. There is a `status`, or an `error`: why there was none, or that nothing could be made
    of the answer."""

    call: str
    about: str | None
    status: int | None
    error: str | None
    took_ms: float

    @property
    def failed(self) -> bool:
        """Whether the provider did not do its part: no answer or none that makes sense, its own
        failure, too many requests, or a key that it does not take. A refusal is an answer."""
        if self.status is None or self.error is not None:
            return True
        return self.status >= 500 or self.status in _BROKEN


Hear = Callable[[Tenant, Heard], None]


def nobody(_: Tenant, __: Heard) -> None:
    """Nobody watches."""


def template(method: str, path: str) -> tuple[str, str | None]:
    """The method and path without values, and the id that stands in the path."""
    parts = path.partition("?")[0].split("/")
    ids = [part for part in parts if part and part not in _WORDS]
    told = "/".join(part if not part or part in _WORDS else "{id}" for part in parts)
    return f"{method} {told}", ids[0] if ids else None
