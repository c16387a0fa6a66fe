"""The form of the product page: what a link asks, what the shopper has told so far, what is wrong.

The fields' names are the domain's: quantity_1, variant_1, amount, name, address_city, field_….
"""

from collections.abc import Mapping
from dataclasses import replace

from chalicelib.domain.catalog import CustomAmount, LineItem, Price
from chalicelib.domain.currency_table import CURRENCIES
from chalicelib.domain.link_forms import ADDRESS_LINES, LONGEST_ANSWER, Ask, CustomField, FieldType
from chalicelib.domain.money import decimal_places
from chalicelib.domain.payment_links import LinkItem, Offer
from chalicelib.web.ordering import Order, carried
from chalicelib.web.pages import texts
from chalicelib.web.pages.form_views import (
    ChoiceView,
    FieldView,
    FormView,
    GroupView,
    Kind,
    LineView,
)
from chalicelib.web.pages.texts import Language

_ABOUT: Mapping[str, tuple[Kind, str, int]] = {
    "name": ("text", "name", 100),
    "phone": ("tel", "tel", 30),
    "email": ("email", "email", 254),
}  # how it is typed, what browsers call it, how long it may be
_TYPED: Mapping[FieldType, Kind] = {
    FieldType.TEXT: "text",
    FieldType.NUMERIC: "number",
    FieldType.DROPDOWN: "select",
}
_ADDRESS: Mapping[str, str] = {
    "line1": "address-line1",
    "village": "address-level4",
    "district": "address-level3",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
}
_MINOR = ("village", "district")
USUAL_MOST = 99  # nobody needs to be told


def form_of(offer: Offer, order: Order, language: Language) -> FormView:
    """The form as it stands with this order."""
    return _Asking(offer, order, language).form()


