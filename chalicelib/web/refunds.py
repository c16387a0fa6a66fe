"""Refunds."""

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.refunds import OPEN, Refund
from chalicelib.usecases import listing
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.request_refund import retrieve_refund
from chalicelib.web import list_queries, render, schemas
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route


def door() -> Blueprint:
    """Where a refund is asked for, for each application that does."""
    routes = Blueprint(__name__)
    merchant_route(routes, "POST", "/v1/refunds", needs=Scope.REFUNDS_WRITE)(create_refund)
    return routes


def create_refund(call: MerchantCall) -> Answer:
    given = call.given(schemas.RefundCreate)

    def story(asking: Asking) -> Refund:
        refund = call.app.refunds.request(asking, given.payment(), given.new())
        call.note(refund=refund.id, outcome=refund.status.value)
        return refund

    return call.created(story, render.refund, status_of)


def status_of(refund: Refund) -> int:
    """202 while its end is not known."""
    return 202 if refund.status in OPEN else 200


routes = door()


@merchant_route(routes, "GET", "/v1/refunds/{id}", needs=Scope.REFUNDS_READ)
def get_refund(call: MerchantCall) -> Answer:
    return Answer(render.refund(retrieve_refund(call.app.store, call.tenant, call.path["id"])))


@merchant_route(routes, "GET", "/v1/refunds", needs=Scope.REFUNDS_READ, listed=True)
def list_refunds(call: MerchantCall) -> Answer:
    asked = call.asked(list_queries.Refunds)
    found = listing.list_refunds(
        call.app.store,
        call.tenant,
        call.part("re", asked),
        asked.payment_intent,
        asked.checkout_session,
    )
    return Answer(render.listed(found, "/v1/refunds", render.refund))
