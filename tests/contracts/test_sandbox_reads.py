"""WooshPay's client against the sandbox: lists in pages, late reads, disputes, every switch."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.translate import event_of, is_consistent
from chalicelib.domain.errors import PspRejected, PspUnavailable
from chalicelib.domain.ids import Millis
from chalicelib.domain.payments import ProviderSession
from chalicelib.domain.psp_facts import (
    Declined,
    DisputeFact,
    DisputeStatus,
    Done,
    IntentFact,
    IntentStatus,
    RefundFact,
    RefundFactStatus,
    SessionExpired,
)
from sandbox.server import Server
from tests.builders import a_payment, rupiah
from tests.contracts.providers import PAYMENT, Sandboxed, created, paid, refund_of

D = DisputeStatus


@pytest.fixture
def sandbox() -> Iterator[Sandboxed]:
    """The client and a sandbox of this test's own."""
    server = Server.start(0)
    try:
        sandboxed = Sandboxed(server, 0)
        yield sandboxed
        sandboxed.http.close()
    finally:
        server.stop()


def facts(sandbox: Sandboxed) -> list[Any]:
    """What each event that was sent says."""
    events = sandbox.seen("/events")["data"]
    said = [event_of(json.dumps(each).encode(), False, MinorUnits()) for each in events]
    assert all(is_consistent(each) for each in said)
    return [each.fact for each in said]


def refunded(sandbox: Sandboxed, provider: ProviderSession) -> int:
    """The total that the intent shows."""
    fact = sandbox.psp.intent(provider.intent)
    assert fact.refunded is not None
    return fact.refunded.amount


# --- lists ------------------------------------------------------------------------------------


def test_a_list_holds_what_was_made_in_its_window_and_nothing_else(sandbox: Sandboxed) -> None:
    names, made = [], []
    for number in range(1, 4):
        names.append(created(sandbox, a_payment(bound=False, number=number)).intent)
        answer = sandbox.http.get(
            f"{sandbox.url}/v1/payment_intents/{names[-1]}", auth=("sk_test_12345678", "")
        )
        made.append(answer.json()["created"])
        sandbox.lever("/clock/advance", {"seconds": 60})
    assert made == sorted(made)

    def within(since: int, until: int) -> list[str]:
        return [fact.intent for fact in sandbox.psp.intents(Millis(since), Millis(until))]

    assert within(made[0], made[2]) == [names[1], names[0]]  # the end is not in it
    assert within(made[0] + 1, made[2] + 1) == [names[2], names[1]]
    assert within(made[1], made[1] + 1) == [names[1]]
    assert within(made[1], made[1]) == []
    assert within(0, made[0]) == within(made[2] + 1, made[2] + 10**9) == []


def test_a_list_of_more_than_a_page_is_read_to_its_end(sandbox: Sandboxed) -> None:
    names = [
        created(sandbox, a_payment(bound=False, number=number)).intent for number in range(1, 102)
    ]
    found = [fact.intent for fact in sandbox.psp.intents(Millis(0), Millis(10**14))]
    assert found == names[::-1]
    asked = [each["path"] for each in sandbox.seen("/requests")["data"]]
    assert sum(path.startswith("/v1/payment_intents") for path in asked) == 2


# --- late reads -------------------------------------------------------------------------------


def test_a_total_that_is_late_is_seen_when_the_clock_has_moved_on(sandbox: Sandboxed) -> None:
    provider = paid(sandbox)
    sandbox.lever("/switches", {"read_lag_seconds": 600})
    sandbox.lever("/clock/advance", {"seconds": 601})
    assert isinstance(sandbox.psp.refund(refund_of(provider, 5_000)), Done)
    assert refunded(sandbox, provider) == 0
    assert sandbox.refunded(PAYMENT, provider) == 5_000
    sandbox.lever("/clock/advance", {"seconds": 599})
    assert refunded(sandbox, provider) == 0
    sandbox.lever("/clock/advance", {"seconds": 2})
    assert refunded(sandbox, provider) == 5_000


def test_the_end_of_a_refund_is_seen_late_too(sandbox: Sandboxed) -> None:
    refund = refund_of(paid(sandbox), 5_000)
    done = sandbox.psp.refund(refund)
    assert isinstance(done, Done)
    sandbox.lever("/switches", {"read_lag_seconds": 60})
    sandbox.lever("/clock/advance", {"seconds": 61})
    sandbox.lever(f"/refunds/{done.reference}/fail", {})
    assert sandbox.psp.find_refund(done.reference).status is RefundFactStatus.SUCCEEDED
    sandbox.lever("/clock/advance", {"seconds": 61})
    assert sandbox.psp.find_refund(done.reference).status is RefundFactStatus.FAILED


# --- moods ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "switches",
    [
        {"stringified_json": True},
        {"empty_values": None},
        {"refund_created_unit": "s"},
        {"metadata_on_intent": False},
        {"pending_in_refunded_total": False},
        {"error_envelope": "flat"},
    ],
)
def test_intents_and_refunds_are_read_in_every_mood(
    sandbox: Sandboxed, switches: dict[str, object]
) -> None:
    sandbox.lever("/switches", switches)
    provider = paid(sandbox)
    done = sandbox.psp.refund(refund_of(provider, 5_000))
    assert isinstance(done, Done)
    fact = sandbox.psp.intent(provider.intent)
    assert (fact.status, fact.received, fact.refunded, fact.method) == (
        IntentStatus.SUCCEEDED, rupiah(20_000), rupiah(5_000), "dana",
    )  # fmt: skip
    assert fact.payment == (None if "metadata_on_intent" in switches else PAYMENT.id)
    assert sandbox.psp.find_refund(done.reference).amount == rupiah(5_000)
    assert list(sandbox.psp.intents(Millis(0), Millis(10**14))) == [fact]
    with pytest.raises(PspRejected, match="refused"):
        sandbox.psp.intent("pi_404")


