"""Disputes (44408217): an inquiry takes no money, a chargeback does until it is won.

The statuses are Stripe's words, of which WooshPay's pages show two; what leads from one to the next
is an assumption.
"""

from sandbox import render
from sandbox.errors import ApiError, invalid
from sandbox.models import CHARGEBACK, INQUIRY, Dispute, Intent
from sandbox.params import Fields
from sandbox.refunds import intent_anywhere
from sandbox.state import State

FIRST = "warning_needs_response"
OPENINGS = frozenset({FIRST, "needs_response"})
ENDINGS = frozenset({"won", "lost", "warning_closed"})
REASONS = frozenset(
    {
        "bank_cannot_process",
        "check_returned",
        "credit_not_processed",
        "customer_initiated",
        "debit_not_authorized",
        "duplicate",
        "fraudulent",
        "general",
        "incorrect_account_details",
        "insufficient_funds",
        "product_not_received",
        "product_unacceptable",
        "subscription_canceled",
        "unrecognized",
    }
)


def create(state: State, fields: Fields) -> Dispute:
    """The shopper's bank disputes a paid intent, whatever its method's page says of chargebacks.

    Without an ``amount``, all that no open and no lost dispute holds.
    """
    identifier = fields.required_text("payment_intent")
    amount = fields.integer("amount")
    reason = fields.choice("reason", REASONS, "general")
    status = fields.choice("status", OPENINGS, FIRST)
    fields.done()
    intent = intent_anywhere(state, identifier)
    dispute = Dispute(
        id=state.ids.new("dp"),
        account=intent.account,
        intent=intent.id,
        amount=_checked(state, intent, amount),
        currency=intent.currency,
        created=state.second(),
        reason=reason,
        status=FIRST,
    )
    state.disputes[dispute.id] = dispute
    _move(state, dispute, status, "created")
    return dispute


def _checked(state: State, intent: Intent, amount: int | None) -> int:
    if intent.status != "succeeded":
        why = "This payment has not succeeded"
        raise invalid(why, "payment_intent", "sandbox_payment_not_succeeded")
    standing = [
        each.amount
        for each in state.disputes.values()
        if each.intent == intent.id and (each.open or each.status == "lost")
    ]
    rest = intent.amount_received - sum(standing)
    wanted = rest if amount is None else amount
    if not rest or wanted > rest:
        why = f"Only {rest} of this payment can still be disputed"
        raise invalid(why, "amount", "sandbox_dispute_exceeds_payment")
    return wanted


def anywhere(state: State, identifier: str) -> Dispute:
    """A dispute of any account, for the control plane."""
    account = state.disputes[identifier].account if identifier in state.disputes else ""
    return state.find(state.disputes, account, "dispute", identifier)


def update(state: State, dispute: Dispute, fields: Fields) -> None:
    """The bank or the merchant said something; an inquiry may become a chargeback, never back."""
    status = fields.choice("status", INQUIRY | CHARGEBACK, dispute.status)
    fields.done()
    _require_open(dispute)
    if dispute.withdrawn and status in INQUIRY:
        raise _conflict("A chargeback does not become an inquiry again")
    _move(state, dispute, status, "updated")


def close(state: State, dispute: Dispute, fields: Fields) -> None:
    """The bank decides; only an inquiry can end as ``warning_closed``."""
    fields.required("status")
    status = fields.choice("status", ENDINGS)
    fields.done()
    _require_open(dispute)
    if dispute.withdrawn and status == "warning_closed":
        raise _conflict("A chargeback is won or lost")
    _move(state, dispute, status, "closed")


def _require_open(dispute: Dispute) -> None:
    if not dispute.open:
        raise _conflict(f"The dispute is {dispute.status}")


def _conflict(message: str) -> ApiError:
    return invalid(message, "status", "sandbox_dispute_final", 409)


def _move(state: State, dispute: Dispute, status: str, what: str) -> None:
    """Say what happened, then what it did to the money."""
    before, dispute.status = dispute.withdrawn, status
    _announce(state, dispute, what)
    if dispute.withdrawn != before:
        _announce(state, dispute, "funds_withdrawn" if dispute.withdrawn else "funds_reinstated")


def _announce(state: State, dispute: Dispute, what: str) -> None:
    state.emit(dispute.account, f"charge.dispute.{what}", render.dispute(state, dispute))
