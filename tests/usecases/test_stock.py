"""Stock: pieces are held with the session, given back when it is over, spent when it is paid."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.catalog import CustomAmount, Inventory, Price
from chalicelib.domain.errors import (
    AnswersInvalid,
    IdempotencyKeyInUse,
    OutOfStock,
    ParameterInvalid,
    PaymentLinkLimitReached,
    PspRejected,
    PspUnavailable,
)
from chalicelib.domain.ids import PaymentLinkId, ProductId, session_id
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus, ReviewReason, Use
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.usecases.audit import audit_payment
from chalicelib.usecases.by_hand import accept_review
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    StockChange,
    create_price,
    create_product,
    retrieve_product,
    update_price,
    update_product,
)
from chalicelib.usecases.end_payment import Ending
from chalicelib.usecases.failures import Answered, Replayed
from chalicelib.usecases.idempotency import LOCKED_MS
from chalicelib.usecases.payment_links import NewLine, NewPaymentLink, create_payment_link
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.start_checkout import NewSession, open_link
from tests.builders import a_cause, a_merchant, an_api_key, an_expiry, rupiah
from tests.fakes.world import Crash, World, at, crash_at
from tests.usecases.test_webhook import about

P = PaymentStatus
HOUR = 60 * 60_000
PAID = Totals(20_000, 20_000)


class Shop:
    """A world whose merchant has so many pieces of a product."""

    def __init__(self, pieces: int = 1, *, tracked: bool = True) -> None:
        self.world = World()
        self.world.store.add_merchant(a_merchant(), an_api_key())
        self.product, self.price = self.shelf(pieces, tracked=tracked)

    def shelf(self, pieces: int, *, tracked: bool = True) -> tuple[ProductId, Price]:
        """A product of which there are so many, and its price."""
        store, mint, asking = self.world.store, self.world.mint, self.world.asking()
        stock = Inventory(tracked, pieces)
        new = NewProduct(name="kaos", inventory=stock, metadata={})
        product = create_product(store, mint, asking, new).id
        price = NewPrice(unit_amount=rupiah(20_000), product=product, metadata={})
        return product, create_price(store, mint, asking, price)

    def link(self, *lines: NewLine, **more: Any) -> str:
        """The slug of a link, over one piece unless lines are given."""
        new = NewPaymentLink(
            lines=lines or (NewLine(price=self.price.id),),
            payment_method_types=("dana",),
            metadata={},
            **more,
        )
        world = self.world
        return create_payment_link(world.store, world.mint, world.asking(), new).link.slug

    def counts(self, product: ProductId | None = None) -> tuple[int, int]:
        """How many are left, and how many are held."""
        found = retrieve_product(self.world.store, self.world.tenant, product or self.product)
        assert found.inventory is not None
        return found.inventory.available, found.inventory.reserved

    def started(self, key: str | None = None, *quantities: int) -> Payment:
        """The merchant's server begins a session by price; of several lines, with several."""
        lines = [(self.price.id, quantity) for quantity in quantities or (1,)]
        new = NewSession(lines=lines, metadata={})
        return self.world.checkout.start(self.world.asking(key, repr(lines)), new)

    def tapped(self, slug: str, attempt: str | None = None, **told: str) -> Payment:
        """A shopper opens a link and taps pay."""
        opened = open_link(self.world.store, slug)
        return self.world.checkout.pay_link(opened, told, attempt, a_cause(at=self.world.now))

    def pays(self, payment: Payment) -> Payment:
        """The shopper pays, and the provider tells."""
        self.world.psp.pay(payment)
        fact = about(payment, amount=payment.amount, received=payment.amount)
        assert self.world.told(fact) == "applied"
        return self.world.payment(payment.id)

    def canceled(self, payment: Payment) -> Payment:
        """The provider ends it."""
        self.world.told(about(payment, IntentStatus.CANCELED, amount=payment.amount))
        return self.world.payment(payment.id)

    def payments(self) -> Sequence[Payment]:
        """Every payment, newest first."""
        return self.world.store.payments(self.world.tenant, Slice(limit=100)).items

    def none_left(self, slug: str | None = None) -> None:
        """Nobody can begin, and nothing is written."""
        with self.world.still(), pytest.raises(OutOfStock) as refused:
            self.started("late")
        assert refused.value.details == {"inactive_reason": "out_of_stock"}
        if slug is not None:
            with self.world.still(), pytest.raises(OutOfStock) as closed:
                self.tapped(slug, "late")
            assert closed.value.details == {"inactive_reason": "out_of_stock"}


