"""What a row of each export holds: the columns, in their order, and what each says.

Amounts are integers in the smallest unit of the currency beside them; instants are ISO 8601 by
Jakarta's clock. What WooshPay has never told us (fees, what it settled) stays empty. A column is
never renamed, moved or taken out; new ones come at the end. docs/export.md explains each.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeVar

from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.domain.catalog import LineItem
from chalicelib.domain.ids import intent_id, session_id
from chalicelib.domain.link_forms import Customer
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import TOLD_AS, Refund
from ops.days import instant

T = TypeVar("T")
Cell = str | int | bool | Mapping[str, str | None] | None
Row = dict[str, Cell]
Columns = Mapping[str, Callable[[T], Cell]]


@dataclass(frozen=True, slots=True)
class Line:
    """The `place`-th line of a payment, the first is 1."""

    payment: Payment
    place: int
    item: LineItem


@dataclass(frozen=True, slots=True)
class Returned:
    """A refund and its payment, unless that is gone."""

    refund: Refund
    payment: Payment | None


def row_of(columns: Columns[T], thing: T) -> Row:
    """Every column of one thing, in order."""
    return {name: cell(thing) for name, cell in columns.items()}


def settles_in(payment: Payment | None) -> str | None:
    """The currency that WooshPay settles the payment's method in; None where its page is silent or
    names several."""
    rules = CAPABILITIES.get(payment.method or "") if payment else None
    return rules.settlement[0] if rules and len(rules.settlement) == 1 else None


def unknown(_: object) -> None:
    """WooshPay has told us of no such thing yet."""


def _customer(payment: Payment) -> Customer:
    return payment.customer or Customer()


def _address(payment: Payment) -> Mapping[str, str | None]:
    address = _customer(payment).address
    return asdict(address) if address else {}


def _answers(payment: Payment) -> Mapping[str, str]:
    return {answer.key: answer.value for answer in payment.custom_fields}


PAYMENTS: Columns[Payment] = {
    "merchant": lambda p: p.tenant.merchant,
    "livemode": lambda p: p.tenant.livemode,
    "checkout_session": lambda p: session_id(p.id),
    "payment_intent": lambda p: intent_id(p.id),
    "created": lambda p: instant(p.created),
    "paid_at": lambda p: instant(p.paid_at),
    "payment_status": lambda p: p.status.value,
    "refund_status": lambda p: p.refund_status,
    "currency": lambda p: p.amount.currency,
    "amount_total": lambda p: p.amount.amount,
    "amount_captured": lambda p: p.totals.captured,
    "amount_refund_pending": lambda p: p.totals.refund_pending,
    "amount_refunded": lambda p: p.totals.refunded,
    "amount_refundable": lambda p: p.totals.remaining,
    "amount_display": lambda p: str(p.amount),
    "payment_method_type": lambda p: p.method,
    "fee": unknown,
    "fee_currency": unknown,
    "settlement_amount": unknown,
    "settlement_currency": settles_in,
    "psp_session": lambda p: p.provider.session if p.provider else None,
    "psp_payment_intent": lambda p: p.provider.intent if p.provider else None,
    "review_reason": lambda p: p.review.reason.value if p.review else None,
    "review_verdict": lambda p: p.review.verdict if p.review else None,
    "review_received": lambda p: p.review.received.amount if p.review else None,
    "review_received_currency": lambda p: p.review.received.currency if p.review else None,
    "disputed": lambda p: p.disputed,
    "payment_link": lambda p: p.payment_link,
    "client_reference_id": lambda p: p.client_reference_id,
    "merchant_order_id": lambda p: p.direct.merchant_order_id if p.direct else None,
    "description": lambda p: p.direct.description if p.direct else None,
    "customer_name": lambda p: _customer(p).name,
    "customer_email": lambda p: _customer(p).email or p.customer_email,
    "customer_phone": lambda p: _customer(p).phone,
    "shipping_address": _address,
    "custom_fields": _answers,
    "utm": lambda p: dict(p.utm),
    "metadata": lambda p: dict(p.metadata),
}


def _of_payment(name: str) -> Callable[[Returned], Cell]:
    return lambda r: PAYMENTS[name](r.payment) if r.payment else None


REFUNDS: Columns[Returned] = {
    "merchant": lambda r: r.refund.tenant.merchant,
    "livemode": lambda r: r.refund.tenant.livemode,
    "refund": lambda r: r.refund.id,
    "checkout_session": lambda r: session_id(r.refund.payment),
    "payment_intent": lambda r: intent_id(r.refund.payment),
    "created": lambda r: instant(r.refund.created),
    "status": lambda r: TOLD_AS[r.refund.status],
    "state": lambda r: r.refund.status.value,
    "currency": lambda r: r.refund.amount.currency,
    "amount": lambda r: r.refund.amount.amount,
    "amount_display": lambda r: str(r.refund.amount),
    "reason": lambda r: r.refund.reason,
    "failure": lambda r: r.refund.failure,
    "origin": lambda r: r.refund.origin.value,
    "fee": unknown,
    "fee_currency": unknown,
    "settlement_amount": unknown,
    "settlement_currency": _of_payment("settlement_currency"),
    "psp_refund": lambda r: r.refund.psp_refund,
    "psp_payment_intent": lambda r: r.refund.intent,
    "paid_at": _of_payment("paid_at"),
    "payment_method_type": _of_payment("payment_method_type"),
    "payment_link": _of_payment("payment_link"),
    "client_reference_id": _of_payment("client_reference_id"),
    "custom_fields": _of_payment("custom_fields"),
    "metadata": lambda r: dict(r.refund.metadata),
}


def _once(name: str) -> Callable[[Line], Cell]:
    return lambda line: PAYMENTS[name](line.payment)


LINE_ITEMS: Columns[Line] = {
    "merchant": _once("merchant"),
    "livemode": _once("livemode"),
    "checkout_session": _once("checkout_session"),
    "payment_intent": _once("payment_intent"),
    "line": lambda each: each.place,
    "line_item": lambda each: each.item.id,
    "created": _once("created"),
    "paid_at": _once("paid_at"),
    "payment_status": _once("payment_status"),
    "refund_status": _once("refund_status"),
    "product": lambda each: each.item.product.id,
    "product_name": lambda each: each.item.product.name,
    "price": lambda each: each.item.price.id,
    "nickname": lambda each: each.item.price.nickname,
    "lookup_key": lambda each: each.item.price.lookup_key,
    "quantity": lambda each: each.item.quantity,
    "currency": lambda each: each.item.total.currency,
    "unit_amount": lambda each: each.item.price.unit_amount.amount,
    "amount_total": lambda each: each.item.total.amount,
    "amount_display": lambda each: str(each.item.total),
    "payment_method_type": _once("payment_method_type"),
    "settlement_currency": _once("settlement_currency"),
    "psp_payment_intent": _once("psp_payment_intent"),
    "payment_link": _once("payment_link"),
    "client_reference_id": _once("client_reference_id"),
    "custom_fields": _once("custom_fields"),
    "metadata": _once("metadata"),
    "product_metadata": lambda each: dict(each.item.product.metadata),
}
OBJECTS = frozenset({"shipping_address", "custom_fields", "utm", "metadata", "product_metadata"})


def lines_of(payment: Payment) -> list[Line]:
    """Its lines, in their order."""
    return [Line(payment, place, item) for place, item in enumerate(payment.items, start=1)]
