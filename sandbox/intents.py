"""Payment intents: the Direct API (42631218), and the shopper's choices."""

from functools import partial
from secrets import token_hex

from sandbox import render
from sandbox.errors import invalid
from sandbox.methods import METHODS, method_problem
from sandbox.models import PAYABLE, Intent
from sandbox.params import Fields
from sandbox.state import State

PROCESSING_MS = 10_000
CANCELLATION_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer", "abandoned"})
UNREAD = ("payment_method_options", "shipping")


def new(
    state: State,
    account: str,
    amount: int,
    currency: str,
    methods: list[str],
    metadata: dict[str, str],
) -> Intent:
    """Store a new intent; its caller announces it once it is complete."""
    identifier = state.ids.new("pi")
    intent = Intent(
        id=identifier,
        account=account,
        created=state.second(),
        amount=amount,
        currency=currency,
        methods=methods,
        client_secret=f"{identifier}_secret_{token_hex(12)}",
        metadata=metadata,
    )
    state.intents[identifier] = intent
    return intent


def announce(state: State, intent: Intent, what: str) -> None:
    """Send ``payment_intent.<what>`` with the intent as it is now, and remember that state."""
    state.history.record(intent, state.now())
    state.emit(intent.account, f"payment_intent.{what}", render.intent(state, intent))


def create(state: State, account: str, fields: Fields) -> Intent:
    """A Direct API payment: created and confirmed at once, waiting for the shopper's wallet.

    The sandbox has no confirm call, so ``confirm`` must be true.
    """
    amount = fields.required_integer("amount")
    currency = fields.required_text("currency").upper()
    if not fields.flag("confirm", False):
        raise fields.wrong("confirm", "must be true in the sandbox")
    method = _method(state, fields, amount, currency)
    return_url = fields.required_text("return_url") and fields.url("return_url")
    metadata = fields.metadata()
    description = fields.text("description")
    merchant_order_id = fields.text("merchant_order_id")
    fields.text("merchant_user_id")
    fields.text("customer")
    fields.integer("quantity")
    fields.choice("capture_method", {"automatic"})
    for name in UNREAD:
        fields.opaque(name)
    fields.done()
    intent = new(state, account, amount, currency, [method], metadata)
    intent.return_url, intent.description = return_url, description
    intent.merchant_order_id = merchant_order_id
    announce(state, intent, "created")
    choose(state, intent, method)
    return intent


def _method(state: State, fields: Fields, amount: int, currency: str) -> str:
    fields.required("payment_method_data")
    data = fields.child("payment_method_data")
    assert data is not None
    name = data.required_text("type")
    if name not in METHODS:
        raise data.wrong("type", "is unknown")
    data.opaque("billing_details")
    data.opaque(name)
    data.done()
    listed = fields.texts("payment_method_types")
    if listed and name not in listed:
        raise fields.wrong("payment_method_types", f"must contain {name}")
    problem = method_problem(METHODS[name], amount, currency, state.places(currency))
    if problem:
        raise problem
    return name


def choose(state: State, intent: Intent, method: str) -> None:
    """The shopper takes ``method`` and is sent to its wallet."""
    _require_payable(intent)
    if method not in intent.methods:
        raise invalid(f"{method} is not offered for this payment", "method")
    if intent.status == "requires_action" and intent.method == method:
        return
    intent.status, intent.method = "requires_action", method
    intent.payment_method = state.ids.new("pm")
    announce(state, intent, "requires_action")


def _require_payable(intent: Intent) -> None:
    if intent.status not in PAYABLE:
        raise invalid(
            f"This payment can't be paid any more: it is {intent.status}",
            "id",
            "sandbox_intent_not_payable",
        )


def approve(
    state: State, intent: Intent, amount_received: int | None = None, currency: str = ""
) -> None:
    """The shopper pays; a payment already made is left as it is.

    ``amount_received`` and ``currency`` make a payment that differs from what was asked.
    """
    if intent.status == "succeeded":
        return
    if intent.status != "processing":
        _require_payable(intent)
    received = intent.amount if amount_received is None else amount_received
    currency = currency or intent.currency
    if state.switches.processing_before_success and intent.status != "processing":
        intent.status = "processing"
        announce(state, intent, "processing")
        due = state.now() + PROCESSING_MS
        state.at(due, partial(_finish, state, intent, received, currency))
    else:
        _succeed(state, intent, received, currency)


def _finish(state: State, intent: Intent, received: int, currency: str) -> None:
    if intent.status == "processing":
        _succeed(state, intent, received, currency)


def _succeed(state: State, intent: Intent, received: int, currency: str) -> None:
    intent.status = "succeeded"
    intent.amount_received, intent.currency = received, currency
    intent.methods, intent.last_payment_error = [intent.method], None
    intent.succeeded_at = state.now()
    session = state.sessions.get(intent.session)
    if session:
        session.payment_status = "paid"
        session.status = "complete" if session.status == "open" else session.status
    announce(state, intent, "succeeded")


def decline(state: State, intent: Intent) -> None:
    """The wallet refuses; the payment can be tried again. Without effect once it is paid.

    The inside of ``last_payment_error`` is an assumption: the documented error object.
    """
    if intent.status != "processing":
        _require_payable(intent)
    intent.status, intent.payment_method = "requires_payment_method", ""
    intent.last_payment_error = {
        "type": "api_error",
        "code": "sandbox_payment_declined",
        "message": "The wallet declined the payment",
    }
    announce(state, intent, "payment_failed")


def cancel_requested(state: State, intent: Intent, fields: Fields) -> None:
    """The merchant cancels (52305869); the reasons are an assumption: Stripe's."""
    reason = fields.choice("cancellation_reason", CANCELLATION_REASONS)
    fields.done()
    if intent.status not in PAYABLE | {"processing"}:
        raise invalid(
            f"This payment can't be canceled: it is {intent.status}",
            "id",
            "sandbox_intent_not_cancelable",
        )
    cancel(state, intent, reason)


def cancel(state: State, intent: Intent, reason: str) -> None:
    """Cancel an unpaid intent; an open session of it expires too (assumption)."""
    intent.status, intent.cancellation_reason = "canceled", reason
    session = state.sessions.get(intent.session)
    if session and session.status == "open":
        session.status = "expired"
    announce(state, intent, "canceled")
