"""What the tests of the simulator share: a scheduler that nobody runs, a provider on its own."""

from collections.abc import Callable

import pytest

from simulator.provider import Provider
from simulator.scheduler import Scheduler
from simulator.shapes import Json
from simulator.switches import Switches

ACCOUNT = "acct_1"
Told = list[tuple[str, Json]]
Make = Callable[..., tuple[Provider, Scheduler, Told]]


@pytest.fixture
def provider_with() -> Make:
    """A provider with these switches, its clock, and what it tells."""

    def make(**switches: object) -> tuple[Provider, Scheduler, Told]:
        scheduler, told = Scheduler(1_800_000_000_000, lambda awake: 0), list[tuple[str, Json]]()
        provider = Provider(
            scheduler,
            Switches(**switches),  # type: ignore[arg-type]
            lambda account, type, shown: told.append((type, shown)),
        )
        return provider, scheduler, told

    return make
