"""What a shopper has told of an order: what holds, what is wrong with it, what an address fills in.

Everything is checked before anything is asked or written, so that all of it can be said at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from chalicelib.domain.capabilities import Blame, check_payable
from chalicelib.domain.catalog import LineItem, total_of
from chalicelib.domain.errors import AmountAboveWalletLimit, AmountBelowMinimum, AnswersInvalid
from chalicelib.domain.link_choices import chosen
from chalicelib.domain.link_forms import UTM, Ask, Collect, Told, answers_of, reference_of, utm_of
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import Offer

PREFILLED = ("name", "phone", "email")
_FILLING = (
    "quantity",
    "amount",
    *(f"prefilled_{name}" for name in PREFILLED),
    "client_reference_id",
    *UTM,
)
_LONGEST = 254  # no field that an address fills in takes more


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The lines as far as they hold; `problems` by field; `limit` is what a total is beyond.

    `amount_open`: the shopper sets the amount, and has not.
    """

    lines: tuple[LineItem, ...]
    told: Told
    problems: Mapping[str, str] = field(default_factory=dict)
    limit: Money | None = None
    amount_open: bool = False

    @property
    def total(self) -> Money:
        """What the lines cost."""
        return total_of(self.lines)


def order_of(offer: Offer, told: Told) -> Order:
    """What `told` makes of the offer."""
    problems = _problems(lambda: chosen(offer, told))
    good = {name: text for name, text in told.items() if name not in problems}
    lines = _chosen(offer, good)
    link = offer.link
    problems |= _problems(lambda: answers_of(link.collect, link.custom_fields, told))
    order = Order(lines=lines or offer.items, told=told, problems=problems, amount_open=not lines)
    return order if problems else _payable(offer, order)


def opening_order(offer: Offer, told: Told) -> Order:
    """The order of a page that was just opened: nothing is wrong yet, and nothing asks for more
    pieces than are left."""
    told = {**_left(offer), **told}
    lines = _chosen(offer, told)
    return Order(lines=lines or offer.items, told=told, amount_open=not lines)


def _left(offer: Offer) -> dict[str, str]:
    """The quantities of lines of which fewer are left than the link has it."""
    lefts = {number: offer.items[number - 1].product.left for number in _adjustable(offer)}
    return {
        f"quantity_{number}": str(left)
        for number, left in lefts.items()
        if left is not None and left < offer.items[number - 1].quantity
    }


def prefilled(offer: Offer, query: Mapping[str, str]) -> Told:
    """What a link's address fills in; what is not valid is dropped without a word."""
    told: dict[str, str] = {}
    quantity = f"quantity_{next(iter(_adjustable(offer)), 0)}"
    for name, value in ((quantity, query.get("quantity")), ("amount", query.get("amount"))):
        if value and value.isascii() and not _problems(_choosing(offer, {name: value})):
            told[name] = value
    for name in PREFILLED:
        given = {name: query.get(f"prefilled_{name}", "")}
        if not _problems(_answering(Collect(**{name: Ask.REQUIRED}), given)):
            told |= given
    return told | carried(query)


def filling(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What of a query is meant to fill in the form, as it came."""
    return tuple((n, query[n]) for n in _FILLING if n in query and len(query[n]) <= _LONGEST)


def carried(told: Told) -> dict[str, str]:
    """What is passed on unseen: the merchant's reference, and where the link was shared."""
    reference = reference_of(told)
    shared = {f"utm_{name}": value for name, value in utm_of(told).items()}
    return {**({"client_reference_id": reference} if reference else {}), **shared}


def _payable(offer: Offer, order: Order) -> Order:
    """Whether every method takes the total; only where the shopper had a say in it."""
    blamed = _amount_field(offer)
    if blamed is None:
        return order
    limits = {AmountBelowMinimum: "minimum", AmountAboveWalletLimit: "maximum"}
    try:
        check_payable(order.total, offer.link.payment_method_types, Blame("amount", "amount"))
    except (AmountBelowMinimum, AmountAboveWalletLimit) as error:
        limit = error.details[limits[type(error)]]
        assert isinstance(limit, int), "a limit is an amount"
        wrong = "total_too_little" if isinstance(error, AmountBelowMinimum) else "total_too_much"
        money = order.total.with_amount(limit)
        return replace(order, problems={blamed: wrong}, limit=money)
    return order


def _amount_field(offer: Offer) -> str | None:
    """The field that a total out of bounds is to be blamed on."""
    if any(item.price.custom is not None for item in offer.items):
        return "amount"
    quantity = next(iter(_adjustable(offer)), None)
    if quantity is not None:
        return f"quantity_{quantity}"
    lines = enumerate(offer.link.items, 1)
    return next((f"variant_{number}" for number, line in lines if line.variants), None)


def _adjustable(offer: Offer) -> list[int]:
    return [number for number, line in enumerate(offer.link.items, 1) if line.adjustable]


def _answering(collect: Collect, told: Told) -> Callable[[], object]:
    return lambda: answers_of(collect, (), told)


def _choosing(offer: Offer, told: Told) -> Callable[[], object]:
    return lambda: chosen(offer, told)


def _chosen(offer: Offer, told: Told) -> tuple[LineItem, ...] | None:
    """The lines; None where the amount is the shopper's to set and is not set."""
    try:
        return chosen(offer, told)
    except AnswersInvalid:
        return None


def _problems(check: Callable[[], object]) -> dict[str, str]:
    try:
        check()
    except AnswersInvalid as error:
        return dict(error.problems)
    return {}
