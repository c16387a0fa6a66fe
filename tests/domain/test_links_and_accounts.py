"""When a link can be paid, which WooshPay account fits, and what an error says."""

from dataclasses import replace

import pytest

from chalicelib.domain.catalog import Inventory
from chalicelib.domain.errors import (
    OutOfStock,
    ParameterInvalid,
    PaymentLinkInactive,
    PaymentLinkLimitReached,
    ResourceMissing,
)
from chalicelib.domain.payment_links import Closed, LinkItem, Offer, closed_because, offer_of
from chalicelib.domain.provider_account import check_account, is_safe_secret, key_livemode
from tests.builders import (
    NOW,
    a_line_item,
    a_link,
    a_price,
    a_product,
    a_tenant,
    an_offer,
    rupiah,
)

OPEN = an_offer()
PAUSED = an_offer(link=a_link(active=False))
ENDS_NOW = an_offer(link=a_link(expires_at=NOW))
PRODUCT_ARCHIVED = an_offer(item=replace(a_line_item(), product=a_product(active=False)))
PRICE_ARCHIVED = an_offer(item=replace(a_line_item(), price=a_price(active=False)))


def limited(limit: int, left: int, *, active: bool = True, expires_at: int | None = None) -> Offer:
    """A link that may be paid `limit` times and now `left` times more."""
    link = a_link(active=active, expires_at=expires_at)
    return an_offer(link=replace(link, limit=limit, uses_remaining=left))


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (OPEN, None),
        (PAUSED, Closed.PAUSED),
        (ENDS_NOW, Closed.EXPIRED),
        (an_offer(link=a_link(expires_at=NOW - 1)), Closed.EXPIRED),
        (an_offer(link=a_link(expires_at=NOW + 1)), None),
        (PRODUCT_ARCHIVED, Closed.ARCHIVED),
        (PRICE_ARCHIVED, Closed.ARCHIVED),
        (an_offer(link=a_link(active=False, expires_at=0)), Closed.PAUSED),
        (replace(PRODUCT_ARCHIVED, link=a_link(expires_at=0)), Closed.EXPIRED),
        (limited(5, 5), None),
        (limited(5, 1), None),
        (limited(5, 0), Closed.LIMIT_REACHED),
        (limited(1, 0, active=False), Closed.PAUSED),
        (limited(1, 0, expires_at=NOW), Closed.EXPIRED),
        (replace(PRICE_ARCHIVED, link=limited(1, 0).link), Closed.ARCHIVED),
    ],
)
def test_why_a_link_cannot_be_paid_now(offer: Offer, reason: Closed | None) -> None:
    assert offer.closed(NOW) is reason


def stocked(
    *lines: tuple[int, tuple[int, int] | None], left: int | None, tracked: bool = True
) -> Offer:
    """A link of lines of one product, each with its quantity and what may be chosen instead."""
    stock = None if left is None else Inventory(tracked, left)
    product, price = replace(a_product(), inventory=stock), a_price()
    items = tuple(
        LinkItem(f"li_{number}", price.id, product.id, quantity, adjustable)
        for number, (quantity, adjustable) in enumerate(lines)
    )
    link = replace(a_link(), items=items)
    return offer_of(link, {price.id: price}, {product.id: product})


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (stocked((3, None), left=3), None),
        (stocked((3, None), left=2), Closed.OUT_OF_STOCK),
        (stocked((1, None), left=0), Closed.OUT_OF_STOCK),
        (stocked((1, None), left=0, tracked=False), None),
        (stocked((10_000, None), left=None), None),
        (stocked((5, (2, 9)), left=2), None),
        (stocked((5, (2, 9)), left=1), Closed.OUT_OF_STOCK),
        (stocked((1, None), (1, None), left=2), None),
        (stocked((1, None), (1, None), left=1), Closed.OUT_OF_STOCK),
        (stocked((1, None), (4, (2, 4)), left=3), None),
        (stocked((1, None), (4, (2, 4)), left=2), Closed.OUT_OF_STOCK),
    ],
)
def test_a_link_is_closed_when_less_is_left_than_a_shopper_has_to_buy(
    offer: Offer, reason: Closed | None
) -> None:
    assert offer.closed(NOW) is reason


def test_what_is_sold_out_by_its_limit_is_told_before_the_stock() -> None:
    offer = stocked((1, None), left=0)
    both = replace(offer, link=replace(offer.link, limit=1, uses_remaining=0))
    assert both.closed(NOW) is Closed.LIMIT_REACHED
    with pytest.raises(OutOfStock) as refused:
        offer.must_be_open(NOW)
    assert refused.value.message == "Too few pieces are left."
    assert refused.value.details == {"inactive_reason": "out_of_stock"}


def test_a_line_offers_its_usual_price_first_and_each_price_once() -> None:
    usual, other = a_price(), a_price(number=2)
    line = LinkItem("li_1", usual.id, a_product().id, 1, None, (other.id, usual.id))
    assert line.prices == (usual.id, other.id)
    link = replace(a_link(), items=(line,))
    prices = {price.id: price for price in (usual, other)}
    offer = offer_of(link, prices, {a_product().id: a_product()})
    assert offer.variants == {"li_1": (usual, other)}


def test_an_open_link_may_be_paid() -> None:
    OPEN.must_be_open(NOW)
    assert OPEN.total == rupiah(20_000)


