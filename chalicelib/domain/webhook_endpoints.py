"""Webhook endpoints: where a merchant's own systems are told of events, and how that is signed.

A secret is derived from the tenant's signing key, which is kept in SSM alone: nothing else has to
be kept for it, and it can be turned over by a number.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import Millis, WebhookEndpointId
from chalicelib.domain.telegram import FOR_PEOPLE, is_chat
from chalicelib.domain.telegram import GONE as CHAT_GONE

ALL_EVENTS = "*"
MOST_ENDPOINTS = 16  # of a tenant, as at Stripe
SECRET_KEPT_AT_MOST_MS = 24 * 60 * 60 * 1000  # an old secret signs beside its successor
FAILING_AT_MOST_MS = 5 * 24 * 60 * 60 * 1000
FORGOTTEN_AFTER_MS = 30 * 60 * 60 * 1000  # longer than any wait between two attempts
NOTED_EVERY_MS = 60 * 60 * 1000
GONE = frozenset({410})  # whoever answers this wants to hear nothing any more (Standard Webhooks)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """An address of the merchant's, or a Telegram chat. `disabled_reason` is set when it is not
    told of anything; `failing_since`: nothing was delivered since then. `secret` counts its
    secrets, of which the one before signs, too, until `secret_before_until`."""

    id: WebhookEndpointId
    created: Millis
    updated: Millis
    url: str
    enabled_events: tuple[str, ...]
    description: str | None = None
    metadata: Mapping[str, str]
    disabled_reason: str | None = None
    failing_since: Millis | None = None
    failed_at: Millis | None = None  # the last time, right to the hour
    secret: int = 1
    secret_before_until: Millis | None = None

    def wants(self, type: str) -> bool:
        """Whether it is told of events of this type; all that a chat is told is for people."""
        every = ALL_EVENTS in self.enabled_events and (not self.is_chat or type in FOR_PEOPLE)
        return (every or type in self.enabled_events) and self.disabled_reason is None

    @property
    def is_chat(self) -> bool:
        """Whether it is a Telegram chat: told in words, and not signed."""
        return is_chat(self.url)

    def checked(self) -> "WebhookEndpoint":
        """Itself. Raises ParameterInvalid for a chat that wants what only programs read."""
        beyond = set(self.enabled_events) - {ALL_EVENTS, *FOR_PEOPLE}
        if self.is_chat and beyond:
            raise ParameterInvalid(
                f"A Telegram chat is not told of {min(beyond)}, only of: {', '.join(FOR_PEOPLE)}.",
                param="enabled_events",
            )
        return self

    def is_gone(self, status: int | None) -> bool:
        """Whether this answer means that it wants nothing any more."""
        return status in (CHAT_GONE if self.is_chat else GONE)

    def rolled(self, keep_ms: int, now: Millis) -> "WebhookEndpoint":
        """With a new secret; the one before signs beside it for `keep_ms` more, a day at most.

        Raises ParameterInvalid for a longer time, and for a chat, which has none.
        """
        if self.is_chat:
            raise ParameterInvalid("A Telegram chat has no secret.", param="id")
        if not 0 <= keep_ms <= SECRET_KEPT_AT_MOST_MS:
            raise ParameterInvalid("A secret is kept for 0 to 24 hours.", param="expires_in")
        until = Millis(now + keep_ms)
        return replace(self, secret=self.secret + 1, secret_before_until=until)

    def after_delivery(self, delivered: bool, gone: bool, now: Millis) -> "WebhookEndpoint":
        """How it stands after an attempt. One that is gone, or to which nothing could be delivered
        for five days in which it was tried all along, is told of nothing any more."""
        if self.disabled_reason is not None:
            return self
        if delivered:
            return replace(self, failing_since=None, failed_at=None)
        since, last = self.failing_since, self.failed_at
        if since is None or last is None or now - last >= FORGOTTEN_AFTER_MS:
            since = now
        if last is None or now - last >= NOTED_EVERY_MS:
            last = now
        dead = now - since >= FAILING_AT_MOST_MS
        reason = "gone" if gone else "failing" if dead else None
        return replace(self, failing_since=since, failed_at=last, disabled_reason=reason)


def secrets_of(endpoint: WebhookEndpoint, signing_key: str, now: Millis) -> list[str]:
    """The secrets that sign for it now, the newest first."""
    numbers = [endpoint.secret]
    until = endpoint.secret_before_until
    if until is not None and now < until:
        numbers.append(endpoint.secret - 1)
    return [_secret(endpoint.id, number, signing_key) for number in numbers]


def _secret(id: WebhookEndpointId, number: int, signing_key: str) -> str:
    what = f"{id}\n{number}".encode()
    key = hmac.new(signing_key.encode(), what, sha256).digest()
    return f"whsec_{base64.b64encode(key).decode()}"


def signed(event: str, body: bytes, secrets: Sequence[str], now: Millis) -> dict[str, str]:
    """The headers of a delivery: Stripe's scheme (`t=…,v1=…` over `t.body`, the secret as it is
    spelled) and Standard Webhooks' (`v1,…` over `id.t.body`, the secret's bytes)."""
    at = str(now // 1000)
    ours = [hmac.new(secret.encode(), f"{at}.".encode() + body, sha256) for secret in secrets]
    theirs = [
        hmac.new(_bytes(secret), f"{event}.{at}.".encode() + body, sha256) for secret in secrets
    ]
    return {
        "Tautan-Signature": ",".join([f"t={at}", *(f"v1={each.hexdigest()}" for each in ours)]),
        "webhook-id": event,
        "webhook-timestamp": at,
        "webhook-signature": " ".join(
            f"v1,{base64.b64encode(each.digest()).decode()}" for each in theirs
        ),
    }


def _bytes(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix("whsec_"))
