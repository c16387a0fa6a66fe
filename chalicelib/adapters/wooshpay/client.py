"""WooshPay's API: HTTP Basic, JSON, an Idempotency-Key on every POST, no redirects, bounded sizes.

One HTTP client serves the process (a new one loads the CA bundle, 15 ms); the key comes with each
call.
"""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import ValidationError

from chalicelib.adapters.wooshpay.minor_units import MinorUnits, NotExpressible
from chalicelib.adapters.wooshpay.outcomes import refused
from chalicelib.adapters.wooshpay.payloads import ErrorShape, RefundShape, SessionShape
from chalicelib.adapters.wooshpay.translate import PAYMENT_KEY, REFUND_KEY, refund_fact
from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Tenant, session_id
from chalicelib.domain.payments import Payment, ProviderSession
from chalicelib.domain.provider_account import is_safe_secret
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    RefundFactStatus,
    RefundOutcome,
)
from chalicelib.domain.refunds import Refund
from chalicelib.domain.strict_json import LARGEST_BODY, NotStrictJson, parse_object
from chalicelib.usecases.ports import CreatedSession

TEST_HOST = "https://apitest.wooshpay.com"
LIVE_HOST = "https://api.wooshpay.com"
PAGE_DOMAIN = ".wooshpay.com"
CONNECT_SECONDS, READ_SECONDS = 3, 8
REFUSALS = frozenset({400, 402, 404})  # 401, 403 are about the key: mended, the same will do


