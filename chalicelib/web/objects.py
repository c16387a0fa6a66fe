"""The objects that an id may be expanded to, as the API shows them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chalicelib.usecases import catalog, payment_links
from chalicelib.usecases.request_refund import retrieve_refund
from chalicelib.usecases.start_checkout import retrieve_payment
from chalicelib.web import render
from chalicelib.web.expanding import Json, Load

if TYPE_CHECKING:
    from chalicelib.web.endpoint import MerchantCall


def readers(call: "MerchantCall") -> Mapping[str, Load]:
    """A reader for each kind of ids, within the tenant that asks."""
    store, tenant, base = call.app.store, call.tenant, call.app.settings.public_url

    def payment(id: str, kind: str) -> Json:
        found = retrieve_payment(store, tenant, id, kind)
        shows = render.session if id.startswith("cs_") else render.intent
        return shows(found, call.now, base)

    return {
        "prod": lambda id: render.product(tenant, catalog.retrieve_product(store, tenant, id)),
        "price": lambda id: render.price(tenant, catalog.retrieve_price(store, tenant, id)),
        "plink": lambda id: render.offer(
            tenant, payment_links.retrieve_payment_link(store, tenant, id), base
        ),
        "cs": lambda id: payment(id, "checkout session"),
        "pi": lambda id: payment(id, "payment intent"),
        "re": lambda id: render.refund(retrieve_refund(store, tenant, id)),
    }
