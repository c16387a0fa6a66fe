"""Payments and their ledger entries as items and back: two functions a kind."""

from chalicelib.adapters.dynamodb.item_forms import (
    Read,
    due_of,
    in_set,
    item_of,
    listed,
)
from chalicelib.adapters.dynamodb.keys import set_of
from chalicelib.adapters.dynamodb.payment_terms import (
    page_packed,
    provider_from,
    terms_from,
    terms_packed,
)
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    AtLeast,
    Equals,
    Guard,
    Item,
    LessThan,
    OneOf,
    Present,
    all_of,
    any_of,
)
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    ProductId,
    RefundId,
    Tenant,
    session_id,
)
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import (
    Direct,
    Payment,
    PaymentStatus,
    Review,
    ReviewReason,
    SessionStatus,
    Use,
)
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.usecases.ports import DueKind


def payment_to_item(payment: Payment) -> Item:
    provider, review = payment.provider, payment.review
    return {
        **item_of(
            "payment",
            id=payment.id,
            merchant=payment.tenant.merchant,
            livemode=payment.tenant.livemode,
            created=payment.created,
            amount=payment.amount.amount,
            currency=payment.amount.currency,
            terms=terms_packed(payment),
            expires_at=payment.expires_at,
            holds_link=payment.holds_link or None,
            counted=payment.counted or None,
            stock=dict(payment.stock.items()) or None,
            psp_intent=provider.intent if provider else None,
            page=page_packed(provider) if provider else None,
            direct=_direct(payment.direct) if payment.direct else None,
            payment_status=payment.status.value,
            rank=payment.rank,
            captured=payment.totals.captured,
            remaining=payment.totals.remaining,
            refund_pending=payment.totals.refund_pending,
            refunded=payment.totals.refunded,
            method=payment.method,
            paid_at=payment.paid_at,
            review=_review(review) if review else None,
            use=payment.use.value if payment.use else None,
            disputed=payment.disputed,
            disputes={id: status.value for id, status in payment.disputes.items()},
            refund_inflight=payment.refund_inflight,
            seq=payment.seq,
        ),
        **due_of(payment.tenant, DueKind.PAYMENT, payment.id, payment.due_at),
        **listed(payment.tenant, "payment", session_id(payment.id)),
        **_of_link(payment),
    }


def _of_link(payment: Payment) -> Item:
    if payment.payment_link is None:
        return {}
    sessions = set_of(payment.tenant, "payment", payment.payment_link)
    return in_set(sessions, session_id(payment.id))


def payment_from_item(item: Read) -> Payment:
    inflight = item.get("refund_inflight")
    return Payment(
        id=PaymentId(item["id"]),
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        created=Millis(item["created"]),
        amount=Money(item["amount"], item["currency"]),
        expires_at=Millis(item["expires_at"]),
        **terms_from(item["terms"])._asdict(),
        holds_link=item.get("holds_link", False),
        counted=item.get("counted", False),
        stock={ProductId(id): quantity for id, quantity in item.get("stock", {}).items()},
        direct=Direct(**item["direct"]) if "direct" in item else None,
        provider=provider_from(item["psp_intent"], item["page"]) if "page" in item else None,
        status=PaymentStatus(item["payment_status"]),
        totals=Totals(
            item["captured"], item["remaining"], item["refund_pending"], item["refunded"]
        ),
        method=item.get("method"),
        paid_at=item.get("paid_at"),
        review=_review_from(item["review"]) if "review" in item else None,
        use=Use(item["use"]) if "use" in item else None,
        disputes={id: DisputeStatus(said) for id, said in item.get("disputes", {}).items()},
        refund_inflight=RefundId(inflight) if inflight else None,
        due_at=item.get("due_at"),
        seq=item["seq"],
    )


ENDED = (PaymentStatus.CANCELED.value, PaymentStatus.EXPIRED.value)
UNPAID = tuple(each.value for each in PaymentStatus if each is not PaymentStatus.PAID)


def session_is(status: SessionStatus, now: Millis) -> Guard:
    """What holds for the payments whose `session_status(now)` is this one, and for no others."""
    if status == "complete":
        return any_of(Equals("payment_status", PaymentStatus.PAID.value), Present("review"))
    ended, late = OneOf("payment_status", ENDED), LessThan("expires_at", now + 1)
    unpaid = all_of(OneOf("payment_status", UNPAID), Absent("review"))
    if status == "expired":
        return all_of(unpaid, any_of(ended, late))
    going = OneOf("payment_status", tuple(each for each in UNPAID if each not in ENDED))
    return all_of(going, Absent("review"), AtLeast("expires_at", now + 1))


def _direct(direct: Direct) -> Item:
    return {
        "method": direct.method,
        "return_url": direct.return_url,
        "description": direct.description,
        "merchant_order_id": direct.merchant_order_id,
        "billing": dict(direct.billing),
    }


def _review(review: Review) -> Item:
    return {
        "reason": review.reason.value,
        "expected": review.expected.amount,
        "expected_currency": review.expected.currency,
        "received": review.received.amount,
        "received_currency": review.received.currency,
        "at": review.at,
        "verdict": review.verdict,
    }


def _review_from(item: Read) -> Review:
    return Review(
        reason=ReviewReason(item["reason"]),
        expected=Money(item["expected"], item["expected_currency"]),
        received=Money(item["received"], item["received_currency"]),
        at=Millis(item["at"]),
        verdict=item.get("verdict"),
    )


def ledger_to_item(entry: LedgerEntry) -> Item:
    return item_of(
        "ledger",
        seq=entry.seq,
        entry=entry.kind.value,
        delta=dict(entry.delta._asdict()),
        subject=entry.subject,
        actor=entry.cause.actor,
        reference=entry.cause.reference,
        request_id=entry.cause.request_id,
        at=entry.cause.at,
    )


def ledger_from_item(item: Read) -> LedgerEntry:
    return LedgerEntry(
        seq=item["seq"],
        kind=EntryKind(item["entry"]),
        delta=Totals(**item["delta"]),
        subject=item["subject"],
        cause=Cause(
            actor=item["actor"],
            reference=item["reference"],
            request_id=item.get("request_id"),
            at=Millis(item["at"]),
        ),
    )