def http_client() -> httpx.Client:
    """The process's one HTTP client; it follows no redirect and ignores proxies of the machine."""
    return httpx.Client(
        timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "User-Agent": "tautan"},
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status and the JSON object, None when it was none."""

    status: int
    body: dict[str, Any] | None

    @property
    def ok(self) -> bool:
        """Whether the provider says that it did it."""
        return 200 <= self.status < 300

    @property
    def error(self) -> Mapping[str, str | None]:
        """The error object, whether nested under `error` or at the top (page 1763752)."""
        body = self.body or {}
        inner = body.get("error")
        try:
            return ErrorShape.model_validate(
                inner if isinstance(inner, dict) else body
            ).model_dump()
        except ValidationError:
            return {}


class NoAnswer(Exception):
    """The request may or may not have arrived; what came back, if anything, was no answer."""


@dataclass(frozen=True, slots=True)
class WooshPay:
    """The provider for one merchant and mode. `base` is the API's address, without a path."""

    http: httpx.Client
    base: str
    key: str
    tenant: Tenant
    units: MinorUnits

    def create_session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> CreatedSession:
        """`POST /v1/checkout/sessions` (page 42654181), under our session's id."""
        try:
            body = self._session(payment, success_url, cancel_url)
            answer = self._post("/v1/checkout/sessions", body, session_id(payment.id))
        except NotExpressible as error:
            raise PspRejected(f"WooshPay cannot count this amount: {error}.") from None
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if answer.ok and answer.body is not None:
            return self._created(answer.body)
        raise self._failed(answer)

    def expire_session(self, session: str) -> None:
        """`POST /v1/checkout/sessions/{id}/expire` (page 312492329)."""
        try:
            answer = self._post(f"/v1/checkout/sessions/{session}/expire", {}, f"expire_{session}")
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if not answer.ok:
            raise self._failed(answer)

    def register_webhook(self, url: str, events: Sequence[str]) -> str:
        """`POST /v1/webhook_endpoints` (page 42648310), once for each address."""
        body = {"url": url, "enabled_events": list(events)}
        key = hashlib.sha256(url.encode()).hexdigest()
        try:
            answer = self._post("/v1/webhook_endpoints", body, f"webhook_{key}")
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        secret = (answer.body or {}).get("secret")
        if answer.ok and isinstance(secret, str) and is_safe_secret(secret):
            return secret
        raise self._failed(answer)

    def refund(self, refund: Refund) -> RefundOutcome:
        """`POST /v1/refunds` (page 51369554), under our refund's id; the amount is always sent."""
        try:
            amount = str(self.units.theirs(refund.amount))
        except NotExpressible as error:  # not sent now, but perhaps when the setting was another
            return Declined(f"WooshPay cannot count this: {error}")
        body = {
            "payment_intent": refund.intent,
            "amount": amount,
            "metadata": {REFUND_KEY: refund.id, PAYMENT_KEY: session_id(refund.payment)},
            **({"reason": refund.reason} if refund.reason else {}),
        }
        try:
            answer = self._post("/v1/refunds", body, refund.id)
        except NoAnswer as error:
            return InDoubt(str(error))
        if not answer.ok and answer.body is not None:
            return refused(answer.status, answer.error)
        if answer.body is None:
            return InDoubt("the answer makes no sense")
        return self._refunded(refund, answer.body)

    def _session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> dict[str, Any]:
        ours = {PAYMENT_KEY: session_id(payment.id)}
        optional = {"cancel_url": cancel_url, "customer_email": payment.customer_email}
        return {
            "mode": "payment",
            "success_url": success_url,
            "payment_method_types": list(payment.payment_method_types),
            "client_reference_id": session_id(payment.id),
            "metadata": ours,
            "payment_intent_data": {"metadata": ours},
            "line_items": [
                {
                    "price_data": {
                        "currency": item.price.unit_amount.currency,
                        "unit_amount": self.units.theirs(item.price.unit_amount),
                        "product_data": {"name": item.product.name},
                    },
                    "quantity": item.quantity,
                }
                for item in payment.items
            ],
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _created(self, body: dict[str, Any]) -> CreatedSession:
        try:
            session = SessionShape.model_validate(body)
            amount = self.units.ours(session.amount_total, session.currency)
        except (ValidationError, NotExpressible) as error:
            raise PspUnavailable("WooshPay's answer makes no sense.") from error
        if not session.url or not session.payment_intent or not self._is_theirs(session.url):
            raise PspUnavailable("WooshPay's answer leads to no page of its own.")
        provider = ProviderSession(session.id, session.payment_intent, session.url)
        return CreatedSession(provider, amount, session.livemode)

    def _is_theirs(self, url: str) -> bool:
        """Whether a shopper may be sent there: https at WooshPay, or the API's own host."""
        if not (url.isascii() and url.isprintable()) or set(url) & set(' \\<>"'):
            return False  # a browser would read the host, or a header the line, in another way
        try:
            page, base = urlsplit(url), urlsplit(self.base)
        except ValueError:
            return False
        if "@" in page.netloc:
            return False
        if (page.scheme, page.netloc) == (base.scheme, base.netloc):
            return True
        return page.scheme == "https" and (page.hostname or "").endswith(PAGE_DOMAIN)

    def _refunded(self, refund: Refund, body: dict[str, Any]) -> RefundOutcome:
        try:
            fact = refund_fact(RefundShape.model_validate(body), self.units)
        except (ValidationError, NotExpressible, KeyError):
            return InDoubt("the answer makes no sense")
        if (fact.amount, fact.intent) != (refund.amount, refund.intent):
            return InDoubt(f"the answer is about {fact.amount} of {fact.intent[:40]}")
        match fact.status:
            case RefundFactStatus.SUCCEEDED:
                return Done(fact.psp_refund)
            case RefundFactStatus.PENDING:
                return Accepted(fact.psp_refund)
            case RefundFactStatus.FAILED:
                return Declined("the refund failed at once")

    def _failed(self, answer: Answer) -> PspRejected | PspUnavailable:
        told = answer.error.get("message") or answer.error.get("code") or "no reason given"
        if answer.status in REFUSALS:
            return PspRejected(
                f"WooshPay refused: {told[:300]}", details={"psp_status": answer.status}
            )
        return PspUnavailable("WooshPay is not available.", details={"psp_status": answer.status})

    def _post(self, path: str, body: Mapping[str, Any], idempotency_key: str) -> Answer:
        try:
            with self.http.stream(
                "POST",
                self.base + path,
                json=body,
                auth=(self.key, ""),
                headers={"Idempotency-Key": idempotency_key},
            ) as response:
                return Answer(response.status_code, _read(response))
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from error


def _read(response: httpx.Response) -> dict[str, Any] | None:
    """The JSON object that came back; None for anything else, too much, or a drip too slow."""
    text, until = bytearray(), time.monotonic() + READ_SECONDS
    for chunk in response.iter_bytes():
        text += chunk
        if len(text) > LARGEST_BODY or time.monotonic() > until:
            return None
    try:
        return parse_object(bytes(text))
    except NotStrictJson:
        return None
