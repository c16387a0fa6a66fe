"""What may be refunded: the payment's state, what remains of it, and the wallet's rules as data."""

from collections.abc import Mapping
from dataclasses import dataclass

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
)
from chalicelib.domain.ids import Millis
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment

DAY_MS = 24 * 60 * 60 * 1000
MOST_CHANGES = 200  # some 100 refunds: no merchant means more, and a mistake would


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What a merchant asks. `amount` None means all that remains; both in the smallest unit."""

    amount: int | None
    reason: str | None = None
    expected_remaining: int | None = None
    metadata: Mapping[str, str]


def rules_for(payment: Payment) -> RefundRules:
    """The rules of the method used; while that is unknown, the strictest of those allowed."""
    if payment.method is not None and payment.method in CAPABILITIES:
        return strictest((payment.method,))
    return strictest(payment.payment_method_types)


def check(payment: Payment, request: RefundRequest, now: Millis) -> Money:
    """The amount to refund of a paid payment; raises RefundRefused."""
    remaining = payment.amount.with_amount(payment.totals.remaining)
    amount = remaining if request.amount is None else payment.amount.with_amount(request.amount)
    _check_state(payment, request, remaining)
    _check_amount(payment, amount, remaining)
    _check_rules(payment, amount, remaining, now)
    return amount


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
    if payment.seq >= MOST_CHANGES:
        raise _against(
            RefundMultipleNotSupported, "This payment has been changed too often.",
            "Pembayaran ini sudah terlalu sering diubah.", "most_changes", remaining,
        )  # fmt: skip
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
