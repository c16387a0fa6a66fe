"""Guards and changes as DynamoDB expressions, every name and value behind an alias.

Aliases make any attribute name legal (DynamoDB reserves 573 words). An alias is made only where it
is used: DynamoDB refuses a request that declares one it does not use. Conditions compare stored
values with given ones and never calculate: DynamoDB has no arithmetic in conditions.
"""

from collections.abc import Mapping
from typing import Any, assert_never

from chalicelib.adapters.dynamodb.values import encode
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    AllOf,
    AnyOf,
    Assign,
    AssignOnce,
    AtLeast,
    Change,
    Count,
    Drop,
    Equals,
    Guard,
    LessThan,
    OneOf,
    Present,
    Shift,
    Value,
)

MOST_IN = 100  # operands of IN (DynamoDB)


class Expression:
    """The aliases shared by the expressions of one write."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, dict[str, Any]] = {}

    def aliases(self) -> dict[str, Any]:
        """The request parameters that declare the aliases; an empty one is left out."""
        names = {alias: name for name, alias in self._names.items()}
        declared = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": self._values}
        return {parameter: aliases for parameter, aliases in declared.items() if aliases}

    def name(self, attribute: str) -> str:
        """The alias of an attribute: the same one each time."""
        return self._names.setdefault(attribute, f"#n{len(self._names)}")

    def value(self, value: Value) -> str:
        """A new alias of a value."""
        alias = f":v{len(self._values)}"
        self._values[alias] = encode(value)
        return alias

    def condition(self, guard: Guard) -> str:
        """The ConditionExpression that holds when the guard does."""
        match guard:
            case Absent(attribute):
                return f"attribute_not_exists({self.name(attribute)})"
            case Present(attribute):
                return f"attribute_exists({self.name(attribute)})"
            case Equals(attribute, value):
                return f"{self.name(attribute)} = {self.value(value)}"
            case AtLeast(attribute, value):
                return f"{self.name(attribute)} >= {self.value(value)}"
            case LessThan(attribute, value):
                return f"{self.name(attribute)} < {self.value(value)}"
            case OneOf(attribute, values):
                assert 1 <= len(values) <= MOST_IN
                listed = ", ".join(self.value(value) for value in values)
                return f"{self.name(attribute)} IN ({listed})"
            case AllOf(guards):
                return self._joined(" AND ", guards)
            case AnyOf(guards):
                return self._joined(" OR ", guards)
        assert_never(guard)

    def _joined(self, joint: str, guards: tuple[Guard, ...]) -> str:
        assert guards, "a guard of no guards would always hold"
        if len(guards) == 1:
            return self.condition(guards[0])
        return joint.join(self._nested(guard) for guard in guards)

    def _nested(self, guard: Guard) -> str:
        # DynamoDB refuses redundant parentheses, so only a true group gets them.
        while isinstance(guard, AllOf | AnyOf) and len(guard.guards) == 1:
            guard = guard.guards[0]
        inner = self.condition(guard)
        return f"({inner})" if isinstance(guard, AllOf | AnyOf) else inner

    def update(self, changes: Mapping[str, Change]) -> str:
        """The UpdateExpression that makes all the changes (at least one)."""
        assert changes, "an update changes something"
        settings: list[str] = []
        removals: list[str] = []
        for attribute, change in changes.items():
            name = self.name(attribute)
            match change:
                case Assign(value):
                    settings.append(f"{name} = {self.value(value)}")
                case AssignOnce(value):
                    settings.append(f"{name} = if_not_exists({name}, {self.value(value)})")
                case Shift(by):
                    settings.append(f"{name} = {name} + {self.value(by)}")
                case Count(by):
                    held = f"if_not_exists({name}, {self.value(0)})"
                    settings.append(f"{name} = {held} + {self.value(by)}")
                case Drop():
                    removals.append(name)
                case _:
                    assert_never(change)
        clauses = [("SET ", settings), ("REMOVE ", removals)]
        return " ".join(verb + ", ".join(parts) for verb, parts in clauses if parts)
