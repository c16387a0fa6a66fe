"""Idempotency keys: taken over from whoever is late, and answered once."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.ids import PaymentId
from chalicelib.domain.payment_decisions import refused_at_once
from chalicelib.domain.psp_facts import Declined, Done
from chalicelib.usecases.failures import Answered, Claim
from tests import builders
from tests.adapters import stored
from tests.adapters.stored import CAUSE, CLAIM, OWNER, Groups, claimed, inbox, lost
from tests.builders import a_payment, a_product, a_provider, ulid

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]
PAYMENT = a_payment(bound=False)
MINE = Claim("sessions", "k", "print", PAYMENT.id, owner="me", locked_until=30_000)
YOURS = replace(MINE, owner="you", locked_until=60_000)
ANSWER, OTHER_ANSWER = Answered(200, '{"id":"cs_1"}'), Answered(402, '{"error":{}}')


def kept(store: DynamoDBStore, claim: Claim = MINE) -> Claim | None:
    """The claim as it is kept."""
    return store.payment_and_claim(T, PaymentId(ulid(99)), claim)[1]


# --- taken over ---------------------------------------------------------------------------------


def test_a_claim_goes_to_one_of_those_who_take_it_over(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.begin_payment(PAYMENT, MINE)
    assert groups.last() == ("claim", "payment")
    store.take_over(T, MINE, YOURS)
    assert groups.last() == ("claim_owner",)
    assert kept(store) == YOURS
    with lost(engine, "claim_owner"):
        store.take_over(T, MINE, replace(MINE, owner="third"))
    with claimed(engine, YOURS):
        store.begin_payment(a_payment(number=2, bound=False), MINE)
    store.take_over(T, YOURS, replace(YOURS, locked_until=0))  # let go
    assert kept(store) == replace(YOURS, locked_until=0)


@pytest.mark.parametrize(
    "seen", [replace(MINE, owner="x"), replace(MINE, locked_until=29_999), replace(MINE, key="k2")]
)
def test_a_claim_that_is_not_as_it_was_seen_is_not_taken_over(
    store: DynamoDBStore, engine: Engine, seen: Claim
) -> None:
    store.begin_payment(PAYMENT, MINE)
    with lost(engine, "claim_owner"):
        store.take_over(T, seen, YOURS)


def test_a_claim_is_taken_over_within_its_tenant(store: DynamoDBStore, engine: Engine) -> None:
    store.begin_payment(PAYMENT, MINE)
    for other in OTHERS:
        with lost(engine, "claim_owner"):
            store.take_over(other, MINE, YOURS)


def test_a_claim_that_was_answered_is_taken_over_by_nobody(
    store: DynamoDBStore, engine: Engine
) -> None:
    store.begin_payment(PAYMENT, MINE)
    store.bind_provider(PAYMENT, a_provider(), replace(MINE, answer=ANSWER))
    with lost(engine, "claim_owner"):
        store.take_over(T, MINE, YOURS)


# --- answered -----------------------------------------------------------------------------------


def test_the_answer_is_kept_with_the_page_and_the_first_one_stays(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.begin_payment(PAYMENT, MINE)
    store.bind_provider(PAYMENT, a_provider(), replace(MINE, answer=ANSWER))
    assert groups.last() == ("claim_answer", "payment", "intent")
    assert kept(store) == replace(MINE, answer=ANSWER)
    before = stored.everything(engine)
    store.bind_provider(PAYMENT, a_provider(), replace(MINE, answer=OTHER_ANSWER))
    assert stored.everything(engine) == before
    with claimed(engine, replace(MINE, answer=ANSWER)):
        store.begin_payment(a_payment(number=2, bound=False), replace(MINE, fingerprint="other"))


@pytest.mark.parametrize("answered", [None, MINE])
def test_without_an_answer_nothing_is_written_about_the_claim(
    store: DynamoDBStore, groups: Groups, answered: Claim | None
) -> None:
    store.begin_payment(PAYMENT, MINE)
    store.bind_provider(PAYMENT, a_provider(), answered)
    assert groups.last() == ("payment", "intent")
    assert kept(store) == MINE


@pytest.mark.parametrize("claim", [replace(MINE, resource="other"), replace(MINE, key="k2")])
def test_an_answer_to_another_request_stops_the_whole_group(
    store: DynamoDBStore, engine: Engine, claim: Claim
) -> None:
    store.begin_payment(PAYMENT, MINE)
    with lost(engine, "claim_answer"):
        store.bind_provider(PAYMENT, a_provider(), replace(claim, answer=ANSWER))


def test_an_answer_is_not_kept_when_the_group_is_lost(store: DynamoDBStore, engine: Engine) -> None:
    store.begin_payment(PAYMENT, MINE)
    store.bind_provider(PAYMENT, a_provider(), None)
    with lost(engine, "payment"):
        store.bind_provider(PAYMENT, a_provider(1001), replace(MINE, answer=ANSWER))


def test_a_refusal_is_an_answer_too(store: DynamoDBStore, engine: Engine, groups: Groups) -> None:
    store.begin_payment(PAYMENT, MINE)
    refused = refused_at_once(PAYMENT, CAUSE)
    store.record_change(PAYMENT, refused, None, replace(MINE, answer=OTHER_ANSWER))
    assert groups.last() == ("payment", "ledger", "claim_answer")
    assert kept(store) == replace(MINE, answer=OTHER_ANSWER)
    assert store.payment(T, PAYMENT.id) == refused.payment
    with lost(engine, "payment", "ledger"):
        store.record_change(PAYMENT, refused, None, replace(MINE, answer=ANSWER))


@pytest.mark.parametrize("outcome", [Done("re_9"), Declined("400 no")])
def test_the_end_of_a_refund_answers_its_request_once(
    store: DynamoDBStore, engine: Engine, groups: Groups, outcome: Done | Declined
) -> None:
    done = stored.reserved(store)
    end = stored.settled(done, outcome)
    with lost(engine, "claim_answer"):
        store.settle_refund(done.payment, end, OWNER, None, replace(CLAIM, answer=ANSWER, key="x"))
    store.settle_refund(done.payment, end, OWNER, None, replace(CLAIM, answer=ANSWER))
    bound = ("bound",) if isinstance(outcome, Done) else ()
    assert groups.last() == ("payment", "refund", "ledger", *bound, "claim_answer")
    assert kept(store, CLAIM) == replace(CLAIM, answer=ANSWER)
    with lost(engine, "payment", "refund", "ledger"):
        store.settle_refund(done.payment, end, OWNER, None, replace(CLAIM, answer=OTHER_ANSWER))


def test_an_event_that_ends_a_refund_leaves_the_answer_to_the_request(
    store: DynamoDBStore, groups: Groups
) -> None:
    done = stored.reserved(store)
    store.settle_refund(done.payment, stored.settled(done, Done("re_9")), None, inbox(2))
    assert groups.last() == ("event", "payment", "refund", "ledger", "bound")
    claim = kept(store, CLAIM)
    assert claim is not None
    assert claim.answer is None


def test_what_is_made_at_once_is_claimed_with_its_answer(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    product = a_product()
    whole = Claim("products", "k", "print", product.id, answer=ANSWER)
    store.add_product(T, product, whole)
    assert groups.last() == ("claim", "product")
    assert kept(store, whole) == whole
    with claimed(engine, whole):
        store.add_product(T, a_product(number=2), replace(whole, answer=OTHER_ANSWER))
