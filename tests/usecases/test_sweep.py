"""The sweeper: what is due is looked at, by one at a time, and one failure stops nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.ids import Millis, RefundId
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import InDoubt
from chalicelib.domain.refunds import RefundStatus
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.ports import Due, DueKind
from chalicelib.usecases.sweep import FAILED_MS, LEASE, LEASE_MS, MOST, ROUND_MS
from tests.builders import a_cause, a_payment, a_request, a_tenant, an_intent_fact, ulid
from tests.fakes.world import World, at, crash_at
from tests.usecases.test_webhook import PAID, about, inbox

P, S = PaymentStatus, RefundStatus
MINUTE = 60_000


def busy() -> World:
    """A world in which one thing of each kind is due."""
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    world.refund(paid, a_request(), "k")
    world.psp.page_of(paid).refunds.append(paid.amount.with_amount(5_000))
    world.started()
    assert world.told(an_intent_fact(intent="pi_404"), id="evt_early") == "deferred"
    world.pass_time(2 * MINUTE)
    return world


def test_when_nothing_is_due_a_round_only_leaves_its_heartbeat() -> None:
    world = World()
    world.started()
    asked = dict(world.psp.calls)
    assert world.store.heartbeat(LEASE) is None
    assert world.sweep() == {}
    assert world.store.heartbeat(LEASE) == world.now
    assert dict(world.psp.calls) == asked


def test_everything_that_is_due_is_looked_at_once() -> None:
    world = busy()
    assert world.sweep() == {"event": 1, "refund": 1, "payment": 1}
    assert world.only_refund().status is S.POSTED
    assert inbox(world)["evt_early"] == ("deferred", "No such payment_intent")
    assert world.sweep() == {}


def test_the_round_of_another_is_left_alone_until_its_lease_runs_out() -> None:
    world = busy()
    assert world.store.take_lease(LEASE, "another", world.now, Millis(world.now + LEASE_MS))
    with world.still():
        assert world.sweeper.sweep("req-3") is None
    world.pass_time(LEASE_MS)
    with world.still():
        assert world.sweeper.sweep("req-3") is None
    world.pass_time(1)
    assert world.sweep() == {"event": 1, "refund": 1, "payment": 1}


def test_two_rounds_at_once_do_the_work_of_one() -> None:
    world = busy()
    seen: list[object] = []
    world.psp.before = at("intent", lambda: seen.append(world.sweeper.sweep("req-4")))
    assert world.sweep() == {"event": 1, "refund": 1, "payment": 1}
    assert seen == [None]


def test_a_zombie_of_a_round_does_not_give_back_the_lease_of_the_next() -> None:
    world = busy()

    def overslept() -> None:
        world.pass_time(LEASE_MS + 1)
        assert world.store.take_lease(LEASE, "next", world.now, Millis(world.now + LEASE_MS))

    world.psp.before = at("intent", overslept)
    world.sweep()
    assert world.store.heartbeat(LEASE) is None
    assert world.sweeper.sweep("req-4") is None


def test_what_cannot_be_looked_at_stops_nothing_else_and_comes_again() -> None:
    world = busy()

    def hook(called: str) -> None:
        if called == "intent":
            raise PspUnavailable("WooshPay did not answer.")

    world.psp.before = hook
    assert world.sweep() == {"event": 1, "refund": 1, "failed": 1}
    assert inbox(world)["evt_early"] == ("deferred", "WooshPay did not answer.")
    world.psp.before = None
    world.pass_time(FAILED_MS)
    assert world.sweep() == {"event": 1, "refund": 1, "payment": 1}
    assert world.only_refund().status is S.POSTED


def test_the_store_being_away_for_one_stops_nothing_else() -> None:
    world = busy()
    lost = StoreUnavailable("ReadTimeout")
    failed: list[str] = []

    def hook(called: str) -> None:
        if called == "get" and not failed:
            failed.append(called)
            raise lost

    world.engine.before = hook
    done = world.sweep()
    assert (sum(done.values()), done["failed"]) == (3, 1)
    assert sum(world.sweep().values()) == 1


def test_a_merchant_who_cannot_be_asked_for_does_not_keep_the_others_waiting() -> None:
    world = World()
    keyless = a_tenant(number=7)
    for number in range(MOST):
        payment = a_payment(number=number, tenant=keyless, bound=False)
        world.store.begin_payment(replace_due(payment, Millis(world.now - 1)), None)
    payment = world.started()
    world.psp.pay(payment)
    world.pass_time(2 * MINUTE)

    def hook(called: str) -> None:
        if called == "create_session":
            raise PspUnavailable("No WooshPay key is kept for this merchant and mode.")

    world.psps(keyless).before = hook
    assert world.sweep() == {"failed": MOST}
    assert world.sweep() == {"payment": 1}
    assert world.check_money(payment.id) == PAID
    world.pass_time(FAILED_MS - 1)
    assert world.sweep() == {}
    world.pass_time(1)
    assert world.sweep() == {"failed": MOST}


def replace_due(payment: Payment, due_at: Millis) -> Payment:
    """The payment, due at another time."""
    return replace(payment, due_at=due_at)


def test_a_payment_that_moves_while_room_is_made_for_others_is_left_as_it_is() -> None:
    world = World()
    payment = world.started()
    world.pass_time(2 * MINUTE)

    def hook(called: str) -> None:
        if called == "intent":
            world.engine.before = at("write", lambda: world.told(about(payment), id="evt_paid"))
            raise PspUnavailable("WooshPay did not answer.")

    world.psp.before = hook
    assert world.sweep() == {"failed": 1}
    assert world.payment(payment.id).due_at is None
    assert world.check_money(payment.id) == PAID


def test_a_round_that_has_taken_long_begins_nothing_new() -> None:
    world = World()
    first, second = world.started(), world.started()
    world.pass_time(2 * MINUTE)
    world.psp.before = at("intent", lambda: world.pass_time(ROUND_MS))
    assert world.sweep() == {"payment": 1}
    assert world.psp.calls["intent"] == 1
    assert world.sweep() == {"payment": 1}
    assert {first.provider.intent, second.provider.intent} <= set(world.psp.keys)  # type: ignore[union-attr]


def test_a_round_looks_at_a_hundred_the_longest_due_first() -> None:
    world = World()
    for number in range(MOST + 1):
        due = Millis(world.now + number)
        world.store.begin_payment(replace_due(a_payment(number=number, bound=False), due), None)
    world.pass_time(MOST)
    assert world.sweep() == {"payment": MOST}
    left = world.store.due(world.now, 10)
    assert [each.id for each in left] == [ulid(MOST)]


def test_what_the_index_still_shows_but_is_not_due_any_more_is_left_alone() -> None:
    world = World()
    paid = world.paid()
    refund = world.refund(paid, a_request())
    cause = a_cause("sweep", at=world.now, actor="sweeper")
    for kind, id in [
        (DueKind.PAYMENT, paid.id),
        (DueKind.REFUND, refund.id),
        (DueKind.EVENT, "evt_1"),
        (DueKind.PAYMENT, ulid(404)),
        (DueKind.REFUND, RefundId(f"re_{ulid(404)}")),
        (DueKind.EVENT, "evt_404"),
    ]:
        with world.still():
            world.sweeper.look(Due(kind, world.tenant, id, world.now), cause)


def test_whoever_dies_in_a_round_leaves_the_rest_to_the_next() -> None:
    world = busy()
    world.engine.before = crash_at("write", 3)
    with pytest.raises(Exception, match="write 3"):
        world.sweep()
    world.engine.before = None
    assert world.sweeper.sweep("req-3") is None
    world.pass_time(LEASE_MS + MINUTE)
    done = world.sweep()
    assert "failed" not in done
    assert world.only_refund().status is S.POSTED
    assert world.check_money(world.only_refund().payment) == Totals(20_000, 15_000, 0, 5_000)


# --- refunds that are handed over ----------------------------------------------------------------


class Taker:
    """Whoever goes on with refunds instead of the sweeper: what it was handed, and whether it is
    there."""

    def __init__(self) -> None:
        self.handed: list[Due] = []
        self.down = False

    def __call__(self, refunds: Sequence[Due]) -> None:
        if self.down:
            raise StoreUnavailable("TooManyRequestsException")
        self.handed += refunds


def handing(world: World) -> Taker:
    taker = Taker()
    world.sweeper = replace(world.sweeper, hand_over=taker)
    return taker


def test_refunds_are_handed_over_and_gone_on_with_by_whoever_takes_them() -> None:
    world = busy()
    taker, asked = handing(world), world.psp.calls["refund"]
    assert world.sweep() == {"event": 1, "refund": 1, "payment": 1}
    refund = world.only_refund()
    assert [(due.kind, due.id) for due in taker.handed] == [(DueKind.REFUND, refund.id)]
    assert (refund.status, world.psp.calls["refund"]) == (S.UNKNOWN, asked)
    assert world.sweeper.resume(taker.handed, "req-4") == {"refund": 1}
    assert world.only_refund().status is S.POSTED
    assert world.sweep() == {}
    with world.still():  # handed over twice, it has ended
        assert world.sweeper.resume(taker.handed, "req-5") == {"refund": 1}


def test_refunds_that_nobody_takes_stay_due() -> None:
    world = busy()
    taker = handing(world)
    taker.down = True
    assert world.sweep() == {"event": 1, "failed": 1, "payment": 1}
    assert world.sweep() == {"failed": 1}
    taker.down = False
    assert world.sweep() == {"refund": 1}


def test_a_refund_that_cannot_be_looked_at_is_counted_and_the_next_one_is() -> None:
    world = busy()
    taker = handing(world)
    world.sweep()
    nobodys = Due(DueKind.REFUND, a_tenant(), RefundId(f"re_{ulid(404)}"), world.now)
    failed: list[str] = []

    def hook(called: str) -> None:
        if called == "get" and not failed:
            failed.append(called)
            raise StoreUnavailable("ReadTimeout")

    world.engine.before = hook
    assert world.sweeper.resume([*taker.handed, nobodys], "req-4") == {"failed": 1, "refund": 1}
    assert world.only_refund().status is S.UNKNOWN
