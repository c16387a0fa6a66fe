"""WooshPay's API: HTTP Basic, JSON, an Idempotency-Key on every POST, no redirects, bounded sizes.

What an answer means is said here; http.py asks.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from pydantic import ValidationError

from chalicelib.adapters.wooshpay.bodies import intent_body, refund_body, session_body
from chalicelib.adapters.wooshpay.hearing import Hear, Heard, nobody, template
from chalicelib.adapters.wooshpay.http import Answer, NoAnswer, asked
from chalicelib.adapters.wooshpay.minor_units import MinorUnits, NotExpressible
from chalicelib.adapters.wooshpay.outcomes import refused
from chalicelib.adapters.wooshpay.payloads import (
    EndpointPage,
    IntentShape,
    RefundShape,
    SessionShape,
)
from chalicelib.adapters.wooshpay.redirects import is_plain, redirect_in
from chalicelib.adapters.wooshpay.translate import intent_fact, refund_fact
from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Millis, Tenant, intent_id, session_id
from chalicelib.domain.payments import Payment, ProviderSession
from chalicelib.domain.provider_account import PspEndpoint, is_safe_secret
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    IntentFact,
    RefundFact,
    RefundFactStatus,
    RefundOutcome,
)
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.ports import CreatedSession

TEST_HOST = "https://apitest.wooshpay.com"
LIVE_HOST = "https://api.wooshpay.com"
PAGE_DOMAIN = ".wooshpay.com"
LISTED = 100
REFUSALS = frozenset({400, 402, 404})  # 401, 403 are about the key: mended, the same will do


@dataclass(frozen=True, slots=True)
class WooshPay:
    """The provider for one merchant and mode. `base` is the API's address, without a path; `hear`
    is told of each call."""

    http: httpx.Client
    base: str
    key: str
    tenant: Tenant
    units: MinorUnits
    hear: Hear = nobody

    def create_session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> CreatedSession:
        """`POST /v1/checkout/sessions` (page 42654181), under our session's id."""
        try:
            body = session_body(payment, success_url, cancel_url, self.units)
            answer = self._post("/v1/checkout/sessions", body, session_id(payment.id))
        except NotExpressible as error:
            raise PspRejected(f"WooshPay cannot count this amount: {error}.") from None
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if answer.ok and answer.body is not None:
            return self._created(answer.body)
        raise self._failed(answer)

    def create_intent(self, payment: Payment, return_url: str) -> CreatedSession:
        """`POST /v1/payment_intents` with `confirm` (page 42631218), under our intent's id."""
        key = intent_id(payment.id)
        try:
            answer = self._post(
                "/v1/payment_intents", intent_body(payment, return_url, self.units), key
            )
        except NotExpressible as error:
            raise PspRejected(f"WooshPay cannot count this amount: {error}.") from None
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if answer.ok and answer.body is not None:
            return self._begun(answer.body)
        raise self._failed(answer)

    def cancel_intent(self, intent: str) -> None:
        """`POST /v1/payment_intents/{id}/cancel` (page 52305869)."""
        self._done(f"/v1/payment_intents/{quote(intent, safe='')}/cancel", f"cancel_{intent}")

    def expire_session(self, session: str) -> None:
        """`POST /v1/checkout/sessions/{id}/expire` (page 312492329)."""
        path = f"/v1/checkout/sessions/{quote(session, safe='')}/expire"
        self._done(path, f"expire_{session}")

    def _done(self, path: str, key: str, body: Mapping[str, Any] | None = None) -> None:
        try:
            answer = self._post(path, body or {}, key)
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if not answer.ok:
            raise self._failed(answer)

    def register_webhook(self, url: str, events: Sequence[str], attempt: str = "") -> str:
        """`POST /v1/webhook_endpoints` (page 42648310), once for each address and attempt."""
        body = {"url": url, "enabled_events": list(events)}
        key = hashlib.sha256(f"{url}{attempt}".encode()).hexdigest()
        try:
            answer = self._post("/v1/webhook_endpoints", body, f"webhook_{key}")
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        secret = (answer.body or {}).get("secret")
        if answer.ok and isinstance(secret, str) and is_safe_secret(secret):
            return secret
        raise self._failed(answer)

    def webhook_endpoints(self) -> list[PspEndpoint]:
        """`GET /v1/webhook_endpoints` (page 42648473); secrets that it may show are not read."""
        try:
            page = EndpointPage.model_validate(self._get(f"/v1/webhook_endpoints?limit={LISTED}"))
        except ValidationError as error:
            raise PspUnavailable("WooshPay's answer makes no sense.") from error
        return [
            PspEndpoint(
                id=each.id,
                url=each.url,
                enabled_events=tuple(each.enabled_events),
                enabled=each.status == "enabled",
                created=Millis(each.created),
            )
            for each in page.data
        ]

    def update_webhook(self, id: str, events: Sequence[str]) -> None:
        """`POST /v1/webhook_endpoints/{id}` (page 42648393)."""
        key = hashlib.sha256(f"{id}{events}".encode()).hexdigest()
        body = {"enabled_events": list(events)}
        self._done(f"/v1/webhook_endpoints/{quote(id, safe='')}", f"webhook_{key}", body)

    def delete_webhook(self, id: str) -> None:
        """`DELETE /v1/webhook_endpoints/{id}` (page 42648393)."""
        path = f"/v1/webhook_endpoints/{quote(id, safe='')}"
        try:
            answer = self._asked("DELETE", path)
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if not answer.ok:
            raise self._failed(answer)

    def refund(self, refund: Refund) -> RefundOutcome:
        """`POST /v1/refunds` (page 51369554), under our refund's id; the amount is always sent."""
        try:
            body = refund_body(refund, self.units)
        except NotExpressible as error:  # not sent now, but perhaps when the setting was another
            return Declined(f"WooshPay cannot count this: {error}")
        try:
            answer = self._post("/v1/refunds", body, refund.id)
        except NoAnswer as error:
            return InDoubt(str(error))
        if not answer.ok and answer.body is not None:
            return refused(answer.status, answer.error, answer.retry_after_ms)
        if answer.body is None:
            return InDoubt("the answer makes no sense")
        return self._refunded(refund, answer.body)

    def intent(self, id: str) -> IntentFact:
        """`GET /v1/payment_intents/{id}` (page 44642278)."""
        return self._intent(self._get(f"/v1/payment_intents/{quote(id, safe='')}"), id)

    def find_refund(self, id: str) -> RefundFact:
        """`GET /v1/refunds/{id}` (page 52306151)."""
        try:
            shape = RefundShape.model_validate(self._get(f"/v1/refunds/{quote(id, safe='')}"))
            fact = refund_fact(shape, self.units)
        except (ValidationError, NotExpressible, KeyError) as error:
            raise PspUnavailable("WooshPay's answer makes no sense.") from error
        if fact.psp_refund != id:
            raise PspUnavailable("WooshPay answered with another refund.")
        return fact

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """`GET /v1/payment_intents` (page 52305900), newest first, a hundred at a time."""
        bounds = f"limit={LISTED}&created[gte]={since}&created[lt]={until}"
        after = ""
        while True:
            page = self._get(f"/v1/payment_intents?{bounds}{after}")
            found = page.get("data")
            if not isinstance(found, list):
                raise PspUnavailable("WooshPay's answer makes no sense.")
            facts = [self._intent(each) for each in found]
            yield from facts
            if page.get("has_more") is not True or not facts:
                return
            after = f"&starting_after={quote(facts[-1].intent, safe='')}"

    def _intent(self, body: Any, id: str | None = None) -> IntentFact:
        try:
            fact = intent_fact(IntentShape.model_validate(body), self.tenant.livemode, self.units)
        except (ValidationError, NotExpressible, KeyError) as error:
            raise PspUnavailable("WooshPay's answer makes no sense.") from error
        if id is not None and fact.intent != id:
            raise PspUnavailable("WooshPay answered with another payment intent.")
        return fact

    def _begun(self, body: dict[str, Any]) -> CreatedSession:
        try:
            shape = IntentShape.model_validate(body)
            amount = self.units.ours(shape.amount, shape.currency)
        except (ValidationError, NotExpressible) as error:
            raise PspUnavailable("WooshPay's answer makes no sense.") from error
        found = redirect_in(shape.next_action)
        action, url = found if found is not None else (None, None)
        if url is not None and not self._is_wallet(url):
            raise PspUnavailable("WooshPay's answer leads to no page that is safe to open.")
        livemode = self.tenant.livemode if shape.livemode is None else shape.livemode
        return CreatedSession(ProviderSession(None, shape.id, url, action), amount, livemode)

    def _is_wallet(self, url: str) -> bool:
        """Whether a shopper may be sent there: https at whatever wallet, or the API's own host."""
        return self._is_theirs(url) or (is_plain(url) and urlsplit(url).scheme == "https")

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
        if not is_plain(url):
            return False
        page, base = urlsplit(url), urlsplit(self.base)
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
        about_key = answer.status in (401, 403)
        said = "WooshPay does not take our key" if about_key else "WooshPay is not available"
        status = {"psp_status": answer.status}
        return PspUnavailable(f"{said} ({answer.status}).", details=dict(status))

    def _get(self, path: str) -> dict[str, Any]:
        """The object that is there; raises PspRejected or PspUnavailable."""
        try:
            answer = self._asked("GET", path)
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from error
        if not answer.ok:
            raise self._failed(answer)
        if answer.body is None:
            raise PspUnavailable("WooshPay's answer makes no sense.")
        return answer.body

    def _post(self, path: str, body: Mapping[str, Any], idempotency_key: str) -> Answer:
        return self._asked("POST", path, body, idempotency_key)

    def _asked(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Answer:
        """The answer; whoever watches is told of it, or why there was none."""
        started = time.perf_counter()
        (call, id), status, why = template(method, path), None, None
        try:
            answer = asked(
                self.http,
                self.key,
                method,
                self.base + path,
                body=body,
                idempotency_key=idempotency_key,
            )
            status = answer.status
            if answer.body is None and method != "DELETE":
                why = "Unreadable"
            return answer
        except NoAnswer as error:
            why = str(error)
            raise
        finally:
            took_ms = (time.perf_counter() - started) * 1000
            self.hear(self.tenant, Heard(call, idempotency_key or id, status, why, took_ms))
