"""Refunds: reserve, send, then post or void, and who may do what in which state.

    SENDING ──▶ POSTED ──(the bank gave it back later)──▶ REVERSED
       │  ╲──▶ PENDING_PSP ──▶ POSTED | VOIDED
       │   ╲─▶ UNKNOWN ──(same key again, or evidence)──▶ POSTED | VOIDED | PENDING_PSP
       ├──────▶ RESERVED (definitely not executed) ──▶ SENDING
       └──────▶ VOIDED

What is reserved is out of reach of every other refund at once, and a refund that may have happened
is never released by a clock. One refund is in flight per payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from chalicelib.domain.capabilities import CAPABILITIES, RefundRules, strictest
from chalicelib.domain.errors import (
    RefundableAmountChanged,
    RefundAlreadyFull,
    RefundAmountExceedsRefundable,
    RefundBlockedByDispute,
    RefundInProgress,
    RefundMultipleNotSupported,
    RefundNotSupportedByMethod,
    RefundPartialNotSupported,
    RefundRefused,
    RefundWindowClosed,
    SessionNotPaid,
)
from chalicelib.domain.ids import Millis, PaymentId, RefundId, Tenant
from chalicelib.domain.ledger import (
    Cause,
    EntryKind,
    LedgerEntry,
    posted,
    reserved,
    reversed_,
    voided,
)
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    NotExecuted,
    RefundOutcome,
)

LEASE_MS = 60_000
RESENT_FOR_MS = 20 * 60 * 60 * 1000  # keys are kept a day elsewhere; WooshPay does not say
DAY_MS = 24 * 60 * 60 * 1000
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "resolved_dispute")


class RefundStatus(StrEnum):
    """Where a refund stands with us."""

    RESERVED = "reserved"
    SENDING = "sending"
    PENDING_PSP = "pending_psp"
    UNKNOWN = "unknown"
    POSTED = "posted"
    VOIDED = "voided"
    REVERSED = "reversed"


OPEN = (
    RefundStatus.RESERVED,
    RefundStatus.SENDING,
    RefundStatus.PENDING_PSP,
    RefundStatus.UNKNOWN,
)
SENDABLE = (RefundStatus.RESERVED, RefundStatus.SENDING, RefundStatus.UNKNOWN)
TOLD_AS: Mapping[RefundStatus, str] = {
    **dict.fromkeys(OPEN, "pending"),
    RefundStatus.POSTED: "succeeded",
    RefundStatus.VOIDED: "failed",
    RefundStatus.REVERSED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back. Its id is the provider's idempotency key, at every attempt."""

    id: RefundId
    tenant: Tenant
    payment: PaymentId
    intent: str
    amount: Money
    created: Millis
    status: RefundStatus
    reason: str | None = None
    metadata: Mapping[str, str]
    lease_owner: str | None = None
    lease_until: int = 0
    attempts: int = 0
    in_doubt: bool = False  # some attempt may have been carried out without our knowing
    psp_refund: str | None = None
    failure: str | None = None

    @property
    def was_declined(self) -> bool:
        """Whether the provider refused it, so that nothing was refunded."""
        return self.status is RefundStatus.VOIDED

    def may_be_sent(self, now: Millis) -> bool:
        """Whether an attempt may start: nobody else is at it, the end is not known, and the
        provider still remembers the key of the first one."""
        remembered = now - self.created < RESENT_FOR_MS
        return self.status in SENDABLE and self.lease_until <= now and remembered

    def leased(self, owner: str, now: Millis) -> "Refund":
        """This refund while `owner` sends it."""
        return replace(
            self,
            status=RefundStatus.SENDING,
            lease_owner=owner,
            lease_until=now + LEASE_MS,
            attempts=self.attempts + 1,
            in_doubt=self.in_doubt or self.status is RefundStatus.SENDING,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What a merchant asks. `amount` None means all that remains; both in the smallest unit."""

    amount: int | None
    reason: str | None = None
    expected_remaining: int | None = None
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """A refund and its payment after a change, and the ledger entry of that change."""

    payment: Payment
    refund: Refund
    entry: LedgerEntry


def rules_for(payment: Payment) -> RefundRules:
    """The rules of the method used; while that is unknown, the strictest of those allowed."""
    if payment.method is not None and payment.method in CAPABILITIES:
        return strictest((payment.method,))
    return strictest(payment.payment_method_types)


def reserve(
    payment: Payment, request: RefundRequest, *, id: RefundId, owner: str, cause: Cause
) -> Step:
    """Take the amount out of what remains, before anything is sent.

    Raises RefundRefused, which names the rule and the amount still refundable.
    """
    if payment.status is not PaymentStatus.PAID or payment.provider is None:
        raise SessionNotPaid(f"The payment is {payment.status}; only a paid one is refunded.")
    remaining = payment.amount.with_amount(payment.totals.remaining)
    amount = remaining if request.amount is None else payment.amount.with_amount(request.amount)
    _check_state(payment, request, remaining)
    _check_amount(payment, amount, remaining)
    _check_rules(payment, amount, remaining, cause.at)
    after, entry = payment.moved(EntryKind.REFUND_RESERVED, id, reserved(amount.amount), cause)
    refund = Refund(
        id=id,
        tenant=payment.tenant,
        payment=payment.id,
        intent=payment.provider.intent,
        amount=amount,
        created=cause.at,
        status=RefundStatus.RESERVED,
        reason=request.reason,
        metadata=request.metadata,
    )
    return Step(replace(after, refund_inflight=id), refund.leased(owner, cause.at), entry)


def _check_state(payment: Payment, request: RefundRequest, remaining: Money) -> None:
    left = {"amount_refundable": remaining.amount}
    if payment.disputed:
        raise RefundBlockedByDispute("The payment is disputed.", details=dict(left))
    if payment.refund_inflight is not None:
        raise RefundInProgress(
            f"Refund {payment.refund_inflight} of this payment is still in progress.",
            details={"refund": payment.refund_inflight, **left},
        )
    if request.expected_remaining not in (None, remaining.amount):
        raise RefundableAmountChanged(
            f"{remaining} is refundable, not the expected {request.expected_remaining}.",
            param="expected_remaining",
            details=dict(left),
        )


def _check_amount(payment: Payment, amount: Money, remaining: Money) -> None:
    if remaining.amount == 0:
        raise RefundAlreadyFull(
            "The payment is already refunded in full.", details={"amount_refundable": 0}
        )
    if amount.amount > remaining.amount:
        pending = payment.amount.with_amount(payment.totals.refund_pending)
        raise RefundAmountExceedsRefundable(amount, remaining, pending)


def _check_rules(payment: Payment, amount: Money, remaining: Money, now: Millis) -> None:
    rules, method = rules_for(payment), payment.method or "/".join(payment.payment_method_types)
    partial = amount.amount < payment.totals.captured
    again = payment.totals.refunded > 0
    if not rules.refund:
        raise _against(
            RefundNotSupportedByMethod, f"{method} takes no refunds.",
            "Metode pembayaran ini tidak mendukung refund.", "refund", remaining,
        )  # fmt: skip
    if partial and not rules.partial:
        raise _against(
            RefundPartialNotSupported, f"{method} takes a refund in full only.",
            "Metode pembayaran ini hanya mendukung refund penuh.", "partial_refund", remaining,
        )  # fmt: skip
    if again and not rules.multiple_partial:
        raise _against(
            RefundMultipleNotSupported,
            f"{method} allows one partial refund, and this payment has had it.",
            "Metode pembayaran ini hanya mengizinkan satu kali refund sebagian.",
            "multiple_partial_refunds", remaining,
        )  # fmt: skip
    if rules.window_days is not None and now - (payment.paid_at or 0) > rules.window_days * DAY_MS:
        raise _against(
            RefundWindowClosed, f"{method} takes refunds for {rules.window_days} days.",
            "Batas waktu refund untuk metode ini sudah lewat.", "refund_window", remaining,
        )  # fmt: skip


def _against(
    error: type[RefundRefused], message: str, user_message: str, rule: str, remaining: Money
) -> RefundRefused:
    return error(
        f"{message} {remaining} has not been refunded.",
        user_message=user_message,
        details={"rule": rule, "amount_refundable": remaining.amount},
    )


def post(payment: Payment, refund: Refund, psp_refund: str, cause: Cause) -> Step:
    """The refund happened."""
    after, entry = payment.moved(
        EntryKind.REFUND_POSTED, refund.id, posted(refund.amount.amount), cause
    )
    done = replace(refund, status=RefundStatus.POSTED, psp_refund=psp_refund)
    return Step(replace(after, refund_inflight=None), done, entry)


def void(payment: Payment, refund: Refund, failure: str, cause: Cause) -> Step:
    """The refund did not happen and never will: what it held can be refunded again."""
    after, entry = payment.moved(
        EntryKind.REFUND_VOIDED, refund.id, voided(refund.amount.amount), cause
    )
    dead = replace(refund, status=RefundStatus.VOIDED, failure=failure)
    return Step(replace(after, refund_inflight=None), dead, entry)


def reverse(payment: Payment, refund: Refund, failure: str, cause: Cause) -> Step:
    """The refund had happened and came back: what it gave can be refunded again."""
    after, entry = payment.moved(
        EntryKind.REFUND_REVERSED, refund.id, reversed_(refund.amount.amount), cause
    )
    return Step(after, replace(refund, status=RefundStatus.REVERSED, failure=failure), entry)


def settle(payment: Payment, refund: Refund, outcome: RefundOutcome, cause: Cause) -> Step | Refund:
    """What the answer of the provider means: a Step when money moves, else the refund alone."""
    match outcome:
        case Done(reference):
            return post(payment, refund, reference, cause)
        case Declined(reason) | NotExecuted(reason) if refund.in_doubt:
            # An earlier attempt may have been carried out; a refusal may be its echo.
            return replace(refund, status=RefundStatus.UNKNOWN, failure=reason)
        case Declined(reason):
            return void(payment, refund, reason, cause)
        case Accepted(reference):
            return replace(refund, status=RefundStatus.PENDING_PSP, psp_refund=reference)
        case NotExecuted(reason):
            return replace(refund, status=RefundStatus.RESERVED, failure=reason)
        case InDoubt(reason):
            return replace(refund, status=RefundStatus.UNKNOWN, failure=reason, in_doubt=True)
        case _:
            assert_never(outcome)
