"""The policies, written by hand: what each function may do, and above all what it may not.

That each may do what it has to is held in tests/web (policed.py), with whatever those tests do.
"""

import json
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.table import DUE_INDEX
from chalicelib.adapters.dynamodb.writes import Index
from tests.architecture.source import ROOT
from tests.iam import (
    ATTRIBUTES,
    FUNCTIONS,
    LEADING_KEYS,
    PLACES,
    POLICIES,
    Asked,
    allows,
    listed,
    policy,
)

TABLE = "arn:aws:dynamodb:{region}:{account}:table/tautan-{stage}".format(**PLACES)
PARAMETER = "arn:aws:ssm:{region}:{account}:parameter/tautan/{stage}".format(**PLACES)
MERCHANT = "acct_01ARZ3NDEKTSV4RRFFQ69G5FAV"
MINE = f"M#{MERCHANT}#test"
ULID = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"}
READS = {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}


def actions(function: str) -> set[str]:
    told = [each for each in policy(function) if each["Effect"] == "Allow"]
    return {action for each in told for action in listed(each["Action"])}


def may(function: str, action: str, resource: str = TABLE, **context: list[str]) -> bool:
    names = {"keys": LEADING_KEYS, "attributes": ATTRIBUTES}
    told = {names[name]: values for name, values in context.items()}
    return allows(function, Asked(action, resource, told))


def test_every_function_has_the_policy_of_its_name_and_no_other_is_there() -> None:
    config = json.loads((ROOT / ".chalice" / "config.json").read_text())
    files = {name: each["iam_policy_file"] for name, each in config["lambda_functions"].items()}
    assert files == {
        "api_handler": "policies/api.json",
        "webhook": "policies/webhook.json",
        "refund": "policies/refund.json",
        "deliver": "policies/deliver.json",
        "deliver_again": "policies/deliver.json",
        "reconcile_sweep": "policies/reconcile.json",
        "reconcile_compare": "policies/reconcile.json",
        "reconcile_audit": "policies/reconcile.json",
    }
    assert config["autogen_policy"] is False
    assert {path.stem for path in POLICIES.iterdir()} == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_statement_is_about_everything(function: str) -> None:
    for statement in policy(function):
        assert not statement.keys() & {"NotAction", "NotResource", "NotPrincipal"}
        for resource in listed(statement["Resource"]):
            _, _, service, region, account, name = resource.split(":", 5)
            assert (region, account) == (PLACES["region"], PLACES["account"])
            assert service in {"dynamodb", "ssm", "sqs", "lambda", "logs"}
            assert "tautan-dev" in name or "/tautan/dev/" in name, "another stage's, or nobody's"
        for action in listed(statement["Action"]):
            assert "*" not in action


def test_what_each_function_may_do_at_all() -> None:
    usual = {"ssm:GetParameters", "sqs:SendMessage", "logs:CreateLogStream", "logs:PutLogEvents"}
    asks_refund = {"lambda:InvokeFunction"}
    hears = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    puts, signs = {"dynamodb:PutItem", "dynamodb:UpdateItem"}, {"ssm:PutParameter"}
    assert {each: actions(each) for each in FUNCTIONS} == {
        "api": usual | READS | WRITES | signs | asks_refund,
        "webhook": usual | READS | puts,
        "refund": usual | (READS - {"dynamodb:Query"}) | puts,
        "deliver": usual | (READS - {"dynamodb:BatchGetItem"}) | puts | hears,
        "reconcile": usual | READS | puts | asks_refund,
    }


def test_which_indexes_each_function_reads() -> None:
    for function, indexes in {
        "api": {Index.LIST, Index.SET},
        "webhook": set(),
        "refund": set(),
        "deliver": {DUE_INDEX},
        "reconcile": {Index.LIST, DUE_INDEX},
    }.items():
        read = {
            index
            for index in (*Index, DUE_INDEX)
            if may(function, "dynamodb:Query", f"{TABLE}/index/{index}", keys=["any"])
        }
        assert read == indexes, function


