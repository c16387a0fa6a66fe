"""One side of a race over a real DynamoDB endpoint; also a process of its own.

`python -m tests.contracts.racing ENDPOINT TABLE THREADS` reads the id of a payment a line, has all
its threads ask for 60 of its 100 at once, and answers with how each of them ended, as JSON.
"""

import json
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.system import SystemMint
from chalicelib.domain.errors import TautanError
from chalicelib.domain.psp_facts import Done, RefundOutcome
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.request_refund import Refunds
from tests.builders import NOW, a_tenant
from tests.fakes.psp import FakePsp

REGION = "us-east-1"
T = TypeVar("T")


class WillingPsp(FakePsp):
    """A provider that carries out whatever it is sent, and remembers it."""

    def __init__(self) -> None:
        super().__init__(a_tenant())
        self.sent: list[Refund] = []

    def refund(self, refund: Refund) -> RefundOutcome:
        """Done."""
        self.sent.append(refund)
        return Done(f"re_{refund.id[-12:]}")


def at_once(threads: int, act: Callable[[int], T]) -> list[T]:
    """What `act` gives on each of the threads, all of them let go at the same moment."""
    start = Barrier(threads)

    def run(number: int) -> T:
        start.wait(timeout=10)
        return act(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))


def refund_race(client: Any, table: str, payment: str, side: str, threads: int) -> Sequence[str]:
    """How each thread's refund of 60 ended: a status, or the code of the refusal."""
    psp = WillingPsp()
    store = DynamoDBStore(DynamoDBEngine(client, table))
    refunds = Refunds(store, lambda _: psp, SystemMint(), lambda: NOW)
    wanted = RefundRequest(amount=60, metadata={})

    def ask(number: int) -> str:
        asking = Asking(a_tenant(), side, NOW, "req", f"{side}-{number}-{payment}", "same")
        try:
            return refunds.request(asking, payment, wanted).status.value
        except TautanError as error:
            return error.code
        except StoreUnavailable:
            return "store_unavailable"

    return at_once(threads, ask)


def main() -> None:
    """The other process."""
    endpoint, table, threads = sys.argv[1:]
    client = dynamodb_client(REGION, endpoint)
    for line in sys.stdin:
        ended = refund_race(client, table, line.strip(), "other", int(threads))
        sys.stdout.write(json.dumps(ended) + "\n")
        sys.stdout.flush()
    client.close()


if __name__ == "__main__":
    main()
