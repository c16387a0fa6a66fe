"""What the provider's word means for a payment: every status, every word, every way to be wrong."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.ids import Millis
from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payment_decisions import (
    Changed,
    Contradicted,
    Decision,
    Unchanged,
    decide,
    decide_expired,
)
from chalicelib.domain.payments import (
    Payment,
    PaymentStatus,
    ProviderSession,
    Review,
    ReviewReason,
)
from chalicelib.domain.psp_facts import IntentFact, IntentStatus
from tests.builders import (
    INTENT,
    NOW,
    SESSION,
    a_cause,
    a_payment,
    a_tenant,
    an_expiry,
    an_intent_fact,
    in_review,
    rupiah,
)

P, I = PaymentStatus, IntentStatus  # noqa: E741 - the axes of the tables below
CAUSE = a_cause(at=NOW + 5)
LOOK = Millis(NOW + 120_000)  # the next look at a payment that began at NOW
DOLLARS = Money(20_000, "USD")
ENDED = (P.FAILED, P.CANCELED, P.EXPIRED)

# A word of the provider's against what we hold: the status it rises to, or None for no change.
RISES: dict[tuple[PaymentStatus, IntentStatus], PaymentStatus | None] = {
    (P.UNPAID, I.WAITING): None,
    (P.UNPAID, I.PROCESSING): P.PROCESSING,
    (P.UNPAID, I.FAILED): P.FAILED,
    (P.UNPAID, I.CANCELED): P.CANCELED,
    (P.UNPAID, I.SUCCEEDED): P.PAID,
    (P.PROCESSING, I.WAITING): None,
    (P.PROCESSING, I.PROCESSING): None,
    (P.PROCESSING, I.FAILED): P.FAILED,
    (P.PROCESSING, I.CANCELED): P.CANCELED,
    (P.PROCESSING, I.SUCCEEDED): P.PAID,
    **{(ended, word): None for ended in ENDED for word in I if word is not I.SUCCEEDED},
    **{(ended, I.SUCCEEDED): P.PAID for ended in ENDED},
    **{(P.PAID, word): None for word in I},
}
EVERY_PAIR = [(status, word) for status in P for word in I]
WRONG_MONEY = {
    "less received": (an_intent_fact(received=rupiah(19_999)), ReviewReason.AMOUNT_MISMATCH),
    "more received": (an_intent_fact(received=rupiah(20_001)), ReviewReason.AMOUNT_MISMATCH),
    "nothing received": (an_intent_fact(received=rupiah(0)), ReviewReason.AMOUNT_MISMATCH),
    "other amount asked": (
        an_intent_fact(amount=rupiah(200), received=rupiah(20_000)), ReviewReason.AMOUNT_MISMATCH,
    ),
    "both other": (an_intent_fact(amount=rupiah(200)), ReviewReason.AMOUNT_MISMATCH),
    "other currency": (an_intent_fact(amount=DOLLARS), ReviewReason.CURRENCY_MISMATCH),
    "other currency received": (
        an_intent_fact(received=DOLLARS), ReviewReason.CURRENCY_MISMATCH,
    ),
}  # fmt: skip


def test_the_table_names_every_pair_once() -> None:
    assert RISES.keys() == set(EVERY_PAIR)


@pytest.mark.parametrize(("status", "word"), EVERY_PAIR)
@pytest.mark.parametrize("bound", [True, False])
def test_the_right_word_raises_the_status_or_changes_nothing(
    status: PaymentStatus, word: IntentStatus, bound: bool
) -> None:
    payment = a_payment(status=status, bound=bound)
    decision = decide(payment, an_intent_fact(word), CAUSE)
    risen = RISES[status, word]
    if risen is None:
        assert decision == Unchanged(f"already_{status.value}")
    elif risen is P.PAID:
        _check_paid(payment, decision, late=status in (P.CANCELED, P.EXPIRED))
    else:
        entry = LedgerEntry(
            seq=1, kind=EntryKind.STATUS, delta=Totals(), subject=risen.value, cause=CAUSE
        )
        looked = replace(payment, status=risen, seq=1, due_at=LOOK)
        assert decision == Changed(looked, entry)


def _check_paid(payment: Payment, decision: Decision, *, late: bool) -> None:
    review = Review(
        reason=ReviewReason.LATE, expected=payment.amount, received=payment.amount, at=CAUSE.at
    )
    captured = Totals(captured=20_000, remaining=20_000)
    assert decision == Changed(
        replace(
            payment,
            status=P.PAID,
            totals=captured,
            provider=payment.provider or ProviderSession(None, INTENT, None),
            method="dana",
            paid_at=CAUSE.at,
            review=review if late else None,
            due_at=CAUSE.at if late else None,
            seq=payment.seq + 1,
        ),
        LedgerEntry(
            seq=payment.seq + 1,
            kind=EntryKind.CAPTURED,
            delta=captured,
            subject="paid",
            cause=CAUSE,
        ),
    )


@pytest.mark.parametrize("bound", [True, False])
@pytest.mark.parametrize("status", [status for status in P if status is not P.PAID])
@pytest.mark.parametrize(("fact", "reason"), WRONG_MONEY.values(), ids=WRONG_MONEY.keys())
def test_success_with_the_wrong_money_goes_to_review_and_is_never_paid(
    status: PaymentStatus, fact: IntentFact, reason: ReviewReason, bound: bool
) -> None:
    payment = replace(a_payment(status=status, bound=bound), due_at=LOOK)
    review = Review(reason=reason, expected=rupiah(20_000), received=fact.received, at=CAUSE.at)
    entry = LedgerEntry(
        seq=1, kind=EntryKind.REVIEW, delta=Totals(), subject=reason.value, cause=CAUSE
    )
    found = Discrepancy(
        tenant=a_tenant(),
        kind=DiscrepancyKind(reason.value),
        subject=f"cs_{payment.id}",
        detail=f"asked for Rp20.000, {fact.received} came",
        found_at=CAUSE.at,
    )
    provider = payment.provider or ProviderSession(None, INTENT, None)
    held = replace(payment, provider=provider, review=review, due_at=None, seq=1)
    assert decide(payment, fact, CAUSE) == Changed(held, entry, found)
    assert held.rank == 35
    assert held.totals == Totals()


@pytest.mark.parametrize(("fact", "reason"), WRONG_MONEY.values(), ids=WRONG_MONEY.keys())
def test_success_with_the_wrong_money_changes_nothing_once_it_is_paid(
    fact: IntentFact, reason: ReviewReason
) -> None:
    assert decide(a_payment(status=P.PAID), fact, CAUSE) == Unchanged("already_paid")


@pytest.mark.parametrize(("fact", "reason"), WRONG_MONEY.values(), ids=WRONG_MONEY.keys())
def test_wrong_money_told_again_changes_nothing_more(
    fact: IntentFact, reason: ReviewReason
) -> None:
    assert decide(in_review(a_payment()), fact, CAUSE) == Unchanged("already_in_review")


@pytest.mark.parametrize("word", [word for word in I if word is not I.SUCCEEDED])
@pytest.mark.parametrize("status", [status for status in P if status is not P.PAID])
def test_a_payment_in_review_leaves_it_for_nothing_but_the_right_money(
    status: PaymentStatus, word: IntentStatus
) -> None:
    held = in_review(a_payment(status=status))
    assert decide(held, an_intent_fact(word), CAUSE) == Unchanged(f"already_{status.value}")
    _check_paid(held, decide(held, an_intent_fact(), CAUSE), late=status in ENDED[1:])


@pytest.mark.parametrize(("status", "word"), EVERY_PAIR)
def test_the_wrong_mode_is_set_aside(status: PaymentStatus, word: IntentStatus) -> None:
    set_aside = Contradicted("livemode_mismatch")
    assert decide(a_payment(status=status), an_intent_fact(word, livemode=True), CAUSE) == set_aside
    live = a_payment(status=status, tenant=a_tenant(livemode=True))
    assert decide(live, an_intent_fact(word), CAUSE) == set_aside


@pytest.mark.parametrize(("status", "word"), EVERY_PAIR)
def test_another_intent_is_set_aside(status: PaymentStatus, word: IntentStatus) -> None:
    fact = an_intent_fact(word, intent="pi_666")
    assert decide(a_payment(status=status), fact, CAUSE) == Contradicted("intent_mismatch")


@pytest.mark.parametrize("word", [word for word in I if word is not I.SUCCEEDED])
@pytest.mark.parametrize("status", list(P))
def test_a_wrong_amount_in_a_word_that_moves_no_money_is_no_matter(
    status: PaymentStatus, word: IntentStatus
) -> None:
    payment = a_payment(status=status)
    odd = decide(payment, an_intent_fact(word, amount=DOLLARS), CAUSE)
    assert odd == decide(payment, an_intent_fact(word), CAUSE)


def test_the_method_that_was_used_is_kept_even_when_it_was_not_told() -> None:
    paid = decide(a_payment(), an_intent_fact(method=None), CAUSE)
    assert isinstance(paid, Changed)
    assert paid.payment.method is None


# --- the end of the page --------------------------------------------------------------------


@pytest.mark.parametrize("status", list(P))
def test_an_expired_page_expires_only_what_has_not_ended(status: PaymentStatus) -> None:
    payment = a_payment(status=status)
    decision = decide_expired(payment, an_expiry(), CAUSE)
    if status not in (P.UNPAID, P.PROCESSING):
        assert decision == Unchanged(f"already_{status.value}")
        return
    entry = LedgerEntry(
        seq=1, kind=EntryKind.STATUS, delta=Totals(), subject="expired", cause=CAUSE
    )
    assert decision == Changed(replace(payment, status=P.EXPIRED, seq=1, due_at=LOOK), entry)


def test_an_expired_page_leaves_a_payment_in_review_alone() -> None:
    held = in_review(a_payment())
    assert decide_expired(held, an_expiry(), CAUSE) == Unchanged("already_unpaid")


@pytest.mark.parametrize("status", list(P))
def test_another_page_is_set_aside(status: PaymentStatus) -> None:
    fact = an_expiry(session="cs_666")
    decision = decide_expired(a_payment(status=status), fact, CAUSE)
    assert decision == Contradicted("session_mismatch")


def test_a_page_may_expire_before_we_know_its_name() -> None:
    decision = decide_expired(a_payment(bound=False), an_expiry(session="cs_new"), CAUSE)
    assert isinstance(decision, Changed)
    assert decision.payment.status is P.EXPIRED


# --- properties -----------------------------------------------------------------------------

MONEY = st.sampled_from([rupiah(20_000), rupiah(19_999), rupiah(0), DOLLARS])
FACTS = st.builds(
    an_intent_fact,
    st.sampled_from(list(I)),
    amount=MONEY,
    received=MONEY,
    intent=st.sampled_from([INTENT, INTENT, "pi_666"]),
    livemode=st.sampled_from([False, False, True]),
)
WORDS = st.lists(FACTS | st.builds(an_expiry, session=st.sampled_from([SESSION, "cs_666"])))


@given(WORDS)
@settings(deadline=None)
def test_whatever_is_told_the_rank_never_falls_and_the_books_balance(words: list[object]) -> None:
    payment = a_payment()
    for word in words:
        decision = (
            decide(payment, word, CAUSE)
            if isinstance(word, IntentFact)
            else decide_expired(payment, word, CAUSE)  # type: ignore[arg-type]
        )
        if isinstance(decision, Changed):
            assert decision.payment.rank > payment.rank
            assert decision.entry.seq == decision.payment.seq == payment.seq + 1
            assert payment.totals.plus(decision.entry.delta) == decision.payment.totals
            payment = decision.payment
        assert payment.totals.balanced
        assert payment.totals.captured in (0, 20_000)
        assert (payment.status is P.PAID) == (payment.totals.captured == 20_000)
