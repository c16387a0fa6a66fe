"""What a fact of the provider does to a payment: a change with its ledger entry, nothing, or a
contradiction. Every decision is a function of values; whoever loses a race decides again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.payments import (
    NOTHING,
    RANKS,
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
    Use,
)
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    IntentFact,
    IntentStatus,
    SessionExpired,
)

ACCEPTED = "accepted"
MOST_DISPUTES = 20  # on one payment; more are a mistake of somebody's
ENDED = (PaymentStatus.CANCELED, PaymentStatus.EXPIRED)

_TOLD_AS: Mapping[IntentStatus, PaymentStatus] = {
    IntentStatus.WAITING: PaymentStatus.UNPAID,
    IntentStatus.PROCESSING: PaymentStatus.PROCESSING,
    IntentStatus.FAILED: PaymentStatus.FAILED,
    IntentStatus.CANCELED: PaymentStatus.CANCELED,
    IntentStatus.SUCCEEDED: PaymentStatus.PAID,
}


# A loss, once told, stays: whatever else is told of that dispute, no refund goes out on top of it.
_FIRMNESS: Mapping[DisputeStatus, int] = {
    DisputeStatus.OPEN: 0,
    DisputeStatus.WON: 1,
    DisputeStatus.LOST: 2,
}


@dataclass(frozen=True, slots=True)
class Changed:
    """The payment after a fact, the ledger entry of the change, and what a person must see."""

    payment: Payment
    entry: LedgerEntry
    discrepancy: Discrepancy | None = None


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The fact changes nothing, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The fact cannot be about this payment; it is set aside and changes nothing."""

    why: str


Decision = Changed | Unchanged | Contradicted


def decide(payment: Payment, fact: IntentFact, cause: Cause, *, sold_out: bool = False) -> Decision:
    """What a payment intent's state at the provider means for this payment.

    `sold_out`: the use that a limited link kept for it was returned, and none is left to take.
    """
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
    return _held(payment, fact, wrong, cause) if wrong else _paid(payment, fact, cause, sold_out)


def decide_expired(payment: Payment, fact: SessionExpired, cause: Cause) -> Decision:
    """What the end of the provider's page means for this payment."""
    if payment.provider is not None and payment.provider.session not in (None, fact.session):
        return Contradicted("session_mismatch")
    return decide_over(payment, cause)


def decide_over(payment: Payment, cause: Cause) -> Decision:
    """Nothing can be paid any more: it has expired, and a use that was held goes back."""
    if RANKS[PaymentStatus.EXPIRED] > payment.rank:
        return _risen(payment, PaymentStatus.EXPIRED, cause)
    if payment.use is Use.HELD and payment.status is PaymentStatus.FAILED:
        after, entry = payment.moved(EntryKind.USE_RETURNED, "expired", NOTHING, cause)
        return _looked(replace(after, use=Use.RETURNED), entry)
    return Unchanged(f"already_{payment.status}")


def decide_canceled(payment: Payment, cause: Cause) -> Decision:
    """The merchant has ended it at the provider."""
    if RANKS[PaymentStatus.CANCELED] > payment.rank:
        return _risen(payment, PaymentStatus.CANCELED, cause)
    return decide_over(payment, cause)


def decide_dispute(payment: Payment, fact: DisputeFact, cause: Cause) -> Decision:
    """A dispute opens once and is decided once: it ends alike in whatever order it is told."""
    if payment.provider is not None and payment.provider.intent != fact.intent:
        return Contradicted("intent_mismatch")
    known = payment.disputes.get(fact.dispute)
    if known is not None and _FIRMNESS[fact.status] <= _FIRMNESS[known]:
        return Unchanged(f"already_{known}")
    if known is None and len(payment.disputes) >= MOST_DISPUTES:
        return Contradicted("too_many_disputes")
    subject = f"{fact.dispute} {fact.status}"[:100]
    after, entry = payment.moved(EntryKind.DISPUTE, subject, NOTHING, cause)
    return Changed(replace(after, disputes={**payment.disputes, fact.dispute: fact.status}), entry)


