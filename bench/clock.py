"""CPU time of this process, by rounds in which every contender has its turn."""

import time
from collections.abc import Callable, Mapping
from statistics import median

Work = Callable[[], object]


def interleaved(work: Mapping[str, Work], *, rounds: int, repeats: int) -> dict[str, list[float]]:
    """Microseconds of CPU for one go of each, round by round; the first round is thrown away."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds + 1):
        for name, go in work.items():
            began = time.process_time_ns()
            for _ in range(repeats):
                go()
            found[name].append((time.process_time_ns() - began) / repeats / 1000)
    return {name: rounds_of[1:] for name, rounds_of in found.items()}


def ratio(above: list[float], below: list[float]) -> float:
    """The median of the rounds' own ratios: what slows a whole round down is in both."""
    return median(a / b for a, b in zip(above, below, strict=True))