def test_a_refund_without_metadata_is_read_as_nobodys(sandbox: Sandboxed) -> None:
    sandbox.lever("/switches", {"metadata_on_refund": False})
    done = sandbox.psp.refund(refund_of(paid(sandbox), 5_000))
    assert isinstance(done, Done)
    found = sandbox.psp.find_refund(done.reference)
    assert (found.refund, found.payment, found.amount) == (None, None, rupiah(5_000))


@pytest.mark.parametrize("counts", [True, False])
def test_a_refund_that_is_pending_is_in_the_total_or_not(sandbox: Sandboxed, counts: bool) -> None:
    sandbox.lever("/switches", {"pending_in_refunded_total": counts})
    provider = paid(sandbox)
    refund = refund_of(provider, 5_000)
    sandbox.hold(refund)
    sandbox.psp.refund(refund)
    assert refunded(sandbox, provider) == (5_000 if counts else 0)


def test_a_refund_made_in_the_dashboard_is_shown_told_and_found(sandbox: Sandboxed) -> None:
    provider = paid(sandbox)
    made = sandbox.lever("/refunds", {"payment_intent": provider.intent, "amount": 5_000})
    assert refunded(sandbox, provider) == 5_000
    expected = RefundFact(
        psp_refund=made["id"],
        intent=provider.intent,
        status=RefundFactStatus.SUCCEEDED,
        amount=rupiah(5_000),
    )
    assert sandbox.psp.find_refund(made["id"]) == expected
    assert facts(sandbox)[-1] == expected


@pytest.mark.parametrize("kind", ["error_before", "error_after"])
def test_a_provider_that_is_down_has_said_nothing(sandbox: Sandboxed, kind: str) -> None:
    provider = paid(sandbox)
    done = sandbox.psp.refund(refund_of(provider, 5_000))
    assert isinstance(done, Done)

    def break_once() -> None:
        sandbox.lever("/faults", {"kind": kind, "method": "GET", "path_prefix": "/v1", "times": 1})

    for ask in (
        lambda: sandbox.psp.intent(provider.intent),
        lambda: sandbox.psp.find_refund(done.reference),
        lambda: list(sandbox.psp.intents(Millis(0), Millis(10**14))),
    ):
        break_once()
        with pytest.raises(PspUnavailable):
            ask()
        ask()


# --- disputes ---------------------------------------------------------------------------------


def disputed(sandbox: Sandboxed, status: str = "needs_response") -> tuple[ProviderSession, str]:
    """A paid payment and the name of the dispute about it."""
    provider = paid(sandbox)
    made = sandbox.lever("/disputes", {"payment_intent": provider.intent, "status": status})
    return provider, made["id"]


@pytest.mark.parametrize("status", ["warning_needs_response", "needs_response"])
@pytest.mark.parametrize(("end", "ours"), [("won", D.WON), ("lost", D.LOST)])
def test_a_dispute_is_told_open_and_then_decided(
    sandbox: Sandboxed, status: str, end: str, ours: DisputeStatus
) -> None:
    provider, dispute = disputed(sandbox, status)
    told = [fact for fact in facts(sandbox) if isinstance(fact, DisputeFact)]
    opened = DisputeFact(
        dispute=dispute, intent=provider.intent, status=D.OPEN, amount=rupiah(20_000)
    )
    assert told
    assert set(told) == {opened}
    sandbox.lever(f"/disputes/{dispute}/close", {"status": end})
    later = [fact for fact in facts(sandbox) if isinstance(fact, DisputeFact)][len(told) :]
    assert later
    assert {fact.status for fact in later} == {ours}


def test_an_inquiry_that_is_closed_was_won(sandbox: Sandboxed) -> None:
    _, dispute = disputed(sandbox, "warning_needs_response")
    sandbox.lever(f"/disputes/{dispute}/update", {"status": "warning_under_review"})
    sandbox.lever(f"/disputes/{dispute}/close", {"status": "warning_closed"})
    told = [fact.status for fact in facts(sandbox) if isinstance(fact, DisputeFact)]
    assert told == [D.OPEN, D.OPEN, D.WON]


def test_a_payment_that_was_charged_back_is_refunded_by_nobody(sandbox: Sandboxed) -> None:
    provider, _ = disputed(sandbox)
    assert isinstance(sandbox.psp.refund(refund_of(provider, 5_000)), Declined)
    assert refunded(sandbox, provider) == 0


def test_every_event_of_a_whole_story_is_understood(sandbox: Sandboxed) -> None:
    sandbox.psp.expire_session(str(created(sandbox, a_payment(bound=False, number=2)).session))
    provider, dispute = disputed(sandbox, "warning_needs_response")
    sandbox.lever(f"/disputes/{dispute}/close", {"status": "warning_closed"})
    done = sandbox.psp.refund(refund_of(provider, 5_000))
    assert isinstance(done, Done)
    sandbox.lever(f"/refunds/{done.reference}/fail", {})
    kinds = {type(fact) for fact in facts(sandbox)}
    assert {IntentFact, SessionExpired, RefundFact, DisputeFact} <= kinds
    assert facts(sandbox)[-1].status is RefundFactStatus.FAILED
