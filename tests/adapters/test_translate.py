"""WooshPay's events in our words, whatever their quirks."""

import json
from typing import Any

import pytest

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.translate import event_of
from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import PaymentId, RefundId
from chalicelib.domain.money import Money
from chalicelib.domain.provider_account import EVENTS
from chalicelib.domain.psp_facts import (
    DisputeFact,
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
from tests.builders import rupiah, ulid

ULID = ulid(5)
UNITS = MinorUnits()
I, R = IntentStatus, RefundFactStatus  # noqa: E741
INTENT: dict[str, Any] = {
    "id": "pi_1", "object": "payment_intent", "status": "succeeded", "amount": 20_000,
    "amount_received": 20_000, "currency": "IDR", "livemode": False,
    "metadata": {"tautan_payment": f"cs_{ULID}"}, "payment_method_types": ["dana"],
}  # fmt: skip
REFUND: dict[str, Any] = {
    "id": "re_1", "object": "refund", "status": "succeeded", "amount": 5_000, "currency": "IDR",
    "payment_intent": "pi_1",
    "metadata": {"tautan_payment": f"cs_{ULID}", "tautan_refund": f"re_{ULID}"},
}  # fmt: skip
SESSION: dict[str, Any] = {
    "id": "cs_1", "object": "checkout.session", "amount_total": 20_000, "currency": "IDR",
    "payment_intent": "pi_1", "client_reference_id": f"cs_{ULID}", "metadata": {},
}  # fmt: skip


def event(object: object, type: str = "payment_intent.succeeded", **changes: object) -> PspEvent:
    """The event that says `object`."""
    whole = {
        "id": "evt_1", "object": "event", "type": type, "created": 1_800_000_000_000,
        "livemode": False, "data": {"object": object}, "api_version": "1.0.1",
    }  # fmt: skip
    return event_of(json.dumps(whole | changes).encode(), False, UNITS)


def intent(**changes: object) -> Fact:
    """What is made of an intent."""
    return event({**INTENT, **changes}).fact


def refund(**changes: object) -> Fact:
    """What is made of a refund."""
    return event({**REFUND, **changes}, "charge.refund.updated").fact


def test_a_payment_intent_becomes_a_fact_in_our_words() -> None:
    told = event(INTENT)
    assert (told.id, told.type, told.created, told.livemode) == (
        "evt_1", "payment_intent.succeeded", 1_800_000_000_000, False,
    )  # fmt: skip
    assert told.fact == IntentFact(
        intent="pi_1",
        status=I.SUCCEEDED,
        amount=rupiah(20_000),
        received=rupiah(20_000),
        livemode=False,
        method="dana",
        payment=PaymentId(ULID),
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("requires_payment_method", I.WAITING), ("requires_confirmation", I.WAITING),
        ("requires_action", I.WAITING), ("requires_capture", I.PROCESSING),
        ("processing", I.PROCESSING), ("succeeded", I.SUCCEEDED), ("failed", I.FAILED),
        ("canceled", I.CANCELED),
    ],
)  # fmt: skip
def test_each_status_of_an_intent(theirs: str, ours: IntentStatus) -> None:
    fact = intent(status=theirs)
    assert isinstance(fact, IntentFact)
    assert fact.status is ours
    failed = event(INTENT | {"status": theirs}, "payment_intent.payment_failed").fact
    assert isinstance(failed, IntentFact)
    assert failed.status is I.FAILED  # the type says it; the snapshot waits for another try


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("pending", R.PENDING), ("requires_action", R.PENDING), ("processing", R.PENDING),
        ("succeeded", R.SUCCEEDED), ("failed", R.FAILED), ("canceled", R.FAILED),
    ],
)  # fmt: skip
@pytest.mark.parametrize("type", ["charge.refund.updated", "refund.created", "charge.refund.x"])
def test_each_status_of_a_refund(type: str, theirs: str, ours: RefundFactStatus) -> None:
    assert event({**REFUND, "status": theirs}, type).fact == RefundFact(
        psp_refund="re_1",
        intent="pi_1",
        status=ours,
        amount=rupiah(5_000),
        payment=PaymentId(ULID),
        refund=RefundId(f"re_{ULID}"),
    )


