"""The bare calls of an operation: the same requests, of the same clients, and nothing around."""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from bench.recording import Operation
from bench.requests import REGION
from chalicelib.adapters.dynamodb.client import dynamodb_client
from chalicelib.adapters.event_queue import sqs_client
from chalicelib.adapters.ssm import ssm_client
from chalicelib.adapters.wooshpay.http import http_client

METHODS = {
    "GetItem": "get_item",
    "BatchGetItem": "batch_get_item",
    "Query": "query",
    "TransactWriteItems": "transact_write_items",
    "UpdateItem": "update_item",
    "SendMessageBatch": "send_message_batch",
    "GetParameters": "get_parameters",
}
Bare = Callable[[], None]


class BareCalls:
    """Clients of their own, made as the application makes its."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._clients = {
            "dynamodb": dynamodb_client(REGION, url),
            "ssm": ssm_client(REGION, url),
            "sqs": sqs_client(REGION, url),
        }
        self._http = http_client()

    def of(self, operation: Operation) -> Bare:
        """Makes the calls of an operation, in DynamoDB's order, then the provider's."""
        aws = [
            (
                getattr(self._clients[call.service], METHODS[call.operation]),
                json.loads(call.request, object_hook=with_bytes),
            )
            for call in operation.calls
        ]
        asked = [
            (each.method, each.path, json.loads(each.body), each.headers.get("idempotency-key", ""))
            for each in operation.asked
        ]

        def bare() -> None:
            for method, parameters in aws:
                method(**parameters)
            for verb, path, body, key in asked:
                self._http.request(
                    verb,
                    f"{self._url}{path}",
                    json=body,
                    auth=("sk_test_bare", ""),
                    headers={"Idempotency-Key": key},
                ).json()

        return bare


def with_bytes(found: dict[str, Any]) -> dict[str, Any]:
    """Bytes as a caller gives them, not in base64 as the wire has them."""
    if found.keys() == {"B"} and isinstance(found["B"], str):
        return {"B": b64decode(found["B"])}
    return found
