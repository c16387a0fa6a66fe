"""The template of a whole stage, as `make package` makes it."""

import json
import re
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from cfnlint.api import lint
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from app import app
from chalicelib.adapters.dynamodb.table import TTL_ATTRIBUTE, table_definition
from chalicelib.domain.refunds import RESENT_FOR_MS
from deploy import api
from deploy.functions import CHALICE_NAMES, by_logical_name, logical_name
from deploy.package import package
from deploy.templates import composed
from simulator.psp import LATEST_MS
from simulator.switches import HOUR, Switches
from tests.architecture.source import ROOT
from tools.openapi import refusals

Json = dict[str, Any]
CONFIG = json.loads((ROOT / ".chalice/config.json").read_text("utf-8"))
METRICS = {
    "WebhookErrors", "WebhookRefused", "WebhookLag", "Payments", "Refunds", "RefundsInDoubt",
    "SweeperHeartbeat", "ProviderLatency", "ProviderFailures", "Discrepancies",
    "EventsUndelivered",
}  # fmt: skip


@pytest.fixture(scope="module")
def sam(dist: Path) -> Json:
    """The SAM template."""
    found: Json = json.loads(package("dev").read_text(encoding="utf-8"))
    assert (dist / "dev/deployment.zip").read_bytes() == (dist / "dev/bundle.zip").read_bytes()
    return found


@pytest.fixture(scope="module")
def plain(sam: Json) -> Json:
    """What CloudFormation makes of it."""
    uploaded = json.loads(json.dumps(sam))
    for each in _of(uploaded, "AWS::Serverless::Function").values():
        each["Properties"]["CodeUri"] = "s3://bucket/deployment.zip"
    session = Mock(region_name="ap-southeast-3")
    values = {"Stage": "dev", "PublicUrl": "https://pay.example.com"}
    found: Json = Translator({}, Parser(), boto_session=session).translate(uploaded, values)
    return found


def _of(template: Json, kind: str) -> dict[str, Json]:
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def test_the_linter_has_nothing_to_say(sam: Json, plain: Json) -> None:
    names = by_logical_name("dev")
    for template in (
        sam,
        plain,
        composed("table"),
        composed("queues", "logs"),
        composed("door", "alarms", "dashboard", functions=names),
    ):
        assert [str(each) for each in lint(json.dumps(template))] == []


def test_the_functions_are_the_ones_that_we_name_and_each_has_a_role(sam: Json) -> None:
    functions = _of(sam, "AWS::Serverless::Function")
    assert set(functions) == {logical_name(name) for name in CHALICE_NAMES}
    named = {name: each["Properties"]["FunctionName"] for name, each in functions.items()}
    assert named == by_logical_name("dev")
    assert len(_of(sam, "AWS::IAM::Role")) == len(CHALICE_NAMES)


def test_the_table_is_the_one_that_the_adapter_makes(sam: Json) -> None:
    ours = dict(sam["Resources"]["Table"]["Properties"])
    assert sam["Resources"]["Table"]["DeletionPolicy"] == "Retain"
    assert sam["Resources"]["Table"]["UpdateReplacePolicy"] == "Retain"
    assert ours.pop("TimeToLiveSpecification") == {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}
    assert ours.pop("PointInTimeRecoverySpecification") == {"PointInTimeRecoveryEnabled": True}
    theirs = table_definition("tautan-dev", deletion_protection=True)
    encryption = theirs.pop("SSESpecification")
    assert ours.pop("SSESpecification") == {
        "SSEEnabled": encryption["Enabled"], "SSEType": encryption["SSEType"],
    }  # fmt: skip
    assert ours.pop("TableName") == {"Fn::Sub": "tautan-${Stage}"}
    assert {"TableName": "tautan-dev", **ours} == theirs


def test_a_message_is_not_seen_again_while_it_is_worked_on(sam: Json) -> None:
    queue = sam["Resources"]["EventsQueue"]["Properties"]
    longest = CONFIG["lambda_functions"]["deliver"]["lambda_timeout"]
    assert queue["VisibilityTimeout"] >= 6 * longest
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["EventsDeadLetters", "Arn"]
    }


def test_nothing_lives_until_the_provider_has_forgotten_a_refunds_key() -> None:
    """What is sent late is sent under a key that is known yet (simulator/psp.py, LATEST_MS)."""
    functions = CONFIG["lambda_functions"].values()
    longest = max(each.get("lambda_timeout", CONFIG["lambda_timeout"]) for each in functions)
    assert longest * 1000 <= LATEST_MS
    assert Switches().key_hours * HOUR > RESENT_FOR_MS + LATEST_MS


