"""The whole journey, once for each position of each switch of the sandbox: whatever WooshPay turns
out to be, a session is paid, 40 of 100 go back, no more does, and both books agree."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import bootstrap
from dev.stack import Stack, Wanted
from sandbox.switches import Switches
from tests.journeys.stage import PART, PRICE, REST, Json, Stage, staged

SUCCEEDED, REFUNDED = "payment_intent.succeeded", "charge.refund.updated"
OTHER_NUMBERS: Json = {
    "idempotency_hours": 1,
    "read_lag_seconds": 30,
    "delivery_timeout_seconds": 1,
    "minor_units": {"IDR": 2},
}
AS_IT_COMES: Json = {}


def others(name: str) -> list[Any]:
    """The positions of a switch other than its first; of a number, one."""
    about = Switches().described()[name]
    if about["choices"]:
        return [each for each in about["choices"] if each != about["default"]]
    return [OTHER_NUMBERS[name]] if name in OTHER_NUMBERS else [not about["default"]]


# Every first position is one and the same sandbox: as it comes.
POSITIONS = [AS_IT_COMES] + [{name: to} for name in Switches().values() for to in others(name)]
TOGETHER: dict[str, Json] = {
    "nothing told": {
        "metadata_on_intent": False,
        "metadata_on_refund": False,
        "metadata_on_refund_event": False,
        "refunded_total_on_intent": False,
        "empty_values": None,
        "error_envelope": "flat",
    },
    "slow": {
        "processing_before_success": True,
        "refund_first_status": "pending",
        "pending_in_refunded_total": False,
        "read_lag_seconds": 5,
        "timestamp_unit": "ms",
        "resign_each_attempt": False,
    },
    "old": {
        "stringified_json": True,
        "empty_values": None,
        "refund_created_unit": "s",
        "idempotency_on_refunds": False,
        "idempotency_on_sessions": False,
        "over_refund_status": 402,
        "second_partial": "allow",
    },
    "untold, pending": {"secret_encoding": "base64", "refund_first_status": "pending"},
}


def named(switches: Json) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in switches.items()) or "as it comes"


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with Stack(Wanted()) as stack, staged(stack) as stage:
        yield stage


@pytest.fixture
def stage(running: Stage, switches: Json, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """With these switches, and an application that counts as the provider does."""
    running.begin_anew(switches)
    if "minor_units" not in switches:
        yield running
        return
    units = switches["minor_units"]
    monkeypatch.setenv("TAUTAN_MINOR_UNITS", ",".join(f"{code}={units[code]}" for code in units))
    bootstrap.app.cache_clear()
    yield running
    bootstrap.app.cache_clear()


@pytest.mark.parametrize("switches", [*POSITIONS, *TOGETHER.values()], ids=named)
def test_a_payment_and_its_refund(stage: Stage, switches: Json) -> None:
    session = stage.begun()
    stage.approve(session)
    become_paid(stage, session, switches)
    if switches.get("refunds_enabled") is False:
        refuse_refunds(stage, session)
        refunded = 0
    else:
        refund_a_part(stage, session, switches)
        refunded = PART
    tell_again(stage, session, switches)
    agree(stage, session, refunded, switches)


def is_told(switches: Json) -> bool:
    """Whether our door takes the provider's deliveries: they are signed as we understand it."""
    return "secret_encoding" not in switches


def become_paid(stage: Stage, session: Json, switches: Json) -> None:
    """By the webhook; else the sweeper finds it two minutes after it began."""
    stage.told()
    if switches.get("processing_before_success"):
        assert stage.now(session)["payment_status"] == "processing"
        stage.told(10)
    answers = [row["status"] for row in stage.deliveries(SUCCEEDED, session)]
    if is_told(switches):
        assert answers == [200]
    else:
        assert set(answers) == {400}
        assert stage.now(session)["payment_status"] == "unpaid"
        stage.sweep(minutes=3)
    paid = stage.now(session)
    assert (paid["payment_status"], paid["payment_method_type"]) == ("paid", "dana")
    assert (paid["amount_refunded"], paid["amount_refundable"]) == (0, PRICE)
    assert paid["review"] is None


def refund_a_part(stage: Stage, session: Json, switches: Json) -> None:
    """40 of 100 go back, at once or once they are told or asked after; then nothing more does."""
    key = f"part-{session['id']}"
    answer = stage.refund(session, PART, key)
    pending = switches.get("refund_first_status") == "pending"
    assert answer.status_code == (202 if pending else 200), answer.text
    refund = answer.json()
    assert refund["status"] == ("pending" if pending else "succeeded")
    if pending:
        held = stage.now(session)
        assert (held["amount_refunded"], held["amount_refundable"]) == (0, REST)
        assert code(stage.refund(session, 10)) == (409, "refund_in_progress")
        stage.told(10)
        if not is_told(switches):
            stage.sweep(minutes=1)
    stage.told()
    ended = stage.retrieved(refund["id"])
    assert (ended["status"], ended["amount"]) == ("succeeded", PART)
    again = stage.refund(session, PART, key)
    assert (again.status_code, again.json()["id"]) == (200, refund["id"])
    assert code(stage.refund(session, 10)) == (409, "refund_multiple_not_supported")
    assert code(stage.refund(session, REST + 1)) == (409, "refund_amount_exceeds_refundable")


def refuse_refunds(stage: Stage, session: Json) -> None:
    """The account may not refund: the answer is a no, and all is as before, every time."""
    for key in ("part", "part", "another"):
        refused = stage.refund(session, PART, f"{key}-{session['id']}")
        assert code(refused) == (402, "psp_rejected")
        assert "Refunds are not enabled for this account" in refused.json()["error"]["message"]


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def tell_again(stage: Stage, session: Json, switches: Json) -> None:
    """Everything is delivered once more, and changes nothing."""
    before = stage.now(session)
    for event_type in (SUCCEEDED, REFUNDED):
        for row in stage.deliveries(event_type, session):
            stage.control(f"/deliveries/{row['id']}/resend")
    stage.told()
    assert stage.now(session) == before
    last = {row["id"]: row["status"] for row in stage.deliveries(SUCCEEDED, session)}
    assert set(last.values()) == {200 if is_told(switches) else 400}


def agree(stage: Stage, session: Json, refunded: int, switches: Json) -> None:
    """The sandbox's books, the API's and the ledger say the same."""
    theirs, ours = stage.books(session), stage.now(session)
    scale = 10 ** switches.get("minor_units", {}).get("IDR", 0)
    assert (theirs["amount_received"], theirs["refunded"], theirs["pending"]) == (
        PRICE * scale,
        refunded * scale,
        0,
    )
    assert theirs["remaining"] == (PRICE - refunded) * scale
    assert len(theirs["refunds"]) == (1 if refunded else 0)
    assert (ours["amount_refunded"], ours["amount_refund_pending"], ours["amount_refundable"]) == (
        refunded,
        0,
        PRICE - refunded,
    )
    assert ours["refund_status"] == ("partial" if refunded else "none")
    assert stage.audit() == {"audited": 1, "found": 0}
