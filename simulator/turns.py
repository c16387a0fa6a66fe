"""One turn of an actor: the operation, how it is asked for until there is an answer, and what must
hold of the answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.adapters.dynamodb.keys import payment_key
from chalicelib.domain import errors
from chalicelib.domain.payments import Payment
from chalicelib.usecases.failures import Answered, Replayed
from simulator.scheduler import Actor, Crash
from simulator.shops import CANARY, Shop
from simulator.violations import must
from simulator.world import STORE_OR_RULE, Known, World


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that `who` does. The numbers mean what the kind makes of them."""

    who: int
    kind: str
    pick: int
    size: int
    key: int
    tries: int
    wait_ms: int


@dataclass(frozen=True, slots=True)
class Turn:
    """An operation with the world it is done in and the actor who does it."""

    world: World
    actor: Actor
    shop: Shop
    op: Operation

    def chosen(self, *, of_shop: bool = False) -> Known | None:
        """The payment that the operation picks: mostly one of the newest."""
        known = self.world.known
        if of_shop:
            known = [each for each in known if each.shop is self.shop]
        if not known:
            return None
        newest = known[-2:] if self.op.pick % 4 else known
        return newest[self.op.pick % len(newest)]


def asked(turn: Turn, route: str, key: str | None, ask: Callable[[], str]) -> None:
    """Ask, and ask again with the same key when the answer was none or a process died."""
    world, actor = turn.world, turn.actor
    for _ in range(turn.op.tries if key else 1):
        try:
            resource = ask()
        except Crash:
            actor.dead = False  # the client lives, and finds another process
        except STORE_OR_RULE as error:
            secretless(world, f"{error!r} {getattr(error, 'details', '')}")
            world.goals[_refusal(error)] += 1
            world.scheduler.note(f"refused: {type(error).__name__}")
        except Replayed as replayed:
            world.goals["answer replayed"] += 1
            resource = replayed.answer.body.partition(" ")[0]
            world.scheduler.note(f"answered again {replayed.answer.body}")
            if resource:
                _same(turn, route, key, resource)
            _same_answer(turn, route, key, replayed.answer)
            return
        else:
            world.scheduler.note(f"answered {resource}")
            _same(turn, route, key, resource)
            if turn.op.size % 3:
                return
        if actor.froze:
            world.goals["woke from the dead"] += 1
        actor.froze = False


def _same(turn: Turn, route: str, key: str | None, resource: str) -> None:
    if key is None or not turn.world.stories.keeps_refunds:
        return
    shop, told = str(turn.shop.tenant.merchant), turn.world.told
    earlier = told.setdefault((shop, route.split()[0], key), resource)
    must(earlier == resource, f"Inv-8 the key {key} gave {earlier}, then {resource}")
    asked = told.setdefault((shop, "asked", f"{route.split()[0]} {key}"), route)
    must(asked == route, f"Inv-8 the key {key} was taken for another request")


def _same_answer(turn: Turn, route: str, key: str | None, answer: Answered) -> None:
    place = (str(turn.shop.tenant.merchant), f"{route} answer", str(key))
    earlier = turn.world.told.setdefault(place, f"{answer.status} {answer.body}")
    must(earlier == f"{answer.status} {answer.body}", f"Inv-8 {key}: {earlier}, then {answer}")


def _refusal(error: Exception) -> str:
    if isinstance(error, errors.RefundAmountExceedsRefundable | errors.RefundAlreadyFull):
        return "over-refund refused"
    return f"refused {type(error).__name__}"


def shown(turn: Turn, payment: Payment, shop: Shop | None = None) -> str:
    """The shopper gets the page; what was acknowledged is there (Inv-7)."""
    kept = turn.world.engine.peek(payment_key(payment.tenant, payment.id))
    assert payment.provider is not None
    bound = kept is not None and kept.get("psp_intent") == payment.provider.intent
    must(bound, f"Inv-7 the page of {payment.id} was shown and is not kept")
    secretless(turn.world, payment)
    turn.world.show(shop or turn.shop, payment)
    return str(payment.id)


def secretless(world: World, outcome: object) -> None:
    """What a story returns or raises holds no secret of a webhook (looked at in some seeds)."""
    if world.setting.seed % 8 == 0:
        must(CANARY not in repr(outcome), f"Inv-13 a secret was told: {outcome!r}"[:200])


def digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()
