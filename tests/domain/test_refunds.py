"""Refunds: what may be reserved, and what each answer of the provider makes of it."""

from dataclasses import replace

import pytest

from chalicelib.domain.capabilities import RefundRules
from chalicelib.domain.errors import (
    RefundableAmountChanged,
    RefundAlreadyFull,
    RefundAmountExceedsRefundable,
    RefundBlockedByDispute,
    RefundInProgress,
    RefundMultipleNotSupported,
    RefundNotSupportedByMethod,
    RefundPartialNotSupported,
    RefundRefused,
    RefundWindowClosed,
    SessionNotPaid,
)
from chalicelib.domain.ids import RefundId
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    Declined,
    Done,
    InDoubt,
    NotExecuted,
    RefundOutcome,
)
from chalicelib.domain.refund_outcomes import settle
from chalicelib.domain.refund_rules import DAY_MS, rules_for
from chalicelib.domain.refunds import (
    LEASE_MS,
    OPEN,
    RESENT_FOR_MS,
    SENDABLE,
    TOLD_AS,
    Refund,
    RefundStatus,
    Step,
    post,
    reserve,
    void,
)
from tests.builders import (
    INTENT,
    NOW,
    a_cause,
    a_paid,
    a_payment,
    a_refund,
    a_request,
    in_review,
    rupiah,
    ulid,
)

ID = RefundId(f"re_{ulid(5)}")
OWNER = ulid(6)
CAUSE = a_cause(str(ID), actor="SSSS", at=NOW + 7)
S = RefundStatus
ONCE = Totals(20_000, 15_000, 0, 5_000)  # after one partial refund


def reserving(
    payment: Payment, amount: int | None, expected: int | None = None, at: int = NOW + 7
) -> Step:
    """What reserving comes to."""
    request = a_request(amount, expected_remaining=expected)
    cause = replace(CAUSE, at=at)
    return reserve(payment, request, id=ID, owner=OWNER, cause=cause)


def refused(kind: type[RefundRefused], payment: Payment, amount: int | None) -> RefundRefused:
    """The refusal, which is exactly of this kind."""
    with pytest.raises(RefundRefused) as error:
        reserving(payment, amount)
    assert type(error.value) is kind
    return error.value


@pytest.mark.parametrize(("asked", "amount"), [(5_000, 5_000), (None, 20_000), (20_000, 20_000)])
def test_reserving_takes_the_amount_out_of_reach_and_leases_the_refund(
    asked: int | None, amount: int
) -> None:
    payment = a_paid()
    delta = Totals(remaining=-amount, refund_pending=amount)
    step = reserving(payment, asked)
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
    )
    assert step.entry == LedgerEntry(
        seq=2, kind=EntryKind.REFUND_RESERVED, delta=delta, subject=ID, cause=CAUSE
    )


# --- the rules of each kind of method -------------------------------------------------------

FULL, PART = 20_000, 5_000
SHAPES: dict[str, tuple[type[RefundRefused] | None, ...]] = {
    # method: full, partial, second partial, remainder after a partial
    "dana": (None, None, RefundMultipleNotSupported, RefundMultipleNotSupported),
    "gcash": (None, None, RefundMultipleNotSupported, RefundMultipleNotSupported),
    "paynow": (None, None, None, None),
    "9pay": (None, None, None, None),
    "pix": (None, *[RefundPartialNotSupported] * 3),
    "ideal": (None, *[RefundPartialNotSupported] * 3),
    "bank_transfer_id": (RefundNotSupportedByMethod,) * 4,
    "bank_transfer_uk": (RefundNotSupportedByMethod,) * 4,
    "mobile_money": (RefundNotSupportedByMethod,) * 4,
}  # fmt: skip
CASES = [
    (method, totals, amount, error)
    for method, errors in SHAPES.items()
    for (totals, amount), error in zip(
        [(Totals(FULL, FULL), None), (Totals(FULL, FULL), PART), (ONCE, PART), (ONCE, None)],
        errors,
        strict=True,
    )
]


@pytest.mark.parametrize(("method", "totals", "amount", "error"), CASES)
def test_a_method_gives_back_what_its_page_says(
    method: str, totals: Totals, amount: int | None, error: type[RefundRefused] | None
) -> None:
    payment = replace(a_paid(methods=(method,)), totals=totals)
    if error is None:
        step = reserving(payment, amount)
        assert step.refund.amount.amount == (amount or totals.remaining)
        return
    told = refused(error, payment, amount)
    assert told.details["amount_refundable"] == totals.remaining
    assert f"Rp{totals.remaining:,}".replace(",", ".") in told.message


