"""A shopper's bank disputes a payment: no new refund goes out on top of it."""

from dataclasses import replace
from itertools import permutations

import pytest

from chalicelib.domain.errors import RefundBlockedByDispute
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import DisputeFact, DisputeStatus
from chalicelib.domain.refunds import RefundStatus
from tests.builders import a_request, rupiah
from tests.fakes.world import World, at
from tests.usecases.test_webhook import PAID, inbox

D = DisputeStatus


def dispute(paid: Payment, status: DisputeStatus = D.OPEN, id: str = "dp_1") -> DisputeFact:
    """The bank's word on a payment."""
    assert paid.provider is not None
    intent = paid.provider.intent
    return DisputeFact(dispute=id, intent=intent, status=status, amount=rupiah(20_000))


@pytest.mark.parametrize("amount", [5_000, None])
def test_a_dispute_blocks_every_new_refund_until_it_is_won(amount: int | None) -> None:
    world = World()
    paid = world.paid()
    assert world.told(dispute(paid), id="evt_d") == "applied"
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.subject, last.delta) == (EntryKind.DISPUTE, "dp_1 open", Totals())
    with world.still(), pytest.raises(RefundBlockedByDispute) as refused:
        world.refund(paid, a_request(amount))
    assert refused.value.details == {"amount_refundable": 20_000}
    assert world.told(dispute(paid, D.WON)) == "applied"
    assert not world.payment(paid.id).disputed
    assert world.refund(paid, a_request(amount)).status is RefundStatus.POSTED
    assert world.check_money(paid.id).refunded == (amount or 20_000)


def test_a_dispute_that_was_lost_blocks_for_good() -> None:
    world = World()
    paid = world.paid()
    for status in (D.OPEN, D.LOST):
        assert world.told(dispute(paid, status)) == "applied"
    for status in (D.OPEN, D.WON, D.LOST):
        assert world.told(dispute(paid, status), id=f"evt_{status}") == "ignored"
        assert inbox(world)[f"evt_{status}"] == ("ignored", "already_lost")
    with world.still(), pytest.raises(RefundBlockedByDispute):
        world.refund(paid, a_request())
    assert world.check_money(paid.id) == PAID


@pytest.mark.parametrize("order", list(permutations([D.OPEN, D.WON])))
def test_a_dispute_ends_alike_in_whatever_order_it_is_told(order: tuple[D, ...]) -> None:
    world = World()
    paid = world.paid()
    for status in order:
        world.told(dispute(paid, status))
    assert world.payment(paid.id).disputes == {"dp_1": D.WON}
    assert not world.payment(paid.id).disputed


def test_one_of_two_disputes_won_still_blocks() -> None:
    world = World()
    paid = world.paid()
    world.told(dispute(paid, D.WON))
    world.told(dispute(paid, id="dp_2"))
    with world.still(), pytest.raises(RefundBlockedByDispute):
        world.refund(paid, a_request())


def test_a_dispute_while_the_refund_is_reserved_wins_the_race() -> None:
    world = World()
    paid = world.paid()
    world.engine.before = at("write", lambda: world.told(dispute(paid)))
    with pytest.raises(RefundBlockedByDispute):
        world.refund(paid, a_request(), "k")
    assert (world.count("refund"), world.psp.calls["refund"]) == (0, 0)
    assert world.check_money(paid.id) == PAID


def test_a_dispute_while_the_refund_is_sent_does_not_stop_it() -> None:
    world = World()
    paid = world.paid()
    world.psp.before = at("refund", lambda: world.told(dispute(paid)))
    assert world.refund(paid, a_request()).status is RefundStatus.POSTED
    assert world.payment(paid.id).disputed
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_a_dispute_about_nothing_of_ours_waits() -> None:
    world = World()
    paid = world.paid()
    before = world.payment(paid.id)
    assert world.told(replace(dispute(paid), intent="pi_404")) == "deferred"
    assert world.payment(paid.id) == before
