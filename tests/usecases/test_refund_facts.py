"""The provider's word on refunds that we held for dead, did not name, or did not make."""

from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PspRejected
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Declined, InDoubt, RefundFact, RefundFactStatus
from chalicelib.domain.refunds import LEASE_MS, Origin, Refund, RefundStatus
from chalicelib.usecases.ports import Slice
from tests.builders import a_refund_fact, a_request, rupiah
from tests.fakes.world import World, at
from tests.usecases.test_refund_crashes import paid_by_paynow

S, F = RefundStatus, RefundFactStatus
HELD = Totals(20_000, 15_000, 5_000, 0)
BACK = Totals(20_000, 15_000, 0, 5_000)
WHOLE = Totals(20_000, 20_000)
NAMELESS = {"payment": None, "refund": None}


def why(world: World, event: str) -> tuple[str, str]:
    """What became of an event, and why."""
    (item,) = [each for each in world.engine.everything() if each.get("id") == event]
    return str(item["status"]), str(item["why"])


def made_without_us(
    paid: Payment, amount: int = 5_000, status: RefundFactStatus = F.SUCCEEDED
) -> RefundFact:
    """A refund of the dashboard."""
    assert paid.provider is not None
    intent = paid.provider.intent
    return RefundFact(psp_refund="re_77", intent=intent, status=status, amount=rupiah(amount))


def in_doubt(world: World, paid: Payment) -> Refund:
    """A refund of which nobody knows whether it happened."""
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    return world.kept_refund(world.refund(paid, a_request(), "k").id)


def by_total_alone(world: World, paid: Payment) -> Refund:
    """A refund that happened, posted because the provider's total shows it, without its id."""
    refund = in_doubt(world, paid)
    world.psp.page_of(paid).refunds.append(refund.amount)
    world.pass_time(LEASE_MS)
    posted = world.refund(paid, a_request(), "k")
    assert (posted.id, posted.status, posted.psp_refund) == (refund.id, S.POSTED, None)
    assert world.psp.calls["refund"] == 1
    assert world.check_money(paid.id) == BACK
    return posted


def dead(world: World, paid: Payment) -> Refund:
    """A refund of ours that the provider said would never happen."""
    world.psp.outcomes.append(Declined("400 no"))
    with pytest.raises(PspRejected):
        world.refund(paid, a_request(), "k")
    assert world.check_money(paid.id) == WHOLE
    return world.only_refund()


# --- held for dead ----------------------------------------------------------------------------


@pytest.mark.parametrize("shown", [F.SUCCEEDED, F.PENDING])
def test_a_refund_that_the_provider_reported_as_failed_stays_dead_whatever_is_told_late(
    shown: RefundFactStatus,
) -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = a_refund_fact(refund, psp_refund="re_77")
    assert world.told(replace(fact, status=F.FAILED)) == "applied"
    world.psp.known_refunds["re_77"] = replace(fact, status=shown)  # read late, too
    asked = dict(world.psp.calls)
    assert world.told(fact, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "already_voided")
    assert dict(world.psp.calls) == asked
    assert world.kept_refund(refund.id).psp_refund == "re_77"
    assert world.check_money(paid.id) == WHOLE


def test_a_voided_refund_that_did_happen_is_counted_once_the_provider_shows_it() -> None:
    world = World()
    paid = world.paid()
    refund = dead(world, paid)
    fact = a_refund_fact(refund, psp_refund="re_77")
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.external")
    revived = world.kept_refund(refund.id)
    assert (revived.status, revived.psp_refund, revived.failure) == (S.POSTED, "re_77", None)
    assert world.only_refund().id == refund.id
    assert world.check_money(paid.id) == BACK
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.subject) == (EntryKind.REFUND_EXTERNAL, refund.id)


def test_a_voided_refund_that_only_the_provider_names_as_ours_is_counted_as_that_one() -> None:
    world = World()
    paid = world.paid()
    refund = dead(world, paid)
    fact = a_refund_fact(refund, psp_refund="re_88")
    world.psp.known_refunds["re_88"] = fact
    assert world.told(replace(fact, payment=None, refund=None)) == "applied"
    assert world.only_refund().status is S.POSTED
    assert world.check_money(paid.id) == BACK


