"""The provider's door for one tenant, at the port: each call is a yield point, and its request or
its answer may get lost, come late or come as an error. What an answer means is told by the real
tables of the adapter.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.outcomes import refused
from chalicelib.adapters.wooshpay.payloads import IntentShape, RefundShape
from chalicelib.adapters.wooshpay.translate import intent_fact, refund_fact
from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Millis, Tenant, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import NextAction, Payment, ProviderSession
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
from simulator.endpoints import WithoutEndpoints
from simulator.faults import Faults
from simulator.provider import Answer, Provider
from simulator.scheduler import Scheduler
from simulator.shapes import Json
from simulator.strokes import points

BEFORE = (
    *("crash before", "request lost", "request late", "500 before", "429", "409", "401"),
    "frozen before",
)
AFTER = ("crash after", "answer lost", "500 after", "frozen after")
READING = ("answer late",)
PATIENCE_MS = 8_000
LATEST_MS = 600_000  # a request that arrives after its sender gave up; later, none does
LAG_MS = 300_000
UNITS = MinorUnits({"IDR": 0})


class NoAnswer(Exception):
    """Nothing came back in time."""


class SimPsp(WithoutEndpoints):
    """The provider for one merchant and mode."""

    def __init__(
        self, scheduler: Scheduler, faults: Faults, provider: Provider, tenant: Tenant
    ) -> None:
        self.calls: Counter[str] = Counter()
        self.hits: Counter[str] = Counter()
        self._scheduler, self._faults = scheduler, faults
        self._provider, self._tenant = provider, tenant
        self._account = str(tenant.merchant)
        self.under_way: Counter[str] = Counter()  # requests of each refund that may yet arrive

    # --- Psp --------------------------------------------------------------------------------

    def create_session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> CreatedSession:
        """A page, the same one for the same payment where keys are honoured."""
        asked = {
            "amount": UNITS.theirs(payment.amount),
            "currency": payment.amount.currency,
            "methods": list(payment.payment_method_types),
            "metadata": {"tautan_payment": session_id(payment.id)},
            "direct": payment.direct is not None,
        }
        key = session_id(payment.id)
        body = self._told(
            "create_session",
            lambda: self._provider.create_session(self._account, key, asked),
            ("sessions", key),
        )
        names = ProviderSession(body["id"], body["payment_intent"], body["url"])
        amount = UNITS.ours(body["amount_total"], body["currency"])
        return CreatedSession(names, amount, body["livemode"])

    def expire_session(self, session: str) -> None:
        """Close the page."""
        self._told("expire_session", lambda: self._provider.expire_session(self._account, session))

    def create_intent(self, payment: Payment, return_url: str) -> CreatedSession:
        """A payment at a wallet, without a page of the provider."""
        created = self.create_session(payment, return_url, None)
        action = NextAction("redirect_to_url", "redirect")
        names = replace(created.provider, session=None, action=action)
        return replace(created, provider=names)

    def cancel_intent(self, intent: str) -> None:
        """End a payment that nobody has paid."""
        self._told("cancel_intent", lambda: self._provider.cancel_intent(self._account, intent))

    def intent(self, id: str) -> IntentFact:
        """The payment intent, perhaps as it was some minutes ago."""
        lag = self._lag("intent")
        body = self._told("intent", lambda: self._provider.intent(self._account, id, lag))
        return _intent(body)

    def find_refund(self, id: str) -> RefundFact:
        """The refund, perhaps as it was some minutes ago."""
        lag = self._lag("find_refund")
        body = self._told("find_refund", lambda: self._provider.find_refund(self._account, id, lag))
        return refund_fact(RefundShape.model_validate(body), UNITS)

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """Every payment intent made in [since, until)."""
        self._told("intents", lambda: Answer(200, {}))
        for each in list(self._provider.intents.values()):
            if each.account == self._account and since <= each.created < until:
                yield _intent(each.versions[-1][1])

    def refund(self, refund: Refund) -> RefundOutcome:
        """The refund under its own id, and what the adapter's table makes of the answer."""
        asked = self.asked(refund)
        key = self.key_of(refund)
        self.under_way[refund.id] += 1
        try:
            answer = self._call(
                "refund",
                lambda: self._provider.refund(self._account, key, asked),
                ("refunds", key),
            )
        except NoAnswer as error:
            return InDoubt(str(error))
        finally:
            self.under_way[refund.id] -= 1
        if not answer.ok:
            return refused(answer.status, answer.body["error"])
        return _outcome(refund, answer.body)

    def asked(self, refund: Refund) -> Json:
        """What is asked of the provider."""
        return {
            "payment_intent": refund.intent,
            "amount": str(UNITS.theirs(refund.amount)),
            "metadata": {
                "tautan_refund": refund.id,
                "tautan_payment": session_id(refund.payment),
            },
        }

    def key_of(self, refund: Refund) -> str:
        """The Idempotency-Key of a refund."""
        return refund.id

    # --- the wire -----------------------------------------------------------------------------

    def _told(
        self, kind: str, act: Callable[[], Answer], memory: tuple[str, str] | None = None
    ) -> dict[str, Any]:
        try:
            answer = self._call(kind, act, memory)
        except NoAnswer as error:
            raise PspUnavailable(f"WooshPay did not answer: {error}.") from None
        if answer.ok:
            return answer.body
        if answer.status in (400, 402, 404):
            raise PspRejected(f"WooshPay refused: {answer.body['error']['message']}")
        raise PspUnavailable("WooshPay is not available.")

    def _call(
        self, kind: str, act: Callable[[], Answer], memory: tuple[str, str] | None = None
    ) -> Answer:
        self.calls[kind] += 1
        scheduler, stroke = self._scheduler, f"psp.{kind}"
        actor = scheduler.current
        if actor is None:
            return act()
        began = scheduler.now
        scheduler.pause(stroke, self._faults.between(20, 400))
        if scheduler.now - began > PATIENCE_MS:  # held up on the way: it has given up, unsent
            raise NoAnswer("ConnectTimeout")
        before = self._faults.drawn(f"{actor.story} {stroke}", BEFORE)
        if before is not None:
            self.hits.update(points(actor.story, stroke, before))
            failed = self._before(before, stroke, act)
            if failed is not None:
                return failed
        answer = act()
        after = self._faults.drawn(f"{actor.story} {stroke}", AFTER)
        if after is not None:
            self.hits.update(points(actor.story, stroke, after))
            answer = self._after(after, stroke, answer, memory)
        scheduler.pause(f"{stroke} answers {answer.status}", self._faults.between(20, 400))
        return answer

    def _before(self, fault: str, stroke: str, act: Callable[[], Answer]) -> Answer | None:
        scheduler = self._scheduler
        match fault:
            case "crash before":
                scheduler.crash(f"before {stroke}")
            case "request lost":
                scheduler.pause(f"{stroke} gets lost", PATIENCE_MS)
                raise NoAnswer("ReadTimeout")
            case "request late":
                arrives = scheduler.now + self._faults.between(PATIENCE_MS, LATEST_MS)
                scheduler.at(arrives, lambda: _arrived(act))
                scheduler.pause(f"{stroke} is late", PATIENCE_MS)
                raise NoAnswer("ReadTimeout")
            case "frozen before":
                began = scheduler.now
                self._freeze(f"frozen before {stroke}")
                if scheduler.now - began > LATEST_MS:  # the clock has jumped meanwhile
                    raise NoAnswer("ConnectTimeout")
            case "500 before":
                return _failure(500, "api_error")
            case "409" if self._scheduler.current:
                return _failure(409, "idempotency_error")
            case _:
                return _failure(int(fault), "api_error")
        return None

    def _after(
        self, fault: str, stroke: str, answer: Answer, memory: tuple[str, str] | None
    ) -> Answer:
        scheduler = self._scheduler
        match fault:
            case "crash after":
                scheduler.crash(f"after {stroke}")
            case "answer lost":
                scheduler.pause(f"the answer to {stroke} gets lost", PATIENCE_MS)
                raise NoAnswer("ReadTimeout")
            case "frozen after":
                self._freeze(f"frozen after {stroke}")
            case "500 after":
                failure = _failure(500, "api_error")
                if memory is not None and self._provider.switches.stored_5xx and answer.ok:
                    self._provider.remember(self._account, *memory, failure)
                return failure
        return answer

    def _freeze(self, site: str) -> None:
        actor = self._scheduler.current
        assert actor is not None
        actor.froze = True
        self._scheduler.pause(site, self._faults.between(60_001, 360_000))

    def _lag(self, kind: str) -> int:
        late = self._faults.drawn(f"psp.{kind}", READING)
        return self._faults.between(1_000, LAG_MS) if late else 0


def _arrived(act: Callable[[], Answer]) -> None:
    act()


def _failure(status: int, type: str) -> Answer:
    return Answer(status, {"error": {"type": type, "message": "injected"}})


def _intent(body: Json) -> IntentFact:
    shape = IntentShape.model_validate(body)
    return intent_fact(shape, bool(body["livemode"]), UNITS)


def _outcome(refund: Refund, body: Json) -> RefundOutcome:
    fact = refund_fact(RefundShape.model_validate(body), UNITS)
    wanted: tuple[Money, str] = (refund.amount, refund.intent)
    if (fact.amount, fact.intent) != wanted:
        return InDoubt(f"the answer is about {fact.amount} of {fact.intent}")
    match fact.status:
        case RefundFactStatus.SUCCEEDED:
            return Done(fact.psp_refund)
        case RefundFactStatus.PENDING:
            return Accepted(fact.psp_refund)
        case RefundFactStatus.FAILED:
            return Declined("the refund failed at once")
