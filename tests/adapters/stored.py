"""What is in a store, what was refused there, and payments and refunds on their way through it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.values import decode_item
from chalicelib.adapters.dynamodb.writes import Engine, Item
from chalicelib.domain.ids import RefundId
from chalicelib.domain.inbox import EventStatus, InboxEvent
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payment_decisions import Changed, decide
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Accepted, Declined, Done, InDoubt, IntentStatus
from chalicelib.domain.refund_outcomes import settle
from chalicelib.domain.refunds import Refund, Step, reserve
from chalicelib.usecases.failures import Claim, Claimed, Lost
from simulator.memory_engine import MemoryEngine
from tests.builders import (
    NOW,
    a_cause,
    a_payment,
    a_provider,
    a_request,
    an_event,
    an_intent_fact,
    ulid,
)

CLAIM = Claim("refunds", "k", "print", "re_1")
OWNER = ulid(700)
CAUSE = a_cause()


def everything(engine: Engine) -> list[Item]:
    """All that is kept."""
    if isinstance(engine, MemoryEngine):
        return engine.everything()
    assert isinstance(engine, DynamoDBEngine)
    answer = engine.client.scan(TableName=engine.table, ConsistentRead=True)
    assert "LastEvaluatedKey" not in answer
    return sorted(map(decode_item, answer["Items"]), key=lambda item: (item["pk"], item["sk"]))  # type: ignore[no-any-return]


@contextmanager
def lost(engine: Engine, *guards: str) -> Iterator[None]:
    """The write is refused by exactly these guards, and nothing is written."""
    before = everything(engine)
    with pytest.raises(Lost) as refused:
        yield
    assert refused.value.guards == set(guards)
    assert everything(engine) == before


@contextmanager
def claimed(engine: Engine, claim: Claim = CLAIM) -> Iterator[None]:
    """The key is found taken by `claim`, and nothing is written."""
    before = everything(engine)
    with pytest.raises(Claimed) as taken:
        yield
    assert taken.value.claim == claim
    assert everything(engine) == before


def inbox(number: int = 1) -> InboxEvent:
    """An event that was applied."""
    event = an_event(an_intent_fact(), id=f"evt_{number}")
    return InboxEvent(event=event, status=EventStatus.APPLIED, why="payment.captured", at=NOW)


def change(payment: Payment, status: IntentStatus = IntentStatus.SUCCEEDED) -> Changed:
    """What a fact changes."""
    decision = decide(payment, an_intent_fact(status), CAUSE)
    assert isinstance(decision, Changed)
    return decision


def begun(store: DynamoDBStore) -> Payment:
    """A payment with its names."""
    payment = a_payment(bound=False)
    store.begin_payment(payment, None)
    store.bind_provider(payment, a_provider())
    return replace(payment, provider=a_provider())


def paid(store: DynamoDBStore) -> Payment:
    """A payment that is paid."""
    changed = change(begun(store))
    store.record_change(a_payment(), changed, inbox())
    return changed.payment


def step(payment: Payment, number: int = 1, amount: int = 5_000) -> Step:
    """What reserving a refund changes."""
    id = RefundId(f"re_{ulid(number)}")
    return reserve(payment, a_request(amount), id=id, owner=OWNER, cause=CAUSE)


def reserved(store: DynamoDBStore, amount: int = 5_000) -> Step:
    """A refund that is reserved and leased."""
    done = step(paid(store), amount=amount)
    store.reserve_refund(a_paid_before(done), done, CLAIM)
    return done


def a_paid_before(done: Step) -> Payment:
    """The payment as it was before a refund was reserved."""
    return replace(
        done.payment,
        totals=Totals(20_000, 20_000),
        refund_inflight=None,
        seq=done.payment.seq - 1,
    )


def settled(done: Step, outcome: Done | Declined) -> Step:
    """What the end of a refund changes."""
    after = settle(done.payment, done.refund, outcome, CAUSE)
    assert isinstance(after, Step)
    return after


def noted(done: Step, outcome: Accepted | InDoubt) -> Refund:
    """What the sender learned, when no money moves."""
    after = settle(done.payment, done.refund, outcome, CAUSE)
    assert isinstance(after, Refund)
    return after
