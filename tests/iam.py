"""IAM, as much of it as our policies use: what is allowed, by AWS's rules for one policy.

Nothing is allowed that no statement allows, and a Deny that matches wins (AWS's page "Policy
evaluation logic"). A statement it does not know how to read is an error, not a yes.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

POLICIES = Path(__file__).parents[1] / "deploy" / "policies"
FUNCTIONS = ("api", "webhook", "refund", "deliver", "reconcile")
PLACES = {"stage": "dev", "region": "ap-southeast-3", "account": "123456789012"}
LEADING_KEYS, ATTRIBUTES = "dynamodb:LeadingKeys", "dynamodb:Attributes"
_KNOWN = {"Sid", "Effect", "Action", "Resource", "Condition"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One action on one resource; `context`: the condition keys and what they hold."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]]


@cache
def policy(function: str) -> tuple[Any, ...]:
    """The statements of a function's policy, for the stage `dev`."""
    text = Template((POLICIES / f"{function}.json").read_text()).substitute(PLACES)
    told = json.loads(text)
    assert told["Version"] == "2012-10-17"
    for statement in told["Statement"]:
        assert statement.keys() <= _KNOWN, f"not understood: {statement.keys() - _KNOWN}"
    return tuple(told["Statement"])


def allows(function: str, asked: Asked) -> bool:
    """Whether the function's policy lets it do this."""
    effects = {each["Effect"] for each in policy(function) if _is_about(each, asked)}
    return effects == {"Allow"}


def listed(value: str | list[str]) -> list[str]:
    """One or several, as a policy may write them."""
    return [value] if isinstance(value, str) else value


def _is_about(statement: Mapping[str, Any], asked: Asked) -> bool:
    return (
        any(_like(each, asked.action) for each in listed(statement["Action"]))
        and any(_like(each, asked.resource) for each in listed(statement["Resource"]))
        and all(_conditions(statement.get("Condition", {}), asked))
    )


def _conditions(conditions: Mapping[str, Any], asked: Asked) -> Iterator[bool]:
    for operator, keys in conditions.items():
        for key, patterns in keys.items():
            values, wanted = asked.context.get(key, ()), listed(patterns)
            match operator:
                case "ForAllValues:StringLike":
                    yield all(any(_like(each, value) for each in wanted) for value in values)
                case "ForAnyValue:StringEquals":
                    yield any(value in wanted for value in values)
                case _:
                    raise NotImplementedError(operator)


def _like(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = {"*": ".*", "?": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in pattern), re.DOTALL)
