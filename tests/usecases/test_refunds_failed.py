"""Refunds of the provider that failed or came back, and that nothing names as ours."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.psp_facts import RefundFactStatus
from chalicelib.domain.refunds import RefundKeys, RefundStatus
from tests.builders import a_refund_fact, rupiah
from tests.fakes.world import World
from tests.usecases.test_refund_facts import by_total_alone, in_doubt, made_without_us, why

S, F = RefundStatus, RefundFactStatus
WHOLE = Totals(20_000, 20_000)
HELD = Totals(20_000, 15_000, 5_000, 0)
BACK = Totals(20_000, 15_000, 0, 5_000)
MINUTE = 60_000


def test_one_that_was_posted_by_the_total_alone_comes_back_when_the_total_lets_it_go() -> None:
    world = World()
    paid = world.paid()
    refund = by_total_alone(world, paid)
    world.psp.page_of(paid).refunds.clear()
    fact = made_without_us(paid, status=F.FAILED)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.reversed")
    reversed_ = world.kept_refund(refund.id)
    guessed = (S.REVERSED, "re_77", True)  # seed 7008195: another of that amount may have been it
    assert (reversed_.status, reversed_.psp_refund, reversed_.by_amount) == guessed
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.subject) == (EntryKind.REFUND_REVERSED, refund.id)
    assert world.check_money(paid.id) == WHOLE


@pytest.mark.parametrize("total", ["holds it", "is not shown", "is not to be had"])
def test_while_the_total_does_not_say_so_nothing_comes_back(total: str) -> None:
    world = World()
    paid = world.paid()
    refund = world.kept_refund(by_total_alone(world, paid).id)
    fact = made_without_us(paid, status=F.FAILED)
    world.psp.known_refunds["re_77"] = fact
    if total == "is not shown":
        world.psp.shows_refunded = False

    def away(called: str) -> None:
        if called == "intent":
            raise PspUnavailable("WooshPay did not answer.")

    if total == "is not to be had":
        world.psp.before = away
    assert world.told(fact, id="evt_r") == "deferred"
    assert why(world, "evt_r") == ("deferred", "may_be_the_one_in_doubt")
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == BACK
    world.psp.before, world.psp.shows_refunded = None, True
    world.psp.page_of(paid).refunds.clear()
    world.pass_time(MINUTE)
    assert world.sweep() == {"event": 1}
    assert why(world, "evt_r") == ("applied", "refund.reversed")
    assert world.check_money(paid.id) == WHOLE


def test_one_in_doubt_is_not_ended_by_a_failure_that_may_be_anothers() -> None:
    world = World()
    world.believe(RefundKeys.UNPROVEN)
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = made_without_us(paid, status=F.FAILED)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "deferred"
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == HELD
    for _ in range(20):  # the total never shows it: it ends by that, and then the event does
        world.pass_time(30 * MINUTE)
        world.sweep()
    assert world.kept_refund(refund.id).status is S.VOIDED
    assert why(world, "evt_r") == ("ignored", "not_ours_failed")
    assert world.check_money(paid.id) == WHOLE


def test_one_that_came_to_nothing_is_never_counted_however_late_its_success_is_told() -> None:
    world = World()
    paid = world.paid()
    failed = made_without_us(paid, status=F.FAILED)
    world.psp.known_refunds["re_77"] = failed
    for id in ("evt_failed", "evt_failed_again"):
        assert world.told(failed, id=id) == "ignored"
        assert why(world, id) == ("ignored", "not_ours_failed")
    succeeded = replace(failed, status=F.SUCCEEDED)
    world.psp.known_refunds["re_77"] = succeeded  # read late
    assert world.told(succeeded, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "came_to_nothing")
    assert world.count("refund") == 0
    assert world.check_money(paid.id) == WHOLE


def test_a_failure_of_another_amount_is_not_about_the_one_in_doubt() -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = made_without_us(paid, 4_000, F.FAILED)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "not_ours_failed")
    assert world.kept_refund(refund.id) == refund


# --- an answer under an old key ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("shows", "end", "totals"),
    [(F.SUCCEEDED, S.POSTED, BACK), (F.FAILED, S.VOIDED, WHOLE), (F.PENDING, S.PENDING_PSP, HELD)],
)
def test_a_yes_to_what_was_in_doubt_may_be_an_old_answer_and_is_asked_after(
    shows: RefundFactStatus, end: RefundStatus, totals: Totals
) -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)

    def came_back(called: str) -> None:
        if called == "find_refund":
            fact = a_refund_fact(refund, shows, psp_refund="re_9000")
            world.psp.known_refunds["re_9000"] = fact

    world.psp.before = came_back
    world.pass_time(5_000)
    assert world.sweep() == {"refund": 1}
    after = world.only_refund()
    assert (after.status, after.psp_refund) == (end, "re_9000")
    assert world.psp.calls["find_refund"] == 1
    if end is not S.POSTED:
        world.psp.page_of(paid).refunds.clear()
    assert world.check_money(paid.id) == totals
    assert after.amount == rupiah(5_000)
