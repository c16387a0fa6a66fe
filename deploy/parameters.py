"""What is known of a stage between deployments, in Parameter Store: it survives any clone."""

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from deploy.target import Target

Json = dict[str, Any]


@dataclass(slots=True)
class Deployed:
    """Chalice's own record of what it made, and the digests of what was deployed and of what then
    ran."""

    chalice: Json = field(default_factory=dict)
    staged: str = ""
    running: str = ""

    def resource(self, name: str) -> Json | None:
        """What Chalice recorded under this name."""
        found = (each for each in self.chalice.get("resources", []) if each["name"] == name)
        return next(found, None)

    def record(self, resource: Json) -> None:
        """Have Chalice know a resource as one of its own."""
        others = [
            each for each in self.chalice.get("resources", []) if each["name"] != resource["name"]
        ]
        usual = {"schema_version": "2.0", "backend": "api"}
        self.chalice = {**usual, **self.chalice, "resources": [*others, resource]}


def deployed(target: Target) -> Deployed:
    """What was deployed; nothing, the first time."""
    text = read(target, "deployed")
    return Deployed(**json.loads(zlib.decompress(base64.b64decode(text)))) if text else Deployed()


def keep_deployed(target: Target, state: Deployed) -> None:
    """Keep it, packed: eight functions are more than the 4 KB of a parameter."""
    told = json.dumps(
        {"chalice": state.chalice, "staged": state.staged, "running": state.running},
        sort_keys=True,
        separators=(",", ":"),
    )
    keep(target, "deployed", base64.b64encode(zlib.compress(told.encode(), 9)).decode())


def read(target: Target, what: str) -> str | None:
    """The text that is kept under the name, or None."""
    ssm = target.client("ssm")
    try:
        value: str = ssm.get_parameter(Name=_name(target, what))["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        return None
    return value


def keep(target: Target, what: str, text: str) -> None:
    """Keep the text under the name; no secret, so a plain string."""
    target.client("ssm").put_parameter(
        Name=_name(target, what), Value=text, Type="String", Overwrite=True
    )


def forget(target: Target, what: str) -> bool:
    """Whether there was anything to forget."""
    ssm = target.client("ssm")
    try:
        ssm.delete_parameter(Name=_name(target, what))
    except ssm.exceptions.ParameterNotFound:
        return False
    return True


def forget_all(target: Target) -> list[str]:
    """Remove every parameter of the stage, merchants' secrets too; their names."""
    ssm = target.client("ssm")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(
        Path=f"/tautan/{target.stage}", Recursive=True
    )
    names = [each["Name"] for page in pages for each in page["Parameters"]]
    for start in range(0, len(names), 10):
        ssm.delete_parameters(Names=names[start : start + 10])
    return names


def _name(target: Target, what: str) -> str:
    return f"/tautan/{target.stage}/{what}"
