"""Stripe's own SDK for Node drives the API unmodified, once its base address is changed.

Each `stripe_node/*.test.mjs` is one test here, run by Node's own runner against one stack with a
merchant of its own: another resource is another such file.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dev.merchant import open_shop
from dev.stack import Stack, Wanted

HERE = Path(__file__).parent / "stripe_node"
SCRIPTS = sorted(file.name for file in HERE.glob("*.test.mjs"))
OLDEST = 18  # of Node's versions, for the SDK
WITHIN_S = 110


def run(*words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """A program in the scripts' folder, all that it says in one text."""
    return subprocess.run(
        words,
        cwd=HERE,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=WITHIN_S,
    )


@pytest.fixture(scope="module")
def node() -> str:
    """Node, with the SDK that the lock file names installed beside the scripts."""
    node, npm = shutil.which("node"), shutil.which("npm")
    needs = "these journeys need Node and npm: apt-get install nodejs npm"
    assert node is not None, needs
    assert npm is not None, needs
    version = run(node, "--version").stdout
    assert int(version[1:].split(".")[0]) >= OLDEST, f"Node {version} is older than {OLDEST}"
    locked, installed = HERE / "package-lock.json", HERE / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        done = run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        assert done.returncode == 0, f"npm ci fails:\n{done.stdout}"
    return node


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(Wanted()) as running:
        yield running


@pytest.fixture
def shop(stack: Stack) -> Mapping[str, str]:
    """Where the API is, and a new merchant's key, as the scripts take them."""
    assert stack.sandbox_url is not None
    return {
        "TAUTAN_API": stack.api_url,
        "TAUTAN_KEY": open_shop().secret_key,
        "TAUTAN_SANDBOX": stack.sandbox_url,
    }


@pytest.mark.parametrize("script", SCRIPTS)
def test_stripes_sdk_for_node(node: str, shop: Mapping[str, str], script: str) -> None:
    done = run(node, "--test", script, **shop)
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout or "ℹ fail 0" in done.stdout, done.stdout
