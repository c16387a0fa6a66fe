"""Our values as items and back: two functions a kind, and what differs between two items.

Attributes that are None are left out. Everything listed carries `lp` and `ls` of the list index.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb.fact_items import fact_from_item, fact_to_item
from chalicelib.adapters.dynamodb.keys import MERCHANTS, due_place, list_partition
from chalicelib.adapters.dynamodb.writes import Assign, Change, Drop, Item, Shift, Value
from chalicelib.domain.catalog import LineItem, Price, Product
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    RefundId,
    Tenant,
    session_id,
)
from chalicelib.domain.inbox import OPEN_EVENTS, EventStatus, InboxEvent
from chalicelib.domain.ledger import Cause, EntryKind, LedgerEntry, Totals
from chalicelib.domain.merchants import ApiKey, Merchant, Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payment_links import LinkItem, PaymentLink
from chalicelib.domain.payments import (
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
    Use,
)
from chalicelib.domain.psp_facts import DisputeStatus, PspEvent
from chalicelib.domain.refunds import Origin, Refund, RefundStatus
from chalicelib.usecases.failures import Answered, Claim
from chalicelib.usecases.ports import Due, DueKind

SCHEMA = 1
REMEMBERED_TEXT = 500
DUE_NAMES = ("due_at", "dp", "ds")
COUNTED = ("captured", "remaining", "refund_pending", "refunded", "seq")
Read = Mapping[str, Any]


def _item(kind: str, **attributes: Value) -> Item:
    item = {name: value for name, value in attributes.items() if value is not None}
    return {"kind": kind, "schema": SCHEMA, **item}


def _due(tenant: Tenant, kind: DueKind, id: str, at: Millis | None) -> Item:
    """The attributes of something that must be looked at again."""
    if at is None:
        return {}
    partition, place = due_place(Due(kind, tenant, id, at))
    return {"due_at": at, "dp": partition, "ds": place}


def _listed(tenant: Tenant, kind: str, id: str) -> Item:
    return {"lp": list_partition(tenant, kind), "ls": id}


def changes(before: Item, after: Item) -> dict[str, Change]:
    """What makes `before` into `after`: sums are shifted, so that two of them cannot be lost."""
    found: dict[str, Change] = {name: Drop() for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if old == value:
            continue
        if name in COUNTED and isinstance(old, int) and isinstance(value, int):
            found[name] = Shift(value - old)
        else:
            found[name] = Assign(value)
    return found


# --- merchants ------------------------------------------------------------------------------


def merchant_to_item(merchant: Merchant) -> Item:
    return {
        **_item(
            "merchant",
            id=merchant.id,
            name=merchant.name,
            created=merchant.created,
            late_payment_policy=merchant.late_payment_policy.value,
            duplicate_payment_policy=merchant.duplicate_payment_policy.value,
        ),
        "lp": MERCHANTS,
        "ls": merchant.id,
    }


def merchant_from_item(item: Read) -> Merchant:
    usual = Policy.REVIEW.value
    return Merchant(
        id=MerchantId(item["id"]),
        name=item["name"],
        created=Millis(item["created"]),
        late_payment_policy=Policy(item.get("late_payment_policy", usual)),
        duplicate_payment_policy=Policy(item.get("duplicate_payment_policy", usual)),
    )


def api_key_to_item(key: ApiKey) -> Item:
    return _item(
        "api_key",
        merchant=key.tenant.merchant,
        livemode=key.tenant.livemode,
        sha256=key.sha256,
        last4=key.last4,
        created=key.created,
        revoked_at=key.revoked_at,
    )


def api_key_from_item(item: Read) -> ApiKey:
    return ApiKey(
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        sha256=item["sha256"],
        last4=item["last4"],
        created=Millis(item["created"]),
        revoked_at=item.get("revoked_at"),
    )


# --- catalog --------------------------------------------------------------------------------


def _product(product: Product) -> Item:
    return _item(
        "product",
        id=product.id,
        name=product.name,
        created=product.created,
        updated=product.updated,
        active=product.active,
        description=product.description,
        images=list(product.images),
        url=product.url,
        metadata=dict(product.metadata),
    )


def product_to_item(tenant: Tenant, product: Product) -> Item:
    return {**_product(product), **_listed(tenant, "product", product.id)}


def product_from_item(item: Read) -> Product:
    return Product(
        id=ProductId(item["id"]),
        name=item["name"],
        created=Millis(item["created"]),
        updated=Millis(item["updated"]),
        active=item["active"],
        description=item.get("description"),
        images=tuple(item["images"]),
        url=item.get("url"),
        metadata=item["metadata"],
    )


def _price(price: Price) -> Item:
    return _item(
        "price",
        id=price.id,
        product=price.product,
        unit_amount=price.unit_amount.amount,
        currency=price.unit_amount.currency,
        created=price.created,
        active=price.active,
        nickname=price.nickname,
        lookup_key=price.lookup_key,
        metadata=dict(price.metadata),
    )


def price_to_item(tenant: Tenant, price: Price) -> Item:
    return {**_price(price), **_listed(tenant, "price", price.id)}


def price_from_item(item: Read) -> Price:
    return Price(
        id=PriceId(item["id"]),
        product=ProductId(item["product"]),
        unit_amount=Money(item["unit_amount"], item["currency"]),
        created=Millis(item["created"]),
        active=item["active"],
        nickname=item.get("nickname"),
        lookup_key=item.get("lookup_key"),
        metadata=item["metadata"],
    )


def _line_item(item: LineItem) -> Item:
    """A line as a payment remembers it: what was shown and asked, not all that stands in the
    catalogue, for a payment of twenty lines has to stay far below DynamoDB's 400 KB an item."""
    product = replace(
        item.product,
        description=item.product.description and item.product.description[:REMEMBERED_TEXT],
        images=item.product.images[:1],
        metadata={},
    )
    return {
        "id": item.id,
        "product": _product(product),
        "price": _price(replace(item.price, metadata={})),
        "quantity": item.quantity,
    }


