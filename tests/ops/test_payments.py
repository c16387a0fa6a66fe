"""`payment` and `refund`: lists, and all that is known of one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import payment_id
from chalicelib.domain.ledger import Totals
from ops.__main__ import cli
from ops.days import instant, local
from ops.export.columns import PAYMENTS, REFUNDS
from ops.printing import print_table, shown
from tests.fakes.counting import Meter
from tests.web.world import Merchant, World

ON_MOTO = True

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pipe reads it."""
    monkeypatch.setenv("NO_COLOR", "1")


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return done


def told(*words: str) -> Any:
    return json.loads(run("--json", *words).stdout)


@pytest.fixture
def sold(world: World, a: Merchant) -> tuple[Json, Json]:
    """A paid payment, and its refund of Rp5.000."""
    paid = world.paid(a)
    wanted = {"checkout_session": paid["id"], "amount": 5_000, "reason": "duplicate"}
    return paid, a.api.post("/v1/refunds", wanted, "show").ok()


def test_payments_are_listed_the_newest_first(
    world: World, a: Merchant, sold: tuple[Json, Json]
) -> None:
    paid, _ = sold
    unpaid = world.unpaid(a, 7_000)
    with world.untouched(), Meter(world.dynamodb) as meter:
        rows = told("payments", "list", "--merchant", a.id)
    assert meter.calls == {"GetItem": 1, "Query": 1}
    assert [row["checkout_session"] for row in rows] == [unpaid["id"], paid["id"]]
    assert [list(row) for row in rows] == [list(PAYMENTS)] * 2
    assert told("payment", "list", "--merchant", a.id, "--limit", "1") == rows[:1]
    assert told("payment", "list", "--merchant", a.id, "--live") == []
    assert told("payment", "list", "--merchant", a.id, "--day", "2020-01-01") == []
    today = f"{local(world.app.clock()):%Y-%m-%d}"
    assert told("payment", "list", "--day", today)[:1] == rows[:1]


def test_for_a_person_payments_are_a_table(
    world: World, a: Merchant, sold: tuple[Json, Json]
) -> None:
    paid, _ = sold
    head, line = run("payment", "list", "--merchant", a.id).stdout.splitlines()
    assert head.split() == [
        "payment", "began", "amount", "status", "method", "refunded", "review", "link",
    ]  # fmt: skip
    began = str(instant(paid["created"]))[:19]
    assert line.split() == [paid["id"], began, "Rp20.000", "paid", "dana", "partial", "-", "-"]
    assert head.index("began") == line.index(began)
    assert run("payment", "list", "--merchant", a.id, "--live").stdout == ""


def test_a_payment_is_shown_with_its_refunds_and_its_ledger(
    world: World, a: Merchant, sold: tuple[Json, Json]
) -> None:
    paid, refund = sold
    with world.untouched():
        shown = told("payment", "show", paid["id"], "--merchant", a.id)
    assert set(shown) == {"payment", "refunds", "ledger", "agrees"}
    assert shown["agrees"] is True
    assert list(shown["payment"]) == list(PAYMENTS)
    assert shown["payment"]["psp_session"] == paid["psp"]["session"]
    (row,) = shown["refunds"]
    assert (row["refund"], row["amount"], row["state"]) == (refund["id"], 5_000, "posted")
    kinds = [entry["kind"] for entry in shown["ledger"]]
    assert kinds == ["payment.captured", "refund.reserved", "refund.posted"]
    assert told("payment", "show", paid["payment_intent"], "--merchant", a.id) == shown
    lines = run("payment", "show", paid["id"], "--merchant", a.id).stdout.splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[:-5])
    assert facts["checkout_session"] == paid["id"]
    assert facts["psp_payment_intent"] == paid["psp"]["payment_intent"]
    assert "fee" not in facts
    assert lines[-4].split()[0] == refund["id"]
    assert lines[-1].startswith("3  refund.posted")


