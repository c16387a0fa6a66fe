"""A payment service provider in memory: idempotent by our keys, scriptable, and it counts.

`before` and `after` are called with the kind of call (create_session, refund, …): what `before`
raises happens instead of the call, what `after` raises happens although the call took effect.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Millis, Tenant, intent_id, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import NextAction, Payment, ProviderSession
from chalicelib.domain.provider_account import PspEndpoint
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    IntentFact,
    IntentStatus,
    NotExecuted,
    RefundFact,
    RefundFactStatus,
    RefundOutcome,
)
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.ports import CreatedSession, Psp

Hook = Callable[[str], None]
ALREADY = "400 This payment is already refunded"
TOO_MUCH = "400 More than can still be refunded"
SECOND = "400 One partial refund only, and there is one already"


@dataclass
class HostedPage:
    """The provider's session and intent in one."""

    provider: ProviderSession
    asked: Money
    methods: tuple[str, ...]
    success_url: str
    cancel_url: str | None
    paid: bool = False
    expired: bool = False
    refunds: list[Money] = field(default_factory=list)

    @property
    def refunded(self) -> int:
        """What went back, in the smallest unit."""
        return sum(each.amount for each in self.refunds)


class FakePsp(Psp):
    """The provider for one merchant and mode."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.calls: Counter[str] = Counter()
        self.keys: list[str] = []
        self.pages: dict[str, HostedPage] = {}  # by our session's id
        self.refunds: dict[str, RefundOutcome] = {}  # by our refund's id
        self.outcomes: deque[RefundOutcome] = deque()  # what the next refunds come to, not executed
        self.offers: deque[CreatedSession | Exception] = deque()  # what the next sessions come to
        self.endpoints: dict[str, str] = {}  # secrets by address and attempt
        self.registered: dict[str, PspEndpoint] = {}
        self.one_partial_only = True
        self.shows_refunded = True
        self.known_refunds: dict[str, RefundFact] = {}  # by the provider's id
        self.before: Hook | None = None
        self.after: Hook | None = None
        self._born = 0

    # --- Psp --------------------------------------------------------------------------------

    def create_session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> CreatedSession:
        """A page, the same one for the same payment."""
        self._enter("create_session", key := session_id(payment.id))
        if self.offers:
            offer = self.offers.popleft()
            if isinstance(offer, Exception):
                raise offer
            return offer
        if key not in self.pages:
            self._born += 1
            number = 1000 + self._born
            names = ProviderSession(f"cs_{number}", f"pi_{number}", f"https://psp.test/{number}")
            self.pages[key] = HostedPage(
                names, payment.amount, payment.payment_method_types, success_url, cancel_url
            )
        self._leave("create_session")
        page = self.pages[key]
        return CreatedSession(page.provider, page.asked, self.tenant.livemode)

    def expire_session(self, session: str) -> None:
        """Close the page, which may be closed already; one that is paid is refused."""
        self._enter("expire_session", f"expire_{session}")
        page = self._page(lambda each: each.provider.session == session)
        if page is None or page.paid:
            raise PspRejected("Only an open session can expire.")
        page.expired = True
        self._leave("expire_session")

    def webhook_endpoints(self) -> Sequence[PspEndpoint]:
        """Every endpoint that was registered and not deleted."""
        self._enter("webhook_endpoints", "")
        return list(self.registered.values())

    def update_webhook(self, id: str, events: Sequence[str]) -> None:
        """Have these events delivered to it."""
        self._enter("update_webhook", id)
        if id not in self.registered:
            raise PspRejected("No such webhook endpoint")
        self.registered[id] = replace(self.registered[id], enabled_events=tuple(events))

    def delete_webhook(self, id: str) -> None:
        """It is gone."""
        self._enter("delete_webhook", id)
        if self.registered.pop(id, None) is None:
            raise PspRejected("No such webhook endpoint")

    def register_webhook(self, url: str, events: Sequence[str], attempt: str = "") -> str:
        """A secret, the same one for the same address."""
        self._enter("register_webhook", f"webhook_{url}{attempt}")
        self._leave("register_webhook")
        named = f"{url}{attempt}"
        if named not in self.endpoints:
            self.endpoints[named] = f"whsec_{len(self.endpoints):032d}"
            id = f"we_{len(self.endpoints)}"
            self.registered[id] = PspEndpoint(
                id=id,
                url=url,
                enabled_events=tuple(events),
                enabled=True,
                created=Millis(len(self.endpoints)),
            )
        return self.endpoints[named]

    def create_intent(self, payment: Payment, return_url: str) -> CreatedSession:
        """An intent that waits for the shopper at a wallet, the same one for the same payment."""
        self._enter("create_intent", intent_id(payment.id))
        if self.offers:
            offer = self.offers.popleft()
            if isinstance(offer, Exception):
                raise offer
            return offer
        own = session_id(payment.id)
        if own not in self.pages:
            self._born += 1
            number = 1000 + self._born
            action = NextAction("redirect_to_url", f"{payment.payment_method_types[0]}_redirect")
            names = ProviderSession(None, f"pi_{number}", f"https://w.test/{number}", action)
            self.pages[own] = HostedPage(
                names, payment.amount, payment.payment_method_types, return_url, None
            )
        self._leave("create_intent")
        page = self.pages[own]
        return CreatedSession(page.provider, page.asked, self.tenant.livemode)

    def cancel_intent(self, intent: str) -> None:
        """End it, unless it is paid or has ended."""
        self._enter("cancel_intent", f"cancel_{intent}")
        page = self._page(lambda each: each.provider.intent == intent)
        if page is None or page.paid or page.expired:
            raise PspRejected("Only an open intent can be canceled.")
        page.expired = True
        self._leave("cancel_intent")

    def refund(self, refund: Refund) -> RefundOutcome:
        """The refund under its own id: sent again it is the same one."""
        self._enter("refund", refund.id)
        if self.outcomes:
            return self.outcomes.popleft()
        if refund.id not in self.refunds:
            outcome = self._refunded(refund)
            if not isinstance(outcome, Done):
                return outcome
            self.refunds[refund.id] = outcome
        self._leave("refund")
        return self.refunds[refund.id]

    def intent(self, id: str) -> IntentFact:
        """The payment intent as it stands."""
        self._enter("intent", id)
        page = self._page(lambda each: each.provider.intent == id)
        if page is None:
            raise PspRejected("No such payment_intent")
        self._leave("intent")
        return self._fact(page)

    def find_refund(self, id: str) -> RefundFact:
        """A refund as it stands."""
        self._enter("find_refund", id)
        if id not in self.known_refunds:
            raise PspRejected("No such refund")
        self._leave("find_refund")
        return self.known_refunds[id]

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """Every intent; this provider does not remember when they were made."""
        self._enter("intents", f"{since}-{until}")
        yield from [self._fact(page) for page in self.pages.values()]

    def _fact(self, page: HostedPage) -> IntentFact:
        status = IntentStatus.SUCCEEDED if page.paid else IntentStatus.WAITING
        nothing = page.asked.with_amount(0)
        return IntentFact(
            intent=page.provider.intent,
            status=status,
            amount=page.asked,
            received=page.asked if page.paid else nothing,
            livemode=self.tenant.livemode,
            refunded=page.asked.with_amount(page.refunded) if self.shows_refunded else None,
            method=page.methods[0] if page.paid else None,
        )

    # --- for tests --------------------------------------------------------------------------

    def pay(self, payment: Payment) -> None:
        """The shopper pays."""
        self.pages[session_id(payment.id)].paid = True

    def page_of(self, payment: Payment) -> HostedPage:
        """The page of a payment."""
        return self.pages[session_id(payment.id)]

    def accept(self, refund_id: str, reference: str = "re_accepted") -> None:
        """Answer the refund as taken on, to be settled later."""
        self.refunds[refund_id] = Accepted(reference)

    def _page(self, fits: Callable[[HostedPage], bool]) -> HostedPage | None:
        return next(filter(fits, self.pages.values()), None)

    def _refunded(self, refund: Refund) -> RefundOutcome:
        page = self._page(lambda each: each.provider.intent == refund.intent)
        if page is None:
            return NotExecuted("404 No such payment_intent")
        if not page.paid:
            return Declined("400 This payment has not succeeded")
        left = page.asked.amount - page.refunded
        if left == 0:
            return Declined(ALREADY)
        if refund.amount.amount > left:
            return Declined(TOO_MUCH)
        if page.refunds and self.one_partial_only:
            return Declined(SECOND)
        page.refunds.append(refund.amount)
        name = f"re_{9000 + len(self.refunds)}"
        self.known_refunds[name] = RefundFact(
            psp_refund=name,
            intent=refund.intent,
            status=RefundFactStatus.SUCCEEDED,
            amount=refund.amount,
            payment=refund.payment,
            refund=refund.id,
        )
        return Done(name)

    def _enter(self, kind: str, key: str) -> None:
        self.calls[kind] += 1
        self.keys.append(key)
        if self.before is not None:
            self.before(kind)

    def _leave(self, kind: str) -> None:
        if self.after is not None:
            self.after(kind)


class LosingPsp(FakePsp):
    """A provider whose refund answers get lost, with the effect, as its client tells them."""

    def __init__(self, tenant: Tenant, lost: int) -> None:
        super().__init__(tenant)
        self.lost = lost

    def refund(self, refund: Refund) -> RefundOutcome:
        """The effect happens; the first `lost` answers do not arrive."""
        outcome = super().refund(refund)
        if self.lost:
            self.lost -= 1
            return InDoubt("ReadTimeout")
        return outcome


class FakePsps:
    """The provider's door for each tenant."""

    def __init__(self) -> None:
        self.psps: dict[Tenant, FakePsp] = {}
        self.down = False

    def __call__(self, tenant: Tenant) -> FakePsp:
        """The provider of a tenant, made when first asked for."""
        if self.down:
            raise PspUnavailable("No WooshPay key is kept for this merchant and mode.")
        return self.psps.setdefault(tenant, FakePsp(tenant))
