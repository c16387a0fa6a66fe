"""The one file that knows which adapter serves which port.

Nothing is connected before it is asked for, and everything is made once per container.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Protocol

from chalicelib import log, strokes
from chalicelib.adapters import system
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.ssm import Secrets, ssm_client
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.webhooks import WooshPayWebhooks
from chalicelib.config import Settings, event_queue_name, settings_from
from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.domain.ids import Tenant
from chalicelib.domain.rates import USUAL_RATES, Rate
from chalicelib.domain.urls import web_address
from chalicelib.usecases.asking import KeyRing
from chalicelib.usecases.end_payment import Ending
from chalicelib.usecases.night_shift import NightShift
from chalicelib.usecases.outbox import (
    Hint,
    OutboxStore,
    Poster,
    Posting,
    Say,
    Show,
    SigningKeys,
    Untold,
)
from chalicelib.usecases.ports import Clock, Due, Mint, Psp, Psps, PspWebhooks, Store
from chalicelib.usecases.receive_psp_event import Inbox
from chalicelib.usecases.reconcile import Reconciler
from chalicelib.usecases.request_refund import Refunds
from chalicelib.usecases.start_checkout import Checkout
from chalicelib.usecases.sweep import Sweeper
from chalicelib.usecases.tell_merchants import Teller
from chalicelib.version import version

QUIET_MS = 30_000


class RefundFunction(Protocol):
    """The function that makes refunds, asked from another one; each raises StoreUnavailable when
    it is not known what became of it."""

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer to a request, both as API Gateway has them."""

    def resume(self, refunds: Sequence[Due]) -> None:
        """Have it go on with these, some time soon."""


class AppStore(Store, OutboxStore, Protocol):
    """Everything that is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """The wired application."""

    settings: Settings
    store: AppStore
    secrets: Secrets
    signing_keys: SigningKeys
    psps: Psps
    webhooks: PspWebhooks
    clock: Clock
    mint: Mint
    keys: KeyRing
    checkout: Checkout
    refunds: Refunds
    inbox: Inbox
    ending: Ending
    night: NightShift
    post: Poster
    refund_function: "RefundFunction | None" = None

    def teller(self, show: Show, say: Say) -> Teller:
        """Whoever tells merchants of events, with the bodies and texts that these give."""
        return Teller(
            store=self.store,
            post=self.post,
            keys=self.signing_keys,
            clock=self.clock,
            mint=self.mint,
            show=show,
            say=say,
            report=lambda untold, error: log.untold(untold.event, error),
        )


@cache
def app() -> App:
    """The application of this container, from its environment; raises ConfigError."""
    settings = settings_from(os.environ)
    log.set_up(settings.log_level, settings.stage)
    log.line("function.started", version=version())
    return build(settings)


def event_queue() -> str:
    """The name of the stage's queue, which has to be known before there is an application."""
    return event_queue_name(os.environ)


def build(settings: Settings) -> App:
    """The application over the real adapters."""
    dynamodb = dynamodb_client(
        settings.region, settings.dynamodb_endpoint_url or settings.endpoint_url
    )
    store = strokes.ToldStore(DynamoDBEngine(dynamodb, settings.table), _hints(settings))
    ssm = cache(lambda: ssm_client(settings.region, settings.endpoint_url))
    secrets = Secrets(ssm, settings.stage, system.now)
    units = MinorUnits(settings.minor_units)
    return wire(
        settings,
        store,
        secrets,
        psps=_WooshPays(settings, secrets, units),
        webhooks=WooshPayWebhooks(secrets.webhook_secrets, units),
        post=_Posts(settings, secrets),
        refund_function=_refund_function(settings),
    )


