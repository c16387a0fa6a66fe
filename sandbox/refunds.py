"""Refunds (51369554, 52306151) under the rules of the payment's method."""

from functools import partial

from sandbox import render
from sandbox.errors import ApiError, Json, invalid
from sandbox.methods import METHODS
from sandbox.models import Intent, Refund
from sandbox.params import Fields
from sandbox.state import State

REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer", "resolved_dispute"})
PENDING_MS = 10_000
DAY_MS = 86_400_000


def create(state: State, account: str, fields: Fields) -> Refund:
    """A refund asked for through the API."""
    identifier = fields.required_text("payment_intent")
    amount = fields.digits("amount")
    reason = fields.choice("reason", REASONS)
    metadata = fields.metadata()
    fields.done()
    intent = state.find(state.intents, account, "payment_intent", identifier)
    if not state.switches.refunds_enabled:
        raise invalid(
            "Refunds are not enabled for this account", code="sandbox_refunds_disabled", status=402
        )
    wanted = _checked(state, intent, amount, bound_by_method=True)
    refund = _add(state, intent, wanted, reason, metadata)
    _first_status(state, refund, event=True)
    return refund


def create_in_dashboard(state: State, fields: Fields) -> Refund:
    """A refund the merchant made by hand; ``force`` passes over the method's rules."""
    identifier = fields.required_text("payment_intent")
    amount = fields.digits("amount")
    reason = fields.choice("reason", REASONS)
    force = fields.flag("force", False)
    fields.done()
    intent = intent_anywhere(state, identifier)
    wanted = _checked(state, intent, amount, bound_by_method=not force)
    refund = _add(state, intent, wanted, reason, {})
    _first_status(state, refund, event=state.switches.dashboard_refund_event)
    return refund


def intent_anywhere(state: State, identifier: str) -> Intent:
    """An intent of any account, for the control plane."""
    account = state.intents[identifier].account if identifier in state.intents else ""
    return state.find(state.intents, account, "payment_intent", identifier)


def _checked(state: State, intent: Intent, amount: int | None, bound_by_method: bool) -> int:
    if intent.status != "succeeded":
        raise _refused("This payment has not succeeded", "sandbox_payment_not_succeeded")
    if state.charged_back(intent.id):
        raise _refused("This payment was charged back", "sandbox_payment_disputed")
    rest = remaining(state, intent)
    wanted = rest if amount is None else amount
    if not rest:
        raise _over(state, "This payment is already refunded", "sandbox_already_refunded")
    if wanted > rest:
        why = f"Only {rest} of this payment can still be refunded"
        raise _over(state, why, "sandbox_refund_exceeds_remaining")
    if bound_by_method:
        _check_method(state, intent, wanted)
    return wanted


def _check_method(state: State, intent: Intent, wanted: int) -> None:
    method = METHODS[intent.method]
    partial = wanted < intent.amount_received
    if method.marks.refund is False:
        raise _refused(f"{method.name} has no refunds", "sandbox_refund_not_supported")
    age = state.now() - intent.succeeded_at
    if method.refund_days is not None and age > method.refund_days * DAY_MS:
        why = f"{method.name} refunds within {method.refund_days} days only"
        raise _refused(why, "sandbox_refund_window_closed")
    if method.marks.partial is False and partial:
        raise _refused(f"{method.name} has no partial refunds", "sandbox_partial_not_supported")
    again = any(each.counts for each in of_intent(state, intent))
    one_only = method.marks.multiple_partial is False
    if one_only and again and state.switches.second_partial == "reject":
        raise _refused(
            f"{method.name} allows one partial refund, and there is one already",
            "sandbox_multiple_partial_not_supported",
        )


def _refused(message: str, code: str) -> ApiError:
    return invalid(message, "payment_intent", code)


def _over(state: State, message: str, code: str) -> ApiError:
    return invalid(message, "amount", code, state.switches.over_refund_status)


def of_intent(state: State, intent: Intent) -> list[Refund]:
    """The intent's refunds, oldest first."""
    return [each for each in state.refunds.values() if each.intent == intent.id]


def remaining(state: State, intent: Intent) -> int:
    """What can still be refunded; pending refunds count as gone."""
    gone = sum(each.amount for each in of_intent(state, intent) if each.counts)
    return intent.amount_received - gone


def _add(
    state: State, intent: Intent, amount: int, reason: str, metadata: dict[str, str]
) -> Refund:
    refund = Refund(
        id=state.ids.new("re"),
        account=intent.account,
        intent=intent.id,
        amount=amount,
        currency=intent.currency,
        created=state.second(),
        reason=reason,
        metadata=metadata,
        status=state.switches.refund_first_status,
    )
    state.refunds[refund.id] = refund
    state.history.record(refund, state.now())
    return refund


def _first_status(state: State, refund: Refund, event: bool) -> None:
    if refund.status == "pending":
        state.at(state.now() + PENDING_MS, partial(_finish, state, refund, event))
    elif event:
        _announce(state, refund)


def _finish(state: State, refund: Refund, event: bool) -> None:
    if refund.status != "pending":
        return
    _settle(state, refund, "succeeded")
    if event:
        _announce(state, refund)


def _settle(state: State, refund: Refund, status: str) -> None:
    refund.status = status
    refund.failure_reason = "unknown" if status == "failed" else ""
    state.history.record(refund, state.now())


def _announce(state: State, refund: Refund) -> None:
    shown = render.refund(state, refund)
    if not state.switches.metadata_on_refund_event:
        shown["metadata"] = {}
    state.emit(refund.account, "charge.refund.updated", shown)


def decide(state: State, refund: Refund, succeed: bool) -> None:
    """Let a refund succeed, or fail, even after it had succeeded; the rest is free again then."""
    allowed = {"pending"} if succeed else {"pending", "succeeded"}
    if refund.status not in allowed:
        raise invalid(f"The refund is {refund.status}", "id", "sandbox_refund_final", 409)
    _settle(state, refund, "succeeded" if succeed else "failed")
    _announce(state, refund)


def totals(state: State, intent: Intent) -> Json:
    """The money of one payment as the provider counts it."""
    refunds = of_intent(state, intent)
    sums = {
        status: sum(each.amount for each in refunds if each.status == status)
        for status in ("succeeded", "pending", "failed")
    }
    return {
        "payment_intent": intent.id,
        "status": intent.status,
        "method": intent.method,
        "currency": intent.currency,
        "amount": intent.amount,
        "amount_received": intent.amount_received,
        "refunded": sums["succeeded"],
        "pending": sums["pending"],
        "failed": sums["failed"],
        "remaining": remaining(state, intent),
        "refunds": [render.refund(state, each) for each in refunds],
    }
