"""A merchant's API keys: made, rotated, revoked; the operator does it."""

from dataclasses import dataclass, replace

from chalicelib.domain.api_keys import ApiKey, KeyState, Scope, check_name
from chalicelib.domain.errors import ParameterInvalid, ResourceMissing
from chalicelib.domain.ids import Millis, Tenant, parse_secret_key, secret_key_text
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.ports import Mint, Store

CHANGED = "It has just changed. Look again before deciding."
GOOD = (KeyState.ACTIVE, KeyState.ROTATED)


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is kept, and its text, which is kept nowhere and cannot be shown again."""

    key: ApiKey
    text: str


def new_key(
    mint: Mint, tenant: Tenant, now: Millis, scopes: frozenset[Scope] | None = None
) -> NewKey:
    """A key that nobody keeps yet: a full secret one, or a restricted one with these scopes."""
    text = secret_key_text(tenant, mint.secret(), restricted=scopes is not None)
    presented = parse_secret_key(text)
    assert presented is not None, "a key that we made has the form of our keys"
    key = ApiKey(
        tenant=tenant,
        sha256=presented.sha256,
        last4=presented.last4,
        created=now,
        scopes=scopes,
    )
    return NewKey(key, text)


def create_key(
    store: Store,
    mint: Mint,
    tenant: Tenant,
    now: Millis,
    *,
    scopes: frozenset[Scope] | None = None,
    name: str | None = None,
) -> NewKey:
    """One more key of the merchant in this mode; without scopes a full one. Raises
    ParameterInvalid for a name that nobody can read."""
    check_name(name)
    made = new_key(mint, tenant, now, scopes)
    made = replace(made, key=replace(made.key, name=name))
    store.add_api_key(made.key)
    return made


def rotate_key(
    store: Store, mint: Mint, tenant: Tenant, now: Millis, named: str, keep_ms: int
) -> NewKey:
    """A key of the same kind, scopes and name in the place of one, which stays good for `keep_ms`.

    Raises ResourceMissing, or ParameterInvalid for one that is rotated or revoked already.
    """
    before = found_key(store, tenant, now, named)
    after = before.rotated(keep_ms, now)
    made = new_key(mint, tenant, now, before.scopes)
    made = replace(made, key=replace(made.key, name=before.name))
    try:
        store.rotate_api_key(before, after, made.key)
    except Lost:
        raise ParameterInvalid(CHANGED, param="key") from None
    return made


def revoke_key(store: Store, tenant: Tenant, now: Millis, named: str) -> ApiKey:
    """The key opens nothing any more, once nobody remembers it (`KeyRing`). Raises
    ResourceMissing, or ParameterInvalid for one that is revoked already."""
    before = found_key(store, tenant, now, named)
    after = before.revoked(now)
    try:
        store.revoke_api_key(before, after)
    except Lost:
        raise ParameterInvalid(CHANGED, param="key") from None
    return after


def found_key(store: Store, tenant: Tenant, now: Millis, named: str) -> ApiKey:
    """The key that is called `key_JkQ2` by its last letters, or by its whole fingerprint. Of
    several with the same letters it is the one that is still good.

    Raises ResourceMissing; ParameterInvalid when more than one may be meant.
    """
    keys = store.api_keys(tenant)
    meant = [key for key in keys if named in (key.actor, key.sha256)]
    good = [key for key in meant if key.state(now) in GOOD]
    if len(good) > 1:
        raise ParameterInvalid(f"{named} are {len(good)} keys: give the fingerprint.", param="key")
    if not meant:
        raise ResourceMissing("API key", named)
    return (good or meant)[-1]
