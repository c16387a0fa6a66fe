"""CloudWatch's rules for metrics in a log line, from its specification of the embedded format."""

import json
from typing import Any

from jsonschema_rs import Draft202012Validator

_UNITS = (
    "Seconds|Microseconds|Milliseconds|Bytes|Kilobytes|Megabytes|Gigabytes|Terabytes|Bits|Kilobits"
    "|Megabits|Gigabits|Terabits|Percent|Count|Bytes/Second|Kilobytes/Second|Megabytes/Second"
    "|Gigabytes/Second|Terabytes/Second|Bits/Second|Kilobits/Second|Megabits/Second"
    "|Gigabits/Second|Terabits/Second|Count/Second|None"
)


def _name(longest: int) -> dict[str, Any]:
    return {"type": "string", "minLength": 1, "maxLength": longest}


_DIRECTIVE = {
    "type": "object",
    "required": ["Namespace", "Dimensions", "Metrics"],
    "additionalProperties": False,
    "properties": {
        "Namespace": _name(1024),
        "Dimensions": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "array", "maxItems": 30, "items": _name(250)},
        },
        "Metrics": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["Name"],
                "additionalProperties": False,
                "properties": {
                    "Name": _name(1024),
                    "Unit": {"type": "string", "pattern": f"^({_UNITS})$"},
                    "StorageResolution": {"enum": [1, 60]},
                },
            },
        },
    },
}
_LINE = Draft202012Validator(
    {
        "type": "object",
        "required": ["_aws"],
        "properties": {
            "_aws": {
                "type": "object",
                "required": ["Timestamp", "CloudWatchMetrics"],
                "properties": {
                    "Timestamp": {"type": "integer"},
                    "CloudWatchMetrics": {"type": "array", "minItems": 1, "items": _DIRECTIVE},
                },
            }
        },
    }
)
DAY_MS = 24 * 60 * 60_000


def wrong_with(line: str, now: int) -> list[str]:
    """What CloudWatch would not take of this line at `now` (ms); nothing of one without metrics."""
    told = json.loads(line)
    if "_aws" not in told:
        return []
    wrong = [str(error) for error in _LINE.iter_errors(told)]
    if wrong:
        return wrong
    if not now - 14 * DAY_MS <= told["_aws"]["Timestamp"] <= now + DAY_MS // 12:
        wrong.append("the time is too far off")
    if len(line.encode()) > 1_000_000:
        wrong.append("the line is too long")
    for directive in told["_aws"]["CloudWatchMetrics"]:
        for name in [name for names in directive["Dimensions"] for name in names]:
            if not (isinstance(told.get(name), str) and 0 < len(told[name]) <= 1024):
                wrong.append(f"dimension {name} is no text of the line")
        for name in [each["Name"] for each in directive["Metrics"]]:
            value = told.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                wrong.append(f"metric {name} is no number of the line")
    return wrong
