"""What of a deployment the rehearsal does not go through: choices, addresses, refusals."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from deploy import __main__ as command
from deploy import api, chalice_cli, parameters, stacks
from deploy.choices import Choices, chosen
from deploy.parameters import Deployed, deployed, keep_deployed
from deploy.smoke import smoke
from deploy.target import Target, target
from deploy.telling import Refused, Telling

CONFIG = {"stages": {"dev": {"api_gateway_stage": "v"}}, "api_gateway_endpoint_type": "REGIONAL"}


@pytest.fixture
def where() -> Iterator[Target]:
    """A stage in an account in memory."""
    with mock_aws():
        session = botocore.session.Session()
        yield Target("dev", "ap-southeast-3", "123456789012", session)


def test_what_was_chosen_is_kept_until_it_is_taken_back(where: Target) -> None:
    telling = Telling()
    given = ["TAUTAN_PUBLIC_URL=https://pay.example.com", "TAUTAN_MINOR_UNITS=IDR=0"]
    first = chosen(where, given, "ops@example.com", telling)
    assert first == Choices(
        {"TAUTAN_PUBLIC_URL": "https://pay.example.com", "TAUTAN_MINOR_UNITS": "IDR=0"},
        "ops@example.com",
    )
    assert chosen(where, [], None, telling) == first
    assert telling.changes == 1
    assert chosen(where, ["TAUTAN_PUBLIC_URL="], "", telling) == Choices(
        {"TAUTAN_MINOR_UNITS": "IDR=0"}, ""
    )
    assert telling.changes == 2


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("TAUTAN_LOG_LEVEL", "NAME=VALUE"),
        ("TAUTAN_TABLE=mine", "cannot be set"),
        ("TAUTAN_PUBLIC_URL=http://pay.example.com", "must be an https address"),
    ],
)
def test_what_no_function_could_start_with_is_refused(where: Target, given: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        chosen(where, [given], None, Telling())
    assert parameters.read(where, "choices") is None


def test_an_api_is_reserved_once(where: Target) -> None:
    telling, state = Telling(), Deployed()
    url = api.reserve(where, state, CONFIG, telling)
    (made,) = where.client("apigateway").get_rest_apis()["items"]
    assert url == f"https://{made['id']}.execute-api.ap-southeast-3.amazonaws.com/v"
    assert made["endpointConfiguration"]["types"] == ["REGIONAL"]
    known = deployed(where)
    assert known.chalice == {
        "schema_version": "2.0",
        "backend": "api",
        "resources": [
            {
                "name": "rest_api",
                "resource_type": "rest_api",
                "rest_api_id": made["id"],
                "rest_api_url": f"{url}/",
            }
        ],
    }
    assert api.reserve(where, known, CONFIG, telling) == url
    assert telling.changes == 1
    where.client("apigateway").delete_rest_api(restApiId=made["id"])
    assert api.reserve(where, known, CONFIG, telling) != url


def test_addresses_in_china_end_otherwise() -> None:
    there = Target("dev", "cn-north-1", "1", botocore.session.Session())
    assert there.domain == "amazonaws.com.cn"


def test_the_record_of_eight_functions_fits_a_parameter(where: Target) -> None:
    resources = [
        {
            "name": f"reconcile_compare_{number}",
            "resource_type": "lambda_function",
            "lambda_arn": f"arn:aws:lambda:ap-southeast-3:123456789012:function:{number}",
        }
        for number in range(40)
    ]
    keep_deployed(where, Deployed({"resources": resources}, "1" * 64, "2" * 64))
    text = parameters.read(where, "deployed")
    assert text is not None
    assert len(text) < 4096 < len(json.dumps(resources))
    assert deployed(where) == Deployed({"resources": resources}, "1" * 64, "2" * 64)


def test_every_parameter_of_the_stage_is_forgotten_and_no_other(where: Target) -> None:
    for number in range(12):
        parameters.keep(where, f"acct_{number}/test/wooshpay_key", "sk")
    other = Target("prod", where.region, where.account, where.session)
    parameters.keep(other, "choices", "{}")
    assert len(parameters.forget_all(where)) == 12
    assert parameters.forget_all(where) == []
    assert parameters.read(other, "choices") == "{}"
    assert parameters.forget(other, "choices") is True
    assert parameters.forget(other, "choices") is False


def test_a_digest_is_of_what_is_deployed_not_of_what_was(where: Target, tmp_path: Path) -> None:
    (tmp_path / ".chalice").mkdir()
    (tmp_path / "app.py").write_text("1")
    before = chalice_cli.digest(tmp_path)
    record = {"resources": [{"name": "api_handler"}]}
    chalice_cli.give_record(tmp_path, where, record)
    assert chalice_cli.take_record(tmp_path, where) == record
    assert chalice_cli.digest(tmp_path) == before
    chalice_cli.give_record(tmp_path, where, {})
    assert chalice_cli.take_record(tmp_path, where) == {}
    (tmp_path / "app.py").write_text("2")
    assert chalice_cli.digest(tmp_path) != before


class FailingCloud:
    """CloudFormation, where a stack of that name fails; `before` is its state."""

    def __init__(self, before: str | None) -> None:
        self.state, self.calls = before, list[str]()

    def create_client(self, *_: Any, **__: Any) -> Any:
        """As a session."""
        return self

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803 - as AWS names it
        """One, or none."""
        if self.state is None:
            told = {"Code": "ValidationError", "Message": f"{StackName} does not exist"}
            raise ClientError({"Error": told}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.state, "StackName": StackName}]}

    def create_stack(self, **_: Any) -> None:
        """It is rolled back."""
        self.calls.append("create")
        self.state = "ROLLBACK_COMPLETE"

    def delete_stack(self, **_: Any) -> None:
        """It is gone."""
        self.calls.append("delete")
        self.state = None

    def get_waiter(self, what: str) -> Any:
        """Of botocore."""
        real = botocore.session.Session().create_client("cloudformation", region_name="x")
        waiter = real.get_waiter(what)
        waiter._operation_method = lambda **given: self._answer(**given)
        return waiter

    def _answer(self, **given: Any) -> Any:
        try:
            return self.describe_stacks(**given)
        except ClientError as error:
            return error.response

    def describe_stack_events(self, **_: Any) -> Any:
        """The newest first, as AWS tells them."""
        return {
            "StackEvents": [
                {"ResourceStatus": "ROLLBACK_COMPLETE", "Timestamp": 3, "LogicalResourceId": "x"},
                {
                    "ResourceStatus": "CREATE_FAILED", "Timestamp": 2, "LogicalResourceId": "Queue",
                    "ResourceStatusReason": "Resource creation cancelled",
                },
                {
                    "ResourceStatus": "CREATE_FAILED", "Timestamp": 1, "LogicalResourceId": "Table",
                    "ResourceStatusReason": "tautan-dev already exists",
                },
            ]
        }  # fmt: skip


def test_a_stack_that_fails_says_why_and_is_made_anew_the_next_time() -> None:
    session: Any = FailingCloud(None)
    there = Target("dev", "ap-southeast-3", "1", session)
    for calls in (["create"], ["create", "delete", "create"]):
        with pytest.raises(Refused, match="Table: tautan-dev already exists"):
            stacks.ensure(there, "tautan-dev-data", {"Resources": {}}, {}, Telling())
        assert session.calls == calls


def test_what_does_not_answer_is_told_whole(
    where: Target, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = {
        "TAUTAN_PUBLIC_URL": "http://127.0.0.1:1",
        "TAUTAN_WEBHOOK_URL": "http://127.0.0.1:1",
    }
    session: Any = FailingCloud(None)
    session.invoke = lambda **_: {"Payload": io.BytesIO(b"")}
    there = Target("dev", "ap-southeast-3", "1", session)
    with pytest.raises(Refused, match="4 of 4"):
        smoke(there, nowhere, "nobody", Telling())
    assert capsys.readouterr().out.count("NOT SO") == 4


@pytest.mark.parametrize(
    ("stage", "region", "why"),
    [("Dev!", "ap-southeast-3", "no name of a stage"), ("dev", "", "No region")],
)
def test_a_stage_has_a_name_and_a_region(
    monkeypatch: pytest.MonkeyPatch, stage: str, region: str, why: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(Refused, match=why):
        target(stage)


@pytest.mark.parametrize(
    ("words", "typed", "told"),
    [
        (["destroy", "--stage", "dev"], "prod", "nothing was removed"),
        (["up", "--stage", "nowhere"], "", "nowhere is not in .chalice/config.json"),
        (["package", "--stage", "nowhere"], "", "nowhere is not in .chalice/config.json"),
    ],
)
def test_a_failure_that_was_foreseen_is_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    typed: str,
    told: str,
) -> None:
    monkeypatch.setattr(sys, "argv", ["deploy", *words])
    monkeypatch.setattr("builtins.input", lambda _: typed)
    with mock_aws(), pytest.raises(SystemExit) as end:
        command.main()
    assert end.value.code == 1
    error = capsys.readouterr().err
    assert error.startswith(f"deploy: {told}")
    assert error.count("\n") == 1
