"""Strict reading of JSON: exact types, and nothing that is not documented."""

import json
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import ApiError, Json, invalid

LARGEST_AMOUNT = 10**14
MILLISECONDS_FROM = 10**11
MAX_TEXT = 5_000
MAX_METADATA = (50, 40, 500)
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_BARE_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d{1,5})?([/?#]\S*)?")


def parse(raw: bytes, content_type: str) -> Json:
    """The JSON object in ``raw``; an empty body is an empty object.

    Every endpoint page requires ``Content-Type: application/json`` and shows JSON bodies.
    """
    if not raw:
        return {}
    if content_type.partition(";")[0].strip().lower() != "application/json":
        raise invalid("Content-Type must be application/json", code="sandbox_content_type")
    try:
        value = strict_json(raw)
    except (ValueError, RecursionError) as problem:
        raise invalid(f"The body is not JSON: {problem}", code="sandbox_invalid_json") from problem
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object", code="sandbox_invalid_json")
    return value


def strict_json(raw: bytes) -> Any:
    """UTF-8 JSON that can be written again; ValueError or RecursionError when it is not."""
    value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _unique(pairs: list[tuple[str, Any]]) -> Json:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name occurs twice")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class Fields:
    """One JSON object, read field by field; :meth:`done` refuses what nobody read."""

    def __init__(self, values: Json, path: str = "") -> None:
        self._values = values
        self._path = path
        self._read: set[str] = set()

    def name(self, key: str) -> str:
        """How ``key`` is called in an error, such as ``line_items[0][quantity]``."""
        return f"{self._path}[{key}]" if self._path else key

    def done(self) -> None:
        """Refuse every parameter that was sent and not read."""
        unknown = sorted(self._values.keys() - self._read)
        if unknown:
            names = ", ".join(self.name(key) for key in unknown)
            raise invalid(
                f"Unknown parameter: {names}", self.name(unknown[0]), "sandbox_parameter_unknown"
            )

    def has(self, key: str) -> bool:
        """Whether ``key`` was sent; null counts as sent, and as wrong."""
        return key in self._values

    def _get(self, key: str, kind: type, word: str) -> Any:
        self._read.add(key)
        if key not in self._values:
            return None
        if type(self._values[key]) is not kind:
            raise self.wrong(key, f"must be {word}")
        return self._values[key]

    def wrong(self, key: str, why: str) -> ApiError:
        """The refusal of ``key``."""
        return invalid(f"{self.name(key)} {why}", self.name(key))

    def joined(self, others: Json) -> "Fields":
        """These fields and ``others`` as one object; a name in both is refused."""
        twice = sorted(self._values.keys() & others.keys())
        if twice:
            raise self.wrong(twice[0], "was sent more than once")
        return Fields(self._values | others, self._path)

    def required(self, key: str) -> None:
        """Refuse the request unless ``key`` was sent."""
        if key not in self._values:
            name = self.name(key)
            raise invalid(f"Missing parameter: {name}", name, "sandbox_parameter_missing")

    def text(self, key: str, default: str = "") -> str:
        """A string of reasonable length."""
        value = self._get(key, str, "a string")
        if value is not None and len(value) > MAX_TEXT:
            raise self.wrong(key, f"must be at most {MAX_TEXT} characters")
        return default if value is None else str(value)

    def required_text(self, key: str) -> str:
        """A string that must be there and not be blank."""
        self.required(key)
        value = self.text(key)
        if not value.strip():
            raise self.wrong(key, "must not be empty")
        return value

    def choice(self, key: str, choices: Collection[str], default: str = "") -> str:
        """One of ``choices``."""
        value = self.text(key, default)
        if self.has(key) and value not in choices:
            raise self.wrong(key, f"must be one of {', '.join(sorted(choices))}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """A JSON boolean."""
        value = self._get(key, bool, "true or false")
        return default if value is None else bool(value)

    def integer(self, key: str, low: int = 1, high: int = LARGEST_AMOUNT) -> int | None:
        """A JSON integer; booleans, fractions and strings are refused."""
        value = self._get(key, int, "an integer")
        if value is not None and not low <= value <= high:
            raise self.wrong(key, f"must be between {low} and {high}")
        return None if value is None else int(value)

    def required_integer(self, key: str, low: int = 1, high: int = LARGEST_AMOUNT) -> int:
        """An integer that must be there."""
        self.required(key)
        value = self.integer(key, low, high)
        assert value is not None
        return value

    def number(self, key: str, default: float, high: int) -> float:
        """A count of seconds, whole or not, from 0 to ``high``; never money."""
        self._read.add(key)
        value = self._values.get(key, default)
        if type(value) not in {int, float} or not 0 <= value <= high:
            raise self.wrong(key, f"must be a number from 0 to {high}")
        return float(value)

    def digits(self, key: str) -> int | None:
        """A positive integer, also as a string of digits (51369554 types a refund's amount so)."""
        value = self._values.get(key)
        if isinstance(value, str):
            self._read.add(key)
            if not re.fullmatch(r"[1-9][0-9]{0,13}", value):
                raise self.wrong(key, "must be a positive integer")
            return int(value)
        return self.integer(key)

    def child(self, key: str) -> "Fields | None":
        """A nested object, to be read in turn."""
        value = self._get(key, dict, "an object")
        return None if value is None else Fields(value, self.name(key))

    def opaque(self, key: str) -> Json:
        """A documented object whose inside is kept as it is."""
        value = self._get(key, dict, "an object")
        return {} if value is None else dict(value)

    def children(self, key: str, most: int) -> list["Fields"]:
        """A list of 1 to ``most`` objects that must be there."""
        self.required(key)
        value = self._get(key, list, "a list")
        if not 1 <= len(value) <= most:
            raise self.wrong(key, f"must hold 1 to {most} entries")
        if any(type(each) is not dict for each in value):
            raise self.wrong(key, "must hold objects")
        return [Fields(each, f"{self.name(key)}[{at}]") for at, each in enumerate(value)]

    def texts(self, key: str) -> list[str]:
        """A list of different strings; empty when it was not sent."""
        value = self._get(key, list, "a list")
        if value is None:
            return []
        if not value or any(type(each) is not str for each in value):
            raise self.wrong(key, "must be a list of at least one string")
        if len(set(value)) != len(value):
            raise self.wrong(key, "must not repeat an entry")
        return list(value)

    def metadata(self, key: str = "metadata") -> dict[str, str]:
        """Strings by name; at most 50 of 40 and 500 characters (assumption: Stripe's limits)."""
        value = self._get(key, dict, "an object") or {}
        most, longest_name, longest_value = MAX_METADATA
        if len(value) > most:
            raise self.wrong(key, f"must hold at most {most} entries")
        for name, each in value.items():
            if not isinstance(each, str):
                raise self.wrong(key, f"must hold strings; {name} is none")
            if not 1 <= len(name) <= longest_name or len(each) > longest_value:
                raise self.wrong(key, f"holds a name or value that is too long: {name[:40]}")
        return dict(value)

    def url(self, key: str, bare_host: bool = False) -> str:
        """An absolute https address, or http on loopback; ``bare_host`` takes one without scheme.

        Page 42654181's sample sends ``www.wooshpay.com`` as cancel_url. Assumption: nothing else
        is as loose as that.
        """
        value = self.text(key)
        if not self.has(key) or is_url(value) or (bare_host and _BARE_HOST.fullmatch(value)):
            return value
        raise self.wrong(key, "must be an absolute https address (http on loopback only)")


def milliseconds(instant: int) -> int:
    """An instant in milliseconds; a small number is taken for seconds."""
    return instant if instant >= MILLISECONDS_FROM else instant * 1000


def is_url(value: str) -> bool:
    """Whether ``value`` is an absolute https address, or http on loopback."""
    if not value.isprintable() or re.search(r"\s", value):
        return False
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
