"""What a shopper chooses of a link's offer: how many, which variant, and what to give."""

import re
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain.catalog import LineItem, Price
from chalicelib.domain.errors import AnswersInvalid
from chalicelib.domain.link_forms import Told
from chalicelib.domain.money import LARGEST_AMOUNT
from chalicelib.domain.payment_links import LinkItem, Offer

_QUANTITY = re.compile(r"[0-9]{1,6}", re.ASCII)
_AMOUNT = re.compile(r"[0-9]{1,13}|[0-9]{1,3}(?:\.[0-9]{3}){1,4}", re.ASCII)


def chosen(offer: Offer, told: Told) -> tuple[LineItem, ...]:
    """The lines as the shopper wants them; what was not told is as the link has it.

    The fields of line 1 are `quantity_1`, `variant_1` and, for a price that the shopper sets,
    `amount` in whole units of the currency's smallest. Raises AnswersInvalid.
    """
    problems: dict[str, str] = {}
    lines = []
    for number, (line, item) in enumerate(zip(offer.link.items, offer.items, strict=True), 1):
        price = _price(offer, line, told.get(f"variant_{number}", ""))
        if price is None:
            problems[f"variant_{number}"] = "not_an_option"
            price = item.price
        quantity = _quantity(line, item, told.get(f"quantity_{number}", ""))
        if isinstance(quantity, str):
            problems[f"quantity_{number}"] = quantity
            quantity = item.quantity
        if price.custom is not None:
            amount = _amount(price, told.get("amount", ""))
            if isinstance(amount, str):
                problems["amount"] = amount
            else:
                asked = price.unit_amount.with_amount(amount)
                price = replace(price, unit_amount=asked, custom=None)
        lines.append(replace(item, price=price, quantity=quantity))
    if problems:
        raise AnswersInvalid(problems)
    if sum(line.price.unit_amount.amount * line.quantity for line in lines) > LARGEST_AMOUNT:
        raise AnswersInvalid({"quantity_1": "too_many"})
    return tuple(lines)


def _price(offer: Offer, line: LinkItem, told: str) -> Price | None:
    variants: Sequence[Price] = offer.variants.get(line.id, ())
    if not told:
        return next(price for price in variants if price.id == line.price)
    return next((price for price in variants if price.id == told and price.active), None)


def _quantity(line: LinkItem, item: LineItem, told: str) -> int | str:
    """The number, or what is wrong with it."""
    if not told or line.adjustable is None:
        return item.quantity
    if not _QUANTITY.fullmatch(told):
        return "not_a_number"
    quantity, (least, most) = int(told), line.adjustable
    if quantity < least:
        return "too_few"
    left = item.product.left
    if quantity > most or (left is not None and quantity > left):
        return "too_many"
    return quantity


def _amount(price: Price, told: str) -> int | str:
    """The amount, or what is wrong with it. Dots between thousands are how people write rupiah."""
    assert price.custom is not None, "the price is fixed"
    digits = told.strip().removeprefix("Rp").strip()
    if not digits:
        return price.custom.preset if price.custom.preset is not None else "missing"
    if not _AMOUNT.fullmatch(digits):
        return "not_a_number"
    amount = int(digits.replace(".", ""))
    if amount < price.custom.minimum:
        return "too_little"
    most = LARGEST_AMOUNT if price.custom.maximum is None else price.custom.maximum
    return "too_much" if amount > most else amount
