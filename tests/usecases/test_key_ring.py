"""Who presents a key: what is remembered, how soon an end is noticed, when a use is noted."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.errors import ApiKeyInvalid, ApiKeyMissing
from chalicelib.domain.ids import Millis, parse_secret_key
from chalicelib.usecases.api_keys import NewKey, create_key, revoke_key, rotate_key
from chalicelib.usecases.asking import KeyRing
from chalicelib.usecases.failures import StoreUnavailable
from tests.builders import NOW, a_secret_key, a_tenant
from tests.fakes.world import World

HOUR = 3_600_000
REMEMBERED = 10_000


def a_key(world: World) -> NewKey:
    """A new key of the world's merchant."""
    return create_key(world.store, world.mint, world.tenant, NOW)


def after(ms: int) -> Millis:
    """So much later than the beginning."""
    return Millis(NOW + ms)


def refused(ring: KeyRing, presented: str, now: Millis) -> ApiKeyInvalid:
    """The key opens nothing."""
    with pytest.raises(ApiKeyInvalid) as error:
        ring.owner(presented, now)
    return error.value


@pytest.mark.parametrize("presented", [None, ""])
def test_no_key_is_missing(presented: str | None) -> None:
    world = World()
    with pytest.raises(ApiKeyMissing):
        KeyRing(world.store).owner(presented, NOW)
    assert world.engine.calls == {}


@pytest.mark.parametrize(
    "presented", ["x", "sk_test_", "rk_test_", "é" * 66, "sk_test_" + "0" * 10_000]
)
def test_a_malformed_key_costs_no_read(presented: str) -> None:
    world = World()
    assert refused(KeyRing(world.store), presented, NOW).message == "This API key is not valid."
    assert world.engine.calls == {}


def test_an_unknown_a_forged_a_revoked_and_an_expired_key_look_alike() -> None:
    world = World()
    good, expired = a_key(world), a_key(world)
    rotate_key(world.store, world.mint, world.tenant, NOW, expired.key.sha256, 0)
    revoked = a_secret_key(world.tenant, "R" * 32)
    claimed = parse_secret_key(revoked)
    assert claimed is not None
    world.store.add_api_key(replace(good.key, sha256=claimed.sha256, revoked_at=NOW))
    ring = KeyRing(world.store)
    forged = good.text[:-1] + ("a" if good.text[-1] != "a" else "b")
    other_mode = good.text.replace("sk_test_", "sk_live_")
    other_kind = good.text.replace("sk_test_", "rk_test_")
    unknown = a_secret_key(a_tenant(number=9))
    told = {
        (error.message, error.user_message, error.param)
        for each in (unknown, forged, other_mode, other_kind, revoked, expired.text, "x")
        for error in [refused(ring, each, NOW)]
    }
    assert len(told) == 1


def test_a_good_key_is_read_once_in_ten_seconds() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    for ms in (0, 1, REMEMBERED):
        assert ring.owner(made.text, after(ms)) == made.key
    assert world.engine.calls["get"] == 1
    ring.owner(made.text, after(REMEMBERED + 1))
    ring.owner(made.text, after(2 * REMEMBERED + 1))
    assert world.engine.calls["get"] == 2


def test_a_revoked_key_is_refused_after_ten_seconds_at_the_latest() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    ring.owner(made.text, NOW)
    revoke_key(world.store, world.tenant, after(1), made.key.actor)
    refused(KeyRing(world.store), made.text, after(2))  # at once where nobody remembers it
    ring.owner(made.text, after(REMEMBERED))
    refused(ring, made.text, after(REMEMBERED + 1))
    refused(ring, made.text, NOW)


def test_a_rotated_key_is_refused_from_its_instant_on_remembered_or_not() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    ring.owner(made.text, NOW)
    new = rotate_key(world.store, world.mint, world.tenant, NOW, made.key.actor, HOUR)
    ring.owner(made.text, after(HOUR - 2))
    reads = world.engine.calls["get"]
    ring.owner(made.text, after(HOUR - 1))
    refused(ring, made.text, after(HOUR))
    assert world.engine.calls["get"] == reads
    assert ring.owner(new.text, after(HOUR)) == new.key
    refused(KeyRing(world.store), made.text, after(HOUR))


def test_the_ring_does_not_grow_without_bound() -> None:
    world = World()
    ring = KeyRing(world.store)
    ring.MOST_REMEMBERED = 2
    for made in [a_key(world) for _ in range(3)]:
        ring.owner(made.text, NOW)
    assert len(ring._known) == 1


# --- last used ------------------------------------------------------------------------------


def kept(world: World, made: NewKey) -> ApiKey:
    """The key as it is stored."""
    (found,) = [key for key in world.store.api_keys(world.tenant) if key.sha256 == made.key.sha256]
    return found


def test_a_use_is_noted_once_an_hour() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    noted: list[tuple[int, int | None]] = []
    for ms in (0, 1, 60_000, HOUR - 1, HOUR, HOUR + 1, 2 * HOUR):
        writes = world.engine.calls["write"]
        ring.used(ring.owner(made.text, after(ms)), after(ms))
        if world.engine.calls["write"] > writes:
            noted.append((ms, kept(world, made).last_used))
    assert noted == [(0, NOW), (HOUR, after(HOUR)), (2 * HOUR, after(2 * HOUR))]


def test_of_many_containers_one_notes_it() -> None:
    world = World()
    made, rings = a_key(world), [KeyRing(world.store) for _ in range(3)]
    for ms, ring in enumerate(rings):
        ring.owner(made.text, NOW)
        ring.used(made.key, after(ms))
    assert kept(world, made).last_used == NOW
    writes = world.engine.calls["write"]
    for ring in rings:
        ring.used(ring.owner(made.text, after(5)), after(5))
    assert world.engine.calls["write"] == writes


def test_a_use_brings_no_key_back_and_leaves_its_end_as_it_is() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    ring.owner(made.text, NOW)
    revoke_key(world.store, world.tenant, NOW, made.key.actor)
    ring.used(made.key, NOW)
    assert kept(world, made) == replace(made.key, last_used=NOW, revoked_at=NOW)
    elsewhere = World()
    KeyRing(elsewhere.store).used(made.key, NOW)
    assert elsewhere.engine.everything() == []


def test_a_store_that_does_not_answer_keeps_nobody_from_asking() -> None:
    world = World()
    made, ring = a_key(world), KeyRing(world.store)
    key = ring.owner(made.text, NOW)
    tries: list[str] = []

    def down(kind: str) -> Any:
        tries.append(kind)
        raise StoreUnavailable("down")

    world.engine.before = down
    ring.used(key, NOW)
    ring.used(ring.owner(made.text, after(1)), after(1))
    assert tries == ["write"]


def test_a_restricted_key_is_known_with_its_scopes() -> None:
    world = World()
    scopes = frozenset({Scope.REFUNDS_WRITE, Scope.PRODUCTS_READ})
    made = create_key(world.store, world.mint, world.tenant, NOW, scopes=scopes)
    assert made.text.startswith("rk_test_")
    assert KeyRing(world.store).owner(made.text, NOW).scopes == scopes
