"""The merchant's own account: how the shop is named, looks, and is reached."""

from dataclasses import replace

from chalicelib.domain.merchants import Merchant
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import Changes
from chalicelib.usecases.idempotency import once
from chalicelib.usecases.ports import Store


def retrieve_account(store: Store, asking: Asking) -> Merchant:
    """The merchant that asks."""
    found = store.merchant(asking.tenant.merchant)
    assert found is not None, "a key belongs to a merchant"
    return found


def update_account(store: Store, asking: Asking, changes: Changes) -> Merchant:
    """The merchant with these changes, in both modes."""
    before = retrieve_account(store, asking)
    after = replace(before, **changes)
    claim = asking.claim("account", before.id, after)
    return once(
        lambda: store.update_merchant(asking.tenant, before, after, asking.cause(before.id), claim),
        claim,
        after,
        lambda _: retrieve_account(store, asking),
    )
