"""Disputes, refunded totals, and what an event's type says beside its object."""

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.translate import event_of, is_consistent
from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    Fact,
    IntentFact,
    IntentStatus,
    PspEvent,
    Unreadable,
)
from tests.builders import a_refund, a_refund_fact, an_event, an_expiry, an_intent_fact, rupiah

D, I = DisputeStatus, IntentStatus  # noqa: E741
DISPUTE: dict[str, Any] = {
    "id": "dp_1", "object": "dispute", "status": "warning_needs_response", "amount": 20_000,
    "currency": "idr", "payment_intent": "pi_1", "reason": "fraudulent", "charge": "ch_1",
}  # fmt: skip
INTENT: dict[str, Any] = {
    "id": "pi_1", "status": "succeeded", "amount": 20_000, "currency": "IDR",
}  # fmt: skip


def event(object: object, type: str, units: MinorUnits | None = None) -> PspEvent:
    """The event that says `object`."""
    whole = {
        "id": "evt_1", "type": type, "created": 1_800_000_000, "livemode": False,
        "data": {"object": object},
    }  # fmt: skip
    return event_of(json.dumps(whole).encode(), False, units or MinorUnits())


def dispute(type: str = "charge.dispute.created", **changes: object) -> Fact:
    """What is made of a dispute."""
    return event({**DISPUTE, **changes}, type).fact


# --- disputes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "type", ["charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed"]
)
@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("warning_needs_response", D.OPEN), ("needs_response", D.OPEN), ("under_review", D.OPEN),
        ("warning_under_review", D.OPEN), ("unheard_of", D.OPEN), ("", D.OPEN),
        ("won", D.WON), ("warning_closed", D.WON), ("lost", D.LOST),
    ],
)  # fmt: skip
def test_a_dispute_is_open_until_it_is_won_or_lost(
    theirs: str, ours: DisputeStatus, type: str
) -> None:
    assert dispute(type, status=theirs) == DisputeFact(
        dispute="dp_1", intent="pi_1", status=ours, amount=rupiah(20_000)
    )


def test_a_dispute_is_in_the_providers_units() -> None:
    told = event({**DISPUTE, "amount": 2_000_000}, "charge.dispute.created", MinorUnits({"IDR": 2}))
    assert isinstance(told.fact, DisputeFact)
    assert told.fact.amount == rupiah(20_000)


@pytest.mark.parametrize("intent", ["", None])
def test_a_dispute_of_no_intent_is_nobodys(intent: str | None) -> None:
    told = dispute(payment_intent=intent)
    assert isinstance(told, DisputeFact)
    assert told.intent == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None}, {"id": 5}, {"status": None}, {"status": 5}, {"amount": "20000"},
        {"amount": 2.5}, {"amount": True}, {"amount": -1}, {"amount": 10**20}, {"amount": None},
        {"currency": "XXX"}, {"currency": None}, {"payment_intent": 5},
    ],
)  # fmt: skip
def test_a_dispute_that_makes_no_sense_is_unreadable(changes: dict[str, object]) -> None:
    fact = dispute(**changes)  # type: ignore[arg-type]
    assert isinstance(fact, Unreadable)
    assert fact.why.startswith("unreadable: ")


# --- the refunded total -----------------------------------------------------------------------


def intent(**changes: object) -> Fact:
    """What is made of an intent."""
    return event({**INTENT, **changes}, "payment_intent.succeeded").fact


@pytest.mark.parametrize(
    ("changes", "refunded"),
    [
        ({}, None),
        ({"amount_refunded": None}, None),
        ({"amount_refunded": 0}, rupiah(0)),
        ({"amount_refunded": 5_000}, rupiah(5_000)),
        ({"amount_refunded": 20_001}, rupiah(20_001)),
        ({"amount_refunded": 5, "currency": "usd"}, Money(5, "USD")),
    ],
)
def test_what_went_back_is_taken_where_it_is_shown_and_never_guessed(
    changes: dict[str, object], refunded: Money | None
) -> None:
    fact = intent(**changes)
    assert isinstance(fact, IntentFact)
    assert fact.refunded == refunded


def test_what_went_back_is_in_the_providers_units() -> None:
    shown = {**INTENT, "amount": 2_000_000, "amount_refunded": 500_000}
    fact = event(shown, "payment_intent.succeeded", MinorUnits({"IDR": 2})).fact
    assert isinstance(fact, IntentFact)
    assert (fact.amount, fact.refunded) == (rupiah(20_000), rupiah(5_000))


@pytest.mark.parametrize("shown", [-1, 1.5, "5000", True, 10**20, [], {}, ""])
def test_a_refunded_total_that_makes_no_sense_is_unreadable(shown: object) -> None:
    assert isinstance(intent(amount_refunded=shown), Unreadable)


# --- what the type says -----------------------------------------------------------------------


@pytest.mark.parametrize("status", list(I))
@pytest.mark.parametrize(
    ("type", "only"),
    [
        ("payment_intent.succeeded", I.SUCCEEDED),
        ("payment_intent.canceled", I.CANCELED),
        ("payment_intent.processing", None),
        ("payment_intent.created", None),
        ("payment_intent.requires_action", None),
        ("reconciliation", None),
    ],
)
def test_an_event_agrees_with_its_type_or_with_anything(
    type: str, only: IntentStatus | None, status: IntentStatus
) -> None:
    told = an_event(an_intent_fact(status), type=type)
    assert is_consistent(told) is (only is None or status is only)


def test_what_is_not_about_an_intent_contradicts_nothing() -> None:
    told = an_event(an_intent_fact(I.WAITING), type="payment_intent.succeeded")
    assert not is_consistent(told)
    for fact in (an_expiry(), a_refund_fact(a_refund()), Unreadable("x")):
        assert is_consistent(replace(told, fact=fact))
