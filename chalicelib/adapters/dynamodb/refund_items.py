"""Refunds as items and back, and what the end of an attempt changes of one."""

from chalicelib.adapters.dynamodb.item_forms import (
    DUE_NAMES,
    Read,
    due_of,
    in_set,
    item_of,
    listed,
    set_or_drop,
)
from chalicelib.adapters.dynamodb.keys import set_of
from chalicelib.adapters.dynamodb.writes import Assign, Change, Item
from chalicelib.domain.ids import MerchantId, Millis, PaymentId, RefundId, Tenant
from chalicelib.domain.money import Money
from chalicelib.domain.refunds import Origin, Refund, RefundStatus
from chalicelib.usecases.ports import DueKind


def refund_to_item(refund: Refund) -> Item:
    return {
        **item_of(
            "refund",
            id=refund.id,
            merchant=refund.tenant.merchant,
            livemode=refund.tenant.livemode,
            payment=refund.payment,
            intent=refund.intent,
            amount=refund.amount.amount,
            currency=refund.amount.currency,
            created=refund.created,
            status=refund.status.value,
            reason=refund.reason,
            metadata=dict(refund.metadata),
            lease_owner=refund.lease_owner,
            lease_until=refund.lease_until,
            attempts=refund.attempts,
            in_doubt=refund.in_doubt,
            psp_refund=refund.psp_refund,
            by_amount=refund.by_amount,
            failure=refund.failure,
            origin=refund.origin.value,
            claim=list(refund.claim) if refund.claim else None,
            sent_at=refund.sent_at,
            absent_since=refund.absent_since,
        ),
        **due_of(refund.tenant, DueKind.REFUND, refund.id, refund.due_at),
        **listed(refund.tenant, "refund", refund.id),
        **in_set(set_of(refund.tenant, "refund", refund.payment), refund.id),
    }


def refund_from_item(item: Read) -> Refund:
    return Refund(
        id=RefundId(item["id"]),
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        payment=PaymentId(item["payment"]),
        intent=item["intent"],
        amount=Money(item["amount"], item["currency"]),
        created=Millis(item["created"]),
        status=RefundStatus(item["status"]),
        reason=item.get("reason"),
        metadata=item["metadata"],
        lease_owner=item.get("lease_owner"),
        lease_until=Millis(item["lease_until"]),
        attempts=item["attempts"],
        in_doubt=item["in_doubt"],
        psp_refund=item.get("psp_refund"),
        by_amount=item.get("by_amount", False),
        failure=item.get("failure"),
        origin=Origin(item["origin"]),
        claim=(item["claim"][0], item["claim"][1]) if "claim" in item else None,
        sent_at=item["sent_at"],
        absent_since=item.get("absent_since"),
        due_at=item.get("due_at"),
    )


def settlement(refund: Refund) -> dict[str, Change]:
    """What an attempt, or the provider's word, changes of a refund; its lease ends."""
    named = {"psp_refund": Assign(refund.psp_refund)} if refund.psp_refund is not None else {}
    due = due_of(refund.tenant, DueKind.REFUND, refund.id, refund.due_at)
    return {
        "status": Assign(refund.status.value),
        "lease_until": Assign(0),
        "in_doubt": Assign(refund.in_doubt),
        "by_amount": Assign(refund.by_amount),
        **named,
        **set_or_drop(due, DUE_NAMES),
        **set_or_drop(
            {"failure": refund.failure, "absent_since": refund.absent_since},
            ("failure", "absent_since"),
        ),
    }
