"""WooshPay's words into ours. Past this room nothing is provider-shaped."""

import json
import re
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from chalicelib.adapters.wooshpay.minor_units import MinorUnits, NotExpressible
from chalicelib.adapters.wooshpay.payloads import (
    DisputeShape,
    EventShape,
    IntentShape,
    RefundShape,
    SessionShape,
)
from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import Millis, PaymentId, RefundId, payment_id, ulid_of
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    Fact,
    IntentFact,
    IntentStatus,
    PspEvent,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
    Unreadable,
    Unrecognised,
)
from chalicelib.domain.strict_json import NotStrictJson, parse_object

PAYMENT_KEY = "tautan_payment"
REFUND_KEY = "tautan_refund"
_EVENT_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)

# Gathered from pages 1722924 and 2895670; `failed` is an integrator's word.
INTENT_STATUSES: Mapping[str, IntentStatus] = {
    "requires_payment_method": IntentStatus.WAITING,
    "requires_confirmation": IntentStatus.WAITING,
    "requires_action": IntentStatus.WAITING,
    "requires_capture": IntentStatus.PROCESSING,
    "processing": IntentStatus.PROCESSING,
    "succeeded": IntentStatus.SUCCEEDED,
    "failed": IntentStatus.FAILED,
    "canceled": IntentStatus.CANCELED,
}
# Page 51369554 types it as a plain string; the sample says `succeeded`, the rest are integrators'.
REFUND_STATUSES: Mapping[str, RefundFactStatus] = {
    "pending": RefundFactStatus.PENDING,
    "requires_action": RefundFactStatus.PENDING,
    "processing": RefundFactStatus.PENDING,
    "succeeded": RefundFactStatus.SUCCEEDED,
    "failed": RefundFactStatus.FAILED,
    "canceled": RefundFactStatus.FAILED,
}
# Page 44408217 shows `warning_needs_response` and `lost`; the others are Stripe's words.
DISPUTE_ENDS: Mapping[str, DisputeStatus] = {
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}
# What the type of an event says of its object's status, where nothing else can be meant.
SAID_BY_TYPE: Mapping[str, IntentStatus] = {
    "payment_intent.succeeded": IntentStatus.SUCCEEDED,
    "payment_intent.canceled": IntentStatus.CANCELED,
}
# What an event's type says of the intent, whatever status its snapshot carries (page 1702652).
TOLD_BY_TYPE: Mapping[str, IntentStatus] = {
    "payment_intent.payment_failed": IntentStatus.FAILED,
}


def event_of(body: bytes, livemode: bool, units: MinorUnits) -> PspEvent:
    """The event in the bytes of an authentic delivery; `livemode` is its endpoint's.

    Raises ParameterInvalid when they are not an event at all; an event whose object makes no sense
    becomes an Unreadable fact.
    """
    try:
        event = EventShape.model_validate(parse_object(body))
    except (NotStrictJson, ValidationError) as error:
        raise ParameterInvalid(f"Not an event: {_why(error)}.", param="body") from None
    if not _EVENT_ID.fullmatch(event.id):
        raise ParameterInvalid("Not an event: its id is malformed.", param="id")
    return PspEvent(
        id=event.id,
        type=event.type[:100],
        created=Millis(event.created),
        sha256=_said(event),
        livemode=event.livemode,
        fact=_fact(event, livemode, units),
    )


def _fact(event: EventShape, livemode: bool, units: MinorUnits) -> Fact:
    if event.livemode != livemode:
        return Unreadable("livemode_mismatch")
    try:
        if event.type.startswith("payment_intent."):
            intent = IntentShape.model_validate(event.data.object)
            return intent_fact(intent, event.livemode, units, TOLD_BY_TYPE.get(event.type))
        if event.type == "checkout.session.expired":
            session = SessionShape.model_validate(event.data.object)
            return SessionExpired(
                session=session.id, intent=session.payment_intent, payment=_payment_in(session)
            )
        if event.type.startswith("charge.dispute."):
            return dispute_fact(DisputeShape.model_validate(event.data.object), units)
        if event.type.startswith("charge.refund.") or event.type.startswith("refund."):
            return refund_fact(RefundShape.model_validate(event.data.object), units)
    except (ValidationError, NotExpressible, KeyError) as error:
        return Unreadable(f"unreadable: {_why(error)}")
    return Unrecognised(event.type[:100])


def intent_fact(
    intent: IntentShape, livemode: bool, units: MinorUnits, told: IntentStatus | None = None
) -> IntentFact:
    """A payment intent in our words; raises NotExpressible, or KeyError for an unknown status."""
    status = told or INTENT_STATUSES[intent.status]
    received = intent.amount if intent.amount_received is None else intent.amount_received
    return IntentFact(
        intent=intent.id,
        status=status,
        amount=units.ours(intent.amount, intent.currency),
        received=units.ours(received, intent.currency),
        refunded=(
            None
            if intent.amount_refunded is None
            else units.ours(intent.amount_refunded, intent.currency)
        ),
        livemode=livemode if intent.livemode is None else intent.livemode,
        method=_method(intent),
        payment=_payment_in(intent),
    )


def refund_fact(refund: RefundShape, units: MinorUnits) -> RefundFact:
    """A refund in our words; raises NotExpressible, or KeyError for an unknown status."""
    ulid = ulid_of(str(refund.metadata.get(REFUND_KEY, "")), "re")
    return RefundFact(
        psp_refund=refund.id,
        intent=refund.payment_intent or "",
        status=REFUND_STATUSES[refund.status],
        amount=units.ours(refund.amount, refund.currency),
        payment=_hint(refund.metadata),
        refund=RefundId(f"re_{ulid}") if ulid else None,
    )


def dispute_fact(dispute: DisputeShape, units: MinorUnits) -> DisputeFact:
    """A dispute in our words; one that is neither won nor lost is open."""
    return DisputeFact(
        dispute=dispute.id,
        intent=dispute.payment_intent or "",
        status=DISPUTE_ENDS.get(dispute.status, DisputeStatus.OPEN),
        amount=units.ours(dispute.amount, dispute.currency),
    )


def is_consistent(event: PspEvent) -> bool:
    """Whether the event's object says what its type does; else it is asked of the provider."""
    told = SAID_BY_TYPE.get(event.type)
    return told is None or not isinstance(event.fact, IntentFact) or event.fact.status is told


def _said(event: EventShape) -> str:
    """A digest of what the event says, whatever else changes between two deliveries of it."""
    said = json.dumps([event.type, event.data.object], sort_keys=True, default=repr)
    return sha256(said.encode()).hexdigest()


def _payment_in(shape: IntentShape | SessionShape) -> PaymentId | None:
    reference = getattr(shape, "client_reference_id", None)
    return _hint(shape.metadata) or (payment_id(reference) if reference else None)


def _hint(metadata: Mapping[str, Any]) -> PaymentId | None:
    return payment_id(str(metadata.get(PAYMENT_KEY, "")))


def _method(intent: IntentShape) -> str | None:
    """The method that was used, wherever this answer says it; None when it names several."""
    used = intent.payment_method
    if isinstance(used, dict) and isinstance(used.get("type"), str):
        return str(used["type"])
    told = intent.payment_method_data.get("type")
    if isinstance(told, str):
        return told
    return intent.payment_method_types[0] if len(intent.payment_method_types) == 1 else None


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)[:200]
