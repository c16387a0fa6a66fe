"""Settings: read from the environment once, checked at cold start; a bad one is named."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlsplit

from chalicelib.domain.ids import MerchantId
from chalicelib.domain.money import is_currency
from chalicelib.domain.provider_account import door_of
from chalicelib.domain.rates import USUAL_RATES
from chalicelib.domain.refunds import RefundedTotal, RefundKeys

E = TypeVar("E", bound=StrEnum)
WOOSHPAY_PAGES = "https://*.wooshpay.com"
TELEGRAM_API = "https://api.telegram.org"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_STAGE = re.compile(r"[a-z][a-z0-9-]{0,30}", re.ASCII)
_TABLE = re.compile(r"[A-Za-z0-9_.-]{3,255}", re.ASCII)
_FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
USUAL_ADDRESS_LIMIT = USUAL_RATES.address.most
MOST_SESSIONS = 100_000
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class ConfigError(Exception):
    """A setting that the function cannot run with."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, checked. `minor_units` are WooshPay's decimal places where they are set."""

    table: str
    public_url: str
    webhook_url: str
    stage: str
    wooshpay_api_base: str | None
    minor_units: Mapping[str, int]
    refund_keys: RefundKeys
    refunded_total: RefundedTotal
    sessions_per_address: int
    log_level: str
    event_queue_url: str | None
    refund_function: str | None
    private_endpoints: bool
    telegram_api: str
    region: str
    endpoint_url: str | None
    dynamodb_endpoint_url: str | None

    def psp_webhook(self, merchant: MerchantId) -> str:
        """Where the provider delivers this merchant's webhooks."""
        return f"{self.webhook_url}{door_of(merchant)}"

    @property
    def page_hosts(self) -> tuple[str, ...]:
        """Where a shopper may be sent to pay, as the sources of a content security policy."""
        base = self.wooshpay_api_base
        return (WOOSHPAY_PAGES,) if base is None else (WOOSHPAY_PAGES, base)


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Raises ConfigError."""
    base = environment.get("WOOSHPAY_API_BASE") or None
    table = _matching(environment, "TAUTAN_TABLE", _TABLE)
    public_url = _address("TAUTAN_PUBLIC_URL", environment.get("TAUTAN_PUBLIC_URL", ""))
    has_refunds = bool(environment.get("TAUTAN_REFUND_FUNCTION"))
    return Settings(
        table=table,
        public_url=public_url,
        webhook_url=_address(
            "TAUTAN_WEBHOOK_URL", environment.get("TAUTAN_WEBHOOK_URL") or public_url
        ),
        stage=_matching(environment, "TAUTAN_STAGE", _STAGE),
        wooshpay_api_base=_address("WOOSHPAY_API_BASE", base) if base else None,
        minor_units=_minor_units(environment.get("TAUTAN_MINOR_UNITS", "")),
        refund_keys=_one_of(environment, "TAUTAN_REFUND_KEYS", RefundKeys.UNPROVEN),
        refunded_total=_one_of(environment, "TAUTAN_REFUNDED_TOTAL", RefundedTotal.SETTLED),
        sessions_per_address=_count(
            environment, "TAUTAN_SESSIONS_PER_ADDRESS", USUAL_ADDRESS_LIMIT
        ),
        log_level=_level(environment.get("TAUTAN_LOG_LEVEL", "INFO")),
        event_queue_url=environment.get("TAUTAN_EVENT_QUEUE_URL") or None,
        refund_function=(
            _matching(environment, "TAUTAN_REFUND_FUNCTION", _FUNCTION) if has_refunds else None
        ),
        private_endpoints=_private_endpoints(environment),
        telegram_api=_address(
            "TAUTAN_TELEGRAM_API", environment.get("TAUTAN_TELEGRAM_API") or TELEGRAM_API
        ),
        region=_region(environment),
        endpoint_url=environment.get("AWS_ENDPOINT_URL") or None,
        dynamodb_endpoint_url=environment.get("AWS_ENDPOINT_URL_DYNAMODB") or None,
    )


def event_queue_name(environment: Mapping[str, str]) -> str:
    """The queue that wakes whoever tells merchants of events, by the stage."""
    return f"tautan-{environment.get('TAUTAN_STAGE') or 'dev'}-events"


def _region(environment: Mapping[str, str]) -> str:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigError("AWS_REGION", "is not set")
    return region


def _matching(environment: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = environment.get(name, "")
    if not form.fullmatch(value):
        raise ConfigError(name, "is not set" if not value else f"'{value}' is malformed")
    return value


def _address(name: str, value: str) -> str:
    """A base address without a trailing slash: https, or http on loopback."""
    if not value:
        raise ConfigError(name, "is not set")
    try:
        parts = urlsplit(value.rstrip("/"))
    except ValueError:
        raise ConfigError(name, "is no address") from None
    secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not secure or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(name, "must be an https address (http on loopback only)")
    return value.rstrip("/")


def _minor_units(text: str) -> dict[str, int]:
    """`IDR=0,VND=0` as a table."""
    table = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        code, _, places = part.partition("=")
        if not is_currency(code) or places not in {"0", "1", "2", "3"}:
            raise ConfigError("TAUTAN_MINOR_UNITS", f"'{part}' is not like IDR=0")
        table[code] = int(places)
    return table


def _one_of(environment: Mapping[str, str], name: str, usual: E) -> E:
    kind = type(usual)
    text = environment.get(name, usual.value)
    if text not in list(kind):
        raise ConfigError(name, f"is one of {', '.join(kind)}")
    return kind(text)


def _count(environment: Mapping[str, str], name: str, usual: int) -> int:
    text = environment.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or int(text) > MOST_SESSIONS:
        raise ConfigError(name, f"is a number from 0 to {MOST_SESSIONS}")
    return int(text)


def _private_endpoints(environment: Mapping[str, str]) -> bool:
    """Whether webhook endpoints may be on this machine: never where strangers are served."""
    text = environment.get("TAUTAN_PRIVATE_ENDPOINTS", "refused")
    if text not in ("refused", "allowed"):
        raise ConfigError("TAUTAN_PRIVATE_ENDPOINTS", "is one of refused, allowed")
    local = urlsplit(environment.get("TAUTAN_PUBLIC_URL", "")).hostname in LOOPBACK
    if text == "allowed" and not local:
        raise ConfigError("TAUTAN_PRIVATE_ENDPOINTS", "is for a stack on loopback alone")
    return text == "allowed"


def _level(text: str) -> str:
    if text not in _LEVELS:
        raise ConfigError("TAUTAN_LOG_LEVEL", f"is one of {', '.join(_LEVELS)}")
    return text
