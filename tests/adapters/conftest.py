"""A scripted WooshPay."""

from collections.abc import Iterator

import pytest
import respx

from tests.adapters.scripted import BASE


@pytest.fixture
def api() -> Iterator[respx.MockRouter]:
    """WooshPay's API; it answers nothing that a test has not said."""
    with respx.mock(base_url=BASE, assert_all_called=True) as router:
        yield router
