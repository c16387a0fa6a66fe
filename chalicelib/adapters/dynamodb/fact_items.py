"""Facts of the provider as values that can be kept, and back: for events that wait."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item
from chalicelib.domain.ids import PaymentId, RefundId
from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    Fact,
    IntentFact,
    IntentStatus,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
)

Read = Mapping[str, Any]


def fact_to_item(fact: Fact) -> Item:
    """A fact about a payment or a refund; others are never kept."""
    match fact:
        case IntentFact():
            return {
                "about": "intent",
                "intent": fact.intent,
                "status": fact.status.value,
                "livemode": fact.livemode,
                "received": fact.received.amount,
                "received_currency": fact.received.currency,
                **_money(fact.amount),
                **_hints(payment=fact.payment, method=fact.method),
                **_refunded(fact.refunded),
            }
        case SessionExpired():
            return {
                "about": "session",
                "session": fact.session,
                **_hints(payment=fact.payment, intent=fact.intent),
            }
        case RefundFact():
            return {
                "about": "refund",
                "psp_refund": fact.psp_refund,
                "intent": fact.intent,
                "status": fact.status.value,
                **_money(fact.amount),
                **_hints(payment=fact.payment, refund=fact.refund),
            }
        case DisputeFact():
            return {
                "about": "dispute",
                "dispute": fact.dispute,
                "intent": fact.intent,
                "status": fact.status.value,
                **_money(fact.amount),
            }
    raise TypeError(f"{type(fact).__name__} does not wait")


def fact_from_item(item: Read) -> Fact:
    """What `fact_to_item` made."""
    payment = PaymentId(item["payment"]) if "payment" in item else None
    match item["about"]:
        case "intent":
            return IntentFact(
                intent=item["intent"],
                status=IntentStatus(item["status"]),
                amount=Money(item["amount"], item["currency"]),
                received=Money(item["received"], item["received_currency"]),
                livemode=item["livemode"],
                refunded=(
                    Money(item["refunded"], item["refunded_currency"])
                    if "refunded" in item
                    else None
                ),
                method=item.get("method"),
                payment=payment,
            )
        case "session":
            return SessionExpired(
                session=item["session"], intent=item.get("intent"), payment=payment
            )
        case "refund":
            return RefundFact(
                psp_refund=item["psp_refund"],
                intent=item["intent"],
                status=RefundFactStatus(item["status"]),
                amount=Money(item["amount"], item["currency"]),
                payment=payment,
                refund=RefundId(item["refund"]) if "refund" in item else None,
            )
    assert item["about"] == "dispute", f"unknown fact: {item['about']}"
    return DisputeFact(
        dispute=item["dispute"],
        intent=item["intent"],
        status=DisputeStatus(item["status"]),
        amount=Money(item["amount"], item["currency"]),
    )


def _money(money: Money) -> Item:
    return {"amount": money.amount, "currency": money.currency}


def _refunded(money: Money | None) -> Item:
    if money is None:
        return {}
    return {"refunded": money.amount, "refunded_currency": money.currency}


def _hints(**ids: str | None) -> Item:
    return {name: id for name, id in ids.items() if id is not None}
