"""What is in a store, what was refused there, and payments and refunds on their way through it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.storing import TOLD
from chalicelib.adapters.dynamodb.values import decode_item
from chalicelib.adapters.dynamodb.writes import (
    Engine,
    Item,
    Key,
    Page,
    Sift,
    Sifted,
    Write,
)
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
MOST_WRITES = 10  # in one group
CAUSE = a_cause()


def everything(engine: Engine) -> list[Item]:
    """All that is kept."""
    if isinstance(engine, MemoryEngine):
        return engine.everything()
    assert isinstance(engine, DynamoDBEngine)
    answer = engine.client.scan(TableName=engine.table, ConsistentRead=True)
    assert "LastEvaluatedKey" not in answer
    return sorted(map(decode_item, answer["Items"]), key=lambda item: (item["pk"], item["sk"]))


class Groups(Engine):
    """An engine that remembers which writes each group that it took was made of, what it tells of
    apart, and how often it was read."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.taken: list[tuple[str, ...]] = []
        self.reads = 0
        self.pages = 0
        self.sifts = 0

    def last(self) -> tuple[str, ...]:
        """The names of the writes of the last group."""
        return self.taken[-1]

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        self.reads += 1
        return self.engine.get(key, consistent=consistent)

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        self.reads += 1
        return self.engine.get_many(keys, consistent=consistent)

    def page(self, page: Page) -> list[Item]:
        self.pages += 1
        return self.engine.page(page)

    def sift(self, sift: Sift) -> Sifted:
        self.sifts += 1
        return self.engine.sift(sift)

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        return self.engine.due(partition, before, limit)

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        return self.engine.collection(pk, prefix=prefix)

    def write(self, group: Sequence[Write]) -> None:
        assert 1 <= len(group) <= MOST_WRITES
        self.engine.write(group)
        names = [write.name for write in group if not write.name.startswith(TOLD)]
        self.taken.append(tuple(names))


@contextmanager
def lost(engine: Engine, *guards: str) -> Iterator[pytest.ExceptionInfo[Lost]]:
    """The write is refused by exactly these guards, and nothing is written."""
    before = everything(engine)
    with pytest.raises(Lost) as refused:
        yield refused
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
    store.bind_provider(payment, a_provider(), None)
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
