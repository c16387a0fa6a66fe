"""Payment intents: the Direct API, and every payment seen as one."""

from dataclasses import replace

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.ids import intent_id
from chalicelib.domain.payments import Payment
from chalicelib.usecases.end_payment import Way
from chalicelib.usecases.start_checkout import retrieve_payment
from chalicelib.web import on_demand, render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


@merchant_route(routes, "POST", "/v1/payment_intents", needs=Scope.PAYMENT_INTENTS_WRITE)
def create_intent(call: MerchantCall) -> Answer:
    new = call.given(on_demand.schemas.PaymentIntentCreate).new()
    return call.created(
        lambda asking: call.app.checkout.start_direct(asking, new),
        lambda payment: _shown(call, payment),
    )


@merchant_route(routes, "GET", "/v1/payment_intents/{id}", needs=Scope.PAYMENT_INTENTS_READ)
def retrieve_intent(call: MerchantCall) -> Answer:
    payment = _payment(call)
    cause = call.cause(intent_id(payment.id))
    return Answer(_shown(call, call.app.ending.refreshed(payment, cause)))


@merchant_route(
    routes, "POST", "/v1/payment_intents/{id}/cancel", needs=Scope.PAYMENT_INTENTS_WRITE
)
def cancel_intent(call: MerchantCall) -> Answer:
    call.given(on_demand.schemas.Cancellation)
    return call.created(
        lambda asking: call.app.ending.request(asking, call.path["id"], Way.CANCEL),
        lambda payment: _shown(call, payment),
    )


@merchant_route(routes, "GET", "/v1/payment_intents", needs=Scope.PAYMENT_INTENTS_READ, listed=True)
def list_intents(call: MerchantCall) -> Answer:
    part = call.part("pi")
    part = replace(
        part,
        before=_as_session(part.before),
        after=_as_session(part.after),
        since=_as_session(part.since),
        until=_as_session(part.until),
    )
    found = call.app.store.payments(call.tenant, part)
    return Answer(
        render.listed(found, "/v1/payment_intents", lambda payment: _shown(call, payment))
    )


def _as_session(bound: str | None) -> str | None:
    """A payment is listed by its name as a session."""
    return None if bound is None else f"cs_{bound.removeprefix('pi_')}"


def _payment(call: MerchantCall) -> Payment:
    return retrieve_payment(call.app.store, call.tenant, call.path["id"], "payment intent")


def _shown(call: MerchantCall, payment: Payment) -> render.Json:
    call.note(payment_intent=intent_id(payment.id))
    return render.intent(payment, call.now, call.app.settings.public_url)
