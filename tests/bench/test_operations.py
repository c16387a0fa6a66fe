"""Calls and units of each operation, exactly: what makes one dearer is seen here."""

from collections import Counter
from functools import cache

import pytest

from bench.recording import Recording
from bench.stage import record
from bench.units import Units

GET, BATCH, QUERY, GROUP = "GetItem", "BatchGetItem", "Query", "TransactWriteItems"
PLAIN = "UpdateItem"
SEND = "SendMessageBatch"
SPENT: dict[str, tuple[dict[str, int], int, Units]] = {
    "create link": ({GET: 1, BATCH: 2, GROUP: 1, SEND: 1}, 0, Units(3, 6, 4)),
    "open": ({GET: 1, BATCH: 1}, 0, Units(4.5)),
    "pay": ({GET: 1, BATCH: 1, GROUP: 2, SEND: 1}, 1, Units(5.5, 18, 7)),
    "webhook": ({GET: 1, GROUP: 1, SEND: 1}, 0, Units(1, 12, 7)),
    "webhook again": ({GET: 1, GROUP: 1}, 0, Units(1, 2)),
    "refund": ({BATCH: 1, GROUP: 2, SEND: 2}, 1, Units(2, 22, 14)),
    "list 25": ({QUERY: 1}, 0, Units(3)),
    "tell": ({GET: 1, QUERY: 1, PLAIN: 1}, 0, Units(2, 3)),
    "bad signature": ({}, 0, Units()),
}


@cache
def recording() -> Recording:
    return record()


@pytest.mark.parametrize("name", SPENT)
def test_an_operation_spends_what_it_did(name: str) -> None:
    operation = recording().operations[name]
    calls = Counter(call.operation for call in operation.calls)
    assert (dict(calls), len(operation.asked), operation.units) == SPENT[name]


def test_every_operation_is_held_to_it() -> None:
    assert recording().operations.keys() == SPENT.keys()
