"""Our values as the API shows them: WooshPay's names and shapes, which are Stripe's."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from chalicelib.domain.capabilities import Capability
from chalicelib.domain.catalog import CustomAmount, Inventory, LineItem, Price, Product
from chalicelib.domain.ids import Millis, Tenant, intent_id, session_id
from chalicelib.domain.ledger import Totals
from chalicelib.domain.link_forms import UTM, Customer, CustomField, FieldAnswer, FieldType
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import AfterCompletion, LinkItem, Offer, PaymentLink, Then
from chalicelib.domain.payments import Payment, PaymentStatus, Review
from chalicelib.domain.refunds import TOLD_AS, Refund
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.ports import Found

T = TypeVar("T")
Json = dict[str, Any]
UTM_NAMES = tuple(name.removeprefix("utm_") for name in UTM)


def account(tenant: Tenant, merchant: Merchant, wooshpay: Json | None = None) -> Json:
    """A merchant's own account; `wooshpay` says what is connected, where that was asked for."""
    shown = {
        "id": merchant.id,
        "object": "account",
        "created": merchant.created,
        "livemode": tenant.livemode,
        "name": merchant.name,
        "branding": asdict(merchant.branding),
        "contact": asdict(merchant.contact),
        "late_payment_policy": merchant.late_payment_policy.value,
        "duplicate_payment_policy": merchant.duplicate_payment_policy.value,
    }
    return shown if wooshpay is None else {**shown, "wooshpay": wooshpay}


def product(tenant: Tenant, product: Product) -> Json:
    """A product."""
    return {
        "id": product.id,
        "object": "product",
        "created": product.created,
        "livemode": tenant.livemode,
        "active": product.active,
        "name": product.name,
        "description": product.description,
        "images": list(product.images),
        "url": product.url,
        "inventory": _inventory(product.inventory),
        "metadata": dict(product.metadata),
        "updated": product.updated,
    }


def _inventory(stock: Inventory | None) -> Json | None:
    if stock is None:
        return None
    counts = {"available": stock.available, "reserved": stock.reserved}
    return {"tracked": stock.tracked, **counts}


def price(tenant: Tenant, price: Price, of: Product | None = None) -> Json:
    """A price; with its product in full when that is given."""
    return {
        "id": price.id,
        "object": "price",
        "created": price.created,
        "livemode": tenant.livemode,
        "active": price.active,
        "currency": price.unit_amount.currency,
        "nickname": price.nickname,
        "product": product(tenant, of) if of is not None else price.product,
        "type": "one_time",
        "unit_amount": price.unit_amount.amount if price.custom is None else None,
        "custom_unit_amount": _custom(price.custom),
        "amount_display": str(price.unit_amount),
        "billing_scheme": "per_unit",
        "lookup_key": price.lookup_key,
        "metadata": dict(price.metadata),
    }


def _custom(custom: CustomAmount | None) -> Json | None:
    return None if custom is None else {"enabled": True, **asdict(custom)}


def line_item(tenant: Tenant, item: LineItem) -> Json:
    """A line of a session or a link, with price and product in full."""
    return {
        "id": item.id,
        "object": "item",
        "currency": item.total.currency,
        "description": item.product.name,
        "price": price(tenant, item.price, item.product),
        "quantity": item.quantity,
        "amount_subtotal": item.total.amount,
        "amount_total": item.total.amount,
        "amount_display": str(item.total),
    }


def line_items(tenant: Tenant, items: Sequence[LineItem], url: str) -> Json:
    """All lines, as a list that is never paged."""
    data = [line_item(tenant, item) for item in items]
    return {"object": "list", "data": data, "has_more": False, "url": url}


def payment_link(tenant: Tenant, link: PaymentLink, public_url: str) -> Json:
    """A payment link without its lines."""
    return {
        "id": link.id,
        "object": "payment_link",
        "created": link.created,
        "updated": link.updated,
        "livemode": tenant.livemode,
        "active": link.active,
        "url": f"{public_url}/l/{link.slug}",
        "slug": link.slug,
        "currency": link.currency,
        "payment_method_types": list(link.payment_method_types),
        "expires_at": link.expires_at,
        "inactive_message": link.inactive_message,
        "restrictions": _restrictions(link),
        "late_payment_policy": link.late_payment_policy,
        "duplicate_payment_policy": link.duplicate_payment_policy,
        "collect": asdict(link.collect),
        "custom_fields": [_field(each) for each in link.custom_fields],
        "after_completion": _after(link.after_completion),
        "metadata": dict(link.metadata),
    }


