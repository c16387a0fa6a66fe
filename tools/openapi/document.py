"""The OpenAPI 3.1 document."""

import json
import tomllib
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from tools.openapi import refusals, shapes
from tools.openapi.answers import ALSO_SUCCEEDS, ANSWERS
from tools.openapi.examples import Example, recorded
from tools.openapi.refusals import Refusal
from tools.openapi.routes import Operation, Undescribed, operations
from tools.openapi.shown import Error
from tools.openapi.wiring import PROJECT
from tools.openapi.words import ABOUT, RESOURCES, SUMMARIES

Json = dict[str, Any]
PATH = {"type": "string", "pattern": "^[A-Za-z0-9_]{1,100}$"}
KEY = {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"}
EXPAND = {"type": "string", "maxLength": 200, "pattern": "^[a-z_]+(\\.[a-z_]+)*$"}
MOST_EXPANDED = 10
FORM = "application/x-www-form-urlencoded"
HEADERS: Json = {
    "Request-Id": {
        "description": "The request's name in our log; in the error too.",
        "schema": {"type": "string", "pattern": "^req_[0-9A-HJKMNP-TV-Z]{26}$"},
    },
    "Idempotency-Replayed": {
        "description": "There when the answer is the one that the key's first request got.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "After how many seconds the same request may do.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {"schema": {"type": "string"}},
}
_MORE_HEADERS = {
    401: ("WWW-Authenticate",),
    402: ("Idempotency-Replayed",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def document() -> Json:
    """The whole description; raises Undescribed for a route that lacks something."""
    found = operations()
    _check_described(found)
    asked, shown = shapes.components(
        [each.body for each in found if each.body is not None],
        [*(ANSWERS[each.route] for each in found), Error],
    )
    defs = {**shown, **asked}
    bodies = {_named(each): _asked(each, defs) for each in found if each.body is not None}
    answers = {ANSWERS[each.route].__name__ for each in found} | {Error.__name__}
    examples = recorded()
    paths: Json = {}
    for each in found:
        described = _operation(each, defs, examples.get(each.route))
        paths.setdefault(each.path, {})[each.method.lower()] = described
    shared = _shared(paths)
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": "Tautan",
            "version": tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"][
                "version"
            ],
            "summary": "Payment links, checkout sessions and refunds.",
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": text} for name, text in RESOURCES.items()],
        "security": [{"bearer": []}, {"basic": []}],
        "paths": paths,
        "components": {
            "schemas": shapes.reached([*bodies, *answers], {**defs, **bodies}),
            "responses": shared,
            "headers": HEADERS,
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A secret key `sk_…`, or a restricted key `rk_…`.",
                },
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The key as user name, without a password.",
                },
            },
        },
    }


def text() -> str:
    """The document as it is served."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _check_described(found: Sequence[Operation]) -> None:
    silent = [each.route for each in found if each.route not in ANSWERS]
    if silent:
        raise Undescribed(f"tools/openapi/answers.py: ANSWERS has no model for {silent}")
    gone = sorted(set(ANSWERS) - {each.route for each in found})
    if gone:
        raise Undescribed(f"tools/openapi/answers.py: there is no route {gone}")
    nameless = sorted({_tag(each) for each in found} - set(RESOURCES))
    if nameless:
        raise Undescribed(f"tools/openapi/words.py: RESOURCES has no words for {nameless}")


def _tag(operation: Operation) -> str:
    return operation.needs.value.partition(":")[0]


def _operation(operation: Operation, defs: Json, example: Example | None) -> Json:
    scope = operation.needs.value
    described: Json = {
        "operationId": operation.name,
        "tags": [_tag(operation)],
        "summary": SUMMARIES.get(operation.name, operation.name.replace("_", " ").capitalize()),
        "description": f"A restricted key needs the scope `{scope}`.",
        "security": [{"bearer": [scope]}, {"basic": [scope]}],
        "parameters": _parameters(operation, defs),
        "responses": _responses(operation, example),
    }
    if operation.body is not None:
        described["requestBody"] = _body(operation, defs, example)
    return described


def _parameters(operation: Operation, defs: Json) -> list[Json]:
    found: list[Json] = []
    if "{id}" in operation.path:
        found.append({"name": "id", "in": "path", "required": True, "schema": PATH})
    if operation.query is not None:
        queries = shapes.definitions([operation.query])
        found += _filters(queries[operation.query.__name__], queries)
    leads = shapes.expandable(ANSWERS[operation.route], defs)
    if leads:
        items = {"anyOf": [{"type": "string", "enum": leads}, EXPAND]}
        told = ", ".join(f"`{each}`" for each in leads)
        found.append(
            {
                "name": "expand[]",
                "in": "query",
                "description": f"Ids that become the objects they name, four deep: {told}. "
                "The key needs the read scope of what they lead to.",
                "style": "form",
                "explode": True,
                "schema": {"type": "array", "maxItems": MOST_EXPANDED, "items": items},
            }
        )
    if operation.method == "POST":
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same request under the same key is done once, and gets the "
                "same answer again.",
                "schema": KEY,
            }
        )
    return found


def _filters(query: Json, defs: Json) -> list[Json]:
    """Each filter of a list as a parameter; an object's fields in brackets."""
    found = []
    for name, shape in query["properties"].items():
        kinds = [each for each in shape.get("anyOf", [shape]) if each != {"type": "null"}]
        objects = [each for each in kinds if "$ref" in each]
        plain = [each for each in kinds if "$ref" not in each]
        told = {"description": shape["description"]} if "description" in shape else {}
        if plain:
            own = plain[0] if len(plain) == 1 else {"anyOf": plain}
            own = {**own, **({"default": shape["default"]} if "default" in shape else {})}
            found.append({"name": name, "in": "query", **told, "schema": own})
        for each in objects:
            inner = _filters(defs[each["$ref"].rpartition("/")[2]], defs)
            found += [{**one, "name": f"{name}[{one['name']}]"} for one in inner]
    return found


