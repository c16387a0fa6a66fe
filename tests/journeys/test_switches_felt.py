"""Switches that an undisturbed payment does not feel: each with what brings it to bear."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from chalicelib import bootstrap
from dev.stack import Stack, Wanted
from tests.journeys.stage import PART, PRICE, REST, Json, Stage, staged

DAY_MS = 86_400_000
HALF_DAY_MS = DAY_MS // 2


@pytest.fixture(scope="module")
def running() -> Iterator[Stage]:
    with Stack(Wanted()) as stack, staged(stack) as stage:
        yield stage


@pytest.fixture
def stage(running: Stage, switches: Json) -> Stage:
    running.begin_anew(switches)
    return running


def paid(stage: Stage) -> Json:
    session = stage.begun()
    stage.approve(session)
    stage.told()
    assert stage.now(session)["payment_status"] == "paid"
    return session


def money(stage: Stage, session: Json) -> tuple[int, int, int]:
    """Refunded, pending, refundable; and the audit finds nothing."""
    assert stage.audit() == {"audited": 1, "found": 0}
    names = ("amount_refunded", "amount_refund_pending", "amount_refundable")
    now = stage.now(session)
    return now[names[0]], now[names[1]], now[names[2]]


@pytest.mark.parametrize("switches", [{"minor_units": {"IDR": 2}}])
def test_other_minor_units_than_we_are_told_of_begin_nothing(stage: Stage, switches: Json) -> None:
    refused = stage.asked_for()
    assert refused.status_code == 402
    assert refused.json()["error"]["code"] == "psp_rejected"
    assert "dana takes at least Rp100,00" in refused.json()["error"]["message"]


KEYS: list[Json] = [
    {"idempotency_on_refunds": on, "stored_5xx": kept} for on in (True, False)
    for kept in (True, False)
]  # fmt: skip


@pytest.mark.parametrize("switches", KEYS)
@pytest.mark.parametrize("told", [True, False], ids=["told", "asked after"])
def test_a_refund_whose_answer_was_lost_goes_back_once(
    stage: Stage, switches: Json, told: bool
) -> None:
    session = paid(stage)
    stage.control("/faults", kind="error_after", path_prefix="/v1/refunds")
    if not told:
        stage.control("/faults", kind="drop_webhook", type="charge.refund.updated")
    key = f"lost-{session['id']}"
    answer = stage.refund(session, PART, key)
    assert (answer.status_code, answer.json()["status"]) == (202, "pending")
    stage.told()
    if not told:
        assert stage.refund(session, 10).json()["error"]["code"] == "refund_in_progress"
        assert money(stage, session) == (0, PART, REST)
        stage.sweep(minutes=2)
    assert money(stage, session) == (PART, 0, REST)
    assert stage.refund(session, PART, key).json()["status"] == "succeeded"
    assert [each["amount"] for each in stage.books(session)["refunds"]] == [PART]


@pytest.mark.parametrize("switches", [{"dashboard_refund_event": on} for on in (True, False)])
def test_a_refund_of_the_dashboard_is_told_or_found_by_the_second_compare(
    stage: Stage, switches: Json
) -> None:
    session = paid(stage)
    stage.control("/refunds", payment_intent=session["psp"]["payment_intent"], amount=PART)
    stage.told()
    told = switches["dashboard_refund_event"]
    assert money(stage, session) == ((PART, 0, REST) if told else (0, 0, PRICE))
    begun = session["created"]
    tomorrow = begun - begun % DAY_MS + DAY_MS + 3_600_000
    compared = []
    for at in (tomorrow, tomorrow + HALF_DAY_MS):
        with time_machine.travel(at / 1000):
            compared.append(bootstrap.app().night.compare())
    agrees = {"agreed": 1, "healed": 0, "found": 0}
    differs = [{"agreed": 0, "healed": 0, "found": 1}, {"agreed": 0, "healed": 1, "found": 0}]
    ended = [{name: each[name] for name in agrees} for each in compared]
    assert ended == ([agrees, agrees] if told else differs)
    assert money(stage, session) == (PART, 0, REST)
    assert stage.books(session)["remaining"] == REST


@pytest.mark.parametrize("switches", [{"event_id_per_endpoint": each} for each in (True, False)])
def test_two_endpoints_at_our_door_pay_once(stage: Stage, switches: Json) -> None:
    stage.endpoint()
    session = paid(stage)
    rows = stage.deliveries("payment_intent.succeeded", session)
    assert [row["status"] for row in rows] == [200, 200]
    assert len({row["event"] for row in rows}) == (2 if switches["event_id_per_endpoint"] else 1)
    assert money(stage, session) == (0, 0, PRICE)
    assert stage.refund(session, PART).json()["status"] == "succeeded"
    stage.told()
    assert money(stage, session) == (PART, 0, REST)


EXPIRIES: list[Json] = [
    {"session_expired_event": told, "expire_cancels_intent": cancels} for told in (True, False)
    for cancels in (True, False)
]  # fmt: skip


@pytest.mark.parametrize("switches", EXPIRIES)
def test_a_session_that_ended_can_be_paid_only_where_its_intent_lives_on(
    stage: Stage, switches: Json
) -> None:
    session = stage.begun()
    buyer = stage.buyer
    buyer.open(session["url"])
    buyer.press("pay-dana")
    ended: Any = stage.api.post(f"/v1/checkout/sessions/{session['id']}/expire", json={})
    assert (ended.status_code, ended.json()["status"]) == (200, "expired")
    stage.told()
    page = buyer.press("approve", phone="081234567890", pin="123456")
    stage.told()
    if switches["expire_cancels_intent"]:
        assert "This payment page has expired" in page.text
        assert stage.now(session)["status"] == "expired"
        assert money(stage, session) == (0, 0, 0)
        return
    late = stage.now(session)
    assert (late["payment_status"], late["review"]["reason"]) == ("paid", "late")
    assert stage.refund(session, PART).json()["status"] == "succeeded"
    stage.told()
    assert money(stage, session) == (PART, 0, REST)
    assert stage.books(session)["remaining"] == REST
