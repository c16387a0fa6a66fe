"""The engine on DynamoDB: one call for each read, one transaction for each group.

It decides which failures pass by themselves and tries those again. A write is tried again with the
same ClientRequestToken, which DynamoDB remembers for ten minutes: a try whose answer got lost is
not done twice. What is left open after that is StoreUnavailable, never a success.
"""

import random
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, assert_never

from botocore.exceptions import (
    BotoCoreError,
    ChecksumError,
    ClientError,
    HTTPClientError,
)
from botocore.exceptions import ConnectionError as NoConnectionError

from chalicelib.adapters.dynamodb.expressions import Expression
from chalicelib.adapters.dynamodb.table import DUE_INDEX
from chalicelib.adapters.dynamodb.values import decode_item, encode, encode_item
from chalicelib.adapters.dynamodb.writes import (
    PLACES,
    Backoff,
    Check,
    Engine,
    Item,
    Key,
    Page,
    Put,
    Refused,
    Sift,
    Sifted,
    Update,
    Write,
)
from chalicelib.usecases.failures import StoreUnavailable

MOST_WRITES = 100  # DynamoDB takes no more
MOST_KEYS = 100  # BatchGetItem
USUAL = Backoff()

PASSING_REASONS = frozenset(
    {"TransactionConflict", "ProvisionedThroughputExceeded", "ThrottlingError"}
)
PASSING_ERRORS = frozenset(
    {
        "TransactionInProgressException",
        "TransactionConflictException",
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    }
)
PASSING_TRANSPORT = (HTTPClientError, NoConnectionError, ChecksumError)


def _passes(error: ClientError | BotoCoreError) -> bool:
    """Whether the same call may well succeed a little later."""
    if not isinstance(error, ClientError):
        return isinstance(error, PASSING_TRANSPORT)
    status: int = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return _code(error) in PASSING_ERRORS or status >= 500


def _code(error: ClientError | BotoCoreError) -> str:
    if not isinstance(error, ClientError):
        return type(error).__name__
    return str(error.response.get("Error", {}).get("Code"))