@pytest.mark.parametrize(
    ("methods", "totals", "amount", "rule"),
    [
        (("dana",), ONCE, PART, "multiple_partial_refunds"),
        (("pix",), Totals(FULL, FULL), PART, "partial_refund"),
        (("ovo",), Totals(FULL, FULL), FULL, "refund"),
    ],
)
def test_a_refusal_names_the_rule(
    methods: tuple[str, ...], totals: Totals, amount: int, rule: str
) -> None:
    payment = replace(a_paid(methods=methods), totals=totals)
    with pytest.raises(RefundRefused) as error:
        reserving(payment, amount)
    assert error.value.details == {"rule": rule, "amount_refundable": totals.remaining}


def test_the_rules_are_of_the_method_that_was_used() -> None:
    several = replace(a_paid(methods=("dana", "bank_transfer_id")), method="dana")
    assert rules_for(several) == RefundRules(True, True, False)
    assert rules_for(replace(several, method="bank_transfer_id")).refund is False


@pytest.mark.parametrize("method", [None, "card", "unheard_of"])
def test_while_the_method_is_not_known_the_strictest_rules_hold(method: str | None) -> None:
    payment = replace(a_paid(methods=("dana", "bank_transfer_id")), method=method)
    assert rules_for(payment) == RefundRules(False, False, False)
    error = refused(RefundNotSupportedByMethod, payment, None)
    assert error.message.startswith(method or "dana/bank_transfer_id")


@pytest.mark.parametrize(("late_by", "open_"), [(0, True), (1, False)])
def test_ideal_takes_refunds_for_365_days(late_by: int, open_: bool) -> None:
    payment, at = a_paid(methods=("ideal",)), NOW + 365 * DAY_MS + late_by
    if open_:
        assert reserving(payment, None, at=at).refund.amount == rupiah(20_000)
        return
    with pytest.raises(RefundWindowClosed) as error:
        reserving(payment, None, at=at)
    assert error.value.details == {"rule": "refund_window", "amount_refundable": 20_000}


def test_dana_has_no_window() -> None:
    assert reserving(a_paid(), None, at=NOW + 10_000 * DAY_MS).refund.amount == rupiah(20_000)


# --- what stands in the way -----------------------------------------------------------------


@pytest.mark.parametrize("status", [s for s in PaymentStatus if s is not PaymentStatus.PAID])
def test_what_is_not_paid_is_not_refunded(status: PaymentStatus) -> None:
    error = refused(SessionNotPaid, a_payment(status=status), None)
    assert error.message == f"The payment is {status.value}; only a paid one is refunded."
    refused(SessionNotPaid, in_review(a_payment(status=status)), 1)


def test_a_disputed_payment_is_not_refunded() -> None:
    error = refused(RefundBlockedByDispute, replace(a_paid(), disputed=True), 1)
    assert error.details == {"amount_refundable": 20_000}


def test_one_refund_at_a_time() -> None:
    busy = replace(a_paid(methods=("paynow",)), refund_inflight=RefundId("re_other"))
    error = refused(RefundInProgress, busy, 1)
    assert error.details == {"refund": "re_other", "amount_refundable": 20_000}


def test_a_dispute_is_named_before_a_refund_in_flight() -> None:
    both = replace(a_paid(), disputed=True, refund_inflight=ID)
    refused(RefundBlockedByDispute, both, 1)


@pytest.mark.parametrize("expected", [0, 19_999, 20_001])
def test_an_expectation_that_is_stale_is_refused_with_what_is_left(expected: int) -> None:
    with pytest.raises(RefundableAmountChanged) as error:
        reserving(a_paid(), 5_000, expected)
    assert error.value.param == "expected_remaining"
    assert error.value.details == {"amount_refundable": 20_000}
    assert reserving(a_paid(), 5_000, 20_000).refund.amount == rupiah(5_000)


@pytest.mark.parametrize("amount", [None, 1, 20_000, 20_001])
def test_what_is_refunded_in_full_is_refunded_no_more(amount: int | None) -> None:
    done = replace(a_paid(), totals=Totals(20_000, 0, 0, 20_000))
    assert refused(RefundAlreadyFull, done, amount).details == {"amount_refundable": 0}


@pytest.mark.parametrize(
    ("totals", "amount"),
    [(Totals(20_000, 20_000), 20_001), (Totals(20_000, 20_000), 10**12), (ONCE, 15_001)],
)
def test_more_than_remains_is_refused_with_what_remains(totals: Totals, amount: int) -> None:
    error = refused(RefundAmountExceedsRefundable, replace(a_paid(), totals=totals), amount)
    assert error.param == "amount"
    assert error.details == {"amount_refundable": totals.remaining, "amount_pending": 0}


