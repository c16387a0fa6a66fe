"""`make package`: the bundle and a SAM template of the whole stage, for whoever deploys by
CloudFormation alone."""

import json
from collections.abc import Mapping
from pathlib import Path

from deploy import api, chalice_cli, project
from deploy.functions import API, CHALICE_NAMES, REFUND, aws_name, logical_name
from deploy.parameters import Json
from deploy.target import Target
from deploy.telling import Refused
from deploy.templates import composed

LOGS = {API: "ApiLogs"}


def package(target: Target) -> Path:
    """dist/<stage>/sam.json, with deployment.zip beside it. Raises Refused."""
    settings = {"TAUTAN_STAGE": target.stage, "TAUTAN_TABLE": f"tautan-{target.stage}"}
    staged = project.staged(target.stage, target.region, target.account, settings)
    merged = staged.parent / "merge.json"
    merged.write_text(json.dumps(overlay(target.stage), indent=2), encoding="utf-8")
    chalice_cli.run(staged, target, "package", "--merge-template", str(merged), str(staged.parent))
    merged.unlink()
    template = staged.parent / "sam.json"
    if not template.exists():
        raise Refused("chalice package has left no template")
    return template


def overlay(stage: str) -> Json:
    """What is merged into Chalice's template."""
    parts = composed("table", "queues", "logs", "door", "alarms", "dashboard")
    parts["Parameters"]["Stage"]["Default"] = stage
    parts["Parameters"]["PublicUrl"] = {
        "Type": "String",
        "AllowedPattern": "https://.+",
        # The API's own address cannot be said: the functions would need the API, which needs them.
        "Description": "Base of the public links: a domain of yours, or the output EndpointURL",
    }
    functions = {logical_name(name): _function(stage, name) for name in CHALICE_NAMES}
    rest = {
        "Properties": {
            "GatewayResponses": api.answers(),
            "MethodSettings": [
                {
                    "ResourcePath": "/*",
                    "HttpMethod": "*",
                    "ThrottlingRateLimit": api.RATE,
                    "ThrottlingBurstLimit": api.BURST,
                }
            ],
        }
    }
    parts["Resources"] = {**parts["Resources"], **functions, "RestAPI": rest}
    return parts


def _function(stage: str, name: str) -> Json:
    """Its name as `chalice deploy` gives it, what it has to be told, what has to be there first."""
    told: Mapping[str, object] = {
        "TAUTAN_PUBLIC_URL": {"Ref": "PublicUrl"},
        "TAUTAN_EVENT_QUEUE_URL": {"Ref": "EventsQueue"},
        "TAUTAN_REFUND_FUNCTION": aws_name(stage, REFUND),
    }
    return {
        "DependsOn": ["Table", LOGS.get(name, f"{logical_name(name)}Logs")],
        "Properties": {
            "FunctionName": aws_name(stage, name),
            "Environment": {"Variables": dict(told)},
        },
    }
