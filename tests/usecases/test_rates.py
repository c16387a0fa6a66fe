"""Too many sessions: who is refused and when, what is counted, and the brake on failures."""

from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PaymentLinkInactive, RateLimited
from chalicelib.domain.ids import PaymentLinkId
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.domain.rates import Rate, Rates
from chalicelib.usecases.payment_links import update_payment_link
from chalicelib.usecases.start_checkout import NewSession, open_link
from tests.builders import a_cause, a_merchant, an_api_key
from tests.fakes.world import World, at
from tests.usecases.test_webhook import about

MINUTE, HOUR = 60_000, 3_600_000
WIDE = Rates(address=Rate(99), link=Rate(99), merchant=Rate(99), open_sessions=800, failures=3)


class Stall:
    """A link that is tapped, under these limits."""

    def __init__(self, rates: Rates) -> None:
        self.world = World()
        self.world.store.add_merchant(a_merchant(), an_api_key())
        self.id = PaymentLinkId(self.world.link())
        self.checkout = replace(self.world.checkout, rates=rates)

    def tap(self, attempt: str | None = None, address: str | None = "203.0.113.9") -> Payment:
        link = self.world.store.payment_link(self.world.tenant, self.id)
        assert link is not None
        opened = open_link(self.world.store, link.slug, self.world.now)
        cause = a_cause(at=self.world.now)
        return self.checkout.pay_link(opened, {}, attempt, cause, address)

    def start(self) -> Payment:
        new = NewSession(payment_link=self.id, metadata={})
        return self.checkout.start(self.world.asking(), new)

    def fails(self, payment: Payment) -> None:
        fact = replace(about(payment), status=IntentStatus.FAILED)
        assert self.world.told(fact, id=f"evt_{payment.id}") == "applied"

    def refused(self) -> RateLimited:
        with self.world.still(), pytest.raises(RateLimited) as refused:
            self.tap()
        return refused.value

    def counted(self, kind: str) -> int:
        return sum(
            int(str(item["count"]))
            for item in self.world.engine.everything()
            if item["kind"] == kind
        )


@pytest.mark.parametrize("limit", ["address", "link", "merchant"])
def test_one_too_many_in_a_minute_is_refused_and_the_next_minute_is_a_new_one(limit: str) -> None:
    stall = Stall(replace(WIDE, **{limit: Rate(2)}))
    stall.tap()
    stall.tap()
    error = stall.refused()
    assert error.code == "rate_limited"
    wait = int(str(error.details["retry_after"]))
    assert 1 <= wait <= 60
    assert error.message == f"Too many sessions begin. Try again in {wait} seconds."
    stall.world.pass_time(wait * 1000)
    stall.tap()
    assert stall.world.count("payment") == 3


def test_another_address_has_a_count_of_its_own() -> None:
    stall = Stall(replace(WIDE, address=Rate(1)))
    stall.tap()
    stall.refused()
    stall.tap(address="203.0.113.10")
    stall.tap(address=None)


def test_a_merchants_own_sessions_count_for_its_links_and_itself() -> None:
    stall = Stall(replace(WIDE, address=Rate(1), link=Rate(2)))
    stall.start()
    stall.start()
    with stall.world.still(), pytest.raises(RateLimited):
        stall.start()


def test_the_same_tap_again_is_no_second_one() -> None:
    stall = Stall(replace(WIDE, address=Rate(1)))
    first = stall.tap("nonce")
    assert stall.tap("nonce") == first
    stall.refused()


def test_a_links_open_sessions_are_counted_until_they_end() -> None:
    stall = Stall(WIDE)
    paid, failed, over = stall.tap(), stall.tap(), stall.tap()
    assert stall.counted("open") == 3
    stall.world.psp.pay(paid)
    assert stall.world.told(about(paid), id="evt_paid") == "applied"
    assert stall.counted("open") == 2
    stall.fails(failed)
    assert stall.counted("open") == 1
    again = replace(about(failed), status=IntentStatus.SUCCEEDED)
    stall.world.psp.pay(failed)
    assert stall.world.told(again, id="evt_again") == "applied"
    assert stall.counted("open") == 1
    stall.world.pass_time(25 * HOUR)
    stall.world.sweep()
    assert stall.world.payment(over.id).status is PaymentStatus.EXPIRED
    assert stall.counted("open") == 0


def test_a_link_with_too_many_open_sessions_begins_no_more_until_one_ends() -> None:
    stall = Stall(replace(WIDE, open_sessions=1))
    begun = []
    for _ in range(40):  # each of the eight shards takes one
        try:
            begun.append(stall.tap())
        except RateLimited:
            continue
    assert 1 < len(begun) <= 8
    assert stall.counted("open") == len(begun)


# --- the brake ------------------------------------------------------------------------------------


def braked(stall: Stall) -> None:
    for _ in range(3):
        stall.fails(stall.tap())


def test_a_link_whose_payments_fail_is_paused_and_the_merchant_told() -> None:
    stall = Stall(WIDE)
    braked(stall)
    assert stall.counted("failures") == 3
    with pytest.raises(PaymentLinkInactive) as closed:
        stall.tap()
    assert closed.value.details == {"inactive_reason": "paused"}
    link = stall.world.store.payment_link(stall.world.tenant, stall.id)
    assert link is not None
    assert not link.active
    told = stall.world.only_discrepancy()
    assert (told.kind, told.detail) == (
        DiscrepancyKind.LINK_PAUSED,
        "3 payments failed within an hour",
    )
    assert told.subject.startswith(stall.id)
    assert stall.world.count("payment") == 3
    with stall.world.still(), pytest.raises(PaymentLinkInactive):
        stall.tap()


def test_a_merchant_who_has_looked_sells_on() -> None:
    stall = Stall(WIDE)
    braked(stall)
    with pytest.raises(PaymentLinkInactive):
        stall.tap()
    stall.world.pass_time(MINUTE)
    update_payment_link(
        stall.world.store, stall.world.mint, stall.world.asking(), stall.id, {"active": True}, None
    )
    assert stall.tap().status is PaymentStatus.UNPAID


def test_failures_of_an_earlier_hour_are_forgotten() -> None:
    stall = Stall(WIDE)
    braked(stall)
    stall.world.pass_time(HOUR)
    stall.tap()
    assert stall.world.discrepancies() == []


def test_the_same_failure_told_twice_counts_once() -> None:
    stall = Stall(WIDE)
    payment = stall.tap()
    stall.fails(payment)
    fact = replace(about(payment), status=IntentStatus.FAILED)
    assert stall.world.told(fact, id="evt_twice") == "ignored"
    assert stall.counted("failures") == 1


def test_a_link_that_somebody_else_pauses_at_the_same_time_is_paused_once() -> None:
    stall = Stall(WIDE)
    braked(stall)

    def pause() -> None:
        with pytest.raises(PaymentLinkInactive):
            stall.tap()

    stall.world.engine.before = at("write", pause)
    pause()
    assert len(stall.world.discrepancies()) == 1
