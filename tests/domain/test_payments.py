"""What a payment says of itself: its rank, its session, its disputes, and when to look again."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import CheckoutSessionExpired, PaymentNotOpen
from chalicelib.domain.ids import Millis
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.payments import (
    LIMITED_LIFETIME_MS,
    RANKS,
    SESSION_LIFETIME_MS,
    NextAction,
    PaymentStatus,
)
from chalicelib.domain.psp_facts import DisputeStatus
from tests.builders import NOW, a_cause, a_payment, a_provider, in_review

P, D = PaymentStatus, DisputeStatus
CAUSE = a_cause(at=NOW + 5)
MINUTE, HOUR = 60_000, 3_600_000


def test_the_ranks_are_these() -> None:
    assert {status.value: rank for status, rank in RANKS.items()} == {
        "unpaid": 0, "processing": 20, "failed": 30, "canceled": 30, "expired": 30, "paid": 40,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "before", "after"),
    [
        (P.UNPAID, "open", "expired"),
        (P.PROCESSING, "open", "expired"),
        (P.FAILED, "open", "expired"),
        (P.CANCELED, "expired", "expired"),
        (P.EXPIRED, "expired", "expired"),
        (P.PAID, "complete", "complete"),
    ],
)
def test_the_sessions_status_before_and_after_a_day(
    status: PaymentStatus, before: str, after: str
) -> None:
    payment = a_payment(status=status)
    end = Millis(NOW + SESSION_LIFETIME_MS)
    assert payment.session_status(Millis(end - 1)) == before
    assert payment.session_status(end) == after


def test_a_payment_in_review_is_complete() -> None:
    assert in_review(a_payment()).session_status(NOW) == "complete"


SEEN = {  # as it stands -> the intent's status before its end and after it
    P.UNPAID: ("requires_payment_method", "canceled"),
    P.PROCESSING: ("processing", "processing"),
    P.FAILED: ("requires_payment_method", "canceled"),
    P.CANCELED: ("canceled", "canceled"),
    P.EXPIRED: ("canceled", "canceled"),
    P.PAID: ("succeeded", "succeeded"),
}


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize(("status", "seen"), SEEN.items())
def test_the_intents_status_in_wooshpays_words(
    status: PaymentStatus, seen: tuple[str, str], bound: bool
) -> None:
    payment = a_payment(status=status, bound=bound)
    end = Millis(NOW + SESSION_LIFETIME_MS)
    assert (payment.intent_status(Millis(end - 1)), payment.intent_status(end)) == seen


@pytest.mark.parametrize("status", list(P))
def test_an_action_is_required_only_before_the_first_try(status: PaymentStatus) -> None:
    chosen = replace(a_provider(), action=NextAction("redirect_to_url", "redirect_to_url"))
    payment = a_payment(status=status, provider=chosen)
    expected = "requires_action" if status is P.UNPAID else SEEN[status][0]
    assert payment.intent_status(NOW) == expected
    assert payment.intent_status(payment.expires_at) == SEEN[status][1]


@pytest.mark.parametrize("status", list(P))
def test_only_what_is_open_can_be_ended(status: PaymentStatus) -> None:
    payment = a_payment(status=status)
    if payment.session_status(NOW) == "open":
        payment.must_be_open(NOW)
    else:
        with pytest.raises(PaymentNotOpen) as refused:
            payment.must_be_open(NOW)
        said = payment.intent_status(NOW)
        assert refused.value.message == f"The payment is {said}; only an open one ends."
    for over in (Millis(payment.expires_at), Millis(payment.expires_at + 1)):
        with pytest.raises(PaymentNotOpen):
            payment.must_be_open(over)
    with pytest.raises(PaymentNotOpen):
        in_review(payment).must_be_open(NOW)


def test_a_session_can_be_paid_until_its_end() -> None:
    payment = a_payment()
    payment.must_be_payable(Millis(payment.expires_at - 1))
    with pytest.raises(CheckoutSessionExpired):
        payment.must_be_payable(payment.expires_at)
    with pytest.raises(CheckoutSessionExpired):
        a_payment(status=P.CANCELED).must_be_payable(NOW)


@pytest.mark.parametrize(
    ("totals", "state"),
    [
        (Totals(100, 100), "none"),
        (Totals(100, 60, 40, 0), "none"),
        (Totals(100, 60, 0, 40), "partial"),
        (Totals(100, 0, 60, 40), "partial"),
        (Totals(100, 0, 0, 100), "full"),
        (Totals(), "none"),
    ],
)
def test_how_much_was_refunded_counts_no_pending_refund(totals: Totals, state: str) -> None:
    assert a_payment(totals=totals).refund_status == state


def test_a_change_that_does_not_balance_is_never_made() -> None:
    with pytest.raises(AssertionError, match="no longer add up"):
        a_payment().moved(EntryKind.REFUND_POSTED, "re_1", Totals(refunded=1), CAUSE)


@pytest.mark.parametrize(
    ("disputes", "disputed"),
    [
        ({}, False),
        ({"d1": D.OPEN}, True),
        ({"d1": D.LOST}, True),
        ({"d1": D.WON}, False),
        ({"d1": D.WON, "d2": D.WON}, False),
        ({"d1": D.WON, "d2": D.OPEN}, True),
        ({"d1": D.LOST, "d2": D.WON}, True),
    ],
)
def test_a_payment_is_disputed_until_every_dispute_is_won(
    disputes: dict[str, DisputeStatus], disputed: bool
) -> None:
    assert replace(a_payment(), disputes=disputes).disputed is disputed


# --- when it is looked at again ---------------------------------------------------------------

END = SESSION_LIFETIME_MS
LOOKS = [2 * MINUTE, 10 * MINUTE, HOUR, END + 5 * MINUTE, END + 25 * HOUR]


@pytest.mark.parametrize("status", [each for each in P if each not in (P.PAID, P.PROCESSING)])
def test_a_payment_is_looked_at_on_schedule_until_a_day_after_its_end(
    status: PaymentStatus,
) -> None:
    payment = a_payment(status=status)
    now, looks = NOW, []
    while (look := payment.next_look(now)) is not None:
        looks.append(look - NOW)
        now = look
    assert looks == LOOKS


def test_money_on_its_way_is_asked_after_every_day_for_as_long_as_it_takes() -> None:
    payment = a_payment(status=P.PROCESSING)
    assert payment.next_look(Millis(NOW + END)) == NOW + END + 5 * MINUTE
    late = Millis(NOW + END + 25 * HOUR)
    assert payment.next_look(late) == late + 24 * HOUR
    assert payment.next_look(Millis(NOW + END * 99)) == NOW + END * 100


@pytest.mark.parametrize(
    ("at", "look"),
    [
        (-1, 2 * MINUTE), (2 * MINUTE - 1, 2 * MINUTE), (2 * MINUTE, 10 * MINUTE),
        (10 * MINUTE, HOUR), (HOUR, END + 5 * MINUTE), (END + 5 * MINUTE, END + 25 * HOUR),
        (END + 25 * HOUR - 1, END + 25 * HOUR), (END + 25 * HOUR, None), (END * 99, None),
    ],
)  # fmt: skip
def test_the_next_look_is_the_first_that_is_still_to_come(at: int, look: int | None) -> None:
    expected = None if look is None else NOW + look
    assert a_payment().next_look(Millis(NOW + at)) == expected


def test_the_looks_of_a_short_session_stay_in_order() -> None:
    short = replace(a_payment(), expires_at=Millis(NOW + LIMITED_LIFETIME_MS))
    assert short.next_look(Millis(NOW + 10 * MINUTE)) == NOW + 60 * MINUTE
    assert short.next_look(Millis(NOW + 60 * MINUTE)) == NOW + 65 * MINUTE
    assert short.next_look(Millis(NOW + 65 * MINUTE)) == NOW + 26 * HOUR


def test_what_is_paid_or_in_review_needs_no_look() -> None:
    assert a_payment(status=P.PAID).next_look(NOW) is None
    assert in_review(a_payment()).next_look(NOW) is None