def _line_item_from(item: Read) -> LineItem:
    return LineItem(
        id=item["id"],
        product=product_from_item(item["product"]),
        price=price_from_item(item["price"]),
        quantity=item["quantity"],
    )


# --- payment links --------------------------------------------------------------------------


def payment_link_to_item(tenant: Tenant, link: PaymentLink) -> Item:
    lines: list[Value] = [
        {"id": line.id, "price": line.price, "product": line.product, "quantity": line.quantity}
        for line in link.items
    ]
    return {
        **_item(
            "payment_link",
            id=link.id,
            slug=link.slug,
            created=link.created,
            items=lines,
            currency=link.currency,
            payment_method_types=list(link.payment_method_types),
            active=link.active,
            expires_at=link.expires_at,
            inactive_message=link.inactive_message,
            metadata=dict(link.metadata),
            limit=link.limit,
            uses_remaining=link.uses_remaining,
            completed=link.completed,
        ),
        **_listed(tenant, "payment_link", link.id),
    }


def payment_link_from_item(item: Read) -> PaymentLink:
    lines = tuple(
        LinkItem(line["id"], PriceId(line["price"]), ProductId(line["product"]), line["quantity"])
        for line in item["items"]
    )
    return PaymentLink(
        id=PaymentLinkId(item["id"]),
        slug=item["slug"],
        created=Millis(item["created"]),
        items=lines,
        currency=item["currency"],
        payment_method_types=tuple(item["payment_method_types"]),
        active=item["active"],
        expires_at=item.get("expires_at"),
        inactive_message=item.get("inactive_message"),
        metadata=item["metadata"],
        limit=item.get("limit"),
        uses_remaining=item.get("uses_remaining"),
        completed=item.get("completed", 0),
    )


def slug_to_item(tenant: Tenant, link: PaymentLink) -> Item:
    """All that must be known to read the rest of a link in one more call."""
    return _item(
        "slug",
        merchant=tenant.merchant,
        livemode=tenant.livemode,
        link=link.id,
        prices=[line.price for line in link.items],
        products=list(dict.fromkeys(line.product for line in link.items)),
    )


# --- payments -------------------------------------------------------------------------------


