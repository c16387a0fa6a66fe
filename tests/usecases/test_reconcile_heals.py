"""What the daily compare heals: towards evidence only, and never by sending money."""

from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.ids import Millis, PaymentId, first_ulid, session_id
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import InDoubt, Unreadable
from chalicelib.domain.refunds import Origin, RefundStatus
from chalicelib.usecases.reconcile import DAY_MS
from tests.builders import a_payment, a_refund_fact, a_request, an_intent_fact, rupiah
from tests.fakes.world import World, at
from tests.usecases.test_reconcile import (
    BACK,
    PAID,
    SINCE,
    UNTIL,
    ListingPsp,
    a_world,
    compared,
    intent_of,
    kinds,
)
from tests.usecases.test_refund_facts import made_without_us
from tests.usecases.test_webhook import about

D, P, S = DiscrepancyKind, PaymentStatus, RefundStatus
HALF_DAY = DAY_MS // 2


def refunded_elsewhere() -> tuple[World, ListingPsp, Payment]:
    """A refund of the dashboard that was never told, and that one compare has shown."""
    world, psp = a_world()
    paid = world.paid()
    psp.page_of(paid).refunds.append(rupiah(5_000))
    assert kinds(compared(world)) == [(D.REFUNDED_MISMATCH, session_id(paid.id))]
    return world, psp, paid


def test_a_payment_that_nobody_told_us_of_is_paid_by_the_compare() -> None:
    world, psp = a_world()
    payment = world.started()
    psp.pay(payment)
    found = compared(world)
    assert (found.agreed, found.healed, found.found) == (0, 1, [])
    paid = world.payment(payment.id)
    assert (paid.status, paid.method) == (P.PAID, "dana")
    (entry,) = world.store.ledger(world.tenant, payment.id)
    assert (entry.kind, entry.cause.actor) == (EntryKind.CAPTURED, "wooshpay")
    assert entry.cause.reference == f"recon_{intent_of(payment)}_succeeded_20000_IDR"
    assert world.check_money(payment.id) == PAID
    assert (compared(world).agreed, world.discrepancies()) == (1, [])


def test_a_payment_whose_names_were_never_kept_is_found_by_our_metadata() -> None:
    world, psp = a_world()
    nameless = a_payment(bound=False)
    world.store.begin_payment(nameless, None)
    psp.more.append(an_intent_fact(intent="pi_7", payment=nameless.id))
    assert compared(world).healed == 1
    assert world.payment(nameless.id).status is P.PAID


def test_the_wrong_amount_goes_to_review_and_is_found() -> None:
    world, psp = a_world()
    payment = world.started()
    psp.more.append(about(payment, received=rupiah(19_999)))
    found = compared(world)
    assert (found.healed, kinds(found)) == (0, [(D.AMOUNT_MISMATCH, session_id(payment.id))])
    assert world.payment(payment.id).rank == 35
    assert world.only_discrepancy().detail == "asked for Rp20.000, Rp19.999 came"


def test_a_refund_that_was_never_told_is_counted_when_it_shows_for_half_a_day() -> None:
    world, psp, paid = refunded_elsewhere()
    world.pass_time(HALF_DAY - 1)
    assert kinds(compared(world)) == [(D.REFUNDED_MISMATCH, session_id(paid.id))]
    assert world.payment(paid.id).totals == PAID
    world.pass_time(1)
    found = compared(world)
    assert (found.healed, found.found) == (1, [])
    refund = world.only_refund()
    assert (refund.status, refund.origin, refund.psp_refund, refund.amount) == (
        S.POSTED, Origin.EXTERNAL, None, rupiah(5_000),
    )  # fmt: skip
    assert world.check_money(paid.id) == BACK
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.subject, last.cause.actor) == (
        EntryKind.REFUND_EXTERNAL, refund.id, "reconciler",
    )  # fmt: skip
    disc = world.only_discrepancy()
    assert (disc.status, disc.actor, disc.reason, disc.closed_at) == (
        DiscrepancyStatus.HEALED, "reconciler", "agrees by now", world.now,
    )  # fmt: skip
    assert psp.calls["refund"] == 0
    assert (compared(world).agreed, world.check_money(paid.id)) == (1, BACK)


def test_the_event_of_a_refund_that_the_compare_has_counted_only_names_it() -> None:
    world, psp, paid = refunded_elsewhere()
    world.pass_time(HALF_DAY)
    compared(world)
    refund = world.only_refund()
    fact = a_refund_fact(refund, psp_refund="re_77")
    psp.known_refunds["re_77"] = fact
    assert world.told(fact) == "applied"
    assert world.only_refund().psp_refund == "re_77"
    assert world.check_money(paid.id) == BACK


def test_a_total_below_ours_is_never_counted_by_itself() -> None:
    world, psp = a_world()
    paid = world.paid()
    world.refund(paid, a_request())
    psp.page_of(paid).refunds.clear()
    for _ in range(3):
        assert kinds(compared(world)) == [(D.REFUNDED_MISMATCH, session_id(paid.id))]
        world.pass_time(DAY_MS)
    assert world.check_money(paid.id) == BACK
    assert world.only_discrepancy().status is DiscrepancyStatus.OPEN


