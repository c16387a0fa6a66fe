"""A merchant comes to Tautan: the shop, a key that is shown once, and its account at WooshPay."""

from collections.abc import Callable
from dataclasses import dataclass

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import MerchantId, Millis, Tenant
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.provider_account import EVENTS, check_account
from chalicelib.domain.visible_text import is_visible
from chalicelib.usecases.api_keys import new_key
from chalicelib.usecases.ports import Mint, Psps, Store, Vault


@dataclass(frozen=True, slots=True)
class Welcome:
    """The new merchant; `secret_key` is kept nowhere and cannot be shown again."""

    merchant: Merchant
    tenant: Tenant
    secret_key: str


def create_merchant(
    store: Store,
    mint: Mint,
    *,
    name: str,
    livemode: bool,
    now: Millis,
    connect: Callable[[Tenant], None] | None = None,
) -> Welcome:
    """A merchant with one API key of the given mode.

    `connect` comes first: when it fails, no merchant is left behind. Raises ParameterInvalid for a
    name that nobody can see, and what `connect` raises.
    """
    if not is_visible(name):
        raise ParameterInvalid("A merchant has a visible name on one line.", param="name")
    merchant = Merchant(id=MerchantId(f"acct_{mint.ulid()}"), name=name, created=now)
    tenant = Tenant(merchant.id, livemode)
    made = new_key(mint, tenant, now)
    if connect is not None:
        connect(tenant)
    store.add_merchant(merchant, made.key)
    return Welcome(merchant, tenant, made.text)


def connect_wooshpay(
    vault: Vault, psps: Psps, tenant: Tenant, key: str, webhook_secret: str | None, url: str
) -> None:
    """Keep the merchant's key at WooshPay, and the secret with which WooshPay signs.

    Without a secret the webhook endpoint `url` is registered there, and the secret that comes back
    is kept. Until one is kept the webhook's door stays shut. Raises InvalidRequest before anything
    is kept, PspRejected or PspUnavailable when WooshPay does not register the endpoint.
    """
    check_account(tenant, key, webhook_secret)
    vault.keep_wooshpay_key(tenant, key)
    secret = webhook_secret or psps(tenant).register_webhook(url, EVENTS)
    vault.keep_webhook_secrets(tenant, [secret])
