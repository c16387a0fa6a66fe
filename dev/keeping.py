"""What `make run` keeps between runs: a folder for each engine, `.local/kept/ENGINE`.

ministack leaves its tables and parameters there, an address the parameters alone; the sandbox
leaves its payments, and we the demo merchant's name and key. moto is in our process, and keeps
nothing.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from dev import engines
from dev.merchant import Shop

KEPT = Path(".local") / "kept"


class InUse(Exception):
    """Another process keeps its things in the folder."""


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo merchant, its link, and where WooshPay was for it (None: the sandbox)."""

    shop: Shop
    link: str
    psp: str | None


def folder_of(engine: str) -> Path | None:
    """Where is kept what this engine can keep; None when it can keep nothing."""
    if engine != "ministack" and not engines.is_address(engine):
        return None
    return KEPT / quote(engine.rstrip("/"), safe="")


def kept_engines() -> list[str]:
    """The engines of which something is kept here."""
    return sorted(unquote(folder.name) for folder in KEPT.glob("*"))


@contextmanager
def taken(folder: Path) -> Iterator[None]:
    """The folder is there and nobody else's meanwhile; raises InUse. It holds keys."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InUse(f"{folder} is in use by another make run.") from error
        yield


def demo_of(folder: Path) -> Demo | None:
    """The demo merchant of the last run."""
    try:
        found = json.loads((folder / "demo.json").read_text())
    except FileNotFoundError:
        return None
    return Demo(Shop(**found["shop"]), found["link"], found["psp"])


def keep_demo(folder: Path, demo: Demo) -> None:
    """Remember it for the next run."""
    write_private(folder / "demo.json", json.dumps(asdict(demo)))


def write_private(file: Path, text: str) -> None:
    """Write the file in one piece, readable by its owner only."""
    fresh = file.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(text)
    fresh.replace(file)
