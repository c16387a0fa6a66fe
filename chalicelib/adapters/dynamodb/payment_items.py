"""Payments, ledger entries and refunds as items and back: two functions a kind.

What of a payment never changes and is never searched is packed: its `terms`, and the provider's
`page`. So an ordinary one stays under the KB by which DynamoDB charges, three times for each write:
the item, and its places in two lists.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from chalicelib.adapters.dynamodb.item_forms import (
    DUE_NAMES,
    Read,
    due_of,
    in_set,
    item_of,
    item_without_nones,
    listed,
    set_or_drop,
)
from chalicelib.adapters.dynamodb.keys import set_of
from chalicelib.adapters.dynamodb.packing import packed, unpacked
from chalicelib.adapters.dynamodb.shop_items import (
    after_from_item,
    after_to_item,
    line_item_from_item,
    line_item_to_item,
)
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Change,
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
from chalicelib.domain.link_forms import Address, Customer, FieldAnswer, FieldType
from chalicelib.domain.money import Money
from chalicelib.domain.payments import (
    Direct,
    NextAction,
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
    SessionStatus,
    Use,
)
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import Origin, Refund, RefundStatus
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
            terms=_terms(payment),
            expires_at=payment.expires_at,
            holds_link=payment.holds_link or None,
            counted=payment.counted or None,
            stock=dict(payment.stock.items()) or None,
            psp_intent=provider.intent if provider else None,
            page=_page(provider) if provider else None,
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
    terms = unpacked(item["terms"])
    inflight = item.get("refund_inflight")
    payment = Payment(
        id=PaymentId(item["id"]),
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        created=Millis(item["created"]),
        amount=Money(item["amount"], item["currency"]),
        items=tuple(line_item_from_item(line) for line in terms["items"]),
        payment_method_types=tuple(terms["payment_method_types"]),
        expires_at=Millis(item["expires_at"]),
        secret=terms["secret"],
        payment_link=terms.get("payment_link"),
        slug=terms.get("slug"),
        success_url=terms.get("success_url"),
        cancel_url=terms.get("cancel_url"),
        client_reference_id=terms.get("client_reference_id"),
        customer_email=terms.get("customer_email"),
        metadata=terms["metadata"],
        passed_on=terms.get("passed_on", {}),
        customer=_customer_from(terms.get("customer")),
        custom_fields=tuple(_answer_from(each) for each in terms.get("custom_fields", ())),
        utm=terms.get("utm", {}),
        after_completion=after_from_item(terms.get("after_completion")),
        holds_link=item.get("holds_link", False),
        counted=item.get("counted", False),
        stock={ProductId(id): quantity for id, quantity in item.get("stock", {}).items()},
        direct=Direct(**item["direct"]) if "direct" in item else None,
        provider=_provider_from(item),
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
    _LAST["terms"] = (_made_of(payment), item["terms"])
    if payment.provider is not None:
        _LAST["page"] = ((payment.provider,), item["page"])
    return payment


_LAST: dict[str, tuple[tuple[Any, ...], bytes]] = {}


def _packed_once(name: str, of: tuple[Any, ...], item: Callable[[], Item]) -> bytes:
    """What was packed or read last is most often asked for again: a payment before and after its
    change, and its event's. `of` are the objects that the item is made of."""
    known = _LAST.get(name)
    if known is not None and all(a is b for a, b in zip(known[0], of, strict=True)):
        return known[1]
    data = packed(item())
    _LAST[name] = (of, data)
    return data


def _made_of(payment: Payment) -> tuple[Any, ...]:
    """What the terms are made of."""
    return (
        payment.items,
        payment.payment_method_types,
        payment.secret,
        payment.payment_link,
        payment.slug,
        payment.success_url,
        payment.cancel_url,
        payment.client_reference_id,
        payment.customer_email,
        payment.metadata,
        payment.passed_on,
        payment.customer,
        payment.custom_fields,
        payment.utm,
        payment.after_completion,
    )


def _terms(payment: Payment) -> bytes:
    return _packed_once("terms", _made_of(payment), lambda: _termed(payment))


def _termed(payment: Payment) -> Item:
    return item_without_nones(
        items=[line_item_to_item(item) for item in payment.items],
        payment_method_types=list(payment.payment_method_types),
        secret=payment.secret,
        payment_link=payment.payment_link,
        slug=payment.slug,
        success_url=payment.success_url,
        cancel_url=payment.cancel_url,
        client_reference_id=payment.client_reference_id,
        customer_email=payment.customer_email,
        metadata=dict(payment.metadata),
        passed_on=dict(payment.passed_on) or None,
        customer=_customer(payment.customer),
        custom_fields=[_answer(each) for each in payment.custom_fields] or None,
        utm=dict(payment.utm) or None,
        after_completion=after_to_item(payment.after_completion),
    )


def _page(provider: ProviderSession) -> bytes:
    action = provider.action
    return _packed_once(
        "page",
        (provider,),
        lambda: item_without_nones(
            psp_session=provider.session,
            psp_url=provider.url,
            psp_action={"type": action.type, "key": action.key} if action else None,
        ),
    )


def _provider_from(item: Read) -> ProviderSession | None:
    if "psp_intent" not in item:
        return None
    page = unpacked(item["page"])
    action = NextAction(**page["psp_action"]) if "psp_action" in page else None
    return ProviderSession(page.get("psp_session"), item["psp_intent"], page.get("psp_url"), action)


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


def _customer(customer: Customer | None) -> Item | None:
    if customer is None:
        return None
    address = customer.address
    return item_without_nones(
        name=customer.name,
        phone=customer.phone,
        email=customer.email,
        address=item_without_nones(**asdict(address)) if address else None,
    )


def _customer_from(item: Read | None) -> Customer | None:
    if item is None:
        return None
    address = Address(**item["address"]) if "address" in item else None
    return Customer(
        name=item.get("name"), phone=item.get("phone"), email=item.get("email"), address=address
    )


def _answer(answer: FieldAnswer) -> Item:
    return item_without_nones(
        key=answer.key,
        label=answer.label,
        type=answer.type.value,
        value=answer.value,
        option=answer.option,
    )


def _answer_from(item: Read) -> FieldAnswer:
    return FieldAnswer(
        key=item["key"],
        label=item["label"],
        type=FieldType(item["type"]),
        value=item["value"],
        option=item.get("option"),
    )


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
