"""Two actors and every schedule of theirs, as far as there is time for it in a test."""

import pytest

from simulator.exhaustive import enumerate_pair
from simulator.pairs import PAIRS, Pair

SHORT = [pair for pair in PAIRS if "sweep" not in pair.name]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.name)
def test_one_preemption_and_a_death_at_each_position(pair: Pair) -> None:
    found = enumerate_pair(pair, 1)
    assert not found.failures, str(found.failures[0])
    assert found.schedules > 2
    assert found.with_crash >= found.positions > 0


@pytest.mark.parametrize("pair", SHORT, ids=lambda pair: pair.name)
def test_two_preemptions(pair: Pair) -> None:
    found = enumerate_pair(pair, 2, crashes=False)
    assert not found.failures, str(found.failures[0])
    assert found.schedules > enumerate_pair(pair, 0, crashes=False).schedules
