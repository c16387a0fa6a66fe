"""The sandbox's state in a file, from one run to the next."""

import pickle
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path

from sandbox.state import State


def load(file: Path) -> State | None:
    """What the last run left; None when there is nothing, or other code has left it."""
    if not file.exists():
        return None
    written_by, _, state = file.read_bytes().partition(b"\n")
    if written_by != _code():
        return None
    found = pickle.loads(state)  # noqa: S301 - our own file, which nobody else may write
    assert isinstance(found, State)
    return found


def save(state: State, file: Path) -> None:
    """Leave everything for the next run, in one piece; nothing may act on the state any more."""
    fresh = file.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_bytes(_code() + b"\n" + pickle.dumps(state))
    fresh.replace(file)


@cache
def _code() -> bytes:
    """What tells this code from other code, whose objects may have other fields."""
    digest = sha256(repr(sys.version_info[:2]).encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest().encode()
