"""The guides do what they say: each fenced block of docs/ is run, in order, on a running stack.

What a guide may hold:

- ```sh: run in the guide's own bash, so that variables stay. Addresses and ports are replaced by
  the stack's. ```sh again: until it shows what stands below, for ten seconds at most (what comes
  by webhook takes a moment).
- ```json or ```text below it: all that it printed. `…` is anything; white space is white space.
- ```python or ```js: a program, kept under the name that its first line says.
- <!-- shopper: pays $LINK -->, which readers do not see: a person opens it in a browser, and pays.

`make run` is the stack that is there already. A sample in the README is read, not run.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chalicelib.domain.capabilities import CAPABILITIES, Capability, RefundRules
from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import RefundRefused
from chalicelib.domain.events import EventType
from chalicelib.web.errors import STATUS
from dev.engines import free_port
from dev.shopper import Shopper
from tests.running import ROOT, environment_for, running

pytestmark = pytest.mark.timeout(120)
DOCS = ROOT / "docs"
GUIDES = ("quick-start", "webhooks", "refunds", "reconcile")
PIECE = re.compile(
    r"^```(?P<kind>\w+)(?P<how>[^\n]*)\n(?P<text>.*?)^```$"
    r"|^<!-- shopper: pays \$(?P<pays>\w+) -->$",
    re.M | re.S,
)
NAMED = re.compile(r"\A(?:#|//) (\w+\.\w+)\n")
OVER = "-- over --"
AGAIN_S = 10


@dataclass(frozen=True, slots=True)
class Piece:
    """One block, or one thing that a person does; `shows` is what stands below it."""

    kind: str
    how: str
    text: str
    shows: str | None = None


def pieces(name: str) -> list[Piece]:
    """What a guide holds, in order."""
    found: list[Piece] = []
    for each in PIECE.finditer((DOCS / f"{name}.md").read_text(encoding="utf-8")):
        if each["pays"]:
            found.append(Piece("shopper", "", each["pays"]))
        elif each["kind"] in ("json", "text"):
            assert found, f"{name} shows what nothing printed"
            assert (found[-1].kind, found[-1].shows) == ("sh", None), each["text"]
            found[-1] = Piece("sh", found[-1].how, found[-1].text, each["text"])
        else:
            found.append(Piece(each["kind"], each["how"].strip(), each["text"]))
    return found


def agrees(shows: str, printed: str) -> bool:
    """Whether that is what was printed."""
    parts = (r"\s*".join(map(re.escape, part.split())) for part in shows.split("…"))
    whole = r"\s*.*?\s*".join(parts)
    return re.fullmatch(rf"\s*{whole}\s*", printed, re.S) is not None


class Shell:
    """A bash that a guide types into; a command that fails ends it."""

    def __init__(self, folder: Path) -> None:
        environment = {**environment_for(0, 0), "no_proxy": "127.0.0.1", "PYTHONUNBUFFERED": "1"}
        self._folder = folder
        self._bash = subprocess.Popen(
            ["bash", "-eu", "-o", "pipefail"],
            env={name: text for name, text in environment.items() if "PORT" not in name},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def printed(self, text: str) -> str:
        """What the block prints."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        (self._folder / "block.sh").write_text(text, encoding="utf-8")
        self._bash.stdin.write(f"source ./block.sh < /dev/null\necho; echo '{OVER}'\n")
        self._bash.stdin.flush()
        lines: list[str] = []
        for line in self._bash.stdout:
            if line == f"{OVER}\n":
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"it failed:\n{text}\n{''.join(lines)}")

    def close(self) -> None:
        """End it, and what it started."""
        os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The folder of a stack, as a clone is one, and the stack's facts."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(sys.prefix)
    with running(environment_for(free_port(), free_port()), folder) as (_, stack):
        yield folder, stack


def addressed(stack: dict[str, Any], hook: int, text: str) -> str:
    """With the stack's addresses, and a port of the shop's that is free."""
    ours = {
        "http://127.0.0.1:8000": stack["api_url"],
        "http://127.0.0.1:8001": stack["sandbox_url"],
    }
    for told, real in ours.items():
        text = text.replace(told, real)
    return re.sub(r"\b3000\b", str(hook), text)


def pay(url: str) -> None:
    """A person pays by DANA."""
    shopper = Shopper()
    try:
        shopper.open(url)
        shopper.press("pay")
        shopper.press("pay-dana")
        page = shopper.press("approve", phone="081234567890", pin="123456")
        assert "/s/" in str(page.url)
    finally:
        shopper.close()