def wire(  # noqa: PLR0913 - one argument a port
    settings: Settings,
    store: AppStore,
    secrets: Secrets,
    *,
    psps: Psps,
    webhooks: PspWebhooks,
    post: Poster,
    clock: Clock = system.now,
    mint: Mint | None = None,
    refund_function: RefundFunction | None = None,
) -> App:
    """The application over these ports."""
    mint = mint or system.SystemMint()
    checkout = Checkout(
        store=store,
        psps=psps,
        mint=mint,
        status_url=lambda token: f"{settings.public_url}/s/{token}",
        address=lambda text: web_address(text, "url"),
        rates=replace(USUAL_RATES, address=Rate(settings.sessions_per_address)),
    )
    refunds = Refunds(store, psps, mint, clock, settings.refund_keys, settings.refunded_total)
    inbox = Inbox(store, psps, mint)
    hand_over = refund_function.resume if refund_function else None
    sweeper = Sweeper(store, psps, mint, clock, inbox, refunds, checkout, hand_over)
    return App(
        settings=settings,
        store=store,
        secrets=secrets,
        signing_keys=lambda tenant: secrets.signing_key(tenant, mint.secret),
        psps=psps,
        webhooks=webhooks,
        clock=clock,
        mint=mint,
        keys=KeyRing(store),
        checkout=checkout,
        refunds=refunds,
        inbox=inbox,
        ending=Ending(store, psps, inbox),
        night=NightShift(
            store,
            mint,
            clock,
            sweeper,
            Reconciler(store, psps, mint, inbox),
        ),
        post=post,
        refund_function=refund_function,
    )


def _refund_function(settings: Settings) -> RefundFunction | None:
    """The function of its own that makes refunds, where there is one."""
    name = settings.refund_function
    if name is None:
        return None
    from chalicelib.adapters.functions import LambdaRefunds, lambda_client

    return LambdaRefunds(cache(lambda: lambda_client(settings.region, settings.endpoint_url)), name)


def _hints(settings: Settings) -> Hint:
    """The queue that wakes whoever tells merchants; without one, and when it fails, the clock
    does."""
    url = settings.event_queue_url
    if url is None:
        return lambda _: None

    @cache
    def queue() -> Hint:
        from chalicelib.adapters.event_queue import EventQueue, sqs_client

        return EventQueue(sqs_client(settings.region, settings.endpoint_url), url)

    quiet_until = 0

    def hint(untold: Sequence[Untold]) -> None:
        nonlocal quiet_until
        if system.now() < quiet_until:
            return
        try:
            queue()(untold)
        except Exception as error:  # noqa: BLE001 - what it hints at is written, and will be told
            quiet_until = system.now() + QUIET_MS  # no request waits for a queue that fails
            log.hint_lost(error)

    return hint


class _Posts:
    """The way to merchants' systems and chats, made by the first function that goes it."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._settings = settings
        self._secrets = secrets

    def __call__(self, postings: Sequence[Posting]) -> Sequence[Outcome]:
        from chalicelib.adapters.posting import HttpPoster
        from chalicelib.adapters.telegram import bot_leads

        leads = bot_leads(self._settings.telegram_api, self._secrets.telegram_token)
        return HttpPoster(private=self._settings.private_endpoints, leads=leads)(postings)


class _WooshPays:
    """WooshPay's client for each tenant. The HTTP client is made by the first call that needs it,
    so that a function that never asks the provider never loads it."""

    def __init__(self, settings: Settings, secrets: Secrets, units: MinorUnits) -> None:
        self._settings = settings
        self._secrets = secrets
        self._units = units

    def __call__(self, tenant: Tenant) -> Psp:
        from chalicelib.adapters.wooshpay.client import LIVE_HOST, TEST_HOST, WooshPay

        key = self._secrets.wooshpay_key(tenant)
        if key is None:
            raise PspUnavailable("No WooshPay key is kept for this merchant and mode.")
        base = self._settings.wooshpay_api_base or (LIVE_HOST if tenant.livemode else TEST_HOST)
        return WooshPay(_http(), base, key, tenant, self._units, strokes.provider_answered)


@cache
def _http() -> Any:
    from chalicelib.adapters.wooshpay.http import http_client

    return http_client()
