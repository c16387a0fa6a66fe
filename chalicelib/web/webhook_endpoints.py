"""Webhook endpoints: where a merchant's systems are told of events. A secret is shown when it is
made, and never again."""

from collections.abc import Callable
from urllib.parse import urlsplit

from chalice.app import Blueprint

from chalicelib.config import LOOPBACK
from chalicelib.domain.api_keys import Scope
from chalicelib.domain.telegram import is_chat
from chalicelib.domain.urls import web_address
from chalicelib.domain.webhook_endpoints import WebhookEndpoint, secrets_of
from chalicelib.usecases import webhook_endpoints
from chalicelib.usecases.prove_chat import proven_chat
from chalicelib.web import on_demand, render_events
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route
from chalicelib.web.render import Json, listed

routes = Blueprint(__name__)
PATH = "/v1/webhook_endpoints"
ONE = "/v1/webhook_endpoints/{id}"
ROLLED = "/v1/webhook_endpoints/{id}/roll_secret"
DELIVERIES = "/v1/webhook_endpoints/{id}/deliveries"


def _address(call: MerchantCall, url: str, code: str | None) -> str:
    """Raises ParameterInvalid for an address that no stranger may send us to, and for a chat of
    which the merchant has not said the code."""
    if is_chat(url):
        app = call.app
        connected = app.secrets.telegram_token() is not None
        key = app.signing_keys(call.tenant)
        return proven_chat(url, code, connected=connected, key=key, post=app.post)
    if call.app.settings.private_endpoints and _is_here(url):
        return url
    return web_address(url, "url")


def _is_here(url: str) -> bool:
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False


def _shown(call: MerchantCall, endpoint: WebhookEndpoint) -> Json:
    return render_events.webhook_endpoint(call.tenant, endpoint)


def _with_secret(call: MerchantCall) -> Callable[[WebhookEndpoint], Json]:
    """An endpoint with its secret; a chat has none. The key is there before anything is written."""
    key = call.app.signing_keys(call.tenant)

    def show(endpoint: WebhookEndpoint) -> Json:
        secret = None if endpoint.is_chat else secrets_of(endpoint, key, call.now)[0]
        return {**_shown(call, endpoint), "secret": secret}

    return show


@merchant_route(routes, "POST", PATH, needs=Scope.WEBHOOK_ENDPOINTS_WRITE)
def create_webhook_endpoint(call: MerchantCall) -> Answer:
    given = call.given(on_demand.event_schemas.WebhookEndpointData)
    new, app = given.new(_address(call, given.url, given.confirmation_code)), call.app
    return call.created(
        lambda asking: webhook_endpoints.create_webhook_endpoint(app.store, app.mint, asking, new),
        _with_secret(call),
    )


@merchant_route(routes, "GET", ONE, needs=Scope.WEBHOOK_ENDPOINTS_READ)
def retrieve_webhook_endpoint(call: MerchantCall) -> Answer:
    store, id = call.app.store, call.path["id"]
    found = webhook_endpoints.retrieve_webhook_endpoint(store, call.tenant, id)
    return Answer(_shown(call, found))


@merchant_route(routes, "POST", ONE, needs=Scope.WEBHOOK_ENDPOINTS_WRITE)
def update_webhook_endpoint(call: MerchantCall) -> Answer:
    told = call.given(on_demand.event_schemas.WebhookEndpointUpdate)
    changes = told.changes()
    if told.url is not None:
        changes["url"] = _address(call, told.url, told.confirmation_code)
    return call.created(
        lambda asking: webhook_endpoints.update_webhook_endpoint(
            call.app.store, asking, call.path["id"], changes, told.disabled
        ),
        lambda endpoint: _shown(call, endpoint),
    )


@merchant_route(routes, "DELETE", ONE, needs=Scope.WEBHOOK_ENDPOINTS_WRITE)
def delete_webhook_endpoint(call: MerchantCall) -> Answer:
    id = call.path["id"]
    webhook_endpoints.delete_webhook_endpoint(call.app.store, call.asking(), id)
    return Answer({"id": id, "object": "webhook_endpoint", "deleted": True})


@merchant_route(routes, "POST", ROLLED, needs=Scope.WEBHOOK_ENDPOINTS_WRITE)
def roll_secret(call: MerchantCall) -> Answer:
    keep_ms = call.given(on_demand.event_schemas.SecretRoll).expires_in * 1000
    return call.created(
        lambda asking: webhook_endpoints.roll_secret(
            call.app.store, asking, call.path["id"], keep_ms
        ),
        _with_secret(call),
    )


@merchant_route(routes, "GET", PATH, needs=Scope.WEBHOOK_ENDPOINTS_READ, listed=True)
def list_webhook_endpoints(call: MerchantCall) -> Answer:
    found = call.app.store.webhook_endpoints(call.tenant, call.part("we"))
    return Answer(listed(found, PATH, lambda endpoint: _shown(call, endpoint)))


@merchant_route(
    routes,
    "GET",
    DELIVERIES,
    needs=Scope.WEBHOOK_ENDPOINTS_READ,
    listed=True,
)
def list_deliveries(call: MerchantCall) -> Answer:
    store, id = call.app.store, call.path["id"]
    endpoint = webhook_endpoints.retrieve_webhook_endpoint(store, call.tenant, id)
    found = store.deliveries(call.tenant, endpoint.id, call.part("evt"))
    return Answer(listed(found, f"{PATH}/{id}/deliveries", render_events.delivery))
