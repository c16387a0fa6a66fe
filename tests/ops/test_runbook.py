"""The runbook's commands exist, with these options; its queries ask for what the log says; and
every entry says all that it has to."""

import re
import shlex

import botocore.session
import pytest
import typer
import yaml
from botocore import xform_name

from chalicelib.domain.event_deliveries import DeliveryStatus
from chalicelib.domain.inbox import EventStatus
from chalicelib.domain.ledger import EntryKind
from chalicelib.domain.refunds import RefundStatus
from chalicelib.emf import OUTCOMES, Metric
from chalicelib.log import Fields
from ops.__main__ import cli
from tests.architecture.source import PACKAGE, ROOT

TEXT = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
PARTS = ("What it means", "What they see", "First look", "What to do", "Over when")
ENTRIES = (
    "Webhook errors", "Refunds in doubt", "Dead letters", "Events undelivered",
    "Sweeper heartbeat", "Provider failures", "Discrepancies", "Function errors and throttles",
    "A secret leak", "A provider outage", "A restore", "A stuck deploy",
    'A customer who says "I paid"',
)  # fmt: skip
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def blocks(kind: str) -> list[str]:
    """The text of each fenced block of this kind."""
    return [text for found, text in BLOCK.findall(TEXT) if found == kind]


def commands(of: str) -> list[list[str]]:
    """The words of each command of this program, those named in a sentence too."""
    inline = re.findall(rf"`({of} [^`\n]+)`", re.sub(BLOCK, "", TEXT))
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    told = [shlex.split(line)[1:] for line in lines if line.startswith(f"{of} ")]
    return told + [shlex.split(each)[1:] for each in inline if "--" in each and "…`" not in each]


COMMAND = typer.main.get_command(cli)


@pytest.mark.parametrize("words", commands("ops"), ids=" ".join)
def test_a_command_is_understood(words: list[str]) -> None:
    command, context, rest = COMMAND, COMMAND.make_context("ops", list(words)), list(words)
    while hasattr(command, "commands"):
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context)


AWS = botocore.session.Session()


@pytest.mark.parametrize("words", commands("aws"), ids=" ".join)
def test_a_call_of_aws_exists(words: list[str]) -> None:
    service, operation, *rest = words
    given = {
        each.removeprefix("--no-").removeprefix("--").replace("-", "_")
        for each in rest
        if each.startswith("--")
    }
    if (service, operation) == ("dynamodb", "wait"):
        waiters = AWS.get_waiter_model("dynamodb").waiter_names
        assert rest[0] in {xform_name(each, "-") for each in waiters}
        return
    model = AWS.get_service_model(service)
    known = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(known[operation]).input_shape
    members = {xform_name(name): name for name in shape.members}
    assert given <= set(members)
    assert {xform_name(name) for name in shape.required_members} <= given


KNOWN = (
    {kind.value for kind in EntryKind}
    | {f"refund.{each.value}" for each in RefundStatus}
    | {f"delivery.{each.value}" for each in DeliveryStatus}
    | {f"webhook.{each.value}" for each in EventStatus}
    | {f"{job}.done" for job in ("sweep", "compare", "audit", "deliver")}
)


def said() -> set[str]:
    """The names of lines, as the source spells them."""
    found: set[str] = set()
    for file in sorted(PACKAGE.rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:log\.line\(\s*|_say\(logging\.\w+, )"([a-z]+\.[a-z]+)"', text))
    return found


def test_the_lines_that_it_names_are_said() -> None:
    asked = {
        name
        for query in blocks("insights")
        for clause in re.findall(r"event (?:= |in \[)([^\]|\n]*)", query)
        for name in re.findall(r'"([^"]+)"', clause)
    }
    told = set(re.findall(r"`([a-z]+\.[a-z]+)`", TEXT)) - {"webhook_endpoint.disabled"}
    assert len(asked) > 5
    assert asked | told <= KNOWN | said()


def test_the_fields_that_it_asks_for_are_listed() -> None:
    words = "filter fields sort stats by and or in like asc desc ispresent count pct sum bin event"
    fields = {*Fields.__annotations__, *Metric, *OUTCOMES.values(), *words.split(), "timestamp"}
    for query in blocks("insights"):
        plain = re.sub(r'"[^"]*"|/[^/]*/|bin\(5m\)', "", query)
        asked = set(re.findall(r"[A-Za-z_]+", plain)) - {"message", "logStream"}
        assert asked <= fields, query


def test_every_entry_says_everything() -> None:
    entries = re.split(r"^## ", TEXT, flags=re.M)[2:]
    assert tuple(each.partition("\n")[0] for each in entries) == ENTRIES
    for entry in entries:
        assert tuple(re.findall(r"^\*\*([^*]+)\.\*\*", entry, re.M)) == PARTS, entry[:40]


def test_every_metric_is_explained() -> None:
    (table,) = re.findall(r"^\| Metric .*?\n\n", TEXT, re.M | re.S)
    assert set(re.findall(r"`([A-Z]\w+)`", table)) - {*OUTCOMES.values(), "Tautan", "Stage"} == {
        *Metric
    }


ALARMS = {
    "webhook-errors": "Webhook errors",
    "refunds-in-doubt": "Refunds in doubt",
    "events-dlq": "Dead letters",
    "refund-dlq": "Dead letters",
    "sweeper-heartbeat": "Sweeper heartbeat",
    "provider-failures": "Provider failures",
    "discrepancies": "Discrepancies",
}


def test_every_alarm_has_its_entry() -> None:
    resources = yaml.safe_load((ROOT / "deploy" / "resources" / "alarms.yaml").read_text())
    names = {
        each["Properties"]["AlarmName"]["Fn::Sub"].removeprefix("tautan-${Stage}-")
        for each in resources["Resources"].values()
        if each["Type"] == "AWS::CloudWatch::Alarm"
    }
    functions = {
        name for name in names if name.endswith(("-function-errors", "-function-throttles"))
    }
    assert names - functions == set(ALARMS)
    entries = {**ALARMS, "…-function-errors": "Function errors and throttles",
               "…-function-throttles": "Function errors and throttles"}  # fmt: skip
    for name, entry in entries.items():
        text = TEXT.partition(f"\n## {entry}\n")[2].partition("\n## ")[0]
        assert f"`tautan-$S-{name}`" in text, f"{entry} does not name its alarm {name}"
