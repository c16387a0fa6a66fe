"""Checkout: from what is asked to the page at the provider."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import (
    AmountAboveWalletLimit,
    AmountBelowMinimum,
    IdempotencyKeyReused,
    InvalidRequest,
    ParameterInvalid,
    PspRejected,
    PspUnavailable,
    ResourceMissing,
)
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import PaymentStatus
from chalicelib.domain.psp_facts import IntentFact
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.ports import CreatedSession, Slice
from chalicelib.usecases.start_checkout import NewSession, retrieve_payment
from tests.builders import (
    a_provider,
    a_tenant,
    an_intent_fact,
    rupiah,
    ulid,
)
from tests.fakes.world import World

APPLE = NewProduct(name="apple", metadata={})


def lines(*prices: str) -> NewSession:
    """A session for prices by their ids."""
    return NewSession(lines=[(price, 1) for price in prices], metadata={})


def test_a_payment_is_kept_and_has_the_providers_page() -> None:
    world = World()
    payment = world.started()
    assert world.engine.calls == {"write": 2}
    page = world.psp.page_of(payment)
    assert payment.provider == page.provider
    assert payment == world.payment(payment.id)
    assert (payment.status, payment.totals, payment.seq) == (PaymentStatus.UNPAID, Totals(), 0)
    assert payment.amount == page.asked == rupiah(20_000)
    assert payment.metadata == {"order": "7"}
    assert payment.expires_at == world.now + 86_400_000
    assert world.psp.keys == [session_id(payment.id)]
    assert sorted(str(item["kind"]) for item in world.engine.everything()) == [
        "event", "payment", "psp_intent", "rate",
    ]  # fmt: skip
    assert world.check_money(payment.id) == Totals()


def test_without_addresses_the_shopper_comes_back_to_our_status_page() -> None:
    world = World()
    payment = world.started()
    page = world.psp.page_of(payment)
    ours = f"https://tautan.test/s/{status_token(payment)}"
    assert (page.success_url, page.cancel_url) == (ours, ours)


def test_the_merchants_own_addresses_are_used_with_the_sessions_id_filled_in() -> None:
    world = World()
    new = replace(
        world.new_session(),
        success_url="shop.example/thanks?s={CHECKOUT_SESSION_ID}",
        cancel_url="www.shop.example",
    )
    payment = world.checkout.start(world.asking(), new)
    page = world.psp.page_of(payment)
    assert page.success_url == f"https://shop.example/thanks?s=cs_{payment.id}"
    assert page.cancel_url == "https://www.shop.example"
    assert payment.success_url == "shop.example/thanks?s={CHECKOUT_SESSION_ID}"


def test_with_a_success_address_alone_there_is_no_way_back() -> None:
    world = World()
    new = replace(world.new_session(), success_url="https://shop.example")
    payment = world.checkout.start(world.asking(), new)
    assert world.psp.page_of(payment).cancel_url is None


def test_lines_may_be_prices_that_stand_prices_of_standing_products_and_new_ones() -> None:
    world = World()
    stands, product = world.price(1_000), world.product("pear")
    data = NewPrice(unit_amount=rupiah(200), product=product.id, metadata={})
    fresh = NewPrice(unit_amount=rupiah(30), product=APPLE, metadata={})
    new = NewSession(lines=[(stands.id, 1), (data, 2), (fresh, 3)], metadata={})
    payment = world.checkout.start(world.asking(), new)
    assert payment.amount == rupiah(1_490)
    assert [item.product.name for item in payment.items] == ["apple", "pear", "apple"]
    assert payment.payment_method_types == ("dana",)
    assert (world.count("product"), world.count("price")) == (2, 1)  # data is not catalogued


@pytest.mark.parametrize("amount", [99, 300_000_001])
def test_an_amount_out_of_danas_bounds_is_refused_and_nothing_is_written(amount: int) -> None:
    world = World()
    price = world.price(amount)
    with world.still(), pytest.raises((AmountBelowMinimum, AmountAboveWalletLimit)) as refused:
        world.checkout.start(world.asking("k"), world.new_session(amount))
    assert refused.value.param == "line_items[0][price_data][unit_amount]"
    with world.still(), pytest.raises(InvalidRequest) as refused_by_id:
        world.checkout.start(world.asking("k"), lines(price.id))
    assert refused_by_id.value.param == "line_items"


@pytest.mark.parametrize(
    ("new", "param"),
    [
        (lines(f"price_{ulid()}"), "line_items[0][price]"),
        (lines("nonsense"), "line_items[0][price]"),
        (NewSession(payment_link=f"plink_{ulid()}", metadata={}), "payment_link"),
        (
            NewSession(
                lines=[(NewPrice(unit_amount=rupiah(1_000), product="prod_x", metadata={}), 1)],
                metadata={},
            ),
            "product",
        ),
    ],
)
def test_what_does_not_exist_is_named_and_nothing_is_written(new: NewSession, param: str) -> None:
    world = World()
    with world.still(), pytest.raises(ResourceMissing) as refused:
        world.checkout.start(world.asking("k"), new)
    assert refused.value.param == param


def test_another_tenants_price_and_link_are_missing() -> None:
    world = World()
    price, link = world.price(), world.link()
    other = world.asking("k", tenant=a_tenant(number=2))
    for new in (lines(price.id), NewSession(payment_link=link, metadata={})):
        with world.still(), pytest.raises(ResourceMissing):
            world.checkout.start(other, new)


def test_no_lines_two_currencies_and_dollars_are_refused() -> None:
    world = World()
    dollars = NewPrice(unit_amount=Money(20_000, "USD"), product=APPLE, metadata={})
    for new, param in [
        (NewSession(metadata={}), "line_items"),
        (NewSession(lines=[(dollars, 1), *world.new_session().lines], metadata={}), "line_items"),
        (
            NewSession(lines=[(dollars, 1)], metadata={}),
            "line_items[0][price_data][currency]",
        ),
    ]:
        with world.still(), pytest.raises(ParameterInvalid) as refused:
            world.checkout.start(world.asking("k"), new)
        assert refused.value.param == param


# --- the same request again -----------------------------------------------------------------


def test_the_same_key_gives_the_same_payment_and_asks_the_provider_once() -> None:
    world = World()
    first = world.checkout.start(world.asking("k"), world.new_session())
    with world.still():
        again = world.checkout.start(world.asking("k"), world.new_session())
    assert again == first
    assert world.psp.calls == {"create_session": 1}


def test_the_same_key_for_something_else_is_refused_and_nothing_is_written() -> None:
    world = World()
    world.checkout.start(world.asking("k", "a"), world.new_session())
    with world.still(), pytest.raises(IdempotencyKeyReused):
        world.checkout.start(world.asking("k", "b"), world.new_session(30_000))


def test_the_same_key_after_it_was_paid_gives_the_paid_payment() -> None:
    world = World()
    first = world.checkout.start(world.asking("k"), world.new_session())
    world.psp.pay(first)
    assert world.told(_paid_fact(world)) == "applied"
    with world.still():
        again = world.checkout.start(world.asking("k"), world.new_session())
    assert (again.id, again.status) == (first.id, PaymentStatus.PAID)


def _paid_fact(world: World) -> IntentFact:
    payment = world.only_payment()
    assert payment.provider is not None
    return an_intent_fact(intent=payment.provider.intent, payment=payment.id)


# --- when the provider will not ---------------------------------------------------------------


def test_a_refusal_of_the_provider_ends_the_payment() -> None:
    world = World()
    world.psp.offers.append(PspRejected("WooshPay refused: no"))
    with pytest.raises(PspRejected, match="WooshPay refused: no"):
        world.started()
    payment = world.only_payment()
    assert (payment.status, payment.provider) == (PaymentStatus.FAILED, None)
    (entry,) = world.store.ledger(world.tenant, payment.id)
    assert (entry.kind, entry.subject, entry.cause.actor) == (EntryKind.STATUS, "failed", "SSSS")
    assert entry.cause.reference == session_id(payment.id)
    assert world.check_money(payment.id) == Totals()


def test_a_provider_that_is_away_leaves_the_payment_to_be_tried_again() -> None:
    world = World()
    world.psp.offers.append(PspUnavailable("WooshPay did not answer: ReadTimeout."))
    with pytest.raises(PspUnavailable):
        world.checkout.start(world.asking("k"), world.new_session())
    left = world.only_payment()
    assert (left.status, left.provider, left.seq) == (PaymentStatus.UNPAID, None, 0)
    again = world.checkout.start(world.asking("k"), world.new_session())
    assert again.id == left.id
    assert again.provider == world.psp.page_of(again).provider
    assert len(world.psp.pages) == world.count("payment") == 1


@pytest.mark.parametrize(
    ("amount", "livemode"),
    [(rupiah(2_000_000), False), (rupiah(200), False), (Money(20_000, "USD"), False),
     (rupiah(20_000), True)],
)  # fmt: skip
def test_nobody_is_sent_to_a_page_that_asks_for_something_else(
    amount: Money, livemode: bool
) -> None:
    world = World()
    world.started()  # a page that can be expired
    page = next(iter(world.psp.pages.values()))
    world.psp.offers.append(CreatedSession(page.provider, amount, livemode))
    with pytest.raises(PspRejected) as refused:
        world.checkout.start(world.asking("k"), world.new_session())
    assert refused.value.details == {"asked": 20_000, "offered": amount.amount}
    assert page.expired
    failed = world.store.payments(world.tenant, Slice()).items[0]
    assert (failed.status, failed.provider) == (PaymentStatus.FAILED, None)


def test_an_intent_that_is_another_payments_is_not_taken() -> None:
    world = World()
    other = world.started()
    assert other.provider is not None
    stolen = replace(a_provider(7), intent=other.provider.intent)
    world.psp.offers.append(CreatedSession(stolen, rupiah(20_000), False))
    with pytest.raises(PspRejected, match="another payment's"):
        world.checkout.start(world.asking("k"), world.new_session())
    assert world.payment(other.id) == other
    assert world.store.payment_of_intent(world.tenant, other.provider.intent) == other
    assert world.store.payments(world.tenant, Slice()).items[0].provider is None


# --- looking ----------------------------------------------------------------------------------


def test_a_payment_is_found_by_both_of_its_names_and_by_nobody_else() -> None:
    world = World()
    payment = world.started()
    for name in ("cs", "pi"):
        found = retrieve_payment(world.store, world.tenant, f"{name}_{payment.id}", "payment")
        assert found == payment
    for tenant, id in [
        (a_tenant(number=2), f"cs_{payment.id}"),
        (a_tenant(livemode=True), f"cs_{payment.id}"),
        (world.tenant, f"cs_{ulid()}"),
        (world.tenant, payment.id),
        (world.tenant, "cs_1001"),
    ]:
        with pytest.raises(ResourceMissing, match=f"^No such checkout session: '{id}'$"):
            retrieve_payment(world.store, tenant, id, "checkout session")
