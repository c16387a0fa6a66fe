"""Events for the operator against a running stack: made to happen, seen, and told to a program."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from ops.triggering import TRIGGERS
from tests.hearing import listener
from tests.ops.test_ops import created
from tests.running import environment_for, ops


@pytest.fixture(scope="module")
def shop(stack_folder: Path) -> dict[str, Any]:
    return created(stack_folder, "--wooshpay-key", "sk_test_events12345")


def rows(folder: Path, *words: str, code: int = 0) -> list[dict[str, Any]]:
    """The JSON lines of a command."""
    done = ops(folder, "--local", "--json", *words)
    assert (done.returncode, done.stderr) == (code, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("type", ["refund.updated", "payment_intent.payment_failed"])
def test_a_trigger_makes_its_event_happen_for_real(
    stack_folder: Path, shop: dict[str, Any], type: str
) -> None:
    happened = rows(stack_folder, "trigger", type, "--merchant", shop["merchant"])
    assert happened[-1]["type"] == type
    listed = rows(stack_folder, "event", "list", "--merchant", shop["merchant"])[0]
    assert happened[-1]["event"] in [each["event"] for each in listed]
    shown = rows(
        stack_folder, "event", "show", happened[-1]["event"], "--merchant", shop["merchant"]
    )[0]
    assert shown["type"] == type
    assert shown["data"]["object"]["id"] == _named(happened[-1]["of"], type)


def _named(subject: str, type: str) -> str:
    return f"pi_{subject}" if type.startswith("payment_intent") else subject


def test_what_cannot_be_triggered_is_said(stack_folder: Path, shop: dict[str, Any]) -> None:
    done = ops(stack_folder, "--local", "trigger", "refund.failed", "--merchant", shop["merchant"])
    assert done.returncode == 1
    assert done.stderr.startswith("ops: refund.failed cannot be triggered; these can: account.")
    assert len(TRIGGERS) == 15


def test_a_program_here_is_told_and_can_verify(stack_folder: Path, shop: dict[str, Any]) -> None:
    with listener() as (url, came):
        words = ("listen", "--merchant", shop["merchant"], "--forward-to", url, "--count", "1",
                 "--event", "product.created")  # fmt: skip
        listening = subprocess.Popen(
            [sys.executable, "-m", "ops", "--local", *words],
            env={**environment_for(0, 0), "PYTHONUNBUFFERED": "1"},
            cwd=stack_folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert listening.stdout is not None
            secret = listening.stdout.readline().removeprefix("The webhook secret is ").strip()
            api = json.loads((stack_folder / ".local" / "stack.json").read_text())["api_url"]
            key = (shop["secret_key"], "")
            made = httpx.post(f"{api}/v1/products", auth=key, json={"name": "Teh"}, trust_env=False)
            body, signature = came.get(timeout=20)
            event = stripe.Webhook.construct_event(body, signature, secret)
            assert event.data.object["id"] == made.json()["id"]
            said, wrong = listening.communicate(timeout=20)
        finally:
            listening.kill()
    assert (listening.returncode, wrong) == (0, "")
    assert said == f"200  product.created  {event.id}\n"


def test_an_event_is_sent_to_an_endpoint_once_more(
    stack_folder: Path, shop: dict[str, Any]
) -> None:
    api = json.loads((stack_folder / ".local" / "stack.json").read_text())["api_url"]
    whose = ("--merchant", shop["merchant"])
    with listener() as (url, came):
        hook = {"url": url, "enabled_events": ["price.created"]}
        made = httpx.post(
            f"{api}/v1/webhook_endpoints", auth=(shop["secret_key"], ""), json=hook, trust_env=False
        ).json()
        (*_, event) = rows(stack_folder, "trigger", "price.created", *whose)
        first, _ = came.get(timeout=20)
        (sent,) = rows(
            stack_folder, "event", "resend", event["event"], *whose, "--endpoint", made["id"]
        )
        assert (sent["event"], sent["pending"]) == (event["event"], 1)
        assert came.get(timeout=20)[0] == first
        listed = rows(stack_folder, "endpoint", "list", *whose)[0]
        assert [(each["endpoint"], each["status"]) for each in listed] == [(made["id"], "enabled")]
        log = rows(stack_folder, "endpoint", "deliveries", made["id"], *whose)[0]
        assert [(each["event"], each["type"]) for each in log] == [
            (event["event"], "price.created")
        ]
