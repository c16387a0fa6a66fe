"""What a provider says when it is asked: the one in memory and WooshPay's client answer alike."""

import pytest

from chalicelib.domain.errors import PspRejected
from chalicelib.domain.ids import Millis
from chalicelib.domain.money import Money
from chalicelib.domain.payments import ProviderSession
from chalicelib.domain.psp_facts import (
    Accepted,
    Done,
    IntentFact,
    IntentStatus,
    RefundFact,
    RefundFactStatus,
)
from tests.builders import a_payment, rupiah
from tests.contracts.providers import PAYMENT, Subject, created, paid, refund_of

EVER = Millis(10**14)
STRANGE = ["pi_404", "", "pi 1", "../refunds", "pi_1?x=1", "pi_1/capture", "pi_1#x", "é", "%2e%2e"]


def money_of(fact: IntentFact) -> tuple[IntentStatus, Money, Money, Money | None]:
    """How far it is, what was asked, what came and what went back."""
    return fact.status, fact.amount, fact.received, fact.refunded


def told(subject: Subject, provider: ProviderSession) -> IntentFact:
    """What is said of an intent, which is of the right name and mode."""
    fact = subject.psp.intent(provider.intent)
    assert (fact.intent, fact.livemode) == (provider.intent, False)
    assert fact.payment in (None, PAYMENT.id)
    return fact


def test_an_intent_that_is_open_has_nothing(subject: Subject) -> None:
    fact = told(subject, created(subject))
    assert money_of(fact) == (IntentStatus.WAITING, rupiah(20_000), rupiah(0), rupiah(0))


def test_an_intent_that_is_paid_has_it_all(subject: Subject) -> None:
    fact = told(subject, paid(subject))
    assert money_of(fact) == (
        IntentStatus.SUCCEEDED, rupiah(20_000), rupiah(20_000), rupiah(0),
    )  # fmt: skip
    assert fact.method == "dana"


@pytest.mark.parametrize("amount", [1, 5_000, 20_000])
def test_an_intent_shows_what_went_back_once(subject: Subject, amount: int) -> None:
    provider = paid(subject)
    refund = refund_of(provider, amount)
    assert isinstance(subject.psp.refund(refund), Done)
    subject.psp.refund(refund)
    assert money_of(told(subject, provider)) == (
        IntentStatus.SUCCEEDED, rupiah(20_000), rupiah(20_000), rupiah(amount),
    )  # fmt: skip


def test_an_intent_that_hides_what_went_back_says_nothing_of_it(subject: Subject) -> None:
    provider = paid(subject)
    subject.psp.refund(refund_of(provider, 5_000))
    subject.hide_refunded()
    assert told(subject, provider).refunded is None


def test_a_refund_that_was_refused_has_changed_nothing(subject: Subject) -> None:
    provider = paid(subject)
    subject.psp.refund(refund_of(provider, 20_001))
    assert told(subject, provider).refunded == rupiah(0)


@pytest.mark.parametrize("id", STRANGE)
def test_an_intent_that_is_not_there_is_definitely_not(subject: Subject, id: str) -> None:
    paid(subject)
    with pytest.raises(PspRejected):
        subject.psp.intent(id)


def test_a_refund_that_was_done_is_found_by_its_name(subject: Subject) -> None:
    refund = refund_of(paid(subject), 5_000)
    done = subject.psp.refund(refund)
    assert isinstance(done, Done)
    assert subject.psp.find_refund(done.reference) == RefundFact(
        psp_refund=done.reference,
        intent=refund.intent,
        status=RefundFactStatus.SUCCEEDED,
        amount=rupiah(5_000),
        payment=PAYMENT.id,
        refund=refund.id,
    )


def test_a_refund_that_was_taken_on_is_found_pending(subject: Subject) -> None:
    refund = refund_of(paid(subject), 5_000)
    subject.hold(refund)
    taken = subject.psp.refund(refund)
    assert isinstance(taken, Accepted)
    found = subject.psp.find_refund(taken.reference)
    assert found.status is RefundFactStatus.PENDING
    assert (found.psp_refund, found.amount) == (taken.reference, rupiah(5_000))
    assert (found.intent, found.refund) == (refund.intent, refund.id)


@pytest.mark.parametrize("id", [each.replace("pi", "re") for each in STRANGE])
def test_a_refund_that_is_not_there_is_definitely_not(subject: Subject, id: str) -> None:
    subject.psp.refund(refund_of(paid(subject), 5_000))
    with pytest.raises(PspRejected):
        subject.psp.find_refund(id)


def test_the_list_of_intents_has_each_as_it_stands_and_none_twice(subject: Subject) -> None:
    assert list(subject.psp.intents(Millis(0), EVER)) == []
    payments = [a_payment(bound=False, number=number) for number in range(1, 4)]
    names = [created(subject, payment).intent for payment in payments]
    paid(subject)
    listed = {fact.intent: fact for fact in subject.psp.intents(Millis(0), EVER)}
    assert len(list(subject.psp.intents(Millis(0), EVER))) == len(listed) == 3
    assert listed == {name: subject.psp.intent(name) for name in names}
    assert [fact.status for fact in listed.values()].count(IntentStatus.SUCCEEDED) == 1
