"""Every crash point of a refund (X0 to X15), whoever goes on, the provider's keys believed or not.

Believed, what is in doubt is looked up and sent again under its key; not believed, it is never sent
a second time and ends by what the provider's books show. X15 is left out: a refund that is posted
sends nothing on.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from chalicelib.domain.errors import PspRejected
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Declined, InDoubt, RefundFactStatus
from chalicelib.domain.refunds import LEASE_MS, RefundKeys, RefundStatus
from chalicelib.usecases.failures import StoreUnavailable
from tests.builders import a_refund_fact, a_request
from tests.fakes.world import Crash, World, at, crash_at

S, K = RefundStatus, RefundKeys
MINUTE = 60_000
WHOLE = Totals(20_000, 20_000)
HELD = Totals(20_000, 15_000, 5_000, 0)
BACK = Totals(20_000, 15_000, 0, 5_000)


def lost_at(kind: str, stroke: int = 1) -> Callable[[str], None]:
    """A hook that loses the answer of the `stroke`-th call of a kind."""
    dies = crash_at(kind, stroke)

    def hook(called: str) -> None:
        try:
            dies(called)
        except Crash:
            raise StoreUnavailable("ReadTimeout") from None

    return hook


def ask(world: World, paid: Payment) -> None:
    """The same request, whatever becomes of it."""
    with suppress(Crash, StoreUnavailable, PspRejected):
        world.refund(paid, a_request(), "k")


def x0(world: World, paid: Payment) -> None:
    world.engine.before = crash_at("write", 1)
    ask(world, paid)


def x1(world: World, paid: Payment) -> None:
    world.engine.before = lost_at("write", 1)
    ask(world, paid)


def x2(world: World, paid: Payment) -> None:
    world.engine.after = lost_at("write", 1)
    ask(world, paid)


def x3(world: World, paid: Payment) -> None:
    world.psp.before = crash_at("refund", 1)
    ask(world, paid)


def x4(world: World, paid: Payment) -> None:
    """A first attempt was definitely not executed; whoever leases it again dies at once."""
    x3(world, paid)
    world.pass_time(LEASE_MS)
    world.engine.after = crash_at("write", 1)
    ask(world, paid)


def x5(world: World, paid: Payment) -> None:
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    world.engine.before = crash_at("write", 2)
    ask(world, paid)


def x6(world: World, paid: Payment) -> None:
    world.psp.after = crash_at("refund", 1)
    ask(world, paid)


def x7(world: World, paid: Payment) -> None:
    world.engine.before = crash_at("write", 2)
    ask(world, paid)


def x8(world: World, paid: Payment) -> None:
    world.engine.after = lost_at("write", 2)
    ask(world, paid)


def x9(world: World, paid: Payment) -> None:
    ask(world, paid)  # and the reply is lost


def x10(world: World, paid: Payment) -> None:
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    ask(world, paid)


def x10_executed(world: World, paid: Payment) -> None:
    x10(world, paid)
    world.psp.page_of(paid).refunds.append(paid.amount.with_amount(5_000))


def x11(world: World, paid: Payment) -> None:
    world.psp.outcomes.append(Declined("400 no"))
    world.engine.after = lost_at("write", 2)
    ask(world, paid)


def x12(world: World, paid: Payment) -> None:
    def told() -> None:
        assert world.told(a_refund_fact(world.only_refund())) == "applied"

    world.psp.after = at("refund", told)
    ask(world, paid)


def x14(world: World, paid: Payment) -> None:
    ask(world, paid)
    world.engine.after = lost_at("write")
    world.psp.page_of(paid).refunds.clear()  # the bank gives it back
    fact = a_refund_fact(world.only_refund(), RefundFactStatus.FAILED)
    with pytest.raises(StoreUnavailable):
        world.told(fact, id="evt_back")
    assert world.told(fact, id="evt_back") == "duplicate"


@dataclass(frozen=True)
class Point:
    """How to get there, what is kept then, what the provider has done, and how it ends under keys
    that are believed and that are not, with how often the refund was sent."""

    reach: Callable[[World, Payment], None]
    kept: RefundStatus | None
    at_provider: int
    believed: tuple[RefundStatus, int]
    unproven: tuple[RefundStatus, int]


NOT_SENT = (S.VOIDED, 0)  # it was never carried out, which the provider's total shows in the end
POINTS = {
    "X2 T1 applied, response lost": Point(x2, S.SENDING, 0, (S.POSTED, 1), NOT_SENT),
    "X3 T1 acked": Point(x3, S.SENDING, 0, (S.POSTED, 2), (S.VOIDED, 1)),
    "X5 request left, never arrived": Point(x5, S.SENDING, 0, (S.POSTED, 2), (S.VOIDED, 1)),
    "X6 executed, response lost": Point(x6, S.SENDING, 5_000, (S.POSTED, 1), (S.POSTED, 1)),
    "X7 response received, T2 not sent": Point(x7, S.SENDING, 5_000, (S.POSTED, 1), (S.POSTED, 1)),
    "X8 T2 applied, response lost": Point(x8, S.POSTED, 5_000, (S.POSTED, 1), (S.POSTED, 1)),
    "X9 T2 acked, reply lost": Point(x9, S.POSTED, 5_000, (S.POSTED, 1), (S.POSTED, 1)),
    "X10 UNKNOWN recorded, not executed": Point(x10, S.UNKNOWN, 0, (S.POSTED, 2), (S.VOIDED, 1)),
    "X10 UNKNOWN recorded, executed": Point(
        x10_executed, S.UNKNOWN, 5_000, (S.POSTED, 1), (S.POSTED, 1)
    ),
    "X11 T3 applied, response lost": Point(x11, S.VOIDED, 0, (S.VOIDED, 1), (S.VOIDED, 1)),
    "X12 webhook before our T2": Point(x12, S.POSTED, 5_000, (S.POSTED, 1), (S.POSTED, 1)),
    "X14 T4 applied, response lost": Point(x14, S.REVERSED, 0, (S.REVERSED, 1), (S.REVERSED, 1)),
}
IN = {S.POSTED: BACK, S.VOIDED: WHOLE, S.REVERSED: WHOLE}


def believing(keys: RefundKeys) -> tuple[World, Payment]:
    """A world that believes so much, and a paid payment in it."""
    world = World()
    world.believe(keys)
    return world, world.paid()


def go_on(world: World, paid: Payment, who: str) -> None:
    """Three hours in which the sweeper comes, or the merchant asks the same again."""
    for _ in range(36):
        world.pass_time(5 * MINUTE)
        if who == "the sweeper":
            world.sweep()
        else:
            ask(world, paid)


@pytest.mark.parametrize("who", ["the sweeper", "the same key"])
@pytest.mark.parametrize("keys", list(K))
@pytest.mark.parametrize("name", POINTS)
def test_whoever_dies_at_any_point_the_refund_ends_once_and_as_the_provider_has_it(
    name: str, keys: RefundKeys, who: str
) -> None:
    world, paid = believing(keys)
    point = POINTS[name]
    point.reach(world, paid)
    kept = world.only_refund()
    assert kept.status is point.kept
    assert world.psp.page_of(paid).refunded == point.at_provider
    assert world.check_money(paid.id) == IN.get(kept.status, HELD)
    if kept.status is S.SENDING:
        with world.still():  # the dead one may still be at it
            ask(world, paid)

    go_on(world, paid, who)
    status, sent = point.believed if keys is K.HONOURED else point.unproven
    end = world.only_refund()
    assert (end.id, end.status, world.psp.calls["refund"]) == (kept.id, status, sent)
    assert world.check_money(paid.id) == IN[status]
    assert world.psp.page_of(paid).refunded == IN[status].refunded
    assert set(world.psp.keys) <= {f"cs_{paid.id}", end.id, end.intent, end.psp_refund}
    assert world.count("idempotency") == 1
    if keys is K.UNPROVEN:
        assert world.psp.calls["refund"] <= 1
    before = world.engine.everything()
    go_on(world, paid, "the same key")
    assert world.engine.everything() == before
    assert world.sweep() == {}


@pytest.mark.parametrize("keys", list(K))
@pytest.mark.parametrize("reach", [x0, x1], ids=["X0 validation", "X1 T1 lost, not applied"])
def test_whoever_dies_before_the_reservation_has_done_nothing_and_the_same_key_executes(
    reach: Callable[[World, Payment], None], keys: RefundKeys
) -> None:
    world, paid = believing(keys)
    before = world.engine.everything()
    reach(world, paid)
    assert world.engine.everything() == before
    assert (world.psp.calls["refund"], world.sweep()) == (0, {})
    ask(world, paid)
    assert world.only_refund().status is S.POSTED
    assert world.psp.calls["refund"] == 1
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("who", ["the sweeper", "the same key"])
def test_x4_a_second_lease_whose_owner_dies_is_leased_again(who: str) -> None:
    world, paid = believing(K.HONOURED)
    x4(world, paid)
    kept = world.only_refund()
    assert (kept.status, kept.attempts, kept.lease_until) == (S.SENDING, 2, world.now + LEASE_MS)
    before = world.engine.everything()
    ask(world, paid)
    assert world.engine.everything() == before  # the dead one may still be at it
    assert world.sweep() == {}
    go_on(world, paid, who)
    assert (world.only_refund().status, world.only_refund().attempts) == (S.POSTED, 3)
    assert world.psp.page_of(paid).refunded == 5_000
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("keys", list(K))
def test_x13_a_zombie_that_wakes_after_another_took_over_changes_nothing_but_what_it_did(
    keys: RefundKeys,
) -> None:
    world, paid = believing(keys)

    def sleep() -> None:
        world.pass_time(LEASE_MS)
        assert world.sweep() == {"refund": 1}

    world.psp.before = at("refund", sleep)
    ask(world, paid)
    go_on(world, paid, "the sweeper")
    refund = world.only_refund()
    assert refund.status is S.POSTED
    assert world.psp.calls["refund"] == (2 if keys is K.HONOURED else 1)
    assert world.psp.page_of(paid).refunded == 5_000
    assert world.check_money(paid.id) == BACK


def test_x14_a_refund_that_came_back_is_reversed_once_whoever_tells_it() -> None:
    world, paid = believing(K.UNPROVEN)
    x14(world, paid)
    reversed_ = world.only_refund()
    fact = a_refund_fact(reversed_, RefundFactStatus.FAILED)
    assert world.told(fact, id="evt_other") == "ignored"
    assert world.told(replace(fact, status=RefundFactStatus.SUCCEEDED), id="evt_3") == "ignored"
    assert world.only_refund() == reversed_
    assert world.check_money(paid.id) == WHOLE
