"""The operator's key commands: once as they are typed, and then in this process."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from chalicelib.domain.errors import ParameterInvalid, ResourceMissing
from ops.__main__ import cli
from tests.ops.test_ops import created
from tests.running import ops
from tests.web.world import Api, Merchant, World

ROW = {
    "id", "merchant", "livemode", "last4", "name", "scopes", "state", "created", "last_used",
    "valid_until", "revoked_at", "fingerprint",
}  # fmt: skip
DAY = 86_400_000


def test_a_key_that_was_typed_opens_what_it_may(stack_folder: Path) -> None:
    merchant = created(stack_folder, "--wooshpay-key", "sk_test_keys12345678")["merchant"]
    words = ("--merchant", merchant, "--scope", "refunds:write")
    done = ops(stack_folder, "--local", "--json", "key", "create", *words)
    assert (done.returncode, done.stderr) == (0, "")
    key = json.loads(done.stdout)["key"]
    stack = json.loads((stack_folder / ".local" / "stack.json").read_text())
    answers = [
        httpx.get(f"{stack['api_url']}/v1/{path}", auth=(key, ""), trust_env=False).status_code
        for path in ("refunds", "products")
    ]
    assert answers == [200, 403]


# --- in this process ------------------------------------------------------------------------


def said(*words: str, code: int = 0) -> str:
    """What the command prints."""
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (done.output, done.exception)
    return done.stdout


def told(*words: str) -> Any:
    return json.loads(said("--json", "key", *words))


def test_a_restricted_key_is_made_used_rotated_and_revoked(world: World, a: Merchant) -> None:
    whose = ("--merchant", a.id)
    scopes = ("--scope", "refunds:write", "--scope", "products:read")
    made = told("create", *whose, *scopes, "--name", "Kasir")
    assert set(made) == {"key"} | ROW
    assert re.fullmatch(r"rk_test_[0-9A-Za-z]{58}", made["key"])
    assert made["id"] == f"key_{made['key'][-4:]}" == f"key_{made['last4']}"
    assert (made["scopes"], made["name"]) == (["products:read", "refunds:write"], "Kasir")
    assert (made["state"], made["last_used"], made["livemode"]) == ("active", None, False)
    old = Api(world, f"Bearer {made['key']}")
    assert old.get("/v1/refunds").status == 200

    new = told("rotate", made["id"], *whose, "--keep", "24h")
    assert new["key"] != made["key"]
    assert (new["scopes"], new["name"]) == (made["scopes"], "Kasir")
    gone = told("revoke", new["id"], *whose)
    assert set(gone) == ROW
    assert (gone["state"], gone["revoked_at"] >= gone["created"]) == ("revoked", True)
    assert Api(world, f"Bearer {new['key']}").get("/v1/refunds").status == 401
    assert old.get("/v1/refunds").status == 200

    rows = {row["fingerprint"]: row for row in told("list", *whose)}
    assert len(rows) == 3  # with the merchant's own
    kept = rows[made["fingerprint"]]
    assert (kept["state"], kept["valid_until"]) == ("rotated", new["created"] + DAY)
    assert kept["last_used"] >= made["created"]
    assert rows[new["fingerprint"]] == gone
    assert {row["fingerprint"] for row in told("list")} >= set(rows)
    assert [row["fingerprint"] for row in told("list", *whose, "--live")] == []
    assert made["key"] not in json.dumps(list(rows.values()))


def test_for_a_person_keys_are_lines(world: World, a: Merchant) -> None:
    whose = ("--merchant", a.id, "--live")
    key, id, may, last = said("key", "create", *whose, "--name", "Toko").splitlines()
    assert re.fullmatch(r"key {9}sk_live_[0-9A-Za-z]{58}", key)
    named = f"key_{key[-4:]}"
    assert (id, may) == (f"id          {named}", "may         everything")
    assert last == "The key is shown this once and kept nowhere."
    today = f"{datetime.fromtimestamp(world.app.clock() / 1000, UTC):%Y-%m-%d}"
    beginning = f"{a.id}  {named}  "
    assert said("key", "list", *whose) == (
        f"{beginning}active    made {today}  used never       everything  Toko\n"
    )
    Api(world, f"Bearer {key[-66:]}").get("/v1/products").ok()
    assert said("key", "revoke", named, *whose) == (
        f"{named} is revoked; whoever just saw it forgets it within 10 s\n"
    )
    assert said("key", "list", *whose) == (
        f"{beginning}revoked   made {today}  used {today}  everything  Toko\n"
    )
    narrow = said("key", "create", *whose, "--scope", "refunds:write", "--scope", "account:read")
    assert narrow.splitlines()[2] == "may         account:read refunds:write"


@pytest.mark.parametrize(("keep", "ms"), [("0", 0), ("0h", 0), ("30m", 1_800_000), ("7d", 7 * DAY)])
def test_the_old_key_is_kept_for_as_long_as_is_said(
    world: World, a: Merchant, keep: str, ms: int
) -> None:
    whose = ("--merchant", a.id)
    made = told("create", *whose)
    new = told("rotate", made["fingerprint"], *whose, "--keep", keep)
    (old,) = [row for row in told("list", *whose) if row["fingerprint"] == made["fingerprint"]]
    assert old["valid_until"] == new["created"] + ms


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("revoke", "key_none"), ResourceMissing),
        (("rotate", "key_none", "--keep", "0"), ResourceMissing),
        (("create", "--name", " "), ParameterInvalid),
    ],
)
def test_what_cannot_be_done_changes_nothing(
    world: World, a: Merchant, words: tuple[str, ...], error: type[Exception]
) -> None:
    with world.untouched():
        done = CliRunner().invoke(cli, ["key", *words, "--merchant", a.id])
        missing = CliRunner().invoke(cli, ["key", *words, "--merchant", "acct_none"])
    assert isinstance(done.exception, error)
    assert isinstance(missing.exception, ResourceMissing)


@pytest.mark.parametrize(
    "words",
    [
        ("create", "--scope", "refunds:approve"),
        ("create", "--scope", "*"),
        ("create", "--scope", ""),
        ("rotate", "key_none"),
        ("rotate", "key_none", "--keep", "soon"),
        ("rotate", "key_none", "--keep", "-1d"),
    ],
)
def test_a_word_that_means_nothing_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert said("key", *words, "--merchant", "acct_x", code=2) == ""
