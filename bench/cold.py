"""How long a function's code takes to load, as Lambda would: from an unzipped bundle, in a process
that sees nothing else.

What is counted is the processor's time for a process from start to end, less a bare interpreter's:
loading waits for nothing once the files have been read, and another's work does not count as ours.
"""

import os
import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 11
# -S: no site-packages; -B: /var/task cannot be written to, so what has no bytecode stays without.
_ALONE = (sys.executable, "-I", "-S", "-B")
_LOAD = "import sys; sys.path.insert(0, sys.argv[1]); exec(sys.argv[2])"


@dataclass(frozen=True, slots=True)
class Start:
    """What a process does: `code` with only `bundle` and the standard library to import from."""

    bundle: Path
    code: str


def imports(module: str) -> str:
    """Code that loads a handler's module."""
    return f"import {module}"


def cold_ms(
    starts: Mapping[str, Start], settings: Mapping[str, str], rounds: int = ROUNDS
) -> dict[str, float]:
    """The median time of each, in milliseconds, without what a bare interpreter takes.

    All are measured in turns, so that a busy machine is busy for all of them. `settings` are the
    environment; nothing else of ours is. Raises RuntimeError for one that fails.
    """
    bare = Start(Path("/nowhere"), "pass")
    all_of_them = {"": bare, **starts}
    for start in all_of_them.values():
        _ran_ms(start, settings)  # the files are read from memory from now on
    times: dict[str, list[float]] = {name: [] for name in all_of_them}
    for _ in range(rounds):
        for name, start in all_of_them.items():
            times[name].append(_ran_ms(start, settings))
    nothing = statistics.median(times.pop(""))
    return {name: statistics.median(each) - nothing for name, each in times.items()}


def loaded(start: Start, settings: Mapping[str, str]) -> set[str]:
    """The modules that are there when a process has done this."""
    told = _process([f"{start.code}\nprint(*sorted(sys.modules))"], start.bundle, settings)
    return set(told.split())


def _ran_ms(start: Start, settings: Mapping[str, str]) -> float:
    before = _childrens_seconds()
    _process([start.code], start.bundle, settings)
    return (_childrens_seconds() - before) * 1000


def _childrens_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _process(code: Sequence[str], bundle: Path, settings: Mapping[str, str]) -> str:
    done = subprocess.run(  # noqa: S603 - our own code, in an interpreter of its own
        [*_ALONE, "-c", _LOAD, str(bundle), *code],
        env={"PATH": os.defpath, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{bundle.name}: {done.stderr.strip()}")
    return done.stdout
