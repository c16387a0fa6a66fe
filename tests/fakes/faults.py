"""Faults that no emulator shows, put between the engine and a botocore client."""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from threading import Lock
from typing import Any

from botocore.exceptions import ReadTimeoutError

Request = Mapping[str, Any]


@dataclass(frozen=True)
class Fault:
    """What one call meets: the error, raised instead of the call or (`applied`) after it."""

    error: Callable[["FaultyClient", str, Request], Exception]
    applied: bool = False


def refusal(code: str, *, status: int = 400, applied: bool = False) -> Fault:
    """DynamoDB answers with an error of this code."""

    def error(client: "FaultyClient", operation: str, _: Request) -> Exception:
        return client.refused(operation, code, status)

    return Fault(error, applied)


def cancelled(*reasons: str | Mapping[str, Any]) -> Fault:
    """TransactionCanceledException; the writes without a reason get "None"."""

    def error(client: "FaultyClient", operation: str, request: Request) -> Exception:
        given = [{"Code": each} if isinstance(each, str) else dict(each) for each in reasons]
        given += [{"Code": "None"}] * (len(request["TransactItems"]) - len(given))
        more = {"CancellationReasons": given}
        return client.refused(operation, "TransactionCanceledException", 400, more)

    return Fault(error)


def read_timeout(*, applied: bool = True) -> Fault:
    """The answer is lost; `applied` says whether DynamoDB did what it was asked."""
    return Fault(lambda *_: ReadTimeoutError(endpoint_url="https://dynamodb"), applied)


CONFLICT = cancelled("TransactionConflict")
CONFLICT_PLAIN = refusal("TransactionConflictException")
THROTTLED = refusal("ProvisionedThroughputExceededException")
IN_PROGRESS = refusal("TransactionInProgressException")
SERVER_ERROR = refusal("InternalServerError", status=500)
SERVER_ERROR_APPLIED = refusal("InternalServerError", status=500, applied=True)
TIMEOUT_APPLIED = read_timeout()
MISMATCH = refusal("IdempotentParameterMismatchException")


class FaultyClient:
    """A botocore client whose next calls meet the faults it was given, in order.

    `requests` holds every request that was made, as (operation, parameters), faulty or not.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._waiting: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.requests: list[tuple[str, Request]] = []

    def next(self, operation: str, *faults: Fault, times: int = 1) -> None:
        """The next calls of the operation ("TransactWriteItems") meet `faults`, `times` over."""
        self._waiting[operation].extend(faults * times)

    def tokens(self) -> list[str]:
        """The ClientRequestToken of every transaction that was tried."""
        return [
            request["ClientRequestToken"]
            for operation, request in self.requests
            if operation == "TransactWriteItems"
        ]

    def refused(
        self, operation: str, code: str, status: int, more: Mapping[str, Any] | None = None
    ) -> Exception:
        """The exception that botocore makes of such an answer."""
        answer = {
            "Error": {"Code": code, "Message": "injected"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        }
        kind: Callable[..., Exception] = self._client.exceptions.from_code(code)
        return kind(answer | dict(more or {}), operation)

    def __getattr__(self, method: str) -> Any:
        operation = self._client.meta.method_to_api_mapping.get(method)
        if operation is None:
            return getattr(self._client, method)

        def call(**request: Any) -> Any:
            self.requests.append((operation, request))
            waiting = self._waiting[operation]
            if not waiting:
                return getattr(self._client, method)(**request)
            fault = waiting.popleft()
            if fault.applied:
                getattr(self._client, method)(**request)
            raise fault.error(self, operation, request)

        return call


class StormyClient(FaultyClient):
    """A botocore client whose transactions meet a fault now and then; safe to share by threads."""

    STORM = (CONFLICT, THROTTLED, IN_PROGRESS, SERVER_ERROR, SERVER_ERROR_APPLIED, TIMEOUT_APPLIED)

    def __init__(self, client: Any, chance: Random, rate: float) -> None:
        super().__init__(client)
        self._chance, self._rate, self._lock = chance, rate, Lock()

    def transact_write_items(self, **request: Any) -> Any:
        """The transaction, or what it meets."""
        with self._lock:
            hit = self._chance.random() < self._rate
            fault = self._chance.choice(self.STORM)
        if not hit:
            return self._client.transact_write_items(**request)
        if fault.applied:
            self._client.transact_write_items(**request)
        raise fault.error(self, "TransactWriteItems", request)
