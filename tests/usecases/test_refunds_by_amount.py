"""A refund that nothing but its amount says is ours may be another's, and is undone with care."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import ParameterInvalid, PspUnavailable, RefundInProgress
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import RefundFact, RefundFactStatus
from chalicelib.domain.refunds import Refund, RefundStatus
from tests.builders import a_refund_fact, a_request
from tests.fakes.world import World, at
from tests.usecases.test_by_hand import settle
from tests.usecases.test_refund_facts import BACK, NAMELESS, WHOLE, in_doubt, made_without_us, why

S, F = RefundStatus, RefundFactStatus
MINUTE = 60_000


def taken(world: World, paid: Payment) -> Refund:
    """Ours, posted because a refund of its amount was told that nothing names."""
    refund = in_doubt(world, paid)
    shows(world, made_without_us(paid))
    world.psp.page_of(paid).refunds.append(refund.amount)
    assert world.told(made_without_us(paid), id="evt_first") == "applied"
    posted = world.kept_refund(refund.id)
    assert (posted.status, posted.psp_refund, posted.by_amount) == (S.POSTED, "re_77", True)
    assert world.check_money(paid.id) == BACK
    return posted


def shows(world: World, fact: RefundFact) -> RefundFact:
    world.psp.known_refunds[fact.psp_refund] = fact
    return fact


def comes_back(world: World, paid: Payment) -> RefundFact:
    return shows(world, replace(made_without_us(paid), status=F.FAILED))


def ours_goes_out(world: World, refund: Refund) -> RefundFact:
    """Its own event, without a name."""
    return shows(world, replace(a_refund_fact(refund, psp_refund="re_9000"), **NAMELESS))


def test_it_is_undone_when_the_providers_total_is_less() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    world.psp.page_of(paid).refunds.clear()
    assert world.told(comes_back(world, paid), id="evt_back") == "applied"
    assert why(world, "evt_back") == ("applied", "refund.reversed")
    assert world.kept_refund(refund.id).status is S.REVERSED
    assert world.check_money(paid.id) == WHOLE


def test_it_is_undone_when_the_provider_names_it_as_ours() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    world.psp.page_of(paid).refunds.clear()
    world.psp.shows_refunded = False
    shows(world, a_refund_fact(refund, F.FAILED, psp_refund="re_77"))
    told = replace(made_without_us(paid), status=F.FAILED)
    assert world.told(told, id="evt_back") == "applied"
    assert why(world, "evt_back") == ("applied", "refund.reversed")
    assert world.check_money(paid.id) == WHOLE


def test_it_is_undone_at_once_when_the_event_itself_names_it() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    asked = dict(world.psp.calls)
    named = a_refund_fact(refund, F.FAILED, psp_refund="re_77")
    world.psp.page_of(paid).refunds.clear()
    assert world.told(named, id="evt_back") == "applied"
    assert dict(world.psp.calls) == asked
    assert world.check_money(paid.id) == WHOLE


def test_one_made_by_hand_came_back_and_ours_has_gone_out() -> None:
    """Seed 500531. Until ours is told, its amount is not refundable again."""
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    back = comes_back(world, paid)  # the total is the same: ours is in it
    assert world.told(back, id="evt_back") == "deferred"
    assert why(world, "evt_back") == ("deferred", f"re_77 came back and may not be {refund.id}")
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == BACK
    assert world.told(ours_goes_out(world, refund), id="evt_ours") == "applied"
    assert why(world, "evt_ours") == ("applied", "refund.named")
    named = world.kept_refund(refund.id)
    assert named == replace(refund, psp_refund="re_9000")
    assert world.store.refund_of(world.tenant, "re_9000") == world.only_refund() == named
    assert world.check_money(paid.id) == BACK
    world.pass_time(30_000)
    assert world.sweep()["event"] == 1
    assert why(world, "evt_back") == ("ignored", "another_of_the_providers")
    assert world.check_money(paid.id) == BACK


def test_another_of_that_amount_is_counted_while_the_first_stands() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    second = shows(world, replace(made_without_us(paid), psp_refund="re_78"))
    assert world.told(second, id="evt_second") == "applied"
    assert why(world, "evt_second") == ("applied", "refund.external")
    assert world.kept_refund(refund.id) == refund
    assert world.payment(paid.id).totals.refunded == 2 * refund.amount.amount


@pytest.mark.parametrize("asked", ["find_refund", "intent"])
def test_it_stays_while_the_provider_does_not_answer(asked: str) -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    world.psp.page_of(paid).refunds.clear()
    world.psp.before = at(asked, silent)
    assert world.told(comes_back(world, paid), id="evt_back") == "deferred"
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == BACK
    world.pass_time(30_000)
    assert world.sweep()["event"] == 1
    assert why(world, "evt_back") == ("applied", "refund.reversed")
    assert world.check_money(paid.id) == WHOLE


def test_ours_waits_for_its_name_while_the_provider_does_not_answer() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    comes_back(world, paid)
    ours = ours_goes_out(world, refund)
    del world.psp.known_refunds["re_77"]
    assert world.told(ours, id="evt_ours") == "deferred"
    assert why(world, "evt_ours") == ("deferred", "No such refund")
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == BACK


def test_what_no_total_decides_is_shown_to_a_person_who_does() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    world.psp.shows_refunded = False
    world.psp.page_of(paid).refunds.clear()
    assert world.told(comes_back(world, paid), id="evt_back") == "deferred"
    for _ in range(20):
        world.pass_time(6 * 60 * MINUTE)
        world.sweep()
    assert why(world, "evt_back")[0] == "quarantined"
    detail = f"never resolved: re_77 came back and may not be {refund.id}"
    assert world.only_discrepancy().detail.endswith(detail)
    assert world.check_money(paid.id) == BACK
    with world.still(), pytest.raises(ParameterInvalid, match="already"):
        settle(world, refund.id, True)
    ended = settle(world, refund.id, False)
    assert world.kept_refund(refund.id) == ended
    assert (ended.status, ended.failure) == (S.REVERSED, "decided by operator sari")
    assert world.check_money(paid.id) == WHOLE


def test_one_that_stands_for_another_is_nobodys_to_undo_while_that_stands() -> None:
    """Seed 9027207: a person saw it open, and it was posted before they said that it never was:
    what was made by hand would have been counted nowhere."""
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    before = world.engine.everything()
    with pytest.raises(ParameterInvalid, match="stands for re_77, which has not come back"):
        settle(world, refund.id, False)
    world.psp.before = at("find_refund", silent)
    with pytest.raises(PspUnavailable):
        settle(world, refund.id, False)
    assert world.engine.everything() == before
    assert world.check_money(paid.id) == BACK


def test_what_a_person_undoes_has_not_found_its_own_since() -> None:
    world = World()
    paid = world.paid()
    refund = taken(world, paid)
    comes_back(world, paid)
    ours = ours_goes_out(world, refund)
    world.psp.before = at("find_refund", lambda: finds_ours(world, ours))
    with pytest.raises(RefundInProgress, match="changed"):
        settle(world, refund.id, False)
    assert world.kept_refund(refund.id) == replace(refund, psp_refund="re_9000")
    assert world.check_money(paid.id) == BACK


def finds_ours(world: World, ours: RefundFact) -> None:
    world.psp.before = None
    assert world.told(ours, id="evt_ours") == "applied"


def test_a_refund_that_the_provider_named_is_nobodys_to_undo() -> None:
    world = World()
    paid = world.paid()
    refund = world.refund(paid, a_request(), "k")
    with world.still(), pytest.raises(ParameterInvalid, match="already"):
        settle(world, refund.id, False)


def silent() -> None:
    raise PspUnavailable("no answer")