def _field(field: CustomField) -> Json:
    given: Json = {"default_value": field.default_value}
    if field.type is FieldType.DROPDOWN:
        given["options"] = [{"label": label, "value": value} for value, label in field.options]
    else:
        given["minimum_length"] = field.minimum_length
        given["maximum_length"] = field.maximum_length
    return {
        "key": field.key,
        "label": {"type": "custom", "custom": field.label},
        "type": field.type.value,
        "optional": field.optional,
        field.type.value: given,
    }


def _after(after: AfterCompletion | None) -> Json:
    """What follows a payment; on our own page, unless something else was said."""
    if after is None:
        after = AfterCompletion(Then.CONFIRMATION)
    shown: Json = {"type": after.type.value}
    if after.type is Then.CONFIRMATION:
        shown["hosted_confirmation"] = {"custom_message": after.message}
    if after.type is Then.REDIRECT:
        shown["redirect"] = {"url": after.url}
    return shown


def _restrictions(link: PaymentLink) -> Json | None:
    """`pending` are held by sessions that are open."""
    if link.limit is None or link.uses_remaining is None:
        return None
    pending = link.limit - link.uses_remaining - link.completed
    counts = {"limit": link.limit, "count": link.completed, "pending": pending}
    return {"completed_sessions": counts}


def offer(tenant: Tenant, offer: Offer, public_url: str) -> Json:
    """A payment link with its lines."""
    return {
        **payment_link(tenant, offer.link, public_url),
        "line_items": offered(tenant, offer),
    }


def offered(tenant: Tenant, offer: Offer) -> Json:
    """The lines of a link, each with what a shopper may choose."""
    lines = line_items(tenant, offer.items, f"/v1/payment_links/{offer.link.id}/line_items")
    for shown, line in zip(lines["data"], offer.link.items, strict=True):
        shown.update(_choices(tenant, line, offer))
    return lines


def _choices(tenant: Tenant, line: LinkItem, offer: Offer) -> Json:
    """What a shopper may choose of a line."""
    least, most = line.adjustable or (None, None)
    bounds = {"enabled": True, "minimum": least, "maximum": most} if line.adjustable else None
    others = [each for each in offer.variants.get(line.id, ()) if each.id != line.price]
    return {
        "adjustable_quantity": bounds,
        "variants": [price(tenant, each) for each in others],
    }


def session(payment: Payment, now: Millis, public_url: str) -> Json:
    """A checkout session: every field of WooshPay's sample, and what became of the money."""
    id = session_id(payment.id)
    status = payment.session_status(now)
    return {
        "id": id,
        "object": "checkout.session",
        "created": payment.created,
        "livemode": payment.tenant.livemode,
        "currency": payment.amount.currency,
        "customer": payment.passed_on.get("customer", ""),
        "customer_email": payment.customer_email,
        "customer_details": _customer(payment.customer),
        "custom_fields": [_answer(each) for each in payment.custom_fields],
        "utm": {name: payment.utm.get(name) for name in UTM_NAMES} if payment.utm else None,
        "client_reference_id": payment.client_reference_id,
        "mode": "payment",
        "status": status,
        "url": payment.provider.url if payment.provider and status == "open" else None,
        "success_url": payment.success_url,
        "cancel_url": payment.cancel_url,
        "status_url": f"{public_url}/s/{status_token(payment)}",
        "receipt_url": _receipt_url(payment, public_url),
        "line_items": line_items(
            payment.tenant, payment.items, f"/v1/checkout/sessions/{id}/line_items"
        ),
        "payment_intent": intent_id(payment.id),
        "payment_method_types": list(payment.payment_method_types),
        "payment_method_type": payment.method,
        "payment_status": payment.status.value,
        "amount_subtotal": payment.amount.amount,
        "amount_total": payment.amount.amount,
        **_money_back(payment),
        "review": _review(payment.review),
        "disputed": payment.disputed,
        "billing_address_collection": payment.passed_on.get("billing_address_collection", "auto"),
        "shipping_address_collection": payment.passed_on.get("shipping_address_collection"),
        "payment_method_options": payment.passed_on.get("payment_method_options", {}),
        "expires_at": payment.expires_at,
        "paid_at": payment.paid_at,
        "payment_link": payment.payment_link or "",
        "recovery_url": _recovery(payment, status, public_url),
        "client_secret": f"{intent_id(payment.id)}_secret_{payment.secret}",
        "psp": _psp(payment),
        "metadata": dict(payment.metadata),
    }


def _recovery(payment: Payment, status: str, public_url: str) -> str | None:
    """Where a shopper whose session is over may begin anew; it may be sent to them again."""
    return f"{public_url}/l/{payment.slug}" if payment.slug and status == "expired" else None