class _Asking:
    """Builds the form of one page."""

    def __init__(self, offer: Offer, order: Order, language: Language) -> None:
        self._offer = offer
        self._order = order
        self._language = language
        self._currency = order.total.currency
        self._wrong: list[tuple[str | None, str]] = []

    def form(self) -> FormView:
        """The form; the fields' problems are gathered in the order of the fields."""
        numbered = enumerate(zip(self._offer.link.items, self._order.lines, strict=True), 1)
        lines = tuple(self._line(number, line, item) for number, (line, item) in numbered)
        custom = self._offer.items[0].price.custom
        amount = self._amount(custom) if custom else None
        groups = tuple(group for group in (self._about(), self._address(), self._asked()) if group)
        told = {name for name, _ in self._wrong}
        lost = [name for name in self._order.problems if name not in told]
        self._wrong += [(None, self._say("problem_in_all")) for _ in lost[:1]]
        return FormView(
            lines=lines,
            amount=amount,
            amount_open=self._order.amount_open,
            groups=groups,
            hidden=tuple(carried(self._order.told).items()),
            problems=tuple(self._wrong),
            symbol=_symbol(self._currency),
            places=decimal_places(self._currency),
        )

    def _line(self, number: int, line: LinkItem, item: LineItem) -> LineView:
        prices = [each for each in self._offer.variants.get(line.id, ()) if each.active]
        name = f"variant_{number}"
        problem = self._problem(name, self._say("variant")) if len(prices) > 1 else None
        shown = LineView(
            number=number,
            units=item.price.unit_amount.amount,
            quantity=item.quantity,
            choices=tuple(self._choice(each, item) for each in prices) if len(prices) > 1 else (),
            problem=problem,
        )
        return self._with_stepper(shown, line, item) if line.adjustable else shown

    def _choice(self, price: Price, item: LineItem) -> ChoiceView:
        return ChoiceView(
            value=price.id,
            label=price.nickname or item.product.name,
            amount=str(price.unit_amount),
            units=price.unit_amount.amount,
            chosen=price.id == item.price.id,
        )

    def _with_stepper(self, shown: LineView, line: LinkItem, item: LineItem) -> LineView:
        assert line.adjustable is not None, "the quantity is fixed"
        least, most = line.adjustable
        left = item.product.left
        name, label = f"quantity_{shown.number}", self._say("quantity")
        scarce = left is not None and left < most
        hint = self._say("at_most", most=most) if most < USUAL_MOST else None
        if scarce:
            hint = self._say("stock_left", left=left)
        problem = self._problem(name, label, least=least, most=most, left=left if scarce else None)
        value = self._order.told.get(name) or str(item.quantity)
        stepper = FieldView(
            name=name, label=label, value=value, required=True, hint=hint, problem=problem
        )
        return replace(
            shown, stepper=stepper, least=least, most=most if left is None else min(most, left)
        )

    def _amount(self, custom: CustomAmount) -> FieldView:
        money = self._order.total.with_amount
        least, most = str(money(custom.minimum)), custom.maximum
        upper = str(money(most)) if most is not None else None
        hint = (
            self._say("amount_between", least=least, most=upper)
            if upper
            else self._say("amount_from", least=least)
        )
        label = self._say("amount")
        preset = f"{custom.preset:,}".replace(",", ".") if custom.preset is not None else ""
        return FieldView(
            name="amount",
            label=label,
            value=self._order.told.get("amount", preset),
            kind="number",
            required=True,
            longest=20,
            hint=hint,
            problem=self._problem("amount", label, least=least, most=upper),
        )

    def _about(self) -> GroupView | None:
        collect = self._offer.link.collect
        asked = {"name": collect.name, "phone": collect.phone, "email": collect.email}
        fields = tuple(
            self._person(name, required=ask is Ask.REQUIRED)
            for name, ask in asked.items()
            if ask is not Ask.NONE
        )
        return GroupView(self._say("your_details"), fields) if fields else None

    def _person(self, name: str, *, required: bool) -> FieldView:
        kind, autocomplete, longest = _ABOUT[name]
        label = self._say(name)
        return FieldView(
            name=name,
            label=label,
            value=self._order.told.get(name, ""),
            kind=kind,
            required=required,
            autocomplete=autocomplete,
            longest=longest,
            problem=self._problem(name, label, longest=longest),
        )

    def _address(self) -> GroupView | None:
        ask = self._offer.link.collect.shipping_address
        if ask is Ask.NONE:
            return None
        optional = ask is Ask.OPTIONAL
        title = self._say("send_to")
        return GroupView(
            f"{title} {self._say('optional')}" if optional else title,
            tuple(self._address_line(line, optional) for line in ADDRESS_LINES),
        )

    def _address_line(self, line: str, optional: bool) -> FieldView:
        name = f"address_{line}"
        label = self._say(name)
        code = line == "postal_code"
        return FieldView(
            name=name,
            label=label,
            value=self._order.told.get(name, ""),
            kind="number" if code else "text",
            required=not optional and line not in _MINOR,
            autocomplete=_ADDRESS[line],
            longest=10 if code else 200,
            problem=self._problem(name, label, longest=200),
        )

    def _asked(self) -> GroupView | None:
        fields = tuple(self._custom(each) for each in self._offer.link.custom_fields)
        return GroupView(self._say("questions"), fields) if fields else None

    def _custom(self, field: CustomField) -> FieldView:
        name = f"field_{field.key}"
        longest = field.maximum_length or LONGEST_ANSWER
        return FieldView(
            name=name,
            label=field.label,
            value=self._order.told.get(name, field.default_value or ""),
            kind=_TYPED[field.type],
            required=not field.optional,
            longest=None if field.type is FieldType.DROPDOWN else longest,
            options=field.options,
            hint=self._hint(field),
            problem=self._problem(
                name, field.label, longest=longest, shortest=field.minimum_length
            ),
        )

    def _hint(self, field: CustomField) -> str | None:
        if field.minimum_length is not None:
            key = "length_between" if field.maximum_length is not None else "length_least"
            return self._say(key, least=field.minimum_length, most=field.maximum_length)
        return self._say("digits") if field.type is FieldType.NUMERIC else None

    def _problem(self, name: str, label: str, **values: object) -> str | None:
        """The sentence about a field that is wrong."""
        wrong = self._order.problems.get(name)
        if wrong is None:
            return None
        if wrong == "too_many" and values.get("left") is not None:
            wrong = "sold_out_to"
        methods = [texts.method_name(each) for each in self._offer.link.payment_method_types]
        values |= {"limit": self._order.limit, "wallets": texts.either(methods, self._language)}
        sentence = self._say(f"problem_{wrong}", label=label, **values)
        self._wrong.append((name, sentence))
        return sentence

    def _say(self, key: str, **values: object) -> str:
        return texts.say(self._language, key, **values)


def _symbol(currency: str) -> str:
    """What stands before an amount, as Money writes it."""
    symbol: str = CURRENCIES[currency][1]
    return f"{symbol} " if symbol.isalpha() and symbol != "Rp" else symbol
