"""`make demo`: exit 0 and the story, with real ids and amounts, on both engines."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_the_demo_tells_the_whole_story(
    engine: str, environment: dict[str, str], tmp_path: Path
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        env={**environment, "ENGINE": engine},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert (told.returncode, told.stderr) == (0, "")
    steps = [line.split()[0] for line in told.stdout.splitlines()]
    assert " ".join(steps) == (
        "merchant link opened pay wallet approved webhook refund refused ledger ledger ledger adds"
    )
    ulid = r"[0-9A-HJKMNP-TV-Z]{26}"
    assert re.search(rf"pay +cs_{ulid} for Rp75\.000: http://127", told.stdout)
    assert re.search(rf"refund +re_{ulid}: Rp25\.000 is back, Rp50\.000 is not", told.stdout)
    assert "refused    refund_multiple_not_supported: dana allows one partial" in told.stdout
    assert "adds up    captured 75000, remaining 50000, refund_pending 0" in told.stdout


def test_an_unknown_engine_is_named(environment: dict[str, str], tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        env={**environment, "ENGINE": "postgres"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        "make demo: ENGINE is moto, ministack or an http address, not 'postgres'.\n"
    )
