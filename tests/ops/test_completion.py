"""The command under its own name: what a shell completes, and what `bin/ops` runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.__main__ import cli
from tests.architecture.source import ROOT
from tests.running import environment_for


def completed(*words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    asked = {"COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    done = subprocess.run(
        [sys.executable, "-m", "ops"],
        env={**environment_for(0, 0), **asked, "_OPS_COMPLETE": "complete_bash"},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("ops", "pay"), ["payment"]),
        (("ops", "export", ""), ["payments", "refunds", "line-items"]),
        (("ops", "export", "refunds", "--format", ""), ["csv", "jsonl"]),
        (("ops", "payment", "sh"), ["show"]),
    ],
)
def test_a_shell_completes_commands_options_and_choices(
    words: tuple[str, ...], offered: list[str]
) -> None:
    assert completed(*words) == offered


def test_the_script_runs_the_command_of_its_own_folder(tmp_path: Path) -> None:
    for folder in ("bin", ".venv/bin", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "ops", tmp_path / "bin" / "ops")
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text('#!/bin/sh\necho "$PYTHONPATH $*|$PWD"\n')
    python.chmod(0o755)
    link = tmp_path / "elsewhere" / "ops"
    link.symlink_to(tmp_path / "bin" / "ops")
    ran = subprocess.run(
        [link, "--local", "a b"],
        env={"PATH": os.environ["PATH"]},
        cwd=tmp_path / "elsewhere",
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == f"{tmp_path} -m ops --local a b|{tmp_path / 'elsewhere'}\n"


@pytest.mark.parametrize("name", ["payment", "payments", "refund", "refunds", "exports", "links"])
def test_one_or_many(name: str) -> None:
    assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0


@pytest.mark.parametrize("name", ["paymentss", "s", "invoice"])
def test_a_command_that_there_is_not_is_a_usage_error(name: str) -> None:
    assert CliRunner().invoke(cli, [name]).exit_code == 2