def _receipt_url(payment: Payment, public_url: str) -> str | None:
    """The receipt of what was paid; none before."""
    paid = payment.status is PaymentStatus.PAID
    return f"{public_url}/r/{status_token(payment)}" if paid else None


def _customer(customer: Customer | None) -> Json | None:
    return None if customer is None else asdict(customer)


def _answer(answer: FieldAnswer) -> Json:
    return {
        "key": answer.key,
        "label": {"type": "custom", "custom": answer.label},
        "type": answer.type.value,
        answer.type.value: {"value": answer.value},
    }


def intent(payment: Payment, now: Millis, public_url: str) -> Json:
    """A payment intent, as WooshPay tells one, and what became of the money."""
    direct, id = payment.direct, intent_id(payment.id)
    return {
        "id": id,
        "object": "payment_intent",
        "created": payment.created,
        "livemode": payment.tenant.livemode,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "amount_capturable": 0,
        "amount_received": payment.totals.captured,
        "status": payment.intent_status(now),
        "payment_status": payment.status.value,
        "description": direct.description if direct else None,
        "merchant_order_id": direct.merchant_order_id if direct else None,
        "next_action": _next_action(payment, now),
        "payment_method_types": list(payment.payment_method_types),
        "payment_method": payment.method or (direct.method if direct else None),
        "confirmation_method": "automatic",
        "capture_method": "automatic",
        "client_secret": f"{id}_secret_{payment.secret}",
        "return_url": direct.return_url if direct else payment.success_url,
        "checkout_session": session_id(payment.id),
        "status_url": f"{public_url}/s/{status_token(payment)}",
        **_money_back(payment),
        "review": _review(payment.review),
        "disputed": payment.disputed,
        "expires_at": payment.expires_at,
        "paid_at": payment.paid_at,
        "psp": _psp(payment),
        "metadata": dict(payment.metadata),
    }


def _next_action(payment: Payment, now: Millis) -> Json | None:
    """Where the shopper is to go, in the shape that WooshPay gave it."""
    provider = payment.provider
    if provider is None or provider.action is None:
        return None
    if payment.intent_status(now) != "requires_action":
        return None
    return {"type": provider.action.type, provider.action.key: {"url": provider.url}}


def _money_back(payment: Payment) -> Json:
    totals: Totals = payment.totals
    return {
        "amount_display": str(payment.amount),
        "amount_refunded": totals.refunded,
        "amount_refund_pending": totals.refund_pending,
        "amount_refundable": totals.remaining,
        "refund_status": payment.refund_status,
    }


def _review(review: Review | None) -> Json | None:
    if review is None:
        return None

    def side(money: Money) -> Json:
        return {"amount": money.amount, "currency": money.currency, "amount_display": str(money)}

    return {
        "reason": review.reason.value,
        "expected": side(review.expected),
        "received": side(review.received),
        "at": review.at,
    }


def _psp(payment: Payment) -> Json:
    provider = payment.provider
    return {
        "name": "wooshpay",
        "session": provider.session if provider else None,
        "payment_intent": provider.intent if provider else None,
    }


def refund(refund: Refund) -> Json:
    """A refund."""
    return {
        "id": refund.id,
        "object": "refund",
        "created": refund.created,
        "livemode": refund.tenant.livemode,
        "amount": refund.amount.amount,
        "amount_display": str(refund.amount),
        "currency": refund.amount.currency,
        "status": TOLD_AS[refund.status],
        "payment_intent": intent_id(refund.payment),
        "checkout_session": session_id(refund.payment),
        "reason": refund.reason,
        "failure_reason": refund.failure if TOLD_AS[refund.status] == "failed" else None,
        "psp_refund": refund.psp_refund,
        "metadata": dict(refund.metadata),
    }


def capability(row: Capability) -> Json:
    """The rules of one payment method; null where WooshPay's page is silent."""
    rules = row.refunds
    return {
        "object": "payment_method_capability",
        "payment_method_type": row.method,
        "currencies": list(row.currencies),
        "minimum": row.minimum,
        "maximum": row.maximum,
        "limits_currency": row.limits_in or (row.currencies[0] if row.currencies else None),
        "integrations": {"checkout": row.checkout, "direct": row.direct},
        "refund": rules.refund,
        "partial_refund": rules.partial,
        "multiple_partial_refunds": rules.multiple_partial,
        "refund_window_days": rules.window_days,
        "chargeback": row.chargeback,
        "settlement_currencies": list(row.settlement),
        "source": f"WooshPay page {row.source}",
        "as_of": row.as_of,
    }


def listed(found: Found[T], url: str, show: Callable[[T], Json]) -> Json:
    """A part of a list."""
    return {
        "object": "list",
        "url": url,
        "has_more": found.has_more,
        "data": [show(item) for item in found.items],
    }
