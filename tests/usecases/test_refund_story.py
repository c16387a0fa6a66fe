"""Refunds as a merchant asks for them: reserved, sent once, and their end told alike each time."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    ParameterInvalid,
    ParameterMissing,
    PspRejected,
    PspUnavailable,
    RefundableAmountChanged,
    RefundAlreadyFull,
    RefundAmountExceedsRefundable,
    RefundInProgress,
    RefundMultipleNotSupported,
    RefundNotSupportedByMethod,
    RefundRefused,
    ResourceMissing,
    SessionNotPaid,
)
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.psp_facts import Accepted, Declined, InDoubt, NotExecuted, RefundFactStatus
from chalicelib.domain.refunds import LEASE_MS, RefundStatus
from chalicelib.usecases.request_refund import retrieve_refund
from tests.builders import a_refund_fact, a_request, a_tenant, rupiah, ulid
from tests.fakes.psp import SECOND
from tests.fakes.world import World

S, F = RefundStatus, RefundFactStatus


@pytest.mark.parametrize(
    ("asked", "totals"),
    [(None, Totals(20_000, 0, 0, 20_000)), (5_000, Totals(20_000, 15_000, 0, 5_000))],
)
def test_a_refund_is_reserved_sent_and_posted(asked: int | None, totals: Totals) -> None:
    world = World()
    paid = world.paid()
    world.engine.calls.clear()
    refund = world.refund(paid, a_request(asked))
    assert world.engine.calls == {"get_many": 1, "write": 2}
    assert refund.status is S.POSTED
    assert refund.amount == rupiah(asked or 20_000)
    assert (refund.psp_refund, refund.attempts) == ("re_9000", 1)
    assert refund.claim == ("refunds", "own-1")
    assert replace(refund, lease_until=0) == world.kept_refund(refund.id)
    assert world.psp.calls["refund"] == 1
    assert world.psp.keys[-1] == refund.id
    assert world.check_money(paid.id) == totals
    entries = world.store.ledger(world.tenant, paid.id)
    assert [entry.kind for entry in entries] == [
        EntryKind.CAPTURED, EntryKind.REFUND_RESERVED, EntryKind.REFUND_POSTED,
    ]  # fmt: skip
    assert {entry.subject for entry in entries[1:]} == {refund.id}
    assert {entry.cause.actor for entry in entries[1:]} == {"SSSS"}


def test_the_intents_name_will_do_as_well_as_the_sessions() -> None:
    world = World()
    paid = world.paid()
    refund = world.refunds.request(world.asking("k"), f"pi_{paid.id}", a_request())
    assert retrieve_refund(world.store, world.tenant, refund.id).status is S.POSTED


def test_without_a_key_a_refund_is_refused_unless_it_says_what_remains() -> None:
    world = World()
    paid = world.paid()
    for asked in (5_000, None):
        with world.still(), pytest.raises(ParameterMissing) as refused:
            world.refunds.request(world.asking(), f"cs_{paid.id}", a_request(asked))
        assert refused.value.param == "Idempotency-Key"
    wanted = a_request(expected_remaining=20_000)
    refund = world.refunds.request(world.asking(), f"cs_{paid.id}", wanted)
    assert (refund.status, refund.claim) == (S.POSTED, None)
    with world.still(), pytest.raises(RefundableAmountChanged):
        world.refunds.request(world.asking(), f"cs_{paid.id}", wanted)
    assert world.count("idempotency") == 0
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_a_method_without_refunds_refuses_them() -> None:
    world = World()
    paid = world.paid(20_000, ("bank_transfer_id",))
    with world.still(), pytest.raises(RefundNotSupportedByMethod):
        world.refund(paid, a_request(1), "k")


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "amount", "expected", "error"),
    [
        ([], 20_001, None, RefundAmountExceedsRefundable),
        ([], 10**12, None, RefundAmountExceedsRefundable),
        ([5_000], 5_000, None, RefundMultipleNotSupported),
        ([5_000], None, None, RefundMultipleNotSupported),
        ([5_000], 15_001, None, RefundAmountExceedsRefundable),
        ([None], 1, None, RefundAlreadyFull),
        ([None], None, None, RefundAlreadyFull),
        ([], 5_000, 15_000, RefundableAmountChanged),
    ],
)
def test_a_refund_against_the_rules_is_refused_and_nothing_is_written(
    before: list[int | None], amount: int | None, expected: int | None, error: type[RefundRefused]
) -> None:
    world = World()
    paid = world.paid()
    for earlier in before:
        world.refund(paid, a_request(earlier))
    totals = world.check_money(paid.id)
    with world.still(), pytest.raises(error) as refused:
        world.refund(paid, a_request(amount, expected_remaining=expected), "k")
    assert refused.value.details["amount_refundable"] == totals.remaining
    assert world.check_money(paid.id) == totals


def test_what_is_not_paid_is_not_refunded() -> None:
    world = World()
    payment = world.started()
    with world.still(), pytest.raises(SessionNotPaid):
        world.refund(payment, a_request(None), "k")


def test_a_payment_that_is_not_there_or_anothers_is_missing() -> None:
    world = World()
    paid = world.paid()
    for tenant, id, kind in [
        (world.tenant, f"cs_{ulid()}", "checkout session"),
        (world.tenant, f"pi_{ulid()}", "payment intent"),
        (world.tenant, "nonsense", "payment intent"),
        (world.tenant, "", "payment intent"),
        (a_tenant(number=2), f"cs_{paid.id}", "checkout session"),
        (a_tenant(livemode=True), f"pi_{paid.id}", "payment intent"),
    ]:
        with world.still(), pytest.raises(ResourceMissing) as refused:
            world.refunds.request(world.asking("k", tenant=tenant), id, a_request())
        assert refused.value.message == f"No such {kind}: '{id}'"


def test_a_refund_that_is_not_there_or_anothers_is_missing() -> None:
    world = World()
    refund = world.refund(world.paid(), a_request())
    for tenant, id in [
        (a_tenant(number=2), refund.id), (world.tenant, f"re_{ulid()}"), (world.tenant, "re_9000"),
        (world.tenant, "#"),
    ]:  # fmt: skip
        with pytest.raises(ResourceMissing, match=f"^No such refund: '{id}'$"):
            retrieve_refund(world.store, tenant, id)


# --- the same request again -----------------------------------------------------------------


def test_the_same_key_gives_the_same_refund_and_sends_nothing() -> None:
    world = World()
    paid = world.paid()
    first = world.refund(paid, a_request(), "k")
    world.pass_time(10 * LEASE_MS)
    with world.still():
        again = world.refund(paid, a_request(), "k")
    assert again == replace(first, lease_until=0)
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_the_same_key_with_another_amount_is_refused() -> None:
    world = World()
    paid = world.paid()
    world.refund(paid, a_request(), "k")
    with world.still(), pytest.raises(IdempotencyKeyReused):
        world.refund(paid, a_request(6_000), "k")


def test_a_key_that_is_none_is_refused() -> None:
    world = World()
    paid = world.paid()
    with world.still(), pytest.raises(ParameterInvalid):
        world.refund(paid, a_request(), "a b")


def test_a_refusal_is_not_kept_under_its_key() -> None:
    world = World()
    paid = world.paid()
    with pytest.raises(RefundAmountExceedsRefundable):
        world.refund(paid, a_request(20_001), "k")
    assert world.refund(paid, a_request(20_000), "k").status is S.POSTED


# --- what the provider answers ----------------------------------------------------------------


def test_a_refund_that_is_declined_is_voided_and_all_is_as_before() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(Declined("402 Refunds are not enabled"))
    with pytest.raises(PspRejected) as refused:
        world.refund(paid, a_request(), "k")
    refund = world.only_refund()
    assert refused.value.message == "WooshPay refused the refund: 402 Refunds are not enabled."
    assert refused.value.details == {"refund": refund.id}
    assert (refund.status, refund.failure) == (S.VOIDED, "402 Refunds are not enabled")
    assert world.check_money(paid.id) == Totals(20_000, 20_000)
    with world.still(), pytest.raises(PspRejected) as again:
        world.refund(paid, a_request(), "k")
    assert (again.value.message, again.value.details) == (
        refused.value.message, refused.value.details,
    )  # fmt: skip
    assert world.refund(paid, a_request(), "k2").status is S.POSTED


def test_a_refund_that_is_taken_on_stays_reserved_until_the_provider_tells() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(Accepted("re_77"))
    refund = world.refund(paid, a_request(), "k")
    assert (refund.status, refund.psp_refund) == (S.PENDING_PSP, "re_77")
    held = Totals(20_000, 15_000, 5_000, 0)
    assert world.check_money(paid.id) == held
    assert refund.due_at == world.now + 5_000
    world.pass_time(10 * LEASE_MS)
    world.psp.known_refunds["re_77"] = a_refund_fact(refund, F.PENDING, psp_refund="re_77")
    again = world.refund(paid, a_request(), "k")
    assert world.psp.calls == {"create_session": 1, "refund": 1, "find_refund": 1}
    assert again == replace(refund, lease_until=0, attempts=2, due_at=world.now + 30_000)
    assert world.only_refund() == again
    with world.still(), pytest.raises(RefundInProgress) as busy:
        world.refund(paid, a_request(), "k2")
    assert busy.value.details == {"refund": refund.id, "amount_refundable": 15_000}
    assert world.told(a_refund_fact(refund, psp_refund="re_77")) == "applied"
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


@pytest.mark.parametrize(
    ("outcome", "status"),
    [(NotExecuted("429 slow down"), S.RESERVED), (InDoubt("ReadTimeout"), S.UNKNOWN)],
)
def test_a_refund_whose_end_is_open_keeps_its_money_and_the_same_key_sends_it_again(
    outcome: NotExecuted | InDoubt, status: RefundStatus
) -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(outcome)
    first = world.refund(paid, a_request(), "k")
    assert (first.status, first.failure) == (status, outcome.reason)
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 5_000, 0)
    with world.still(), pytest.raises(RefundInProgress):
        world.refund(paid, a_request(), "other")
    again = world.refund(paid, a_request(), "k")
    assert (again.id, again.status, again.attempts) == (first.id, S.POSTED, 2)
    if status is S.UNKNOWN:  # its books before, and whether the answer was an old one after
        assert world.psp.keys[1:] == [first.id, first.intent, first.id, "re_9000"]
    else:
        assert world.psp.keys[1:] == [first.id, first.id]
    assert world.psp.page_of(paid).refunded == 5_000
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_a_decline_that_may_echo_our_own_first_attempt_releases_nothing_and_is_no_refusal() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes += [InDoubt("ReadTimeout"), Declined(SECOND)]
    world.refund(paid, a_request(), "k")
    again = world.refund(paid, a_request(), "k")  # no PspRejected: perhaps the money is on its way
    assert (again.status, again.failure, again.attempts) == (S.UNKNOWN, SECOND, 2)
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 5_000, 0)
    assert world.told(a_refund_fact(again)) == "applied"
    assert world.kept_refund(again.id).status is S.POSTED
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_a_second_attempt_may_be_declined_for_good() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes += [NotExecuted("429"), Declined("400 no")]
    world.refund(paid, a_request(), "k")
    with pytest.raises(PspRejected):
        world.refund(paid, a_request(), "k")
    assert world.only_refund().status is S.VOIDED
    assert world.check_money(paid.id) == Totals(20_000, 20_000)


def test_without_a_key_at_the_provider_nothing_is_reserved() -> None:
    world = World()
    paid = world.paid()
    world.psps.down = True
    with pytest.raises(PspUnavailable):
        world.refund(paid, a_request(), "k")
    assert world.check_money(paid.id) == Totals(20_000, 20_000)
    assert world.count("refund") == 0
    world.psps.down = False
    assert world.refund(paid, a_request(), "k").status is S.POSTED
    assert world.check_money(paid.id) == Totals(20_000, 15_000, 0, 5_000)


def test_a_void_by_the_provider_later_frees_the_money() -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(Accepted("re_77"))
    refund = world.refund(paid, a_request(), "k")
    assert world.told(a_refund_fact(refund, RefundFactStatus.FAILED)) == "applied"
    assert world.check_money(paid.id) == Totals(20_000, 20_000)
    with world.still(), pytest.raises(PspRejected, match="reported the refund as failed"):
        world.refund(paid, a_request(), "k")
