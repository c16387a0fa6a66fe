"""A payment: what was asked of one shopper, how far it came, and what is left to refund.

Its status only rises in rank, whatever the order in which the provider's messages arrive:

    unpaid 0  <  processing 20  <  failed = canceled = expired 30  <  (in review) 35  <  paid 40

How much was refunded is never a status; it is derived from the totals. What a fact of the provider
does to a payment is decided in payment_decisions.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Literal

from chalicelib.domain.catalog import LineItem
from chalicelib.domain.errors import CheckoutSessionExpired, PaymentNotOpen
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    PaymentLinkId,
    ProductId,
    RefundId,
    Tenant,
)
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.link_forms import Customer, FieldAnswer
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import AfterCompletion
from chalicelib.domain.psp_facts import DisputeStatus

SESSION_LIFETIME_MS = 24 * 60 * 60 * 1000  # WooshPay's checkout guide, page 1722914
LIMITED_LIFETIME_MS = 60 * 60 * 1000  # of a session that holds one of a limited link's uses
LOOKS_AFTER_CREATED = (2 * 60_000, 10 * 60_000, 60 * 60_000)
LOOK_EVERY_MS = 24 * 60 * 60_000  # at money that is still on its way
LOOKS_AFTER_EXPIRY = (5 * 60_000, 25 * 60 * 60_000)
RANK_IN_REVIEW = 35
RefundState = Literal["none", "partial", "full"]
SessionStatus = Literal["open", "complete", "expired"]
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


class ReviewReason(StrEnum):
    """Why a person has to look at a payment."""

    AMOUNT_MISMATCH = "amount_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    LATE = "late"  # paid after its session was over
    SURPLUS = "surplus"  # paid after its link had sold all that it may


class Use(StrEnum):
    """What a payment did with what was kept for it: a use of a limited link, pieces of stock."""

    HELD = "held"
    RETURNED = "returned"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was asked, what came, and why they do not go together; `verdict` once it is closed."""

    reason: ReviewReason
    expected: Money
    received: Money
    at: Millis
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class NextAction:
    """What the shopper must do at the provider: `type`, and the `key` that holds the address. The
    two differ for some methods (WooshPay pages 2043383, 2886016)."""

    type: str
    key: str


@dataclass(frozen=True, slots=True)
class ProviderSession:
    """The provider's names for this payment, and the page where the shopper pays.

    Only the intent is known of a payment that was paid before we could keep the rest.
    """

    session: str | None
    intent: str
    url: str | None
    action: NextAction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Direct:
    """A payment by the Direct API: one method, no page of the provider in between.

    `billing` is what the method asks of the shopper: name, email, phone, country, ….
    """

    method: str
    return_url: str
    description: str | None = None
    merchant_order_id: str | None = None
    billing: Mapping[str, str] = field(default_factory=dict)


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
    slug: str | None = None  # of its link's address, where whoever did not pay may begin anew
    success_url: str | None = None
    cancel_url: str | None = None
    client_reference_id: str | None = None
    customer_email: str | None = None
    metadata: Mapping[str, str]
    passed_on: Mapping[str, Any] = field(default_factory=dict)  # to the provider's page, as it came
    customer: Customer | None = None
    custom_fields: tuple[FieldAnswer, ...] = ()
    utm: Mapping[str, str] = field(default_factory=dict)
    after_completion: AfterCompletion | None = None
    holds_link: bool = False  # whether `use` is about a use of its link
    counted: bool = False  # among its link's open sessions, until it ends
    stock: Mapping[ProductId, int] = field(default_factory=dict)  # the pieces `use` is about
    direct: Direct | None = None  # None: a checkout session
    provider: ProviderSession | None = None

    status: PaymentStatus = PaymentStatus.UNPAID
    totals: Totals = NOTHING
    method: str | None = None
    paid_at: Millis | None = None
    review: Review | None = None
    use: Use | None = None  # None: nothing had to be kept for it
    disputes: Mapping[str, DisputeStatus] = field(default_factory=dict)
    refund_inflight: RefundId | None = None
    due_at: Millis | None = None  # when somebody must look at it again
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

    def session_status(self, now: Millis) -> SessionStatus:
        """The checkout session's `status`."""
        if self.status is PaymentStatus.PAID or self.review is not None:
            return "complete"
        return "expired" if self.is_over(now) else "open"

    def intent_status(self, now: Millis) -> str:
        """The payment intent's `status`, in WooshPay's words."""
        if self.status is PaymentStatus.PAID:
            return "succeeded"
        if self.status is PaymentStatus.PROCESSING:
            return "processing"
        if self.is_over(now):
            return "canceled"
        chosen = self.provider is not None and self.provider.action is not None
        waits = chosen and self.status is PaymentStatus.UNPAID
        return "requires_action" if waits else "requires_payment_method"

    def must_be_open(self, now: Millis) -> None:
        """Raises PaymentNotOpen when it is paid, or can no longer be."""
        if self.session_status(now) != "open":
            raise PaymentNotOpen(
                f"The payment is {self.intent_status(now)}; only an open one ends."
            )

    def must_be_payable(self, now: Millis) -> None:
        """Raises CheckoutSessionExpired when a shopper can no longer pay it."""
        if self.is_over(now):
            raise CheckoutSessionExpired("This checkout session can no longer be paid.")

    @property
    def disputed(self) -> bool:
        """Whether a dispute is open or was lost; one that was won no longer counts."""
        return any(status is not DisputeStatus.WON for status in self.disputes.values())

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

    def next_look(self, now: Millis) -> Millis | None:
        """When to ask the provider about it again, if it has not told by then; None when paid,
        held for review, or, once it has ended, when even a late payment would have been told."""
        if self.rank >= RANK_IN_REVIEW:
            return None
        looks = [self.created + wait for wait in LOOKS_AFTER_CREATED]
        looks += [self.expires_at + wait for wait in LOOKS_AFTER_EXPIRY]
        later = [Millis(look) for look in looks if look > now]
        if not later and self.status is PaymentStatus.PROCESSING:
            return Millis(now + LOOK_EVERY_MS)
        return min(later, default=None)
