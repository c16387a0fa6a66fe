"""What shops, shoppers, banks and time do in a history: operations as data, and how each is done.

An operation says everything by numbers, and picks among what there is when its turn comes; so any
of them can be left out and the rest still makes sense.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from chalicelib.adapters.dynamodb.keys import payment_key
from chalicelib.domain import errors
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.failures import Answered, Replayed
from chalicelib.usecases.start_checkout import NewSession
from simulator.invariants import must
from simulator.scheduler import Actor, Crash
from simulator.shops import Shop
from simulator.switches import HOUR
from simulator.world import STORE_OR_RULE, Known, World

MINUTE = 60_000
METHODS = (("dana", "IDR"), ("paynow", "SGD"), ("paynow", "SGD"), ("pix", "BRL"))
JUMPS = (MINUTE, 2 * MINUTE, 6 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 25 * HOUR)


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


def checkout(turn: Turn) -> None:
    """A merchant starts a session, with an idempotency key or without."""
    op, world = turn.op, turn.world
    method, currency = METHODS[op.pick % 4]
    amount = (1_000, 20_000, 100_000, 999)[op.size % 4]
    price = NewPrice(
        unit_amount=Money(amount, currency),
        product=NewProduct(name="apple", metadata={}),
        metadata={},
    )
    new = NewSession(lines=[(price, 1)], payment_method_types=(method,), metadata={})
    key = f"c{op.key % 40}" if op.key % 5 else None

    fingerprint = _digest(method, amount)

    def ask() -> str:
        asking = world.asking(turn.shop, key, fingerprint)
        return _shown(turn, world.stories.checkout(asking, new))

    _asked(turn, f"checkout_sessions {fingerprint}", key, ask)


def refund(turn: Turn) -> None:
    """A merchant asks for a refund: in part, in full, of more than there is."""
    op, world = turn.op, turn.world
    known = turn.chosen(of_shop=True)
    if known is None:
        return
    amount = _amount(known.asked, op.size)
    expected = (None, None, None, None, known.asked, known.asked // 2)[op.size % 6]
    wanted = RefundRequest(amount=amount, expected_remaining=expected, metadata={})
    key = f"r{op.key % 30}" if op.key % 6 or expected is None else None

    fingerprint = _digest(known.id, amount, expected)

    def ask() -> str:
        asking = world.asking(turn.shop, key, fingerprint)
        told = world.stories.refund(asking, session_id(known.id), wanted)
        if world.stories.keeps_refunds:
            _kept(turn, told, expected)
        return told.id

    _asked(turn, f"refunds {fingerprint}", key, ask)


def tap(turn: Turn) -> None:
    """A person opens a link and taps pay, once or twice."""
    op, world = turn.op, turn.world
    if not world.slugs:
        return
    slug = world.slugs[op.pick % len(world.slugs)]
    attempt = f"a{op.key % 20}" if op.key % 4 else None
    turn.actor.story = "checkout"

    def ask() -> str:
        turn.actor.prefixes = (*turn.shop.prefixes, "SLUG#", f"M#{world.shops[0].tenant.merchant}")
        number = world.request()
        cause = Cause(actor="shopper", reference=slug, request_id=f"req-{number}", at=world.now)
        payment = world.stories.tap(slug, attempt, cause)
        turn.actor.prefixes = turn.shop.prefixes
        return _shown(turn, payment, world.shops[0])

    _asked(turn, f"tap_{slug}", attempt, ask)
    turn.actor.prefixes = turn.shop.prefixes


def compare(turn: Turn) -> None:
    """The daily compare runs, whatever the hour."""
    turn.world.compare()


def pay(turn: Turn) -> None:
    """A shopper pays: mostly right, sometimes another amount or currency."""
    known = turn.chosen()
    if known is None:
        return
    intent, odd = turn.world.intent_of(known), turn.op.size % 16
    if odd == 0:
        turn.world.provider.pay(intent, short=1)
    elif odd == 1:
        turn.world.provider.pay(intent, currency="USD")
    else:
        turn.world.provider.pay(intent)


def decline(turn: Turn) -> None:
    """A shopper's wallet declines."""
    if (known := turn.chosen()) is not None:
        turn.world.provider.decline(turn.world.intent_of(known))


