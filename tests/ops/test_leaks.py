"""What the operator does when a secret has leaked, where no other test does it."""

import json

import pytest
from typer.testing import CliRunner, Result

from chalicelib.domain.errors import ParameterInvalid
from ops.__main__ import cli
from tests.web.world import Merchant, World

PATH = "/v1/webhook_endpoints"
OTHER = "sk_test_another12345678"


def ran(*words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(cli, words, input=input)


def test_a_wooshpay_key_is_replaced_and_never_an_argument(world: World, a: Merchant) -> None:
    done = ran("merchant", "connect", a.id, input=f" {OTHER}\n")
    assert (done.exit_code, done.output) == (
        0, "The key is kept; it is used a minute later at the latest.\n",
    )  # fmt: skip
    assert world.app.secrets.wooshpay_key(a.tenant) == OTHER
    assert ran("merchant", "connect", a.id, OTHER).exit_code == 2
    world.app.secrets.keep_wooshpay_key(a.tenant, a.wooshpay_key)


@pytest.mark.parametrize(
    ("words", "text"), [((), ""), ((), "kenari"), (("--live",), OTHER), ((), "sk_live_12345678")]
)
def test_what_is_no_key_of_this_mode_replaces_none(
    world: World, a: Merchant, words: tuple[str, ...], text: str
) -> None:
    refused = ran("merchant", "connect", a.id, *words, input=f"{text}\n")
    assert isinstance(refused.exception, ParameterInvalid)
    assert "kenari" not in str(refused.exception) + refused.output
    assert world.app.secrets.wooshpay_key(a.tenant) == a.wooshpay_key


def test_every_endpoint_has_another_secret_after_its_merchant_is_rekeyed(
    world: World, a: Merchant, b: Merchant
) -> None:
    hook = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
    mine, theirs = (shop.api.post(PATH, hook).ok() for shop in (a, b))
    before = {shop.id: key(world, shop) for shop in (a, b)}
    done = ran("--json", "endpoint", "rekey", "--merchant", a.id)
    (row,) = json.loads(done.stdout)
    assert (row["endpoint"], row["url"]) == (mine["id"], hook["url"])
    assert (key(world, a) != before[a.id], key(world, b)) == (True, before[b.id])
    assert before[a.id] not in done.stdout
    rolled = a.api.post(f"{PATH}/{mine['id']}/roll_secret", {}).ok()["secret"]
    assert rolled.startswith("whsec_")
    assert rolled not in (mine["secret"], theirs["secret"])


def key(world: World, shop: Merchant) -> str:
    """What the shop's secrets are derived from."""
    return world.app.signing_keys(shop.tenant)
