"""Refunds when the process dies on any line, and when two of them meet: exactly one effect."""

import pytest

from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    PspRejected,
    RefundAlreadyFull,
    RefundAmountExceedsRefundable,
    RefundInProgress,
    RefundMultipleNotSupported,
)
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Declined, InDoubt, RefundFactStatus
from chalicelib.domain.refunds import LEASE_MS, Refund, RefundStatus
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.start_checkout import NewSession
from tests.builders import a_refund_fact, a_request, a_tenant, an_intent_fact
from tests.fakes.psp import LosingPsp
from tests.fakes.world import Crash, World, at, crash_at

S = RefundStatus
ONE = Totals(20_000, 15_000, 0, 5_000)
HELD = Totals(20_000, 15_000, 5_000, 0)


def paid_by_paynow(world: World) -> Payment:
    """A paid payment whose method allows many partial refunds."""
    world.psp.one_partial_only = False
    price = NewPrice(
        unit_amount=Money(20_000, "SGD"), product=NewProduct(name="tea", metadata={}), metadata={}
    )
    new = NewSession(lines=[(price, 1)], payment_method_types=("paynow",), metadata={})
    payment = world.checkout.start(world.asking(), new)
    world.psp.pay(payment)
    assert payment.provider is not None
    fact = an_intent_fact(
        amount=payment.amount, intent=payment.provider.intent, payment=payment.id, method="paynow"
    )
    assert world.told(fact) == "applied"
    return world.payment(payment.id)


def check_one(world: World, paid: Payment, refund: Refund) -> None:
    """There is one refund, and it happened once."""
    assert world.only_refund().id == refund.id
    assert world.kept_refund(refund.id).status is S.POSTED
    assert world.check_money(paid.id) == ONE
    assert [money.amount for money in world.psp.page_of(paid).refunds] == [5_000]
    looked = {refund.intent, refund.psp_refund}
    assert set(world.psp.keys) - looked == {session_id(paid.id), refund.id}
    assert world.count("idempotency") == 1


@pytest.mark.parametrize("shown", [True, False], ids=["total shown", "no total shown"])
def test_a_lost_answer_is_settled_by_the_total_or_else_by_the_same_key_and_refunds_once(
    shown: bool,
) -> None:
    world = World(LosingPsp(a_tenant(), lost=3))
    world.psp.shows_refunded = shown
    paid = world.paid()
    for attempt in (1,) if shown else (1, 2, 3):
        refund = world.refund(paid, a_request(), "k")
        assert (refund.status, refund.attempts) == (S.UNKNOWN, attempt)
        assert world.check_money(paid.id) == HELD
        assert world.psp.page_of(paid).refunded == 5_000
    check_one(world, paid, world.refund(paid, a_request(), "k"))
    assert world.psp.calls["refund"] == (1 if shown else 4)
    assert world.psp.calls["intent"] == (1 if shown else 3)
    assert world.only_refund().psp_refund == (None if shown else "re_9000")


def test_a_lost_answer_is_settled_by_the_providers_event_as_well() -> None:
    world = World(LosingPsp(a_tenant(), lost=1))
    paid = world.paid()
    refund = world.refund(paid, a_request(), "k")
    assert world.told(a_refund_fact(refund)) == "applied"
    with world.still():
        check_one(world, paid, world.refund(paid, a_request(), "k"))


def test_the_same_key_while_the_first_is_dying_after_a_lease_makes_one_refund() -> None:
    """Dies at reserving, then again while it is sent a second time."""
    world = World()
    paid = world.paid()
    world.engine.after = crash_at("write", 1)
    with pytest.raises(Crash):
        world.refund(paid, a_request(), "k")
    world.pass_time(LEASE_MS)
    world.engine.after = crash_at("write", 1)  # the lease is taken, and the process dies
    with pytest.raises(Crash):
        world.refund(paid, a_request(), "k")
    assert world.psp.calls["refund"] == 0
    world.pass_time(LEASE_MS)
    refund = world.refund(paid, a_request(), "k")
    assert refund.attempts == 3
    check_one(world, paid, refund)


# --- two at once ------------------------------------------------------------------------------


def test_a_zombie_that_wakes_after_another_took_over_changes_nothing() -> None:
    world = World()
    paid = world.paid()
    others: list[Refund] = []

    def take_over() -> None:
        world.pass_time(LEASE_MS)
        others.append(world.refund(paid, a_request(), "k"))

    world.psp.before = at("refund", take_over)
    mine = world.refund(paid, a_request(), "k")
    check_one(world, paid, mine)
    assert (mine.id, mine.status, mine.attempts) == (others[0].id, S.POSTED, 2)
    assert world.psp.calls["refund"] == 2


def test_a_zombie_with_an_answer_that_came_late_does_not_undo_the_end() -> None:
    world = World()
    paid = world.paid()

    def take_over() -> None:
        world.pass_time(LEASE_MS)
        world.refund(paid, a_request(), "k")
        world.psp.outcomes.append(InDoubt("ReadTimeout"))

    world.psp.before = at("refund", take_over)
    mine = world.refund(paid, a_request(), "k")
    check_one(world, paid, mine)
    assert mine.status is S.POSTED


def test_a_zombie_of_a_refund_that_was_voided_is_told_so() -> None:
    world = World()
    paid = world.paid()

    def take_over() -> None:
        world.pass_time(LEASE_MS)
        world.psp.outcomes.append(Declined("400 no"))
        assert world.refund(paid, a_request(), "k").status is S.UNKNOWN  # the zombie may yet send
        fact = a_refund_fact(world.only_refund(), RefundFactStatus.FAILED)
        assert world.told(fact) == "applied"
        world.psp.outcomes.append(InDoubt("ReadTimeout"))

    world.psp.before = at("refund", take_over)
    with pytest.raises(PspRejected, match="reported the refund as failed"):
        world.refund(paid, a_request(), "k")
    assert world.check_money(paid.id) == Totals(20_000, 20_000)


