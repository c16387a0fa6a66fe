"""How each object looks in an answer or an event."""

import json
from collections.abc import Iterable
from typing import Any

from sandbox.errors import Json
from sandbox.models import Dispute, Endpoint, Intent, Refund, Session
from sandbox.state import State, public_key

_TYPE_NAMES_NO_KEY = frozenset({"dana", "gcash"})
RESPONSE_MS = 7 * 86_400_000
EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure "
    "cancellation_rebuttal customer_communication customer_email_address customer_name "
    "customer_purchase_ip customer_signature duplicate_charge_documentation "
    "duplicate_charge_explanation duplicate_charge_id product_description receipt refund_policy "
    "refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation "
    "shipping_tracking_number uncategorized_file uncategorized_text"
)


def session(state: State, one: Session) -> Json:
    """A checkout session with every field of the guide's sample (1722914)."""
    empty = state.empty()
    return {
        "id": one.id,
        "object": "checkout.session",
        "created": one.created,
        "livemode": False,
        "currency": one.currency,
        "customer": one.details["customer"] or empty,
        "customer_email": one.details["customer_email"] or empty,
        "client_reference_id": one.details["client_reference_id"] or empty,
        "mode": "payment",
        "status": one.status,
        "url": f"{state.base_url}/pay/{one.page_id}?key={public_key(one.account)}",
        "cancel_url": one.cancel_url or empty,
        "line_items": {
            "object": "list",
            "data": one.line_items,
            "has_more": False,
            "url": f"/v1/checkout/sessions/{one.id}/line_items",
        },
        "metadata": one.metadata,
        "payment_intent": one.intent,
        "payment_method_options": one.options or empty,
        "payment_method_types": one.methods,
        "payment_status": one.payment_status,
        "shipping": None,
        "shipping_address_collection": one.shipping or empty,
        "success_url": one.success_url,
        "amount_subtotal": one.amount,
        "amount_total": one.amount,
        "billing_address_collection": one.details["billing_address_collection"],
        "expires_at": one.expires_at,
        "payment_link": empty,
        "client_secret": state.intents[one.intent].client_secret,
    }


def intent(state: State, one: Intent, refunds: Iterable[Refund] | None = None) -> Json:
    """A payment intent with the fields of 44642278; ``amount_refunded`` is a switch.

    ``refunds`` are those it is to know of, when not all there are.
    """
    empty = state.empty()
    shown: Json = {
        "id": one.id,
        "object": "payment_intent",
        "created": one.created,
        "amount": one.amount,
        "amount_capturable": 0,
        "amount_received": one.amount_received,
        "currency": one.currency,
        "status": one.status,
        "livemode": False,
        "description": one.description or empty,
        "metadata": one.metadata,
        "merchant_order_id": one.merchant_order_id or empty,
        "client_secret": one.client_secret,
        "last_payment_error": one.last_payment_error or empty,
        "next_action": _structured(state, next_action(state, one)),
        "payment_method": one.payment_method or empty,
        "payment_method_types": _structured(state, one.methods),
        "payment_method_options": _structured(state, None),
        "confirmation_method": "automatic",
        "capture_method": "automatic",
        "cancel_at": empty,
        "cancellation_reason": one.cancellation_reason or empty,
        "3ds_status": empty,
        "return_url": one.return_url or empty,
        "receipt_email": empty,
        "statement_descriptor": empty,
        "statement_descriptor_suffix": empty,
        "quantity": 1,
    }
    if state.switches.refunded_total_on_intent:
        shown["amount_refunded"] = shown_refunded_total(
            state, one, state.refunds.values() if refunds is None else refunds
        )
    return shown


def _structured(state: State, value: Any) -> Any:
    if not value:
        return state.empty()
    return json.dumps(value) if state.switches.stringified_json else value


def wallet_url(state: State, one: Intent) -> str:
    """The wallet page where the shopper approves or declines."""
    page = "dana" if one.method == "dana" else "wallet"
    return f"{state.base_url}/{page}/{one.id}"


def next_action(state: State, one: Intent) -> Json | None:
    """Where to send the shopper; for dana and gcash ``type`` does not name its key (2043383)."""
    if one.status != "requires_action":
        return None
    key = f"{one.method}_handle_redirect"
    kind = "redirect_to_url" if one.method in _TYPE_NAMES_NO_KEY else key
    return {"type": kind, key: {"url": wallet_url(state, one)}}


def shown_refunded_total(state: State, one: Intent, refunds: Iterable[Refund]) -> int:
    """The refunded total as the intent states it, by the ones of ``refunds`` that are its own."""
    counted = {"succeeded", "pending"}
    if not state.switches.pending_in_refunded_total:
        counted = {"succeeded"}
    return sum(each.amount for each in refunds if each.intent == one.id and each.status in counted)


def refund(state: State, one: Refund) -> Json:
    """A refund with the fields of 51369554."""
    empty = state.empty()
    seconds = state.switches.refund_created_unit == "s"
    return {
        "id": one.id,
        "object": "refund",
        "amount": one.amount,
        "created": one.created // 1000 if seconds else one.created,
        "currency": one.currency,
        "description": empty,
        "failure_reason": one.failure_reason or empty,
        "metadata": one.metadata,
        "payment_intent": one.intent,
        "reason": one.reason or empty,
        "receipt_number": empty,
        "status": one.status,
    }


def dispute(state: State, one: Dispute) -> Json:
    """A dispute with the fields of 44408217; the sandbox has no charges and takes no evidence."""
    empty, due_by = state.empty(), one.created + RESPONSE_MS
    return {
        "id": one.id,
        "object": "dispute",
        "amount": one.amount,
        "balance_transactions": [],
        "charge": empty,
        "created": one.created,
        "currency": one.currency,
        "evidence": dict.fromkeys(EVIDENCE.split(), empty),
        "evidence_details": {
            "due_by": due_by,
            "has_evidence": False,
            "past_due": one.open and state.now() > due_by,
            "submission_count": 0,
        },
        "is_charge_refundable": not state.charged_back(one.intent),
        "livemode": False,
        "metadata": {},
        "payment_intent": one.intent,
        "reason": one.reason,
        "status": one.status,
    }


def endpoint(one: Endpoint, with_secret: bool = False) -> Json:
    """A webhook endpoint (42648310); its secret is only told on creation."""
    shown: Json = {
        "id": one.id,
        "object": "webhook_endpoint",
        "api_version": "1.0.1",
        "created": one.created,
        "description": one.description,
        "enabled_events": one.enabled_events,
        "livemode": False,
        "metadata": one.metadata,
        "status": "enabled",
        "url": one.url,
    }
    return shown | {"secret": one.secret} if with_secret else shown
