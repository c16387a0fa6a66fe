"""The audit: a payment's own items must agree with each other, whatever the provider says.

Run it daily, after a deployment, and always after a restore: a restore may hold half of a write
group, and this is what finds it.
"""

from collections.abc import Iterator, Sequence

from chalicelib.domain.ids import PaymentId, Tenant
from chalicelib.domain.ledger import standing
from chalicelib.domain.payment_decisions import ACCEPTED
from chalicelib.domain.payments import Payment, PaymentStatus, Use
from chalicelib.domain.refunds import OPEN, Refund, RefundStatus
from chalicelib.usecases.ports import Store


def audit_payment(store: Store, tenant: Tenant, id: PaymentId) -> list[str]:
    """What does not agree about a payment, in words; nothing when all does."""
    payment = store.payment(tenant, id)
    if payment is None:
        return ["there is no such payment"]
    entries = store.ledger(tenant, id)
    try:
        told = standing(entries)
    except AssertionError as error:
        return [f"ledger: {error}"]
    found = []
    if told.totals != payment.totals:
        found.append(f"ledger adds up to {told.totals}, stored are {payment.totals}")
    if len(entries) != payment.seq:
        found.append(f"ledger has {len(entries)} entries, seq is {payment.seq}")
    if told.status != payment.status:
        found.append(f"ledger says {told.status}, stored is {payment.status}")
    if told.inflight != payment.refund_inflight:
        found.append(f"in flight is {payment.refund_inflight}, by the ledger {told.inflight}")
    refunds = store.refunds_of(payment)
    if len(refunds) != len(told.refunds):
        found.append(f"{len(told.refunds)} refunds in the ledger, {len(refunds)} are kept")
    return [*found, *_payment_findings(payment), *_refund_findings(payment, refunds)]


def _payment_findings(payment: Payment) -> Iterator[str]:
    totals = payment.totals
    if not totals.balanced:
        yield f"totals do not balance: {totals}"
    paid = payment.status is PaymentStatus.PAID
    if paid != (totals.captured > 0):
        yield f"{payment.status}, and {totals.captured} captured"
    if totals.captured not in (0, payment.amount.amount):
        yield f"{totals.captured} captured, {payment.amount.amount} asked"
    accepted = payment.review is not None and payment.review.verdict == ACCEPTED
    if payment.use is Use.SPENT and not paid and not accepted:
        yield "a use of the link is spent, and nothing was paid"


def _refund_findings(payment: Payment, refunds: Sequence[Refund]) -> Iterator[str]:
    totals = payment.totals
    posted = sum(r.amount.amount for r in refunds if r.status is RefundStatus.POSTED)
    pending = sum(r.amount.amount for r in refunds if r.status in OPEN)
    if posted != totals.refunded:
        yield f"refunds of {posted} are posted, stored are {totals.refunded}"
    if pending != totals.refund_pending:
        yield f"refunds of {pending} are pending, stored are {totals.refund_pending}"
    for refund in refunds:
        if refund.status in OPEN and refund.id != payment.refund_inflight:
            yield f"{refund.id} is {refund.status} and not in flight"
        if refund.payment != payment.id or refund.amount.currency != payment.amount.currency:
            yield f"{refund.id} is not of this payment"
