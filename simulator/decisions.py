"""What merchants do besides selling and refunding on a page, and what a person decides."""

from typing import Any

from chalicelib.adapters.dynamodb.keys import refund_key
from chalicelib.domain.ids import RefundId, intent_id, session_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Direct
from chalicelib.usecases.start_checkout import NewIntent
from simulator.invariants import OPEN, OPERATOR
from simulator.switches import HOUR
from simulator.turns import Turn, asked, digest, shown
from simulator.violations import must
from simulator.world import Known

TOO_EARLY_MS = HOUR  # after a refund was sent, to take nothing for the provider's last word


def direct(turn: Turn) -> None:
    """A merchant starts a payment by the Direct API."""
    op, world = turn.op, turn.world
    amount = (20_000, 100_000, 999)[op.size % 3]
    new = NewIntent(
        amount=Money(amount, "IDR"),
        direct=Direct(method="dana", return_url="https://shop.test/back"),
        metadata={},
    )
    key = f"d{op.key % 40}" if op.key % 5 else None
    fingerprint = digest("dana", amount)

    def ask() -> str:
        asking = world.asking(turn.shop, key, fingerprint)
        return shown(turn, world.stories.direct(asking, new))

    asked(turn, f"payment_intents {fingerprint}", key, ask)


def end(turn: Turn) -> None:
    """A merchant ends a payment that nobody has paid: its page, or the payment itself."""
    known = turn.chosen(of_shop=True)
    if known is None:
        return
    world, closes = turn.world, turn.op.size % 2 == 0
    told = session_id(known.id) if closes else intent_id(known.id)

    def ask() -> str:
        cause = world.asking(turn.shop).cause(told)
        ended = world.stories.end(turn.shop.tenant, told, cause, closes=closes)
        intent = world.intent_of(known)
        over = intent.session_status != "open" or intent.status == "canceled"
        must(over, f"Inv-7 {told} was ended and is {intent.status}, its page open")
        world.goals["payment ended"] += 1
        return str(ended.id)

    asked(turn, "ended", None, ask)


def verdict(turn: Turn) -> None:
    """A person looks at the provider and ends what nothing else ends: an open refund as it stands
    there, or a review.
    """
    known = turn.chosen(of_shop=True)
    if known is None:
        return
    number = turn.world.request()
    cause = Cause(actor=OPERATOR, reference=known.id, request_id=f"req-{number}", at=turn.world.now)

    def ask() -> str:
        payment = turn.world.store.payment(turn.shop.tenant, known.id)
        if payment is not None and payment.review and payment.review.verdict is None:
            turn.world.stories.accept(turn.shop.tenant, session_id(known.id), cause)
            turn.world.goals["review accepted"] += 1
        elif payment is not None and payment.refund_inflight:
            _decide(turn, known, payment.refund_inflight, cause)
        return str(known.id)

    asked(turn, "verdict", None, ask)


def _decide(turn: Turn, known: Known, refund: str, cause: Cause) -> None:
    world, tenant = turn.world, turn.shop.tenant
    kept: Any = world.engine.peek(refund_key(tenant, RefundId(refund)))
    theirs = [
        each
        for each in world.intent_of(known).refunds
        if each.metadata.get("tautan_refund") == refund
    ]
    pends = any(each.status == "pending" for each in theirs)
    early = world.now - kept["sent_at"] < TOO_EARLY_MS or world.is_under_way(tenant, refund)
    if kept["status"] not in OPEN or pends or early:
        return
    happened = any(each.status == "succeeded" for each in theirs)
    world.stories.settle(tenant, refund, happened, cause)
    world.goals["refund settled by a person"] += 1
