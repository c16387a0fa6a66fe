"""Disputes: each opens once, is decided once, and ends alike in whatever order it is told."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.ledger import EntryKind, LedgerEntry, Totals
from chalicelib.domain.payment_decisions import (
    MOST_DISPUTES,
    Changed,
    Contradicted,
    Unchanged,
    decide_dispute,
)
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import DisputeFact, DisputeStatus
from tests.builders import INTENT, NOW, a_cause, a_paid, a_payment, rupiah

D = DisputeStatus
CAUSE = a_cause(at=NOW + 5)

# What is known of it against what is told: what is known then, None for no change.
FIRMER: dict[tuple[DisputeStatus | None, DisputeStatus], DisputeStatus | None] = {
    **{(None, told): told for told in D},
    (D.OPEN, D.OPEN): None,
    (D.OPEN, D.WON): D.WON,
    (D.OPEN, D.LOST): D.LOST,
    (D.WON, D.OPEN): None,
    (D.WON, D.WON): None,
    (D.WON, D.LOST): D.LOST,
    (D.LOST, D.OPEN): None,
    (D.LOST, D.WON): None,
    (D.LOST, D.LOST): None,
}


def a_dispute(
    status: DisputeStatus = D.OPEN, *, dispute: str = "dp_1", intent: str = INTENT
) -> DisputeFact:
    """The shopper's bank on the payment."""
    return DisputeFact(dispute=dispute, intent=intent, status=status, amount=rupiah(20_000))


def after(payment: Payment, facts: tuple[DisputeFact, ...] | list[DisputeFact]) -> Payment:
    """The payment once all that was told."""
    for fact in facts:
        decision = decide_dispute(payment, fact, CAUSE)
        if isinstance(decision, Changed):
            payment = decision.payment
    return payment


@pytest.mark.parametrize("status", list(PaymentStatus))
@pytest.mark.parametrize(("pair", "then"), FIRMER.items())
def test_a_dispute_only_becomes_firmer(
    pair: tuple[DisputeStatus | None, DisputeStatus],
    then: DisputeStatus | None,
    status: PaymentStatus,
) -> None:
    known, told = pair
    others = {"dp_2": D.WON}
    payment = a_payment(status=status)
    payment = replace(payment, disputes={**others, **({"dp_1": known} if known else {})})
    decision = decide_dispute(payment, a_dispute(told), CAUSE)
    if then is None:
        assert decision == Unchanged(f"already_{known}")
        return
    entry = LedgerEntry(
        seq=payment.seq + 1,
        kind=EntryKind.DISPUTE,
        delta=Totals(),
        subject=f"dp_1 {told.value}",
        cause=CAUSE,
    )
    changed = replace(payment, disputes={**others, "dp_1": then}, seq=payment.seq + 1)
    assert decision == Changed(changed, entry)


def test_a_dispute_may_be_told_before_the_payment_has_its_names() -> None:
    decision = decide_dispute(a_payment(bound=False), a_dispute(intent="pi_any"), CAUSE)
    assert isinstance(decision, Changed)
    assert decision.payment.disputed


def test_a_dispute_of_another_intent_is_set_aside() -> None:
    decision = decide_dispute(a_paid(), a_dispute(intent="pi_666"), CAUSE)
    assert decision == Contradicted("intent_mismatch")


def test_there_are_at_most_twenty_and_those_can_still_be_decided() -> None:
    full = replace(a_paid(), disputes={f"dp_{n}": D.OPEN for n in range(MOST_DISPUTES)})
    assert MOST_DISPUTES == 20
    assert decide_dispute(full, a_dispute(dispute="dp_x"), CAUSE) == Contradicted(
        "too_many_disputes"
    )
    assert isinstance(decide_dispute(full, a_dispute(D.LOST, dispute="dp_0"), CAUSE), Changed)
    one_less = replace(full, disputes={f"dp_{n}": D.OPEN for n in range(MOST_DISPUTES - 1)})
    assert isinstance(decide_dispute(one_less, a_dispute(dispute="dp_x"), CAUSE), Changed)


def test_a_long_name_does_not_make_a_long_line_in_the_ledger() -> None:
    decision = decide_dispute(a_paid(), a_dispute(dispute="d" * 200), CAUSE)
    assert isinstance(decision, Changed)
    assert decision.entry.subject == "d" * 100


# --- any order ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", list(permutations([D.OPEN, D.WON, D.LOST])))
def test_a_loss_stays_in_every_order(order: tuple[DisputeStatus, ...]) -> None:
    end = after(a_paid(), [a_dispute(told) for told in order])
    assert end.disputes == {"dp_1": D.LOST}
    assert end.disputed


@pytest.mark.parametrize("order", list(permutations([D.OPEN, D.OPEN, D.WON])))
def test_one_that_was_won_is_not_opened_again_in_any_order(
    order: tuple[DisputeStatus, ...],
) -> None:
    end = after(a_paid(), [a_dispute(told) for told in order])
    assert end.disputes == {"dp_1": D.WON}
    assert not end.disputed


DISPUTES = st.builds(a_dispute, st.sampled_from(D), dispute=st.sampled_from(["a", "b", "c"]))


@given(st.lists(DISPUTES, max_size=12), st.data())
@settings(deadline=None)
def test_any_order_of_the_same_facts_ends_alike(
    facts: list[DisputeFact], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(facts))
    twice = data.draw(st.permutations([*facts, *facts]))
    ends = [after(a_paid(), order) for order in (facts, shuffled, twice)]
    assert ends[0].disputes == ends[1].disputes == ends[2].disputes
    assert {end.totals for end in ends} == {a_paid().totals}
    assert len({(end.disputed, end.rank, end.status) for end in ends}) == 1
