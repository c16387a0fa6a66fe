"""The meter on a client over moto: what goes over the wire is what is counted."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from bench.meter import Meter, NotCounted
from bench.units import Units, indexes_of
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.dynamodb.table import table_definition

TABLE = "metered"
KEY = {"pk": {"S": "p"}, "sk": {"S": "s"}}
LISTED = {**KEY, "lp": {"S": "L"}, "ls": {"S": "1"}, "x": {"S": "." * 2_000}}


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        made = dynamodb_client("eu-central-1")
        made.create_table(**table_definition(TABLE))
        yield made


@pytest.fixture
def meter(client: Any) -> Iterator[Meter]:
    looker = dynamodb_client("eu-central-1")

    def image(key: Any) -> Any:
        return looker.get_item(TableName=TABLE, Key=dict(key), ConsistentRead=True).get("Item")

    with Meter(indexes_of(table_definition(TABLE)), image).attached(client.meta.events) as one:
        yield one


def test_puts_updates_and_reads(client: Any, meter: Meter) -> None:
    client.put_item(TableName=TABLE, Item=LISTED)
    client.update_item(
        TableName=TABLE, Key=KEY, UpdateExpression="SET y = :y",
        ExpressionAttributeValues={":y": {"N": "1"}},
    )  # fmt: skip
    client.get_item(TableName=TABLE, Key=KEY)
    client.get_item(TableName=TABLE, Key=KEY, ConsistentRead=True)
    client.batch_get_item(
        RequestItems={TABLE: {"Keys": [KEY, {**KEY, "sk": {"S": "none"}}], "ConsistentRead": True}}
    )
    client.query(
        TableName=TABLE, IndexName="list", KeyConditionExpression="lp = :l",
        ExpressionAttributeValues={":l": {"S": "L"}},
    )  # fmt: skip
    assert [(call.operation, call.units) for call in meter.calls] == [
        ("PutItem", Units(writes=4)),
        ("UpdateItem", Units(writes=4)),
        ("GetItem", Units(reads=0.5)),
        ("GetItem", Units(reads=1)),
        ("BatchGetItem", Units(reads=2)),
        ("Query", Units(reads=0.5)),
    ]
    assert meter.units == Units(reads=4, writes=8)


def test_a_transaction_and_one_that_is_cancelled(client: Any, meter: Meter) -> None:
    other = {"pk": {"S": "q"}, "sk": {"S": "s"}}
    group = [
        {
            "Put": {
                "TableName": TABLE,
                "Item": LISTED,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
        {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": other,
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        },
    ]
    client.transact_write_items(TransactItems=group)
    with pytest.raises(ClientError):
        client.transact_write_items(TransactItems=group)
    assert [(call.status, call.units) for call in meter.calls] == [
        (200, Units(writes=4 + 2, entries=2)),
        (400, Units(writes=4 + 2)),
    ]


def test_a_condition_that_fails_pays_one_unit_for_nothing(client: Any, meter: Meter) -> None:
    with pytest.raises(ClientError):
        client.put_item(TableName=TABLE, Item=LISTED, ConditionExpression="attribute_exists(pk)")
    assert meter.units == Units(writes=1)


def test_what_it_does_not_know_is_not_guessed(client: Any, meter: Meter) -> None:
    client.put_item(TableName=TABLE, Item=LISTED)
    with pytest.raises(NotCounted, match="filters"):
        client.query(
            TableName=TABLE, KeyConditionExpression="pk = :p", FilterExpression="x = :x",
            ExpressionAttributeValues={":p": {"S": "p"}, ":x": {"S": "no"}},
        )  # fmt: skip
    with pytest.raises(NotCounted, match="DeleteItem"):
        client.delete_item(TableName=TABLE, Key=KEY)


def test_it_counts_only_while_it_is_attached(client: Any) -> None:
    meter = Meter((), lambda _: None)
    with meter.attached(client.meta.events):
        client.get_item(TableName=TABLE, Key=KEY)
    client.get_item(TableName=TABLE, Key=KEY)
    assert [call.operation for call in meter.calls] == ["GetItem"]
