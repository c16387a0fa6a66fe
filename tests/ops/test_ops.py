"""The operator's command against a running stack, as its user types it."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.running import ops

SECRET = "whsec_" + "0123456789abcdef" * 2


@pytest.fixture
def folder(stack_folder: Path) -> Path:
    return stack_folder


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
