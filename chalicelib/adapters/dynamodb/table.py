"""The one table: its definition, and how it comes to be, on AWS and locally alike."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.dynamodb.writes import PLACES

DUE_INDEX = "due"
TTL_ATTRIBUTE = "ttl"
POLL_S = 0.5
LONGEST_WAIT_S = 120.0


class TableDiffers(Exception):
    """A table of that name exists and is not ours: its keys or its index are others."""


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


def table_definition(name: str, *, deletion_protection: bool = False) -> dict[str, Any]:
    """The parameters of CreateTable: paid per request, encrypted, two indexes for lists and a
    sparse one, of keys only, for what is due."""
    places = [attribute for pair in PLACES.values() for attribute in pair]
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in ("pk", "sk", *places, "dp", "ds")
        ],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            *(
                {
                    "IndexName": index.value,
                    "KeySchema": _keys(*pair),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index, pair in PLACES.items()
            ),
            {
                "IndexName": DUE_INDEX,
                "KeySchema": _keys("dp", "ds"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"},
        "DeletionProtectionEnabled": deletion_protection,
    }


def ensure_table(
    client: Any,
    name: str,
    *,
    deletion_protection: bool = False,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """The table is there, active and with TTL on; run again, it changes nothing.

    Several may run it at once. Raises TableDiffers, before any change, when a table of that name
    has other keys or another index. Deletion protection applies to a table made here.
    """
    definition = table_definition(name, deletion_protection=deletion_protection)
    if _described(client, name) is None:
        with suppress(client.exceptions.ResourceInUseException):  # somebody else has just made it
            client.create_table(**definition)
    found = _active(client, name, sleep)
    if (theirs := _shape(found)) != (ours := _shape(definition)):
        raise TableDiffers(f"table {name} is {theirs}, should be {ours}")
    _enable_ttl(client, name)


def _described(client: Any, name: str) -> dict[str, Any] | None:
    try:
        table: dict[str, Any] = client.describe_table(TableName=name)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None
    return table


def _active(client: Any, name: str, sleep: Callable[[float], None]) -> dict[str, Any]:
    """The description, once the table and its indexes serve."""
    for _ in range(int(LONGEST_WAIT_S / POLL_S)):
        table = _described(client, name)  # None for a moment after CreateTable: eventual
        if table is not None:
            indexes = table.get("GlobalSecondaryIndexes", [])
            if {table["TableStatus"], *(index["IndexStatus"] for index in indexes)} == {"ACTIVE"}:
                return table
        sleep(POLL_S)
    raise TimeoutError(f"table {name} was not active after {LONGEST_WAIT_S:.0f} s")


def _shape(table: dict[str, Any]) -> dict[str, Any]:
    """What may not differ: keys, their types, and the index with what it carries."""
    kinds = {each["AttributeName"]: each["AttributeType"] for each in table["AttributeDefinitions"]}

    def keys(schema: list[dict[str, str]]) -> list[str]:
        order = sorted(schema, key=lambda key: key["KeyType"])
        return [f"{key['AttributeName']}:{kinds[key['AttributeName']]}" for key in order]

    return {
        "keys": keys(table["KeySchema"]),
        "indexes": {
            index["IndexName"]: [*keys(index["KeySchema"]), index["Projection"]["ProjectionType"]]
            for index in table.get("GlobalSecondaryIndexes", [])
        },
    }


def _enable_ttl(client: Any, name: str) -> None:
    if _ttl_is_on(client, name):
        return
    specification = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
    try:
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=specification)
    except ClientError:
        if not _ttl_is_on(client, name):  # DynamoDB refuses to enable it twice: a racing twin did
            raise


def _ttl_is_on(client: Any, name: str) -> bool:
    found = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if found.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
        return False
    if found.get("AttributeName") != TTL_ATTRIBUTE:
        raise TableDiffers(f"table {name} expires items by {found.get('AttributeName')}")
    return True