def test_the_last_rupiah_can_be_refunded() -> None:
    payment = replace(a_paid(methods=("paynow",)), totals=Totals(20_000, 1, 0, 19_999))
    assert reserving(payment, 1).payment.totals == Totals(20_000, 0, 1, 19_999)


# --- what the provider's answer means -------------------------------------------------------

HELD = replace(
    a_paid(), totals=Totals(20_000, 15_000, 5_000, 0), refund_inflight=a_refund().id, seq=2
)


def entry(kind: EntryKind, delta: Totals) -> LedgerEntry:
    """The next line of HELD's ledger."""
    return LedgerEntry(seq=3, kind=kind, delta=delta, subject=a_refund().id, cause=CAUSE)


def is_posted(refund: Refund) -> Step:
    """HELD after the refund happened."""
    return Step(
        replace(HELD, totals=ONCE, refund_inflight=None, seq=3),
        replace(refund, status=S.POSTED, psp_refund="re_9"),
        entry(EntryKind.REFUND_POSTED, Totals(refund_pending=-5_000, refunded=5_000)),
    )


def is_voided(refund: Refund) -> Step:
    """HELD after the refund was refused for good."""
    return Step(
        replace(HELD, totals=Totals(20_000, 20_000), refund_inflight=None, seq=3),
        replace(refund, status=S.VOIDED, failure="no"),
        entry(EntryKind.REFUND_VOIDED, Totals(remaining=5_000, refund_pending=-5_000)),
    )


@pytest.mark.parametrize("in_doubt", [False, True])
@pytest.mark.parametrize("status", OPEN)
@pytest.mark.parametrize(
    "outcome",
    [Done("re_9"), Declined("no"), Accepted("re_9"),
     NotExecuted("no"), InDoubt("no")],
)  # fmt: skip
def test_each_outcome_posts_voids_or_is_noted(
    outcome: RefundOutcome, status: RefundStatus, in_doubt: bool
) -> None:
    refund = replace(a_refund(status=status), in_doubt=in_doubt)
    after = settle(HELD, refund, outcome, CAUSE)
    match outcome:
        case Done():
            assert after == is_posted(refund)
        case Declined() | NotExecuted() if in_doubt:
            assert after == replace(refund, status=S.UNKNOWN, failure="no")
        case Declined():
            assert after == is_voided(refund)
        case Accepted():
            assert after == replace(refund, status=S.PENDING_PSP, psp_refund="re_9")
        case NotExecuted():
            assert after == replace(refund, status=S.RESERVED, failure="no")
        case InDoubt():
            assert after == replace(refund, status=S.UNKNOWN, failure="no", in_doubt=True)


def test_nothing_can_be_posted_or_voided_that_is_not_pending() -> None:
    for move in (post, void):
        with pytest.raises(AssertionError, match="no longer add up"):
            move(a_paid(), a_refund(), "re_9", CAUSE)


# --- leases ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", list(S))
def test_a_refund_is_sent_only_while_its_end_is_open_and_nobody_is_at_it(
    status: RefundStatus,
) -> None:
    free = a_refund(status=status, lease_until=NOW)
    assert free.may_be_sent(NOW) is (status in SENDABLE)
    assert not replace(free, lease_until=NOW + 1).may_be_sent(NOW)
    remembered = NOW + RESENT_FOR_MS - 1
    assert replace(free, created=NOW).may_be_sent(remembered) is (status in SENDABLE)
    assert not replace(free, created=NOW).may_be_sent(remembered + 1)


@pytest.mark.parametrize("status", list(S))
def test_whoever_takes_over_a_refund_that_was_being_sent_takes_over_the_doubt(
    status: RefundStatus,
) -> None:
    assert a_refund(status=status).leased("b", NOW).in_doubt is (status is S.SENDING)
    assert replace(a_refund(status=status), in_doubt=True).leased("b", NOW).in_doubt


def test_a_lease_counts_the_attempt_and_ends_after_a_minute() -> None:
    refund = a_refund(status=S.UNKNOWN, attempts=3)
    assert refund.leased("me", NOW) == replace(
        refund, status=S.SENDING, lease_owner="me", lease_until=NOW + 60_000, attempts=4
    )


def test_a_refund_is_told_as_pending_succeeded_or_failed() -> None:
    assert {status.value: TOLD_AS[status] for status in S} == {
        "reserved": "pending", "sending": "pending", "pending_psp": "pending",
        "unknown": "pending", "posted": "succeeded", "voided": "failed", "reversed": "failed",
    }  # fmt: skip
    assert [status for status in S if a_refund(status=status).was_declined] == [S.VOIDED]
