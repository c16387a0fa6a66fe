"""Failures on the way to DynamoDB: tried again with the same token, or told as unavailable.

No emulator shows these failures, so they are injected. No test waits: clock and sleep are faked.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, NoCredentialsError

from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Backoff,
    Engine,
    Item,
    Key,
    Page,
    Present,
    Put,
    Refused,
    Shift,
    Update,
    Write,
)
from chalicelib.usecases.failures import StoreUnavailable
from simulator.memory_engine import MemoryEngine
from tests.contracts.conftest import REGION, Remote, free_port
from tests.fakes.faults import (
    CONFLICT,
    CONFLICT_PLAIN,
    IN_PROGRESS,
    MISMATCH,
    SERVER_ERROR,
    SERVER_ERROR_APPLIED,
    THROTTLED,
    TIMEOUT_APPLIED,
    Fault,
    FaultyClient,
    Request,
    cancelled,
    read_timeout,
    refusal,
)

KEY = Key("M#1#P#1", "PAY")
OTHER = Key("M#1#P#2", "PAY")
TRANSACT = "TransactWriteItems"
USUAL = Backoff()


class Clock:
    """A clock that only sleeping and waiting for an answer move."""

    def __init__(self) -> None:
        self.now = 5_000
        self.slept: list[float] = []

    def ms(self) -> int:
        """Now, in milliseconds."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Time passes at once."""
        self.slept.append(seconds)
        self.now += round(seconds * 1_000)


class Bench:
    """An engine whose client is faulty and whose time is faked, with one item of count 0."""

    def __init__(self, client: Any, table: str, backoff: Backoff = USUAL) -> None:
        self.client = FaultyClient(client)
        self.clock = Clock()
        self.jitters = [1.0]
        self.engine = DynamoDBEngine(
            self.client,
            table,
            backoff=backoff,
            sleep=self.clock.sleep,
            jitter=lambda: self.jitters[0] if len(self.jitters) == 1 else self.jitters.pop(0),
            monotonic_ms=self.clock.ms,
        )

    def ready(self) -> "Bench":
        """With the item, and nothing counted yet."""
        self.engine.write([Put("new", KEY, {"count": 0}, Absent())])
        self.client.requests.clear()
        return self

    def add(self) -> None:
        """The write under test: it has no guard that would hide a second effect."""
        self.engine.write([Update("add", KEY, {"count": Shift(1)}, Present())])

    def count(self) -> int:
        """How often it took effect."""
        item = self.engine.get(KEY)
        assert item is not None
        assert isinstance(item["count"], int)
        return item["count"]


@pytest.fixture
def bench(remote: Remote) -> Bench:
    """On each emulator in turn."""
    return Bench(remote.client, remote.table).ready()


@pytest.fixture
def ministack_bench(remote_of: Callable[[str], Remote]) -> Bench:
    """On ministack, which honours tokens (moto ignores them)."""
    remote = remote_of("ministack")
    return Bench(remote.client, remote.table).ready()


PASSING = {
    "conflict": CONFLICT,
    "conflict of a plain write": CONFLICT_PLAIN,
    "throttled": THROTTLED,
    "throttled within": cancelled("ProvisionedThroughputExceeded"),
    "throttled within, on demand": cancelled("ThrottlingError"),
    "throttling": refusal("ThrottlingException"),
    "request limit": refusal("RequestLimitExceeded"),
    "in progress": IN_PROGRESS,
    "server error": SERVER_ERROR,
    "service unavailable": refusal("ServiceUnavailable", status=503),
    "gateway": refusal("502", status=502),
    "request lost": read_timeout(applied=False),
    "no connection": Fault(lambda *_: ConnectTimeoutError(endpoint_url="https://dynamodb")),
}
LASTING = {
    "invalid change": cancelled("ValidationError"),
    "too large a collection": cancelled("ItemCollectionSizeLimitExceeded"),
    "unknown reason": cancelled("SomethingNew"),
    "no reason named": cancelled(),
    "too many reasons": cancelled("None", "TransactionConflict"),
    "no reasons": refusal("TransactionCanceledException"),
    "token used otherwise": MISMATCH,
    "invalid request": refusal("ValidationException"),
    "no table": refusal("ResourceNotFoundException"),
    "not allowed": refusal("AccessDeniedException"),
    "unknown error": refusal("SomethingNewException"),
    "no credentials": Fault(lambda *_: NoCredentialsError()),
}


