"""What a shopper chooses of an offer: how many, which variant, what to give."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.catalog import CustomAmount, Inventory, LineItem, Price
from chalicelib.domain.errors import AnswersInvalid
from chalicelib.domain.ids import PriceId
from chalicelib.domain.link_choices import chosen
from chalicelib.domain.money import LARGEST_AMOUNT
from chalicelib.domain.payment_links import LinkItem, Offer
from tests.builders import a_line_item, a_link, a_price, a_product, rupiah, ulid

SMALL, LARGE, GONE = (
    a_price(number=number, amount=rupiah(amount), active=number != 3)
    for number, amount in ((1, 20_000), (2, 35_000), (3, 50_000))
)


def offering(
    *,
    adjustable: tuple[int, int] | None = None,
    left: int | None = None,
    quantity: int = 1,
    variants: tuple[Price, ...] = (),
    price: Price = SMALL,
) -> Offer:
    """A link of one line."""
    stock = None if left is None else Inventory(True, left)
    product = replace(a_product(), inventory=stock)
    ids = tuple(each.id for each in variants)
    line = LinkItem("li_1", price.id, product.id, quantity, adjustable, ids)
    item = LineItem(id="li_1", product=product, price=price, quantity=quantity)
    choices = (price, *(each for each in variants if each.id != price.id))
    return Offer(link=replace(a_link(), items=(line,)), items=(item,), variants={"li_1": choices})


def one(offer: Offer, **told: str) -> LineItem:
    """The one line as it was chosen."""
    (line,) = chosen(offer, told)
    return line


def problems(offer: Offer, **told: str) -> dict[str, str]:
    """What is wrong with what was told, by field."""
    with pytest.raises(AnswersInvalid) as refused:
        chosen(offer, told)
    return dict(refused.value.problems)


def test_what_is_not_told_is_as_the_link_has_it() -> None:
    offer = offering(adjustable=(1, 5), quantity=2, variants=(LARGE,))
    assert chosen(offer, {}) == offer.items
    assert chosen(offer, {"quantity_1": "", "variant_1": "", "amount": "7"}) == offer.items
    assert chosen(offer, {"quantity_2": "4", "variant_2": LARGE.id}) == offer.items


# --- how many ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("told", "quantity"), [("2", 2), ("3", 3), ("5", 5), ("004", 4)])
def test_a_quantity_within_its_bounds_is_taken(told: str, quantity: int) -> None:
    line = one(offering(adjustable=(2, 5), quantity=3), quantity_1=told)
    assert (line.quantity, line.total) == (quantity, rupiah(20_000 * quantity))


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("1", "too_few"), ("0", "too_few"), ("6", "too_many"), ("999999", "too_many"),
        ("1000000", "not_a_number"), ("-1", "not_a_number"), ("2.0", "not_a_number"),
        (" 2", "not_a_number"), ("٣", "not_a_number"), ("two", "not_a_number"),
    ],
)  # fmt: skip
def test_a_quantity_out_of_its_bounds_is_refused(told: str, problem: str) -> None:
    assert problems(offering(adjustable=(2, 5), quantity=3), quantity_1=told) == {
        "quantity_1": problem
    }


def test_no_more_can_be_chosen_than_is_left() -> None:
    offer = offering(adjustable=(1, 9), left=4)
    assert one(offer, quantity_1="4").quantity == 4
    assert problems(offer, quantity_1="5") == {"quantity_1": "too_many"}
    uncounted = replace(offer.items[0].product, inventory=Inventory(False, 0))
    free = replace(offer, items=(replace(offer.items[0], product=uncounted),))
    assert one(free, quantity_1="9").quantity == 9


def test_a_quantity_that_is_not_adjustable_stays() -> None:
    assert one(offering(quantity=3), quantity_1="5").quantity == 3


def test_more_than_a_trillion_is_too_many() -> None:
    dear = a_price(amount=rupiah(LARGEST_AMOUNT // 4))
    offer = offering(adjustable=(1, 9), price=dear)
    assert one(offer, quantity_1="4").total == rupiah(LARGEST_AMOUNT)
    assert problems(offer, quantity_1="5") == {"quantity_1": "too_many"}


# --- which ------------------------------------------------------------------------------------


def test_a_variant_is_another_price_of_the_line() -> None:
    offer = offering(variants=(LARGE,))
    assert one(offer, variant_1=LARGE.id).price == LARGE
    assert one(offer, variant_1=SMALL.id).price == SMALL


@pytest.mark.parametrize("told", ["x", GONE.id, f"price_{ulid(9)}", f" {LARGE.id}"])
def test_what_is_no_variant_or_no_longer_one_is_refused(told: str) -> None:
    assert problems(offering(variants=(LARGE, GONE)), variant_1=told) == {
        "variant_1": "not_an_option"
    }


def test_every_wrong_field_is_named_at_once_and_lines_are_counted_from_one() -> None:
    first, second = offering(adjustable=(1, 2)), offering(adjustable=(1, 2))
    other = replace(second.link.items[0], id="li_2")
    both = Offer(
        link=replace(first.link, items=(*first.link.items, other)),
        items=(*first.items, replace(second.items[0], id="li_2")),
        variants={"li_1": (SMALL,), "li_2": (SMALL,)},
    )
    told = {"quantity_1": "3", "variant_1": "x", "quantity_2": "0"}
    assert problems(both, **told) == {
        "variant_1": "not_an_option", "quantity_1": "too_many", "quantity_2": "too_few",
    }  # fmt: skip
    assert [line.quantity for line in chosen(both, {"quantity_2": "2"})] == [1, 2]


# --- how much ---------------------------------------------------------------------------------


def giving(minimum: int = 1_000, maximum: int | None = None, preset: int | None = None) -> Offer:
    """A link whose shopper sets the amount."""
    custom = CustomAmount(minimum, maximum, preset)
    return offering(price=replace(SMALL, custom=custom, unit_amount=rupiah(preset or minimum)))


@pytest.mark.parametrize(
    ("told", "amount"),
    [
        ("25000", 25_000), ("25.000", 25_000), ("Rp25.000", 25_000), (" Rp 25.000 ", 25_000),
        ("1.000.000", 1_000_000), ("1000", 1_000), ("001000", 1_000),
        ("1.000.000.000.000", LARGEST_AMOUNT), ("1000000000000", LARGEST_AMOUNT),
    ],
)  # fmt: skip
def test_an_amount_is_told_with_dots_between_thousands_or_without(told: str, amount: int) -> None:
    line = one(giving(), amount=told)
    assert line.price == replace(SMALL, unit_amount=rupiah(amount), custom=None)
    assert line.total == rupiah(amount)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ("", "missing"), ("  ", "missing"), ("Rp", "missing"), ("Rp ", "missing"),
        ("999", "too_little"), ("0", "too_little"),
        ("50.001", "too_much"), ("1000000000001", "too_much"), ("9999999999999", "too_much"),
        ("10000.0", "not_a_number"), ("1.5", "not_a_number"), ("20.00", "not_a_number"),
        ("2000.000", "not_a_number"), (".000", "not_a_number"), ("1..000", "not_a_number"),
        ("10,000", "not_a_number"), ("-5000", "not_a_number"), ("1e4", "not_a_number"),
        ("٥٠٠٠", "not_a_number"), ("10 000", "not_a_number"), ("9" * 14, "not_a_number"),
        ("RpRp5000", "not_a_number"),
    ],
)  # fmt: skip
def test_an_amount_out_of_bounds_or_unclear_is_refused(told: str, problem: str) -> None:
    assert problems(giving(maximum=50_000), amount=told) == {"amount": problem}


def test_without_a_maximum_a_trillion_is_the_most() -> None:
    assert problems(giving(), amount=str(LARGEST_AMOUNT + 1)) == {"amount": "too_much"}


def test_an_amount_that_is_not_told_is_the_preset() -> None:
    assert one(giving(preset=5_000)).price.unit_amount == rupiah(5_000)
    assert one(giving(preset=5_000), amount="7000").price.unit_amount == rupiah(7_000)


@given(st.integers(1, LARGEST_AMOUNT))
def test_an_amount_is_read_as_it_is_written(amount: int) -> None:
    offer = giving(minimum=1)
    assert one(offer, amount=str(rupiah(amount))).total == rupiah(amount)
    assert one(offer, amount=str(amount)).total == rupiah(amount)


OFFERS = (
    offering(adjustable=(2, 5), left=4, quantity=2, variants=(LARGE,)),
    giving(maximum=50_000, preset=2_000),
)


@given(quantity=st.text(max_size=8), variant=st.text(max_size=8), amount=st.text(max_size=20))
def test_whatever_is_told_is_taken_within_bounds_or_refused(
    quantity: str, variant: str, amount: str
) -> None:
    told = {"quantity_1": quantity, "variant_1": variant, "amount": amount}
    for offer in OFFERS:
        try:
            line = one(offer, **told)
        except AnswersInvalid as refused:
            wrong = set(refused.problems)
        else:
            wrong = set()
            assert line.price.custom is None
            assert 1_000 <= line.price.unit_amount.amount <= 50_000
            assert 1 <= line.quantity <= 4
        assert wrong <= set(told)


def test_a_variant_whose_price_is_unknown_is_no_choice() -> None:
    bare = replace(offering(), variants={"li_1": (SMALL,)})
    assert problems(bare, variant_1=PriceId("price_x")) == {"variant_1": "not_an_option"}
    assert a_line_item().price == SMALL
