"""JSON Schemas of models, put where OpenAPI has them."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Json = dict[str, Any]
REF = "#/components/schemas/{model}"
# pydantic leaves the bounds of a number that a validator of ours reads in its own words.
_BOUNDS = {"ge": "minimum", "le": "maximum"}
_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
_LIST = re.compile(r"^Listed_(.+)_$")
_FIRST = ("id", "object")


def components(
    requests: Iterable[type[BaseModel]], answers: Iterable[type[BaseModel]]
) -> tuple[Json, Json]:
    """The schemas of the requests and of the answers, with all that they hold, by name. Of two of
    one name the request's is called `…Input`."""
    shown = definitions(answers)
    asked = definitions(requests)
    renamed = {name: f"{name}Input" for name in asked if name in shown}
    told = {renamed.get(name, name): _renamed(asked[name], renamed) for name in asked}
    return told, shown


def definitions(models: Iterable[type[BaseModel]]) -> Json:
    """The schemas of these models and of all that they hold, by name."""
    wanted = [(model, "validation") for model in dict.fromkeys(models)]
    _, found = models_json_schema(wanted, ref_template=REF)  # type: ignore[arg-type]
    lists = {name: _LIST.sub(r"\1List", name) for name in found["$defs"]}
    tidied = {lists[name]: _tidied(each, names=False) for name, each in found["$defs"].items()}
    return {name: _renamed(tidied[name], lists) for name in sorted(tidied)}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """With references to the new names."""
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        name = value["$ref"].rpartition("/")[2]
        return {**value, "$ref": REF.format(model=names.get(name, name))}
    return {key: _renamed(each, names) for key, each in value.items()}


def reference(model: type[BaseModel]) -> Json:
    """Where a model's schema is."""
    return {"$ref": REF.format(model=model.__name__)}


def reached(names: Iterable[str], defs: Json) -> Json:
    """The schemas of these names and of all that they lead to."""
    found: Json = {}
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = defs[name]
            ahead += _REFERENCE.findall(json.dumps(defs[name]))
    return {name: found[name] for name in sorted(found)}


def expandable(model: type[BaseModel], defs: Json) -> list[str]:
    """The fields of an answer whose ids can be expanded."""
    shape = defs[model.__name__]["properties"]
    start = ""
    if "data" in shape and "$ref" in shape["data"].get("items", {}):
        shape = _at(shape["data"]["items"], defs)["properties"]
        start = "data."
    return [start + name for name, each in shape.items() if _is_either(each)]


def _is_either(shape: Json) -> bool:
    """An id, or the object that it names."""
    kinds = {"$ref" if "$ref" in each else each.get("type") for each in shape.get("anyOf", [])}
    return {"$ref", "string"} <= kinds


def _at(shape: Json, defs: Json) -> Json:
    found: Json = defs[shape["$ref"].rpartition("/")[2]]
    return found


def _tidied(value: Any, *, names: bool) -> Any:
    """Without titles and nulls as defaults; `names` where the keys are names, not keywords."""
    if isinstance(value, list):
        return [_tidied(each, names=False) for each in value]
    if not isinstance(value, dict):
        return value
    if names:
        first = [name for name in _FIRST if name in value]
        order = [*first, *(name for name in value if name not in first)]
        return {name: _tidied(value[name], names=False) for name in order}
    return {
        _BOUNDS.get(key, key): _tidied(each, names=key == "properties")
        for key, each in value.items()
        if key != "title" and not (key == "default" and each in (None, {}, []))
    }
