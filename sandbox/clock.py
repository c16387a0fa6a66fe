"""The sandbox's time and its identifiers."""

import time
from itertools import count

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


class Clock:
    """Real time plus an offset that only grows; in milliseconds, as WooshPay counts instants."""

    def __init__(self) -> None:
        self._offset = 0

    def now(self) -> int:
        """The sandbox's present instant in milliseconds."""
        return self._real() + self._offset

    def move_to(self, instant: int) -> None:
        """Jump to ``instant``; an instant already passed changes nothing."""
        self._offset = max(self._offset, instant - self._real())

    def reset(self) -> None:
        """Return to real time."""
        self._offset = 0

    def _real(self) -> int:
        return time.time_ns() // 1_000_000


class Ids:
    """Identifiers as WooshPay's samples show them: a prefix and a 19-digit snowflake.

    The first number comes from the wall clock, so a restarted sandbox never hands out an id twice.
    """

    def __init__(self) -> None:
        start = time.time_ns() // 1_000_000 - SNOWFLAKE_EPOCH_MS
        self._numbers = count(start << 22)

    def new(self, prefix: str) -> str:
        """The next identifier, such as ``pi_1676131330947022848``."""
        return f"{prefix}_{next(self._numbers)}"
