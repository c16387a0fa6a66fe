"""What a merchant sets up, payments and refunds as items and back, as DynamoDB keeps them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings

from chalicelib.adapters.dynamodb.item_forms import changes
from chalicelib.adapters.dynamodb.payment_items import (
    ledger_from_item,
    ledger_to_item,
    payment_from_item,
    payment_to_item,
)
from chalicelib.adapters.dynamodb.refund_items import (
    refund_from_item,
    refund_to_item,
    settlement,
)
from chalicelib.adapters.dynamodb.shop_items import (
    api_key_from_item,
    api_key_to_item,
    merchant_from_item,
    merchant_to_item,
    payment_link_from_item,
    payment_link_to_item,
    price_from_item,
    price_to_item,
    product_from_item,
    product_to_item,
)
from chalicelib.adapters.dynamodb.values import LARGEST, decode_item, encode_item
from chalicelib.adapters.dynamodb.writes import Assign, Change, Drop, Item, Shift
from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.ledger import LedgerEntry
from chalicelib.domain.merchants import Merchant, Policy
from chalicelib.domain.payment_links import PaymentLink
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import Refund
from tests.adapters.strategies import (
    API_KEY,
    ENTRY,
    LINK,
    MERCHANT,
    PAYMENT,
    PRICE,
    PRODUCT,
    REFUND,
)
from tests.builders import (
    NOW,
    a_merchant,
    a_payment,
    a_refund,
    a_tenant,
    an_api_key,
    in_review,
)

T = a_tenant()


def stored(item: Item) -> Item:
    """The item after DynamoDB has kept it."""
    return decode_item(encode_item(item))


@given(MERCHANT, API_KEY)
@settings(deadline=None)
def test_merchants_and_keys_come_back_as_they_were(merchant: Merchant, key: ApiKey) -> None:
    assert merchant_from_item(stored(merchant_to_item(merchant))) == merchant
    assert api_key_from_item(stored(api_key_to_item(key))) == key


def test_a_key_from_before_there_were_scopes_is_a_full_one() -> None:
    item = api_key_to_item(an_api_key())
    assert set(item) == {"kind", "schema", "merchant", "livemode", "sha256", "last4", "created"}
    assert api_key_from_item(item).scopes is None


def test_a_scope_that_nobody_knows_gives_nothing() -> None:
    item = api_key_to_item(an_api_key(Scope.REFUNDS_READ))
    told = {**item, "scopes": ["refunds:read", "stars:read", "*"]}
    assert api_key_from_item(told).scopes == {Scope.REFUNDS_READ}
    assert api_key_from_item({**item, "scopes": ["*"]}).scopes == frozenset()


@given(PRODUCT, PRICE, LINK)
@settings(deadline=None)
def test_the_catalog_comes_back_as_it_was(
    product: Product, price: Price, link: PaymentLink
) -> None:
    assert product_from_item(stored(product_to_item(T, product))) == product
    assert price_from_item(stored(price_to_item(T, price))) == price
    assert payment_link_from_item(stored(payment_link_to_item(T, link))) == link


@given(PAYMENT)
@settings(deadline=None, max_examples=60)
def test_payments_come_back_as_they_were(payment: Payment) -> None:
    assert payment_from_item(stored(payment_to_item(payment))) == remembered(payment)


def remembered(payment: Payment) -> Payment:
    """A payment whose lines keep what was shown and asked, not all that stands in the catalogue."""
    return replace(
        payment,
        items=tuple(
            replace(
                line,
                product=replace(
                    line.product,
                    description=line.product.description and line.product.description[:500],
                    images=line.product.images[:1],
                    metadata={},
                    inventory=None,
                ),
                price=replace(line.price, metadata={}, custom=None),
            )
            for line in payment.items
        ),
    )


def test_a_merchant_from_before_there_were_policies_has_everything_held() -> None:
    item = merchant_to_item(a_merchant())
    old = {name: value for name, value in item.items() if not name.endswith("_policy")}
    assert merchant_from_item(stored(old)) == a_merchant()
    assert a_merchant().late_payment_policy is Policy.HOLD


@given(REFUND, ENTRY)
@settings(deadline=None)
def test_refunds_and_entries_come_back_as_they_were(refund: Refund, entry: LedgerEntry) -> None:
    assert refund_from_item(stored(refund_to_item(refund))) == refund
    assert ledger_from_item(stored(ledger_to_item(entry))) == entry


@given(PAYMENT, PAYMENT)
@settings(deadline=None, max_examples=50)
def test_the_changes_from_one_payment_to_another_make_it_the_other(
    before: Payment, after: Payment
) -> None:
    old, new = payment_to_item(before), payment_to_item(after)
    assert changed(old, changes(old, new)) == new


def changed(item: Item, changes: Mapping[str, Change]) -> Item:
    """The item after the changes."""
    after = dict(item)
    for name, change in changes.items():
        match change:
            case Assign(value):
                after[name] = value
            case Shift(by):
                held = after[name]
                assert isinstance(held, int)
                after[name] = held + by
            case Drop():
                after.pop(name, None)
            case _:
                raise AssertionError(f"{name} is not expected to be {change}")
    return after


def test_nothing_that_is_the_same_is_changed() -> None:
    item = payment_to_item(a_payment())
    assert changes(item, item) == {}
    held = changes(item, payment_to_item(in_review(a_payment())))
    assert held.keys() == {"rank", "review"}


def test_what_is_due_is_in_the_index_of_what_is_due_and_nothing_else_is() -> None:
    due = {"due_at", "dp", "ds"}
    waits = payment_to_item(replace(a_payment(), due_at=NOW))
    assert waits["ds"] == f"00{NOW}#payment#{T.merchant}#test#{a_payment().id}"
    assert not due & payment_to_item(a_payment()).keys()
    assert not due & refund_to_item(a_refund()).keys()
    refund = refund_to_item(replace(a_refund(), due_at=NOW))
    assert refund["ds"] == f"00{NOW}#refund#{T.merchant}#test#{a_refund().id}"
    assert changes(payment_to_item(a_payment()), waits).keys() == due


@pytest.mark.parametrize("status", list(DisputeStatus))
def test_whether_it_is_disputed_is_kept_beside_the_disputes(status: DisputeStatus) -> None:
    item = payment_to_item(replace(a_payment(), disputes={"dp_1": status}))
    assert item["disputes"] == {"dp_1": status.value}
    assert item["disputed"] is (status is not DisputeStatus.WON)
    assert payment_to_item(a_payment())["disputed"] is False


@given(REFUND, REFUND)
@settings(deadline=None)
def test_a_settlement_makes_the_end_of_a_refund_what_it_is(before: Refund, end: Refund) -> None:
    end = replace(
        before, status=end.status, in_doubt=end.in_doubt, failure=end.failure, lease_until=0,
        absent_since=end.absent_since, due_at=end.due_at,
        psp_refund=before.psp_refund if end.psp_refund is None else end.psp_refund,
    )  # fmt: skip
    item = changed(stored(refund_to_item(before)), settlement(end))
    assert refund_from_item(stored(item)) == end
    assert item == stored(refund_to_item(end))


def test_no_secret_key_and_no_amount_out_of_bounds_gets_into_an_item() -> None:
    item = payment_to_item(a_payment())
    assert all(not isinstance(value, float) for value in item.values())
    numbers = [value for value in item.values() if isinstance(value, int)]
    assert max(numbers) < LARGEST
    assert refund_to_item(a_refund())["lp"] == f"M#{T.merchant}#test#refunds"
