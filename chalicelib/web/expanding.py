"""`expand[]`: ids in an answer become the objects that they name (Stripe's way, four deep).

An answer is expanded once it is whole, so that no handler knows of it. Each id is read once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chalicelib.domain.errors import ParameterInvalid

Json = dict[str, Any]
Load = Callable[[str], Json]
DEEPEST = 4
MOST_PATHS = 10
MOST_READS = 100  # a page of a list has no more


class Expander:
    """Expands by the kinds of ids that it is given: `loads` has a reader for each prefix."""

    def __init__(self, loads: Mapping[str, Load]) -> None:
        self._loads = loads
        self._known: dict[str, Json] = {}

    def expanded(self, answer: Json, paths: Sequence[str]) -> Json:
        """The answer with the objects at `paths`; raises ParameterInvalid for one that leads to no
        id."""
        for path in paths:
            parts = path.split(".")
            if len(parts) > DEEPEST + (parts[0] == "data"):
                raise ParameterInvalid(f"{path[:80]} is more than four deep.", param="expand")
            answer = self._at(answer, parts, path)
        return answer

    def _at(self, value: Any, parts: Sequence[str], path: str) -> Any:
        if isinstance(value, list):
            return [self._at(each, parts, path) for each in value]
        if not parts:
            return self._object(value, path)
        if value is None or value == "":
            return value
        if isinstance(value, str):  # a step further than was asked for before
            value = self._object(value, path)
        if not isinstance(value, dict) or parts[0] not in value:
            raise ParameterInvalid(f"{path[:80]} cannot be expanded.", param="expand")
        return {**value, parts[0]: self._at(value[parts[0]], parts[1:], path)}

    def _object(self, value: Any, path: str) -> Any:
        if value is None or value == "" or isinstance(value, dict):
            return value
        prefix = value.partition("_")[0] if isinstance(value, str) else ""
        if prefix not in self._loads or "_" not in value:
            raise ParameterInvalid(f"{path[:80]} cannot be expanded.", param="expand")
        if value not in self._known:
            if len(self._known) >= MOST_READS:
                raise ParameterInvalid("Too much is to be expanded.", param="expand")
            self._known[value] = self._loads[prefix](value)
        return self._known[value]
