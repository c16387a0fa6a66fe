"""Secrets: SSM Parameter Store, SecureString, by stage, merchant and mode; nowhere else.

They are remembered for a minute, so that a warm function asks once; a rotated webhook secret keeps
its predecessor beside it for longer than that.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters import aws
from chalicelib.domain.ids import MerchantId, Millis, Tenant
from chalicelib.usecases.failures import StoreUnavailable

REMEMBERED_MS = 60_000
MOST_REMEMBERED = 1_000


def ssm_client(region: str, endpoint_url: str | None = None) -> Any:
    """A botocore client of SSM; reading is safe to repeat, so botocore may."""
    config = Config(connect_timeout=1, read_timeout=3, retries={"total_max_attempts": 3})
    return aws.client("ssm", region, endpoint_url, config)


class Secrets:
    """A merchant's WooshPay key and webhook secrets, the key that signs what it is told; and the
    token of the stage's Telegram bot."""

    def __init__(self, client: Callable[[], Any], stage: str, clock: Callable[[], Millis]) -> None:
        self._client = client
        self._stage = stage
        self._clock = clock
        self._known: dict[tuple[str, ...], tuple[Millis, dict[str, str]]] = {}

    def wooshpay_key(self, tenant: Tenant) -> str | None:
        """The secret key at WooshPay, or None when none is kept."""
        name = self._name(tenant, "wooshpay_key")
        return self._read(name).get(name)

    def webhook_secrets(self, merchant: MerchantId) -> Mapping[bool, Sequence[str]]:
        """The webhook secrets by mode, newest first; read in one call."""
        names = {
            mode: self._name(Tenant(merchant, mode), "webhook_secrets") for mode in (False, True)
        }
        values = self._read(*names.values())
        return {mode: json.loads(values.get(name, "[]")) for mode, name in names.items()}

    def signing_key(self, tenant: Tenant, fresh: Callable[[], str]) -> str:
        """The key that the tenant's own webhook secrets are derived from; the first time it is
        `fresh`, and whoever is second takes the first one's. Raises StoreUnavailable."""
        name = self._name(tenant, "signing_key")
        try:
            key = self._read(name).get(name) or self._first(name, fresh())
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(type(error).__name__) from error
        if key is None:  # it was made a moment ago, and is not seen everywhere yet
            raise StoreUnavailable(name)
        return key

    def _first(self, name: str, value: str) -> str | None:
        """The value that is kept under the name from now on: this one, when there is none."""
        try:
            self._client().put_parameter(Name=name, Value=value, Type="SecureString")
        except self._client().exceptions.ParameterAlreadyExists:
            self._known.clear()
            return self._read(name).get(name)
        finally:
            self._known.clear()
        return value

    def keep_signing_key(self, tenant: Tenant, key: str) -> None:
        """Replace the key that the tenant's own webhook secrets are derived from."""
        self._keep(self._name(tenant, "signing_key"), key)

    def telegram_token(self) -> str | None:
        """The token of the stage's Telegram bot, or None without one. Raises StoreUnavailable."""
        name = self._telegram_name()
        try:
            return self._read(name).get(name)
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(type(error).__name__) from error

    def keep_telegram_token(self, token: str) -> None:
        """Keep, or replace, the token of the stage's Telegram bot."""
        self._keep(self._telegram_name(), token)

    def _telegram_name(self) -> str:
        return f"/tautan/{self._stage}/telegram_bot_token"

    def keep_wooshpay_key(self, tenant: Tenant, key: str) -> None:
        """Keep, or replace, the secret key at WooshPay."""
        self._keep(self._name(tenant, "wooshpay_key"), key)

    def keep_webhook_secrets(self, tenant: Tenant, secrets: Sequence[str]) -> None:
        """Keep, or replace, the webhook secrets, newest first."""
        self._keep(self._name(tenant, "webhook_secrets"), json.dumps(list(secrets)))

    def _name(self, tenant: Tenant, what: str) -> str:
        mode = "live" if tenant.livemode else "test"
        return f"/tautan/{self._stage}/{tenant.merchant}/{mode}/{what}"

    def _keep(self, name: str, value: str) -> None:
        self._client().put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)
        self._known.clear()

    def _read(self, *names: str) -> dict[str, str]:
        read_at, values = self._known.get(names, (None, {}))
        now = self._clock()
        if read_at is None or now - read_at > REMEMBERED_MS:
            answer = self._client().get_parameters(Names=list(names), WithDecryption=True)
            values = {found["Name"]: found["Value"] for found in answer["Parameters"]}
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
            self._known[names] = (now, values)
        return values
