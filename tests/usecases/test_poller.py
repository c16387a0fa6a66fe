"""Payments that have gone quiet: the provider is asked, pages that are over are closed."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import IntentFact, IntentStatus
from chalicelib.usecases.sweep import FAILED_MS, RECOVERED_FOR_MS
from tests.builders import rupiah
from tests.fakes.world import Crash, World, at, crash_at
from tests.usecases.test_webhook import PAID, about, inbox

P, I = PaymentStatus, IntentStatus  # noqa: E741
MINUTE, HOUR = 60_000, 60 * 60_000
DAY = 24 * HOUR


def shows(world: World, status: IntentStatus) -> None:
    """The provider shows every intent so, and not as its page is."""
    fact = world.psp._fact

    def shown(page: object) -> IntentFact:
        return replace(fact(page), status=status)  # type: ignore[arg-type]

    world.psp._fact = shown  # type: ignore[assignment, method-assign]


def test_a_quiet_payment_is_asked_after_at_its_hours_and_then_never_again() -> None:
    world = World()
    payment = world.started()
    start = world.now
    for after, asked in [
        (2 * MINUTE, 1),
        (10 * MINUTE, 2),
        (HOUR, 3),
        (DAY + 5 * MINUTE, 4),
        (DAY + 25 * HOUR, 5),
    ]:
        world.now = type(world.now)(start + after - 1)
        assert world.sweep() == {}
        world.pass_time(1)
        assert world.sweep() == {"payment": 1}
        assert world.psp.calls["intent"] == asked
    assert world.payment(payment.id).due_at is None
    world.pass_time(365 * DAY)
    assert world.sweep() == {}
    assert (world.payment(payment.id).status, world.payment(payment.id).seq) == (P.EXPIRED, 1)
    assert world.check_money(payment.id) == Totals()


@pytest.mark.parametrize("status", [I.PROCESSING, I.FAILED, I.CANCELED, I.SUCCEEDED])
def test_what_the_provider_shows_is_applied_as_an_event_would_be_and_once(
    status: IntentStatus,
) -> None:
    world = World()
    payment = world.started()
    if status is I.SUCCEEDED:
        world.psp.pay(payment)
    else:
        shows(world, status)
    world.pass_time(2 * MINUTE)
    assert world.sweep() == {"payment": 1}
    told = {I.PROCESSING: P.PROCESSING, I.FAILED: P.FAILED, I.CANCELED: P.CANCELED}
    after = world.payment(payment.id)
    assert after.status is told.get(status, P.PAID)
    (event,) = inbox(world)
    received = 20_000 if status is I.SUCCEEDED else 0
    assert payment.provider is not None
    assert event == f"recon_{payment.provider.intent}_{status}_{received}_IDR"
    world.pass_time(8 * MINUTE)
    world.sweep()
    assert (list(inbox(world)), world.payment(payment.id).seq) == ([event], 1)
    assert world.check_money(payment.id) == (PAID if status is I.SUCCEEDED else Totals())


def test_a_payment_that_goes_on_is_not_expired_while_it_goes_on() -> None:
    world = World()
    payment = world.started()
    shows(world, I.PROCESSING)
    world.pass_time(DAY + 5 * MINUTE)
    world.sweep()
    assert world.payment(payment.id).status is P.PROCESSING
    assert world.psp.calls["expire_session"] == 0


def test_the_wrong_money_that_is_found_by_asking_goes_to_review() -> None:
    world = World()
    payment = world.started()
    world.psp.pay(payment)
    world.psp.page_of(payment).asked = rupiah(19_999)
    world.pass_time(2 * MINUTE)
    world.sweep()
    held = world.payment(payment.id)
    assert (held.rank, held.due_at, held.totals) == (35, None, Totals())


# --- the end of its time ----------------------------------------------------------------------


def over() -> tuple[World, Payment]:
    """A payment whose time is over, and nobody told."""
    world = World()
    payment = world.started()
    world.pass_time(DAY + 5 * MINUTE)
    return world, payment


def test_a_payment_whose_time_is_over_is_closed_at_the_provider_and_expires() -> None:
    world, payment = over()
    assert world.sweep() == {"payment": 1}
    assert world.psp.page_of(payment).expired
    (entry,) = world.store.ledger(world.tenant, payment.id)
    assert (entry.kind, entry.subject, entry.cause.actor, entry.cause.reference) == (
        EntryKind.STATUS, "expired", "sweeper", payment.id,
    )  # fmt: skip
    assert world.payment(payment.id).due_at == payment.expires_at + 25 * HOUR


def test_a_payment_that_was_paid_in_its_last_minute_is_paid_and_not_expired() -> None:
    world, payment = over()
    world.psp.pay(payment)
    assert world.sweep() == {"payment": 1}
    assert world.payment(payment.id).status is P.PAID
    assert world.psp.calls["expire_session"] == 0
    assert world.check_money(payment.id) == PAID


def test_a_payment_that_is_paid_while_its_page_is_closed_is_late_when_that_is_told() -> None:
    world, payment = over()
    world.psp.before = at("expire_session", lambda: world.psp.pay(payment))
    assert world.sweep() == {"payment": 1}  # the provider refuses to close it
    assert world.payment(payment.id).status is P.EXPIRED
    assert world.told(about(payment)) == "applied"
    paid = world.payment(payment.id)
    assert paid.review is not None
    assert (paid.status, paid.review.reason.value) == (P.PAID, "late")
    assert world.check_money(payment.id) == PAID


def test_a_page_that_cannot_be_closed_now_is_closed_later_and_not_expired_before() -> None:
    world, payment = over()

    def hook(called: str) -> None:
        if called == "expire_session":
            raise PspUnavailable("WooshPay did not answer.")

    world.psp.before = hook
    assert world.sweep() == {"failed": 1}
    assert world.payment(payment.id).status is P.UNPAID
    world.psp.before = None
    world.pass_time(FAILED_MS)
    assert world.sweep() == {"payment": 1}
    assert world.payment(payment.id).status is P.EXPIRED


def test_a_payment_that_moves_while_its_page_is_closed_is_left_to_the_next_round() -> None:
    world, payment = over()
    fact = about(payment, I.CANCELED)
    world.psp.before = at("expire_session", lambda: world.told(fact, id="evt_canceled"))
    assert world.sweep() == {"failed": 1}
    assert world.payment(payment.id).status is P.CANCELED
    world.psp.before = None
    assert "failed" not in world.sweep()
    assert world.payment(payment.id).seq == 1


# --- cut off before it had its page -----------------------------------------------------------


def cut_off(where: str = "create_session") -> tuple[World, Payment]:
    """A payment whose beginning died."""
    world = World()
    world.psp.before = crash_at(where)
    with pytest.raises(Crash):
        world.started()
    world.psp.before = None
    return world, world.only_payment()


def test_a_beginning_that_was_cut_off_is_gone_on_with() -> None:
    world, payment = cut_off()
    world.pass_time(2 * MINUTE)
    assert world.sweep() == {"payment": 1}
    after = world.payment(payment.id)
    assert after.provider == world.psp.page_of(payment).provider
    assert (after.status, after.due_at) == (P.UNPAID, payment.created + 10 * MINUTE)
    assert set(world.psp.keys) == {f"cs_{payment.id}"}


def test_a_beginning_that_the_provider_refuses_when_gone_on_with_has_failed() -> None:
    world, payment = cut_off()
    world.pass_time(2 * MINUTE)
    world.psp.offers.append(PspRejected("WooshPay refused: no"))
    assert world.sweep() == {"failed": 1}
    after = world.payment(payment.id)
    assert (after.status, after.provider, after.due_at) == (P.FAILED, None, None)
    assert world.sweep() == {}


def test_a_beginning_is_not_gone_on_with_when_its_key_may_be_forgotten_and_ends_in_time() -> None:
    world, payment = cut_off()
    world.psp.before = None
    world.now = type(world.now)(payment.created + RECOVERED_FOR_MS)
    assert world.sweep() == {"payment": 1}
    assert world.psp.calls["create_session"] == 1
    nameless = world.payment(payment.id)
    assert (nameless.provider, nameless.due_at) == (None, payment.expires_at + 5 * MINUTE)
    world.now = type(world.now)(payment.expires_at + 5 * MINUTE)
    assert world.sweep() == {"payment": 1}
    assert (world.payment(payment.id).status, world.psp.calls) == (
        P.EXPIRED, {"create_session": 1},
    )  # fmt: skip


def test_the_merchant_who_comes_back_while_it_is_gone_on_with_gets_the_same_page() -> None:
    world, payment = cut_off()
    world.pass_time(2 * MINUTE)
    world.psp.before = at("create_session", lambda: world.sweeper.sweep("req-5"))
    assert world.sweep() == {"payment": 1}
    assert len(world.psp.pages) == 1
    assert world.payment(payment.id).provider == world.psp.page_of(payment).provider
