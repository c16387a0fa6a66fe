"""A merchant's account at WooshPay: which key fits which mode, and which webhook secret is safe."""

import re
from dataclasses import dataclass

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import MerchantId, Millis, Tenant

SHORTEST_SECRET = 24
EVENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "charge.refund.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "checkout.session.expired",
)  # WooshPay page 1702652; the end of its list could not be had
KEPT_SECRETS = 2  # the newest signs; the one before may still sign retries
DELIVERED_FOR_MS = 72 * 60 * 60 * 1000  # page 2517709
_KEY = re.compile(r"sk_(test|live)_[A-Za-z0-9_]{8,200}", re.ASCII)


def door_of(merchant: MerchantId) -> str:
    """The path at which the provider delivers this merchant's webhooks."""
    return f"/webhooks/wooshpay/{merchant}"


def key_livemode(key: str) -> bool:
    """Whether a WooshPay secret key is a live one; raises ParameterInvalid for anything else."""
    match = _KEY.fullmatch(key)
    if match is None:
        raise ParameterInvalid(
            "A WooshPay secret key begins with sk_test_ or sk_live_.", param="wooshpay_key"
        )
    return match[1] == "live"


def is_safe_secret(secret: str) -> bool:
    """Whether a webhook secret is one that nobody guesses: 24 bytes or more, no white space."""
    return len(secret.encode()) >= SHORTEST_SECRET and not any(map(str.isspace, secret))


def check_account(tenant: Tenant, key: str, webhook_secret: str | None) -> None:
    """Raises ParameterInvalid when the key is of the other mode or the secret is not safe."""
    if key_livemode(key) != tenant.livemode:
        raise ParameterInvalid("The WooshPay key is of the other mode.", param="wooshpay_key")
    if webhook_secret is not None and not is_safe_secret(webhook_secret):
        raise ParameterInvalid(
            f"A webhook secret has {SHORTEST_SECRET} characters or more and no white space.",
            param="webhook_secret",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PspEndpoint:
    """An endpoint at WooshPay; it may not tell its secret after its creation (page 42648310)."""

    id: str
    url: str
    enabled_events: tuple[str, ...]
    enabled: bool
    created: Millis


def endpoint_problems(endpoints: tuple[PspEndpoint, ...], url: str) -> list[str]:
    """What is wrong with the endpoints of an account, as far as `url` goes; nothing when all is
    well. Two endpoints of one address deliver every event twice, which is harmless and wasteful."""
    ours = [each for each in endpoints if each.url == url]
    if not ours:
        return [f"no endpoint delivers to {url}"]
    found = [f"{each.id} is disabled" for each in ours if not each.enabled]
    for each in ours:
        missing = [event for event in EVENTS if event not in each.enabled_events]
        if missing and "*" not in each.enabled_events:
            found.append(f"{each.id} does not deliver {', '.join(missing)}")
    if len(ours) > 1:
        found.append(f"{', '.join(each.id for each in ours)} deliver everything {len(ours)} times")
    return found
