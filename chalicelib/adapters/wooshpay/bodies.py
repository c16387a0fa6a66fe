"""What WooshPay is sent: our payments and refunds in its fields, our ids in its metadata."""

from typing import Any

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.redirects import billing_details
from chalicelib.adapters.wooshpay.translate import PAYMENT_KEY, REFUND_KEY
from chalicelib.domain.catalog import Product
from chalicelib.domain.ids import session_id
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund

MOST_METADATA = 49


def session_body(
    payment: Payment, success_url: str, cancel_url: str | None, units: MinorUnits
) -> dict[str, Any]:
    """A checkout session to be (page 42654181); raises NotExpressible."""
    # As many of the merchant's own as leave room for ours (50 is Stripe's limit).
    theirs = dict(list(payment.metadata.items())[:MOST_METADATA])
    ours = {**theirs, PAYMENT_KEY: session_id(payment.id)}
    optional = {"cancel_url": cancel_url, "customer_email": payment.customer_email}
    return {
        "mode": "payment",
        "success_url": success_url,
        "payment_method_types": list(payment.payment_method_types),
        "client_reference_id": payment.client_reference_id or session_id(payment.id),
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
        "line_items": [
            {
                "price_data": {
                    "currency": item.price.unit_amount.currency,
                    "unit_amount": units.theirs(item.price.unit_amount),
                    "product_data": _product(item.product),
                },
                "quantity": item.quantity,
            }
            for item in payment.items
        ],
        **{name: value for name, value in optional.items() if value is not None},
        **payment.passed_on,
    }


def intent_body(payment: Payment, return_url: str, units: MinorUnits) -> dict[str, Any]:
    """A payment intent to be, confirmed at once (page 42631218); raises NotExpressible."""
    direct = payment.direct
    assert direct is not None, "only a direct payment is sent as an intent"
    method: dict[str, Any] = {"type": direct.method}
    if direct.billing:
        method["billing_details"] = billing_details(direct.billing)
    return {
        "amount": units.theirs(payment.amount),
        "currency": payment.amount.currency,
        "confirm": True,
        "payment_method_types": [direct.method],
        "payment_method_data": method,
        "return_url": return_url,
        "merchant_order_id": session_id(payment.id),
        "metadata": {PAYMENT_KEY: session_id(payment.id)},
        **({"description": direct.description} if direct.description else {}),
    }


def refund_body(refund: Refund, units: MinorUnits) -> dict[str, Any]:
    """A refund to be (page 51369554): the amount is always said; raises NotExpressible."""
    return {
        "payment_intent": refund.intent,
        "amount": str(units.theirs(refund.amount)),
        "metadata": {REFUND_KEY: refund.id, PAYMENT_KEY: session_id(refund.payment)},
        **({"reason": refund.reason} if refund.reason else {}),
    }


def _product(product: Product) -> dict[str, Any]:
    """What the provider's page shows of a product."""
    shown = {"description": product.description, "images": list(product.images) or None}
    return {
        "name": product.name,
        **{name: value for name, value in shown.items() if value is not None},
    }