def run(shell: Shell, block: str, shows: str | None, again: bool) -> None:
    """Run a block, which has to print what it shows."""
    until = time.monotonic() + AGAIN_S
    while True:
        printed = shell.printed(block)
        if shows is None or agrees(shows, printed):
            return
        if not again or time.monotonic() > until:
            raise AssertionError(f"{block}\nprints\n{printed}\nand not\n{shows}")
        time.sleep(0.1)


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_does_what_it_says(name: str, place: tuple[Path, dict[str, Any]]) -> None:
    folder, stack = place
    node, hook, shell = shutil.which("node"), free_port(), Shell(folder)
    try:
        for piece in pieces(name):
            text = addressed(stack, hook, piece.text)
            shows = None if piece.shows is None else addressed(stack, hook, piece.shows)
            if piece.kind == "shopper":
                pay(shell.printed(f'echo "${text}"').strip())
            elif piece.kind in ("python", "js"):
                file = NAMED.match(text)
                assert file, f"a program's first line is its name: {text[:60]}"
                (folder / file[1]).write_text(text, encoding="utf-8")
            elif piece.kind != "sh":
                raise AssertionError(f"nobody knows how to run {piece.kind}")
            elif text.strip() != "make run" and (node or "node" not in piece.how.split()):
                run(shell, text, shows, again="again" in piece.how.split())
    finally:
        shell.close()


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_has_samples_of_known_kinds_only(name: str) -> None:
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    found = pieces(name)
    shown = sum(piece.shows is not None for piece in found)
    people = sum(piece.kind == "shopper" for piece in found)
    assert len(re.findall(r"^ *```", text, re.M)) == 2 * (len(found) + shown - people)
    assert {word for piece in found for word in piece.how.split()} <= {"again", "node"}
    commands = " ".join(piece.text for piece in found if piece.kind == "sh")
    for piece in found:
        if piece.kind in ("python", "js"):
            file = NAMED.match(piece.text)
            assert file
            assert Path(file[1]).stem in commands, f"{file[1]} is never run"


def test_what_is_shown_is_compared() -> None:
    assert agrees('{"a": 1, …\n  "b": "cs_…"}', '{"a": 1, "c": [2], "b": "cs_12"}\n')
    assert agrees("200\n", "200\n")
    assert not agrees('{"a": 1, …}', '{"a": 2, "b": 3}')
    assert not agrees("200", "200 x")


def table(name: str, head: str) -> list[list[str]]:
    """The cells of the table with this first cell in its head."""
    text = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    found = re.search(rf"^\| {re.escape(head)} \|.*\n\|[-|]+\n((?:\|.*\n)+)", text, re.M)
    assert found, f"{name} has no table of {head}"
    rows = [line.strip("|").split("|") for line in found[1].splitlines()]
    return [[cell.strip() for cell in row] for row in rows]


def test_every_event_is_told_of() -> None:
    rows = table("webhooks", "Event")
    assert [row[0] for row in rows] == [f"`{each}`" for each in EventType]
    assert all(all(row) for row in rows)


def test_every_discrepancy_is_told_of() -> None:
    rows = table("reconcile", "Kind")
    assert [row[0] for row in rows] == [f"`{each}`" for each in DiscrepancyKind]
    assert all(all(row) for row in rows)


def test_every_refusal_of_a_refund_is_told_of() -> None:
    rows = table("refunds", "Code")
    kinds = {f"`{each.code}`": str(STATUS[each]) for each in RefundRefused.__subclasses__()}
    told = {row[0]: row[1] for row in rows}
    assert {code: told.get(code) for code in kinds} == kinds


def rules(row: Capability) -> list[str]:
    """A row of the table of rules, as the code has them."""
    words = {True: "yes", False: "no", None: "not told"}
    refunds = row.refunds
    marks = [words[each] for each in (refunds.refund, refunds.partial, refunds.multiple_partial)]
    days = f"{refunds.window_days} days" if refunds.window_days else "not told"
    return [f"`{row.method}`", ", ".join(row.currencies), *marks, days, row.source]


def test_the_rules_by_method_are_the_codes() -> None:
    known = [row for row in CAPABILITIES.values() if row.currencies]
    wanted = [rules(row) for row in known]
    assert table("refunds", "Method") == wanted, "\n".join(
        f"| {' | '.join(row)} |" for row in wanted
    )
    silent = [row for row in CAPABILITIES.values() if not row.currencies]
    assert {row.refunds for row in silent} == {RefundRules()}
    text = (DOCS / "refunds.md").read_text(encoding="utf-8")
    (named,) = re.findall(r"^Nothing can be sold by these yet[^:]*: ([^.]*)\.$", text, re.M)
    assert re.findall(r"`([^`]+)`", named) == [row.method for row in silent]


PAGES = sorted([ROOT / "README.md", ROOT / "sandbox" / "README.md", *DOCS.rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    heads = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_names_every_page() -> None:
    named = set(LINK.findall((DOCS / "README.md").read_text(encoding="utf-8")))
    assert {each.name for each in DOCS.glob("*.md")} - {"README.md"} <= named
