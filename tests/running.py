"""A stack in a process of its own, and the operator's command against it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dev.engines import free_port
from tests import warm

ROOT = Path(__file__).parents[1]
Process = subprocess.Popen[str]
KEPT = ("PATH", "HOME", "COVERAGE_PROCESS_START")


def environment_for(port: int, sandbox_port: int) -> dict[str, str]:
    """The environment of a process of ours: little is inherited."""
    inherited = {name: os.environ[name] for name in KEPT if name in os.environ}
    ports = {"PORT": str(port), "SANDBOX_PORT": str(sandbox_port)}
    return {**inherited, **ports, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"}


def started(environment: dict[str, str], folder: Path) -> Process:
    """`make run`'s process."""
    return subprocess.Popen(
        [sys.executable, "-m", "dev.run"],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ready(process: Process, folder: Path) -> dict[str, Any]:
    """What it wrote into its file, once it has."""
    for _ in range(600):
        if (folder / ".local" / "stack.json").exists():
            found: dict[str, Any] = json.loads((folder / ".local" / "stack.json").read_text())
            return found
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError("make run does not get ready")


@contextmanager
def running(environment: dict[str, str], folder: Path) -> Iterator[tuple[Process, dict[str, Any]]]:
    """The process and its facts; killed at the end if it still runs."""
    process = started(environment, folder)
    try:
        yield process, ready(process, folder)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def ops(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """`python -m ops` in the folder of a stack, or of none."""
    return warm.ran(list(words), environment_for(0, 0), folder)


@pytest.fixture(scope="session")
def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a stack that serves for the whole session, on free ports."""
    folder = tmp_path_factory.mktemp("stack")
    with running(environment_for(free_port(), free_port()), folder):
        yield folder


@pytest.fixture(scope="session")
def stack(stack_folder: Path) -> dict[str, Any]:
    """That stack's facts."""
    found: dict[str, Any] = json.loads((stack_folder / ".local" / "stack.json").read_text())
    return found
