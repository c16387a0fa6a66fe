"""The export as it is typed: what is in the file, when there is one, and what is said."""

import csv
import json
import os
import stat
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.domain.ids import Millis
from chalicelib.usecases.failures import StoreUnavailable
from ops.__main__ import cli
from ops.days import local
from ops.export.columns import LINE_ITEMS, PAYMENTS, REFUNDS
from ops.export.texts import BOM
from tests.fakes.counting import Meter
from tests.running import ops
from tests.web.samples import session_of
from tests.web.world import Merchant, World

ON_MOTO = True

Sold = tuple[dict[str, Any], dict[str, Any]]
OWNERS_ONLY = stat.S_IRUSR | stat.S_IWUSR


def run(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return done


def today(world: World) -> str:
    """Jakarta's day."""
    return f"{local(world.app.clock()):%Y-%m-%d}"


def yesterday(world: World) -> str:
    """The one before, for a test that runs at midnight."""
    return f"{local(Millis(world.app.clock())) - timedelta(days=1):%Y-%m-%d}"


def days(world: World) -> tuple[str, ...]:
    return ("--from", yesterday(world), "--to", today(world))


def as_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text, newline="")))


@pytest.fixture
def sold(world: World, a: Merchant) -> tuple[dict[str, Any], dict[str, Any]]:
    """A payment that is paid, one of Rp5.000 of two lines that is not, and a partial refund."""
    paid = world.paid(a)
    wanted = {"checkout_session": paid["id"], "amount": 5_000, "metadata": {"case": "=1"}}
    a.api.post("/v1/refunds", wanted, "export").ok()
    data = {"currency": "IDR", "unit_amount": 2_500, "product_data": {"name": "+Kopi"}}
    lines = [{"price_data": data, "quantity": 1}, {"price_data": data, "quantity": 1}]
    told = {"client_reference_id": "ORDER-2", "metadata": {"size": "XL", "note": "-5"}}
    unpaid = a.api.post("/v1/checkout/sessions", {**session_of(), "line_items": lines, **told}).ok()
    return paid, unpaid


def test_a_days_payments_as_csv_on_standard_output(world: World, a: Merchant, sold: Sold) -> None:
    paid, unpaid = sold
    with world.untouched(), Meter(world.dynamodb) as meter:
        done = run("export", "payments", *days(world), "--merchant", a.id)
    assert meter.calls == {"GetItem": 1, "Query": 1}  # whether there is such a merchant
    text = done.stdout_bytes.decode()
    assert text.split("\r\n")[0] == ",".join(PAYMENTS)
    first, second = as_csv(text)
    assert (first["checkout_session"], second["checkout_session"]) == (paid["id"], unpaid["id"])
    assert (first["payment_status"], first["refund_status"]) == ("paid", "partial")
    assert (first["amount_total"], first["amount_refunded"]) == ("20000", "5000")
    assert (first["settlement_currency"], first["fee"]) == ("USD", "")
    assert first["psp_payment_intent"] == paid["psp"]["payment_intent"]
    assert first["created"].startswith(("20", "21"))
    assert first["created"].endswith("+07:00")
    assert (second["payment_status"], second["paid_at"]) == ("unpaid", "")
    assert json.loads(second["metadata"]) == {"size": "XL", "note": "-5"}
    assert second["client_reference_id"] == "ORDER-2"
    assert done.stderr == f"2 payments, {yesterday(world)} to {today(world)}\n"


def test_refunds_and_line_items_as_json_lines(world: World, a: Merchant, sold: Sold) -> None:
    paid, unpaid = sold
    words = ("--format", "jsonl", "--merchant", a.id)
    (refund,) = map(json.loads, run("export", "refunds", *days(world), *words).stdout.splitlines())
    assert list(refund) == list(REFUNDS)
    assert (refund["checkout_session"], refund["status"]) == (paid["id"], "succeeded")
    assert (refund["amount"], refund["settlement_currency"]) == (5_000, "USD")
    assert refund["metadata"] == {"case": "=1"}
    text = run("export", "line-items", *days(world), *words).stdout
    lines = [json.loads(line) for line in text.splitlines()]
    assert [list(line) for line in lines] == [list(LINE_ITEMS)] * 3
    assert [(line["checkout_session"], line["line"], line["product_name"]) for line in lines] == [
        (paid["id"], 1, "Kopi"),
        (unpaid["id"], 1, "+Kopi"),
        (unpaid["id"], 2, "+Kopi"),
    ]


def test_a_file_is_there_when_it_is_whole_and_its_owner_reads_it(
    world: World, a: Merchant, sold: object, tmp_path: Path
) -> None:
    out = tmp_path / "sold.csv"
    out.write_text("what was there before")
    out.chmod(0o644)
    more = ("--column", "metadata.size", "--column", "metadata.note", "--bom")
    words = ("export", "line-items", *days(world), "--merchant", a.id, "--out", str(out), *more)
    done = run("--json", *words)
    assert json.loads(done.stdout) == {
        "export": "line-items",
        "rows": 3,
        "from": yesterday(world),
        "to": today(world),
        "format": "csv",
        "out": str(out),
    }
    assert done.stderr == ""
    text = out.read_bytes().decode("utf-8")
    assert text.startswith(BOM)
    rows = as_csv(text.removeprefix(BOM))
    assert [(row["metadata.size"], row["metadata.note"]) for row in rows] == [
        ("", ""),
        ("XL", "'-5"),
        ("XL", "'-5"),
    ]
    assert [row["product_name"] for row in rows] == ["Kopi", "'+Kopi", "'+Kopi"]
    assert stat.S_IMODE(out.stat().st_mode) == OWNERS_ONLY
    assert os.listdir(tmp_path) == ["sold.csv"]
    assert run(*words).stdout == f"3 line-items, {yesterday(world)} to {today(world)} in {out}\n"