# --- held and spent ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["price", "link by server", "link by tap"])
def test_a_session_holds_its_pieces_for_an_hour_and_a_payment_spends_them(way: str) -> None:
    shop = Shop(2)
    slug = shop.link()
    link = open_link(shop.world.store, slug).offer.link.id
    payment = {
        "price": lambda: shop.started(),
        "link by tap": lambda: shop.tapped(slug),
        "link by server": lambda: shop.world.checkout.start(
            shop.world.asking(), NewSession(payment_link=link, metadata={})
        ),
    }[way]()
    assert (payment.use, payment.stock, payment.holds_link) == (Use.HELD, {shop.product: 1}, False)
    assert payment.expires_at == shop.world.now + HOUR
    assert shop.world.payment(payment.id) == payment
    assert shop.counts() == (1, 1)
    paid = shop.pays(payment)
    assert (paid.status, paid.use, paid.review) == (P.PAID, Use.SPENT, None)
    assert shop.counts() == (1, 0)
    assert shop.world.check_money(paid.id) == PAID


@pytest.mark.parametrize("counted_later", [True, False])
def test_what_is_not_counted_is_not_held(counted_later: bool) -> None:
    shop = Shop(0, tracked=False)
    payment = shop.started(None, 3)
    assert (payment.use, payment.stock) == (None, {})
    assert payment.expires_at == shop.world.now + 24 * HOUR
    assert shop.pays(payment).use is None
    assert shop.counts() == (0, 0)
    if counted_later:
        stock = StockChange(tracked=True)
        update_product(shop.world.store, shop.world.asking(), shop.product, {}, stock)
        shop.none_left()


def test_a_product_given_as_data_is_sold_without_counting() -> None:
    world = World()
    new = NewPrice(
        unit_amount=rupiah(20_000), product=NewProduct(name="x", metadata={}), metadata={}
    )
    payment = world.checkout.start(world.asking(), NewSession(lines=[(new, 5)], metadata={}))
    assert (payment.use, payment.stock) == (None, {})


def test_a_server_sells_no_price_whose_amount_the_shopper_sets() -> None:
    world = World()
    new = NewPrice(
        unit_amount=rupiah(5_000),
        custom=CustomAmount(1_000, preset=5_000),
        product=NewProduct(name="x", metadata={}),
        metadata={},
    )
    price = create_price(world.store, world.mint, world.asking(), new).id
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        world.checkout.start(world.asking(), NewSession(lines=[(price, 1)], metadata={}))
    assert refused.value.param == "line_items"


def test_a_shopper_who_sets_the_amount_is_asked_for_that() -> None:
    shop = Shop(1)
    new = NewPrice(
        unit_amount=rupiah(5_000), custom=CustomAmount(1_000), product=shop.product, metadata={}
    )
    price = create_price(shop.world.store, shop.world.mint, shop.world.asking(), new)
    payment = shop.tapped(shop.link(NewLine(price=price.id)), amount="Rp7.500")
    assert (payment.amount, payment.items[0].price.unit_amount) == (rupiah(7_500), rupiah(7_500))
    assert payment.stock == {shop.product: 1}


def test_the_last_piece_closes_every_link_to_it() -> None:
    shop = Shop(1)
    one, other = shop.link(), shop.link()
    payment = shop.tapped(one, "first")
    assert shop.counts() == (0, 1)
    for slug in (one, other):
        shop.none_left(slug)
    shop.pays(payment)
    assert shop.counts() == (0, 0)
    shop.none_left(other)
    update_product(
        shop.world.store, shop.world.asking(), shop.product, {}, StockChange(available=1)
    )
    assert shop.tapped(other, "late").use is Use.HELD


def test_more_than_are_left_are_not_begun() -> None:
    shop = Shop(2)
    with shop.world.still(), pytest.raises(OutOfStock):
        shop.started(None, 3)
    assert shop.started(None, 2).stock == {shop.product: 2}
    assert shop.counts() == (0, 2)


def test_lines_of_one_product_add_up() -> None:
    shop = Shop(3)
    with shop.world.still(), pytest.raises(OutOfStock):
        shop.started(None, 2, 2)
    payment = shop.started(None, 2, 1)
    assert (payment.stock, shop.counts()) == ({shop.product: 3}, (0, 3))
    shop.canceled(payment)
    assert shop.counts() == (3, 0)


