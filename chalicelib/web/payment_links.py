"""Payment links, as merchants see them."""

from collections.abc import Callable

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.payment_links import Offer
from chalicelib.usecases import payment_links
from chalicelib.usecases.ports import OpenedLink
from chalicelib.web import on_demand, render, share, showing
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


def _shown(call: MerchantCall) -> Callable[[Offer], render.Json]:
    """Shows a link with its lines, how to share it and what a chat will show of it."""
    merchant = call.app.store.merchant(call.tenant.merchant)
    assert merchant is not None, "a key belongs to a merchant"
    base = call.app.settings.public_url

    def show(offer: Offer) -> render.Json:
        opened = OpenedLink(call.tenant, merchant, offer)
        preview = showing.preview(opened, call.now, base)
        return {
            **render.offer(call.tenant, offer, base),
            "share": share.share(opened, preview, base),
            "preview": share.previewed(preview),
        }

    return show


@merchant_route(routes, "POST", "/v1/payment_links", needs=Scope.PAYMENT_LINKS_WRITE)
def create_payment_link(call: MerchantCall) -> Answer:
    new = call.given(on_demand.link_schemas.PaymentLinkCreate).new()
    return call.created(
        lambda asking: payment_links.create_payment_link(
            call.app.store, call.app.mint, asking, new
        ),
        _shown(call),
    )


@merchant_route(routes, "POST", "/v1/payment_links/{id}", needs=Scope.PAYMENT_LINKS_WRITE)
def update_payment_link(call: MerchantCall) -> Answer:
    told = call.given(on_demand.link_schemas.PaymentLinkUpdate)
    return call.created(
        lambda asking: payment_links.update_payment_link(
            call.app.store, call.app.mint, asking, call.path["id"], told.changes(), told.lines()
        ),
        _shown(call),
    )


@merchant_route(routes, "GET", "/v1/payment_links/{id}", needs=Scope.PAYMENT_LINKS_READ)
def retrieve_payment_link(call: MerchantCall) -> Answer:
    offer = payment_links.retrieve_payment_link(call.app.store, call.tenant, call.path["id"])
    return Answer(_shown(call)(offer))


@merchant_route(routes, "GET", "/v1/payment_links/{id}/line_items", needs=Scope.PAYMENT_LINKS_READ)
def list_link_items(call: MerchantCall) -> Answer:
    offer = payment_links.retrieve_payment_link(call.app.store, call.tenant, call.path["id"])
    return Answer(render.offered(call.tenant, offer))


@merchant_route(routes, "GET", "/v1/payment_links", needs=Scope.PAYMENT_LINKS_READ, listed=True)
def list_payment_links(call: MerchantCall) -> Answer:
    asked = call.asked(on_demand.list_queries.PaymentLinks)
    found = call.app.store.payment_links(call.tenant, call.part("plink", asked), asked.active)
    base = call.app.settings.public_url
    return Answer(
        render.listed(
            found,
            "/v1/payment_links",
            lambda link: render.payment_link(call.tenant, link, base),
        )
    )
