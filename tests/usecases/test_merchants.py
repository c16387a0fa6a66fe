"""A merchant comes, connects WooshPay, and shows its key."""

from collections.abc import Sequence

import pytest

from chalicelib.domain.errors import ParameterInvalid, PspUnavailable
from chalicelib.domain.ids import Tenant
from chalicelib.domain.provider_account import EVENTS
from chalicelib.usecases.asking import KeyRing
from chalicelib.usecases.create_merchant import Welcome, connect_wooshpay, create_merchant
from chalicelib.usecases.ports import Vault
from tests.builders import NOW
from tests.fakes.world import World

URL = "https://tautan.example/webhooks/wooshpay/acct_1"
KEY = "sk_test_12345678"


class MemoryVault(Vault):
    """Secrets in memory."""

    def __init__(self) -> None:
        self.keys: dict[Tenant, str] = {}
        self.secrets: dict[Tenant, list[str]] = {}

    def keep_wooshpay_key(self, tenant: Tenant, key: str) -> None:
        """Keep, or replace."""
        self.keys[tenant] = key

    def keep_webhook_secrets(self, tenant: Tenant, secrets: Sequence[str]) -> None:
        """Keep, or replace."""
        self.secrets[tenant] = list(secrets)


def welcomed(world: World, *, livemode: bool = False) -> Welcome:
    """A new merchant."""
    return create_merchant(
        world.store, world.mint, name="Toko Apel", livemode=livemode, now=world.now
    )


@pytest.mark.parametrize("livemode", [False, True])
def test_a_merchant_gets_a_key_that_opens_and_is_kept_nowhere(livemode: bool) -> None:
    world = World()
    welcome = welcomed(world, livemode=livemode)
    assert welcome.secret_key.startswith("sk_live_" if livemode else "sk_test_")
    assert welcome.tenant == Tenant(welcome.merchant.id, livemode)
    assert world.store.merchant(welcome.merchant.id) == welcome.merchant
    assert welcome.secret_key not in repr(world.engine.everything())
    key = KeyRing(world.store).owner(welcome.secret_key, NOW)
    assert (key.tenant, key.last4) == (welcome.tenant, welcome.secret_key[-4:])
    assert (world.count("merchant"), world.count("api_key")) == (1, 1)


# --- WooshPay -------------------------------------------------------------------------------


def test_a_merchant_that_cannot_be_connected_is_not_left_behind() -> None:
    world = World()
    seen: list[Tenant] = []

    def connect(tenant: Tenant) -> None:
        seen.append(tenant)
        raise PspUnavailable("WooshPay does not take our key (401).")

    with pytest.raises(PspUnavailable):
        create_merchant(
            world.store, world.mint, name="Toko", livemode=False, now=NOW, connect=connect
        )
    assert len(seen) == 1
    assert world.engine.everything() == []
    made = create_merchant(
        world.store, world.mint, name="Toko", livemode=False, now=NOW, connect=seen.append
    )
    assert seen[1] == made.tenant
    assert world.store.merchant(made.merchant.id) == made.merchant


def test_connecting_registers_the_webhook_and_keeps_key_and_secret() -> None:
    world, vault = World(), MemoryVault()
    connect_wooshpay(vault, world.psps, world.tenant, KEY, None, URL)
    assert vault.keys == {world.tenant: KEY}
    assert vault.secrets == {world.tenant: [world.psp.endpoints[URL]]}
    assert world.psp.calls == {"register_webhook": 1}
    assert "payment_intent.succeeded" in EVENTS


def test_a_secret_that_is_given_is_kept_and_nothing_registered() -> None:
    world, vault = World(), MemoryVault()
    connect_wooshpay(vault, world.psps, world.tenant, KEY, "w" * 24, URL)
    assert vault.secrets == {world.tenant: ["w" * 24]}
    assert world.psp.calls == {}


@pytest.mark.parametrize(
    ("key", "secret", "param"),
    [
        ("sk_live_12345678", None, "wooshpay_key"),
        ("nonsense", None, "wooshpay_key"),
        ("", None, "wooshpay_key"),
        (KEY, "short", "webhook_secret"),
        (KEY, "", "webhook_secret"),
        (KEY, " " * 40, "webhook_secret"),
    ],
)
def test_a_key_or_secret_that_will_not_do_is_refused_before_anything_is_kept(
    key: str, secret: str | None, param: str
) -> None:
    world, vault = World(), MemoryVault()
    with pytest.raises(ParameterInvalid) as refused:
        connect_wooshpay(vault, world.psps, world.tenant, key, secret, URL)
    assert refused.value.param == param
    assert (vault.keys, vault.secrets, world.psp.calls) == ({}, {}, {})


def test_no_secret_is_kept_when_wooshpay_does_not_register() -> None:
    world, vault = World(), MemoryVault()
    world.psps.down = True
    with pytest.raises(PspUnavailable):
        connect_wooshpay(vault, world.psps, world.tenant, KEY, None, URL)
    assert vault.secrets == {}


@pytest.mark.parametrize("name", ["", "  ", "\u202eoko"])
def test_a_name_that_nobody_can_see_makes_no_merchant(name: str) -> None:
    world = World()
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        create_merchant(world.store, world.mint, name=name, livemode=False, now=NOW)
    assert refused.value.param == "name"