def test_of_two_products_both_are_held_or_none() -> None:
    shop = Shop(2)
    product, price = shop.shelf(1)
    slug = shop.link(NewLine(price=shop.price.id), NewLine(price=price.id))
    payment = shop.tapped(slug, "a")
    assert payment.stock == {shop.product: 1, product: 1}
    assert (shop.counts(), shop.counts(product)) == ((1, 1), (0, 1))
    with shop.world.still(), pytest.raises(OutOfStock):
        shop.tapped(slug, "b")
    lines = [(shop.price.id, 1), (price.id, 1)]
    with shop.world.still(), pytest.raises(OutOfStock):
        shop.world.checkout.start(shop.world.asking(), NewSession(lines=lines, metadata={}))
    shop.pays(payment)
    assert (shop.counts(), shop.counts(product)) == ((1, 0), (0, 0))


def test_a_shopper_holds_as_many_as_she_chose() -> None:
    shop = Shop(5)
    slug = shop.link(NewLine(price=shop.price.id, adjustable=(2, 4), quantity=2))
    assert shop.tapped(slug, "a", quantity_1="3").stock == {shop.product: 3}
    assert shop.tapped(slug, "b").stock == {shop.product: 2}
    assert shop.counts() == (0, 5)
    shop.none_left(slug)


def test_more_than_is_left_is_named_to_the_shopper() -> None:
    shop = Shop(3)
    slug = shop.link(NewLine(price=shop.price.id, adjustable=(1, 9)))
    with shop.world.still(), pytest.raises(AnswersInvalid) as refused:
        shop.tapped(slug, "a", quantity_1="4")
    assert refused.value.details == {"quantity_1": "too_many"}


def test_a_limited_link_holds_a_use_and_pieces_together() -> None:
    shop = Shop(1)
    slug = shop.link(limit=2)
    link = open_link(shop.world.store, slug).offer.link.id
    payment = shop.tapped(slug, "a")
    assert (payment.holds_link, payment.stock) == (True, {shop.product: 1})

    def uses() -> tuple[int | None, int]:
        found = shop.world.store.payment_link(shop.world.tenant, PaymentLinkId(link))
        assert found is not None
        return found.uses_remaining, found.completed

    assert (uses(), shop.counts()) == ((1, 0), (0, 1))
    shop.none_left(slug)
    assert uses() == (1, 0)
    shop.canceled(payment)
    assert (uses(), shop.counts()) == ((2, 0), (1, 0))
    shop.pays(shop.tapped(slug, "b"))
    assert (uses(), shop.counts()) == ((1, 1), (0, 0))


def test_a_link_that_has_sold_its_limit_says_so_though_pieces_are_left() -> None:
    shop = Shop(5)
    slug = shop.link(limit=1)
    shop.tapped(slug, "a")
    with shop.world.still(), pytest.raises(PaymentLinkLimitReached):
        shop.tapped(slug, "b")
    assert shop.counts() == (4, 1)


# --- given back -------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["told", "swept", "refused", "canceled", "by merchant"])
def test_pieces_come_back_when_their_session_is_over(end: str) -> None:
    shop = Shop(2)
    world = shop.world
    if end == "refused":
        world.psp.offers.append(PspRejected("WooshPay refused: no"))
        with pytest.raises(PspRejected):
            shop.started(None, 2)
        payment = world.only_payment()
    else:
        payment = shop.started(None, 2)
        assert payment.provider is not None
        assert shop.counts() == (0, 2)
    if end == "told":
        assert payment.provider is not None
        fact = an_expiry(session=str(payment.provider.session), payment=payment.id)
        assert world.told(fact) == "applied"
    if end == "swept":
        world.pass_time(HOUR + 5 * 60_000)
        assert world.sweep() == {"payment": 1}
        assert world.psp.page_of(payment).expired
    if end == "canceled":
        shop.canceled(payment)
    if end == "by merchant":
        Ending(world.store, world.psps, world.inbox).expire(payment, a_cause(at=world.now))
    assert shop.counts() == (2, 0)
    after = world.payment(payment.id)
    assert after.use is Use.RETURNED
    ended = {"refused": P.FAILED, "canceled": P.CANCELED}
    assert after.status is ended.get(end, P.EXPIRED)
    assert shop.started(None, 2).use is Use.HELD
    assert world.check_money(payment.id) == Totals()


