"""Which faults a history meets, after FoundationDB's buggify: each site is active in a quarter of
the seeds, and an active one fires in a quarter of its calls. One seed in ten is free of faults.
"""

from collections import Counter
from hashlib import blake2b
from random import Random

ACTIVE, FIRES = 64, 0.25  # of 256; of 1
FAULT_FREE = 10  # one seed in so many


class Faults:
    """The faults of one seed. `on` is what the quiet end of a history turns off."""

    def __init__(self, seed: int, random: Random) -> None:
        self.on = seed % FAULT_FREE != 0
        self.fired: Counter[str] = Counter()
        self._seed = seed
        self._random = random
        self._sites: dict[tuple[str, str], tuple[str, ...]] = {}

    def drawn(self, where: str, kinds: tuple[str, ...]) -> str | None:
        """The fault that a call at `where` meets, one of `kinds`; mostly None."""
        if not self.on:
            return None
        active = self._sites.get((where, kinds[0]))
        if active is None:
            active = tuple(kind for kind in kinds if self._is_active(where, kind))
            self._sites[where, kinds[0]] = active
        for kind in active:
            if self._random.random() < FIRES:
                self.fired[kind] += 1
                return kind
        return None

    def between(self, low: int, high: int) -> int:
        """How long, or how much, within a fault."""
        return low + int(self._random.random() * (high - low))

    def _is_active(self, where: str, kind: str) -> bool:
        site = f"{self._seed}/{where}/{kind}".encode()
        return blake2b(site, digest_size=1).digest()[0] < ACTIVE


class NoFaults(Faults):
    """A world in which nothing fails."""

    def __init__(self) -> None:
        super().__init__(0, Random(0))  # noqa: S311 - chances, not secrets
