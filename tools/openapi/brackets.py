"""Objects as forms write them."""

from collections.abc import Iterator
from typing import Any


def pairs(value: Any, above: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a form: brackets for what is nested, nothing for null."""
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            yield from pairs(part, f"{above}[{name}]" if above else str(name))
    elif value is not None:
        yield above, str(value).lower() if isinstance(value, bool) else str(value)