def test_a_closed_link_says_why_and_in_the_merchants_words() -> None:
    offer = an_offer(link=a_link(active=False, inactive_message="Sedang libur."))
    with pytest.raises(PaymentLinkInactive) as refused:
        offer.must_be_open(NOW)
    assert refused.value.message == "This payment link is closed: paused."
    assert refused.value.user_message == "Sedang libur."
    assert refused.value.details == {"inactive_reason": "paused"}


def test_a_closed_link_without_words_of_its_own_has_the_usual_ones() -> None:
    with pytest.raises(PaymentLinkInactive) as refused:
        ENDS_NOW.must_be_open(NOW)
    assert refused.value.user_message == "Link pembayaran ini sedang tidak aktif."
    assert refused.value.details == {"inactive_reason": "expired"}


def test_a_link_has_a_limit_or_any_number_of_payments() -> None:
    assert not a_link().is_limited
    assert limited(1, 1).link.is_limited
    assert limited(1, 0).link.is_limited
    with pytest.raises(PaymentLinkLimitReached) as refused:
        limited(1, 0).must_be_open(NOW)
    assert refused.value.message == "This payment link is closed: limit_reached."
    assert refused.value.details == {"inactive_reason": "limit_reached"}


@pytest.mark.parametrize("reason", list(Closed))
@pytest.mark.parametrize("words", [None, "Habis."])
def test_every_reason_to_be_closed_is_told(reason: Closed, words: str | None) -> None:
    error = closed_because(reason, words)
    gone = reason is Closed.OUT_OF_STOCK
    told = "Too few pieces are left." if gone else f"This payment link is closed: {reason.value}."
    assert error.message == told
    usual = {
        Closed.LIMIT_REACHED: "Semua sudah terjual, atau sedang dibayar pembeli lain.",
        Closed.OUT_OF_STOCK: "Stok barang ini sudah habis, atau sedang dibayar pembeli lain.",
    }
    codes = {
        Closed.LIMIT_REACHED: "payment_link_limit_reached",
        Closed.OUT_OF_STOCK: "out_of_stock",
    }
    inactive = "Link pembayaran ini sedang tidak aktif."
    assert error.user_message == (words or usual.get(reason, inactive))
    assert error.code == codes.get(reason, "payment_link_inactive")
    assert error.details == {"inactive_reason": reason.value}


def test_an_offer_is_the_links_lines_with_prices_and_products_filled_in() -> None:
    link, price, product = a_link(), a_price(), a_product()
    offer = offer_of(link, {price.id: price}, {product.id: product})
    assert offer == an_offer()


# --- the account at WooshPay ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "live"),
    [("sk_test_12345678", False), ("sk_live_abcDEF_0", True), ("sk_live_" + "a" * 200, True)],
)
def test_a_wooshpay_key_says_its_mode(key: str, live: bool) -> None:
    assert key_livemode(key) is live


@pytest.mark.parametrize(
    "key",
    ["", "sk_test_", "sk_test_1234567", "pk_test_12345678", "sk_prod_12345678", "sk_test_1234567é",
     "sk_test_1234 678", "sk_test_12345678\n", "sk_live_" + "a" * 201, "SK_TEST_12345678",
     "sk_test_12345678:x"],
)  # fmt: skip
def test_what_is_no_wooshpay_key_is_refused(key: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        key_livemode(key)
    assert refused.value.param == "wooshpay_key"
    assert "1234" not in refused.value.message


@pytest.mark.parametrize(
    ("secret", "safe"),
    [
        ("", False), (" " * 40, False), ("a" * 23, False), ("a" * 24, True),
        ("whsec_" + "a" * 18, True), ("é" * 12, True), ("é" * 11, False),
        ("a" * 24 + " ", False), ("a" * 12 + "\n" + "a" * 12, False), ("a" * 24 + "\u00a0", False),
    ],
)  # fmt: skip
def test_a_webhook_secret_has_24_bytes_and_no_white_space(secret: str, safe: bool) -> None:
    assert is_safe_secret(secret) is safe


@pytest.mark.parametrize("livemode", [False, True])
def test_the_key_must_be_of_the_tenants_mode(livemode: bool) -> None:
    tenant = a_tenant(livemode=livemode)
    right, wrong = ("live", "test") if livemode else ("test", "live")
    check_account(tenant, f"sk_{right}_12345678", None)
    with pytest.raises(ParameterInvalid, match="other mode") as refused:
        check_account(tenant, f"sk_{wrong}_12345678", None)
    assert refused.value.param == "wooshpay_key"


def test_an_unsafe_secret_is_refused_by_name_and_a_safe_one_taken() -> None:
    check_account(a_tenant(), "sk_test_12345678", "w" * 24)
    with pytest.raises(ParameterInvalid) as refused:
        check_account(a_tenant(), "sk_test_12345678", "short")
    assert refused.value.param == "webhook_secret"
    assert "short" not in refused.value.message


# --- errors ---------------------------------------------------------------------------------


def test_a_missing_thing_is_named_but_not_at_any_length() -> None:
    error = ResourceMissing("price", "price_" + "x" * 500, param="line_items[0][price]")
    assert error.message == f"No such price: 'price_{'x' * 74}'"
    assert error.param == "line_items[0][price]"
    assert error.details == {}
