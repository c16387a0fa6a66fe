"""Limited links: who holds a use, how it comes back, the last one, and money beyond the limit."""

import pytest

from chalicelib.domain.errors import (
    IdempotencyKeyInUse,
    PaymentLinkLimitReached,
    PspRejected,
    PspUnavailable,
)
from chalicelib.domain.ids import PaymentLinkId
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import Payment, PaymentStatus, ReviewReason, Use
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.usecases.idempotency import LOCKED_MS
from chalicelib.usecases.start_checkout import NewSession, open_link
from tests.builders import a_cause, a_merchant, an_api_key, an_expiry, rupiah
from tests.fakes.world import Crash, World, at, crash_at
from tests.usecases.test_webhook import about

P = PaymentStatus
HOUR = 60 * 60_000
PAID = Totals(20_000, 20_000)


class Shop:
    """A world with a merchant and a link that may be paid so many times."""

    def __init__(self, limit: int = 1, **changes: object) -> None:
        self.world = World()
        self.world.store.add_merchant(a_merchant(), an_api_key())
        self.id = self.world.link(limit=limit, **changes)

    @property
    def uses(self) -> tuple[int | None, int]:
        """How many are left, and how many were spent."""
        link = self.world.store.payment_link(self.world.tenant, PaymentLinkId(self.id))
        assert link is not None
        return link.uses_remaining, link.completed

    def started(self, key: str | None = None) -> Payment:
        """The merchant's server begins a session of the link."""
        new = NewSession(payment_link=self.id, metadata={})
        return self.world.checkout.start(self.world.asking(key), new)

    def tapped(self, attempt: str) -> Payment:
        """A shopper taps pay, on a page that is opened now."""
        slug = next(
            i["slug"] for i in self.world.engine.everything() if i["kind"] == "payment_link"
        )
        opened = open_link(self.world.store, str(slug))
        return self.world.checkout.pay_link(opened, {}, attempt, a_cause(at=self.world.now))

    def pays(self, payment: Payment) -> Payment:
        """The shopper pays, and the provider tells."""
        self.world.psp.pay(payment)
        assert self.world.told(about(payment)) == "applied"
        return self.world.payment(payment.id)

    def sold_out(self) -> None:
        """Nobody can begin, and nothing is written."""
        with self.world.still(), pytest.raises(PaymentLinkLimitReached) as refused:
            self.started("late")
        assert refused.value.details == {"inactive_reason": "limit_reached"}
        with self.world.still(), pytest.raises(PaymentLinkLimitReached):
            self.tapped("late")


def test_a_session_holds_a_use_for_an_hour_and_a_payment_spends_it() -> None:
    shop = Shop(limit=2)
    assert shop.uses == (2, 0)
    payment = shop.started()
    assert (payment.use, payment.expires_at) == (Use.HELD, shop.world.now + HOUR)
    assert shop.uses == (1, 0)
    paid = shop.pays(payment)
    assert (paid.status, paid.use, paid.review) == (P.PAID, Use.SPENT, None)
    assert shop.uses == (1, 1)
    assert shop.world.check_money(paid.id) == PAID


def test_a_link_without_a_limit_counts_nothing_and_holds_for_a_day() -> None:
    world = World()
    new = NewSession(payment_link=world.link(), metadata={})
    payment = world.checkout.start(world.asking(), new)
    assert (payment.use, payment.expires_at) == (None, world.now + 24 * HOUR)


def test_the_last_use_sells_out_the_link_for_everybody_else() -> None:
    shop = Shop()
    payment = shop.tapped("first")
    assert shop.uses == (0, 0)
    shop.sold_out()
    shop.pays(payment)
    assert shop.uses == (0, 1)
    shop.sold_out()


@pytest.mark.parametrize("end", ["told", "swept", "refused"])
def test_a_use_comes_back_when_its_session_is_over(end: str) -> None:
    shop = Shop()
    world = shop.world
    if end == "refused":
        world.psp.offers.append(PspRejected("WooshPay refused: no"))
        with pytest.raises(PspRejected):
            shop.started()
        payment = world.only_payment()
    else:
        payment = shop.started()
        assert payment.provider is not None
    if end == "told":
        fact = an_expiry(session=payment.provider.session, payment=payment.id)  # type: ignore[union-attr]
        assert world.told(fact) == "applied"
    if end == "swept":
        world.pass_time(HOUR + 5 * 60_000)
        assert world.sweep() == {"payment": 1}
        assert world.psp.page_of(payment).expired
    assert shop.uses == (1, 0)
    after = world.payment(payment.id)
    assert after.use is Use.RETURNED
    assert after.status is (P.FAILED if end == "refused" else P.EXPIRED)
    assert shop.started("again").use is Use.HELD
    assert world.check_money(payment.id) == Totals()


def test_a_failed_attempt_keeps_its_use_until_the_hour_is_over() -> None:
    shop = Shop()
    world = shop.world
    payment = shop.started()
    assert world.told(about(payment, IntentStatus.FAILED)) == "applied"
    assert (world.payment(payment.id).use, shop.uses) == (Use.HELD, (0, 0))
    world.pass_time(HOUR + 5 * 60_000)
    world.sweep()
    returned = world.payment(payment.id)
    assert (returned.status, returned.use, shop.uses) == (P.FAILED, Use.RETURNED, (1, 0))
    last = world.store.ledger(world.tenant, payment.id)[-1]
    assert (last.kind, last.subject, last.cause.actor) == (
        EntryKind.USE_RETURNED, "expired", "sweeper",
    )  # fmt: skip
    world.pass_time(25 * HOUR)
    world.sweep()
    assert shop.uses == (1, 0)


