"""What a key opens, what it may, and how it ends."""

from dataclasses import replace

import pytest

from chalicelib.domain.api_keys import KEPT_AT_MOST_MS, ApiKey, KeyState, Scope, check_name
from chalicelib.domain.errors import ParameterInvalid, ScopeMissing
from chalicelib.domain.ids import Millis, SecretKey, parse_secret_key
from tests.builders import NOW, a_secret_key, a_tenant, an_api_key

LATER = Millis(NOW + 1)
READS = {scope for scope in Scope if scope.endswith(":read")}


def shown(*, restricted: bool = False) -> SecretKey:
    """A key as it was presented."""
    presented = parse_secret_key(a_secret_key(restricted=restricted))
    assert presented is not None
    return presented


FULL = an_api_key(sha256=shown().sha256)
NARROW = an_api_key(Scope.REFUNDS_WRITE, sha256=shown(restricted=True).sha256)


def test_a_key_opens_only_for_itself_its_tenant_and_its_kind() -> None:
    assert FULL.opens(shown(), NOW)
    assert NARROW.opens(shown(restricted=True), NOW)
    for bent in (
        replace(FULL, sha256="0" * 64),
        replace(FULL, tenant=a_tenant(livemode=True)),
        replace(FULL, tenant=a_tenant(number=2)),
        replace(FULL, scopes=frozenset(Scope)),
        replace(FULL, scopes=frozenset()),
    ):
        assert not bent.opens(shown(), NOW)
    assert not replace(NARROW, scopes=None).opens(shown(restricted=True), NOW)


@pytest.mark.parametrize(
    ("key", "state", "opens"),
    [
        (FULL, KeyState.ACTIVE, True),
        (replace(FULL, valid_until=LATER), KeyState.ROTATED, True),
        (replace(FULL, valid_until=NOW), KeyState.EXPIRED, False),
        (replace(FULL, revoked_at=NOW), KeyState.REVOKED, False),
        (replace(FULL, revoked_at=LATER), KeyState.REVOKED, False),
        (replace(FULL, valid_until=LATER, revoked_at=NOW), KeyState.REVOKED, False),
    ],
)
def test_a_key_opens_until_it_is_revoked_or_its_time_is_over(
    key: ApiKey, state: KeyState, opens: bool
) -> None:
    assert key.state(NOW) is state
    assert key.opens(shown(), NOW) is opens


# --- scopes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", Scope)
def test_a_scope_gives_itself_and_with_write_the_read_of_its_resource(scope: Scope) -> None:
    given = {each for each in Scope if scope.gives(each)}
    assert given == {scope, *({scope.replace(":write", ":read")} & READS)}
    assert len(given) == (2 if scope.endswith(":write") else 1)


def test_the_scopes_are_these() -> None:
    written = (
        "products prices payment_links checkout_sessions payment_intents refunds account "
        "webhook_endpoints"
    )
    told = {f"{name}:{verb}" for name in written.split() for verb in ("read", "write")}
    assert set(Scope) == told | {"payment_methods:read", "events:read"}


def test_a_full_key_may_everything_and_a_restricted_one_what_its_scopes_give() -> None:
    assert all(FULL.may(scope) for scope in Scope)
    assert {scope for scope in Scope if NARROW.may(scope)} == {
        Scope.REFUNDS_READ, Scope.REFUNDS_WRITE,
    }  # fmt: skip
    assert not any(replace(NARROW, scopes=frozenset()).may(scope) for scope in Scope)
    two = an_api_key(Scope.PRODUCTS_READ, Scope.ACCOUNT_READ)
    assert {scope for scope in Scope if two.may(scope)} == {"products:read", "account:read"}


def test_what_is_not_given_is_refused_by_name() -> None:
    NARROW.must_have(Scope.REFUNDS_READ)
    with pytest.raises(ScopeMissing) as refused:
        NARROW.must_have(Scope.PAYMENT_LINKS_WRITE)
    error = refused.value
    assert error.message == "This API key does not have the scope payment_links:write."
    assert (error.type, error.code) == ("permission_error", "scope_missing")
    assert error.details == {"scope": "payment_links:write"}


# --- the end of a key -----------------------------------------------------------------------


@pytest.mark.parametrize("keep", [0, 1, 24 * 3_600_000, KEPT_AT_MOST_MS])
def test_a_rotated_key_is_good_for_as_long_as_was_said(keep: int) -> None:
    old = FULL.rotated(keep, NOW)
    assert old == replace(FULL, valid_until=NOW + keep)
    assert not old.opens(shown(), Millis(NOW + keep))
    assert old.opens(shown(), Millis(NOW + keep - 1))


@pytest.mark.parametrize("keep", [-1, 7 * 24 * 3_600_000 + 1])
def test_a_rotated_key_is_kept_for_seven_days_at_most(keep: int) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        FULL.rotated(keep, NOW)
    assert refused.value.message == "A rotated key is kept for 0 to 7 days."


@pytest.mark.parametrize(
    ("key", "state"),
    [
        (replace(FULL, valid_until=LATER), "rotated"),
        (replace(FULL, valid_until=NOW), "expired"),
        (replace(FULL, revoked_at=NOW), "revoked"),
    ],
)
def test_only_an_active_key_is_rotated(key: ApiKey, state: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        key.rotated(0, NOW)
    assert refused.value.message == f"key_SSSS is {state} already."


def test_a_key_is_revoked_once_rotated_or_not() -> None:
    assert FULL.revoked(NOW) == replace(FULL, revoked_at=NOW)
    assert FULL.rotated(1, NOW).revoked(NOW).state(NOW) is KeyState.REVOKED
    with pytest.raises(ParameterInvalid, match=r"^key_SSSS is revoked already\.$"):
        FULL.revoked(NOW).revoked(LATER)


@pytest.mark.parametrize("name", [None, "Kasir", "n" * 80, "Gudang 2 – cetak"])
def test_a_name_that_can_be_read_will_do(name: str | None) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", " ", "n" * 81, "a\nb", "\u202ex"])
def test_a_name_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        check_name(name)
    assert refused.value.param == "name"
