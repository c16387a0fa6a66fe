"""Which operations a history is made of, and how one is performed."""

from collections.abc import Callable, Mapping
from random import Random

from simulator import decisions
from simulator import operations as do
from simulator.turns import Operation, Turn

KINDS: Mapping[str, tuple[Callable[[Turn], None], int]] = {
    "checkout": (do.checkout, 12),
    "refund": (do.refund, 26),
    "pay": (do.pay, 18),
    "tap": (do.tap, 8),
    "compare": (do.compare, 2),
    "decline": (do.decline, 3),
    "expire": (do.expire, 2),
    "by hand": (do.by_hand, 5),
    "comes back": (do.comes_back, 6),
    "dispute": (do.dispute, 3),
    "look": (do.look, 4),
    "direct": (decisions.direct, 4),
    "end": (decisions.end, 3),
    "verdict": (decisions.verdict, 4),
    "jump": (do.jump, 10),
}


def plan(random: Random) -> list[Operation]:
    """20 to 60 operations of 2 to 5 actors."""
    kinds = [kind for kind, (_, weight) in KINDS.items() for _ in range(weight)]
    actors = 2 + int(random.random() * 4)
    count = 20 + int(random.random() * random.random() * 41)  # mostly short: more of them
    return [_drawn(random, kinds, actors) for _ in range(count)]


def _drawn(random: Random, kinds: list[str], actors: int) -> Operation:
    def below(bound: int) -> int:
        return int(random.random() * bound)

    return Operation(
        who=below(actors),
        kind=kinds[below(len(kinds))],
        pick=below(64),
        size=below(64),
        key=below(1_000),
        tries=1 + below(3),
        wait_ms=below(4_000) if below(4) else below(40),
    )


def perform(turn: Turn) -> None:
    """Do one operation, from the wait before it to its end, whatever that is."""
    act = KINDS[turn.op.kind][0]
    actor = turn.actor
    actor.story, actor.froze = turn.op.kind, False
    turn.world.scheduler.pause(turn.op.kind, turn.op.wait_ms)
    act(turn)
