"""Checkout sessions."""

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.ids import session_id
from chalicelib.domain.payments import Payment
from chalicelib.usecases import listing
from chalicelib.usecases.end_payment import Way
from chalicelib.usecases.start_checkout import retrieve_payment
from chalicelib.web import on_demand, render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


@merchant_route(routes, "POST", "/v1/checkout/sessions", needs=Scope.CHECKOUT_SESSIONS_WRITE)
def create_session(call: MerchantCall) -> Answer:
    new = call.given(on_demand.schemas.SessionCreate).new()
    return call.created(
        lambda asking: call.app.checkout.start(asking, new), lambda payment: _shown(call, payment)
    )


@merchant_route(routes, "GET", "/v1/checkout/sessions/{id}", needs=Scope.CHECKOUT_SESSIONS_READ)
def retrieve_session(call: MerchantCall) -> Answer:
    payment = _payment(call)
    cause = call.cause(session_id(payment.id))
    return Answer(_shown(call, call.app.ending.refreshed(payment, cause)))


@merchant_route(
    routes, "POST", "/v1/checkout/sessions/{id}/expire", needs=Scope.CHECKOUT_SESSIONS_WRITE
)
def expire_session(call: MerchantCall) -> Answer:
    call.given(on_demand.schemas.Nothing)
    return call.created(
        lambda asking: call.app.ending.request(asking, call.path["id"], Way.EXPIRE),
        lambda payment: _shown(call, payment),
    )


@merchant_route(
    routes, "GET", "/v1/checkout/sessions/{id}/line_items", needs=Scope.CHECKOUT_SESSIONS_READ
)
def list_session_items(call: MerchantCall) -> Answer:
    payment = _payment(call)
    url = f"/v1/checkout/sessions/{call.path['id']}/line_items"
    return Answer(render.line_items(call.tenant, payment.items, url))


@merchant_route(
    routes, "GET", "/v1/checkout/sessions", needs=Scope.CHECKOUT_SESSIONS_READ, listed=True
)
def list_sessions(call: MerchantCall) -> Answer:
    asked = call.asked(on_demand.list_queries.Sessions)
    found = listing.list_sessions(
        call.app.store, call.tenant, call.part("cs", asked), call.now, asked.which()
    )
    return Answer(
        render.listed(found, "/v1/checkout/sessions", lambda payment: _shown(call, payment))
    )


def _payment(call: MerchantCall) -> Payment:
    return retrieve_payment(call.app.store, call.tenant, call.path["id"], "checkout session")


def _shown(call: MerchantCall, payment: Payment) -> render.Json:
    call.note(session=session_id(payment.id))
    return render.session(payment, call.now, call.app.settings.public_url)