def test_a_success_that_is_told_after_the_failure_that_followed_it_changes_nothing() -> None:
    world = World()
    paid = world.paid()
    refund = dead(world, paid)
    fact = a_refund_fact(refund, psp_refund="re_77")
    world.psp.known_refunds["re_77"] = replace(fact, status=F.FAILED)
    assert world.told(fact, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "already_voided")
    assert world.kept_refund(refund.id) == refund
    assert world.check_money(paid.id) == WHOLE


def test_a_voided_refund_is_looked_at_again_while_the_provider_does_not_answer() -> None:
    world = World()
    paid = world.paid()
    refund = dead(world, paid)
    fact = a_refund_fact(refund, psp_refund="re_77")
    assert world.told(fact, id="evt_r") == "deferred"
    assert why(world, "evt_r") == ("deferred", "No such refund")
    assert world.check_money(paid.id) == WHOLE
    world.psp.known_refunds["re_77"] = fact
    world.pass_time(30_000)
    assert world.sweep()["event"] == 1
    assert why(world, "evt_r") == ("applied", "refund.external")
    assert world.check_money(paid.id) == BACK


def test_a_voided_refund_that_happened_although_its_money_went_again_is_shown_to_a_person() -> None:
    world = World()
    paid = world.paid()
    refund = dead(world, paid)
    assert world.refund(paid, a_request(None), "k2").status is S.POSTED
    fact = a_refund_fact(refund, psp_refund="re_77")
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "quarantined"
    assert why(world, "evt_r") == ("quarantined", "over_refund")
    found = world.only_discrepancy()
    assert (found.kind, found.subject) == (DiscrepancyKind.OVER_REFUND, "evt_r")
    assert found.detail == "Rp5.000 went back, 0 was left"
    assert world.check_money(paid.id) == Totals(20_000, 0, 0, 20_000)


# --- ours, though the event does not say so ---------------------------------------------------


def test_a_refund_without_our_metadata_is_ours_when_asking_names_it() -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = a_refund_fact(refund)
    world.psp.known_refunds["re_9000"] = fact
    assert world.told(replace(fact, payment=None, refund=None), id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.posted")
    assert world.psp.calls["find_refund"] == 1
    assert world.kept_refund(refund.id).psp_refund == "re_9000"
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("end", [F.SUCCEEDED, F.PENDING, F.FAILED])
def test_a_refund_that_nothing_names_is_the_one_in_flight_when_its_amount_fits(
    end: RefundFactStatus,
) -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = made_without_us(paid, status=end)
    world.psp.known_refunds["re_77"] = fact
    outcomes = {F.SUCCEEDED: "applied", F.PENDING: "ignored", F.FAILED: "deferred"}
    assert world.told(fact, id="evt_r") == outcomes[end]
    if end is F.SUCCEEDED:
        posted = world.kept_refund(refund.id)
        assert (posted.status, posted.psp_refund) == (S.POSTED, "re_77")
        assert world.check_money(paid.id) == BACK
    else:  # it may as well be another's; ours is settled by evidence
        pending = ("ignored", "not_ours_pending")
        failed = ("deferred", "may_be_the_one_in_doubt")
        assert why(world, "evt_r") == (failed if end is F.FAILED else pending)
        assert world.kept_refund(refund.id) == refund
        assert world.check_money(paid.id) == HELD


def test_a_refund_that_nothing_names_of_another_amount_was_made_without_us() -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    fact = made_without_us(paid, 4_000)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact) == "applied"
    assert world.kept_refund(refund.id) == refund
    assert world.payment(paid.id).refund_inflight == refund.id
    assert world.payment(paid.id).totals == Totals(20_000, 11_000, 5_000, 4_000)


def test_a_refund_that_asking_names_as_another_amount_of_ours_is_not_ours() -> None:
    world = World()
    paid = world.paid()
    refund = in_doubt(world, paid)
    shown = a_refund_fact(refund, amount=rupiah(4_000), psp_refund="re_77")
    world.psp.known_refunds["re_77"] = shown
    assert world.told(replace(shown, payment=None, refund=None)) == "applied"
    assert world.kept_refund(refund.id) == refund
    assert world.payment(paid.id).totals == Totals(20_000, 11_000, 5_000, 4_000)


