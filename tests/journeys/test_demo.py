"""`make demo`: exit 0 and the story, with real ids and amounts, on both engines."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(120)


def demo(environment: dict[str, str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=90,
    )


@pytest.mark.parametrize("engine", ["moto", "ministack"])
def test_the_demo_tells_the_whole_story(
    engine: str, environment: dict[str, str], tmp_path: Path
) -> None:
    told = demo({**environment, "ENGINE": engine}, tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    steps = [line.split()[0] for line in told.stdout.splitlines()]
    assert " ".join(steps) == (
        "merchant link opened pay wallet approved webhook refund refused ledger ledger ledger adds"
    )
    ulid = r"[0-9A-HJKMNP-TV-Z]{26}"
    assert re.search(rf"pay +cs_{ulid} for Rp75\.000: http://127", told.stdout)
    assert re.search(rf"refund +re_{ulid}: Rp25\.000 is back, Rp50\.000 is not", told.stdout)
    assert "refused    refund_multiple_not_supported: dana allows one partial" in told.stdout
    totals = "Rp75.000 captured = Rp50.000 remaining + Rp0 refund_pending + Rp25.000 refunded"
    assert told.stdout.endswith(f"adds up    {totals}\n")


OWN = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_PROFILE": "work",
    "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "NO_PROXY": "example.com",
}


def test_the_settings_of_a_developers_machine_do_not_lead_away(
    environment: dict[str, str], tmp_path: Path
) -> None:
    told = demo({**environment, **OWN}, tmp_path)
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"ENGINE": "postgres"}, "ENGINE is moto, ministack or an http address, not 'postgres'."),
        (
            {"ENGINE": "http://x:y"},
            "ENGINE is moto, ministack or an http address, not 'http://x:y'.",
        ),
        (
            {"ENGINE": "http://127.0.0.1:9"},
            "ENGINE=http://127.0.0.1:9 gives no table: "
            'Could not connect to the endpoint URL: "http://127.0.0.1:9/"',
        ),
        ({"TAUTAN_MINOR_UNITS": "IDR"}, "TAUTAN_MINOR_UNITS: 'IDR' is not like IDR=0"),
    ],
    ids=["no engine", "no port", "nobody there", "units"],
)
def test_a_bad_setting_is_named_in_one_line(
    bad: dict[str, str], told: str, environment: dict[str, str], tmp_path: Path
) -> None:
    ended = demo({**environment, **bad}, tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (1, "", f"make demo: {told}\n")
