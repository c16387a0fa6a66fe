"""Schemas as rows that a person reads: a field, its type in words, whether it is needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
DEEPEST = 4
_BOUNDS = (
    ("minimum", "maximum", ""),
    ("minLength", "maxLength", " characters"),
    ("minItems", "maxItems", " of them"),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A field; `name` with brackets, as a form writes it."""

    name: str
    type: str
    needed: bool
    meaning: str
    depth: int


def rows(shape: Json, defs: Json, *, above: str = "", depth: int = 0) -> Iterator[Row]:
    """The fields of an object, and below each the fields of what it holds."""
    needed = shape.get("required", ())
    for name, each in shape.get("properties", {}).items():
        full = f"{above}[{name}]" if above else name
        inner = _inner(each, defs)
        meaning = each.get("description") or (inner or {}).get("description", "")
        meaning = " ".join(filter(None, (meaning, alternatives(inner or {}))))
        yield Row(full, words(each, defs), name in needed, meaning, depth)
        if inner is not None and depth < DEEPEST:
            listed = "[0]" if _is_list(each) else ""
            yield from rows(inner, defs, above=full + listed, depth=depth + 1)


def alternatives(shape: Json) -> str:
    """Of which fields exactly one is given, in words."""
    told = []
    for each in (shape, *shape.get("allOf", ())):
        names = [f"`{part['required'][0]}`" for part in each.get("oneOf", ())]
        if names:
            told.append(f"Give {', '.join(names[:-1])} or {names[-1]}, and not both.")
    return " ".join(told)


def words(shape: Json, defs: Json) -> str:
    """The type of a value in words."""
    if "$ref" in shape:
        return words(at(shape, defs), defs)
    if "anyOf" in shape:
        return " or ".join(dict.fromkeys(words(each, defs) for each in shape["anyOf"]))
    if "const" in shape:
        return _quoted(shape["const"])
    if "enum" in shape:
        return " | ".join(_quoted(each) for each in shape["enum"])
    if shape.get("type") == "array":
        return f"list of {words(shape['items'], defs)}" + _bounds(shape)
    return f"{shape.get('type', 'anything')}{_bounds(shape)}"


def at(shape: Json, defs: Json) -> Json:
    """What a reference refers to; anything else as it is."""
    while "$ref" in shape:
        shape = defs[shape["$ref"].rpartition("/")[2]]
    return shape


def _quoted(value: Any) -> str:
    return "empty" if value == "" else str(value).lower() if value in (True, False) else str(value)


def _bounds(shape: Json) -> str:
    told = [
        f"{_span(shape.get(least), shape.get(most))}{unit}"
        for least, most, unit in _BOUNDS
        if least in shape or most in shape
    ]
    return ", " + ", ".join(told) if told else ""


def _span(least: int | None, most: int | None) -> str:
    if least is None:
        return f"at most {most:,}"
    return f"{least:,} or more" if most is None else f"{least:,} to {most:,}"


def _is_list(shape: Json) -> bool:
    return any(each.get("type") == "array" for each in (shape, *shape.get("anyOf", ())))


def _inner(shape: Json, defs: Json) -> Json | None:
    """The object that a field is or may be, or has a list of; not one that only an expansion
    puts there."""
    kinds = [each for each in shape.get("anyOf", [shape]) if each.get("type") != "null"]
    if any(each.get("type") == "string" and "const" not in each for each in kinds):
        return None
    for each in kinds:
        found = at(each["items"] if each.get("type") == "array" else each, defs)
        if "properties" in found:
            return found
    return None
