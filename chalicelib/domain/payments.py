"""A payment: what was asked of one shopper, how far it came, and what is left to refund.

Its status only rises in rank, whatever the order in which the provider's messages arrive:

    unpaid 0  <  processing 20  <  failed = canceled = expired 30  <  (in review) 35  <  paid 40

How much was refunded is never a status; it is derived from the totals.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from chalicelib.domain.catalog import LineItem
from chalicelib.domain.errors import CheckoutSessionExpired
from chalicelib.domain.ids import Millis, PaymentId, PaymentLinkId, RefundId, Tenant
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import IntentFact, IntentStatus, SessionExpired

SESSION_LIFETIME_MS = 24 * 60 * 60 * 1000  # WooshPay's checkout guide, page 1722914
RANK_IN_REVIEW = 35
RefundState = Literal["none", "partial", "full"]
NOTHING = Totals()


class PaymentStatus(StrEnum):
    """As the API and the table spell it."""

    UNPAID = "unpaid"
    PROCESSING = "processing"
    FAILED = "failed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    PAID = "paid"


RANKS: Mapping[PaymentStatus, int] = {
    PaymentStatus.UNPAID: 0,
    PaymentStatus.PROCESSING: 20,
    PaymentStatus.FAILED: 30,
    PaymentStatus.CANCELED: 30,
    PaymentStatus.EXPIRED: 30,
    PaymentStatus.PAID: 40,
}

_TOLD_AS: Mapping[IntentStatus, PaymentStatus] = {
    IntentStatus.WAITING: PaymentStatus.UNPAID,
    IntentStatus.PROCESSING: PaymentStatus.PROCESSING,
    IntentStatus.FAILED: PaymentStatus.FAILED,
    IntentStatus.CANCELED: PaymentStatus.CANCELED,
    IntentStatus.SUCCEEDED: PaymentStatus.PAID,
}


class ReviewReason(StrEnum):
    """Why a person has to look at a payment."""

    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was asked, what came, and why they do not go together."""

    reason: ReviewReason
    expected: Money
    received: Money
    at: Millis


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """The provider's names for this payment, and the page where the shopper pays.

    Only the intent is known of a payment that was paid before we could keep the rest.
    """

    session: str | None
    intent: str
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One attempt of one shopper: the checkout session and its payment intent in one."""

    id: PaymentId
    tenant: Tenant
    created: Millis
    amount: Money
    items: tuple[LineItem, ...]
    payment_method_types: tuple[str, ...]
    expires_at: Millis
    secret: str
    payment_link: PaymentLinkId | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer_email: str | None = None
    metadata: Mapping[str, str]
    provider: ProviderSession | None = None

    status: PaymentStatus = PaymentStatus.UNPAID
    totals: Totals = NOTHING
    method: str | None = None
    paid_at: Millis | None = None
    review: Review | None = None
    disputed: bool = False
    refund_inflight: RefundId | None = None
    seq: int = 0

    @property
    def rank(self) -> int:
        """How far it has come; never falls."""
        held = RANK_IN_REVIEW if self.review is not None else 0
        return max(RANKS[self.status], held)

    def is_over(self, now: Millis) -> bool:
        """Whether nothing can be paid on the provider's page any more."""
        ended = self.status in (PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
        return ended or now >= self.expires_at

    def session_status(self, now: Millis) -> str:
        """The checkout session's `status`: open, complete or expired."""
        if self.status is PaymentStatus.PAID or self.review is not None:
            return "complete"
        return "expired" if self.is_over(now) else "open"

    def must_be_payable(self, now: Millis) -> None:
        """Raises CheckoutSessionExpired when a shopper can no longer pay it."""
        if self.is_over(now):
            raise CheckoutSessionExpired("This checkout session can no longer be paid.")

    @property
    def refund_status(self) -> RefundState:
        """none, partial or full: by what was refunded, pending refunds not counted."""
        if self.totals.refunded == 0:
            return "none"
        return "full" if self.totals.refunded == self.totals.captured else "partial"

    def moved(
        self, kind: EntryKind, subject: str, delta: Totals, cause: Cause
    ) -> tuple["Payment", LedgerEntry]:
        """This payment after a change of its totals, with the ledger entry of that change."""
        totals = self.totals.plus(delta)
        assert totals.balanced, "the totals no longer add up"
        entry = LedgerEntry(seq=self.seq + 1, kind=kind, delta=delta, subject=subject, cause=cause)
        return replace(self, totals=totals, seq=entry.seq), entry


@dataclass(frozen=True, slots=True)
class Changed:
    """The payment after a fact, and the ledger entry that belongs to the change."""

    payment: Payment
    entry: LedgerEntry


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The fact changes nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The fact cannot be about this payment; it is set aside and changes nothing."""

    why: str


Decision = Changed | Unchanged | Contradicted


def decide(payment: Payment, fact: IntentFact, cause: Cause) -> Decision:
    """What a payment intent's state at the provider means for this payment."""
    if fact.livemode != payment.tenant.livemode:
        return Contradicted("livemode_mismatch")
    if payment.provider is not None and payment.provider.intent != fact.intent:
        return Contradicted("intent_mismatch")
    told = _TOLD_AS[fact.status]
    if RANKS[told] <= payment.rank:
        return Unchanged(f"already_{payment.status}")
    if told is not PaymentStatus.PAID:
        return _risen(payment, told, cause)
    wrong = _mismatch(payment, fact)
    if wrong and payment.review is not None:
        return Unchanged("already_in_review")
    return _held(payment, fact, wrong, cause) if wrong else _paid(payment, fact, cause)


def decide_expired(payment: Payment, fact: SessionExpired, cause: Cause) -> Decision:
    """What the end of the provider's page means for this payment."""
    if payment.provider is not None and payment.provider.session not in (None, fact.session):
        return Contradicted("session_mismatch")
    if RANKS[PaymentStatus.EXPIRED] <= payment.rank:
        return Unchanged(f"already_{payment.status}")
    return _risen(payment, PaymentStatus.EXPIRED, cause)


def _mismatch(payment: Payment, fact: IntentFact) -> ReviewReason | None:
    currencies = {payment.amount.currency, fact.amount.currency, fact.received.currency}
    if len(currencies) > 1:
        return ReviewReason.CURRENCY_MISMATCH
    if {fact.amount.amount, fact.received.amount} != {payment.amount.amount}:
        return ReviewReason.AMOUNT_MISMATCH
    return None


def _risen(payment: Payment, status: PaymentStatus, cause: Cause) -> Changed:
    after, entry = payment.moved(EntryKind.STATUS, status.value, NOTHING, cause)
    return Changed(replace(after, status=status), entry)


def _held(payment: Payment, fact: IntentFact, reason: ReviewReason, cause: Cause) -> Changed:
    after, entry = payment.moved(EntryKind.REVIEW, reason.value, NOTHING, cause)
    review = Review(reason=reason, expected=payment.amount, received=fact.received, at=cause.at)
    return Changed(replace(after, review=review), entry)


def _paid(payment: Payment, fact: IntentFact, cause: Cause) -> Changed:
    received = fact.received.amount
    delta = Totals(captured=received, remaining=received)
    after, entry = payment.moved(EntryKind.CAPTURED, PaymentStatus.PAID.value, delta, cause)
    late = payment.status in (PaymentStatus.CANCELED, PaymentStatus.EXPIRED)
    review = Review(
        reason=ReviewReason.LATE, expected=payment.amount, received=fact.received, at=cause.at
    )
    return Changed(
        replace(
            after,
            status=PaymentStatus.PAID,
            provider=payment.provider or ProviderSession(None, fact.intent, None),
            method=fact.method,
            paid_at=cause.at,
            review=review if late else None,
        ),
        entry,
    )
