"""The clock and the sources of chance."""

import secrets
import string
import time

from ulid import ULID

from chalicelib.domain.ids import Millis

_LETTERS = string.ascii_letters + string.digits
_CHANCE = secrets.SystemRandom()


def now() -> Millis:
    """Milliseconds since 1970, UTC."""
    return Millis(time.time_ns() // 1_000_000)


class SystemMint:
    """Ids and secrets of the real world."""

    def ulid(self) -> str:
        """A new ULID."""
        return str(ULID())

    def secret(self) -> str:
        """32 random letters and digits."""
        return "".join(_CHANCE.choices(_LETTERS, k=32))
