"""What every test stands on: credentials that open nothing, and nothing of the developer's own."""

import os

import pytest
from hypothesis import HealthCheck, settings

from tests.running import stack, stack_folder

__all__ = ["stack", "stack_folder"]

for name in [name for name in os.environ if name.startswith(("AWS_", "TAUTAN_", "WOOSHPAY_"))]:
    del os.environ[name]
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="ap-southeast-3",
    no_proxy="127.0.0.1,localhost",  # a machine's proxy is not asked for loopback
)

# A busy machine is slow to draw its first example, and that says nothing of the code.
settings.register_profile("here", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("here")
# Files and folders by how long they take.
LONG = (
    "tests/contracts/test_engine.py",
    "tests/contracts/test_story_races.py",
    "tests/journeys/test_every_page.py",
    "tests/journeys/",
    "tests/ops/",
    "tests/contracts/",
)


def _place(item: pytest.Item) -> int:
    return next((n for n, begin in enumerate(LONG) if item.nodeid.startswith(begin)), len(LONG))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, so that no worker is alone with one at the end."""
    items.sort(key=_place)