REFUNDED = ["refunded", "refund_pending", "refund_inflight"]


@pytest.mark.parametrize("attribute", REFUNDED)
def test_the_public_pages_function_cannot_touch_what_was_refunded(attribute: str) -> None:
    payment = {"keys": [f"{MINE}#PAY#{ULID}"]}
    assert may("api", "dynamodb:UpdateItem", **payment, attributes=["payment_status", "seq"])
    assert not may("api", "dynamodb:UpdateItem", **payment, attributes=["seq", attribute])
    assert not may("deliver", "dynamodb:UpdateItem", **payment, attributes=[attribute])
    for function in ("webhook", "refund", "reconcile"):
        assert may(function, "dynamodb:UpdateItem", **payment, attributes=["seq", attribute])


def test_refunds_are_written_by_those_three_alone() -> None:
    refund = {"keys": [f"{MINE}#RF#re_{ULID}"]}
    for action in ("dynamodb:PutItem", "dynamodb:UpdateItem"):
        who = {each for each in FUNCTIONS if may(each, action, **refund, attributes=["status"])}
        assert who == {"webhook", "refund", "reconcile"}


@pytest.mark.parametrize(
    ("key", "who"),
    [
        (f"M#{MERCHANT}", {"api", "refund"}),  # the merchant and its keys; a key's last use
        (f"{MINE}#ENDPOINTS", {"api", "deliver"}),
        (f"{MINE}#EVENT#evt_{ULID}", {"api", "deliver"}),
        (f"{MINE}#LINK#plink_{ULID}", {"api", "webhook", "reconcile"}),
        (f"{MINE}#PRICE#price_{ULID}", {"api"}),
        (f"{MINE}#EVT#evt_1", {"api", "webhook", "reconcile"}),
        ("SLUG#kopi", set()),
        ("LEASE#sweep", {"reconcile"}),
        ("LEASE#tell", {"deliver"}),
    ],
)
def test_who_changes_what(key: str, who: set[str]) -> None:
    asked = {"keys": [key], "attributes": ["any"]}
    assert {each for each in FUNCTIONS if may(each, "dynamodb:UpdateItem", **asked)} == who


def test_nobody_deletes_scans_or_reaches_another_stage() -> None:
    for function in FUNCTIONS:
        for action in ("dynamodb:DeleteItem", "dynamodb:Scan", "dynamodb:DeleteTable"):
            assert not may(function, action, keys=[f"{MINE}#PAY#{ULID}"])
        other = TABLE.replace("tautan-dev", "tautan-prod")
        assert not may(function, "dynamodb:GetItem", other, keys=[f"{MINE}#PAY#{ULID}"])


@pytest.mark.parametrize(
    ("name", "read", "written"),
    [
        (f"{MERCHANT}/live/wooshpay_key", {"api", "webhook", "refund", "reconcile"}, set()),
        (f"{MERCHANT}/live/webhook_secrets", {"api", "webhook"}, set()),
        (f"{MERCHANT}/live/signing_key", {"api", "deliver"}, {"api"}),
        ("telegram_bot_token", {"api", "deliver"}, set()),
        ("deployed", set(), set()),
    ],
)
def test_who_reads_and_writes_which_secret(name: str, read: set[str], written: set[str]) -> None:
    parameter = f"{PARAMETER}/{name}"
    assert {each for each in FUNCTIONS if may(each, "ssm:GetParameters", parameter)} == read
    assert {each for each in FUNCTIONS if may(each, "ssm:PutParameter", parameter)} == written


def test_a_statement_that_is_not_understood_is_an_error() -> None:
    odd: Any = {
        "Effect": "Allow",
        "Action": "a",
        "Resource": "r",
        "Condition": {"Bool": {"x": "y"}},
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.iam.policy", lambda _: (odd,))
        with pytest.raises(NotImplementedError, match="Bool"):
            may("api", "a", "r")