def _named(operation: Operation) -> str:
    """`CreateProduct`: a body has a schema of its own, for only at its top there is `expand`."""
    return "".join(part.capitalize() for part in operation.name.split("_"))


def _asked(operation: Operation, defs: Json) -> Json:
    assert operation.body is not None, "only a POST has one"
    shape: Json = defs[operation.body.__name__]
    if not shapes.expandable(ANSWERS[operation.route], defs):
        return shape
    more = {"expand": {"type": "array", "maxItems": MOST_EXPANDED, "items": EXPAND}}
    return {**shape, "properties": {**shape.get("properties", {}), **more}}


def _body(operation: Operation, defs: Json, example: Example | None) -> Json:
    shape = _asked(operation, defs)
    told: Json = {"schema": {"$ref": shapes.REF.format(model=_named(operation))}}
    as_json = told
    if example is not None and example.body is not None:
        as_json = {**told, "example": example.body}
    return {
        "required": any(name in shape for name in ("required", "oneOf", "allOf")),
        "content": {"application/json": as_json, FORM: told},
    }


def _responses(operation: Operation, example: Example | None) -> Json:
    model = ANSWERS[operation.route]
    told: Json = {"schema": shapes.reference(model)}
    if example is not None:
        told["example"] = example.answer
    named = ("Request-Id", "Idempotency-Replayed")[: 2 if operation.method == "POST" else 1]
    headers = {name: _header(name) for name in named}
    found: Json = {
        "200": {
            "description": "It is done.",
            "headers": headers,
            "content": {"application/json": told},
        }
    }
    for status, meaning in ALSO_SUCCEEDS.get(operation.route, {}).items():
        shape = {"schema": told["schema"]}
        found[str(status)] = {
            "description": meaning,
            "headers": headers,
            "content": {"application/json": shape},
        }
    told_by_route = refusals.of_route(operation.route, operation.method)
    for code, each in groupby(told_by_route, key=lambda one: one.status):
        found[str(code)] = _refusal(code, list(each))
    return found


def _refusal(status: int, told: list[Refusal]) -> Json:
    codes = [each.code for each in told]
    of_these = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    named = ("Request-Id", *_MORE_HEADERS.get(status, ()))
    return {
        "description": "\n".join(f"- `{each.code}`: {each.meaning}" for each in told),
        "headers": {name: _header(name) for name in named},
        "content": {
            "application/json": {
                "schema": {"allOf": [{"$ref": shapes.REF.format(model="Error")}, of_these]}
            }
        },
    }


def _header(name: str) -> Json:
    return {"$ref": f"#/components/headers/{name}"}


def _shared(paths: Json) -> Json:
    """Answers that several operations give, by name; the operations then refer to them."""
    given = [each["responses"] for by_method in paths.values() for each in by_method.values()]
    texts = [json.dumps(each) for responses in given for each in responses.values()]
    names: dict[str, str] = {}
    found: Json = {}
    for responses in given:
        for status, each in responses.items():
            text = json.dumps(each)
            if texts.count(text) < 2 or text in names:
                continue
            taken = sum(name.startswith(f"Error{status}") for name in found)
            names[text] = f"Error{status}" + (f"_{taken + 1}" if taken else "")
            found[names[text]] = each
    for responses in given:
        for status, each in responses.items():
            if (text := json.dumps(each)) in names:
                responses[status] = {"$ref": f"#/components/responses/{names[text]}"}
    return found
