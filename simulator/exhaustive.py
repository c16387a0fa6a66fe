"""Two actors, every schedule: all interleavings of a pair of stories up to a number of preemptions,
and for each of them a death at every position.

A schedule is told again from the start with other choices (stateless search, as in CHESS); what
was begun must then come to rest as in any history.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from simulator.faults import NoFaults
from simulator.history import ROUNDS, Failure, failure_of, rest
from simulator.pairs import PAIRS, Pair
from simulator.scheduler import Actor
from simulator.switches import Switches
from simulator.world import Setting, World

Crash = tuple[int, int]  # which actor, at which of its positions


@dataclass(slots=True)
class Chooser:
    """Follows a prefix, then lets the same actor go on; remembers what else could have been."""

    prefix: Sequence[int]
    made: list[tuple[int, int, bool]] = field(default_factory=list)  # options, chosen, preempts
    last: Actor | None = None

    def __call__(self, awake: Sequence[Actor]) -> int:
        default = awake.index(self.last) if self.last in awake else 0
        place = len(self.made)
        chosen = self.prefix[place] if place < len(self.prefix) else default
        self.made.append((len(awake), chosen, self.last in awake and chosen != default))
        self.last = awake[chosen]
        return chosen

    def others(self, most: int) -> Iterator[list[int]]:
        """The prefixes that differ from this run for the first time after the given prefix."""
        taken = [chosen for _, chosen, _ in self.made]
        for place in range(len(self.prefix), len(self.made)):
            options, chosen, _ = self.made[place]
            before = sum(preempts for _, _, preempts in self.made[:place])
            if before >= most:
                return
            yield from ([*taken[:place], other] for other in range(options) if other != chosen)


class OneCrash(NoFaults):
    """Nothing fails, but one actor dies at one position."""

    def __init__(self, crash: Crash | None) -> None:
        super().__init__()
        self.on = True
        self.crash = crash
        self.actors: list[Actor] = []
        self.seen = [0, 0]
        self.died = False
        self.running: Callable[[], Actor | None] = lambda: None

    def drawn(self, where: str, kinds: tuple[str, ...]) -> str | None:
        """The death, at its position."""
        actor = self.running()
        death = next((kind for kind in kinds if kind.startswith("crash")), None)
        if not self.on or actor is None or actor not in self.actors or death is None:
            return None
        number = self.actors.index(actor)
        self.seen[number] += 1
        if self.crash != (number, self.seen[number]):
            return None
        self.died = True
        return death


@dataclass(slots=True)
class Enumerated:
    """What was enumerated of one pair."""

    pair: str
    schedules: int = 0
    with_crash: int = 0
    positions: int = 0
    failures: list[Failure] = field(default_factory=list)


def enumerate_pair(pair: Pair, most_preemptions: int, *, crashes: bool = True) -> Enumerated:
    """Every schedule of a pair, without a death and with one at each position."""
    found = Enumerated(pair.name)
    positions = [0, 0]
    for seen in _schedules(pair, most_preemptions, None, found):
        found.schedules += 1
        positions = [max(a, b) for a, b in zip(positions, seen.seen, strict=True)]
    found.positions = sum(positions)
    every = [(who, at) for who in (0, 1) for at in range(1, positions[who] + 1)]
    for crash in every if crashes else ():
        found.with_crash += sum(
            faults.died for faults in _schedules(pair, most_preemptions, crash, found)
        )
    return found


def _schedules(pair: Pair, most: int, crash: Crash | None, found: Enumerated) -> Iterator[OneCrash]:
    waiting: list[list[int]] = [[]]
    while waiting:
        chooser, faults = Chooser(waiting.pop()), OneCrash(crash)
        failure = _told(pair, chooser, faults)
        if failure is not None:
            found.failures.append(failure)
        waiting.extend(chooser.others(most))
        yield faults


def _told(pair: Pair, chooser: Chooser, faults: OneCrash) -> Failure | None:
    """One schedule from beginning to rest."""
    switches = Switches(**pair.switches)
    world = World(Setting(0, switches, keys=pair.keys, shops=1), choose=chooser, faults=faults)
    faults.running = lambda: world.scheduler.current
    faults.on = False
    try:
        pair.scene(world, faults.actors)
        faults.on, world.scheduler.timeless = True, True
        world.scheduler.run()
        world.scheduler.timeless = False
        rest(world, ROUNDS)
    except Exception as error:  # noqa: BLE001 - whatever escapes is what we look for
        return failure_of(world, error, f"{pair.name} {chooser.prefix} crash {faults.crash}")
    return None


def enumerate_all(most_preemptions: int, *, crashes: bool = True) -> list[Enumerated]:
    """Every pair."""
    return [enumerate_pair(pair, most_preemptions, crashes=crashes) for pair in PAIRS]