def expire(turn: Turn) -> None:
    """The provider ends a page before its time."""
    if (known := turn.chosen()) is not None:
        turn.world.provider.expire(turn.world.intent_of(known))


def by_hand(turn: Turn) -> None:
    """Somebody refunds in the provider's dashboard."""
    if (known := turn.chosen()) is not None:
        amount = _amount(known.asked, turn.op.size % 5) or known.asked
        if turn.world.provider.refund_by_hand(turn.world.intent_of(known), amount):
            turn.world.goals["refunded by hand"] += 1


def comes_back(turn: Turn) -> None:
    """The bank returns a refund."""
    if (known := turn.chosen()) is not None:
        refunds = [each for each in turn.world.intent_of(known).refunds if each.counts]
        if refunds:
            turn.world.provider.give_back(refunds[turn.op.size % len(refunds)])


def dispute(turn: Turn) -> None:
    """A shopper's bank disputes the payment, or decides."""
    if (known := turn.chosen()) is not None:
        status = ("needs_response", "won", "lost")[turn.op.size % 3]
        turn.world.provider.dispute(turn.world.intent_of(known), status)


def look(turn: Turn) -> None:
    """A merchant reads; nothing may be written."""
    known = turn.chosen(of_shop=True)
    if known is None:
        return
    turn.actor.reads_only = True
    try:
        store = turn.world.store
        found = store.payment(turn.shop.tenant, known.id)
        must(found is not None, f"Inv-7 {known.id} was shown and is not there")
        store.ledger(turn.shop.tenant, known.id)
    except STORE_OR_RULE:
        pass
    finally:
        turn.actor.reads_only = False


def jump(turn: Turn) -> None:
    """Time passes for everyone, whatever they are doing."""
    scheduler = turn.world.scheduler
    scheduler.advance(scheduler.now + JUMPS[turn.op.size % len(JUMPS)])
    scheduler.pause("has let time pass")


def _asked(turn: Turn, route: str, key: str | None, ask: Callable[[], str]) -> None:
    """Ask, and ask again with the same key when the answer was none or a process died."""
    world, actor = turn.world, turn.actor
    for _ in range(turn.op.tries if key else 1):
        try:
            resource = ask()
        except Crash:
            actor.dead = False  # the client lives, and finds another process
        except STORE_OR_RULE as error:
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


def _shown(turn: Turn, payment: Payment, shop: Shop | None = None) -> str:
    """The shopper gets the page; what was acknowledged is there (Inv-7)."""
    kept = turn.world.engine.peek(payment_key(payment.tenant, payment.id))
    assert payment.provider is not None
    bound = kept is not None and kept.get("psp_intent") == payment.provider.intent
    must(bound, f"Inv-7 the page of {payment.id} was shown and is not kept")
    turn.world.show(shop or turn.shop, payment)
    return str(payment.id)


def _kept(turn: Turn, told: Refund, expected: int | None) -> None:
    books = turn.world.watch.books
    at = f"{turn.shop.prefixes[0]}#test"
    kept = books[f"{at}#PAY#{told.payment}"].refunds.get(f"{at}#RF#{told.id}")
    must(kept is not None and kept[1] == told.amount.amount, f"Inv-7 {told.id} is not kept")
    remained = turn.world.watch.remained[f"{at}#RF#{told.id}"]
    must(expected in (None, remained), f"Inv-8 {told.id} of {remained}, {expected} expected")


def _amount(asked: int, size: int) -> int | None:
    shares = (asked // 4, asked // 2, asked * 6 // 10, asked // 2, asked, asked + 1, None, 1)
    return shares[size % len(shares)]


def _digest(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()
