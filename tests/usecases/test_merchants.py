"""A merchant comes, connects WooshPay, and shows its key."""

from collections.abc import Sequence

import pytest

from chalicelib.domain.errors import (
    ApiKeyInvalid,
    ApiKeyMissing,
    ParameterInvalid,
    PspUnavailable,
)
from chalicelib.domain.ids import Millis, Tenant, parse_secret_key
from chalicelib.domain.merchants import ApiKey
from chalicelib.domain.provider_account import EVENTS
from chalicelib.usecases.asking import KeyRing
from chalicelib.usecases.create_merchant import Welcome, connect_wooshpay, create_merchant
from chalicelib.usecases.ports import Vault
from tests.builders import NOW, a_secret_key, a_tenant
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


# --- the key ring ---------------------------------------------------------------------------


@pytest.mark.parametrize("presented", [None, ""])
def test_no_key_is_missing(presented: str | None) -> None:
    world = World()
    with pytest.raises(ApiKeyMissing):
        KeyRing(world.store).owner(presented, NOW)
    assert world.engine.calls == {}


@pytest.mark.parametrize("presented", ["x", "sk_test_", "é" * 66, "sk_test_" + "0" * 10_000])
def test_a_malformed_key_costs_no_read(presented: str) -> None:
    world = World()
    with pytest.raises(ApiKeyInvalid, match=r"^This API key is not valid\.$"):
        KeyRing(world.store).owner(presented, NOW)
    assert world.engine.calls == {}


def test_an_unknown_a_forged_and_a_revoked_key_look_alike() -> None:
    world = World()
    good = welcomed(world)
    revoked = a_secret_key(good.tenant, "R" * 32)
    claimed = parse_secret_key(revoked)
    assert claimed is not None
    world.store.add_api_key(
        ApiKey(tenant=good.tenant, sha256=claimed.sha256, last4="RRRR", created=NOW, revoked_at=NOW)
    )
    ring = KeyRing(world.store)
    forged = good.secret_key[:-1] + ("a" if good.secret_key[-1] != "a" else "b")
    other_mode = good.secret_key.replace("sk_test_", "sk_live_")
    told = set()
    for presented in (a_secret_key(a_tenant(number=9)), forged, other_mode, revoked, "x"):
        with pytest.raises(ApiKeyInvalid) as refused:
            ring.owner(presented, NOW)
        told.add((refused.value.message, refused.value.user_message, refused.value.param))
    assert len(told) == 1


def test_a_good_key_is_read_once_in_half_a_minute() -> None:
    world = World()
    key, ring = welcomed(world).secret_key, KeyRing(world.store)
    for after in (0, 1, 30_000):
        ring.owner(key, Millis(NOW + after))
    assert world.engine.calls["get"] == 1
    ring.owner(key, Millis(NOW + 30_001))
    ring.owner(key, Millis(NOW + 60_001))
    assert world.engine.calls["get"] == 2


def test_a_key_that_is_gone_is_refused_after_half_a_minute() -> None:
    world = World()
    key = welcomed(world).secret_key
    ring = KeyRing(world.store)
    ring.owner(key, NOW)
    ring._store = World().store  # where nobody knows it
    ring.owner(key, Millis(NOW + 30_000))
    with pytest.raises(ApiKeyInvalid):
        ring.owner(key, Millis(NOW + 30_001))
    with pytest.raises(ApiKeyInvalid):
        ring.owner(key, NOW)


def test_the_ring_does_not_grow_without_bound() -> None:
    world = World()
    ring = KeyRing(world.store)
    ring.MOST_REMEMBERED = 2
    keys = [welcomed(world).secret_key for _ in range(3)]
    for key in keys:
        ring.owner(key, NOW)
    assert len(ring._known) == 1


@pytest.mark.parametrize("name", ["", "  ", "\u202eoko"])
def test_a_name_that_nobody_can_see_makes_no_merchant(name: str) -> None:
    world = World()
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        create_merchant(world.store, world.mint, name=name, livemode=False, now=NOW)
    assert refused.value.param == "name"
