"""Whatever order the provider's events come in, and however often each: the end is the same."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

import pytest

from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    DisputeFact,
    DisputeStatus,
    Fact,
    IntentStatus,
    RefundFact,
    RefundFactStatus,
)
from chalicelib.domain.refunds import RefundStatus
from chalicelib.usecases.audit import audit_payment
from tests.builders import a_refund_fact, a_request, an_intent_fact, rupiah
from tests.fakes.world import World
from tests.usecases.test_webhook import inbox

D, F, I = DisputeStatus, RefundFactStatus, IntentStatus  # noqa: E741
SHARES, EACH = 6, 100
MINUTE = 60_000
OUTCOMES = {"applied", "ignored", "deferred", "stale", "duplicate"}


@dataclass(frozen=True)
class Told:
    """An event of the provider, and whether it is delivered so late that it must be asked after."""

    id: str
    fact: Fact
    trusted: bool = True


def of_the_payment(payment: Payment) -> list[Told]:
    """A first attempt fails, the second succeeds, a part is given back in the dashboard, and a
    dispute is won."""
    assert payment.provider is not None
    intent = payment.provider.intent

    def said(status: IntentStatus) -> Fact:
        return an_intent_fact(status, intent=intent, payment=payment.id)

    def dispute(status: DisputeStatus) -> Fact:
        return DisputeFact(dispute="dp_1", intent=intent, status=status, amount=rupiah(20_000))

    there = dashboard(payment)
    return [
        Told("evt_waiting", said(I.WAITING)),
        Told("evt_processing", said(I.PROCESSING)),
        Told("evt_failed", said(I.FAILED)),
        Told("evt_processing_again", said(I.PROCESSING)),
        Told("evt_paid", said(I.SUCCEEDED)),
        Told("evt_paid_at_another_endpoint", said(I.SUCCEEDED)),
        Told("evt_paid_late", said(I.SUCCEEDED), trusted=False),
        Told("evt_dispute", dispute(D.OPEN)),
        Told("evt_dispute_won", dispute(D.WON)),
        Told("evt_there_pending", replace(there, status=F.PENDING)),
        Told("evt_there", there),
        Told("evt_there_late", there, trusted=False),
    ]


def dashboard(payment: Payment) -> RefundFact:
    """A refund that was made without us."""
    assert payment.provider is not None
    intent = payment.provider.intent
    return RefundFact(
        psp_refund="re_there", intent=intent, status=F.SUCCEEDED, amount=rupiah(1_000)
    )


def deliver(world: World, random: Random, events: Sequence[Told]) -> None:
    """Each event once to four times, one of them eighteen times, in any order, with pauses."""
    often = random.choice(events).id
    deliveries = [
        event for event in events for _ in range(18 if event.id == often else random.randint(1, 4))
    ]
    random.shuffle(deliveries)
    for event in deliveries:
        assert world.told(event.fact, id=event.id, trusted=event.trusted) in OUTCOMES
        if random.random() < 0.1:
            world.pass_time(random.choice([1, 30_000, 10 * MINUTE]))
            world.sweep()


def settled(world: World) -> None:
    """The sweeper has come until nothing waits."""
    for _ in range(40):
        world.pass_time(10 * MINUTE)
        world.sweep()
    assert {status for status, _ in inbox(world).values()} <= {"applied", "ignored"}


def history(seed: int) -> object:
    """How a payment, its refunds and its books end after a history of this seed."""
    random = Random(seed)
    world = World()
    world.psp.one_partial_only = False
    payment = world.started(20_000, ("dana",))
    world.psp.pay(payment)
    there = dashboard(payment)
    world.psp.known_refunds["re_there"] = there
    world.psp.page_of(payment).refunds.append(there.amount)
    events = of_the_payment(payment)
    deliver(world, random, events)
    settled(world)
    paid = world.payment(payment.id)
    assert (paid.status, paid.totals) == (
        PaymentStatus.PAID, Totals(20_000, 19_000, 0, 1_000),
    )  # fmt: skip
    assert audit_payment(world.store, world.tenant, payment.id) == []
    assert world.discrepancies() == []
    world.check_money(payment.id)
    return (
        replace(paid, paid_at=None, seq=0),
        [(r.status, r.amount, r.psp_refund, r.origin) for r in world.store.refunds_of(paid)],
        sorted(id for id in inbox(world) if id.startswith("evt_")),
    )


@pytest.mark.parametrize("share", range(SHARES))
def test_600_histories_of_one_payment_end_alike(share: int) -> None:
    ends = [history(share * EACH + number) for number in range(EACH)]
    canonical = history(-1)
    for number, end in enumerate(ends):
        assert end == canonical, f"seed {share * EACH + number}"


def refund_history(seed: int, end: RefundFactStatus) -> object:
    """How a refund of ours ends that the provider takes on, after events in any order."""
    random = Random(seed)
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(Accepted("re_77"))
    refund = world.refund(paid, a_request(), "k")
    last = a_refund_fact(refund, end, psp_refund="re_77")
    world.psp.known_refunds["re_77"] = last
    if end is F.SUCCEEDED:
        world.psp.page_of(paid).refunds.append(refund.amount)
    nameless = replace(last, payment=None, refund=None)
    pending, succeeded = replace(last, status=F.PENDING), replace(last, status=F.SUCCEEDED)
    deliver(
        world,
        random,
        [
            Told("evt_pending", pending),
            Told("evt_pending_late", pending, trusted=False),
            Told("evt_end", last),
            Told("evt_end_nameless", nameless),
            Told("evt_end_late", nameless, trusted=False),
            # What failed may have succeeded before: that is told first, last or between.
            *([Told("evt_before", succeeded)] if end is F.FAILED else []),
        ],
    )
    settled(world)
    kept = world.only_refund()
    assert audit_payment(world.store, world.tenant, paid.id) == []
    ends = {
        F.SUCCEEDED: {RefundStatus.POSTED},
        F.FAILED: {RefundStatus.VOIDED, RefundStatus.REVERSED},
    }
    assert kept.status in ends[end]
    return world.check_money(paid.id), kept.psp_refund


@pytest.mark.parametrize("end", [F.SUCCEEDED, F.FAILED])
def test_200_histories_of_one_refund_end_alike(end: RefundFactStatus) -> None:
    money = Totals(20_000, 15_000, 0, 5_000) if end is F.SUCCEEDED else Totals(20_000, 20_000)
    assert {refund_history(seed, end) for seed in range(100)} == {(money, "re_77")}
