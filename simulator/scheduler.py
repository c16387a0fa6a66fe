"""Who runs next, what time it is, and who dies: nothing else in a history moves or chooses.

Actors are greenlets. Every call of a port is a place where the scheduler takes over; exactly one
actor runs, and a seeded generator picks the next. Time passes here only.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from random import Random

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

MOST_STEPS = 200_000


class Crash(BaseException):
    """The process dies here. Not an Exception, so that no story takes it for a failure."""


class Swallowed(AssertionError):
    """A story caught its own death and went on."""


@dataclass(eq=False, slots=True)
class Actor:
    """One process at work. `prefixes` are the keys it may touch; empty means all of them."""

    name: str
    story: str
    prefixes: tuple[str, ...] = ()
    reads_only: bool = False
    wake: int = 0
    steps: int = 0
    dead: bool = False
    froze: bool = False
    thread: greenlet | None = None


Choice = Callable[[Sequence[Actor]], int]  # which of those who are awake runs next


@dataclass(eq=False)
class Scheduler:
    """The one thread of a history. `now` is milliseconds since 1970.

    While it is `timeless` no pause takes time and no date comes, so that everybody is awake all
    along and nobody is added.
    """

    now: int
    choose: Choice
    timeless: bool = False
    step: int = 0
    current: Actor | None = None
    actors: list[Actor] = field(default_factory=list)
    trace: list[tuple[int, int, str, str]] = field(default_factory=list)
    _timers: list[tuple[int, int, Callable[[], None]]] = field(default_factory=list)
    _set: int = 0
    _hub: greenlet = field(default_factory=getcurrent)

    # --- called by whoever sets a scene ---------------------------------------------------------

    def spawn(self, actor: Actor, run: Callable[[], None], *, after: int = 0) -> Actor:
        """Begin `run` as an actor; it starts `after` milliseconds from now at the earliest."""
        actor.thread = greenlet(lambda: self._live(actor, run), parent=self._hub)
        actor.wake = self.now + after
        self.actors.append(actor)
        return actor

    def at(self, when: int, act: Callable[[], None]) -> None:
        """Have `act` done when the clock gets to `when`. It must not call a port."""
        self._set += 1
        heappush(self._timers, (when, self._set, act))

    def run(self, until: int | None = None) -> None:
        """Let the actors live until none is left or, with `until`, the clock stands there."""
        while self._turn(until):
            pass
        if until is not None:
            self.advance(until)

    def advance(self, when: int) -> None:
        """Move the clock; what was to be done until then is done, in its order."""
        while self._timers and self._timers[0][0] <= when:
            due, _, act = heappop(self._timers)
            self.now = max(self.now, due)
            act()
        self.now = max(self.now, when)

    # --- called by actors -----------------------------------------------------------------------

    def pause(self, site: str, ms: int = 1) -> None:
        """A yield point: the others may run, and `ms` pass before this actor goes on."""
        actor = self.current
        if actor is None:
            return
        if actor.dead:
            raise Crash
        self.trace.append((self.step, self.now, actor.name, site))
        actor.wake = self.now if self.timeless else self.now + ms
        self._hub.switch()

    def crash(self, site: str) -> None:
        """The current actor dies; every later call of a port of it dies again."""
        actor = self.current
        assert actor is not None, "only an actor dies"
        actor.dead = True
        self.trace.append((self.step, self.now, actor.name, f"dies {site}"))
        raise Crash

    def note(self, what: str) -> None:
        """A line for the reader of the trace."""
        name = self.current.name if self.current else "world"
        self.trace.append((self.step, self.now, name, what))

    # --- inside ---------------------------------------------------------------------------------

    def _turn(self, until: int | None) -> bool:
        if self._timers and self._timers[0][0] <= self.now and not self.timeless:
            self.advance(self.now)
        awake = [actor for actor in self.actors if actor.wake <= self.now]
        if not awake:
            return self._sleep(until)
        actor = awake[self.choose(awake)] if len(awake) > 1 else awake[0]
        self.step += 1
        actor.steps += 1
        assert self.step < MOST_STEPS, "a history that does not end"
        self.current = actor
        try:
            assert actor.thread is not None
            actor.thread.switch()
        finally:
            self.current = None
            if actor.thread is None or actor.thread.dead:
                self.actors.remove(actor)
        return True

    def _sleep(self, until: int | None) -> bool:
        """Nobody is awake: on to the next thing that happens. False when nothing will."""
        if (until is None and not self.actors) or self.timeless:
            return False
        coming = [actor.wake for actor in self.actors]
        if self._timers:
            coming.append(self._timers[0][0])
        if not coming or (until is not None and min(coming) > until):
            return False
        self.advance(min(coming))
        return True

    def _live(self, actor: Actor, run: Callable[[], None]) -> None:
        try:
            run()
        except Crash:
            return
        if actor.dead:
            raise Swallowed(f"{actor.name} went on after its death")


def seeded(random: Random) -> Choice:
    """Any of them, with equal chances."""
    return lambda awake: int(random.random() * len(awake))