def payment_to_item(payment: Payment) -> Item:
    provider, review = payment.provider, payment.review
    return {
        **_item(
            "payment",
            id=payment.id,
            merchant=payment.tenant.merchant,
            livemode=payment.tenant.livemode,
            created=payment.created,
            amount=payment.amount.amount,
            currency=payment.amount.currency,
            items=[_line_item(item) for item in payment.items],
            payment_method_types=list(payment.payment_method_types),
            expires_at=payment.expires_at,
            secret=payment.secret,
            payment_link=payment.payment_link,
            success_url=payment.success_url,
            cancel_url=payment.cancel_url,
            client_reference_id=payment.client_reference_id,
            customer_email=payment.customer_email,
            metadata=dict(payment.metadata),
            psp_session=provider.session if provider else None,
            psp_intent=provider.intent if provider else None,
            psp_url=provider.url if provider else None,
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
        **_due(payment.tenant, DueKind.PAYMENT, payment.id, payment.due_at),
        **_listed(payment.tenant, "payment", session_id(payment.id)),
    }


def payment_from_item(item: Read) -> Payment:
    provider = None
    if "psp_intent" in item:
        session, url = item.get("psp_session"), item.get("psp_url")
        provider = ProviderSession(session, item["psp_intent"], url)
    inflight = item.get("refund_inflight")
    return Payment(
        id=PaymentId(item["id"]),
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        created=Millis(item["created"]),
        amount=Money(item["amount"], item["currency"]),
        items=tuple(_line_item_from(line) for line in item["items"]),
        payment_method_types=tuple(item["payment_method_types"]),
        expires_at=Millis(item["expires_at"]),
        secret=item["secret"],
        payment_link=item.get("payment_link"),
        success_url=item.get("success_url"),
        cancel_url=item.get("cancel_url"),
        client_reference_id=item.get("client_reference_id"),
        customer_email=item.get("customer_email"),
        metadata=item["metadata"],
        provider=provider,
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
    return _item(
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


# --- refunds --------------------------------------------------------------------------------


def refund_to_item(refund: Refund) -> Item:
    return {
        **_item(
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
            failure=refund.failure,
            origin=refund.origin.value,
            claim=list(refund.claim) if refund.claim else None,
            sent_at=refund.sent_at,
            absent_since=refund.absent_since,
        ),
        **_due(refund.tenant, DueKind.REFUND, refund.id, refund.due_at),
        **_listed(refund.tenant, "refund", refund.id),
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
        failure=item.get("failure"),
        origin=Origin(item["origin"]),
        claim=(item["claim"][0], item["claim"][1]) if "claim" in item else None,
        sent_at=item["sent_at"],
        absent_since=item.get("absent_since"),
        due_at=item.get("due_at"),
    )


def settlement(refund: Refund) -> dict[str, Change]:
    """What an attempt, or the provider's word, changes of a refund; its lease ends."""
    known = {"psp_refund": refund.psp_refund, "failure": refund.failure}
    due = _due(refund.tenant, DueKind.REFUND, refund.id, refund.due_at)
    return {
        "status": Assign(refund.status.value),
        "lease_until": Assign(0),
        "in_doubt": Assign(refund.in_doubt),
        **{name: Assign(value) for name, value in known.items() if value is not None},
        **set_or_drop(due, DUE_NAMES),
        **set_or_drop({"absent_since": refund.absent_since}, ("absent_since",)),
    }


def set_or_drop(values: Mapping[str, Value], names: Sequence[str]) -> dict[str, Change]:
    """Each of the attributes as `values` has it, or gone."""
    return {name: Drop() if values.get(name) is None else Assign(values[name]) for name in names}


# --- bookkeeping ----------------------------------------------------------------------------


def claim_to_item(claim: Claim) -> Item:
    return _item(
        "idempotency",
        scope=claim.scope,
        key=claim.key,
        fingerprint=claim.fingerprint,
        resource=claim.resource,
        owner=claim.owner,
        locked_until=claim.locked_until,
        status=claim.answer.status if claim.answer else None,
        body=claim.answer.body if claim.answer else None,
    )


def claim_from_item(item: Read) -> Claim:
    return Claim(
        item["scope"],
        item["key"],
        item["fingerprint"],
        item["resource"],
        item["owner"],
        item["locked_until"],
        Answered(item["status"], item["body"]) if "body" in item else None,
    )


def event_to_item(tenant: Tenant, inbox: InboxEvent) -> Item:
    """What an event is about is kept only while it waits."""
    waits = inbox.status in OPEN_EVENTS
    return {
        **_item(
            "psp_event",
            id=inbox.event.id,
            type=inbox.event.type,
            created=inbox.event.created,
            sha256=inbox.event.sha256,
            livemode=inbox.event.livemode,
            status=inbox.status.value,
            why=inbox.why,
            at=inbox.at,
            attempts=inbox.attempts,
            fact=fact_to_item(inbox.event.fact) if waits else None,
        ),
        **_due(tenant, DueKind.EVENT, inbox.event.id, inbox.due_at),
    }


def event_from_item(item: Read) -> InboxEvent:
    """An event that waits."""
    return InboxEvent(
        event=PspEvent(
            id=item["id"],
            type=item["type"],
            created=Millis(item["created"]),
            sha256=item["sha256"],
            livemode=item["livemode"],
            fact=fact_from_item(item["fact"]),
        ),
        status=EventStatus(item["status"]),
        why=item["why"],
        at=Millis(item["at"]),
        attempts=item["attempts"],
        due_at=item.get("due_at"),
    )


def discrepancy_to_item(found: Discrepancy) -> Item:
    return {
        **_item(
            "discrepancy",
            id=found.id,
            merchant=found.tenant.merchant,
            livemode=found.tenant.livemode,
            about=found.kind.value,
            subject=found.subject,
            detail=found.detail,
            found_at=found.found_at,
            status=found.status.value,
            actor=found.actor,
            reason=found.reason,
            closed_at=found.closed_at,
        ),
        **_listed(found.tenant, "discrepancy", found.id),
    }


def discrepancy_from_item(item: Read) -> Discrepancy:
    return Discrepancy(
        tenant=Tenant(MerchantId(item["merchant"]), item["livemode"]),
        kind=DiscrepancyKind(item["about"]),
        subject=item["subject"],
        detail=item["detail"],
        found_at=Millis(item["found_at"]),
        status=DiscrepancyStatus(item["status"]),
        actor=item.get("actor"),
        reason=item.get("reason"),
        closed_at=item.get("closed_at"),
    )
