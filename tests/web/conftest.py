"""One sandbox a session, one application and table a module, two merchants in it."""

from collections.abc import Iterator

import pytest

from sandbox.server import Server
from tests.logged import captured
from tests.web.world import Merchant, World, running

__all__ = ["a", "b", "captured", "server", "tidy", "world"]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    started = Server.start(0)
    yield started
    started.stop()


@pytest.fixture(scope="module")
def world(server: Server, request: pytest.FixtureRequest) -> Iterator[World]:
    """Over a table in memory; over moto's where a module says so (`ON_MOTO`)."""
    with running(server, moto=getattr(request.module, "ON_MOTO", False)) as one:
        yield one


@pytest.fixture(scope="module")
def a(world: World) -> Merchant:
    """Merchant A."""
    return world.merchant()


@pytest.fixture(scope="module")
def b(world: World) -> Merchant:
    """Merchant B, of whom A must learn nothing."""
    return world.merchant()


@pytest.fixture(autouse=True)
def tidy(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test makes goes with it; what the fixtures of its module made stays."""
    if "world" not in request.fixturenames:
        yield
        return
    with request.getfixturevalue("world").tidied():
        yield
