"""What a person decides goes the same way as everything else."""

import pytest

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.errors import ParameterInvalid, RefundInProgress, ResourceMissing
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Cause, Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import InDoubt
from chalicelib.domain.refunds import LEASE_MS, Refund, RefundKeys, RefundStatus
from chalicelib.usecases import by_hand
from tests.builders import a_request, an_intent_fact, rupiah
from tests.fakes.world import World, at


@pytest.fixture
def world() -> World:
    return World()


def person(world: World) -> Cause:
    return Cause(actor="operator sari", reference="req-9", request_id="req-9", at=world.now)


def settle(world: World, id: str, happened: bool) -> Refund:
    return by_hand.settle_refund(world.store, world.psps, world.tenant, id, happened, person(world))


def doubtful(world: World, paid: Payment) -> Refund:
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    return world.refund(paid, a_request(5_000), "k")


@pytest.mark.parametrize(
    ("happened", "status", "totals"),
    [
        (True, RefundStatus.POSTED, Totals(20_000, 15_000, 0, 5_000)),
        (False, RefundStatus.VOIDED, Totals(20_000, 20_000, 0, 0)),
    ],
)
def test_a_refund_in_doubt_ends_as_the_person_saw_it(
    world: World, happened: bool, status: RefundStatus, totals: Totals
) -> None:
    paid = world.paid()
    refund = doubtful(world, paid)
    kind = DiscrepancyKind.REFUND_UNRESOLVED
    world.store.note_discrepancy(
        Discrepancy.of(world.tenant, kind, refund.id, "no word", world.now)
    )
    settled = settle(world, refund.id, happened)
    assert settled.status is status
    assert world.kept_refund(refund.id).status is status
    assert world.check_money(paid.id) == totals
    entry = world.store.ledger(world.tenant, paid.id)[-1]
    assert entry.cause == person(world)
    closed = world.store.discrepancy(world.tenant, f"disc_{kind}.{refund.id}")
    assert closed is not None
    assert (closed.status, closed.actor) == (DiscrepancyStatus.EXPLAINED, "operator sari")
    with world.still(), pytest.raises(ParameterInvalid, match="already"):
        settle(world, refund.id, happened)


def test_a_refund_whose_discrepancy_was_ended_before_is_settled_all_the_same(world: World) -> None:
    paid = world.paid()
    refund = doubtful(world, paid)
    kind, accepted = DiscrepancyKind.REFUND_UNRESOLVED, DiscrepancyStatus.ACCEPTED
    found = Discrepancy.of(world.tenant, kind, refund.id, "no word", world.now)
    world.store.note_discrepancy(found)
    end = (world.store, world.tenant, found.id, accepted, "known", person(world))
    by_hand.end_discrepancy(*end)
    settled = settle(world, refund.id, True)
    assert settled.status is RefundStatus.POSTED
    kept = world.store.discrepancy(world.tenant, found.id)
    assert kept is not None
    assert (kept.status, kept.reason) == (accepted, "known")


def test_a_refund_that_is_being_sent_is_left_alone(world: World) -> None:
    paid = world.paid()
    seen: list[str] = []

    def decide() -> None:
        refund = world.only_refund()
        with pytest.raises(RefundInProgress, match="being sent"):
            settle(world, refund.id, False)
        seen.append(refund.id)

    world.psp.before = at("refund", decide)
    assert world.refund(paid, a_request(5_000)).status is RefundStatus.POSTED
    assert len(seen) == 1


def test_a_refund_that_moves_meanwhile_is_to_be_looked_at_again(world: World) -> None:
    paid = world.paid()
    refund = doubtful(world, paid)
    world.pass_time(LEASE_MS)

    def end() -> None:
        settle(world, refund.id, True)

    world.engine.before = at("write", end)
    with pytest.raises(RefundInProgress, match="Look again"):
        settle(world, refund.id, False)
    assert world.kept_refund(refund.id).status is RefundStatus.POSTED
    world.check_money(paid.id)


