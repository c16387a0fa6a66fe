"""What an answer of the provider, or its books, mean for a refund.

An answer is definitive or leaves doubt. What is in doubt is settled by evidence: the provider's own
refund, or the total that it shows as refunded, which with one refund in flight can only mean one
thing. Silence settles nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import assert_never

from chalicelib.domain.ids import Millis
from chalicelib.domain.ledger import Cause
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    NotExecuted,
    RefundOutcome,
)
from chalicelib.domain.refunds import (
    LOOKED_TWICE_MS,
    Refund,
    RefundedTotal,
    RefundStatus,
    Step,
    post,
    void,
)

# By then the provider's total holds what was sent, if it ever will.
SHOWN_AFTER_MS: Mapping[RefundedTotal, int] = {
    RefundedTotal.ALL: 60 * 60_000,
    RefundedTotal.SETTLED: 72 * 60 * 60_000,  # a refund may be pending for days, and not shown
}


def settle(payment: Payment, refund: Refund, outcome: RefundOutcome, cause: Cause) -> Step | Refund:
    """What the answer of the provider means: a Step when money moves, else the refund alone."""
    match outcome:
        case Done(reference) if refund.in_doubt:
            # The same key may bring back an old answer: its name is kept, and it is asked after.
            named = replace(refund, psp_refund=reference)
            return waiting(named, RefundStatus.PENDING_PSP, cause.at, refund.failure)
        case Done(reference):
            return post(payment, refund, reference, cause)
        case Declined(reason) | NotExecuted(reason) if refund.in_doubt:
            # An earlier attempt may have been carried out; a refusal may be its echo.
            return waiting(refund, RefundStatus.UNKNOWN, cause.at, reason)
        case Declined(reason):
            return void(payment, refund, reason, cause)
        case Accepted(reference):
            taken = replace(refund, psp_refund=reference)
            return waiting(taken, RefundStatus.PENDING_PSP, cause.at, refund.failure)
        case NotExecuted(reason, after_ms):
            later = waiting(refund, RefundStatus.RESERVED, cause.at, reason)
            earliest = Millis(cause.at + after_ms)
            due_at = None if later.due_at is None else max(later.due_at, earliest)
            return replace(later, due_at=due_at)
        case InDoubt(reason):
            doubted = replace(refund, in_doubt=True)
            return waiting(doubted, RefundStatus.UNKNOWN, cause.at, reason)
        case _:
            assert_never(outcome)


def waiting(refund: Refund, status: RefundStatus, now: Millis, why: str | None) -> Refund:
    """The refund until it is looked at again; nobody holds its lease."""
    due_at = refund.next_look(now)
    return replace(refund, status=status, failure=why, lease_until=0, due_at=due_at)


@dataclass(frozen=True, slots=True)
class Happened:
    """The provider's total holds it."""


@dataclass(frozen=True, slots=True)
class NeverHappened:
    """The total did not hold it, twice, long after it may last have been sent."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The total does not hold it (yet); `since` when that counts, None while it is too early."""

    since: Millis | None


@dataclass(frozen=True, slots=True)
class Unclear:
    """The total says nothing about it, or more than we can explain."""

    why: str


Evidence = Happened | NeverHappened | Absent | Unclear


def judge(
    payment: Payment, refund: Refund, total: Money | None, now: Millis, holds: RefundedTotal
) -> Evidence:
    """What the provider's refunded total of the payment says about its one refund in flight."""
    if total is None:
        return Unclear("the provider shows no refunded total")
    if total.currency != refund.amount.currency:
        return Unclear(f"the provider's total is {total}")
    over_ours = total.amount - payment.totals.refunded
    if over_ours == refund.amount.amount:
        return Happened()
    if over_ours != 0:
        return Unclear(
            f"the provider refunded {total}, of which {payment.totals.refunded} is known"
        )
    counts_from = refund.sent_at + SHOWN_AFTER_MS[holds]
    if now < counts_from:
        return Absent(None)
    since = refund.absent_since
    if since is None or since < counts_from:  # never looked, or not since it was last sent
        return Absent(now)
    return NeverHappened() if now >= since + LOOKED_TWICE_MS else Absent(Millis(since))
