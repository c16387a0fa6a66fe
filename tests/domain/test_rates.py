"""How often sessions may begin: windows, shards, and whose address counts as whose."""

import pytest

from chalicelib.domain.ids import Millis, PaymentId, PaymentLinkId
from chalicelib.domain.rates import (
    Rate,
    Rates,
    counts,
    failures_window,
    network_of,
)
from tests.builders import ulid

PAYMENT = PaymentId(ulid(1))
LINK = PaymentLinkId(f"plink_{ulid(1)}")
NOW = Millis(1_800_000_030_000)  # half a minute into its minute


def test_a_tap_counts_for_its_merchant_link_and_address() -> None:
    rates = Rates(address=Rate(5), link=Rate(9, shards=2), merchant=Rate(100, shards=3))
    merchant, link, address = counts(rates, PAYMENT, LINK, "203.0.113.9", NOW)
    assert (merchant.name, merchant.subject, merchant.most) == ("merchant", "", 34)
    assert (link.name, link.subject, link.most) == ("link", LINK, 5)
    assert (address.name, address.most, address.shard) == ("address", 5, 0)
    assert {each.until for each in (merchant, link, address)} == {1_800_000_060_000}
    assert link.shard in (0, 1)
    assert merchant.shard in (0, 1, 2)


def test_a_merchants_own_request_counts_for_no_address_and_without_a_link_for_none() -> None:
    names = [each.name for each in counts(Rates(), PAYMENT, LINK, None, NOW)]
    assert names == ["merchant", "link"]
    assert [each.name for each in counts(Rates(), PAYMENT, None, None, NOW)] == ["merchant"]
    off = Rates(address=Rate(0))
    assert [each.name for each in counts(off, PAYMENT, None, "203.0.113.9", NOW)] == ["merchant"]


def test_an_address_is_a_digest_that_changes_with_the_window() -> None:
    rates = Rates()
    first = counts(rates, PAYMENT, LINK, "203.0.113.9", NOW)[2]
    same = counts(rates, PaymentId(ulid(2)), LINK, "203.0.113.9", Millis(NOW + 29_999))[2]
    later = counts(rates, PAYMENT, LINK, "203.0.113.9", Millis(NOW + 30_000))[2]
    other = counts(rates, PAYMENT, LINK, "203.0.113.8", NOW)[2]
    assert first == same
    assert len({first.subject, later.subject, other.subject}) == 3
    assert "203" not in first.subject
    assert len(first.subject) == 32


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "20010db800010002"),
        ("2001:db8:1:2::", "20010db800010002"),
        ("test-invoke-source-ip", "test-invoke-source-ip"),
        ("x" * 99, "x" * 60),
    ],
)
def test_one_customer_of_a_network_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(("after", "seconds"), [(0, 30), (1, 30), (29_001, 1), (29_999, 1)])
def test_the_wait_is_told_in_whole_seconds(after: int, seconds: int) -> None:
    (merchant,) = counts(Rates(), PAYMENT, None, None, NOW)
    assert merchant.wait_s(Millis(NOW + after)) == seconds


def test_failures_are_counted_by_the_hour() -> None:
    assert failures_window(Millis(3_599_999)) == 0
    assert failures_window(Millis(3_600_000)) == 1