# --- writes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_passing_fault_is_tried_again(bench: Bench, fault: Fault) -> None:
    """The same token each time, and one effect."""
    bench.client.next(TRANSACT, fault, times=2)
    bench.add()
    tokens = bench.client.tokens()
    assert tokens == [tokens[0]] * 3
    assert bench.clock.slept == [0.02, 0.04]
    assert bench.count() == 1


@pytest.mark.parametrize(
    "fault", [SERVER_ERROR_APPLIED, TIMEOUT_APPLIED], ids=["server error", "timeout"]
)
def test_lost_answer_is_one_effect(ministack_bench: Bench, fault: Fault) -> None:
    """The write happened and its answer was lost: the token keeps it from happening twice."""
    bench = ministack_bench
    bench.client.next(TRANSACT, fault, times=2)
    bench.add()
    tokens = bench.client.tokens()
    assert tokens == [tokens[0]] * 3
    assert bench.count() == 1


def test_lost_answer_does_not_refuse_its_own_write(ministack_bench: Bench) -> None:
    """The second try meets the item that the first one made, and still it is a success."""
    bench = ministack_bench
    bench.client.next(TRANSACT, TIMEOUT_APPLIED)
    bench.engine.write([Put("new", OTHER, {"a": 1}, Absent())])
    assert bench.engine.get(OTHER) == {"pk": OTHER.pk, "sk": OTHER.sk, "a": 1}


def told_done(bench: Bench) -> None:
    """An update that may be tried again without a token: what is done is done."""
    done = {"done": Assign(1)}
    bench.engine.write([Update("told", KEY, done, Absent("done"), cheap=True)])


def test_a_cheap_update_is_one_plain_call(bench: Bench) -> None:
    told_done(bench)
    ((operation, _),) = bench.client.requests
    assert operation == "UpdateItem"


@pytest.mark.parametrize("fault", [THROTTLED, SERVER_ERROR, CONFLICT_PLAIN])
def test_a_cheap_update_that_did_not_happen_is_tried_again(bench: Bench, fault: Fault) -> None:
    bench.client.next("UpdateItem", fault, times=2)
    told_done(bench)
    assert bench.clock.slept == [0.02, 0.04]
    assert (bench.engine.get(KEY) or {})["done"] == 1


def test_a_cheap_update_whose_answer_was_lost_may_be_told_that_it_lost(bench: Bench) -> None:
    """To itself: it has happened once, and whoever asks again learns that it is done."""
    bench.client.next("UpdateItem", TIMEOUT_APPLIED)
    with pytest.raises(Refused) as refused:
        told_done(bench)
    seen = refused.value.failed["told"]
    assert seen is not None
    assert seen["done"] == 1


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_lasting_fault_is_no_success(bench: Bench, fault: Fault) -> None:
    """One try, no wait, StoreUnavailable with the cause."""
    bench.client.next(TRANSACT, fault)
    with pytest.raises(StoreUnavailable) as failure:
        bench.add()
    assert failure.value.__cause__ is not None
    assert len(bench.client.tokens()) == 1
    assert bench.clock.slept == []
    assert bench.count() == 0


def test_each_write_has_its_token(bench: Bench) -> None:
    """DynamoDB takes 1 to 36 characters."""
    for _ in range(20):
        bench.add()
    tokens = bench.client.tokens()
    assert len(set(tokens)) == 20
    assert {len(token) for token in tokens} == {36}
    assert bench.count() == 20


def test_attempts_run_out(bench: Bench) -> None:
    """Seven tries with doubling waits, then the last error is the cause."""
    bench.client.next(TRANSACT, CONFLICT, times=100)
    with pytest.raises(StoreUnavailable, match="TransactionCanceledException after 7 tries") as no:
        bench.add()
    assert no.value.__cause__ is not None
    assert len(bench.client.tokens()) == 7
    assert bench.clock.slept == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64]
    assert bench.count() == 0


def test_deadline_is_kept(bench: Bench) -> None:
    """No try begins, and no sleep ends, after the deadline of 4 s."""

    lost = read_timeout(applied=False)

    def slow(client: FaultyClient, operation: str, request: Request) -> Exception:
        bench.clock.now += 1_500
        return lost.error(client, operation, request)

    bench.client.next(TRANSACT, Fault(slow), times=100)
    with pytest.raises(StoreUnavailable, match="ReadTimeoutError after 3 tries"):
        bench.add()
    assert bench.clock.slept == [0.02, 0.04]
    assert bench.clock.now == 5_000 + 3 * 1_500 + 60
    assert bench.count() == 0


