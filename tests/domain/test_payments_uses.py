"""A limited link's uses, and the ends that are not the provider's word: over, refused, closed."""

from dataclasses import replace

import pytest

from chalicelib.domain.ids import Millis
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.payment_decisions import (
    Changed,
    Unchanged,
    close_review,
    decide,
    decide_canceled,
    decide_expired,
    decide_over,
    refused_at_once,
)
from chalicelib.domain.payments import Payment, PaymentStatus, Review, ReviewReason, Use
from chalicelib.domain.psp_facts import IntentStatus
from tests.builders import (
    NOW,
    a_cause,
    a_payment,
    a_review,
    an_expiry,
    an_intent_fact,
    in_review,
    rupiah,
)

P, I, R = PaymentStatus, IntentStatus, ReviewReason  # noqa: E741
CAUSE = a_cause(at=NOW + 5)
LOOK = Millis(NOW + 120_000)
USES = [None, *Use]
UNPAID = [status for status in P if status is not P.PAID]


def using(use: Use | None, status: PaymentStatus = P.UNPAID) -> Payment:
    """A payment of a limited link, or of another (None), that is looked at again."""
    return replace(a_payment(status=status), use=use, due_at=LOOK)


def an_entry(
    kind: EntryKind, subject: str, delta: Totals | None = None, seq: int = 1
) -> LedgerEntry:
    return LedgerEntry(seq=seq, kind=kind, delta=delta or Totals(), subject=subject, cause=CAUSE)


def expired(payment: Payment, use: Use | None) -> Changed:
    """The payment once its time is over."""
    after = replace(payment, status=P.EXPIRED, use=use, seq=1)
    return Changed(after, an_entry(EntryKind.STATUS, "expired"))


# --- paid -----------------------------------------------------------------------------------

# What it had, and whether the link has none left -> what it has then, and what is to be reviewed.
PAID: dict[tuple[Use | None, bool], tuple[Use | None, ReviewReason | None]] = {
    (None, False): (None, None),
    (None, True): (None, None),
    (Use.HELD, False): (Use.SPENT, None),
    (Use.HELD, True): (Use.SPENT, None),  # what it holds nobody else can take
    (Use.RETURNED, False): (Use.SPENT, R.LATE),
    (Use.RETURNED, True): (Use.RETURNED, R.SURPLUS),
}


@pytest.mark.parametrize("status", UNPAID)
@pytest.mark.parametrize(("had", "after"), PAID.items())
def test_money_that_came_is_captured_whatever_became_of_the_use(
    status: PaymentStatus,
    had: tuple[Use | None, bool],
    after: tuple[Use | None, ReviewReason | None],
) -> None:
    (before, sold_out), (use, reason) = had, after
    payment = using(before, status)
    if reason is None and status in (P.CANCELED, P.EXPIRED):
        reason = R.LATE
    review = (
        Review(reason=reason, expected=payment.amount, received=payment.amount, at=CAUSE.at)
        if reason
        else None
    )
    captured = Totals(captured=20_000, remaining=20_000)
    paid = replace(
        payment,
        status=P.PAID,
        totals=captured,
        method="dana",
        paid_at=CAUSE.at,
        review=review,
        use=use,
        due_at=CAUSE.at if reason else None,
        seq=1,
    )
    decision = decide(payment, an_intent_fact(), CAUSE, sold_out=sold_out)
    assert decision == Changed(paid, an_entry(EntryKind.CAPTURED, "paid", captured))


@pytest.mark.parametrize("sold_out", [False, True])
@pytest.mark.parametrize("use", USES)
def test_wrong_money_keeps_the_use_that_it_has(use: Use | None, sold_out: bool) -> None:
    decision = decide(using(use), an_intent_fact(amount=rupiah(1)), CAUSE, sold_out=sold_out)
    assert isinstance(decision, Changed)
    assert (decision.payment.use, decision.payment.rank) == (use, 35)


# --- over -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [P.UNPAID, P.PROCESSING])
@pytest.mark.parametrize("use", USES)
def test_a_payment_that_is_over_has_expired_and_gives_back_the_use_that_it_held(
    status: PaymentStatus, use: Use | None
) -> None:
    payment = using(use, status)
    after = expired(payment, Use.RETURNED if use is Use.HELD else use)
    assert decide_over(payment, CAUSE) == after
    assert decide_expired(payment, an_expiry(), CAUSE) == after


