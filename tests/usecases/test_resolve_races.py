"""Two at once at a refund whose end is open, and a payment that moves while it is settled."""

import pytest

from chalicelib.domain.ledger import Totals
from chalicelib.domain.psp_facts import (
    Accepted,
    DisputeFact,
    DisputeStatus,
    InDoubt,
    RefundFactStatus,
)
from chalicelib.domain.refunds import LEASE_MS, RefundKeys, RefundStatus
from tests.builders import a_refund_fact, a_request, rupiah
from tests.fakes.world import World, at
from tests.usecases.test_resolve_refund import BACK, HELD, WHOLE, K, opened, pending, resume, shown

S, F = RefundStatus, RefundFactStatus


def test_a_refund_that_somebody_is_at_or_that_has_ended_is_left_alone() -> None:
    world, _, refund = opened(K.HONOURED)
    done = resume(world)
    assert done.status is S.POSTED
    with world.still():
        assert resume(world) == world.only_refund()
    assert world.only_refund().id == refund.id


def test_of_two_who_look_at_once_one_has_the_lease() -> None:
    world, paid, _ = opened(K.UNPROVEN)
    world.psp.page_of(paid).refunds.append(rupiah(5_000))
    world.engine.before = at("write", lambda: resume(world))
    assert resume(world).status is S.POSTED
    assert world.psp.calls["intent"] == 1
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("keys", list(RefundKeys))
def test_the_providers_event_while_its_books_are_read_ends_it_once(keys: RefundKeys) -> None:
    world, paid, refund = opened(keys)
    world.psp.page_of(paid).refunds.append(rupiah(5_000))
    world.psp.before = at("intent", lambda: world.told(a_refund_fact(refund)))
    done = resume(world)
    assert (done.status, done.psp_refund) == (S.POSTED, "re_9000")
    assert world.check_money(paid.id) == BACK


def test_the_providers_event_while_it_stays_unclear_is_not_undone() -> None:
    world, paid, refund = opened(K.UNPROVEN)
    world.psp.shows_refunded = False
    world.psp.before = at("intent", lambda: world.told(a_refund_fact(refund)))
    assert resume(world).status is S.POSTED
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("shows", [F.SUCCEEDED, F.FAILED, F.PENDING])
def test_the_providers_event_while_it_is_asked_after_ends_it_once(shows: RefundFactStatus) -> None:
    world, paid, refund = pending()
    shown(world, refund, shows)
    fact = a_refund_fact(refund, F.FAILED, psp_refund="re_77")
    world.engine.before = at("write", lambda: world.told(fact))
    assert resume(world).status is S.VOIDED
    assert world.check_money(paid.id) == WHOLE


def disputes(world: World, intent: str, times: int) -> None:
    """The payment moves before each of the next writes."""
    numbers = iter(range(times))

    def told() -> None:
        dispute = DisputeFact(
            dispute=f"dp_{next(numbers)}",
            intent=intent,
            status=DisputeStatus.OPEN,
            amount=rupiah(20_000),
        )
        assert world.told(dispute) == "applied"

    world.engine.before = at("write", told, times=times)


@pytest.mark.parametrize("times", [1, 2])
def test_a_payment_that_moves_while_its_refund_is_posted_is_read_again(times: int) -> None:
    world = World()
    paid = world.paid()
    assert paid.provider is not None
    intent = paid.provider.intent
    world.psp.after = at("refund", lambda: disputes(world, intent, times))
    assert world.refund(paid, a_request()).status is S.POSTED
    assert world.check_money(paid.id) == BACK
    assert world.payment(paid.id).disputed


def test_a_payment_that_keeps_moving_leaves_the_refund_to_the_next_who_looks() -> None:
    world = World()
    paid = world.paid()
    assert paid.provider is not None
    intent = paid.provider.intent
    world.psp.after = at("refund", lambda: disputes(world, intent, 3))
    refund = world.refund(paid, a_request())
    assert refund.status is S.SENDING
    assert world.check_money(paid.id) == HELD
    world.pass_time(LEASE_MS)
    assert world.sweep() == {"refund": 1}
    assert world.only_refund().status is S.POSTED
    assert world.psp.calls["refund"] == 1
    assert world.check_money(paid.id) == BACK


def test_a_payment_that_moves_while_its_refund_ends_by_evidence_is_looked_at_again() -> None:
    world, paid, refund = opened(K.UNPROVEN)
    world.psp.page_of(paid).refunds.append(rupiah(5_000))
    world.psp.after = at("intent", lambda: disputes(world, refund.intent, 1))
    assert resume(world).status is S.SENDING
    assert world.check_money(paid.id) == HELD
    world.pass_time(LEASE_MS)
    assert resume(world).status is S.POSTED
    assert world.check_money(paid.id) == BACK


def test_a_dispute_does_not_stop_a_refund_that_is_on_its_way() -> None:
    world, paid, refund = opened(K.UNPROVEN, Accepted("re_77"))
    disputes(world, refund.intent, 1)
    assert world.told(a_refund_fact(refund, psp_refund="re_77")) == "applied"
    assert (world.only_refund().status, world.check_money(paid.id)) == (S.POSTED, BACK)


def test_a_lost_answer_of_a_settled_refund_is_found_by_whoever_looks() -> None:
    world, paid, _ = opened(K.HONOURED, InDoubt("ReadTimeout"))
    assert resume(world).status is S.POSTED
    assert world.check_money(paid.id) == BACK
    assert world.only_refund().psp_refund == "re_9000"
    assert world.payment(paid.id).totals == Totals(20_000, 15_000, 0, 5_000)
