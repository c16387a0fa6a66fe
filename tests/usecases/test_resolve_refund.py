"""The end of a refund that is open: what is asked, what is evidence, when a person is called."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    InDoubt,
    NotExecuted,
    RefundFact,
    RefundFactStatus,
)
from chalicelib.domain.refund_outcomes import LOOKED_TWICE_MS, SHOWN_AFTER_MS
from chalicelib.domain.refunds import (
    OLD_WAIT_MS,
    RESENT_FOR_MS,
    USUAL_WAIT_MS,
    WATCHED_FOR_MS,
    Refund,
    RefundedTotal,
    RefundKeys,
    RefundStatus,
)
from tests.builders import a_cause, a_refund_fact, a_request, rupiah
from tests.fakes.world import World

S, F, K = RefundStatus, RefundFactStatus, RefundKeys
SHOWN_MS = SHOWN_AFTER_MS[RefundedTotal.ALL]
WHOLE = Totals(20_000, 20_000)
HELD = Totals(20_000, 15_000, 5_000, 0)
BACK = Totals(20_000, 15_000, 0, 5_000)


def opened(keys: RefundKeys, outcome: object = None) -> tuple[World, Payment, Refund]:
    """A refund whose end is open, under keys that are believed or not."""
    world = World()
    world.believe(keys)
    paid = world.paid()
    world.psp.outcomes.append(outcome or InDoubt("ReadTimeout"))  # type: ignore[arg-type]
    refund = world.refund(paid, a_request(), "k")
    return world, paid, world.kept_refund(refund.id)


def resume(world: World) -> Refund:
    """Somebody looks at the one refund there is."""
    cause = a_cause("sweep", at=world.now, actor="sweeper")
    return world.refunds.resolver.resume(world.only_refund(), cause)


# --- in doubt, and its key not believed -------------------------------------------------------


def test_a_total_that_holds_it_ends_it_at_once() -> None:
    world, paid, _ = opened(K.UNPROVEN)
    world.psp.page_of(paid).refunds.append(rupiah(5_000))
    done = resume(world)
    assert (done.status, done.psp_refund, done.due_at) == (S.POSTED, None, None)
    assert world.only_refund() == replace(done, lease_until=0)
    assert world.check_money(paid.id) == BACK
    last = world.store.ledger(world.tenant, paid.id)[-1]
    assert (last.kind, last.cause.actor) == (EntryKind.REFUND_POSTED, "sweeper")
    assert world.psp.calls["refund"] == 1


def test_a_total_without_it_ends_it_when_it_is_seen_twice_and_late_enough() -> None:
    world, paid, refund = opened(K.UNPROVEN)
    start = world.now
    for after, absent_since in [
        (SHOWN_MS - 1, None),
        (SHOWN_MS, SHOWN_MS),
        (SHOWN_MS + LOOKED_TWICE_MS - 1, SHOWN_MS),
    ]:
        world.pass_time(start + after - world.now)
        looked = resume(world)
        assert looked.status is S.UNKNOWN
        assert looked.sent_at == refund.sent_at == start
        since = None if absent_since is None else start + absent_since
        assert world.only_refund().absent_since == since
        assert world.check_money(paid.id) == HELD
    world.pass_time(1)
    dead = resume(world)
    assert (dead.status, dead.failure) == (S.VOIDED, "the provider never carried it out")
    assert world.check_money(paid.id) == WHOLE
    assert world.psp.calls["refund"] == 1


def test_a_total_that_holds_it_after_it_was_missed_once_posts_it() -> None:
    world, paid, _ = opened(K.UNPROVEN)
    world.pass_time(SHOWN_MS)
    assert resume(world).status is S.UNKNOWN
    world.psp.page_of(paid).refunds.append(rupiah(5_000))
    world.pass_time(LOOKED_TWICE_MS)
    assert resume(world).status is S.POSTED
    assert world.check_money(paid.id) == BACK


def test_a_total_that_may_leave_out_what_is_pending_is_believed_only_after_three_days() -> None:
    world, paid, refund = opened(K.UNPROVEN)
    world.believe(K.UNPROVEN, RefundedTotal.SETTLED)
    late = SHOWN_AFTER_MS[RefundedTotal.SETTLED]
    for after, status in [
        (SHOWN_MS + LOOKED_TWICE_MS, S.UNKNOWN),
        (late - 1, S.UNKNOWN),
        (late, S.UNKNOWN),
        (late + LOOKED_TWICE_MS, S.VOIDED),
    ]:
        world.now = type(world.now)(refund.created + after)
        assert world.check_money(paid.id) == HELD
        assert resume(world).status is status
    assert world.check_money(paid.id) == WHOLE
    assert world.psp.calls["refund"] == 1


def unclear(world: World, paid: Payment) -> None:
    world.psp.page_of(paid).refunds.append(rupiah(7_000))


def hidden(world: World, paid: Payment) -> None:
    world.psp.shows_refunded = False


def foreign(world: World, paid: Payment) -> None:
    world.psp.page_of(paid).asked = Money(20_000, "SGD")


def away(world: World, paid: Payment) -> None:
    def hook(called: str) -> None:
        if called == "intent":
            raise PspUnavailable("WooshPay did not answer: ReadTimeout.")

    world.psp.before = hook


UNCLEAR: dict[str, tuple[Callable[[World, Payment], None], str]] = {
    "more than it": (unclear, "the provider refunded Rp7.000, of which 0 is known"),
    "no total": (hidden, "the provider shows no refunded total"),
    "another currency": (foreign, "the provider's total is SGD 0,00"),
    "no answer": (away, "WooshPay did not answer: ReadTimeout."),
}


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_is_unclear_settles_nothing_ever_and_a_person_is_called(name: str) -> None:
    world, paid, refund = opened(K.UNPROVEN)
    obscure, why = UNCLEAR[name]
    obscure(world, paid)
    for after in (SHOWN_MS, RESENT_FOR_MS - 1):
        world.now = type(world.now)(refund.created + after)
        looked = resume(world)
        assert (looked.status, looked.failure) == (S.UNKNOWN, why)
        assert looked.due_at == world.now + (30_000 if after == SHOWN_MS else 120_000)
        assert world.discrepancies() == []
    for after in (RESENT_FOR_MS, WATCHED_FOR_MS):
        world.now = type(world.now)(refund.created + after)
        looked = resume(world)
        assert looked.status is S.UNKNOWN
        assert looked.due_at == (world.now + OLD_WAIT_MS if after == RESENT_FOR_MS else None)
        found = world.only_discrepancy()
        assert (found.kind, found.subject, found.detail) == (
            DiscrepancyKind.REFUND_UNRESOLVED, refund.id, why,
        )  # fmt: skip
    assert world.psp.calls["refund"] == 1
    assert world.payment(paid.id).totals == HELD


def test_what_was_definitely_not_carried_out_is_sent_again_though_no_key_is_believed() -> None:
    world, paid, refund = opened(K.UNPROVEN, NotExecuted("429 slow down"))
    assert (refund.status, refund.in_doubt) == (S.RESERVED, False)
    assert resume(world).status is S.POSTED
    assert (world.psp.calls["refund"], world.psp.calls["intent"]) == (2, 0)
    assert world.check_money(paid.id) == BACK


# --- in doubt, and its key believed -----------------------------------------------------------


@pytest.mark.parametrize("name", UNCLEAR)
def test_what_is_unclear_is_sent_again_under_its_key_for_twenty_hours(name: str) -> None:
    world, paid, refund = opened(K.HONOURED)
    obscure, _ = UNCLEAR[name]
    obscure(world, paid)
    world.psp.outcomes += [InDoubt("ReadTimeout")] * 3
    for number, after in enumerate((0, SHOWN_MS, RESENT_FOR_MS - 1), start=2):
        world.now = type(world.now)(refund.created + after)
        looked = resume(world)
        assert (looked.status, looked.sent_at) == (S.UNKNOWN, world.now)
        assert world.psp.calls["refund"] == number
    world.pass_time(1)
    resume(world)
    assert world.psp.calls["refund"] == 4
    assert set(world.psp.keys) == {f"cs_{paid.id}", refund.id, refund.intent}
    assert world.only_discrepancy().kind is DiscrepancyKind.REFUND_UNRESOLVED
    assert world.payment(paid.id).totals == HELD


def test_a_total_without_it_is_believed_only_when_it_cannot_be_sent_any_more() -> None:
    world, paid, _ = opened(K.HONOURED)
    world.psp.outcomes += [InDoubt("ReadTimeout")] * 2
    world.pass_time(RESENT_FOR_MS - 1)
    assert resume(world).status is S.UNKNOWN  # sent for the last time
    sent = world.now
    for after, status in [
        (SHOWN_MS - 1, S.UNKNOWN),
        (SHOWN_MS, S.UNKNOWN),
        (SHOWN_MS + LOOKED_TWICE_MS, S.VOIDED),
    ]:
        world.pass_time(sent + after - world.now)
        assert resume(world).status is status
    assert world.psp.calls["refund"] == 2
    assert world.check_money(paid.id) == WHOLE


def test_a_refusal_of_what_is_in_doubt_settles_nothing() -> None:
    for echo in (Declined("400 already refunded"), NotExecuted("429")):
        world, paid, _ = opened(K.HONOURED)
        world.psp.outcomes.append(echo)
        assert resume(world).status is S.UNKNOWN
        assert world.check_money(paid.id) == HELD


# --- taken on by the provider -----------------------------------------------------------------


def pending() -> tuple[World, Payment, Refund]:
    """A refund that the provider has taken on."""
    return opened(K.UNPROVEN, Accepted("re_77"))


def shown(world: World, refund: Refund, status: RefundFactStatus) -> RefundFact:
    """The provider shows it so from now on."""
    fact = a_refund_fact(refund, status, psp_refund="re_77")
    world.psp.known_refunds["re_77"] = fact
    return fact


@pytest.mark.parametrize(
    ("status", "end", "totals"), [(F.SUCCEEDED, S.POSTED, BACK), (F.FAILED, S.VOIDED, WHOLE)]
)
def test_a_refund_that_was_taken_on_ends_as_the_provider_shows_it(
    status: RefundFactStatus, end: RefundStatus, totals: Totals
) -> None:
    world, paid, refund = pending()
    shown(world, refund, status)
    world.pass_time(5_000)
    assert world.sweep() == {"refund": 1}
    done = world.only_refund()
    assert (done.status, done.psp_refund, done.due_at) == (end, "re_77", None)
    assert done.failure == (
        None if end is S.POSTED else "the provider reported the refund as failed"
    )
    assert world.check_money(paid.id) == totals
    assert world.psp.calls["refund"] == 1
    assert world.sweep() == {}


def nothing_shown(world: World, refund: Refund) -> None:
    """The provider does not know it (yet)."""


def still_pending(world: World, refund: Refund) -> None:
    shown(world, refund, F.PENDING)


def of_another_amount(world: World, refund: Refund) -> None:
    fact = shown(world, refund, F.SUCCEEDED)
    world.psp.known_refunds["re_77"] = replace(fact, amount=rupiah(1))


def of_another_intent(world: World, refund: Refund) -> None:
    fact = shown(world, refund, F.SUCCEEDED)
    world.psp.known_refunds["re_77"] = replace(fact, intent="pi_404")


@pytest.mark.parametrize(
    "show", [nothing_shown, still_pending, of_another_amount, of_another_intent]
)
def test_a_refund_that_is_still_on_its_way_is_asked_after_ever_less_and_then_by_a_person(
    show: Callable[[World, Refund], None],
) -> None:
    world, paid, refund = pending()
    show(world, refund)
    for attempts, wait in enumerate(
        [30_000, 120_000, 600_000, USUAL_WAIT_MS, USUAL_WAIT_MS], start=2
    ):
        looked = resume(world)
        assert looked == world.only_refund()
        assert (looked.status, looked.attempts, looked.due_at) == (
            S.PENDING_PSP, attempts, world.now + wait,
        )  # fmt: skip
        world.pass_time(wait)
    assert world.discrepancies() == []
    world.now = type(world.now)(refund.created + RESENT_FOR_MS)
    resume(world)
    found = world.only_discrepancy()
    assert (found.kind, found.subject, found.detail) == (
        DiscrepancyKind.REFUND_UNRESOLVED, refund.id, "the provider has it pending",
    )  # fmt: skip
    assert world.psp.calls["refund"] == 1
    assert world.check_money(paid.id) == HELD
