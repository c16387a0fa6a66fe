"""Payment links, as merchants see them."""

from chalice.app import Blueprint

from chalicelib.usecases import payment_links
from chalicelib.web import link_schemas, render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


@merchant_route(routes, "POST", "/v1/payment_links")
def create_payment_link(call: MerchantCall) -> Answer:
    new = call.given(link_schemas.PaymentLinkCreate).new()
    return call.created(
        lambda asking: payment_links.create_payment_link(
            call.app.store, call.app.mint, asking, new
        ),
        lambda offer: render.offer(call.tenant, offer, call.app.settings.public_url),
    )


@merchant_route(routes, "POST", "/v1/payment_links/{id}")
def update_payment_link(call: MerchantCall) -> Answer:
    told = call.given(link_schemas.PaymentLinkUpdate)
    return call.created(
        lambda asking: payment_links.update_payment_link(
            call.app.store, call.app.mint, asking, call.path["id"], told.changes(), told.lines()
        ),
        lambda offer: render.offer(call.tenant, offer, call.app.settings.public_url),
    )


@merchant_route(routes, "GET", "/v1/payment_links/{id}")
def retrieve_payment_link(call: MerchantCall) -> Answer:
    offer = payment_links.retrieve_payment_link(call.app.store, call.tenant, call.path["id"])
    return Answer(render.offer(call.tenant, offer, call.app.settings.public_url))


@merchant_route(routes, "GET", "/v1/payment_links/{id}/line_items")
def list_link_items(call: MerchantCall) -> Answer:
    offer = payment_links.retrieve_payment_link(call.app.store, call.tenant, call.path["id"])
    return Answer(render.offered(call.tenant, offer))


@merchant_route(routes, "GET", "/v1/payment_links", listed=True)
def list_payment_links(call: MerchantCall) -> Answer:
    found = call.app.store.payment_links(call.tenant, call.part("plink"))
    base = call.app.settings.public_url
    return Answer(
        render.listed(
            found,
            "/v1/payment_links",
            lambda link: render.payment_link(call.tenant, link, base),
        )
    )
