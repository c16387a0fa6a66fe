"""The provider's door: raw bytes and a signature in, 2xx out once the event is kept."""

from chalice.app import Blueprint

from chalicelib.domain.errors import SignatureInvalid
from chalicelib.domain.ids import MerchantId, ulid_of
from chalicelib.usecases.receive_psp_event import DUPLICATE
from chalicelib.web.bodies import check_size
from chalicelib.web.endpoint import Answer, Call, public_route

SIGNATURE = "wooshpay-signature"


def door() -> Blueprint:
    """The door, for each application that has one."""
    routes = Blueprint(__name__)
    public_route(routes, ["POST"], "/webhooks/wooshpay/{merchant}")(receive)
    return routes


def receive(call: Call) -> Answer:
    body, signature = call.body, _signature(call)
    check_size(body)
    delivery = call.app.webhooks.authenticate(_merchant(call), body, signature, call.now)
    event = delivery.event
    outcome = call.app.inbox.receive(delivery, now=call.now, request_id=call.request_id)
    call.note(merchant=delivery.tenant.merchant, psp_event=event.id, outcome=outcome)
    if outcome != DUPLICATE:  # which was taken when it came first
        call.note(lag_ms=max(0, call.now - event.created))
    return Answer({"received": True, "outcome": outcome})


def _merchant(call: Call) -> MerchantId:
    if ulid_of(call.path["merchant"], "acct") is None:
        raise SignatureInvalid("There is no webhook address here.")
    return MerchantId(call.path["merchant"])


def _signature(call: Call) -> str:
    """The one signature header; none, or more than one, proves nothing."""
    event = call.request.to_original_event() or {}
    headers = (event.get("multiValueHeaders") or {}).items()
    several = [values for name, values in headers if name.lower() == SIGNATURE]
    if sum(len(values or ()) for values in several) > 1:
        raise SignatureInvalid("There is more than one signature header.")
    return call.header(SIGNATURE) or ""


routes = door()
