"""The merchant's own account."""

from chalice.app import Blueprint

from chalicelib.domain.api_keys import Scope
from chalicelib.usecases import account
from chalicelib.web import on_demand, render
from chalicelib.web.endpoint import Answer, MerchantCall, merchant_route

routes = Blueprint(__name__)


def _shown(call: MerchantCall) -> render.Json:
    """Which of the merchant's secrets are kept for this mode; never what they are."""
    secrets = call.app.secrets
    return {
        "key": secrets.wooshpay_key(call.tenant) is not None,
        "webhook_secret": bool(secrets.webhook_secrets(call.tenant.merchant)[call.tenant.livemode]),
    }


@merchant_route(routes, "GET", "/v1/account", needs=Scope.ACCOUNT_READ)
def retrieve_account(call: MerchantCall) -> Answer:
    found = account.retrieve_account(call.app.store, call.asking())
    return Answer(render.account(call.tenant, found, _shown(call)))


@merchant_route(routes, "POST", "/v1/account", needs=Scope.ACCOUNT_WRITE)
def update_account(call: MerchantCall) -> Answer:
    changes = call.given(on_demand.account_schemas.AccountUpdate).changes()
    connected = _shown(call)
    return call.created(
        lambda asking: account.update_account(call.app.store, asking, changes),
        lambda merchant: render.account(call.tenant, merchant, connected),
    )
