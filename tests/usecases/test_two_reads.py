"""A payment and its refund are two items: whoever reads them one after the other looks again when
something has come between, and whoever was held up does not send."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.ledger import Totals
from chalicelib.domain.psp_facts import InDoubt, RefundFactStatus
from chalicelib.domain.refunds import LEASE_MS, RefundKeys, RefundStatus
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.resolve_refund import SENT_WITHIN_MS
from tests.builders import a_cause, a_refund_fact, a_request
from tests.fakes.world import World, at
from tests.usecases.test_disputes import dispute
from tests.usecases.test_refund_crashes import paid_by_paynow
from tests.usecases.test_refund_facts import by_total_alone, made_without_us, why
from tests.usecases.test_resolve_refund import BACK, HELD, WHOLE, K, opened, pending, resume, shown

S, F = RefundStatus, RefundFactStatus


def between(world: World, kind: str, read: int, told: Callable[[], object]) -> None:
    """Something is told before the `read`-th read of a kind."""
    left = read

    def hook(called: str) -> None:
        nonlocal left
        if called == kind:
            left -= 1
            if left == 0:
                told()

    world.engine.before = hook


def test_a_refund_that_ends_between_the_two_reads_of_an_event_is_read_again() -> None:
    world, paid, refund = pending()
    world.told(made_without_us(paid, 1, F.FAILED), id="evt_none")
    fact = a_refund_fact(refund, F.FAILED, psp_refund="re_77")
    nameless = replace(fact, payment=None, refund=None)
    between(world, "get", 3, lambda: world.told(fact, id="evt_first"))
    assert world.told(nameless, id="evt_r") == "ignored"
    assert why(world, "evt_r") == ("ignored", "already_voided")
    assert world.check_money(paid.id) == WHOLE


def test_a_refund_that_was_posted_by_the_total_alone_may_come_back() -> None:
    world = World()
    paid = world.paid()
    refund = by_total_alone(world, paid)
    world.psp.page_of(paid).refunds.clear()
    assert world.told(a_refund_fact(refund, F.FAILED), id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.reversed")
    assert world.kept_refund(refund.id).status is S.REVERSED
    assert world.check_money(paid.id) == WHOLE


def test_a_refund_that_came_back_is_not_what_a_nameless_one_is_about() -> None:
    world = World()
    paid = world.paid()
    refund = by_total_alone(world, paid)
    world.psp.page_of(paid).refunds.clear()
    world.told(a_refund_fact(refund, F.FAILED), id="evt_back")
    world.psp.known_refunds["re_77"] = made_without_us(paid)
    assert world.told(made_without_us(paid), id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.external")
    assert world.kept_refund(refund.id).status is S.REVERSED
    assert world.check_money(paid.id) == BACK


def test_too_much_by_what_was_read_is_judged_by_what_stands_now() -> None:
    """What was left is refunded and comes back between our read and our judgement."""
    world = World()
    paid = paid_by_paynow(world)
    whole = world.refund(paid, a_request(None), "k1")
    fact = replace(made_without_us(paid), amount=whole.amount.with_amount(5_000))
    world.psp.known_refunds["re_77"] = fact

    def comes_back() -> None:
        world.psp.page_of(paid).refunds.clear()
        failed = a_refund_fact(whole, F.FAILED, psp_refund="re_9000")
        assert world.told(failed, id="evt_back") == "applied"

    between(world, "collection", 1, comes_back)
    assert world.told(fact, id="evt_r") == "applied"
    assert why(world, "evt_r") == ("applied", "refund.external")
    assert world.discrepancies() == []
    assert world.check_money(paid.id) == BACK


def test_too_much_by_what_stands_is_shown_to_a_person() -> None:
    world = World()
    paid = paid_by_paynow(world)
    whole = world.refund(paid, a_request(None), "k1")
    fact = a_refund_fact(whole, psp_refund="re_88")
    world.psp.known_refunds["re_88"] = fact
    assert world.told(fact, id="evt_r") == "quarantined"
    assert world.only_discrepancy().kind is DiscrepancyKind.OVER_REFUND
    assert world.check_money(paid.id) == Totals(20_000, 0, 0, 20_000)


# --- the resolver -----------------------------------------------------------------------------


@pytest.mark.parametrize("keys", list(RefundKeys))
def test_a_refund_that_ends_after_its_lease_and_before_its_payment_is_read_is_left(
    keys: RefundKeys,
) -> None:
    world, paid, refund = opened(keys)
    between(world, "get", 1, lambda: world.told(a_refund_fact(refund), id="evt_r"))
    assert resume(world).status is S.POSTED
    assert (world.psp.calls["intent"], world.psp.calls["refund"]) == (0, 1)
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("shows", [F.SUCCEEDED, F.FAILED])
def test_a_refund_that_ends_while_it_is_asked_after_is_left(shows: RefundFactStatus) -> None:
    world, paid, refund = pending()
    shown(world, refund, shows)
    fact = a_refund_fact(refund, F.FAILED, psp_refund="re_77")
    world.psp.after = at("find_refund", lambda: world.told(fact, id="evt_r"))
    assert resume(world).status is S.VOIDED
    assert world.check_money(paid.id) == WHOLE


def test_a_refund_that_ends_while_it_is_sent_is_not_ended_again() -> None:
    world = World()
    paid = world.paid()

    def told() -> None:
        fact = a_refund_fact(world.only_refund(), psp_refund="re_9000")
        world.engine.before = at("write", lambda: world.told(fact, id="evt_r"))

    world.psp.after = at("refund", told)
    assert world.refund(paid, a_request(), "k").status is S.POSTED
    assert world.check_money(paid.id) == BACK
    assert world.psp.page_of(paid).refunded == 5_000


def test_a_refund_that_ends_just_when_its_payment_is_read_again_is_not_ended_again() -> None:
    world = World()
    paid = world.paid()

    def told() -> None:
        fact = a_refund_fact(world.only_refund(), psp_refund="re_9000")
        assert world.told(fact, id="evt_r") == "applied"

    def disputed() -> None:
        assert world.told(dispute(paid), id="evt_d") == "applied"
        between(world, "get", 1, told)

    def carried_out() -> None:
        world.engine.before = at("write", disputed)

    world.psp.after = at("refund", carried_out)
    assert world.refund(paid, a_request(), "k").status is S.POSTED
    assert world.payment(paid.id).disputed
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("late", [0, 1])
def test_whoever_was_held_up_until_another_may_be_at_it_does_not_send(late: int) -> None:
    world = World()
    paid = world.paid()
    held_up = LEASE_MS - SENT_WITHIN_MS + late

    def hook(called: str) -> None:
        if called == "write":
            world.engine.after = None
            world.pass_time(held_up)

    world.engine.after = hook
    refund = world.refund(paid, a_request(), "k")
    assert refund.status is (S.SENDING if late else S.POSTED)
    assert world.psp.calls["refund"] == (0 if late else 1)
    assert world.check_money(paid.id) == (HELD if late else BACK)
    world.pass_time(LEASE_MS)
    world.sweep()
    assert world.check_money(paid.id) == BACK
    assert world.psp.calls["refund"] == 1


def test_a_reservation_of_which_the_store_did_not_tell_us_is_found_and_sent() -> None:
    """The write is tried again below us and finds its own first try: it looks lost, and is not."""
    world = World()
    paid = world.paid()
    write = world.engine.write
    first = True

    def twice(group: object) -> None:
        nonlocal first
        write(group)  # type: ignore[arg-type]
        if first:
            first = False
            write(group)  # type: ignore[arg-type]

    world.engine.write = twice  # type: ignore[assignment, method-assign]
    refund = world.refund(paid, a_request(), "k")
    assert refund.status is S.POSTED
    assert (world.psp.calls["refund"], world.count("refund")) == (1, 1)
    assert world.check_money(paid.id) == BACK


@pytest.mark.parametrize("key", ["k", None])
def test_a_beginning_of_which_the_store_did_not_tell_us_is_found_and_gone_on_with(
    key: str | None,
) -> None:
    world = World()
    write = world.engine.write
    first = True

    def twice(group: object) -> None:
        nonlocal first
        write(group)  # type: ignore[arg-type]
        if first:
            first = False
            write(group)  # type: ignore[arg-type]

    world.engine.write = twice  # type: ignore[assignment, method-assign]
    payment = world.checkout.start(world.asking(key), world.new_session())
    assert world.only_payment() == payment
    assert payment.provider == world.psp.page_of(payment).provider
    assert world.psp.calls == {"create_session": 1}


def test_a_store_that_is_away_while_a_refund_is_looked_at_leaves_it_due() -> None:
    world, paid, _ = opened(K.UNPROVEN, InDoubt("ReadTimeout"))

    def hook(called: str) -> None:
        if called == "write":
            raise StoreUnavailable("ReadTimeout")

    world.engine.before = hook
    with pytest.raises(StoreUnavailable):
        world.refunds.resolver.resume(world.only_refund(), a_cause("sweep", at=world.now))
    world.engine.before = None
    assert world.only_refund().due_at == world.now + 5_000
    assert world.check_money(paid.id) == HELD
