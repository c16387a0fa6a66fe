"""Refunds: reserve and lease, who may send when, and when each is looked at again."""

from dataclasses import replace

import pytest

from chalicelib.domain.ids import Millis, RefundId
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.refunds import (
    LEASE_MS,
    RESENT_FOR_MS,
    SENDABLE,
    TOLD_AS,
    WATCHED_FOR_MS,
    Origin,
    Refund,
    RefundKeys,
    RefundStatus,
    Step,
    reserve,
)
from tests.builders import INTENT, NOW, a_cause, a_paid, a_refund, a_request, rupiah, ulid

ID = RefundId(f"re_{ulid(5)}")
OWNER = ulid(6)
CAUSE = a_cause(str(ID), actor="SSSS", at=NOW + 7)
S = RefundStatus
MINUTE, HOUR = 60_000, 3_600_000


def reserving(amount: int | None) -> Step:
    """What reserving comes to."""
    return reserve(a_paid(), a_request(amount), id=ID, owner=OWNER, cause=CAUSE)


@pytest.mark.parametrize(("asked", "amount"), [(5_000, 5_000), (None, 20_000), (20_000, 20_000)])
def test_reserving_takes_the_amount_out_of_reach_and_leases_the_refund(
    asked: int | None, amount: int
) -> None:
    payment = a_paid()
    delta = Totals(remaining=-amount, refund_pending=amount)
    step = reserving(asked)
    assert step.payment == replace(
        payment, totals=Totals(20_000, 20_000 - amount, amount, 0), refund_inflight=ID, seq=2
    )
    assert step.refund == Refund(
        id=ID,
        tenant=payment.tenant,
        payment=payment.id,
        intent=INTENT,
        amount=rupiah(amount),
        created=CAUSE.at,
        status=S.SENDING,
        reason="requested_by_customer",
        metadata={"order": "7"},
        lease_owner=OWNER,
        lease_until=CAUSE.at + LEASE_MS,
        attempts=1,
        origin=Origin.API,
        sent_at=CAUSE.at,
        due_at=Millis(CAUSE.at + LEASE_MS),
    )
    assert step.entry == LedgerEntry(
        seq=2, kind=EntryKind.REFUND_RESERVED, delta=delta, subject=ID, cause=CAUSE
    )


@pytest.mark.parametrize("origin", list(Origin))
def test_a_refund_remembers_who_began_it_and_for_which_key(origin: Origin) -> None:
    step = reserve(
        a_paid(), a_request(), id=ID, owner=OWNER, cause=CAUSE, origin=origin,
        claim=("refunds", "k"),
    )  # fmt: skip
    assert step.refund == replace(reserving(5_000).refund, origin=origin, claim=("refunds", "k"))


# --- leases and sending -------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(S))
def test_a_refund_is_taken_up_only_while_its_end_is_open_and_nobody_is_at_it(
    status: RefundStatus,
) -> None:
    free = a_refund(status=status, lease_until=NOW)
    assert free.may_be_taken_up(NOW) is (status in SENDABLE)
    assert not free.may_be_taken_up(Millis(NOW - 1))
    assert not replace(free, lease_until=NOW + 1).may_be_taken_up(NOW)
    assert replace(free, lease_until=0).may_be_taken_up(NOW) is (status in SENDABLE)


@pytest.mark.parametrize(
    ("in_doubt", "keys", "age", "may"),
    [
        *((False, keys, age, True) for keys in RefundKeys for age in (0, 10 * RESENT_FOR_MS)),
        (True, RefundKeys.HONOURED, 0, True),
        (True, RefundKeys.HONOURED, RESENT_FOR_MS - 1, True),
        (True, RefundKeys.HONOURED, RESENT_FOR_MS, False),
        (True, RefundKeys.HONOURED, 10 * RESENT_FOR_MS, False),
        (True, RefundKeys.UNPROVEN, 0, False),
        (True, RefundKeys.UNPROVEN, RESENT_FOR_MS, False),
    ],
)
@pytest.mark.parametrize("status", SENDABLE)
def test_what_may_have_happened_is_sent_again_only_under_a_key_that_is_remembered(
    status: RefundStatus, in_doubt: bool, keys: RefundKeys, age: int, may: bool
) -> None:
    refund = replace(a_refund(status=status), in_doubt=in_doubt)
    assert refund.may_be_sent(Millis(NOW + age), keys) is may


@pytest.mark.parametrize("status", list(S))
def test_whoever_takes_over_a_refund_that_was_being_sent_takes_over_the_doubt(
    status: RefundStatus,
) -> None:
    assert a_refund(status=status).leased("b", NOW).in_doubt is (status is S.SENDING)
    assert replace(a_refund(status=status), in_doubt=True).leased("b", NOW).in_doubt


def test_a_lease_counts_the_attempt_and_ends_after_a_minute() -> None:
    refund = a_refund(status=S.UNKNOWN, attempts=3)
    assert refund.leased("me", NOW) == replace(
        refund,
        status=S.SENDING,
        lease_owner="me",
        lease_until=NOW + 60_000,
        attempts=4,
        due_at=Millis(NOW + 60_000),
    )


def test_a_refund_is_told_as_pending_succeeded_or_failed() -> None:
    assert {status.value: TOLD_AS[status] for status in S} == {
        "reserved": "pending", "sending": "pending", "pending_psp": "pending",
        "unknown": "pending", "posted": "succeeded", "voided": "failed", "reversed": "failed",
    }  # fmt: skip
    assert [status for status in S if a_refund(status=status).was_declined] == [S.VOIDED]


# --- when it is looked at again -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("attempts", "wait"),
    [
        (0, HOUR), (1, 5_000), (2, 30_000), (3, 2 * MINUTE), (4, 10 * MINUTE), (5, HOUR),
        (100, HOUR),
    ],
)  # fmt: skip
@pytest.mark.parametrize("age", [0, 20 * HOUR - 1])
def test_an_open_refund_is_looked_at_soon_and_then_every_hour(
    attempts: int, wait: int, age: int
) -> None:
    now = Millis(NOW + age)
    assert a_refund(attempts=attempts).next_look(now) == now + wait


@pytest.mark.parametrize("attempts", [0, 1, 4, 100])
@pytest.mark.parametrize("age", [20 * HOUR, 30 * 24 * HOUR - 1])
def test_an_old_one_is_looked_at_every_six_hours(attempts: int, age: int) -> None:
    now = Millis(NOW + age)
    assert a_refund(attempts=attempts).next_look(now) == now + 6 * HOUR


@pytest.mark.parametrize("age", [30 * 24 * HOUR, 400 * 24 * HOUR])
def test_after_thirty_days_it_is_a_persons(age: int) -> None:
    assert a_refund().next_look(Millis(NOW + age)) is None


def test_a_refund_is_sent_again_for_twenty_hours_and_watched_for_thirty_days() -> None:
    assert (RESENT_FOR_MS, WATCHED_FOR_MS) == (20 * HOUR, 30 * 24 * HOUR)
