"""The description as pages: `/docs` and `/docs/errors`, readable without a script."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tools.openapi import document, fields, refusals
from tools.openapi.brackets import pairs
from tools.openapi.wiring import HERE

Json = dict[str, Any]
_CODE = re.compile(r"`([^`]+)`")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_LINK = re.compile(r"\[([^\]]+)\]\((/?[a-z/]+)\)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One operation, as the page has it."""

    id: str
    method: str
    path: str
    summary: str
    scope: str
    parameters: list[fields.Row]
    body: list[fields.Row]
    either: str
    answer: list[fields.Row]
    curl: str
    example: str
    errors: list[tuple[str, Json]]


def texts() -> Mapping[str, str]:
    """The pages by file name."""
    told = document.document()
    style = (HERE / "templates" / "docs.css").read_text(encoding="utf-8")
    common = {"info": told["info"], "css": Markup(style)}  # noqa: S704  our own file
    groups = [(tag, _operations(told, tag["name"])) for tag in told["tags"]]
    return {
        "docs.html": _rendered("docs.html", **common, groups=groups),
        "errors.html": _rendered("errors.html", **common, errors=refusals.every()),
    }


def _rendered(template: str, **values: object) -> str:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(prose=_prose, marked=_marked)
    return environment.get_template(template).render(**values)


def _operations(told: Json, tag: str) -> list[Shown]:
    return [
        _shown(told, method.upper(), path, each)
        for path, by_method in told["paths"].items()
        for method, each in by_method.items()
        if tag in each["tags"]
    ]


def _shown(told: Json, method: str, path: str, each: Json) -> Shown:
    defs, shared = told["components"]["schemas"], told["components"]["responses"]
    success = each["responses"]["200"]["content"]["application/json"]
    body = each.get("requestBody", {}).get("content", {}).get("application/json", {})
    asked = fields.at(body.get("schema", {}), defs)
    answers = [
        (status, shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one)
        for status, one in each["responses"].items()
    ]
    return Shown(
        id=each["operationId"],
        method=method,
        path=path,
        summary=each["summary"],
        scope=each["security"][0]["bearer"][0],
        parameters=[_parameter(one, defs) for one in each["parameters"]],
        body=list(fields.rows(asked, defs)),
        either=fields.alternatives(asked),
        answer=list(fields.rows(fields.at(success["schema"], defs), defs)),
        curl=_curl(method, path, body.get("example")),
        example=json.dumps(success.get("example"), indent=2, ensure_ascii=False),
        errors=[(status, one) for status, one in answers if status != "200"],
    )


def _parameter(one: Json, defs: Json) -> fields.Row:
    kind = "list of paths" if one["name"] == "expand[]" else fields.words(one["schema"], defs)
    meaning = one.get("description", "")
    return fields.Row(one["name"], f"{one['in']}, {kind}", one.get("required", False), meaning, 0)


def _curl(method: str, path: str, body: Json | None) -> str:
    """The example's request, with a form as curl sends it best."""
    lines = [f"curl -u $KEY: $API{path.replace('{id}', '$ID')}"]
    if method == "POST":
        lines.append("-H 'Idempotency-Key: order-1042'")
        lines += [f"-d {_word(name, value)}" for name, value in pairs(body or {})]
        lines += [] if body else ["-X POST"]
    return " \\\n  ".join(lines)


def _word(name: str, value: str) -> str:
    plain = re.fullmatch(r"[A-Za-z0-9_.-]+", name + value)
    sent = f"{name}={quote(value, safe=':/-_. ')}" if "&" in value else f"{name}={value}"
    return sent if plain else f"'{sent}'"


def _prose(text: str) -> Markup:
    """Paragraphs, lists, code, bold and links of our own sentences."""
    blocks = []
    for block in text.strip().split("\n\n"):
        lines = block.split("\n")
        if all(line.startswith("- ") for line in lines):
            items = (f"<li>{_marked(line[2:])}</li>" for line in lines)
            blocks.append(f"<ul>{''.join(items)}</ul>")
        else:
            blocks.append(f"<p>{_marked(block)}</p>")
    return Markup("\n".join(blocks))  # noqa: S704  escaped in _marked


def _marked(text: str) -> Markup:
    told = str(escape(text))
    told = _CODE.sub(r"<code>\1</code>", told)
    told = _BOLD.sub(r"<strong>\1</strong>", told)
    return Markup(_LINK.sub(r'<a href="\2">\1</a>', told))  # noqa: S704  escaped above
