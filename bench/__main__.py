"""`python -m bench [section …]`: one JSON object a line.

Sections: counts, cpu, door, growth, cold, cost.
"""

import argparse
import json
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib.metadata import version
from typing import Any

from bench import cold_start, cost, counts, cpu, door, growth
from bench.application import Application, application
from bench.recording import Recording, recorded

Lines = Iterator[Mapping[str, Any]]
PEERS = ("botocore", "chalice", "httpx", "pydantic")


class Bench:
    """What several sections need, made when the first one does."""

    def __init__(self, recording: Recording, app: Application) -> None:
        self.recording, self.app = recording, app

    @cached_property
    def took(self) -> dict[str, list[float]]:
        """CPU by operation, in rounds."""
        return cpu.measured(self.app)


SECTIONS: Mapping[str, Callable[[Bench], Lines]] = {
    "counts": lambda bench: counts.lines(bench.recording),
    "cpu": lambda bench: cpu.lines(bench.app, bench.took),
    "door": lambda bench: door.lines(bench.app),
    "growth": lambda bench: growth.lines(bench.app),
    "cold": lambda _: cold_start.lines(),
    "cost": lambda bench: cost.lines(bench.app, bench.took),
}


def main() -> None:
    """Print the sections that are asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("section", nargs="*", choices=[[], *SECTIONS], default=[])
    wanted, out = parser.parse_args().section or [*SECTIONS], sys.stdout
    print(json.dumps({"bench": "on", **_here()}), file=out, flush=True)
    recording = recorded()
    with application(recording) as app:
        bench = Bench(recording, app)
        for name in wanted:
            for line in SECTIONS[name](bench):
                print(json.dumps({"bench": name, **line}), file=out, flush=True)


def _here() -> dict[str, str]:
    versions = {name: version(name) for name in PEERS}
    return {"python": platform.python_version(), "machine": platform.machine(), **versions}


if __name__ == "__main__":
    main()
