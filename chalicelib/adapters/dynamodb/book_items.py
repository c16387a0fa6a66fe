"""Claims, events and discrepancies as items and back: two functions a kind."""

from chalicelib.adapters.dynamodb.fact_items import fact_from_item, fact_to_item
from chalicelib.adapters.dynamodb.item_forms import Read, due_of, item_of, listed
from chalicelib.adapters.dynamodb.writes import Item
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    Tenant,
)
from chalicelib.domain.inbox import OPEN_EVENTS, EventStatus, InboxEvent
from chalicelib.domain.psp_facts import PspEvent
from chalicelib.usecases.failures import Answered, Claim
from chalicelib.usecases.ports import DueKind


def claim_to_item(claim: Claim) -> Item:
    return item_of(
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


def psp_event_to_item(tenant: Tenant, inbox: InboxEvent) -> Item:
    """What an event is about is kept only while it waits."""
    waits = inbox.status in OPEN_EVENTS
    return {
        **item_of(
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
        **due_of(tenant, DueKind.EVENT, inbox.event.id, inbox.due_at),
    }


def psp_event_from_item(item: Read) -> InboxEvent:
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
        **item_of(
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
        **listed(found.tenant, "discrepancy", found.id),
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