def test_a_declined_attempt_keeps_its_pieces_until_the_hour_is_over() -> None:
    shop = Shop()
    payment = shop.started()
    assert shop.world.told(about(payment, IntentStatus.FAILED)) == "applied"
    assert (shop.world.payment(payment.id).use, shop.counts()) == (Use.HELD, (0, 1))
    shop.world.pass_time(HOUR + 5 * 60_000)
    shop.world.sweep()
    returned = shop.world.payment(payment.id)
    assert (returned.status, returned.use, shop.counts()) == (P.FAILED, Use.RETURNED, (1, 0))
    shop.world.pass_time(25 * HOUR)
    shop.world.sweep()
    assert shop.counts() == (1, 0)


def test_the_end_gives_back_once_however_often_it_is_told() -> None:
    shop = Shop()
    payment = shop.started()
    for _ in range(2):
        shop.canceled(payment)
    assert payment.provider is not None
    shop.world.told(an_expiry(session=str(payment.provider.session), payment=payment.id))
    assert shop.counts() == (1, 0)


def test_a_stock_take_while_pieces_are_held_counts_those_on_the_shelf() -> None:
    shop = Shop(3)
    payment = shop.started(None, 2)
    change = StockChange(available=10)
    update_product(shop.world.store, shop.world.asking(), shop.product, {}, change)
    assert shop.counts() == (10, 2)
    shop.canceled(payment)
    assert shop.counts() == (12, 0)


def test_pieces_of_a_product_that_is_no_longer_counted_still_come_back() -> None:
    shop = Shop(3)
    payment = shop.started(None, 2)
    off = StockChange(tracked=False)
    update_product(shop.world.store, shop.world.asking(), shop.product, {}, off)
    assert shop.started(None, 9).stock == {}
    shop.canceled(payment)
    assert shop.counts() == (3, 0)


def test_a_refund_puts_nothing_back() -> None:
    shop = Shop()
    paid = shop.pays(shop.started())
    shop.world.refund(paid, RefundRequest(amount=None, metadata={}))
    assert shop.world.payment(paid.id).refund_status == "full"
    assert (shop.counts(), shop.world.payment(paid.id).use) == ((0, 0), Use.SPENT)


# --- money that comes late --------------------------------------------------------------------


def test_a_late_payment_takes_pieces_that_are_left_and_is_flagged() -> None:
    shop = Shop()
    payment = shop.started()
    shop.canceled(payment)
    late = shop.pays(payment)
    assert late.review is not None
    assert (late.status, late.use, late.review.reason) == (P.PAID, Use.SPENT, ReviewReason.LATE)
    assert shop.counts() == (0, 0)
    assert shop.world.check_money(late.id) == PAID


def test_a_late_payment_beyond_the_stock_is_paid_and_flagged_as_surplus() -> None:
    shop = Shop()
    first = shop.started()
    shop.canceled(first)
    second = shop.started()
    surplus = shop.pays(first)
    assert surplus.review is not None
    assert (surplus.status, surplus.use, surplus.review.reason) == (
        P.PAID, Use.RETURNED, ReviewReason.SURPLUS,
    )  # fmt: skip
    assert (surplus.review.expected, surplus.review.received) == (rupiah(20_000), rupiah(20_000))
    assert shop.counts() == (0, 1)
    paid = shop.pays(second)
    assert (paid.review, paid.use, shop.counts()) == (None, Use.SPENT, (0, 0))
    for payment in (first, second):
        assert shop.world.check_money(payment.id) == PAID


def test_a_late_payment_of_two_products_takes_none_when_one_is_gone() -> None:
    shop = Shop(1)
    product, price = shop.shelf(1)
    lines = [(shop.price.id, 1), (price.id, 1)]
    late = shop.world.checkout.start(shop.world.asking(), NewSession(lines=lines, metadata={}))
    shop.canceled(late)
    shop.started()
    surplus = shop.pays(late)
    assert surplus.review is not None
    assert (surplus.use, surplus.review.reason) == (Use.RETURNED, ReviewReason.SURPLUS)
    assert (shop.counts(), shop.counts(product)) == ((0, 1), (1, 0))


def test_a_wrong_amount_keeps_its_pieces_while_a_person_looks() -> None:
    shop = Shop()
    payment = shop.started()
    assert shop.world.told(about(payment, received=rupiah(1))) == "applied"
    held = shop.world.payment(payment.id)
    assert (held.rank, held.use, shop.counts()) == (35, Use.HELD, (0, 1))


