"""Keys on every engine: kept, listed by mode, ended once, and their use noted once an hour."""

from dataclasses import replace

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.ids import Millis, parse_secret_key
from tests.adapters.stored import everything, lost
from tests.builders import NOW, a_merchant, a_secret_key, a_tenant, an_api_key

T, LIVE, OTHER = a_tenant(), a_tenant(livemode=True), a_tenant(number=2)
UNTIL = Millis(NOW + 5)
HOUR = 3_600_000


def as_kept(store: DynamoDBStore, key: ApiKey) -> ApiKey:
    """The key as the store has it now."""
    (found,) = [each for each in store.api_keys(key.tenant) if each.sha256 == key.sha256]
    return found


def test_a_restricted_key_comes_back_as_it_was(store: DynamoDBStore) -> None:
    presented = parse_secret_key(a_secret_key(restricted=True))
    assert presented is not None
    for scopes in (frozenset({Scope.REFUNDS_WRITE, Scope.PRODUCTS_READ}), frozenset[Scope]()):
        sha256 = f"{len(scopes)}" * 64
        key = replace(an_api_key(sha256=sha256), scopes=scopes, name="Kasir", last_used=NOW)
        store.add_api_key(key)
        assert store.api_key(replace(presented, sha256=sha256)) == key


def test_keys_are_listed_by_mode_oldest_first(store: DynamoDBStore) -> None:
    store.add_merchant(a_merchant(), an_api_key(sha256="9" * 64))
    for key in (
        replace(an_api_key(sha256="1" * 64), created=UNTIL),
        an_api_key(tenant=LIVE, sha256="2" * 64),
        an_api_key(tenant=OTHER, sha256="3" * 64),
    ):
        store.add_api_key(key)
    assert [key.sha256[0] for key in store.api_keys(T)] == ["9", "1"]
    assert [key.sha256[0] for key in store.api_keys(LIVE)] == ["2"]
    assert [key.sha256[0] for key in store.api_keys(OTHER)] == ["3"]
    assert store.api_keys(a_tenant(number=3)) == []


def test_a_key_is_rotated_once_with_its_successor_or_not_at_all(
    store: DynamoDBStore, engine: Engine
) -> None:
    old, new = an_api_key(sha256="1" * 64), an_api_key(sha256="2" * 64)
    rotated = replace(old, valid_until=UNTIL)
    taken = an_api_key(sha256="3" * 64)
    store.add_api_key(old)
    store.add_api_key(taken)
    with lost(engine, "successor"):
        store.rotate_api_key(old, rotated, taken)
    store.rotate_api_key(old, rotated, new)
    assert list(store.api_keys(T)) == [rotated, new, taken]
    third = an_api_key(sha256="4" * 64)
    with lost(engine, "key"):
        store.rotate_api_key(old, replace(old, valid_until=NOW), third)
    with lost(engine, "key"):  # as it was read it had not been rotated
        store.revoke_api_key(old, replace(old, revoked_at=NOW))
    store.revoke_api_key(rotated, replace(rotated, revoked_at=NOW))
    with lost(engine, "key"):
        store.revoke_api_key(rotated, replace(rotated, revoked_at=UNTIL))
    assert as_kept(store, old) == replace(rotated, revoked_at=NOW)


def test_a_key_that_is_not_there_is_not_ended(store: DynamoDBStore, engine: Engine) -> None:
    key = an_api_key()
    with lost(engine, "key"):
        store.revoke_api_key(key, replace(key, revoked_at=NOW))
    with lost(engine, "key"):
        store.rotate_api_key(key, replace(key, valid_until=UNTIL), an_api_key(sha256="2" * 64))


def test_a_use_is_noted_where_none_of_the_last_hour_is(
    store: DynamoDBStore, engine: Engine
) -> None:
    key = an_api_key()
    store.note_use(key, NOW, Millis(NOW - HOUR + 1))
    assert everything(engine) == []
    store.add_api_key(key)
    for now, kept in ((0, 0), (1, 0), (HOUR - 1, 0), (HOUR, HOUR), (HOUR + 1, HOUR), (5, HOUR)):
        store.note_use(key, Millis(NOW + now), Millis(NOW + now - HOUR + 1))
        assert as_kept(store, key) == replace(key, last_used=NOW + kept)


def test_a_use_and_an_end_do_not_undo_each_other(store: DynamoDBStore) -> None:
    key = an_api_key()
    store.add_api_key(key)
    store.note_use(key, NOW, Millis(NOW - HOUR + 1))
    store.revoke_api_key(key, replace(key, revoked_at=UNTIL))
    assert as_kept(store, key) == replace(key, last_used=NOW, revoked_at=UNTIL)
