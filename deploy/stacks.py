"""CloudFormation stacks: made, updated when they differ, removed; each waited for."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from deploy.target import Target
from deploy.telling import Refused, Telling

Json = dict[str, Any]
EVERY_S, AT_MOST = 2, 450  # a quarter of an hour
FAILED_AT_BIRTH = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"})


def ensure(
    target: Target, name: str, template: Json, values: Mapping[str, str], telling: Telling
) -> dict[str, str]:
    """The stack is as the template says; its outputs. Raises Refused when CloudFormation fails."""
    cloud = target.client("cloudformation")
    found = _described(cloud, name)
    if found is not None and found["StackStatus"] in FAILED_AT_BIRTH:
        remove(target, name, telling)
        found = None
    asked = {
        "StackName": name,
        "TemplateBody": json.dumps(template, separators=(",", ":")),
        "Parameters": [
            {"ParameterKey": key, "ParameterValue": value} for key, value in sorted(values.items())
        ],
    }
    if found is None:
        cloud.create_stack(**asked)
        _wait(cloud, "stack_create_complete", name)
        telling.made(f"stack {name}: {_contents(template)}")
    elif _same(cloud, found, template, values):
        telling.same(f"stack {name}")
    else:
        cloud.update_stack(**asked)
        _wait(cloud, "stack_update_complete", name)
        telling.changed(f"stack {name}")
    outputs = (_described(cloud, name) or {}).get("Outputs", [])
    return {each["OutputKey"]: each["OutputValue"] for each in outputs}


def remove(target: Target, name: str, telling: Telling) -> None:
    """The stack is gone, with what its template does not retain."""
    cloud = target.client("cloudformation")
    if _described(cloud, name) is None:
        telling.same(f"stack {name} is not there")
        return
    cloud.delete_stack(StackName=name)
    _wait(cloud, "stack_delete_complete", name)
    telling.removed(f"stack {name}")


def _described(cloud: Any, name: str) -> Json | None:
    try:
        stack: Json = cloud.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else stack


def _same(cloud: Any, found: Json, template: Json, values: Mapping[str, str]) -> bool:
    """Whether the stack was made of this very template and these very values."""
    body = cloud.get_template(StackName=found["StackName"])["TemplateBody"]
    theirs = json.loads(body) if isinstance(body, str) else body
    given = {each["ParameterKey"]: each["ParameterValue"] for each in found.get("Parameters", [])}
    return bool(theirs == template and given == dict(values))


def _wait(cloud: Any, what: str, name: str) -> None:
    waiter = cloud.get_waiter(what)
    try:
        waiter.wait(StackName=name, WaiterConfig={"Delay": EVERY_S, "MaxAttempts": AT_MOST})
    except WaiterError as error:
        raise Refused(f"stack {name} failed: {_why(cloud, name) or error}") from error


def _why(cloud: Any, name: str) -> str:
    """The first thing that went wrong, in CloudFormation's words."""
    events = cloud.describe_stack_events(StackName=name)["StackEvents"]
    failed = [each for each in events if each["ResourceStatus"].endswith("_FAILED")]
    first = min(failed, key=lambda each: each["Timestamp"], default=None)
    return f"{first['LogicalResourceId']}: {first.get('ResourceStatusReason')}" if first else ""


def _contents(template: Json) -> str:
    return ", ".join(template["Resources"])
