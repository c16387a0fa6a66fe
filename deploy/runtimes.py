"""Which Python Lambda runs, until when, and on which C library."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_TABLE = Path(__file__).with_name("runtimes.json")


class Unsupported(Exception):
    """Lambda does not run this; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime of Lambda: Python's version, and the newest glibc that a library may ask for."""

    python: tuple[int, int]
    glibc: tuple[int, int]

    @property
    def name(self) -> str:
        """As Lambda calls it: `python3.11`."""
        return f"python{self.python[0]}.{self.python[1]}"


def runtime_of(python: tuple[int, int], today: date) -> Runtime:
    """Lambda's runtime for this Python. Raises Unsupported for one that Lambda does not have, or
    does not support any more on that day."""
    table = json.loads(_TABLE.read_text(encoding="utf-8"))
    name = f"python{python[0]}.{python[1]}"
    supported = [
        each
        for each, facts in table.items()
        if each != "source" and today < date.fromisoformat(facts["deprecated"])
    ]
    if name in supported:
        major, minor = table[name]["glibc"]
        return Runtime(python, (major, minor))
    why = (
        f"has not been supported by Lambda since {table[name]['deprecated']}"
        if name in table
        else "is no runtime of Lambda's"
    )
    use = ", ".join(supported) or "one that deploy/runtimes.json does not know yet"
    raise Unsupported(f"{name} {why}. Make .venv anew with one of: {use}.")
