"""The API's description as a judge: is this answer one that the route may give?"""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema_rs import Draft202012Validator

FILE = Path(__file__).parents[2] / "chalicelib" / "web" / "described" / "openapi.json"
Json = dict[str, Any]


@cache
def description() -> Json:
    """The document as it is served."""
    found: Json = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def operation(method: str, path: str) -> Json | None:
    """The operation that a request reaches; None for a path that is not described."""
    for pattern, template in _paths():
        if pattern.fullmatch(path.partition("?")[0]):
            found: Json | None = description()["paths"][template].get(method.lower())
            return found
    return None


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    templates = sorted(description()["paths"], key=lambda path: ("{" in path, path))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in templates]


def response(described: Json, status: int) -> Json | None:
    """What an operation says of a status."""
    found: Json | None = described["responses"].get(str(status))
    if found is not None and "$ref" in found:
        found = description()["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found


def validator(shape: Json) -> Draft202012Validator:
    """A validator of a schema that refers to the document's others."""
    return _validator(json.dumps(shape))


@cache
def _validator(shape: str) -> Draft202012Validator:
    return Draft202012Validator({**json.loads(shape), "components": description()["components"]})


def wrong_with(
    method: str, path: str, status: int, headers: Mapping[str, str], body: bytes
) -> list[str]:
    """What of an answer the description does not say, in sentences."""
    described = operation(method, path)
    if described is None:
        return []
    at = f"{method} {path} answers {status}"
    told = response(described, status)
    if told is None:
        return [f"{at}, which is not described: {body[:300]!r}"]
    problems = [
        f"{at}: {name} is not described"
        for name in ("retry-after", "www-authenticate", "idempotency-replayed")
        if name in headers and name not in {each.lower() for each in told["headers"]}
    ]
    shape = told["content"]["application/json"]["schema"]
    for error in validator(shape).iter_errors(json.loads(body)):
        place = "/".join(map(str, error.instance_path))
        problems.append(f"{at}: {place or 'the answer'}: {error.message[:300]}")
    return problems