def refused_at_once(payment: Payment, cause: Cause) -> Changed:
    """The provider made no page for it: it has failed, and a use that was held goes back."""
    after, entry = payment.moved(EntryKind.STATUS, PaymentStatus.FAILED.value, NOTHING, cause)
    use = Use.RETURNED if payment.use is Use.HELD else payment.use
    return Changed(replace(after, status=PaymentStatus.FAILED, use=use, due_at=None), entry)


def close_review(payment: Payment, verdict: str, cause: Cause) -> Changed:
    """A person, or the merchant's policy, has looked at it; the payment must be in review. What it
    holds is sold when it is accepted."""
    assert payment.review is not None, "there is no review to close"
    after, entry = payment.moved(EntryKind.REVIEW_CLOSED, verdict, NOTHING, cause)
    closed = replace(payment.review, verdict=verdict)
    sold = verdict == ACCEPTED and payment.use is Use.HELD
    use = Use.SPENT if sold else payment.use
    return Changed(replace(after, review=closed, use=use, due_at=None), entry)


def _mismatch(payment: Payment, fact: IntentFact) -> ReviewReason | None:
    currencies = {payment.amount.currency, fact.amount.currency, fact.received.currency}
    if len(currencies) > 1:
        return ReviewReason.CURRENCY_MISMATCH
    if {fact.amount.amount, fact.received.amount} != {payment.amount.amount}:
        return ReviewReason.AMOUNT_MISMATCH
    return None


def _risen(payment: Payment, status: PaymentStatus, cause: Cause) -> Changed:
    after, entry = payment.moved(EntryKind.STATUS, status.value, NOTHING, cause)
    failed_late = status is PaymentStatus.FAILED and payment.is_over(cause.at)
    over = status in ENDED or failed_late
    use = Use.RETURNED if over and payment.use is Use.HELD else payment.use
    return _looked(replace(after, status=status, use=use), entry)


def _looked(after: Payment, entry: LedgerEntry) -> Changed:
    return Changed(replace(after, due_at=after.next_look(entry.cause.at)), entry)


def _held(payment: Payment, fact: IntentFact, reason: ReviewReason, cause: Cause) -> Changed:
    after, entry = payment.moved(EntryKind.REVIEW, reason.value, NOTHING, cause)
    review = Review(reason=reason, expected=payment.amount, received=fact.received, at=cause.at)
    return Changed(
        replace(
            after,
            provider=payment.provider or ProviderSession(None, fact.intent, None),
            review=review,
            due_at=None,
        ),
        entry,
        Discrepancy.of(
            payment.tenant,
            DiscrepancyKind(reason.value),
            session_id(payment.id),
            f"asked for {payment.amount}, {fact.received} came",
            cause.at,
        ),
    )


def _paid(payment: Payment, fact: IntentFact, cause: Cause, sold_out: bool) -> Changed:
    received = fact.received.amount
    delta = Totals(captured=received, remaining=received)
    after, entry = payment.moved(EntryKind.CAPTURED, PaymentStatus.PAID.value, delta, cause)
    surplus = sold_out and payment.use is Use.RETURNED
    late = payment.status in ENDED or payment.use is Use.RETURNED
    reason = ReviewReason.SURPLUS if surplus else ReviewReason.LATE
    review = Review(reason=reason, expected=payment.amount, received=fact.received, at=cause.at)
    return Changed(
        replace(
            after,
            status=PaymentStatus.PAID,
            provider=payment.provider or ProviderSession(None, fact.intent, None),
            method=fact.method,
            paid_at=cause.at,
            review=review if late else None,
            use=payment.use if surplus or payment.use is None else Use.SPENT,
            due_at=cause.at if late else None,  # the merchant's policy is asked at once
        ),
        entry,
    )