def _cancelled_passes(group: Sequence[Write], error: ClientError | BotoCoreError) -> bool:
    """Like _passes, for a transaction. Raises Refused when a guard is among the reasons.

    DynamoDB gives one reason for each write, in the order of the writes.
    """
    if not isinstance(error, ClientError) or _code(error) != "TransactionCanceledException":
        return _passes(error)
    reasons: list[dict[str, Any]] = error.response.get("CancellationReasons") or []
    if len(reasons) != len(group):
        return False
    failed: dict[str, Item | None] = {
        write.name: decode_item(reason["Item"]) if reason.get("Item") else None
        for write, reason in zip(group, reasons, strict=True)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if failed:
        raise Refused(failed) from error
    return any(reason.get("Code") in PASSING_REASONS for reason in reasons)


def _monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def _token() -> str:
    return str(uuid.uuid4())


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


@dataclass(frozen=True)
class DynamoDBEngine(Engine):
    """Engine over a botocore client that does not retry; `token` gives at most 36 characters."""

    client: Any
    table: str
    _: KW_ONLY
    backoff: Backoff = USUAL
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random
    monotonic_ms: Callable[[], int] = _monotonic_ms
    token: Callable[[], str] = _token

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        """The item, with `pk` and `sk`, or None."""
        request = {"TableName": self.table, "Key": _key(key), "ConsistentRead": consistent}
        raw = self._call(self.client.get_item, request).get("Item")
        return decode_item(raw) if raw else None

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        """The items in the order of `keys` (1 to 100, no two alike): one call unless DynamoDB
        leaves keys unprocessed, which it is asked for again."""
        assert 1 <= len(keys) <= MOST_KEYS
        assert len(set(keys)) == len(keys), "BatchGetItem refuses two equal keys"
        found: dict[Key, Item] = {}
        patience = _Patience(self)
        wanted: Any = {
            self.table: {"Keys": [_key(key) for key in keys], "ConsistentRead": consistent}
        }
        while wanted:
            request = {"RequestItems": wanted}
            answer = self._call(self.client.batch_get_item, request, patience=patience)
            for raw in answer["Responses"].get(self.table, ()):
                found[Key(raw["pk"]["S"], raw["sk"]["S"])] = decode_item(raw)
            wanted = answer.get("UnprocessedKeys")
            if wanted:
                patience.wait("UnprocessedKeys")
        return [found.get(key) for key in keys]

    def page(self, page: Page) -> list[Item]:
        """At most `limit` items of an index, newest first.

        One call, unless the page is larger than the 1 MB that DynamoDB answers at once.
        """
        assert page.limit >= 1
        upward = page.after is not None and page.before is None
        partition, place = PLACES[page.index]
        condition, values = "#p = :p", {":p": encode(page.partition)}
        bound = page.after if upward else page.before
        if bound is not None:
            condition += " AND #s > :s" if upward else " AND #s < :s"
            values[":s"] = encode(bound)
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": page.index.value,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": {"#p": partition}
            | ({"#s": place} if ":s" in values else {}),
            "ExpressionAttributeValues": values,
            "ScanIndexForward": upward,
            "Limit": page.limit,
        }
        raws: list[Any] = []
        patience = _Patience(self)
        while True:
            answer = self._call(self.client.query, request, patience=patience)
            raws += answer["Items"]
            last = answer.get("LastEvaluatedKey")
            if not last or len(raws) >= page.limit:
                break
            request |= {"ExclusiveStartKey": last, "Limit": page.limit - len(raws)}
        if upward:
            raws.reverse()
        elif page.after is not None:
            # A key condition takes one comparison, and BETWEEN would include both ends.
            raws = [raw for raw in raws if raw[place]["S"] > page.after]
        return [decode_item(raw) for raw in raws]

    def sift(self, sift: Sift) -> Sifted:
        """Those of the next `look` items that the guard holds for. One call: it also ends at the
        1 MB that DynamoDB looks at once."""
        assert sift.look >= 1
        assert sift.after < sift.before, "DynamoDB refuses BETWEEN with turned bounds"
        partition, place = PLACES[sift.index]
        asked = Expression()
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": sift.index.value,
            "KeyConditionExpression": f"{asked.name(partition)} = {asked.value(sift.partition)}"
            f" AND {asked.name(place)} BETWEEN {asked.value(sift.after)}"
            f" AND {asked.value(sift.before)}",
            "ScanIndexForward": sift.upward,
            "Limit": sift.look,
        }
        if sift.where is not None:
            request["FilterExpression"] = asked.condition(sift.where)
        answer = self._call(self.client.query, request | asked.aliases())
        found = (decode_item(raw) for raw in answer["Items"])
        between = [item for item in found if sift.after < str(item[place]) < sift.before]
        last = answer.get("LastEvaluatedKey")
        return Sifted(between, last[place]["S"] if last else None)

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        """The lowest `ds` of the due index in `partition`, at most `limit`, each below `before`.

        One call: a page of keys is far under the 1 MB that DynamoDB answers at once.
        """
        assert limit >= 1
        request = {
            "TableName": self.table,
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "dp = :p AND ds < :s",
            "ExpressionAttributeValues": {":p": encode(partition), ":s": encode(before)},
            "Limit": limit,
        }
        return [raw["ds"]["S"] for raw in self._call(self.client.query, request)["Items"]]

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        """Every item of a partition whose `sk` starts with `prefix`, in order, consistently."""
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "pk = :p",
            "ExpressionAttributeValues": {":p": encode(pk)},
            "ConsistentRead": True,
        }
        if prefix:  # DynamoDB refuses begins_with of the empty string on a key
            request["KeyConditionExpression"] += " AND begins_with(sk, :s)"
            request["ExpressionAttributeValues"][":s"] = encode(prefix)
        items: list[Item] = []
        patience = _Patience(self)
        while True:
            answer = self._call(self.client.query, request, patience=patience)
            items += [decode_item(raw) for raw in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            if not last:
                return items
            request["ExclusiveStartKey"] = last

    def write(self, group: Sequence[Write]) -> None:
        """All writes of the group (1 to 100, each of another item), or none."""
        assert 1 <= len(group) <= MOST_WRITES
        assert len({write.key for write in group}) == len(group), "one write for each item"
        assert len({write.name for write in group}) == len(group), "losers are known by name"
        first = group[0]
        if len(group) == 1 and isinstance(first, Update) and first.cheap:
            self._update(first)
            return
        request = {
            "ClientRequestToken": self.token(),
            "TransactItems": [self._written(write) for write in group],
        }
        self._call(
            self.client.transact_write_items,
            request,
            passes=lambda error: _cancelled_passes(group, error),
        )

    def _update(self, update: Update) -> None:
        """A write by itself, which is charged once instead of twice."""

        def passes(error: ClientError | BotoCoreError) -> bool:
            if isinstance(error, ClientError) and _code(error) == "ConditionalCheckFailedException":
                seen = error.response.get("Item")
                raise Refused({update.name: decode_item(seen) if seen else None}) from error
            return _passes(error)

        self._call(self.client.update_item, self._written(update)["Update"], passes=passes)

    def _written(self, write: Write) -> dict[str, Any]:
        """One entry of TransactItems."""
        expression = Expression()
        parameters: dict[str, Any] = {
            "TableName": self.table,
            "ConditionExpression": expression.condition(write.guard),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        match write:
            case Put():
                assert not {"pk", "sk"} & write.item.keys(), "the key gives pk and sk"
                kind = "Put"
                parameters["Item"] = encode_item(write.item) | _key(write.key)
            case Update():
                assert not {"pk", "sk"} & write.changes.keys(), "a key never changes"
                kind = "Update"
                parameters["Key"] = _key(write.key)
                parameters["UpdateExpression"] = expression.update(write.changes)
            case Check():
                kind = "ConditionCheck"
                parameters["Key"] = _key(write.key)
            case _:
                assert_never(write)
        return {kind: parameters | expression.aliases()}

    def _call(
        self,
        operation: Callable[..., Any],
        request: Mapping[str, Any],
        *,
        patience: "_Patience | None" = None,
        passes: Callable[[ClientError | BotoCoreError], bool] = _passes,
    ) -> Any:
        """The answer of DynamoDB, asked again while the failure `passes` and patience lasts."""
        patience = patience or _Patience(self)
        while True:
            try:
                return operation(**request)
            except (ClientError, BotoCoreError) as error:
                if not passes(error):
                    raise StoreUnavailable(_code(error)) from error
                patience.wait(_code(error), error)


class _Patience:
    """What one operation may still wait: shared by all its calls, so that the deadline is one."""

    def __init__(self, engine: DynamoDBEngine) -> None:
        self._engine = engine
        self._until = engine.monotonic_ms() + engine.backoff.deadline_ms
        self._tries = 0

    def wait(self, why: str, cause: Exception | None = None) -> None:
        """Sleep before the next try. Raises StoreUnavailable when there is none left."""
        engine, backoff = self._engine, self._engine.backoff
        pause_ms = engine.jitter() * min(backoff.cap_ms, backoff.base_ms * 2**self._tries)
        self._tries += 1
        late = engine.monotonic_ms() + pause_ms >= self._until
        if late or self._tries >= backoff.attempts:
            raise StoreUnavailable(f"{why} after {self._tries} tries") from cause
        engine.sleep(pause_ms / 1000)
