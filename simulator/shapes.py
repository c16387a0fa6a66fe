"""What the provider remembers, and how it looks in an answer or an event."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from simulator.switches import Switches

Json = dict[str, Any]


@dataclass(eq=False, slots=True)
class PspRefund:
    """Money on its way back at the provider. `key` is the Idempotency-Key it came with."""

    id: str
    amount: int
    status: str
    metadata: Json
    key: str | None
    created: int

    @property
    def counts(self) -> bool:
        """Whether it takes from what can still be refunded."""
        return self.status in ("succeeded", "pending")


@dataclass(eq=False, slots=True)
class Intent:
    """A payment at the provider, with its session. `versions` is how it has been seen."""

    id: str
    session: str
    account: str
    created: int
    amount: int
    currency: str
    methods: list[str]
    metadata: Json
    status: str = "requires_payment_method"
    received: int = 0
    method: str = ""
    session_status: str = "open"
    dispute: str = ""
    dispute_status: str = ""
    refunds: list[PspRefund] = field(default_factory=list)
    versions: list[tuple[int, Json]] = field(default_factory=list)

    def refunded(self, statuses: Iterable[str] = ("succeeded", "pending")) -> int:
        """The sum of its refunds in one of these states."""
        return sum(each.amount for each in self.refunds if each.status in statuses)


def session_shown(intent: Intent) -> Json:
    """A checkout session."""
    return {
        "id": intent.session,
        "object": "checkout.session",
        "url": f"https://checkouttest.wooshpay.com/pay/{intent.session}",
        "payment_intent": intent.id,
        "currency": intent.currency,
        "amount_total": intent.amount,
        "livemode": False,
        "client_reference_id": intent.metadata.get("tautan_payment", ""),
        "metadata": intent.metadata,
        "status": intent.session_status,
    }


def intent_shown(intent: Intent, switches: Switches) -> Json:
    """A payment intent."""
    shown = {
        "id": intent.id,
        "object": "payment_intent",
        "created": intent.created,
        "amount": intent.amount,
        "amount_received": intent.received,
        "currency": intent.currency,
        "status": intent.status,
        "livemode": False,
        "metadata": intent.metadata,
        "payment_method_types": [intent.method] if intent.method else intent.methods,
    }
    if switches.total_shown:
        both = switches.pending_in_total
        counted = ("succeeded", "pending") if both else ("succeeded",)
        shown["amount_refunded"] = intent.refunded(counted)
    return shown


def dispute_shown(intent: Intent) -> Json:
    """A dispute."""
    return {
        "id": intent.dispute,
        "object": "dispute",
        "payment_intent": intent.id,
        "status": intent.dispute_status,
        "amount": intent.received,
        "currency": intent.currency,
    }


def refund_shown(intent: Intent, refund: PspRefund) -> Json:
    """A refund."""
    return {
        "id": refund.id,
        "object": "refund",
        "payment_intent": intent.id,
        "amount": refund.amount,
        "currency": intent.currency,
        "status": refund.status,
        "created": refund.created,
        "failure_reason": "unknown" if refund.status == "failed" else "",
        "metadata": refund.metadata,
    }
