"""The provider of the simulator has its own rules, in every position of its switches."""

import pytest

from simulator.provider import Provider
from simulator.shapes import Intent
from simulator.switches import HOUR
from tests.simulator.conftest import ACCOUNT, Make


def begun(
    provider: Provider,
    amount: int = 100,
    key: str = "cs_1",
    method: str = "paynow",
    *,
    direct: bool = False,
) -> Intent:
    asked = {
        "amount": amount,
        "currency": "SGD",
        "methods": [method],
        "metadata": {},
        "direct": direct,
    }
    answer = provider.create_session(ACCOUNT, key, asked)
    return provider.intents[answer.body["payment_intent"]]


def paid(provider: Provider, amount: int = 100, method: str = "paynow") -> Intent:
    intent = begun(provider, amount, method=method)
    provider.pay(intent)
    return intent


def ask(provider: Provider, intent: Intent, amount: int, key: str = "re_1") -> int:
    asked = {
        "payment_intent": intent.id,
        "amount": str(amount),
        "metadata": {"tautan_refund": key},
    }
    return provider.refund(ACCOUNT, key, asked).status


def test_refunds_never_exceed_the_payment(provider_with: Make) -> None:
    provider, _, _ = provider_with()
    intent = paid(provider)
    assert [ask(provider, intent, 60, "a"), ask(provider, intent, 60, "b")] == [200, 400]
    assert [ask(provider, intent, 40, "c"), ask(provider, intent, 1, "d")] == [200, 400]
    assert intent.refunded() == 100


def test_a_provider_that_guards_nothing_carries_out_anything(provider_with: Make) -> None:
    provider, _, _ = provider_with(guards_refunds=False)
    intent = paid(provider)
    assert [ask(provider, intent, 60, key) for key in "ab"] == [200, 200]
    assert intent.refunded() == 120


@pytest.mark.parametrize(("honoured", "count"), [(True, 1), (False, 2)])
def test_a_key_is_honoured_or_not(provider_with: Make, honoured: bool, count: int) -> None:
    provider, _, _ = provider_with(keys_on_refunds=honoured)
    intent = paid(provider)
    assert [ask(provider, intent, 30) for _ in range(2)] == [200, 200]
    assert len(intent.refunds) == count


def test_a_key_is_forgotten_after_its_hours(provider_with: Make) -> None:
    provider, scheduler, _ = provider_with(key_hours=24)
    intent = paid(provider)
    ask(provider, intent, 30)
    scheduler.advance(scheduler.now + 24 * HOUR)
    ask(provider, intent, 30)
    assert len(intent.refunds) == 2


def test_a_key_with_other_parameters_is_refused(provider_with: Make) -> None:
    provider, _, _ = provider_with()
    intent = paid(provider)
    assert [ask(provider, intent, 30), ask(provider, intent, 31)] == [200, 400]


@pytest.mark.parametrize(("allowed", "second"), [(True, 200), (False, 400)])
def test_a_second_partial_refund_is_a_switch(
    provider_with: Make, allowed: bool, second: int
) -> None:
    provider, _, _ = provider_with(second_partial_allowed=allowed)
    intent = paid(provider, method="dana")
    assert [ask(provider, intent, 30, key) for key in "ab"] == [200, second]


def test_a_pending_refund_settles_later_and_is_told(provider_with: Make) -> None:
    provider, scheduler, told = provider_with(first_status="pending")
    intent = paid(provider)
    ask(provider, intent, 30)
    assert intent.refunds[0].status == "pending"
    scheduler.advance(scheduler.now + 10_000)
    assert intent.refunds[0].status == "succeeded"
    assert told[-1][0] == "charge.refund.updated"


def test_a_refund_that_comes_back_is_free_again(provider_with: Make) -> None:
    provider, _, told = provider_with()
    intent = paid(provider)
    ask(provider, intent, 100)
    provider.give_back(intent.refunds[0])
    assert told[-1][1]["status"] == "failed"
    assert ask(provider, intent, 100, "again") == 200


@pytest.mark.parametrize("event", [True, False])
def test_a_refund_made_by_hand(provider_with: Make, event: bool) -> None:
    provider, _, told = provider_with(dashboard_event=event)
    intent = paid(provider)
    before = len(told)
    assert provider.refund_by_hand(intent, 60)
    assert not provider.refund_by_hand(intent, 60)
    assert (len(told) > before) is event
    assert intent.versions[-1][1]["amount_refunded"] == 60


def test_the_total_can_be_hidden(provider_with: Make) -> None:
    provider, _, _ = provider_with(total_shown=False)
    assert "amount_refunded" not in paid(provider).versions[-1][1]


def test_the_past_is_seen_when_reads_lag(provider_with: Make) -> None:
    provider, scheduler, _ = provider_with()
    intent = begun(provider)
    scheduler.advance(scheduler.now + 60_000)
    provider.pay(intent)
    assert provider.intent(ACCOUNT, intent.id).body["status"] == "succeeded"
    late = provider.intent(ACCOUNT, intent.id, lag_ms=1_000).body["status"]
    assert late == "requires_payment_method"


@pytest.mark.parametrize(("cancels", "status"), [(True, "canceled"), (False, "succeeded")])
def test_an_expired_page_may_still_be_paid(provider_with: Make, cancels: bool, status: str) -> None:
    provider, scheduler, _ = provider_with(expire_cancels=cancels)
    intent = begun(provider)
    scheduler.advance(scheduler.now + 24 * HOUR)
    provider.pay(intent)
    assert intent.status == status


def test_a_direct_payment_has_no_page_that_could_end(provider_with: Make) -> None:
    provider, scheduler, told = provider_with()
    intent = begun(provider, direct=True)
    scheduler.advance(scheduler.now + 24 * HOUR)
    assert (intent.session, intent.status, told) == ("", "requires_payment_method", [])
    assert provider.cancel_intent(ACCOUNT, intent.id).status == 200
    assert provider.cancel_intent(ACCOUNT, intent.id).status == 400


def test_another_account_sees_nothing(provider_with: Make) -> None:
    provider, _, _ = provider_with()
    intent = paid(provider)
    assert provider.intent("acct_2", intent.id).status == 404
    asked = {"payment_intent": intent.id, "amount": "1", "metadata": {}}
    assert provider.refund("acct_2", "k", asked).status == 404
