"""The operator's books of a running stack: audit, compare, sweep, and what a person decides."""

import json
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from dev.merchant import api_client, offer_coffee, posted
from dev.shopper import Shopper
from tests.ops.test_ops import created
from tests.running import ops


@pytest.fixture
def folder(stack_folder: Path) -> Path:
    return stack_folder


def told(folder: Path, *words: str, code: int = 0) -> Any:
    """What `--json` prints; nothing may come on standard error."""
    done = ops(folder, "--local", "--json", *words)
    assert (done.returncode, done.stderr) == (code, "")
    return json.loads(done.stdout)


def refused(folder: Path, *words: str) -> str:
    """The one line that says why."""
    done = ops(folder, "--local", *words)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def paid(stack: dict[str, Any]) -> dict[str, Any]:
    """A payment of 75,000 that is paid."""
    with (
        api_client(stack["api_url"], stack["secret_key"]) as api,
        closing(Shopper()) as shopper,
    ):
        shopper.open(offer_coffee(api)["url"])
        shopper.press("pay")
        shopper.press("pay-dana")
        shopper.press("approve", phone="081234567890", pin="123456")
        while True:
            session: dict[str, Any] = api.get("/v1/checkout/sessions").json()["data"][0]
            if session["payment_status"] == "paid":
                return session
            time.sleep(0.05)


def control(stack: dict[str, Any], path: str, body: dict[str, Any]) -> Any:
    answer = httpx.post(f"{stack['sandbox_url']}/_sandbox{path}", json=body, trust_env=False)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_books_that_agree_are_audited_and_compared_without_a_word(
    folder: Path, stack: dict[str, Any]
) -> None:
    made = created(folder, "--wooshpay-key", "sk_test_books1234567")
    whose = ("--merchant", made["merchant"])
    session = paid({**stack, "secret_key": made["secret_key"]})
    one = told(folder, "audit", session["id"], *whose)
    assert one == {"audited": 1, "found": {}}
    assert told(folder, "audit", *whose) == one
    day = datetime.now(UTC).strftime("%Y-%m-%d")
    compared = told(folder, "compare", day, *whose)
    assert compared == {"agreed": 1, "healed": 0, "found": []}
    assert told(folder, "discrepancy", "list", *whose) == []


def test_a_sweep_says_when_it_ran(folder: Path, stack: dict[str, Any]) -> None:
    before = int(time.time() * 1000) - 60_000
    for _ in range(100):  # the stack's own sweeper may hold the lease just now
        swept = told(folder, "sweep")
        if swept["last"] is not None:
            break
        time.sleep(0.1)
    assert swept["last"] > before


def test_a_refund_in_doubt_is_settled_by_a_person_and_the_ledger_says_by_whom(
    folder: Path, stack: dict[str, Any]
) -> None:
    session = paid(stack)
    merchant = stack["merchant"]
    fault = {"kind": "error_before", "method": "POST", "path_prefix": "/v1/refunds", "status": 500}
    control(stack, "/faults", fault)
    with api_client(stack["api_url"], stack["secret_key"]) as api:
        wanted = {"checkout_session": session["id"], "amount": 1000, "expected_remaining": 75_000}
        refund = posted(api, "/v1/refunds", wanted)
        assert refund["status"] == "pending"
        done = ops(
            folder, "--local", "refund", "settle", refund["id"], "--merchant", merchant, "--never"
        )
        assert (done.returncode, done.stdout) == (0, f"{refund['id']} is voided\n")
        after = api.get(f"/v1/checkout/sessions/{session['id']}").json()
    assert (after["amount_refundable"], after["amount_refund_pending"]) == (75_000, 0)
    entries = told(folder, "ledger", session["id"], "--merchant", merchant)["entries"]
    assert [entry["kind"] for entry in entries[-2:]] == ["refund.reserved", "refund.voided"]
    assert entries[-1]["actor"].startswith("operator ")
    again = refused(folder, "refund", "settle", refund["id"], "--merchant", merchant, "--never")
    assert again == f"ops: {refund['id']} is voided already.\n"


def test_a_payment_in_review_is_accepted_once(folder: Path, stack: dict[str, Any]) -> None:
    merchant = stack["merchant"]
    with api_client(stack["api_url"], stack["secret_key"]) as api:
        line = {"price_data": {"currency": "IDR", "unit_amount": 5000,
                               "product_data": {"name": "apple"}}}  # fmt: skip
        session = posted(api, "/v1/checkout/sessions", {"line_items": [line]})
        intent = session["psp"]["payment_intent"]
        control(stack, f"/payment_intents/{intent}/approve", {"amount_received": 4000})
        for _ in range(200):
            shown = api.get(f"/v1/checkout/sessions/{session['id']}").json()
            if shown["review"] is not None:
                break
            time.sleep(0.05)
    assert (shown["payment_status"], shown["review"]["reason"]) == ("unpaid", "amount_mismatch")
    found = told(folder, "discrepancy", "list", "--merchant", merchant)
    assert [(each["kind"], each["subject"], each["status"]) for each in found] == [
        ("amount_mismatch", session["id"], "open")
    ]
    words = ("--merchant", merchant, "--reason", "the bank confirmed it")
    done = ops(folder, "--local", "discrepancy", "close", found[0]["id"], *words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert told(folder, "discrepancy", "list", "--merchant", merchant) == []
    ended = told(folder, "discrepancy", "list", "--merchant", merchant, "--all")
    assert [(each["status"], each["reason"]) for each in ended] == [
        ("explained", "the bank confirmed it")
    ]
    again = refused(folder, "discrepancy", "close", found[0]["id"], *words)
    assert again == f"ops: {found[0]['id']} is explained already.\n"
    accepted = ops(folder, "--local", "review", "accept", session["id"], "--merchant", merchant)
    assert (accepted.returncode, accepted.stdout) == (0, f"{session['id']} is accepted\n")
    twice = refused(folder, "review", "accept", session["id"], "--merchant", merchant)
    assert twice == f"ops: {session['id']} is not in review.\n"


def test_policies_are_shown_and_set(folder: Path, stack: dict[str, Any]) -> None:
    merchant = stack["merchant"]
    shown = told(folder, "merchant", "policies", merchant)
    assert shown == {"late": "hold", "duplicate": "hold"}
    changed = told(folder, "merchant", "policies", merchant, "--late", "refund")
    assert changed == {"late": "refund", "duplicate": "hold"}
    assert told(folder, "merchant", "policies", merchant) == changed
    told(folder, "merchant", "policies", merchant, "--late", "hold")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("audit", "cs_01JM1NT0000000000000000001"), "No such payment"),
        (("audit", "--merchant", "acct_nobody"), "No such merchant"),
        (("merchant", "policies", "acct_nobody"), "No such merchant"),
        (("refund", "settle", "re_1", "--merchant", "M", "--never"), "No such refund"),
        (("review", "accept", "cs_1", "--merchant", "M"), "No such payment"),
        (("discrepancy", "close", "disc_1", "--merchant", "M", "--reason", "x"), "No such disc"),
    ],
)
def test_what_is_not_there_is_one_line(
    folder: Path, stack: dict[str, Any], words: tuple[str, ...], why: str
) -> None:
    named = tuple(stack["merchant"] if word == "M" else word for word in words)
    assert why in refused(folder, *named)