@pytest.mark.parametrize("named", [True, False], ids=["with our metadata", "without"])
def test_a_refund_that_was_posted_by_the_total_alone_gets_its_name(named: bool) -> None:
    world = World()
    paid = world.paid()
    refund = by_total_alone(world, paid)
    fact = a_refund_fact(refund) if named else replace(made_without_us(paid), psp_refund="re_9000")
    world.psp.known_refunds["re_9000"] = fact
    assert world.told(fact, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.named")
    kept = world.kept_refund(refund.id)
    assert (kept.status, kept.psp_refund) == (S.POSTED, "re_9000")
    assert world.store.refund_of(world.tenant, "re_9000") == kept
    assert world.only_refund() == kept
    assert world.check_money(paid.id) == BACK
    assert world.told(fact, id="evt_r2") == "ignored"
    world.psp.page_of(paid).refunds.clear()  # the bank gives it back
    nameless = replace(fact, payment=None, refund=None, status=F.FAILED)
    assert world.told(nameless, id="evt_r3") == "applied"
    assert world.check_money(paid.id) == WHOLE


# --- made without us --------------------------------------------------------------------------


def test_a_refund_of_the_dashboard_is_counted_once() -> None:
    world = World()
    paid = world.paid()
    fact = made_without_us(paid)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.external")
    refund = world.only_refund()
    assert (refund.status, refund.origin, refund.psp_refund, refund.amount, refund.attempts) == (
        S.POSTED, Origin.EXTERNAL, "re_77", rupiah(5_000), 0,
    )  # fmt: skip
    assert world.check_money(paid.id) == BACK
    entry = world.store.ledger(world.tenant, paid.id)[-1]
    assert (entry.kind, entry.subject, entry.cause.actor, entry.cause.reference) == (
        EntryKind.REFUND_EXTERNAL, refund.id, "wooshpay", "evt_r",
    )  # fmt: skip
    assert world.told(fact, id="evt_r2") == "ignored"
    assert why(world, "evt_r2") == ("ignored", "already_posted")
    assert world.check_money(paid.id) == BACK


def test_a_refund_of_the_dashboard_that_fails_later_comes_back() -> None:
    world = World()
    paid = world.paid()
    fact = made_without_us(paid)
    world.psp.known_refunds["re_77"] = fact
    world.told(fact)
    assert world.told(replace(fact, status=F.FAILED)) == "applied"
    assert world.only_refund().status is S.REVERSED
    assert world.check_money(paid.id) == WHOLE


def test_what_the_provider_shows_counts_and_not_what_the_event_said() -> None:
    world = World()
    paid = world.paid()
    fact = made_without_us(paid)
    world.psp.known_refunds["re_77"] = replace(fact, status=F.FAILED)
    assert world.told(fact, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "not_ours_failed")
    assert list(world.store.refunds(world.tenant, Slice()).items) == []
    assert world.check_money(paid.id) == WHOLE


def test_more_than_was_left_is_shown_to_a_person_and_changes_nothing() -> None:
    world = World()
    paid = world.paid()
    fact = made_without_us(paid, 20_001)
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "quarantined"
    found = world.only_discrepancy()
    assert (found.kind, found.subject, found.detail) == (
        DiscrepancyKind.OVER_REFUND, "evt_r", "Rp20.001 went back, 20000 was left",
    )  # fmt: skip
    assert world.check_money(paid.id) == WHOLE


@pytest.mark.parametrize("known", [True, False], ids=["not paid here yet", "not known here"])
def test_a_refund_of_what_is_not_paid_here_waits_for_the_payment(known: bool) -> None:
    world = World()
    payment = world.started()
    assert payment.provider is not None
    fact = made_without_us(payment)
    if not known:
        fact = replace(fact, intent="pi_404")
    world.psp.known_refunds["re_77"] = fact
    assert world.told(fact, id="evt_r") == "deferred"
    assert why(world, "evt_r") == ("deferred", "unknown_payment")
    assert world.payment(payment.id) == payment


def test_a_second_refund_of_the_provider_under_our_name_is_counted_as_well() -> None:
    world = World()
    paid = paid_by_paynow(world)
    refund = world.refund(paid, a_request(), "k")
    twin = a_refund_fact(refund, psp_refund="re_88")
    world.psp.known_refunds["re_88"] = twin
    world.psp.page_of(paid).refunds.append(refund.amount)
    assert world.told(twin, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.external")
    assert world.kept_refund(refund.id).psp_refund == "re_9000"
    assert world.check_money(paid.id) == Totals(20_000, 10_000, 0, 10_000)


def test_one_that_is_counted_is_told_again_under_our_name_and_comes_back() -> None:
    """Seed 305786: its event could never end, because the refund it names bears another's id."""
    world = World()
    paid = paid_by_paynow(world)
    refund = world.refund(paid, a_request(), "k")
    ours = world.kept_refund(refund.id)
    twin = a_refund_fact(refund, psp_refund="re_88")
    world.psp.known_refunds["re_88"] = twin
    world.psp.page_of(paid).refunds.append(refund.amount)
    assert world.told(twin, id="evt_r1") == "applied"
    assert world.told(twin, id="evt_r2") == "ignored"
    assert why(world, "evt_r2") == ("ignored", "already_posted")
    nameless = replace(twin, **NAMELESS)
    assert world.told(nameless, id="evt_r3") == "ignored"
    assert world.check_money(paid.id) == Totals(20_000, 10_000, 0, 10_000)
    world.psp.page_of(paid).refunds.pop()
    assert world.told(a_refund_fact(refund, F.FAILED, psp_refund="re_88"), id="evt_r4") == "applied"
    assert why(world, "evt_r4") == ("applied", "refund.reversed")
    assert world.kept_refund(refund.id) == ours
    assert world.check_money(paid.id) == BACK


def test_ours_that_came_back_as_another_of_the_providers_is_counted_when_it_is_told() -> None:
    """Seed 500531: a refund made by hand was taken for ours and came back; ours had gone out."""
    world = World()
    paid = paid_by_paynow(world)
    refund = world.refund(paid, a_request(), "k")
    page = world.psp.page_of(paid)
    page.refunds.clear()
    assert world.told(a_refund_fact(refund, F.FAILED), id="evt_r1") == "applied"
    assert world.check_money(paid.id) == Totals(20_000, 20_000)
    twin = a_refund_fact(refund, psp_refund="re_88")
    world.psp.known_refunds["re_88"] = twin
    page.refunds.append(refund.amount)
    assert world.told(twin, id="evt_r2") == "applied"
    assert why(world, "evt_r2") == ("applied", "refund.external")
    assert world.kept_refund(refund.id).status is S.REVERSED
    assert world.check_money(paid.id) == BACK


def test_a_second_refund_of_the_provider_that_failed_does_not_undo_the_first() -> None:
    world = World()
    paid = paid_by_paynow(world)
    refund = world.refund(paid, a_request(), "k")
    kept = world.kept_refund(refund.id)
    assert world.told(a_refund_fact(refund, F.FAILED, psp_refund="re_88"), id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "another_of_the_providers")
    assert world.kept_refund(refund.id) == kept
    assert world.check_money(paid.id) == BACK


def test_the_provider_naming_one_refund_for_two_of_ours_is_shown_to_a_person() -> None:
    world = World()
    paid = paid_by_paynow(world)
    first = world.refund(paid, a_request(), "k1")
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    second = world.kept_refund(world.refund(paid, a_request(), "k2").id)
    assert first.psp_refund == "re_9000"
    assert world.told(a_refund_fact(second, psp_refund="re_9000"), id="evt_r") == "quarantined"
    assert why(world, "evt_r") == ("quarantined", "refund_of_another")
    assert world.kept_refund(second.id) == second
    assert world.check_money(paid.id) == Totals(20_000, 10_000, 5_000, 5_000)


def test_two_words_on_one_refund_of_the_dashboard_at_once_count_it_once() -> None:
    world = World()
    paid = world.paid()
    fact = made_without_us(paid)
    world.psp.known_refunds["re_77"] = fact
    told: list[str] = []
    world.engine.before = at("write", lambda: told.append(world.told(fact, id="evt_a")))
    assert world.told(fact, id="evt_b") == "ignored"
    assert told == ["applied"]
    assert world.only_refund().psp_refund == "re_77"
    assert world.check_money(paid.id) == BACK