def test_while_a_refund_is_on_its_way_nothing_is_counted() -> None:
    world, psp = a_world()
    paid = world.paid()
    psp.outcomes.append(InDoubt("ReadTimeout"))
    refund = world.refund(paid, a_request())
    psp.page_of(paid).refunds += [rupiah(5_000), rupiah(1_000)]
    for _ in range(2):
        assert kinds(compared(world)) == [(D.REFUNDED_MISMATCH, session_id(paid.id))]
        world.pass_time(DAY_MS)
    assert world.only_refund().id == refund.id
    assert world.payment(paid.id).totals == Totals(20_000, 15_000, 5_000, 0)


def test_a_payment_that_moves_while_it_is_counted_is_left_for_the_next_compare() -> None:
    world, psp, paid = refunded_elsewhere()
    world.pass_time(HALF_DAY)
    fact = made_without_us(paid)
    psp.known_refunds["re_77"] = fact
    world.engine.before = at("write", lambda: world.told(fact))
    found = compared(world)
    assert (found.healed, kinds(found)) == (0, [(D.REFUNDED_MISMATCH, session_id(paid.id))])
    assert world.check_money(paid.id) == BACK
    assert world.only_refund().psp_refund == "re_77"
    assert (compared(world).agreed, world.only_discrepancy().status) == (
        1, DiscrepancyStatus.HEALED,
    )  # fmt: skip


# --- discrepancies end ------------------------------------------------------------------------


def disc(world: World, kind: DiscrepancyKind, subject: str) -> Discrepancy:
    """A discrepancy that was found before."""
    found = Discrepancy.of(world.tenant, kind, subject, "differs", world.now)
    world.store.note_discrepancy(found)
    return found


def ended(found: Discrepancy, world: World) -> Discrepancy:
    """The discrepancy as a person accepted it."""
    return replace(
        found,
        status=DiscrepancyStatus.ACCEPTED,
        actor="ani",
        reason="known",
        closed_at=world.now,
    )


def test_only_what_was_compared_and_agrees_is_healed() -> None:
    world, _ = a_world()
    paid = world.paid()
    healed = disc(world, D.STATUS_MISMATCH, session_id(paid.id))
    also = disc(world, D.MISSING_HERE, intent_of(paid))
    others = [
        disc(world, D.STATUS_MISMATCH, "cs_of_another_day"),
        disc(world, D.OVER_REFUND, session_id(paid.id)),
        disc(world, D.BOOKS, session_id(paid.id)),
    ]
    world.told(Unreadable("amount"), id="evt_odd")
    compared(world)
    status = {each.id: each.status for each in world.discrepancies()}
    assert [status.pop(each.id) for each in (healed, also)] == [DiscrepancyStatus.HEALED] * 2
    assert set(status.values()) == {DiscrepancyStatus.OPEN}
    assert set(status) == {each.id for each in others} | {"disc_event_quarantined.evt_odd"}


def test_what_a_person_has_ended_stays_as_they_ended_it() -> None:
    world, _ = a_world()
    paid = world.paid()
    found = disc(world, D.STATUS_MISMATCH, session_id(paid.id))
    accepted = ended(found, world)
    world.store.close_discrepancy(found, accepted)
    compared(world)
    assert world.only_discrepancy() == accepted


def test_of_two_who_end_a_discrepancy_at_once_the_first_holds() -> None:
    world, _ = a_world()
    paid = world.paid()
    found = disc(world, D.STATUS_MISMATCH, session_id(paid.id))
    accepted = ended(found, world)
    world.engine.before = at("write", lambda: world.store.close_discrepancy(found, accepted))
    compared(world)
    assert world.only_discrepancy() == accepted


# --- more than a page -------------------------------------------------------------------------


def test_a_day_of_more_than_a_page_is_compared_whole_and_no_other_day() -> None:
    world, psp = a_world()
    for day in (SINCE - 1, SINCE, UNTIL - 1, UNTIL):
        world.mint.at(Millis(day))
        for _ in range(101 if day == SINCE else 1):
            world.paid()
    psp.pages.clear()
    found = compared(world)
    assert len(found.found) == 102
    assert {kind for kind, _ in kinds(found)} == {D.MISSING_THERE}
    ours = [p.id for p in world.reconciler.payments(world.tenant, SINCE, UNTIL)]
    assert len(ours) == len(set(ours)) == 102
    assert {f"cs_{id}" for id in ours} == {subject for _, subject in kinds(found)}
    assert min(ours) >= PaymentId(first_ulid(SINCE))
    assert max(ours) < PaymentId(first_ulid(UNTIL))


def test_discrepancies_of_more_than_a_page_are_healed_whole() -> None:
    world, _ = a_world()
    for _ in range(101):
        paid = world.paid()
        disc(world, D.STATUS_MISMATCH, session_id(paid.id))
    compared(world)
    items = [i for i in world.engine.everything() if i["kind"] == "discrepancy"]
    assert [i["status"] for i in items] == ["healed"] * 101


@pytest.mark.parametrize("kind", ["intents", "intent"])
def test_a_provider_that_does_not_answer_stops_the_compare_and_accuses_nobody(kind: str) -> None:
    world, psp = a_world()
    paid = world.paid()
    psp.unlisted.add(intent_of(paid))

    def away(called: str) -> None:
        if called == kind:
            raise PspUnavailable("WooshPay did not answer.")

    psp.before = away
    with pytest.raises(PspUnavailable):
        compared(world)
    assert world.discrepancies() == []
