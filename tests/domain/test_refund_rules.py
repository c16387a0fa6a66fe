"""What may be refunded: the rules of each method, and what stands in the way."""

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
from chalicelib.domain.ids import Millis, RefundId
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus, ReviewReason
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refund_rules import DAY_MS, MOST_CHANGES, rules_for
from chalicelib.domain.refunds import Step, reserve
from tests.builders import (
    NOW,
    a_cause,
    a_paid,
    a_payment,
    a_request,
    a_review,
    in_review,
    rupiah,
    ulid,
)

ID = RefundId(f"re_{ulid(5)}")
OWNER = ulid(6)
CAUSE = a_cause(str(ID), actor="SSSS", at=NOW + 7)
ONCE = Totals(20_000, 15_000, 0, 5_000)  # after one partial refund
OPEN_DISPUTE = {"dp_1": DisputeStatus.OPEN}


def reserving(
    payment: Payment, amount: int | None, expected: int | None = None, at: int = NOW + 7
) -> Step:
    """What reserving comes to."""
    request = a_request(amount, expected_remaining=expected)
    cause = replace(CAUSE, at=Millis(at))
    return reserve(payment, request, id=ID, owner=OWNER, cause=cause)


def refused(kind: type[RefundRefused], payment: Payment, amount: int | None) -> RefundRefused:
    """The refusal, which is exactly of this kind."""
    with pytest.raises(RefundRefused) as error:
        reserving(payment, amount)
    assert type(error.value) is kind
    return error.value


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


@pytest.mark.parametrize("method", ["paynow", "dana", "bank_transfer_id"])
def test_a_payment_that_was_changed_too_often_is_refunded_no_more(method: str) -> None:
    worn = replace(a_paid(methods=(method,)), seq=MOST_CHANGES)
    error = refused(RefundMultipleNotSupported, worn, None)
    assert error.details == {"rule": "most_changes", "amount_refundable": 20_000}
    assert MOST_CHANGES >= 100
    last = replace(a_paid(methods=("paynow",)), seq=MOST_CHANGES - 1)
    assert reserving(last, None).payment.seq == MOST_CHANGES


# --- what stands in the way -----------------------------------------------------------------


@pytest.mark.parametrize("status", [s for s in PaymentStatus if s is not PaymentStatus.PAID])
def test_what_is_not_paid_is_not_refunded(status: PaymentStatus) -> None:
    error = refused(SessionNotPaid, a_payment(status=status), None)
    assert error.message == f"The payment is {status.value}; only a paid one is refunded."
    refused(SessionNotPaid, in_review(a_payment(status=status)), 1)


def test_what_is_paid_by_nobody_knows_which_intent_is_not_refunded() -> None:
    refused(SessionNotPaid, replace(a_paid(), provider=None), None)


def test_a_payment_that_came_late_can_be_refunded() -> None:
    late = replace(a_paid(), review=a_review(ReviewReason.LATE, 20_000))
    assert reserving(late, None).refund.amount == rupiah(20_000)


def test_a_disputed_payment_is_not_refunded() -> None:
    error = refused(RefundBlockedByDispute, replace(a_paid(), disputes=OPEN_DISPUTE), 1)
    assert error.details == {"amount_refundable": 20_000}


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_a_dispute_that_was_won_stands_in_the_way_no_more(status: DisputeStatus) -> None:
    payment = replace(a_paid(), disputes={"dp_1": status})
    if status is DisputeStatus.WON:
        assert reserving(payment, None).refund.amount == rupiah(20_000)
    else:
        refused(RefundBlockedByDispute, payment, None)


def test_one_refund_at_a_time() -> None:
    busy = replace(a_paid(methods=("paynow",)), refund_inflight=RefundId("re_other"))
    error = refused(RefundInProgress, busy, 1)
    assert error.details == {"refund": "re_other", "amount_refundable": 20_000}


def test_a_dispute_is_named_before_a_refund_in_flight() -> None:
    both = replace(a_paid(), disputes=OPEN_DISPUTE, refund_inflight=ID)
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
