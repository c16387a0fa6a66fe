"""What each payment method takes and gives back, for merchants to read."""

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.web import render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)
URL = "/v1/payment_methods/capabilities"


@merchant_route(routes, "GET", URL, needs=Scope.PAYMENT_METHODS_READ)
def list_capabilities(call: MerchantCall) -> Answer:
    rows = [render.capability(row) for row in CAPABILITIES.values()]
    return Answer({"object": "list", "url": URL, "has_more": False, "data": rows})
