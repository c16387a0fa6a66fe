"""What shops, shoppers, banks and time do in a history: operations as data, and how each is done.

An operation says everything by numbers, and picks among what there is when its turn comes; so any
of them can be left out and the rest still makes sense.
"""

from chalicelib.adapters.dynamodb.keys import refund_key
from chalicelib.domain.ids import MerchantId, RefundId, Tenant, session_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.money import Money
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.start_checkout import NewSession
from simulator.shapes import PspRefund
from simulator.shelves import from_shelf, restock
from simulator.switches import HOUR
from simulator.turns import Turn, asked, digest, secretless, shown
from simulator.violations import must
from simulator.world import STORE_OR_RULE, World

MINUTE = 60_000
METHODS = (("dana", "IDR"), ("paynow", "SGD"), ("paynow", "SGD"), ("pix", "BRL"))
JUMPS = (MINUTE, 2 * MINUTE, 6 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 25 * HOUR)


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

    fingerprint = digest(method, amount)
    lines = from_shelf(turn)
    if lines:
        new = NewSession(lines=lines, payment_method_types=("dana",), metadata={})
        fingerprint = digest(lines)

    def ask() -> str:
        asking = world.asking(turn.shop, key, fingerprint)
        return shown(turn, world.stories.checkout(asking, new))

    asked(turn, f"checkout_sessions {fingerprint}", key, ask)


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

    fingerprint = digest(known.id, amount, expected)

    def ask() -> str:
        asking = world.asking(turn.shop, key, fingerprint)
        told = world.stories.refund(asking, session_id(known.id), wanted)
        if world.stories.keeps_refunds:
            _kept(turn, told, expected)
        secretless(world, told)
        return told.id

    asked(turn, f"refunds {fingerprint}", key, ask)


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
        return shown(turn, payment, world.shops[0])

    asked(turn, f"tap_{slug}", attempt, ask)
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
    """The bank returns a refund: any, or one of which we have not heard the end."""
    if (known := turn.chosen()) is not None:
        refunds = [each for each in turn.world.intent_of(known).refunds if each.counts]
        if turn.op.key % 2:
            refunds = _in_doubt(turn.world) or refunds
        if refunds:
            turn.world.provider.give_back(refunds[turn.op.size % len(refunds)])


def _in_doubt(world: World) -> list[PspRefund]:
    """Refunds that were carried out while we do not know it."""
    found = []
    for intent in world.provider.intents.values():
        for refund in intent.refunds:
            tenant = Tenant(MerchantId(intent.account), False)
            item = world.engine.peek(refund_key(tenant, RefundId(refund.key or "")))
            if refund.counts and item is not None and item["status"] in ("sending", "unknown"):
                found.append(refund)
    return found


def dispute(turn: Turn) -> None:
    """A shopper's bank disputes the payment, or decides."""
    if (known := turn.chosen()) is not None:
        status = ("needs_response", "won", "lost")[turn.op.size % 3]
        turn.world.provider.dispute(turn.world.intent_of(known), status)


def look(turn: Turn) -> None:
    """A merchant reads, and nothing may be written; or puts a piece on a shelf."""
    if restock(turn):
        return
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
