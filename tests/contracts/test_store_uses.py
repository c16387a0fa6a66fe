"""The uses of a limited link: held with the payment, returned or spent with its end, sold once."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.keys import payment_link_key
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Assign, Engine, Present, Update
from chalicelib.domain.payment_decisions import (
    Changed,
    decide,
    decide_over,
    refused_at_once,
)
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment, PaymentStatus, Use
from chalicelib.domain.psp_facts import IntentStatus
from tests import builders
from tests.adapters.stored import CAUSE, CLAIM, Groups, claimed, inbox, lost
from tests.builders import a_link, a_payment, a_provider, an_intent_fact

T = builders.a_tenant()
LINK = replace(a_link(), limit=2, uses_remaining=2)


def limited(store: DynamoDBStore, left: int = 2, *, active: bool = True) -> PaymentLink:
    """A link that may be paid `left` times more."""
    link = replace(LINK, uses_remaining=left, active=active)
    store.add_payment_link(T, link, None)
    return link


def holding(number: int = 1) -> Payment:
    """A payment to be, which holds a use."""
    payment = a_payment(bound=False, number=number)
    return replace(payment, payment_link=LINK.id, use=Use.HELD, holds_link=True)


def begun(store: DynamoDBStore, number: int = 1) -> Payment:
    """A payment that has its page and holds a use."""
    payment = holding(number)
    store.begin_payment(payment, None)
    provider = a_provider(1000 + number)
    store.bind_provider(payment, provider, None)
    return replace(payment, provider=provider)


def uses(store: DynamoDBStore) -> tuple[int | None, int]:
    """What is left, and how often it was paid."""
    link = store.payment_link(T, LINK.id)
    assert link is not None
    return link.uses_remaining, link.completed


def paid(payment: Payment, *, sold_out: bool = False) -> Changed:
    """What its money changes."""
    assert payment.provider is not None
    fact = an_intent_fact(intent=payment.provider.intent)
    decision = decide(payment, fact, CAUSE, sold_out=sold_out)
    assert isinstance(decision, Changed)
    return decision


def over(payment: Payment) -> Changed:
    """What its end changes."""
    decision = decide_over(payment, CAUSE)
    assert isinstance(decision, Changed)
    return decision


def returned(store: DynamoDBStore, number: int = 1) -> Payment:
    """A payment that has expired and gave its use back."""
    payment = begun(store, number)
    store.record_change(payment, over(payment))
    return over(payment).payment


def test_each_payment_holds_a_use_and_the_last_use_is_held_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    limited(store)
    store.begin_payment(holding(1), None)
    assert groups.last() == ("payment", "link")
    assert uses(store) == (1, 0)
    store.begin_payment(holding(2), CLAIM)
    assert groups.last() == ("claim", "payment", "link")
    assert uses(store) == (0, 0)
    with lost(engine, "link"):
        store.begin_payment(holding(3), None)
    with lost(engine, "link"):
        store.begin_payment(holding(3), replace(CLAIM, key="k2"))
    with claimed(engine):
        store.begin_payment(holding(3), CLAIM)


def test_a_payment_that_is_begun_twice_holds_one_use(store: DynamoDBStore, engine: Engine) -> None:
    limited(store)
    store.begin_payment(holding(), None)
    with lost(engine, "payment"):
        store.begin_payment(holding(), None)
    store.begin_payment(holding(2), None)
    with lost(engine, "payment", "link"):
        store.begin_payment(holding(), None)


@pytest.mark.parametrize("left", [0, 2])
def test_a_link_that_was_paused_meanwhile_sells_no_use(
    store: DynamoDBStore, engine: Engine, left: int
) -> None:
    limited(store, left, active=False)
    with lost(engine, "link"):
        store.begin_payment(holding(), None)


def test_no_use_is_held_of_a_link_that_is_not_there_or_has_no_limit(
    store: DynamoDBStore, engine: Engine
) -> None:
    with lost(engine, "link"):
        store.begin_payment(holding(), None)
    store.add_payment_link(T, a_link(), None)
    with lost(engine, "link"):
        store.begin_payment(holding(), None)


def test_a_payment_of_a_link_without_a_limit_leaves_the_link_alone(
    store: DynamoDBStore, groups: Groups
) -> None:
    store.add_payment_link(T, a_link(), None)
    payment = replace(a_payment(bound=False), payment_link=LINK.id)
    store.begin_payment(payment, None)
    assert groups.last() == ("payment",)
    store.record_change(payment, over(payment))
    assert groups.last() == ("payment", "ledger")
    assert store.payment_link(T, LINK.id) == a_link()


def test_a_use_is_returned_once_and_can_be_held_by_another(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    limited(store, 1)
    payment = begun(store)
    store.record_change(payment, over(payment), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", "link")
    assert store.payment(T, payment.id) == over(payment).payment
    assert uses(store) == (1, 0)
    with lost(engine, "payment", "ledger"):
        store.record_change(payment, over(payment))
    store.begin_payment(holding(2), None)
    assert uses(store) == (0, 0)


def test_a_use_is_spent_once_by_the_payment_that_held_it(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    limited(store, 1)
    payment = begun(store)
    store.record_change(payment, paid(payment), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", "link")
    assert uses(store) == (0, 1)
    kept = store.payment(T, payment.id)
    assert kept == paid(payment).payment
    assert kept.use is Use.SPENT
    with lost(engine, "payment", "ledger"):
        store.record_change(payment, paid(payment), inbox(2))
    with lost(engine, "link"):
        store.begin_payment(holding(2), None)


def test_a_late_payment_takes_a_use_that_is_left(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    limited(store, 1)
    late = returned(store)
    store.record_change(late, paid(late), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", "link")
    assert uses(store) == (0, 1)
    assert store.payment(T, late.id) == paid(late).payment


def test_a_late_payment_whose_use_was_sold_is_kept_as_one_too_many(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    limited(store, 1)
    late = returned(store)
    other = begun(store, 2)
    with lost(engine, "link"):
        store.record_change(late, paid(late), inbox(1))
    surplus = paid(late, sold_out=True)
    store.record_change(late, surplus, inbox(1))
    assert groups.last() == ("event", "payment", "ledger")
    assert store.payment(T, late.id) == surplus.payment
    assert surplus.payment.totals.captured == 20_000
    assert uses(store) == (0, 0)
    store.record_change(other, paid(other))
    assert uses(store) == (0, 1)


@pytest.mark.parametrize("had", [Use.HELD, Use.RETURNED])
def test_a_paused_link_takes_the_money_that_was_on_its_way(
    store: DynamoDBStore, engine: Engine, had: Use
) -> None:
    limited(store)
    payment = begun(store) if had is Use.HELD else returned(store)
    pause = Update("link", payment_link_key(T, LINK.id), {"active": Assign(False)}, Present())
    engine.write([pause])
    store.record_change(payment, paid(payment))
    assert uses(store) == (1, 1)


def test_a_payment_without_a_page_gives_its_use_back(store: DynamoDBStore, groups: Groups) -> None:
    limited(store, 1)
    payment = holding()
    store.begin_payment(payment, None)
    store.record_change(payment, refused_at_once(payment, CAUSE))
    assert groups.last() == ("payment", "ledger", "link")
    assert uses(store) == (1, 0)


def test_a_failed_try_keeps_the_use_until_the_session_is_over(
    store: DynamoDBStore, groups: Groups
) -> None:
    limited(store, 1)
    payment = begun(store)
    assert payment.provider is not None
    failed = decide(
        payment, an_intent_fact(IntentStatus.FAILED, intent=payment.provider.intent), CAUSE
    )
    assert isinstance(failed, Changed)
    store.record_change(payment, failed)
    assert groups.last() == ("payment", "ledger")
    assert uses(store) == (0, 0)
    store.record_change(failed.payment, over(failed.payment))
    assert groups.last() == ("payment", "ledger", "link")
    assert uses(store) == (1, 0)
    assert over(failed.payment).payment.status is PaymentStatus.FAILED


def test_what_is_left_held_and_spent_adds_up_to_the_limit(store: DynamoDBStore) -> None:
    limited(store)
    first, second = begun(store, 1), begun(store, 2)
    store.record_change(first, over(first))
    third = begun(store, 3)
    store.record_change(second, paid(second))
    expired = over(first).payment
    store.record_change(expired, paid(expired, sold_out=True))
    store.record_change(third, over(third))
    kept = [store.payment(T, each.id) for each in (first, second, third)]
    assert [each and each.use for each in kept] == [Use.RETURNED, Use.SPENT, Use.RETURNED]
    assert uses(store) == (1, 1)
    gone = over(third).payment
    store.record_change(gone, paid(gone))
    assert uses(store) == (0, 2)