def test_the_providers_event_before_our_own_posting_posts_once() -> None:
    world = World()
    paid = world.paid()

    def told() -> None:
        assert world.told(a_refund_fact(world.only_refund(), psp_refund="re_9000")) == "applied"

    world.psp.after = at("refund", told)
    refund = world.refund(paid, a_request(), "k")
    assert refund.status is S.POSTED
    check_one(world, paid, refund)


def test_two_at_once_with_one_key_are_one_refund() -> None:
    world = World()
    paid = world.paid()
    others: list[Refund] = []
    world.engine.before = at("write", lambda: others.append(world.refund(paid, a_request(), "k")))
    mine = world.refund(paid, a_request(), "k")
    assert mine.id == others[0].id
    check_one(world, paid, mine)
    assert world.psp.calls["refund"] == 1


def test_two_at_once_with_one_key_for_different_things_are_one_refund_and_one_refusal() -> None:
    world = World()
    paid = world.paid()
    world.engine.before = at("write", lambda: world.refund(paid, a_request(), "k"))
    with pytest.raises(IdempotencyKeyReused):
        world.refund(paid, a_request(6_000), "k")
    check_one(world, paid, world.only_refund())


def test_two_retries_at_once_send_it_once() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    world.refund(paid, a_request(), "k")
    world.engine.before = at("write", lambda: world.refund(paid, a_request(), "k"))
    refund = world.refund(paid, a_request(), "k")
    assert (refund.status, refund.attempts) == (S.POSTED, 2)
    check_one(world, paid, refund)
    assert world.psp.calls["refund"] == 2


@pytest.mark.parametrize(("mine", "theirs"), [(5_000, 5_000), (None, None), (1, 20_000)])
def test_two_refunds_at_once_of_a_dana_payment_are_one(
    mine: int | None, theirs: int | None
) -> None:
    world = World()
    paid = world.paid()
    world.engine.before = at("write", lambda: world.refund(paid, a_request(theirs), "k2"))
    with pytest.raises((RefundMultipleNotSupported, RefundAlreadyFull)) as refused:
        world.refund(paid, a_request(mine), "k1")
    assert refused.value.details["amount_refundable"] == 20_000 - (theirs or 20_000)
    assert world.only_refund().amount.amount == (theirs or 20_000)
    assert world.psp.calls["refund"] == 1
    world.check_money(paid.id)


def test_two_partials_at_once_whose_sum_is_too_much_are_one() -> None:
    world = World()
    paid = paid_by_paynow(world)
    world.engine.before = at("write", lambda: world.refund(paid, a_request(12_000), "k2"))
    with pytest.raises(RefundAmountExceedsRefundable) as refused:
        world.refund(paid, a_request(12_000), "k1")
    assert refused.value.details == {"amount_refundable": 8_000, "amount_pending": 0}
    assert world.check_money(paid.id) == Totals(20_000, 8_000, 0, 12_000)


def test_two_partials_at_once_that_fit_are_both_made() -> None:
    world = World()
    paid = paid_by_paynow(world)
    world.engine.before = at("write", lambda: world.refund(paid, a_request(12_000), "k2"))
    assert world.refund(paid, a_request(8_000), "k1").status is S.POSTED
    assert world.check_money(paid.id) == Totals(20_000, 0, 0, 20_000)
    assert world.psp.page_of(paid).refunded == 20_000


def test_a_refund_while_another_is_being_sent_is_refused() -> None:
    world = World()
    paid = paid_by_paynow(world)

    def second() -> None:
        with pytest.raises(RefundInProgress):
            world.refund(paid, a_request(1), "k2")

    world.psp.before = at("refund", second)
    world.refund(paid, a_request(5_000), "k1")
    assert world.check_money(paid.id) == ONE
    assert world.psp.calls["refund"] == 1


def test_whoever_loses_three_races_is_told_to_try_again() -> None:
    world = World()
    paid = paid_by_paynow(world)
    keys = iter(["k2", "k3", "k4"])
    world.engine.before = at("write", lambda: world.refund(paid, a_request(1), next(keys)), times=3)
    with pytest.raises(RefundInProgress, match="changing"):
        world.refund(paid, a_request(5_000), "k1")
    assert world.check_money(paid.id) == Totals(20_000, 19_997, 0, 3)
    assert world.refund(paid, a_request(5_000), "k1").status is S.POSTED
    assert world.check_money(paid.id) == Totals(20_000, 14_997, 0, 5_003)


def test_a_lost_answer_is_not_sent_again_once_the_provider_may_have_forgotten_the_key() -> None:
    world = World(LosingPsp(a_tenant(), lost=1))
    paid = paid_by_paynow(world)
    assert world.refund(paid, a_request(), "k").status is S.UNKNOWN
    world.pass_time(25 * 60 * LEASE_MS)
    world.psp.refunds.clear()  # the provider's memory of keys has run out
    world.refund(paid, a_request(), "k")
    assert world.psp.page_of(paid).refunded == 5_000


def test_a_refusal_in_other_words_after_a_lost_answer_releases_nothing() -> None:
    world = World(LosingPsp(a_tenant(), lost=1))
    world.psp.shows_refunded = False
    paid = world.paid()
    assert world.refund(paid, a_request(), "k").status is S.UNKNOWN
    world.psp.outcomes.append(Declined("400 This payment has been refunded"))
    assert world.refund(paid, a_request(), "k").status is S.UNKNOWN
    assert world.check_money(paid.id) == HELD