def test_the_api_has_every_route_and_takes_any_bytes(sam: Json) -> None:
    document = sam["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    sent = {
        (path, method.upper())
        for path, methods in document["paths"].items()
        for method in methods
        if method != "options"
    }
    assert sent == {(path, method) for path, methods in app.routes.items() for method in methods}
    assert document["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_api_gateways_own_answers_are_in_our_envelope(plain: Json) -> None:
    body = plain["Resources"]["RestAPI"]["Properties"]["Body"]
    answers = body["x-amazon-apigateway-gateway-responses"]
    assert set(answers) == set(api.answers())
    for each in answers.values():
        told = json.loads(each["responseTemplates"]["application/json"])["error"]
        assert set(told) == {
            "type", "code", "message", "user_message", "param", "doc_url", "request_id", "details",
        }  # fmt: skip
        assert told["request_id"] == "$context.requestId"
        assert told["code"] in {refusal.code for refusal in refusals.every()}
    assert answers["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "404"
    assert answers["THROTTLED"]["statusCode"] == "429"


def test_the_stage_has_a_limit(plain: Json) -> None:
    (stage,) = _of(plain, "AWS::ApiGateway::Stage").values()
    (settings,) = stage["Properties"]["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (500, 1000)


def test_the_door_has_both_permissions_and_nothing_else_is_open(plain: Json) -> None:
    open_to_all = [
        each["Properties"]
        for each in _of(plain, "AWS::Lambda::Permission").values()
        if each["Properties"]["Principal"] == "*"
    ]
    assert open_to_all == [
        {
            "FunctionName": {"Ref": "Webhook"},
            "Action": "lambda:InvokeFunctionUrl",
            "Principal": "*",
            "FunctionUrlAuthType": "NONE",
        },
        {
            "FunctionName": {"Ref": "Webhook"},
            "Action": "lambda:InvokeFunction",
            "Principal": "*",
            "InvokedViaFunctionUrl": True,
        },
    ]
    (url,) = _of(plain, "AWS::Lambda::Url").values()
    assert url["Properties"]["TargetFunctionArn"] == {"Ref": "Webhook"}


def test_every_function_forgets_its_lines_after_a_while(plain: Json) -> None:
    groups = {
        json.dumps(each["Properties"]["LogGroupName"]).replace("${Stage}", "dev")
        for each in _of(plain, "AWS::Logs::LogGroup").values()
    }
    assert groups == {
        json.dumps({"Fn::Sub": f"/aws/lambda/{name}"}) for name in by_logical_name("dev").values()
    }
    for each in _of(plain, "AWS::Logs::LogGroup").values():
        assert each["Properties"]["RetentionInDays"] == 90


def test_every_alarm_is_told_and_looks_at_something_that_is_measured(plain: Json) -> None:
    alarms = [each["Properties"] for each in _of(plain, "AWS::CloudWatch::Alarm").values()]
    assert len(alarms) == 19
    for each in alarms:
        assert each["AlarmActions"] == [{"Ref": "Alarms"}]
        assert "docs/runbook.md" in each["AlarmDescription"]
    ours = {each["MetricName"] for each in alarms if each["Namespace"] == "Tautan"}
    assert ours == {
        "WebhookErrors", "RefundsInDoubt", "SweeperHeartbeat", "ProviderFailures", "Discrepancies",
    }  # fmt: skip
    assert [
        each["AlarmName"]["Fn::Sub"] for each in alarms if each["TreatMissingData"] == "breaching"
    ] == ["tautan-${Stage}-sweeper-heartbeat"]


def test_the_runbook_has_an_entry_for_every_alarm(plain: Json) -> None:
    runbook = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    for each in _of(plain, "AWS::CloudWatch::Alarm").values():
        name = each["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("tautan-${Stage}-")
        of_functions = re.sub(r".*-(function-\w+)", r"…-\1", name)
        assert f"`tautan-$S-{name}`" in runbook or f"`tautan-$S-{of_functions}`" in runbook, name


def test_the_dashboard_shows_every_metric(plain: Json) -> None:
    (board,) = _of(plain, "AWS::CloudWatch::Dashboard").values()
    body = board["Properties"]["DashboardBody"]["Fn::Sub"]
    assert len(json.loads(body)["widgets"]) == 7
    assert {name for name in METRICS if name not in body} == set()


def test_the_public_address_is_asked_for(sam: Json) -> None:
    assert set(sam["Parameters"]) == {"Stage", "PublicUrl", "AlarmEmail"}
    for each in _of(sam, "AWS::Serverless::Function").values():
        told = each["Properties"]["Environment"]["Variables"]
        assert told["TAUTAN_PUBLIC_URL"] == {"Ref": "PublicUrl"}
        assert (told["TAUTAN_STAGE"], told["TAUTAN_TABLE"]) == ("dev", "tautan-dev")
    assert {"EndpointURL", "WebhookAddress", "EventsQueueUrl"} <= set(sam["Outputs"])
