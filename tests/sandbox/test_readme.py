"""The README and the code say the same."""

import json
import re
from pathlib import Path
from threading import Event

import pytest
from werkzeug.routing import Rule

import sandbox
from sandbox.calls import ROUTES
from sandbox.server import create_app
from sandbox.state import State
from sandbox.switches import LARGEST_NUMBER, Switches

README = Path(sandbox.__file__).with_name("README.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]*)`")
VERBS = "GET|POST|DELETE"


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below ``heading``, its head left out."""
    below = README.split(f"\n{heading}\n")[1]
    found = re.search(r"^\|.*?(?=^[^|]|\Z)", below, re.M | re.S)
    assert found
    rows = [line.strip("|").split(" | ") for line in found[0].strip().splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


def calls_in(cell: str) -> list[tuple[str, str]]:
    """The calls that a cell names; ``…`` is its first path, a bare verb takes the next path."""
    found: list[tuple[str, str]] = []
    bare: list[str] = []
    for text in CODE.findall(cell):
        named = re.fullmatch(rf"({VERBS})(?: ([/…]\S*))?(?: \{{.*\}})?", text)
        if named is None:
            continue
        if not named[2]:
            bare.append(named[1])
            continue
        path = named[2].replace("…", found[0][1] if found else "")
        found += [(verb, path) for verb in (*bare, named[1])]
        bare = []
    return found


def spelled(rule: str) -> list[str]:
    """A rule's paths as the README spells them."""
    choices = re.search(r"<any\(([^)]*)\):\w+>", rule)
    if choices:
        return [rule.replace(choices[0], each) for each in choices[1].split(", ")]
    return [re.sub(r"<(\w+:)?\w+>", "{id}", rule)]


def served(rules: list[tuple[str, set[str]]]) -> list[tuple[str, str]]:
    return sorted(
        (verb, re.sub(r"<(\w+:)?\w+>", "{id}", path))
        for rule, verbs in rules
        for path in spelled(rule)
        for verb in verbs - {"HEAD", "OPTIONS"}
    )


def test_every_call_is_in_the_readme_and_nothing_else() -> None:
    rules = [(each.rule, set(each.methods or ())) for each in ROUTES.iter_rules()]

    told = [call for row in table("## What it serves") for call in calls_in(row[0])]

    assert sorted(told) == served(rules)


def is_twin(rule: Rule) -> bool:
    """Whether it is a form's way to a lever; the README tells of those in general."""
    return rule.rule.startswith("/_sandbox/page/") and "POST" in (rule.methods or ())


def test_every_lever_is_in_the_readme_and_nothing_else() -> None:
    rules = [
        (each.rule, set(each.methods or ()))
        for each in create_app(State(), Event()).url_map.iter_rules()
        if each.rule.startswith("/_sandbox/") and not is_twin(each)
    ]

    told = [call for row in table("## Control plane") for call in calls_in(row[0])]

    written = [(verb, path.replace("{pi}", "{id}")) for verb, path in told]
    assert sorted(written) == served(rules)


@pytest.mark.parametrize("name", Switches().values())
def test_a_switch_is_in_the_readme_as_it_is(name: str) -> None:
    [row] = [each for each in table("## Switches") if each[0] == f"`{name}`"]
    about = Switches().described()[name]

    _, default, positions, meaning, source = row
    assert (json.loads(default.strip("`")), meaning, source) == (
        about["default"],
        about["meaning"],
        about["source"],
    )
    if about["choices"]:
        assert [json.loads(each) for each in CODE.findall(positions)] == list(about["choices"])
    elif type(about["default"]) is int:
        assert positions == f"{min(1, about['default'])} to {LARGEST_NUMBER}"


def test_the_readme_has_no_other_switch() -> None:
    assert [row[0].strip("`") for row in table("## Switches")] == list(Switches().values())