@pytest.mark.parametrize("status", [P.FAILED, P.CANCELED, P.EXPIRED, P.PAID])
@pytest.mark.parametrize("use", USES)
def test_what_has_ended_gives_back_nothing_but_a_failed_ones_use(
    status: PaymentStatus, use: Use | None
) -> None:
    payment = using(use, status)
    decision = decide_over(payment, CAUSE)
    if (status, use) == (P.FAILED, Use.HELD):
        returned = replace(payment, use=Use.RETURNED, seq=1)
        assert decision == Changed(returned, an_entry(EntryKind.USE_RETURNED, "expired"))
        assert decide_over(returned, CAUSE) == Unchanged("already_failed")
    else:
        assert decision == Unchanged(f"already_{status.value}")


@pytest.mark.parametrize("use", USES)
def test_a_payment_in_review_keeps_its_use_when_it_is_over(use: Use | None) -> None:
    assert decide_over(in_review(using(use)), CAUSE) == Unchanged("already_unpaid")


@pytest.mark.parametrize(
    ("word", "use"),
    [(I.PROCESSING, Use.HELD), (I.FAILED, Use.HELD), (I.CANCELED, Use.RETURNED)],
)
def test_a_use_is_returned_by_the_end_and_not_by_a_try_that_failed(
    word: IntentStatus, use: Use
) -> None:
    decision = decide(using(Use.HELD), an_intent_fact(word), CAUSE)
    assert isinstance(decision, Changed)
    assert decision.payment.use is use


@pytest.mark.parametrize(("late_ms", "use"), [(-1, Use.HELD), (0, Use.RETURNED)])
def test_a_try_that_fails_after_the_end_gives_the_use_back(late_ms: int, use: Use) -> None:
    """Seed 2000955: nobody would have looked at it again."""
    payment = using(Use.HELD)
    cause = replace(CAUSE, at=Millis(payment.expires_at + late_ms))
    decision = decide(payment, an_intent_fact(I.FAILED), cause)
    assert isinstance(decision, Changed)
    assert (decision.payment.status, decision.payment.use) == (P.FAILED, use)


@pytest.mark.parametrize("status", [P.UNPAID, P.PROCESSING])
@pytest.mark.parametrize("use", USES)
def test_a_payment_that_the_merchant_ended_is_canceled_and_gives_back_its_use(
    status: PaymentStatus, use: Use | None
) -> None:
    payment = using(use, status)
    after = replace(payment, status=P.CANCELED, use=Use.RETURNED if use is Use.HELD else use, seq=1)
    canceled = Changed(after, an_entry(EntryKind.STATUS, "canceled"))
    assert decide_canceled(payment, CAUSE) == canceled


@pytest.mark.parametrize("status", [P.FAILED, P.CANCELED, P.EXPIRED, P.PAID])
@pytest.mark.parametrize("use", USES)
def test_what_has_ended_already_is_as_if_it_were_over(
    status: PaymentStatus, use: Use | None
) -> None:
    payment = using(use, status)
    assert decide_canceled(payment, CAUSE) == decide_over(payment, CAUSE)


# --- refused at once --------------------------------------------------------------------------


@pytest.mark.parametrize("use", USES)
def test_a_payment_without_a_page_has_failed_and_is_looked_at_no_more(use: Use | None) -> None:
    payment = replace(using(use), provider=None)
    after = replace(
        payment,
        status=P.FAILED,
        use=Use.RETURNED if use is Use.HELD else use,
        due_at=None,
        seq=1,
    )
    assert refused_at_once(payment, CAUSE) == Changed(after, an_entry(EntryKind.STATUS, "failed"))


# --- a review that is closed --------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(R))
@pytest.mark.parametrize("verdict", ["accepted", "refunded"])
def test_a_review_is_closed_with_a_verdict_and_moves_no_money(
    reason: ReviewReason, verdict: str
) -> None:
    review = a_review(reason)
    payment = replace(a_payment(status=P.PAID), review=review, due_at=NOW)
    after = replace(payment, review=replace(review, verdict=verdict), due_at=None, seq=2)
    entry = an_entry(EntryKind.REVIEW_CLOSED, verdict, seq=2)
    assert close_review(payment, verdict, CAUSE) == Changed(after, entry)
    assert after.rank == payment.rank


def test_a_closed_review_of_wrong_money_still_holds_the_rank() -> None:
    held = in_review(a_payment())
    closed = close_review(held, "accepted", CAUSE).payment
    assert (held.rank, closed.rank) == (35, 35)
    assert decide(closed, an_intent_fact(I.FAILED), CAUSE) == Unchanged("already_unpaid")


def test_there_is_nothing_to_close_without_a_review() -> None:
    with pytest.raises(AssertionError, match="no review to close"):
        close_review(a_payment(), "accepted", CAUSE)
