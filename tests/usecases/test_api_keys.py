"""Keys are made, rotated and revoked; what is shown once is kept nowhere."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chalicelib.domain.api_keys import ApiKey, KeyState, Scope
from chalicelib.domain.errors import ParameterInvalid, ResourceMissing
from chalicelib.domain.ids import Millis, parse_secret_key
from chalicelib.usecases.api_keys import create_key, found_key, revoke_key, rotate_key
from chalicelib.usecases.failures import Lost
from tests.builders import NOW, an_api_key
from tests.fakes.world import World

DAY = 24 * 3_600_000
SCOPES = frozenset({Scope.REFUNDS_WRITE})


@pytest.mark.parametrize(
    ("scopes", "prefix"),
    [(None, "sk_test_"), (SCOPES, "rk_test_"), (frozenset[Scope](), "rk_test_")],
)
def test_a_key_is_kept_as_its_fingerprint(scopes: frozenset[Scope] | None, prefix: str) -> None:
    world = World()
    made = create_key(world.store, world.mint, world.tenant, NOW, scopes=scopes, name="Kasir")
    presented = parse_secret_key(made.text)
    assert presented is not None
    assert made.text.startswith(prefix)
    assert made.key == ApiKey(
        tenant=world.tenant, sha256=presented.sha256, last4=made.text[-4:], created=NOW,
        scopes=scopes, name="Kasir",
    )  # fmt: skip
    assert list(world.store.api_keys(world.tenant)) == [made.key]
    everything = repr(world.engine.everything())
    assert made.text not in everything
    assert made.text[-32:] not in everything


def test_a_key_with_a_name_that_nobody_can_read_is_not_made() -> None:
    world = World()
    with world.still(), pytest.raises(ParameterInvalid):
        create_key(world.store, world.mint, world.tenant, NOW, name=" ")


@pytest.mark.parametrize("scopes", [None, SCOPES])
def test_a_successor_is_alike_and_the_old_key_stays_for_a_while(
    scopes: frozenset[Scope] | None,
) -> None:
    world = World()
    old = create_key(world.store, world.mint, world.tenant, NOW, scopes=scopes, name="Kasir")
    later = Millis(NOW + 5)
    new = rotate_key(world.store, world.mint, world.tenant, later, old.key.actor, DAY)
    assert new.text[:8] == old.text[:8]
    assert new.text != old.text
    assert (new.key.scopes, new.key.name, new.key.created) == (scopes, "Kasir", later)
    kept = {key.sha256: key for key in world.store.api_keys(world.tenant)}
    assert kept == {
        old.key.sha256: replace(old.key, valid_until=later + DAY),
        new.key.sha256: new.key,
    }


def test_a_revoked_key_is_kept_as_revoked() -> None:
    world = World()
    made = create_key(world.store, world.mint, world.tenant, NOW)
    revoked = revoke_key(world.store, world.tenant, NOW, made.key.actor)
    assert revoked == replace(made.key, revoked_at=NOW)
    assert list(world.store.api_keys(world.tenant)) == [revoked]
    with world.still(), pytest.raises(ParameterInvalid, match="is revoked already"):
        revoke_key(world.store, world.tenant, NOW, made.key.actor)
    with world.still(), pytest.raises(ParameterInvalid, match="is revoked already"):
        rotate_key(world.store, world.mint, world.tenant, NOW, made.key.actor, 0)


Ending = Callable[[World, str], object]
ENDINGS: dict[str, Ending] = {
    "rotated": lambda w, key: rotate_key(w.store, w.mint, w.tenant, NOW, key, DAY),
    "revoked": lambda w, key: revoke_key(w.store, w.tenant, NOW, key),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_who_is_second_is_told_to_look_again(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    made = create_key(world.store, world.mint, world.tenant, NOW)

    def lost(*_: object) -> None:
        raise Lost("key")

    monkeypatch.setattr(world.store, "rotate_api_key", lost)
    monkeypatch.setattr(world.store, "revoke_api_key", lost)
    with world.still(), pytest.raises(ParameterInvalid) as refused:
        ENDINGS[ending](world, made.key.actor)
    assert refused.value.message == "It has just changed. Look again before deciding."


# --- which key ------------------------------------------------------------------------------


def kept(world: World, *keys: ApiKey) -> None:
    """These are the merchant's keys."""
    for key in keys:
        world.store.add_api_key(key)


def test_a_key_is_called_by_its_last_letters_or_its_fingerprint() -> None:
    world = World()
    one, two = an_api_key(sha256="1" * 64, last4="AAAA"), an_api_key(sha256="2" * 64, last4="BBBB")
    kept(world, one, two)
    assert found_key(world.store, world.tenant, NOW, "key_BBBB") == two
    assert found_key(world.store, world.tenant, NOW, "1" * 64) == one
    for named in ("AAAA", "key_CCCC", "key_", "", "1" * 8):
        with pytest.raises(ResourceMissing, match="No such API key"):
            found_key(world.store, world.tenant, NOW, named)


def test_a_key_of_the_other_mode_or_of_another_merchant_is_not_there() -> None:
    world = World()
    live = replace(world.tenant, livemode=True)
    kept(world, an_api_key(tenant=live))
    assert found_key(world.store, live, NOW, "key_SSSS").tenant == live
    with pytest.raises(ResourceMissing):
        revoke_key(world.store, world.tenant, NOW, "key_SSSS")
    with pytest.raises(ResourceMissing):
        revoke_key(world.store, world.tenant, NOW, "f" * 64)


def test_of_keys_with_the_same_letters_the_good_one_is_meant() -> None:
    world = World()
    gone = replace(an_api_key(sha256="1" * 64), revoked_at=NOW)
    over = replace(an_api_key(sha256="2" * 64), valid_until=NOW)
    kept(world, gone, over)
    assert found_key(world.store, world.tenant, NOW, "key_SSSS").state(NOW) is KeyState.EXPIRED
    kept(world, an_api_key(sha256="3" * 64))
    assert found_key(world.store, world.tenant, NOW, "key_SSSS").sha256 == "3" * 64
    kept(world, an_api_key(sha256="4" * 64))
    with pytest.raises(ParameterInvalid) as refused:
        found_key(world.store, world.tenant, NOW, "key_SSSS")
    assert refused.value.message == "key_SSSS are 2 keys: give the fingerprint."
    assert found_key(world.store, world.tenant, NOW, "4" * 64).sha256 == "4" * 64
