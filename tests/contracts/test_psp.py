"""The provider that tests use and WooshPay's client against the sandbox answer alike."""

import pytest

from chalicelib.domain.errors import PspRejected
from chalicelib.domain.payments import ProviderSession
from chalicelib.domain.provider_account import EVENTS, is_safe_secret
from chalicelib.domain.psp_facts import Accepted, Declined, Done, NotExecuted
from tests.builders import a_payment, rupiah
from tests.contracts.providers import NO, OK, PAYMENT, Subject, created, paid, refund_of


def test_the_same_payment_gets_the_same_page(subject: Subject) -> None:
    first = subject.psp.create_session(PAYMENT, OK, NO)
    assert subject.psp.create_session(PAYMENT, OK, NO) == first
    assert (first.amount, first.livemode) == (rupiah(20_000), False)
    assert first.provider.session.startswith("cs_")
    assert first.provider.intent.startswith("pi_")


def test_another_payment_gets_another_page(subject: Subject) -> None:
    first, second = created(subject), created(subject, a_payment(bound=False, number=2))
    assert len({first.session, second.session}) == len({first.intent, second.intent}) == 2
    assert first.url != second.url


@pytest.mark.parametrize("amount", [20_000, 5_000, 1, 19_999])
def test_a_refund_is_done_once_however_often_it_is_sent(subject: Subject, amount: int) -> None:
    provider = paid(subject)
    refund = refund_of(provider, amount)
    first = subject.psp.refund(refund)
    assert isinstance(first, Done)
    assert first.reference.startswith("re_")
    assert subject.psp.refund(refund) == first
    assert subject.refunded(PAYMENT, provider) == amount


@pytest.mark.parametrize(("first", "second"), [(5_000, 5_000), (5_000, 15_000), (5_000, 15_001)])
def test_a_second_partial_refund_by_dana_is_declined_and_not_made(
    subject: Subject, first: int, second: int
) -> None:
    provider = paid(subject)
    assert isinstance(subject.psp.refund(refund_of(provider, first)), Done)
    outcome = subject.psp.refund(refund_of(provider, second, 2))
    assert isinstance(outcome, Declined)
    assert subject.refunded(PAYMENT, provider) == first


@pytest.mark.parametrize("amount", [1, 20_000])
def test_a_refund_after_a_full_one_is_declined_and_not_made(subject: Subject, amount: int) -> None:
    provider = paid(subject)
    subject.psp.refund(refund_of(provider, 20_000))
    outcome = subject.psp.refund(refund_of(provider, amount, 2))
    assert isinstance(outcome, Declined)
    assert subject.refunded(PAYMENT, provider) == 20_000


@pytest.mark.parametrize("amount", [20_001, 10**10])
def test_a_refund_of_more_than_was_paid_is_declined_and_not_made(
    subject: Subject, amount: int
) -> None:
    provider = paid(subject)
    outcome = subject.psp.refund(refund_of(provider, amount))
    assert isinstance(outcome, Declined)
    assert subject.refunded(PAYMENT, provider) == 0


def test_a_refund_of_what_is_not_paid_is_declined(subject: Subject) -> None:
    outcome = subject.psp.refund(refund_of(created(subject), 1))
    assert isinstance(outcome, Declined)


def test_a_refund_of_an_unknown_intent_is_not_executed(subject: Subject) -> None:
    unknown = ProviderSession("cs_404", "pi_404", "")
    assert isinstance(subject.psp.refund(refund_of(unknown, 1)), NotExecuted)


def test_a_refund_that_is_taken_on_is_told_so_as_often_as_it_is_sent(subject: Subject) -> None:
    refund = refund_of(paid(subject), 5_000)
    subject.hold(refund)
    first = subject.psp.refund(refund)
    assert isinstance(first, Accepted)
    assert subject.psp.refund(refund) == first


def test_an_open_page_can_be_closed_and_closed_again(subject: Subject) -> None:
    provider = created(subject)
    subject.psp.expire_session(provider.session)
    subject.psp.expire_session(provider.session)


def test_a_paid_page_and_an_unknown_one_cannot_be_closed(subject: Subject) -> None:
    provider = paid(subject)
    for session in (provider.session, "cs_404"):
        with pytest.raises(PspRejected):
            subject.psp.expire_session(session)


def test_an_address_is_registered_once_with_a_safe_secret(subject: Subject) -> None:
    first = subject.psp.register_webhook("https://t.example/w", EVENTS)
    assert is_safe_secret(first)
    assert subject.psp.register_webhook("https://t.example/w", EVENTS) == first
    assert subject.psp.register_webhook("https://t.example/other", EVENTS) != first
