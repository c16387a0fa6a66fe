"""The operator's webhook commands against a running stack."""

import json
from pathlib import Path
from typing import Any

from tests.ops.test_ops import created
from tests.running import ops


def told(folder: Path, *words: str, code: int = 0) -> Any:
    done = ops(folder, "--local", "--json", "webhook", *words)
    assert (done.returncode, done.stderr) == (code, "")
    return json.loads(done.stdout)


def said(folder: Path, *words: str) -> str:
    done = ops(folder, "--local", "webhook", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_endpoints_are_registered_watched_rotated_and_deleted(stack_folder: Path) -> None:
    made = created(stack_folder, "--wooshpay-key", "sk_test_webhooks1234")
    whose = ("--merchant", made["merchant"])
    listed = told(stack_folder, "list", *whose)
    (first,) = listed["endpoints"]
    assert listed["problems"] == []
    assert (first["ours"], first["enabled"], first["url"]) == (True, True, made["webhook_url"])
    assert "payment_intent.succeeded" in first["enabled_events"]
    assert said(stack_folder, "register", *whose) == (
        "there is one already, and its secret is kept\n"
    )
    assert said(stack_folder, "rotate", *whose) == (
        "a new endpoint delivers, and its secret is the first that is tried\n"
        f"{first['id']} delivers too, until rotate --finish in 72 hours\n"
    )
    twice = told(stack_folder, "list", *whose, code=1)
    assert [each["url"] for each in twice["endpoints"]] == [made["webhook_url"]] * 2
    ids = sorted(each["id"] for each in twice["endpoints"])
    assert [sorted(problem.split(" deliver")[0].split(", ")) for problem in twice["problems"]] == [
        ids
    ]
    assert said(stack_folder, "rotate", *whose, "--finish") == (
        "too early, or there is nothing to remove\n"
    )
    assert said(stack_folder, "update", first["id"], *whose) == ""
    assert told(stack_folder, "show", first["id"], *whose)["id"] == first["id"]
    assert said(stack_folder, "delete", first["id"], *whose) == ""
    assert len(told(stack_folder, "list", *whose)["endpoints"]) == 1
    gone = ops(stack_folder, "--local", "webhook", "show", first["id"], *whose)
    assert (gone.returncode, gone.stderr) == (
        1, f"ops: No such webhook endpoint: '{first['id']}'\n",
    )  # fmt: skip
