"""Our plain values as DynamoDB attribute values, and back."""

from collections.abc import Mapping
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item, Value

LARGEST = 10**15  # far under DynamoDB's 38 digits and under 2^53: exact in every JSON reader


def encode(value: Value) -> dict[str, Any]:
    """The attribute value; TypeError for a float (money is never one), ValueError past LARGEST."""
    match value:
        case None:
            return {"NULL": True}
        case bool():  # before int: in Python a bool is an int, in DynamoDB it is not
            return {"BOOL": value}
        case int():
            if not -LARGEST <= value <= LARGEST:
                raise ValueError(f"number out of range: {value:d}")
            return {"N": f"{value:d}"}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case list():
            return {"L": [encode(each) for each in value]}
        case dict():
            return {"M": encode_item(value)}
    raise TypeError(f"not a storable value: {type(value).__name__}")


def decode(attribute: Mapping[str, Any]) -> Value:
    """The plain value; AssertionError for a number that is no int and for kinds we never write."""
    ((kind, held),) = attribute.items()
    match kind:
        case "S" | "B" | "BOOL":
            return held  # type: ignore[no-any-return]
        case "N":
            number = int(held)
            assert str(number) == held, f"not an exact int: {held}"
            return number
        case "NULL":
            return None
        case "L":
            return [decode(each) for each in held]
    assert kind == "M", f"unknown kind of attribute: {kind}"
    return decode_item(held)


def encode_item(item: Mapping[str, Value]) -> dict[str, Any]:
    """Every attribute of an item."""
    return {name: encode(value) for name, value in item.items()}


def decode_item(raw: Mapping[str, Any]) -> Item:
    """A whole item as plain values."""
    return {  # most attributes are texts, and a page has a thousand
        name: attribute["S"] if "S" in attribute else decode(attribute)
        for name, attribute in raw.items()
    }
