"""A payment provider as a state machine: sessions, intents and refunds, its memory of keys, and
the events that it sends. It answers as its HTTP API would, with a status and a JSON object.

The clock is the scheduler's; nothing here yields.
"""

from collections.abc import Callable
from dataclasses import dataclass

from simulator.scheduler import Scheduler
from simulator.shapes import (
    Intent,
    Json,
    PspRefund,
    dispute_shown,
    intent_shown,
    refund_shown,
    session_shown,
)
from simulator.switches import HOUR, Switches

Emit = Callable[[str, str, Json], None]  # account, type, object
LIFETIME_MS = 24 * HOUR
STILL_OPEN_MS = HOUR  # a wallet's own page may outlive the session's
ONE_PARTIAL = frozenset({"dana", "gcash", "alipay"})
FINAL = frozenset({"succeeded", "canceled"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the HTTP status and the body."""

    status: int
    body: Json

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.status < 300


class Provider:
    """Every account's state. `touched` hears of each intent whose money moved."""

    def __init__(self, scheduler: Scheduler, switches: Switches, emit: Emit) -> None:
        self.switches = switches
        self.intents: dict[str, Intent] = {}
        self.refunds: dict[str, tuple[Intent, PspRefund]] = {}
        self.refund_versions: dict[str, list[tuple[int, Json]]] = {}
        self.touched: Callable[[Intent], None] = lambda _: None
        self.settle_ms: Callable[[], tuple[int, bool]] = lambda: (10_000, True)
        self._scheduler = scheduler
        self._emit = emit
        self._keys: dict[tuple[str, str, str], tuple[int, Json, Answer]] = {}
        self.replayed: set[str] = set()  # keys whose last answer was an old one
        self._born = 0

    # --- the API ------------------------------------------------------------------------------

    def create_session(self, account: str, key: str, asked: Json) -> Answer:
        """`POST /v1/checkout/sessions`."""
        honoured = self.switches.keys_on_sessions
        return self._once(honoured, account, "sessions", key, asked, self._new_session)

    def expire_session(self, account: str, session: str) -> Answer:
        """`POST /v1/checkout/sessions/{id}/expire`."""
        found = [each for each in self.intents.values() if each.session == session]
        if not found or found[0].account != account:
            return _error(404, "No such session")
        if found[0].session_status != "open":
            return _error(400, f"The session is {found[0].session_status}")
        self.expire(found[0])
        return Answer(200, {"id": session})

    def cancel_intent(self, account: str, id: str) -> Answer:
        """`POST /v1/payment_intents/{id}/cancel`."""
        found = self.intents.get(id)
        if found is None or found.account != account:
            return _error(404, "No such payment_intent")
        if found.status in FINAL or found.status == "processing":
            return _error(400, f"The payment intent is {found.status}")
        found.status, found.session_status = "canceled", "expired"
        self._tell(found, "payment_intent.canceled")
        return Answer(200, {"id": id})

    def refund(self, account: str, key: str, asked: Json) -> Answer:
        """`POST /v1/refunds`."""
        honoured = self.switches.keys_on_refunds
        return self._once(honoured, account, "refunds", key, asked, self._new_refund)

    def intent(self, account: str, id: str, lag_ms: int = 0) -> Answer:
        """`GET /v1/payment_intents/{id}`, as it stood `lag_ms` ago."""
        found = self.intents.get(id)
        if found is None or found.account != account:
            return _error(404, "No such payment_intent")
        return Answer(200, self._seen(found.versions, lag_ms))

    def find_refund(self, account: str, id: str, lag_ms: int = 0) -> Answer:
        """`GET /v1/refunds/{id}`, as it stood `lag_ms` ago."""
        found = self.refunds.get(id)
        if found is None or found[0].account != account:
            return _error(404, "No such refund")
        self.replayed.discard(found[1].key or "")
        shown = self._seen(self.refund_versions[id], lag_ms)
        return Answer(200, shown if self.switches.metadata_on_refund else {**shown, "metadata": {}})

    def remember(self, account: str, route: str, key: str, answer: Answer) -> None:
        """Replay `answer` for this key from now on."""
        memory = self._keys.get((account, route, key))
        if memory is not None:
            self._keys[account, route, key] = (*memory[:2], answer)

    # --- what happens there without us ----------------------------------------------------------

    def pay(self, intent: Intent, *, short: int = 0, currency: str | None = None) -> None:
        """The shopper pays: all of it, or `short` of it, or in another currency."""
        over = self._scheduler.now - intent.created > LIFETIME_MS + STILL_OPEN_MS
        if intent.status in FINAL or intent.status == "processing" or over:
            return
        if currency is not None:
            intent.currency = currency
        intent.method = intent.methods[0]
        if self.switches.processing_first:
            intent.status = "processing"
            self._tell(intent, "payment_intent.processing")
            self._later(10_000, lambda: self._succeed(intent, short))
        else:
            self._succeed(intent, short)

    def decline(self, intent: Intent) -> None:
        """The wallet declines; another attempt is possible."""
        if intent.status not in FINAL:
            self._tell(intent, "payment_intent.payment_failed")

    def expire(self, intent: Intent) -> None:
        """The hosted page ends, if there is one."""
        if not intent.session or intent.session_status != "open":
            return
        intent.session_status = "expired"
        if self.switches.expire_cancels and intent.status not in FINAL:
            intent.status = "canceled"
            self._tell(intent, "payment_intent.canceled")
        if self.switches.expired_event:
            self._emit(intent.account, "checkout.session.expired", session_shown(intent))

    def refund_by_hand(self, intent: Intent, amount: int) -> bool:
        """Somebody refunds in the dashboard; False when there is not as much left."""
        if intent.status != "succeeded" or amount > intent.received - intent.refunded():
            return False
        refund = self._add_refund(intent, amount, {}, None)
        self._first_word(intent, refund, told=self.switches.dashboard_event)
        return True

    def give_back(self, refund: PspRefund) -> None:
        """The bank returns a refund that had been made, or was on its way."""
        intent = self.refunds[refund.id][0]
        if refund.counts:
            refund.status = "failed"
            self._refund_changed(intent, refund, told=True)

    def dispute(self, intent: Intent, status: str) -> None:
        """A dispute is opened, won or lost."""
        opens, is_open = status == "needs_response", intent.dispute_status == "needs_response"
        if intent.status != "succeeded" or opens == bool(intent.dispute) or opens == is_open:
            return
        intent.dispute, intent.dispute_status = intent.dispute or self._new("dp"), status
        kind = "created" if status == "needs_response" else "closed"
        self._emit(intent.account, f"charge.dispute.{kind}", dispute_shown(intent))

    # --- inside -----------------------------------------------------------------------------

    def _once(
        self,
        honoured: bool,
        account: str,
        route: str,
        key: str,
        asked: Json,
        act: Callable[[str, str, Json], Answer],
    ) -> Answer:
        place, now = (account, route, key), self._scheduler.now
        memory = self._keys.get(place)
        if honoured and memory and now - memory[0] < self.switches.key_hours * HOUR:
            if memory[1] != asked:
                return _error(400, "This key came with other parameters", "idempotency_error")
            self.replayed.add(key)
            return memory[2]
        answer = act(account, key, asked)
        if answer.ok:
            self._keys[place] = (now, asked, answer)
        return answer

    def _new_session(self, account: str, key: str, asked: Json) -> Answer:
        intent = Intent(
            id=self._new("pi"),
            session="" if asked["direct"] else self._new("cs"),
            account=account,
            created=self._scheduler.now,
            amount=asked["amount"],
            currency=asked["currency"],
            methods=asked["methods"],
            metadata=asked["metadata"],
        )
        self.intents[intent.id] = intent
        self._changed(intent)
        self._later(LIFETIME_MS, lambda: self.expire(intent))
        return Answer(200, session_shown(intent))

    def _new_refund(self, account: str, key: str, asked: Json) -> Answer:
        intent = self.intents.get(asked["payment_intent"])
        if intent is None or intent.account != account:
            return _error(404, "No such payment_intent")
        if intent.status != "succeeded":
            return _error(400, "This payment has not succeeded")
        amount = int(asked.get("amount") or intent.received - intent.refunded())
        if self.switches.guards_refunds:
            left, over = intent.received - intent.refunded(), self.switches.over_refund_status
            if not left:
                return _error(over, "This payment is already refunded")
            if amount > left:
                return _error(over, f"Only {left} of this payment can still be refunded")
            again = any(each.counts for each in intent.refunds)
            if again and intent.method in ONE_PARTIAL and not self.switches.second_partial_allowed:
                return _error(400, "One partial refund only, and there is one already")
        refund = self._add_refund(intent, amount, asked["metadata"], key)
        self._first_word(intent, refund, told=True)
        return Answer(200, refund_shown(intent, refund))

    def _add_refund(
        self, intent: Intent, amount: int, metadata: Json, key: str | None
    ) -> PspRefund:
        refund = PspRefund(
            id=self._new("re"),
            amount=amount,
            status=self.switches.first_status,
            metadata=metadata,
            key=key,
            created=self._scheduler.now,
        )
        intent.refunds.append(refund)
        self.refunds[refund.id] = (intent, refund)
        self.refund_versions[refund.id] = []
        return refund

    def _first_word(self, intent: Intent, refund: PspRefund, *, told: bool) -> None:
        self._refund_changed(intent, refund, told=told and refund.status != "pending")
        if refund.status == "pending":
            wait, succeeds = self.settle_ms()
            self._later(wait, lambda: self._settle(intent, refund, succeeds, told))

    def _settle(self, intent: Intent, refund: PspRefund, succeeds: bool, told: bool) -> None:
        if refund.status == "pending":
            refund.status = "succeeded" if succeeds else "failed"
            self._refund_changed(intent, refund, told=told)

    def _refund_changed(self, intent: Intent, refund: PspRefund, *, told: bool) -> None:
        shown = refund_shown(intent, refund)
        self.refund_versions[refund.id].append((self._scheduler.now, shown))
        self._changed(intent)
        if told:
            bare = {**shown, "metadata": {}}
            event = shown if self.switches.metadata_on_refund_event else bare
            self._emit(intent.account, "charge.refund.updated", event)

    def _succeed(self, intent: Intent, short: int) -> None:
        if intent.status in FINAL:
            return
        intent.status, intent.received = "succeeded", intent.amount - short
        intent.session_status = "complete"
        self._tell(intent, "payment_intent.succeeded")

    def _tell(self, intent: Intent, type: str) -> None:
        self._changed(intent)
        self._emit(intent.account, type, intent.versions[-1][1])

    def _changed(self, intent: Intent) -> None:
        intent.versions.append((self._scheduler.now, intent_shown(intent, self.switches)))
        self.touched(intent)

    def _seen(self, versions: list[tuple[int, Json]], lag_ms: int) -> Json:
        until = self._scheduler.now - lag_ms
        seen = [shown for at, shown in versions if at <= until]
        return seen[-1] if seen else versions[0][1]

    def _later(self, ms: int, act: Callable[[], None]) -> None:
        self._scheduler.at(self._scheduler.now + ms, act)

    def _new(self, kind: str) -> str:
        self._born += 1
        return f"{kind}_{7_000_000 + self._born}"


def _error(status: int, message: str, type: str = "invalid_request_error") -> Answer:
    return Answer(status, {"error": {"type": type, "message": message}})
