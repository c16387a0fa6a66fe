"""JSON read strictly: what two parsers could read in two ways is refused.

Refused: duplicate keys, NaN and infinities, more than 32 levels, lone surrogates, more than 256 KB,
anything but an object at the top. A number with a fraction, an exponent or more than 30 digits
comes back as `NotAnInteger`, which no field accepts, so that the error can name the field.
"""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

LARGEST_BODY = 256 * 1024
DEEPEST = 32
TOO_DEEP = f"the body is nested deeper than {DEEPEST} levels"
MOST_DIGITS = 30


class NotStrictJson(ValueError):
    """Why the text is not read."""


@dataclass(frozen=True, slots=True)
class NotAnInteger:
    """A JSON number that is no integer of a sane size, as it was written."""

    text: str


def parse_object(text: bytes) -> dict[str, Any]:
    """The JSON object in `text` (UTF-8, at most 256 KB); raises NotStrictJson."""
    if len(text) > LARGEST_BODY:
        raise NotStrictJson("the body is larger than 256 KB")
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except NotStrictJson:
        raise
    except RecursionError:
        raise NotStrictJson(TOO_DEEP) from None
    except ValueError:
        raise NotStrictJson("the body is not valid JSON") from None
    if not isinstance(value, dict):
        raise NotStrictJson("the body must be a JSON object")
    _check(value, DEEPEST)
    return value


def _check(value: Any, levels: int) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise NotStrictJson("the body has half of a surrogate pair")
    elif isinstance(value, dict | list):
        if levels == 0:
            raise NotStrictJson(TOO_DEEP)
        for part in (*value, *value.values()) if isinstance(value, dict) else value:
            _check(part, levels - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotStrictJson("the body names the same key twice")
    return found


def _integer(text: str) -> int | NotAnInteger:
    return int(text) if len(text) <= MOST_DIGITS else NotAnInteger(text)


def _constant(text: str) -> NoReturn:
    raise NotStrictJson(f"the body holds {text}, which is not JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_constant=_constant,
    parse_float=NotAnInteger,
    parse_int=_integer,
    strict=True,
)
