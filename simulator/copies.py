"""Values as the model of the table keeps and gives them: copies, and nothing it could not hold."""

from collections.abc import Mapping

from chalicelib.adapters.dynamodb.values import LARGEST
from chalicelib.adapters.dynamodb.writes import Item, Value


def kept(item: Mapping[str, Value]) -> Item:
    """An item as it is kept."""
    return {name: checked(value) for name, value in item.items()}


def checked(value: Value) -> Value:
    """A copy of a value, plain all through; refuses what values.encode refuses."""
    kind = type(value)
    if kind is str or kind is bool or kind is bytes or value is None:
        return value
    if isinstance(value, int):
        return number(value)
    if isinstance(value, str):
        return str.__str__(value)  # the text of a StrEnum member
    if isinstance(value, list):
        return [checked(each) for each in value]
    if isinstance(value, dict):
        return kept(value)
    raise TypeError(f"not a storable value: {kind.__name__}")


def number(value: int) -> int:
    """A plain int; raises TypeError or ValueError for what DynamoDB does not take."""
    if type(value) is bool or not isinstance(value, int):
        raise TypeError(f"not a number: {type(value).__name__}")
    if not -LARGEST <= value <= LARGEST:
        raise ValueError(f"number out of range: {value:d}")
    return int(value)


def handed_out(item: Item) -> Item:
    """A copy that whoever reads may change."""
    copy = item.copy()
    for name, value in copy.items():
        if type(value) is dict or type(value) is list:
            copy[name] = _nested(value)
    return copy


def _nested(value: Value) -> Value:
    if type(value) is list:
        return [_nested(each) for each in value]
    if type(value) is dict:
        return {name: _nested(each) for name, each in value.items()}
    return value
