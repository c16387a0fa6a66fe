"""The objects that an id may be expanded to, as the API shows them, to a key that may read them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.usecases import catalog, payment_links
from chalicelib.usecases.request_refund import retrieve_refund
from chalicelib.usecases.start_checkout import retrieve_payment
from chalicelib.web import render
from chalicelib.web.expanding import Json, Load

if TYPE_CHECKING:
    from chalicelib.web.endpoint import MerchantCall

NEEDS = {
    "prod": Scope.PRODUCTS_READ,
    "price": Scope.PRICES_READ,
    "plink": Scope.PAYMENT_LINKS_READ,
    "cs": Scope.CHECKOUT_SESSIONS_READ,
    "pi": Scope.PAYMENT_INTENTS_READ,
    "re": Scope.REFUNDS_READ,
}
NAMED = {
    "product": "prod",
    "price": "price",
    "payment_link": "plink",
    "checkout_session": "cs",
    "payment_intent": "pi",
}


def check_may_expand(key: ApiKey, paths: Sequence[str]) -> None:
    """Raises ScopeMissing before anything is done for an answer that the key may not see whole: as
    far as the names in the paths tell. The readers tell the rest."""
    for path in paths:
        for part in path.split("."):
            if part in NAMED:
                key.must_have(NEEDS[NAMED[part]])


def readers(call: "MerchantCall") -> Mapping[str, Load]:
    """A reader for each kind of ids, within the tenant that asks; each raises ScopeMissing for a
    key that may not read what it leads to."""
    store, tenant, base = call.app.store, call.tenant, call.app.settings.public_url

    def payment(id: str, kind: str) -> Json:
        found = retrieve_payment(store, tenant, id, kind)
        shows = render.session if id.startswith("cs_") else render.intent
        return shows(found, call.now, base)

    loads: Mapping[str, Load] = {
        "prod": lambda id: render.product(tenant, catalog.retrieve_product(store, tenant, id)),
        "price": lambda id: render.price(tenant, catalog.retrieve_price(store, tenant, id)),
        "plink": lambda id: render.offer(
            tenant, payment_links.retrieve_payment_link(store, tenant, id), base
        ),
        "cs": lambda id: payment(id, "checkout session"),
        "pi": lambda id: payment(id, "payment intent"),
        "re": lambda id: render.refund(retrieve_refund(store, tenant, id)),
    }

    def load(kind: str) -> Load:
        def permitted(id: str) -> Json:
            call.key.must_have(NEEDS[kind])
            return loads[kind](id)

        return permitted

    return {kind: load(kind) for kind in loads}