def test_a_refund_that_was_sent_again_since_the_person_looked_is_not_settled(world: World) -> None:
    """Seed 1022623: it was written off after the sweeper had taken it up, and then went out."""
    paid = world.paid()
    world.believe(RefundKeys.HONOURED)
    refund = doubtful(world, paid)
    world.psp.shows_refunded = False
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    world.pass_time(LEASE_MS)
    world.engine.before = at("write", lambda: world.refund(paid, a_request(5_000), "k"))
    with pytest.raises(RefundInProgress, match="Look again"):
        settle(world, refund.id, False)
    kept = world.kept_refund(refund.id)
    assert (kept.status, kept.attempts) == (RefundStatus.UNKNOWN, 2)
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 5_000, 0)


def test_a_payment_that_is_newer_than_the_refund_read_is_not_settled(world: World) -> None:
    paid = world.paid()
    refund = doubtful(world, paid)
    reads = 0

    def end(kind: str) -> None:
        nonlocal reads
        reads += kind == "get"
        if kind == "get" and reads == 2:  # between the refund and its payment
            world.engine.before = None
            settle(world, refund.id, True)

    world.engine.before = end
    with pytest.raises(RefundInProgress, match="Look again"):
        settle(world, refund.id, False)


@pytest.mark.parametrize("id", ["re_01JTEST0000000000000000001", "re_1", "cs_1", ""])
def test_no_refund_is_missing(world: World, id: str) -> None:
    with world.still(), pytest.raises(ResourceMissing):
        settle(world, id, True)


def test_a_review_is_closed_once_and_the_payment_stays_as_it_is(world: World) -> None:
    payment = world.started()
    assert payment.provider is not None
    fact = an_intent_fact(
        amount=payment.amount,
        received=rupiah(1),
        intent=payment.provider.intent,
        payment=payment.id,
    )
    assert world.told(fact) == "applied"
    id = session_id(payment.id)
    after = by_hand.accept_review(world.store, world.tenant, id, person(world))
    assert after.review is not None
    assert (after.review.verdict, after.status) == ("accepted", PaymentStatus.UNPAID)
    assert world.payment(payment.id) == after
    with world.still(), pytest.raises(ParameterInvalid, match="not in review"):
        by_hand.accept_review(world.store, world.tenant, id, person(world))


def test_a_review_that_moves_meanwhile_is_to_be_looked_at_again(world: World) -> None:
    payment = world.started()
    assert payment.provider is not None
    intent = payment.provider.intent
    wrong = an_intent_fact(
        amount=payment.amount, received=rupiah(1), intent=intent, payment=payment.id
    )
    right = an_intent_fact(amount=payment.amount, intent=intent, payment=payment.id)
    world.told(wrong)
    world.engine.before = at("write", lambda: world.told(right))
    with pytest.raises(RefundInProgress, match="Look again"):
        by_hand.accept_review(world.store, world.tenant, session_id(payment.id), person(world))
    assert world.payment(payment.id).status is PaymentStatus.PAID


def test_a_payment_that_is_not_there_or_not_in_review_is_refused(world: World) -> None:
    paid = world.paid()
    with world.still(), pytest.raises(ParameterInvalid):
        by_hand.accept_review(world.store, world.tenant, session_id(paid.id), person(world))
    for id in ("cs_1", "cs_01JTEST0000000000000000009"):
        with world.still(), pytest.raises(ResourceMissing):
            by_hand.accept_review(world.store, world.tenant, id, person(world))


def test_a_discrepancy_is_ended_once(world: World) -> None:
    found = Discrepancy.of(world.tenant, DiscrepancyKind.BOOKS, "cs_1", "odd", world.now)
    world.store.note_discrepancy(found)
    end = DiscrepancyStatus.ACCEPTED
    by_hand.end_discrepancy(world.store, world.tenant, found.id, end, "so be it", person(world))
    kept = world.store.discrepancy(world.tenant, found.id)
    assert kept is not None
    assert (kept.status, kept.reason, kept.closed_at) == (end, "so be it", world.now)
    with world.still():
        with pytest.raises(ParameterInvalid, match="accepted already"):
            by_hand.end_discrepancy(
                world.store, world.tenant, found.id, end, "again", person(world)
            )
        with pytest.raises(ResourceMissing):
            by_hand.end_discrepancy(world.store, world.tenant, "disc_x", end, "x", person(world))
