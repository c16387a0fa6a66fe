"""CloudFormation templates, put together from the parts in resources/."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PARTS = Path(__file__).parent / "resources"
Json = dict[str, Any]


@cache
def part(name: str) -> Json:
    """One part, as it was written."""
    found: Json = yaml.safe_load((PARTS / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


def composed(*names: str, functions: Iterable[str] = ()) -> Json:
    """The template of these parts.

    The parts say {Ref: Webhook} where they mean a function. Beside the functions, in the package,
    that is the resource; in a stack of its own it is a parameter, made here of `functions`.
    """
    template: Json = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {
            "Stage": {"Type": "String"},
            **{name: {"Type": "String"} for name in functions},
        },
    }
    for name in names:
        for section, entries in part(name).items():
            before = template.setdefault(section, {})
            assert not before.keys() & entries.keys(), f"{name} says {section} twice"
            before.update(entries)
    return template
