"""`link opens` over the log of requests, and over what else stands in a log."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.__main__ import cli


def line(method: str, link: str | None, status: int = 200, **noted: Any) -> str:
    """A line as `chalicelib.log` writes it."""
    told = {"event": "request.answered", "request_id": "req_1", "route": f"{method} /l/{{slug}}"}
    about = {} if link is None else {"payment_link": link}
    return json.dumps({**told, "status": status, "duration_ms": 1.5, **about, **noted})


def bot(family: str) -> dict[str, str]:
    return {"visitor": "bot", "preview_of": family}


PERSON = {"visitor": "person"}
LOG = "\n".join(
    (
        "START RequestId: 8f1 Version: $LATEST",
        line("GET", "plink_1", **bot("whatsapp")),
        "2026-11-24T03:15:00Z 2026/11/24/[$LATEST]ab " + line("GET", "plink_1", **bot("whatsapp")),
        line("HEAD", "plink_1", **bot("slack")),
        line("GET", "plink_1", **PERSON),
        line("GET", "plink_2", 410, **PERSON),
        line("GET", "plink_1", visitor="prefetch"),
        line("POST", "plink_1", outcome="asked_once_more", **PERSON),
        line("POST", "plink_1", 303, session="cs_1", **PERSON),
        line("POST", "plink_2", 410, **PERSON),
        line("GET", None, 404, error="resource_missing", **PERSON),
        '{"event": "request.answered", "route": "GET /s/{token}", "status": 200}',
        '{"route": "GET /l/{slug}", "payment_link": 5, "visitor": "person"}',
        '{"route": "GET /l/{slug}", "payment_link": "plink_1", "visitor": "per',
        '[{"route": "GET /l/{slug}"}]',
        '{"route": "GET /l/{slug}", "x": ' + "[" * 100_000,
        "\ufffd\x00 é /l/{slug}",
        "",
    )
)
COUNTED = {
    "plink_1": {
        "people": 1,
        "bots": {"whatsapp": 2, "slack": 1},
        "prefetched": 1,
        "taps": 1,
        "asked_once_more": 1,
    },
    "plink_2": {"people": 1, "bots": {}, "prefetched": 0, "taps": 0, "asked_once_more": 0},
}


def run(*words: str, given: str | None = None) -> str:
    done = CliRunner().invoke(cli, words, input=given)
    assert done.exit_code == 0, done.output
    return str(done.output)


def test_people_bots_and_taps_are_counted_by_link() -> None:
    assert json.loads(run("--json", "link", "opens", given=LOG)) == COUNTED


def test_a_file_is_read_too_whatever_bytes_are_in_it(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_bytes(b"\xff\xfe\n" + LOG.encode())
    assert json.loads(run("--json", "link", "opens", str(file))) == COUNTED


def test_for_a_person_it_is_a_line_a_link() -> None:
    assert run("link", "opens", given=LOG).splitlines() == [
        "plink_1  people 1, taps 1, asked once more 1, prefetched 1, bots: whatsapp 2, slack 1",
        "plink_2  people 1, taps 0, asked once more 0, prefetched 0, bots: none",
    ]


@pytest.mark.parametrize("log", ["", "nothing of ours\n"])
def test_a_log_of_nothing_counts_nothing(log: str) -> None:
    assert json.loads(run("--json", "link", "opens", given=log)) == {}


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["link", "opens", str(tmp_path / "none")])
    assert done.exit_code == 2
