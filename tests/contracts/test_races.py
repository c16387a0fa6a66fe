"""Real threads on ministack, which has DynamoDB's one winner (moto has not: it takes no lock)."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    AtLeast,
    Engine,
    Key,
    Put,
    Refused,
    Shift,
    Update,
)
from simulator.memory_engine import MemoryEngine

THREADS = 16
ROUNDS = 20


@pytest.fixture(params=["memory", "ministack"])
def shared(request: pytest.FixtureRequest, remote_of: Callable[[str], Any]) -> Iterator[Engine]:
    """The subjects that claim to be safe under threads."""
    if request.param == "ministack":
        remote = remote_of("ministack")
        yield DynamoDBEngine(remote.client, remote.table)
        return
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # at the usual 5 ms Python hides a missing lock
    yield MemoryEngine()
    sys.setswitchinterval(usual)


def test_one_of_many_refunds_wins(shared: Engine) -> None:
    """16 at once take 60 of 100: exactly one gets it, the others see what it left."""
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(ROUNDS):
            key = Key(f"M#1#P#{number}", "PAY")
            shared.write([Put("payment", key, {"remaining": 100}, Absent())])
            start = Barrier(THREADS)

            def refund(key: Key = key, start: Barrier = start) -> int | None:
                start.wait(timeout=10)
                take = Update("payment", key, {"remaining": Shift(-60)}, AtLeast("remaining", 60))
                try:
                    shared.write([take])
                except Refused as refused:
                    left = refused.failed["payment"]
                    assert left is not None
                    assert isinstance(left["remaining"], int)
                    return left["remaining"]
                return None

            outcomes = [each.result() for each in [pool.submit(refund) for _ in range(THREADS)]]
            assert outcomes.count(None) == 1
            assert outcomes.count(40) == THREADS - 1
            assert shared.get(key) == {"pk": key.pk, "sk": key.sk, "remaining": 40}
