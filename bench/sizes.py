"""How many bytes DynamoDB counts of an item, given as it goes over the wire.

Source: the developer guide, "DynamoDB item sizes and formats". Of numbers it says "approximately";
this is the rule that it gives.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any

Attribute = Mapping[str, Any]
Image = Mapping[str, Attribute]


def item_bytes(item: Image) -> int:
    """The names and the values of all attributes."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: Attribute) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return _number_bytes(held)
        case "B":
            return len(held) if isinstance(held, bytes) else len(b64decode(held))
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + _value_bytes(each) for each in held)
        case "M":
            return 3 + sum(
                1 + len(name.encode()) + _value_bytes(each) for name, each in held.items()
            )
    raise ValueError(f"a kind of value that we never store: {kind}")


def _number_bytes(text: str) -> int:
    """A byte for every two significant digits, one more, and one for a sign."""
    digits = text.lstrip("-").strip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-")
