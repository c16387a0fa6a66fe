"""What a deployment did, line by line, and whether it did anything at all."""

from dataclasses import dataclass


class Refused(Exception):
    """The command cannot be carried out; the message says why and what to do."""


@dataclass(slots=True)
class Telling:
    """Prints a line a thing: `=` is as it should be, `+` made, `~` changed, `-` removed."""

    changes: int = 0

    def same(self, what: str) -> None:
        """It was as it should be."""
        print(f"  = {what}", flush=True)

    def made(self, what: str) -> None:
        """It was not there."""
        self._did("+", what)

    def changed(self, what: str) -> None:
        """It was otherwise."""
        self._did("~", what)

    def removed(self, what: str) -> None:
        """It is gone."""
        self._did("-", what)

    def note(self, what: str) -> None:
        """Something to know."""
        print(f"    {what}", flush=True)

    def end(self) -> None:
        """The sum."""
        print(f"Changes: {self.changes}." if self.changes else "Nothing was changed.", flush=True)

    def _did(self, mark: str, what: str) -> None:
        self.changes += 1
        print(f"  {mark} {what}", flush=True)
