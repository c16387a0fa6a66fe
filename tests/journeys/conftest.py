"""A browser for the session's stack, and free ports for another one."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, sync_playwright

from dev.engines import free_port
from dev.merchant import api_client, offer_coffee
from tests.running import environment_for, ops

SCREENSHOTS = Path("dist") / "screenshots"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture
def api(stack: dict[str, Any], stack_folder: Path) -> Iterator[httpx.Client]:
    """The API with a new merchant's key."""
    key = f"sk_test_{uuid4().hex}"
    words = ("merchant", "create", "--name", "Toko Sari", "--wooshpay-key", key)
    made = ops(stack_folder, "--local", "--json", *words)
    assert made.returncode == 0, made.stderr
    with api_client(stack["api_url"], json.loads(made.stdout)["secret_key"]) as client:
        yield client


@pytest.fixture
def link(api: httpx.Client) -> dict[str, Any]:
    return offer_coffee(api)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    assert path is not None, "the browser journeys need Chromium: apt-get install chromium"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        try:
            yield chromium
        finally:
            chromium.close()


@pytest.fixture
def free_ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def environment(free_ports: tuple[int, int]) -> dict[str, str]:
    """The environment of a process that runs a stack on these ports."""
    return environment_for(*free_ports)