def test_a_cancelation_gives_the_use_back_once_however_often_it_is_told() -> None:
    shop = Shop()
    payment = shop.started()
    for _ in range(2):
        shop.world.told(about(payment, IntentStatus.CANCELED))
    shop.world.told(an_expiry(session=payment.provider.session, payment=payment.id))  # type: ignore[union-attr]
    assert shop.uses == (1, 0)


def test_a_late_payment_takes_a_use_that_is_still_there_and_is_flagged() -> None:
    shop = Shop()
    payment = shop.started()
    shop.world.told(about(payment, IntentStatus.CANCELED))
    late = shop.pays(payment)
    assert late.review is not None
    assert (late.status, late.use, late.review.reason) == (P.PAID, Use.SPENT, ReviewReason.LATE)
    assert late.due_at == shop.world.now
    assert shop.uses == (0, 1)
    assert shop.world.check_money(late.id) == PAID


def test_a_late_payment_beyond_the_limit_is_paid_and_flagged_as_surplus() -> None:
    shop = Shop()
    first = shop.started()
    shop.world.told(about(first, IntentStatus.CANCELED))
    second = shop.started()
    assert shop.uses == (0, 0)
    surplus = shop.pays(first)
    assert surplus.review is not None
    assert (surplus.status, surplus.use, surplus.review.reason) == (
        P.PAID, Use.RETURNED, ReviewReason.SURPLUS,
    )  # fmt: skip
    assert (surplus.review.expected, surplus.review.received) == (rupiah(20_000), rupiah(20_000))
    assert shop.uses == (0, 0)
    paid = shop.pays(second)
    assert (paid.review, paid.use, shop.uses) == (None, Use.SPENT, (0, 1))
    for payment in (first, second):
        assert shop.world.check_money(payment.id) == PAID


# --- the last one, twice at once, and whoever dies holding it ---------------------------------


def test_of_two_who_want_the_last_use_at_once_one_gets_it() -> None:
    shop = Shop()
    others: list[Payment] = []
    shop.world.engine.before = at("write", lambda: others.append(shop.tapped("b")))
    with pytest.raises(PaymentLinkLimitReached) as refused:
        shop.tapped("a")
    assert refused.value.details == {"inactive_reason": "limit_reached"}
    assert shop.world.only_payment() == others[0]
    assert shop.uses == (0, 0)
    assert shop.world.psp.calls == {"create_session": 1}


def test_the_same_tap_again_gets_the_session_that_holds_the_last_use() -> None:
    shop = Shop()
    first = shop.tapped("a")
    with shop.world.still():
        assert shop.tapped("a") == first
    shop.sold_out()


def test_the_same_key_again_gets_the_session_that_holds_the_last_use() -> None:
    shop = Shop()
    first = shop.started("k")
    with shop.world.still():
        assert shop.started("k") == first
    shop.pays(first)
    with shop.world.still():
        assert shop.started("k").status is P.PAID
    with shop.world.still(), pytest.raises(PaymentLinkLimitReached):
        shop.world.checkout.start(
            shop.world.asking(), NewSession(payment_link=shop.id, metadata={})
        )


def test_the_same_key_again_after_the_link_has_expired_gets_its_session() -> None:
    world = World()
    link = world.link(expires_at=world.now + 1_000)
    new = NewSession(payment_link=link, metadata={})
    first = world.checkout.start(world.asking("k"), new)
    world.pass_time(1_000)
    with world.still():
        assert world.checkout.start(world.asking("k"), new) == first


@pytest.mark.parametrize("crash", ["create_session", "write"])
def test_whoever_dies_holding_the_last_use_goes_on_with_it(crash: str) -> None:
    shop = Shop()
    world = shop.world
    if crash == "write":
        world.engine.before = crash_at("write", 2)
    else:
        world.psp.before = crash_at("create_session")
    with pytest.raises(Crash):
        shop.started("k")
    assert shop.uses == (0, 0)
    with world.still(), pytest.raises(IdempotencyKeyInUse):
        shop.started("k")
    world.pass_time(LOCKED_MS)
    payment = shop.started("k")
    assert payment.provider == world.psp.page_of(payment).provider
    assert (world.only_payment().id, shop.uses) == (payment.id, (0, 0))
    assert shop.pays(payment).use is Use.SPENT


def test_the_same_tap_goes_on_at_once_with_a_beginning_that_was_cut_off() -> None:
    shop = Shop()
    shop.world.psp.before = crash_at("create_session")
    with pytest.raises(Crash):
        shop.tapped("a")
    payment = shop.tapped("a")
    assert payment.provider == shop.world.psp.page_of(payment).provider
    assert (shop.world.only_payment(), shop.uses) == (payment, (0, 0))


def test_nobody_going_on_gives_the_use_back_after_the_hour() -> None:
    shop = Shop()
    world = shop.world
    world.psp.offers.append(PspUnavailable("WooshPay did not answer: ReadTimeout."))
    with pytest.raises(PspUnavailable):
        shop.tapped("a")
    assert shop.uses == (0, 0)
    world.pass_time(2 * 60_000)
    assert world.sweep() == {"payment": 1}  # its page is made after all
    assert world.only_payment().provider is not None
    world.pass_time(HOUR + 5 * 60_000)
    world.sweep()
    assert (world.only_payment().status, shop.uses) == (P.EXPIRED, (1, 0))


def test_a_wrong_amount_keeps_its_use_while_a_person_looks() -> None:
    shop = Shop()
    payment = shop.started()
    assert shop.world.told(about(payment, received=rupiah(1))) == "applied"
    held = shop.world.payment(payment.id)
    assert (held.rank, held.use, shop.uses) == (35, Use.HELD, (0, 0))
    shop.world.told(an_expiry(session=payment.provider.session, payment=payment.id))  # type: ignore[union-attr]
    assert shop.world.payment(payment.id) == held
    assert shop.uses == (0, 0)
