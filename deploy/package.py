"""`make package`: the bundle and a SAM template of the whole stage, for whoever deploys by
CloudFormation alone; no account is asked."""

import json
from pathlib import Path
from typing import Any

import botocore.session

from deploy import api, chalice_cli, project
from deploy.functions import API, CHALICE_NAMES, REFUND, aws_name, logical_name
from deploy.parameters import Json
from deploy.templates import composed

# What a stage's policies say of where they are, until CloudFormation knows it.
REGION, ACCOUNT = "${AWS::Region}", "${AWS::AccountId}"


def package(stage: str) -> Path:
    """dist/<stage>/sam.json, with deployment.zip beside it. Raises Refused, and what
    project.staged raises."""
    settings = {"TAUTAN_STAGE": stage, "TAUTAN_TABLE": f"tautan-{stage}"}
    staged = project.staged(stage, REGION, ACCOUNT, settings)
    merged = staged.parent / "merge.json"
    merged.write_text(json.dumps(overlay(stage, staged), indent=2), encoding="utf-8")
    words = ("package", "--merge-template", str(merged), str(staged.parent))
    chalice_cli.run(staged, stage, _some_region(), *words)
    merged.unlink()
    return staged.parent / "sam.json"


def overlay(stage: str, staged: Path) -> Json:
    """What is merged into Chalice's template of a staged project."""
    parts = composed("table", "queues", "logs", "door", "alarms", "dashboard")
    parts["Parameters"]["Stage"]["Default"] = stage
    parts["Parameters"]["PublicUrl"] = {
        "Type": "String",
        "AllowedPattern": "https://.+",
        # The API's own address cannot be said: the functions would need the API, which needs them.
        "Description": "Base of the public links: a domain of yours, or the output EndpointURL",
    }
    functions = {logical_name(name): _function(stage, name) for name in CHALICE_NAMES}
    roles = {_role(name): {"Properties": {"Policies": [_policy(name, staged)]}}
             for name in CHALICE_NAMES}  # fmt: skip
    parts["Resources"] = {**parts["Resources"], **functions, **roles, "RestAPI": _rest_api()}
    return parts


def _function(stage: str, name: str) -> Json:
    """Its name as `chalice deploy` gives it, what it has to be told, what has to be there first."""
    told = {
        "TAUTAN_PUBLIC_URL": {"Ref": "PublicUrl"},
        "TAUTAN_EVENT_QUEUE_URL": {"Ref": "EventsQueue"},
        "TAUTAN_REFUND_FUNCTION": aws_name(stage, REFUND),
    }
    logs = "ApiLogs" if name == API else f"{logical_name(name)}Logs"
    return {
        "DependsOn": ["Table", logs],
        "Properties": {
            "FunctionName": aws_name(stage, name),
            "Environment": {"Variables": told},
        },
    }


def _policy(name: str, staged: Path) -> Json:
    """The function's policy, with the region and the account for CloudFormation to fill in."""
    folder = staged / ".chalice"
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    file = folder / config["lambda_functions"][name]["iam_policy_file"]
    document = json.loads(file.read_text(encoding="utf-8"))
    return {"PolicyName": f"{_role(name)}Policy", "PolicyDocument": _filled_in(document)}


def _filled_in(found: Any) -> Any:
    if isinstance(found, dict):
        return {key: _filled_in(value) for key, value in found.items()}
    if isinstance(found, list):
        return [_filled_in(each) for each in found]
    return {"Fn::Sub": found} if isinstance(found, str) and "${AWS::" in found else found


def _role(name: str) -> str:
    return "".join(part.capitalize() for part in f"{name}_role".split("_"))


def _rest_api() -> Json:
    throttling = {"ThrottlingRateLimit": api.RATE, "ThrottlingBurstLimit": api.BURST}
    return {
        "Properties": {
            "GatewayResponses": api.answers(),
            "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", **throttling}],
        }
    }


def _some_region() -> str:
    """Chalice asks it how AWS's services are called there; in all but China the same."""
    return botocore.session.Session().get_config_variable("region") or "us-east-1"
