"""What a merchant wants done with money that came late, or for one more than the link may sell."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payments import Payment, ReviewReason
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    DisputeFact,
    DisputeStatus,
    InDoubt,
    IntentStatus,
    RefundFactStatus,
)
from chalicelib.domain.refunds import Origin, RefundStatus
from chalicelib.usecases.start_checkout import NewSession
from tests.builders import a_cause, a_merchant, a_refund_fact, a_request, an_api_key, rupiah
from tests.fakes.world import World
from tests.usecases.test_webhook import about

S = RefundStatus
MINUTE = 60_000
PAID = Totals(20_000, 20_000)
BACK = Totals(20_000, 0, 0, 20_000)
HELD = Totals(20_000, 0, 20_000, 0)


def shop(late: Policy = Policy.HOLD, duplicate: Policy = Policy.HOLD) -> World:
    """A merchant with these policies."""
    world = World()
    world.store.add_merchant(a_merchant(), an_api_key())
    policies = replace(a_merchant(), late_payment_policy=late, duplicate_payment_policy=duplicate)
    world.store.update_merchant(world.tenant, a_merchant(), policies, a_cause(), None)
    return world


def late(world: World, link: str | None = None) -> Payment:
    """A payment that was paid after its end."""
    new = NewSession(payment_link=link, metadata={}) if link else world.new_session()
    payment = world.checkout.start(world.asking(), new)
    assert world.told(about(payment, IntentStatus.CANCELED)) == "applied"
    world.psp.pay(payment)
    assert world.told(about(payment)) == "applied"
    return world.payment(payment.id)


def surplus(world: World, **policies: Policy) -> Payment:
    """A payment of a link that had sold all it may."""
    link = world.link(limit=1, **policies)
    new = NewSession(payment_link=link, metadata={})
    payment = world.checkout.start(world.asking(), new)
    world.told(about(payment, IntentStatus.CANCELED))
    world.checkout.start(world.asking(), new)
    world.psp.pay(payment)
    assert world.told(about(payment)) == "applied"
    return world.payment(payment.id)


CASES: dict[str, tuple[Callable[[World], Payment], ReviewReason]] = {
    "late": (late, ReviewReason.LATE),
    "surplus": (surplus, ReviewReason.SURPLUS),
}


def world_with(policy: Policy, case: str) -> World:
    """A merchant with that policy for this case and another for the other."""
    other = Policy.ACCEPT if policy is not Policy.ACCEPT else Policy.REFUND
    return shop(policy, other) if case == "late" else shop(other, policy)


@pytest.mark.parametrize("case", CASES)
def test_held_it_is_paid_and_a_persons_and_asked_about_no_more(case: str) -> None:
    world = world_with(Policy.HOLD, case)
    make, reason = CASES[case]
    payment = make(world)
    assert (payment.review.reason if payment.review else None) is reason
    assert payment.due_at == world.now
    assert world.sweep() == {"payment": 1}
    assert world.payment(payment.id) == replace(payment, due_at=None)
    assert world.sweep() == {}
    assert world.check_money(payment.id) == PAID
    assert world.psp.calls["refund"] == 0


@pytest.mark.parametrize("case", CASES)
def test_accepted_its_review_is_closed(case: str) -> None:
    world = world_with(Policy.ACCEPT, case)
    payment = CASES[case][0](world)
    assert world.sweep() == {"payment": 1}
    after = world.payment(payment.id)
    assert after.review is not None
    assert (after.review.verdict, after.due_at) == ("accepted", None)
    last = world.store.ledger(world.tenant, payment.id)[-1]
    assert (last.kind, last.subject, last.cause.actor) == (
        EntryKind.REVIEW_CLOSED, "accepted", "sweeper",
    )  # fmt: skip
    assert world.sweep() == {}
    assert world.check_money(payment.id) == PAID
    assert world.psp.calls["refund"] == 0


@pytest.mark.parametrize("case", CASES)
def test_refunded_it_goes_back_whole_and_once(case: str) -> None:
    world = world_with(Policy.REFUND, case)
    payment = CASES[case][0](world)
    assert world.sweep() == {"payment": 1}
    refund = world.only_refund()
    assert (refund.status, refund.origin, refund.reason, refund.amount) == (
        S.POSTED, Origin.POLICY, "duplicate", rupiah(20_000),
    )  # fmt: skip
    after = world.payment(payment.id)
    assert after.review is not None
    assert (after.review.verdict, after.due_at) == ("refunded", None)
    assert [entry.cause.actor for entry in world.store.ledger(world.tenant, payment.id)][-3:] == [
        "policy", "policy", "sweeper",
    ]  # fmt: skip
    assert world.check_money(payment.id) == BACK
    assert (world.sweep(), world.psp.calls["refund"]) == ({}, 1)


@pytest.mark.parametrize("policy", list(Policy))
def test_a_links_own_policy_comes_before_the_merchants(policy: Policy) -> None:
    other = Policy.HOLD if policy is not Policy.HOLD else Policy.REFUND
    ends = {Policy.ACCEPT: PAID, Policy.HOLD: PAID, Policy.REFUND: BACK}
    world = shop(other, other)
    payment = surplus(world, duplicate_payment_policy=policy, late_payment_policy=other)
    world.sweep()
    assert world.check_money(payment.id) == ends[policy]
    world = shop(other, other)
    link = world.link(late_payment_policy=policy, duplicate_payment_policy=other)
    payment = late(world, link)
    world.sweep()
    assert world.check_money(payment.id) == ends[policy]


def test_a_refund_by_policy_on_its_way_is_looked_at_each_minute_until_it_has_ended() -> None:
    world = shop(Policy.REFUND)
    payment = late(world)
    world.psp.outcomes.append(Accepted("re_77"))
    assert world.sweep() == {"payment": 1}
    assert world.payment(payment.id).due_at == world.now + MINUTE
    assert world.check_money(payment.id) == HELD
    world.pass_time(MINUTE)
    world.sweep()
    assert world.payment(payment.id).due_at == world.now + MINUTE
    assert world.told(a_refund_fact(world.only_refund(), psp_refund="re_77")) == "applied"
    world.pass_time(MINUTE)
    assert world.sweep() == {"payment": 1}
    after = world.payment(payment.id)
    assert after.review is not None
    assert (after.review.verdict, after.due_at) == ("refunded", None)
    assert world.check_money(payment.id) == BACK
    assert world.psp.calls["refund"] == 1


def test_a_refund_by_policy_in_doubt_is_one_refund_however_often_it_is_due() -> None:
    world = shop(Policy.REFUND)
    payment = late(world)
    world.psp.outcomes += [InDoubt("ReadTimeout")] * 3
    for _ in range(6):
        world.sweep()
        world.pass_time(10 * MINUTE)
    assert world.only_refund().status is S.POSTED
    assert world.check_money(payment.id) == BACK
    assert [money.amount for money in world.psp.page_of(payment).refunds] == [20_000]


@pytest.mark.parametrize("why", ["declined", "disputed", "refunded in part"])
def test_a_refund_by_policy_that_is_refused_leaves_the_payment_to_a_person(why: str) -> None:
    world = shop(Policy.REFUND)
    payment = late(world)
    assert payment.provider is not None
    totals = PAID
    if why == "declined":
        world.psp.outcomes.append(Declined("402 Refunds are not enabled"))
    if why == "disputed":
        dispute = DisputeFact(
            dispute="dp_1",
            intent=payment.provider.intent,
            status=DisputeStatus.OPEN,
            amount=rupiah(20_000),
        )
        assert world.told(dispute) == "applied"
    if why == "refunded in part":
        world.refund(payment, a_request(), "own")
        totals = Totals(20_000, 15_000, 0, 5_000)
    world.sweep()
    after = world.payment(payment.id)
    assert after.review is not None
    assert (after.review.verdict, after.due_at) == (None, None)
    assert world.check_money(payment.id) == totals
    assert world.sweep() == {}


def test_a_refund_by_policy_waits_for_the_end_of_another_one() -> None:
    world = shop(Policy.REFUND)
    payment = late(world)
    world.psp.outcomes.append(Accepted("re_77"))
    own = world.refund(payment, a_request(5_000), "own")
    world.sweep()
    waiting = world.payment(payment.id)
    assert waiting.review is not None
    assert (waiting.review.verdict, waiting.due_at) == (None, world.now + MINUTE)
    assert world.only_refund().id == own.id
    fact = a_refund_fact(world.kept_refund(own.id), RefundFactStatus.FAILED, psp_refund="re_77")
    assert world.told(fact) == "applied"
    world.pass_time(MINUTE)
    world.sweep()
    after = world.payment(payment.id)
    assert after.review is not None
    assert after.review.verdict == "refunded"
    assert world.check_money(payment.id) == BACK


def test_a_refund_by_policy_that_ended_badly_while_it_was_on_its_way_is_a_persons() -> None:
    world = shop(Policy.REFUND)
    payment = late(world)
    world.psp.outcomes.append(Accepted("re_77"))
    world.sweep()
    fact = a_refund_fact(world.only_refund(), RefundFactStatus.FAILED, psp_refund="re_77")
    assert world.told(fact) == "applied"
    world.pass_time(MINUTE)
    assert world.sweep() == {"payment": 1}
    assert world.payment(payment.id).due_at is None
    assert world.check_money(payment.id) == PAID


def test_what_is_in_review_and_not_paid_is_never_a_policys() -> None:
    world = shop(Policy.REFUND, Policy.REFUND)
    started = world.started()
    assert world.told(about(started, received=rupiah(1))) == "applied"
    held = world.payment(started.id)
    world.store.put_off_payment(held, replace(held, due_at=world.now))
    assert world.sweep() == {"payment": 1}
    assert world.payment(started.id) == held
    assert world.psp.calls["refund"] == 0
