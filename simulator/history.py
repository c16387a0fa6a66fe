"""One history: a seed, what came of it, and how to tell it again."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import Money
from chalicelib.domain.refunds import RefundedTotal, RefundKeys
from simulator.operations import METHODS
from simulator.plans import perform, plan
from simulator.rest import rested
from simulator.scheduler import Actor, Crash
from simulator.shelves import shelve
from simulator.switches import drawn
from simulator.turns import Operation, Turn
from simulator.world import Setting, World, stream

TAIL = 60
MINUTE = 60_000
COMPARED_FROM = 1_440  # minutes of a round after which the books are compared, too
ROUNDS = (  # minutes of the quiet end
    *(1, 1, 2, 3, 5, 10, 16, 20, 40, 61, 16, 16, 61, 120, 180, 360, 600, 720),
    *(1_440, 1_500, 1_500, 16, 16),
)


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong, where, and the last that was seen before."""

    seed: int
    step: int
    what: str
    tail: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed}, step {self.step}: {self.what}", *self.tail])


@dataclass(slots=True)
class Outcome:
    """The numbers of one history, or of many."""

    histories: int = 0
    operations: int = 0
    steps: int = 0
    store_calls: int = 0
    psp_calls: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    goals: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    digest: str = ""

    def add(self, other: "Outcome") -> None:
        """Count another one in."""
        for name in ("histories", "operations", "steps", "store_calls", "psp_calls"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("faults", "hits", "goals"):
            getattr(self, name).update(getattr(other, name))
        self.failures += other.failures
        self.digest = sha256((self.digest + other.digest).encode()).hexdigest()[:16]


def setting_of(seed: int) -> Setting:
    """The switches and settings of a seed."""
    random = stream(seed, "switches")
    honoured = random.random() < 0.5
    switches = drawn(random, keys_on_refunds=True if honoured else None)
    all_shown = switches.pending_in_total and random.random() < 0.5
    policies = (Policy.HOLD, Policy.ACCEPT, Policy.REFUND)
    return Setting(
        seed,
        switches,
        keys=RefundKeys.HONOURED if honoured else RefundKeys.UNPROVEN,
        total=RefundedTotal.ALL if all_shown else RefundedTotal.SETTLED,
        policy=policies[int(random.random() * 3)],
    )


def history(
    seed: int,
    operations: Sequence[Operation] | None = None,
    setting: Callable[[int], Setting] = setting_of,
) -> Outcome:
    """Live through the history of a seed. With `operations` only those are done."""
    world = World(setting(seed))
    planned = plan(stream(seed, "plan")) if operations is None else operations
    failures: list[Failure] = []
    try:
        _live(world, planned)
        rest(world, ROUNDS)
    except Exception as error:  # noqa: BLE001 - whatever escapes a story is what we look for
        failures.append(failure_of(world, error))
    assert world.faults is not None
    store_calls, psp_calls = world.calls
    trace = world.scheduler.trace
    return Outcome(
        histories=1,
        operations=len(planned),
        steps=world.scheduler.step,
        store_calls=store_calls,
        psp_calls=psp_calls,
        faults=world.faults.fired,
        hits=world.hits,
        goals=world.goals + world.watch.goals + world.listeners.goals,
        failures=failures,
        digest=sha256(repr(trace).encode()).hexdigest()[:16],
    )


def shrunk(seed: int, setting: Callable[[int], Setting] = setting_of) -> list[Operation]:
    """The operations of a failing seed without those that it fails without."""
    left = plan(stream(seed, "plan"))
    size = len(left) // 2
    while size:
        place = 0
        while place < len(left):
            fewer = left[:place] + left[place + size :]
            if history(seed, fewer, setting).failures:
                left = fewer
            else:
                place += size
        size //= 2
    return left


def _live(world: World, planned: Sequence[Operation]) -> None:
    by_actor: dict[int, list[Operation]] = {}
    for operation in planned:
        by_actor.setdefault(operation.who, []).append(operation)
    _stock(world)
    shelve(world)
    world.listen()
    world.begin_sweeping()
    for who in sorted(by_actor):
        shop = world.shops[who % len(world.shops) if who > 2 else 0]
        actor = Actor(f"client{who}", "", shop.prefixes)
        turns = [Turn(world, actor, shop, operation) for operation in by_actor[who]]
        world.scheduler.spawn(actor, _client(turns))
    world.scheduler.run()


def _stock(world: World) -> None:
    """Some payments that are there already, so that there is something to fight over."""
    random = stream(world.setting.seed, "stock")
    for limit in (None, 1, 2)[: int(random.random() * 4)]:
        world.make_link("dana", Money(20_000, "IDR"), limit)
    for _ in range(int(random.random() * 4)):
        shop = world.shops[0 if random.random() < 0.8 else 1]
        method, currency = METHODS[int(random.random() * 3)]
        amount = (100, 20_000, 100_000)[int(random.random() * 3)]
        world.sell(shop, method, Money(amount, currency), paid=random.random() < 0.8)


def _client(turns: Sequence[Turn]) -> "_Run":
    return _Run(tuple(turns))


@dataclass(frozen=True, slots=True)
class _Run:
    """The life of a client: one operation after the other, whatever becomes of each."""

    turns: tuple[Turn, ...]

    def __call__(self) -> None:
        for turn in self.turns:
            try:
                perform(turn)
            except Crash:
                turn.actor.dead = False


def rest(world: World, rounds: Sequence[int]) -> None:
    """The quiet end: nothing fails any more, and what was begun comes to its end."""
    assert world.faults is not None
    world.faults.on = world.sweeping = False
    scheduler = world.scheduler
    scheduler.run()
    for minutes in rounds:
        scheduler.run(until=scheduler.now + minutes * MINUTE)
        if world.store.due(world.now, 1):  # a round without work tells nothing, and there are many
            world.sweep()
        if world.listeners.endpoints and world.store.untold(world.now, 1):
            world.tell()
        if minutes >= COMPARED_FROM:
            world.compare()
        scheduler.run()
    rested(world)


def failure_of(world: World, error: Exception, what: str = "") -> Failure:
    """What escaped, with the last that was seen before."""
    told = tuple(
        f"  {step:6} {(now - 1_800_000_000_000) / 1000:12.3f}s {name:12} {site}"
        for step, now, name, site in world.scheduler.trace[-TAIL:]
    )
    what = f"{what} {type(error).__name__}: {error}".strip()
    return Failure(world.setting.seed, world.scheduler.step, what, told)