def test_no_sleep_reaches_the_deadline(remote: Remote) -> None:
    """A pause that would end at the deadline is not begun."""
    bench = Bench(remote.client, remote.table, Backoff(deadline_ms=60)).ready()
    bench.client.next(TRANSACT, THROTTLED, times=100)
    with pytest.raises(StoreUnavailable, match="after 2 tries"):
        bench.add()
    assert bench.clock.slept == [0.02]


def test_full_jitter_and_cap(remote: Remote) -> None:
    """A random part of the doubled time, which the cap bounds."""
    bench = Bench(remote.client, remote.table, Backoff(cap_ms=100)).ready()
    bench.jitters = [0.5, 0.0, 0.25, 1.0, 0.5, 0.75, 1.0]
    bench.client.next(TRANSACT, CONFLICT, times=6)
    bench.add()
    assert bench.clock.slept == [0.01, 0.0, 0.02, 0.1, 0.05, 0.075]
    assert bench.count() == 1


# --- mixed reasons ----------------------------------------------------------------------------

GROUP: list[Write] = [
    Update("first", KEY, {"count": Shift(1)}, Present()),
    Put("second", OTHER, {"a": 1}, Absent()),
    Put("third", Key("M#1#P#3", "PAY"), {"a": 1}, Absent()),
]


def test_refused_among_conflicts(bench: Bench) -> None:
    """A guard that did not hold decides, whatever else went wrong; only it is named."""
    old = {"pk": {"S": "x"}, "sk": {"S": "y"}, "n": {"N": "7"}, "l": {"L": [{"BOOL": True}]}}
    refused = {"Code": "ConditionalCheckFailed", "Message": "no", "Item": old}
    bench.client.next(TRANSACT, cancelled("TransactionConflict", refused, "ValidationError"))
    with pytest.raises(Refused) as failure:
        bench.engine.write(GROUP)
    assert failure.value.failed == {"second": {"pk": "x", "sk": "y", "n": 7, "l": [True]}}
    assert len(bench.client.tokens()) == 1


def test_refused_without_an_item(bench: Bench) -> None:
    """No Item in the reason: there was none."""
    bench.client.next(TRANSACT, cancelled("ConditionalCheckFailed", "None", "ThrottlingError"))
    with pytest.raises(Refused) as failure:
        bench.engine.write(GROUP)
    assert failure.value.failed == {"first": None}


@pytest.mark.parametrize(
    "reasons",
    [
        ("None", "TransactionConflict", "None"),
        ("ThrottlingError", "None", "TransactionConflict"),
        ("None", "ValidationError", "ProvisionedThroughputExceeded"),
        ("SomethingNew", "None", "TransactionConflict"),
    ],
    ids=lambda reasons: ", ".join(reasons),
)
def test_a_conflict_among_others_is_tried_again(bench: Bench, reasons: tuple[str, ...]) -> None:
    """Once the conflict is over, the group is decided."""
    bench.client.next(TRANSACT, cancelled(*reasons))
    bench.engine.write(GROUP)
    assert len(bench.client.tokens()) == 2
    assert bench.count() == 1


def test_refused_after_a_conflict(bench: Bench) -> None:
    """The other one of a conflict won: the next try says so."""
    bench.client.next(TRANSACT, CONFLICT)
    take = Update("take", KEY, {"count": Shift(-60)}, AtLeast("count", 60))
    with pytest.raises(Refused) as failure:
        bench.engine.write([take])
    assert failure.value.failed == {"take": {"pk": KEY.pk, "sk": KEY.sk, "count": 0}}
    assert len(bench.client.tokens()) == 2


# --- reads ------------------------------------------------------------------------------------

ITEM: Item = {"pk": KEY.pk, "sk": KEY.sk, "count": 0}
READS: dict[str, tuple[str, Callable[[Engine], object], object]] = {
    "get": ("GetItem", lambda engine: engine.get(KEY), ITEM),
    "get_many": ("BatchGetItem", lambda engine: engine.get_many([OTHER, KEY]), [None, ITEM]),
    "page": ("Query", lambda engine: engine.page(Page("L", 5)), []),
    "collection": ("Query", lambda engine: engine.collection(KEY.pk), [ITEM]),
}


