"""Events: what happened, and sending it once more."""

import json
from dataclasses import replace

from chalice.app import Blueprint

from chalicelib.bootstrap import App
from chalicelib.domain.api_keys import Scope
from chalicelib.domain.events import Event
from chalicelib.usecases import listing, webhook_endpoints
from chalicelib.web import on_demand, render_events
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route
from chalicelib.web.render import Json, listed

routes = Blueprint(__name__)


def body_of(app: App, event: Event) -> bytes:
    """The body that an event is told with, the same at every attempt: what the API shows of it,
    with this delivery pending."""
    shown = render_events.event(replace(event, pending=1), app.settings.public_url)
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":")).encode()


def _shown(call: MerchantCall, event: Event) -> Json:
    return render_events.event(event, call.app.settings.public_url)


@merchant_route(routes, "GET", "/v1/events/{id}", needs=Scope.EVENTS_READ)
def retrieve_event(call: MerchantCall) -> Answer:
    found = webhook_endpoints.retrieve_event(call.app.store, call.tenant, call.path["id"])
    return Answer(_shown(call, found))


@merchant_route(routes, "GET", "/v1/events", needs=Scope.EVENTS_READ, listed=True)
def list_events(call: MerchantCall) -> Answer:
    asked = call.asked(on_demand.list_queries.Events)
    part = call.part("evt", asked)
    found = listing.list_events(call.app.store, call.tenant, part, asked.which())
    return Answer(listed(found, "/v1/events", lambda event: _shown(call, event)))


@merchant_route(routes, "POST", "/v1/events/{id}/retry", needs=Scope.WEBHOOK_ENDPOINTS_WRITE)
def retry_event(call: MerchantCall) -> Answer:
    to = call.given(on_demand.event_schemas.EventRetry).webhook_endpoint
    return call.created(
        lambda asking: webhook_endpoints.resend_event(call.app.store, asking, call.path["id"], to),
        lambda event: _shown(call, event),
    )
