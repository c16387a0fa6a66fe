"""The doctor examines an account: the sandbox's, healthy and not."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.ops.test_ops import created
from tests.running import environment_for, ops


def states(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["step"]: row["state"] for row in rows}


def told(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["step"]: row["told"] for row in rows}


def test_a_healthy_account_is_examined_through_a_whole_payment(
    stack_folder: Path, stack: dict[str, Any]
) -> None:
    made = created(stack_folder, "--wooshpay-key", "sk_test_doctor123456")
    words = ["--local", "--json", "doctor", "--merchant", made["merchant"], "--wait", "30"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", *words],
        env=environment_for(0, 0),
        cwd=stack_folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    sandbox, asked = stack["sandbox_url"], ("sk_test_doctor123456", "")
    with httpx.Client(trust_env=False) as http:
        for _ in range(400):
            data = http.get(f"{sandbox}/v1/payment_intents", auth=asked).json()["data"]
            if data:
                break
            time.sleep(0.05)
        http.post(f"{sandbox}/_sandbox/payment_intents/{data[0]['id']}/approve", json={})
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    rows = json.loads(out)
    assert states(rows) == {
        "key": "good",
        "webhook secret": "good",
        "total": "good",
        "webhook delivery": "good",
        "method": "learned",
        "refund permission": "good",
        "refunded total": "learned",
        "refund metadata": "learned",
        "refund keys": "learned",
    }
    facts = told(rows)
    assert facts["method"] == "the intent names the method: dana"
    assert facts["refunded total"] == "the intent's refunded total is shown: Rp100"
    assert facts["refund keys"] == "the same key gave the same refund: TAUTAN_REFUND_KEYS=honoured"
    assert "must ask for Rp20.000" in err


def test_what_is_wrong_is_said_with_exit_code_1(stack_folder: Path) -> None:
    secret = "whsec_" + "0123456789abcdef" * 2
    made = created(
        stack_folder, "--wooshpay-key", "sk_test_illness12345", "--webhook-secret", secret
    )
    words = ("--local", "--json", "doctor", "--merchant", made["merchant"])
    done = ops(stack_folder, *words)
    assert done.returncode == 1
    rows = json.loads(done.stdout)
    assert states(rows) == {
        "key": "good", "webhook": "bad", "webhook secret": "good", "total": "good",
        "payment": "skipped",
    }  # fmt: skip
    assert told(rows)["webhook"] == f"no endpoint delivers to {made['webhook_url']}"


def test_without_a_live_key_the_live_account_is_not_ready(stack_folder: Path) -> None:
    made = created(stack_folder, "--wooshpay-key", "sk_test_nolive123456")
    done = ops(stack_folder, "--local", "doctor", "--merchant", made["merchant"], "--live")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "bad      key                no live key of WooshPay is kept for this merchant",
        "bad      account            No WooshPay key is kept for this merchant and mode.",
    ]