def test_an_expired_session_becomes_a_fact() -> None:
    told = event(SESSION, "checkout.session.expired").fact
    assert told == SessionExpired(session="cs_1", intent="pi_1", payment=PaymentId(ULID))
    bare = event(
        SESSION | {"payment_intent": "", "client_reference_id": ""}, "checkout.session.expired"
    ).fact
    assert bare == SessionExpired(session="cs_1", intent=None, payment=None)


@pytest.mark.parametrize(
    "type",
    ["charge.captured", "charge.dispute", "checkout.session.completed", "payout.paid", "",
     "x" * 300],
)  # fmt: skip
def test_a_type_that_changes_nothing_here_is_unrecognised(type: str) -> None:
    told = event({"anything": [1]}, type)
    assert told.fact == Unrecognised(type[:100])
    assert told.type == type[:100]


def test_every_type_that_we_subscribe_to_is_recognised() -> None:
    objects: dict[str, tuple[dict[str, Any], type[Fact]]] = {
        "payment_intent": (INTENT, IntentFact),
        "charge.refund": (REFUND, RefundFact),
        "charge.dispute": (REFUND | {"status": "needs_response"}, DisputeFact),
        "checkout.session": (SESSION, SessionExpired),
    }
    assert {name.rpartition(".")[0] for name in EVENTS} == objects.keys()
    for name in EVENTS:
        told, kind = objects[name.rpartition(".")[0]]
        assert type(event(told, name).fact) is kind, name


# --- quirks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "method"),
    [
        ({"payment_method_types": '["dana"]'}, "dana"),
        ({"payment_method_types": "dana"}, "dana"),
        ({"payment_method_types": ""}, None),
        ({"payment_method_types": None}, None),
        ({"payment_method_types": ["dana", "gcash"]}, None),
        ({"payment_method": {"type": "gcash"}}, "gcash"),
        ({"payment_method": "pm_1"}, "dana"),
        ({"payment_method": {"type": 5}}, "dana"),
        ({"payment_method_data": {"type": "ovo"}}, "ovo"),
        ({"payment_method_data": '{"type": "ovo"}'}, "ovo"),
        ({"payment_method_data": ""}, "dana"),
        ({"payment_method_data": {"type": ["x"]}}, "dana"),
    ],
)
def test_the_method_is_found_wherever_it_stands(
    changes: dict[str, object], method: str | None
) -> None:
    fact = intent(**changes)
    assert isinstance(fact, IntentFact)
    assert fact.method == method


@pytest.mark.parametrize(
    ("metadata", "payment"),
    [
        ({"tautan_payment": f"cs_{ULID}"}, ULID),
        ({"tautan_payment": f"pi_{ULID}"}, ULID),
        (json.dumps({"tautan_payment": f"cs_{ULID}"}), ULID),
        ({}, None), ("", None), (None, None), ("{}", None), ("null", None),
        ({"tautan_payment": ""}, None), ({"tautan_payment": None}, None),
        ({"tautan_payment": 5}, None), ({"tautan_payment": ["cs_1"]}, None),
        ({"tautan_payment": {"a": 1}}, None), ({"tautan_payment": True}, None),
        ({"tautan_payment": f"cs_{ULID}#PAY"}, None), ({"tautan_payment": f"re_{ULID}"}, None),
        ({"other": f"cs_{ULID}"}, None),
    ],
)  # fmt: skip
def test_metadata_is_a_hint_only_in_our_own_form(metadata: object, payment: str | None) -> None:
    fact = intent(metadata=metadata)
    assert isinstance(fact, IntentFact)
    assert fact.payment == payment


@pytest.mark.parametrize("value", ["re_1", "", None, 5, [1], {"a": 1}, f"cs_{ULID}", True])
def test_a_refund_is_named_only_in_our_own_form(value: object) -> None:
    fact = refund(metadata={"tautan_refund": value})
    assert isinstance(fact, RefundFact)
    assert (fact.refund, fact.payment) == (None, None)


@pytest.mark.parametrize("created", [1_800_000_000, 1_800_000_000_000])
def test_an_instant_in_seconds_or_milliseconds_is_the_same(created: int) -> None:
    assert event(INTENT, created=created).created == 1_800_000_000_000


