"""A share of what `make simulate` runs: histories without a violation, told the same each time."""

import os
import subprocess
import sys

import pytest

from simulator.__main__ import main, run
from simulator.baseline import broken_after
from simulator.history import history, shrunk
from simulator.killing import hunt
from simulator.mutants import MUTANTS
from simulator.report import goals_of

DIGEST = "from simulator.__main__ import run; print(run(1, 12, 1)[0].digest)"
SAMPLE = [
    mutant
    for mutant in MUTANTS
    if mutant.name
    in {
        "claim_unguarded",
        "dedupe_before_effect",
        "doubt_forgotten",
        "events_left",
        "external_ignored",
        "new_provider_key",
        "release_on_timeout",
        "reserve_unguarded",
        "stock_not_returned",
        "stock_unguarded",
        "tenant_prefix_dropped",
        "unconditional_finish",
        "zombie_unfenced",
    }
]
SHARES, SHARE = 16, 125  # short enough for a machine that has other things to do
RARE = {  # in so few histories
    *("surplus payment", "late payment", "zombie fenced", "REVERSED"),
    *("VOIDED to POSTED", "UNKNOWN to VOIDED", "UNKNOWN to POSTED"),
}


def test_the_same_seed_tells_the_same_history_whatever_the_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.getcwd()},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {f"{run(1, 12, 1)[0].digest}\n"}


@pytest.mark.parametrize("first", range(1, 1 + SHARES * SHARE, SHARE))
def test_histories_without_a_violation(first: int) -> None:
    total, _ = run(first, SHARE, 1)
    assert not total.failures, str(total.failures[0])
    goals = goals_of(total)
    assert [name for name, count in goals.items() if not count and name not in RARE] == []


@pytest.mark.parametrize("mutant", SAMPLE, ids=lambda mutant: mutant.name)
def test_mutants_are_seen(mutant) -> None:  # type: ignore[no-untyped-def]
    assert hunt(mutant, 400).seed is not None, mutant.what


def test_there_are_forty_mutants_and_each_has_a_name_of_its_own() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= 40


def test_the_naive_refund_loses_money() -> None:
    broken = broken_after(100)
    assert broken is not None
    assert "Inv-2" in broken.what


def test_a_failing_history_shrinks() -> None:
    mutant = next(each for each in MUTANTS if each.name == "amount_omitted")
    with mutant.change():
        left = shrunk(1)
        assert history(1, left).failures
    assert len(left) < 10


def test_the_prompt_says_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--histories", "5", "--jobs", "1", "--json"]) == 0
    assert '"histories": 5' in capsys.readouterr().out