def test_a_ledger_that_does_not_add_up_is_said(
    world: World, a: Merchant, sold: tuple[Json, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, _ = sold
    id = payment_id(paid["id"])
    assert id is not None
    stored = world.app.store.payment(a.tenant, id)
    assert stored is not None
    other = replace(stored, totals=Totals(20_000, 20_000))
    monkeypatch.setattr(type(world.app.store), "payment", lambda *_: other)
    done = run("--json", "payment", "show", paid["id"], "--merchant", a.id, code=1)
    assert json.loads(done.stdout)["agrees"] is False


def test_refunds_are_listed_and_shown(world: World, a: Merchant, sold: tuple[Json, Json]) -> None:
    paid, refund = sold
    with world.untouched():
        (row,) = told("refund", "list", "--merchant", a.id)
        shown = told("refunds", "show", refund["id"], "--merchant", a.id)
    assert list(row) == list(REFUNDS)
    assert (row["refund"], row["status"], row["reason"]) == (refund["id"], "succeeded", "duplicate")
    assert (row["paid_at"], shown["refund"]["paid_at"]) == (None, instant(paid["paid_at"]))
    assert {**shown["refund"], **{name: row[name] for name in row if row[name] is None}} == row
    assert [entry["kind"] for entry in shown["ledger"]] == ["refund.reserved", "refund.posted"]
    head, line = run("refund", "list", "--merchant", a.id).stdout.splitlines()
    assert head.split()[:4] == ["refund", "payment", "began", "amount"]
    assert line.split()[:2] == [refund["id"], paid["id"]]
    lines = run("refund", "show", refund["id"], "--merchant", a.id).stdout.splitlines()
    assert f"refund               {refund['id']}" in lines
    assert lines[-1].startswith("3  refund.posted")


@pytest.mark.parametrize(
    "words",
    [
        ("payment", "show", "cs_none"),
        ("payment", "show", "cs_01JM1NT0000000000000000001"),
        ("refund", "show", "re_none"),
        ("payment", "list", "--merchant", "acct_none"),
    ],
)
def test_what_is_not_there(world: World, a: Merchant, words: tuple[str, ...]) -> None:
    whose = () if "--merchant" in words else ("--merchant", a.id)
    done = CliRunner().invoke(cli, [*words, *whose])
    assert isinstance(done.exception, ResourceMissing)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        ({}, "-"),
        (True, "yes"),
        (False, "no"),
        (5, "5"),
        ("[red]Kopi[/red]", "[red]Kopi[/red]"),
        ("a\x1b[2J\nb", "a\\x1b[2J\\nb"),
        ({"é": "\u202e"}, '{"é": "\\u202e"}'),
    ],
)
def test_no_text_moves_the_cursor_of_a_terminal(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_table_shows_texts_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"name": "[red]x", "pieces": 5}, {"name": "y" * 300, "pieces": 12}])
    head, first, second = capsys.readouterr().out.splitlines()
    assert (head.split(), first.split()) == (["name", "pieces"], ["[red]x", "5"])
    assert second == f"{'y' * 300}      12"
    print_table([])
    assert capsys.readouterr().out == ""


def test_a_settled_refund_says_how_it_stands(world: World, a: Merchant) -> None:
    paid = world.paid(a)
    fault = {"kind": "error_before", "method": "POST", "path_prefix": "/v1/refunds"}
    world.control("/faults", **fault, status=500)
    wanted = {"checkout_session": paid["id"], "amount": 1_000}
    refund = a.api.post("/v1/refunds", wanted, "settle").json
    assert refund["status"] == "pending"
    (before,) = told("refund", "list", "--merchant", a.id)
    assert before["state"] == "unknown"
    settled = told("refund", "settle", refund["id"], "--merchant", a.id, "--never")
    assert settled == {"refund": refund["id"], "state": "voided"}
    (after,) = told("refund", "list", "--merchant", a.id)
    assert (after["state"], after["status"]) == ("voided", "failed")


def test_a_terminal_sees_how_far_an_audit_has_come(
    world: World, a: Merchant, sold: tuple[Json, Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("audit", "--merchant", a.id).stderr == ""
    monkeypatch.setattr("ops.progress.TOLD_EVERY", 1)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    done = run("audit", "--merchant", a.id)
    assert done.stdout == "1 payments audited, 0 do not agree\n"
    assert f"1 payments audited, {str(instant(sold[0]['created']))[:10]}" in done.stderr