def test_a_missing_amount_received_is_the_amount() -> None:
    fact = intent(amount_received=None)
    assert isinstance(fact, IntentFact)
    assert fact.received == rupiah(20_000)


def test_currencies_come_in_any_case_and_amounts_in_their_units() -> None:
    fact = intent(currency="usd")
    assert isinstance(fact, IntentFact)
    assert fact.amount == Money(20_000, "USD")
    told = event_of(
        json.dumps(
            {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1,
             "data": {"object": {**INTENT, "amount": 2_000_000, "amount_received": 2_000_000}}}
        ).encode(), False, MinorUnits({"IDR": 2}),
    )  # fmt: skip
    assert isinstance(told.fact, IntentFact)
    assert told.fact.amount == told.fact.received == rupiah(20_000)


# --- what makes no sense ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "unheard_of"}, {"status": ""}, {"status": None}, {"status": 5},
        {"currency": "XXX"}, {"currency": ""}, {"currency": None}, {"currency": 360},
        *({"amount": bad} for bad in (20_000.0, 2.5, True, "20000", None, -1, 10**13, 10**20)),
        {"amount": 10**40}, {"amount": 1e300}, {"amount": []}, {"amount": {}},
        {"amount_received": 1.5}, {"amount_received": "1"}, {"amount_received": True},
        {"amount_received": -1}, {"amount_received": ""}, {"id": None}, {"id": 5},
        {"metadata": "not json"}, {"metadata": [1]}, {"metadata": 5}, {"metadata": "[1]"},
        {"metadata": '{"a":' * 20_000}, {"metadata": "[" * 100_000},
        {"payment_method_types": "[" * 100_000}, {"payment_method_types": "[1"},
        {"payment_method_types": [1]}, {"payment_method_types": 5},
        {"payment_method_data": "x"}, {"livemode": "false"}, {"livemode": 0},
    ],
)  # fmt: skip
def test_an_intent_that_makes_no_sense_is_unreadable_and_never_an_error(
    changes: dict[str, object],
) -> None:
    fact = intent(**changes)
    assert isinstance(fact, Unreadable)
    assert fact.why.startswith("unreadable: ")
    assert len(fact.why) < 400


@pytest.mark.parametrize(
    "changes",
    [{"status": "x"}, {"amount": "5000"}, {"amount": 5_000.5}, {"amount": -5}, {"amount": 10**20},
     {"currency": "XXX"}, {"id": None}, {"metadata": 5}, {"amount": True}],
)  # fmt: skip
def test_a_refund_that_makes_no_sense_is_unreadable(changes: dict[str, object]) -> None:
    assert isinstance(refund(**changes), Unreadable)


def test_an_expired_session_that_makes_no_sense_is_unreadable() -> None:
    assert isinstance(event({"id": 5}, "checkout.session.expired").fact, Unreadable)


@pytest.mark.parametrize("type", ["payment_intent.succeeded", "charge.refund.updated", "payout.x"])
def test_an_event_of_the_other_mode_is_unreadable_whatever_its_type(type: str) -> None:
    assert event(INTENT, type, livemode=True).fact == Unreadable("livemode_mismatch")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""}, {"id": None}, {"id": 5}, {"id": "evt 1"}, {"id": "evt#1"}, {"id": "é"},
        {"id": "x" * 101}, {"id": "evt_1\n"}, {"type": None}, {"type": 5}, {"created": None},
        {"created": "1800000000"}, {"created": 1.5}, {"created": True}, {"created": 10**20},
        {"created": -1}, {"data": None}, {"data": {}}, {"data": {"object": None}},
        {"data": {"object": []}}, {"data": []}, {"livemode": "no"}, {"livemode": 0},
    ],
)  # fmt: skip
def test_what_is_no_event_is_an_invalid_request(changes: dict[str, object]) -> None:
    with pytest.raises(ParameterInvalid, match=r"^Not an event: "):
        event(INTENT, **changes)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"\xff", b'{"id":1,"id":2}', b'{"id":NaN}', b"[" * 100_000]
)
def test_bytes_that_are_no_json_object_are_an_invalid_request(body: bytes) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        event_of(body, False, UNITS)
    assert refused.value.param == "body"