def test_a_wrong_amount_that_a_person_accepts_has_sold_its_pieces() -> None:
    shop = Shop()
    payment = shop.started()
    shop.world.told(about(payment, received=rupiah(1)))
    cause = a_cause(at=shop.world.now)
    accepted = accept_review(shop.world.store, shop.world.tenant, session_id(payment.id), cause)
    assert (accepted.use, shop.counts()) == (Use.SPENT, (0, 0))
    assert audit_payment(shop.world.store, shop.world.tenant, payment.id) == []


def test_what_a_key_made_is_found_though_its_price_is_archived_since() -> None:
    shop = Shop(5)
    world = shop.world
    new = NewPaymentLink(
        lines=[NewLine(price=shop.price.id)], payment_method_types=("dana",), metadata={}
    )

    def link(key: str) -> str:
        return create_payment_link(world.store, world.mint, world.asking(key), new).link.id

    made, started = link("k1"), shop.started("k2")
    update_price(world.store, world.asking(), shop.price.id, {"active": False})
    with world.still():
        assert link("k1") == made
        assert shop.started("k2") == started
    with world.still(), pytest.raises(ParameterInvalid, match="is archived"):
        link("k3")
    with world.still(), pytest.raises(ParameterInvalid, match="is archived"):
        shop.started("k4")


def test_an_answer_too_long_to_be_kept_is_told_again_from_what_it_made() -> None:
    world = World()
    long = Answered(200, "x" * 200_001)
    asking = replace(world.asking("k"), tell=lambda _: long)
    new = NewProduct(name="kaos", metadata={})
    made = create_product(world.store, world.mint, asking, new)
    assert create_product(world.store, world.mint, asking, new) == made
    kept = replace(world.asking("k2"), tell=lambda _: Answered(200, "x" * 200_000))
    create_product(world.store, world.mint, kept, new)
    with pytest.raises(Replayed):
        create_product(world.store, world.mint, kept, new)


# --- twice at once, and whoever dies holding them ---------------------------------------------


def test_of_two_who_want_the_last_piece_at_once_one_gets_it() -> None:
    shop = Shop()
    slug = shop.link()
    others: list[Payment] = []
    shop.world.engine.before = at("write", lambda: others.append(shop.started()))
    with pytest.raises(OutOfStock) as refused:
        shop.tapped(slug, "a")
    assert refused.value.details == {"inactive_reason": "out_of_stock"}
    assert shop.payments() == others
    assert shop.counts() == (0, 1)
    assert shop.world.psp.calls == {"create_session": 1}


def test_the_same_tap_or_key_again_gets_the_session_that_holds_the_last_piece() -> None:
    shop = Shop(5)
    slug = shop.link(NewLine(price=shop.price.id, adjustable=(1, 9)))
    tapped = shop.tapped(slug, "a", quantity_1="3")
    with shop.world.still():  # two are left, and three are chosen again
        assert shop.tapped(slug, "a", quantity_1="3") == tapped
    started = shop.started("k", 2)
    with shop.world.still():
        assert shop.tapped(slug, "a", quantity_1="3") == tapped
        assert shop.started("k", 2) == started
    shop.none_left(slug)


@pytest.mark.parametrize("crash", ["create_session", "write"])
def test_whoever_dies_holding_the_last_piece_goes_on_with_it(crash: str) -> None:
    shop = Shop()
    world = shop.world
    if crash == "write":
        world.engine.before = crash_at("write", 2)
    else:
        world.psp.before = crash_at("create_session")
    with pytest.raises(Crash):
        shop.started("k")
    assert shop.counts() == (0, 1)
    with world.still(), pytest.raises(IdempotencyKeyInUse):
        shop.started("k")
    world.pass_time(LOCKED_MS)
    payment = shop.started("k")
    assert (world.only_payment().id, shop.counts()) == (payment.id, (0, 1))
    assert shop.pays(payment).use is Use.SPENT


def test_nobody_going_on_gives_the_pieces_back_after_the_hour() -> None:
    shop = Shop()
    world = shop.world
    world.psp.offers.append(PspUnavailable("WooshPay did not answer: ReadTimeout."))
    with pytest.raises(PspUnavailable):
        shop.started()
    assert shop.counts() == (0, 1)
    world.pass_time(2 * 60_000)
    assert world.sweep() == {"payment": 1}
    world.pass_time(HOUR + 5 * 60_000)
    world.sweep()
    assert (world.only_payment().status, shop.counts()) == (P.EXPIRED, (1, 0))