def test_a_link_to_a_file_stays_a_link(world: World, a: Merchant, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.csv"
    link.symlink_to(tmp_path / "real" / "books.csv")
    run("export", "refunds", *days(world), "--merchant", a.id, "--out", str(link))
    assert link.is_symlink()
    assert link.read_bytes().decode() == ",".join(REFUNDS) + "\r\n"
    assert os.listdir(tmp_path / "real") == ["books.csv"]


def test_an_export_that_fails_leaves_what_was_there(
    world: World, a: Merchant, sold: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "books.jsonl"
    out.write_text("last month's")

    def gone(*_: object) -> None:
        raise StoreUnavailable("ThrottlingException after 5 tries")

    monkeypatch.setattr(type(world.app.store), "payments_by_id", gone)
    words = ("--format", "jsonl", "--out", str(out))
    done = CliRunner().invoke(cli, ["export", "refunds", *days(world), *words])
    assert isinstance(done.exception, StoreUnavailable)
    assert (done.stdout, out.read_text()) == ("", "last month's")
    assert os.listdir(tmp_path) == ["books.jsonl"]


def test_every_merchant_and_one_mode(world: World, a: Merchant, b: Merchant, sold: object) -> None:
    theirs = world.unpaid(b)["id"]
    text = run("export", "payments", "--from", yesterday(world), "--to", today(world)).stdout
    rows = as_csv(text)
    assert {row["merchant"] for row in rows} >= {a.id, b.id}
    assert theirs in {row["checkout_session"] for row in rows}
    assert as_csv(run("export", "payments", *days(world), "--live").stdout) == []
    whose = ("--merchant", b.id)
    (row,) = as_csv(run("export", "payments", *days(world), *whose).stdout)
    assert (row["merchant"], row["livemode"]) == (b.id, "false")


def test_without_an_end_it_is_one_day(world: World, a: Merchant) -> None:
    done = run("--json", "export", "payments", "--from", "2026-01-31", "--merchant", a.id)
    assert done.stdout_bytes.decode() == ",".join(PAYMENTS) + "\r\n"
    told = json.loads(done.stderr)
    assert (told["rows"], told["from"], told["to"]) == (0, "2026-01-31", "2026-01-31")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "--from"),
        (("--from", "soon"), "2026-11-25"),
        (("--from", "2026-11-25", "--to", "2026-11-24"), "--to is before --from"),
        (("--from", "2026-11-25", "--format", "xlsx"), "xlsx"),
        (("--from", "2026-11-25", "--format", "jsonl", "--bom"), "are for CSV"),
        (("--from", "2026-11-25", "--format", "jsonl", "--column", "utm.source"), "are for CSV"),
        (("--from", "2026-11-25", "--column", "metadata"), "metadata is none of"),
        (("--from", "2026-11-25", "--column", "metadata."), "metadata. is none of"),
        (("--from", "2026-11-25", "--column", "amount.x"), "amount.x is none of"),
        (("--from", "2026-11-25", "--column", "product_metadata.x"), "is none of"),
        (("--from", "2026-11-25", "--out", "/dev/null"), "/dev/null is no file"),
        (("--from", "2026-11-25", "--out", "/"), "/ is no file"),
        (("--from", "2026-11-25", "--out", "/nowhere/x.csv"), "/nowhere is no folder"),
    ],
)
def test_what_makes_no_sense_is_a_usage_error(words: tuple[str, ...], why: str) -> None:
    done = run("export", "payments", *words, code=2)
    assert done.stdout == ""
    assert why in " ".join(done.stderr.replace("│", " ").split())


def test_a_terminal_sees_how_far_it_has_come(
    world: World, a: Merchant, sold: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.progress.TOLD_EVERY", 1)
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    done = run("export", "line-items", *days(world), "--merchant", a.id)
    assert f"3 line-items, {today(world)}" in done.stderr
    assert [row["line"] for row in as_csv(done.stdout)] == ["1", "1", "2"]


def test_as_it_is_typed_against_a_stack(stack_folder: Path, stack: dict[str, Any]) -> None:
    words = ("--local", "export", "payments", "--from", "2026-01-01", "--merchant")
    done = ops(stack_folder, *words, stack["merchant"])
    assert (done.returncode, done.stdout) == (0, ",".join(PAYMENTS) + "\n")  # text mode: no CR
    assert done.stderr == "0 payments, 2026-01-01 to 2026-01-01\n"
    refused = ops(stack_folder, *words, "acct_nobody", "--out", "books.csv")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "ops: No such merchant: 'acct_nobody'\n"
    assert not (stack_folder / "books.csv").exists()
