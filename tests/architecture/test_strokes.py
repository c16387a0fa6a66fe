"""Every write of the store is told of, or there is a reason why it is not."""

import ast

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.strokes import ToldStore
from tests.architecture.source import PACKAGE, parsed

REQUEST = "the request's own line says it, and no money moves"
OPERATOR = "the operator does it, and the key itself says when"
KEPT = "the key itself says it"
LATER = "only when to look again"
ATTEMPT = "what comes of the attempt is told"
EVENT = "an event tells merchants of it"
SILENT = {
    "add_api_key": OPERATOR,
    "add_merchant": REQUEST,
    "add_payment_link": REQUEST,
    "add_price": REQUEST,
    "add_product": REQUEST,
    "add_webhook_endpoint": REQUEST,
    "delete_webhook_endpoint": REQUEST,
    "lease_refund": ATTEMPT,
    "note_use": KEPT,
    "put_off": LATER,
    "put_off_payment": LATER,
    "put_off_refund": LATER,
    "revoke_api_key": OPERATOR,
    "rotate_api_key": OPERATOR,
    "take_lease": ATTEMPT,
    "take_over": ATTEMPT,
    "update_merchant": REQUEST,
    "update_payment_link": REQUEST,
    "update_price": REQUEST,
    "update_product": REQUEST,
    "update_webhook_endpoint": EVENT,
}


def writing() -> set[str]:
    """The public methods of the store that write, by their source."""
    found = set()
    for file in sorted((PACKAGE / "adapters" / "dynamodb").glob("store*.py")):
        for node in ast.walk(parsed(file)):
            if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
                continue
            called = {
                each.func.attr
                for each in ast.walk(node)
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
            }
            if called & {"_write", "_claimed"}:
                found.add(node.name)
    return found


def test_every_write_is_told_or_has_a_reason_not_to_be() -> None:
    told = {name for name in vars(ToldStore) if not name.startswith("_")}
    assert told <= {name for name in dir(DynamoDBStore) if not name.startswith("_")}
    assert told & set(SILENT) == set()
    assert told | set(SILENT) == writing()