@pytest.mark.parametrize("kind", READS)
@pytest.mark.parametrize("name", ["throttled", "server error", "request lost", "no connection"])
def test_read_is_tried_again(bench: Bench, kind: str, name: str) -> None:
    """As often as a write."""
    operation, read, expected = READS[kind]
    bench.client.next(operation, PASSING[name], times=6)
    assert read(bench.engine) == expected
    assert [each[0] for each in bench.client.requests] == [operation] * 7
    bench.client.next(operation, PASSING[name], times=7)
    with pytest.raises(StoreUnavailable):
        read(bench.engine)


@pytest.mark.parametrize("kind", READS)
def test_read_of_a_lasting_fault(bench: Bench, kind: str) -> None:
    """No second try."""
    operation, read, _ = READS[kind]
    bench.client.next(operation, refusal("AccessDeniedException"))
    with pytest.raises(StoreUnavailable, match="AccessDeniedException"):
        read(bench.engine)
    assert len(bench.client.requests) == 1


class Partial:
    """A client that leaves all keys after the first `most` unprocessed."""

    def __init__(self, client: Any, most: int) -> None:
        self.client = client
        self.most = most
        self.asked: list[tuple[int, bool]] = []

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> Any:  # noqa: N803
        """As DynamoDB does when the answer would be larger than 16 MB or is throttled."""
        ((table, wanted),) = RequestItems.items()
        keys = wanted["Keys"]
        self.asked.append((len(keys), wanted["ConsistentRead"]))
        rest = {table: wanted | {"Keys": keys[self.most :]}} if keys[self.most :] else {}
        if self.most == 0:
            return {"Responses": {}, "UnprocessedKeys": rest}
        now = {table: wanted | {"Keys": keys[: self.most]}}
        return self.client.batch_get_item(RequestItems=now) | {"UnprocessedKeys": rest}


def test_unprocessed_keys_are_asked_again(remote: Remote) -> None:
    """Until all are read, in the order of the keys."""
    bench = Bench(remote.client, remote.table).ready()
    partial = Partial(remote.client, most=2)
    engine = DynamoDBEngine(
        partial, remote.table, sleep=bench.clock.sleep, jitter=lambda: 1.0, monotonic_ms=lambda: 0
    )
    keys = [OTHER, Key("a", "a"), Key("b", "b"), Key("c", "c"), KEY]
    assert engine.get_many(keys) == [None, None, None, None, ITEM]
    assert partial.asked == [(5, True), (3, True), (1, True)]
    assert bench.clock.slept == [0.02, 0.04]
    partial.most = 0
    with pytest.raises(StoreUnavailable, match="UnprocessedKeys after 7 tries"):
        engine.get_many(keys)


# --- the client -------------------------------------------------------------------------------


def test_client_does_not_retry_by_itself() -> None:
    """Nobody listens: each try of the engine is one request, and short waits are configured."""
    client = dynamodb_client(REGION, f"http://127.0.0.1:{free_port()}")
    sent: list[str] = []
    client.meta.events.register("before-send.dynamodb", lambda **_: sent.append("request"))
    bench = Bench(client, "none")
    with pytest.raises(StoreUnavailable, match="EndpointConnectionError after 7 tries"):
        bench.add()
    tokens = bench.client.tokens()
    assert tokens == [tokens[0]] * 7
    assert len(sent) == 7
    assert client.meta.config.connect_timeout == 1
    assert client.meta.config.read_timeout == 3
    client.close()


# --- the model's hooks ------------------------------------------------------------------------


class Crash(BaseException):
    """The process dies."""


def _crash(kind: str) -> None:
    raise Crash(kind)


def test_memory_engine_crashes_before_and_after() -> None:
    """`before` comes instead of the effect, `after` in spite of it; every call is counted."""
    engine = MemoryEngine()
    add = Update("add", KEY, {"count": Shift(1)}, Present())
    engine.write([Put("new", KEY, {"count": 0}, Absent())])
    engine.before = _crash
    with pytest.raises(Crash, match="write"):
        engine.write([add])
    engine.before = None
    assert engine.get(KEY) == ITEM
    engine.after = _crash
    with pytest.raises(Crash, match="write"):
        engine.write([add])
    engine.after = None
    assert engine.everything() == [ITEM | {"count": 1}]
    assert engine.calls == {"write": 2, "get": 1}
