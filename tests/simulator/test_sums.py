"""What several runs left behind becomes one table, and no seed is counted twice."""

import json
from pathlib import Path

import pytest

from simulator.history import Failure, Outcome
from simulator.report import as_json
from simulator.sums import main


def written(path: Path, *runs: tuple[int, int], bad: bool = False) -> str:
    """A file with these runs, each (first seed, histories)."""
    lines = []
    for first, count in runs:
        total = Outcome(histories=count, operations=30 * count, steps=500 * count)
        total.faults["429"], total.hits["X4"], total.goals["external refund"] = count, count, 2
        if bad:
            total.failures.append(Failure(first, 7, "Inv-2 too much", ("  a step",)))
        lines.append(json.dumps(as_json(total, 10.0, first)))
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_runs_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = written(tmp_path / "1.json", (1, 1_000), (1_001, 500))
    two = written(tmp_path / "2.json", (100_001, 500))
    assert main([two, one]) == 0
    told = capsys.readouterr().out
    assert "seeds 1 to 1,500, 100,001 to 100,500\n" in told
    assert "3 runs, 2,000 histories, 60,000 operations, 1,000,000 steps" in told
    words = " ".join(told.split())
    assert "faults 429 2,000" in words
    assert "X4 2,000" in words
    assert "external refund 6" in words
    assert "violations: 0" in told


def test_violations_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([written(tmp_path / "1.json", (5, 10), bad=True)]) == 1
    assert "violations: 1\nseed 5, step 7: Inv-2 too much\n" in capsys.readouterr().out


@pytest.mark.parametrize("first", [1, 10])
def test_no_seed_is_counted_twice(
    first: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [written(tmp_path / "1.json", (1, 10)), written(tmp_path / "2.json", (first, 10))]
    assert main(files) == 2
    assert f"seed {first} is in two runs" in capsys.readouterr().err


def test_what_cannot_be_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.json").write_text("{")
    assert main([str(tmp_path / "broken.json")]) == 2
    assert main([str(tmp_path / "absent.json")]) == 2
    assert main([]) == 2
    assert "FileNotFoundError" in capsys.readouterr().err
