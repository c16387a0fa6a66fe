"""The operator's command against a running stack, as its user types it."""

import json
import os
import re
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.merchant import api_client, offer_coffee, posted
from dev.shopper import Shopper
from tests.running import ops

SECRET = "whsec_" + "0123456789abcdef" * 2


@pytest.fixture
def folder(stack_folder: Path) -> Path:
    return stack_folder


def elsewhere(folder: Path, stack: Any) -> None:
    """A folder with this as its stack's file."""
    (folder / ".local").mkdir()
    (folder / ".local" / "stack.json").write_text(json.dumps(stack))


def created(folder: Path, *words: str) -> dict[str, Any]:
    done = ops(folder, "--local", "--json", "merchant", "create", "--name", "Toko Budi", *words)
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_merchant_is_created_with_a_key_that_opens_the_api(folder: Path) -> None:
    made = created(folder, "--wooshpay-key", "sk_test_budi12345678", "--webhook-secret", SECRET)
    stack = json.loads((folder / ".local" / "stack.json").read_text())
    assert set(made) == {"merchant", "secret_key", "webhook_url"}
    assert made["webhook_url"] == f"{stack['api_url']}/webhooks/wooshpay/{made['merchant']}"
    answer = httpx.get(
        f"{stack['api_url']}/v1/products", auth=(made["secret_key"], ""), trust_env=False
    )
    assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_without_a_secret_the_endpoint_is_registered_at_wooshpay(folder: Path) -> None:
    made = created(folder, "--wooshpay-key", "sk_test_sari12345678")
    stack = json.loads((folder / ".local" / "stack.json").read_text())
    endpoints = httpx.get(
        f"{stack['sandbox_url']}/v1/webhook_endpoints",
        auth=("sk_test_sari12345678", ""),
        trust_env=False,
    ).json()["data"]
    assert [endpoint["url"] for endpoint in endpoints] == [made["webhook_url"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--wooshpay-key", "hello"), "A WooshPay secret key begins with sk_test_ or sk_live_."),
        (
            ("--wooshpay-key", "sk_test_budi12345678", "--webhook-secret", ""),
            "A webhook secret has 24 characters or more and no white space.",
        ),
    ],
)
def test_a_bad_word_is_one_line_and_nothing_is_made(
    folder: Path, words: tuple[str, ...], told: str
) -> None:
    done = ops(folder, "--local", "merchant", "create", "--name", "X", *words)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"ops: {told}\n")


def test_for_a_person_it_says_that_the_key_is_shown_once(folder: Path) -> None:
    words = ("--name", "Toko Budi", "--wooshpay-key", "sk_test_budi12345678")
    done = ops(folder, "--local", "merchant", "create", *words)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["merchant", "secret_key", "webhook_url"]
    assert lines[3:] == ["The key is shown this once and kept nowhere."]


def test_a_missing_word_is_a_usage_error(folder: Path) -> None:
    done = ops(folder, "--local", "merchant", "create", "--name", "X")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--wooshpay-key" in done.stderr


def test_a_wooshpay_that_does_not_answer_is_one_line(folder: Path, tmp_path: Path) -> None:
    stack = json.loads((folder / ".local" / "stack.json").read_text())
    elsewhere(tmp_path, {**stack, "sandbox_url": "http://127.0.0.1:9"})
    words = ("--name", "X", "--wooshpay-key", "sk_test_budi12345678")
    done = ops(tmp_path, "--local", "merchant", "create", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"ops: .+\n", done.stderr)


@pytest.mark.parametrize("stack", [[], {}, {"pid": os.getpid()}], ids=["list", "empty", "pid"])
def test_a_file_that_no_stack_wrote_is_no_stack(tmp_path: Path, stack: Any) -> None:
    elsewhere(tmp_path, stack)
    done = ops(tmp_path, "--local", "ledger", "cs_x", "--merchant", "acct_x")
    assert done.returncode == 1
    assert re.fullmatch(r"ops: No stack is running here .+\n", done.stderr)


def test_a_stack_that_went_away_is_one_line(folder: Path, tmp_path: Path) -> None:
    stack = json.loads((folder / ".local" / "stack.json").read_text())
    elsewhere(tmp_path, {**stack, "aws_endpoint_url": "http://127.0.0.1:9"})
    payment = f"cs_{stack['link'].removeprefix('plink_')}"
    done = ops(tmp_path, "--local", "ledger", payment, "--merchant", stack["merchant"])
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"ops: The store does not answer: .+\n", done.stderr)


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    done = ops(tmp_path, "--local", "merchant", "create", "--name", "X", "--wooshpay-key", "k")
    assert done.returncode == 1
    assert done.stderr.startswith("ops: No stack is running here")


def test_without_settings_it_names_the_one_that_is_missing(tmp_path: Path) -> None:
    done = ops(tmp_path, "merchant", "create", "--name", "X", "--wooshpay-key", "sk_test_12345678")
    assert (done.returncode, done.stderr) == (1, "ops: TAUTAN_TABLE: is not set\n")


def test_a_ledger_of_nothing_is_told_as_missing(folder: Path) -> None:
    done = ops(folder, "--local", "ledger", "cs_x", "--merchant", "acct_x")
    assert (done.returncode, done.stderr) == (1, "ops: No such payment: 'cs_x'\n")


def test_the_ledger_of_a_refunded_payment_adds_up(folder: Path) -> None:
    made = created(folder, "--wooshpay-key", "sk_test_lia123456789")
    stack = json.loads((folder / ".local" / "stack.json").read_text())
    session = paid_and_refunded(stack["api_url"], made["secret_key"])
    words = ("--local", "--json", "ledger", session, "--merchant", made["merchant"])
    done = ops(folder, *words)
    assert (done.returncode, done.stderr) == (0, "")
    ledger = json.loads(done.stdout)
    kinds = [entry["kind"] for entry in ledger["entries"]]
    assert kinds == ["payment.captured", "refund.reserved", "refund.posted"]
    totals = {"captured": 75_000, "remaining": 50_000, "refund_pending": 0, "refunded": 25_000}
    assert (ledger["totals"], ledger["agrees"]) == (totals, True)
    text = ops(folder, "--local", "ledger", session, "--merchant", made["merchant"]).stdout
    assert text.splitlines()[-1] == (
        "captured 75000, remaining 50000, refund_pending 0, refunded 25000"
    )


def paid_and_refunded(api_url: str, secret_key: str) -> str:
    """The id of a session that was paid in DANA and refunded in part."""
    with api_client(api_url, secret_key) as api, closing(Shopper()) as shopper:
        shopper.open(offer_coffee(api)["url"])
        shopper.press("pay")
        shopper.press("pay-dana")
        shopper.press("approve", phone="081234567890", pin="123456")
        sessions = "/v1/checkout/sessions"
        while (session := api.get(sessions).json()["data"][0])["payment_status"] != "paid":
            time.sleep(0.05)
        wanted = {"checkout_session": session["id"], "amount": 25_000, "expected_remaining": 75_000}
        posted(api, "/v1/refunds", wanted)
        return str(session["id"])
