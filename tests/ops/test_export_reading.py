"""Days and pages: everything that began in them, once, the oldest first, and nothing read twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.payment_items import payment_to_item
from chalicelib.adapters.dynamodb.refund_items import refund_to_item
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Absent, Put
from chalicelib.domain.ids import Millis, PaymentId, RefundId, Tenant, time_part
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from ops.days import JAKARTA, YEARS, Days, day_of, instant
from ops.export import reading
from ops.export.columns import Returned
from ops.listing import newest
from simulator.memory_engine import MemoryEngine
from tests.builders import a_payment, a_refund, a_tenant

DAY_MS = 86_400_000
MIDNIGHT = Millis(int(datetime(2026, 11, 25, tzinfo=JAKARTA).timestamp()) * 1000)
NOVEMBER_25 = Days(date(2026, 11, 25), date(2026, 11, 25))
T = a_tenant()


def a_payment_of(at: int, number: int = 0, tenant: Tenant = T) -> Payment:
    id = PaymentId(f"{time_part(Millis(at))}{number:016d}")
    return replace(a_payment(tenant=tenant), id=id, created=Millis(at))


def a_refund_of(at: int, payment: Payment, number: int = 0) -> Refund:
    id = RefundId(f"re_{time_part(Millis(at))}{number:016d}")
    return replace(a_refund(), id=id, created=Millis(at), payment=payment.id)


class Kept:
    """A store with these in it."""

    def __init__(self, payments: Sequence[Payment], refunds: Sequence[Refund] = ()) -> None:
        self.engine = MemoryEngine()
        self.store = DynamoDBStore(self.engine)
        for payment in payments:
            at = keys.payment_key(payment.tenant, payment.id)
            self.engine.write([Put("payment", at, payment_to_item(payment), Absent())])
        for refund in refunds:
            at = keys.refund_key(refund.tenant, refund.id)
            self.engine.write([Put("refund", at, refund_to_item(refund), Absent())])
        self.engine.calls.clear()


def test_a_day_is_jakartas_from_its_first_millisecond_to_its_last() -> None:
    born = (MIDNIGHT - 1, MIDNIGHT, MIDNIGHT + DAY_MS - 1, MIDNIGHT + DAY_MS)
    before, first, last, after = (a_payment_of(at) for at in born)
    kept = Kept([after, first, before, last])
    assert list(reading.payments(kept.store, T, NOVEMBER_25)) == [first, last]
    both = Days(date(2026, 11, 24), date(2026, 11, 26))
    assert list(reading.payments(kept.store, T, both)) == [before, first, last, after]
    assert instant(first.created) == "2026-11-25T00:00:00.000+07:00"
    assert instant(last.created) == "2026-11-25T23:59:59.999+07:00"


@pytest.mark.parametrize(
    ("count", "queries"), [(0, 1), (1, 1), (100, 1), (101, 2), (200, 2), (250, 3)]
)
def test_a_hundred_are_one_query(count: int, queries: int) -> None:
    born = [a_payment_of(MIDNIGHT + number // 3, number) for number in range(count)]
    later = [a_payment_of(MIDNIGHT + DAY_MS, number) for number in range(150)]
    tenants = (a_tenant(number=2), a_tenant(livemode=True))
    others = [a_payment_of(MIDNIGHT, 1, tenant) for tenant in tenants]
    kept = Kept([*later, *born, *others])
    assert list(reading.payments(kept.store, T, NOVEMBER_25)) == born
    assert kept.engine.calls == {"page": queries}


def test_what_begins_while_it_is_read_comes_at_the_end() -> None:
    born = [a_payment_of(MIDNIGHT, number) for number in range(150)]
    kept = Kept(born)
    found = reading.payments(kept.store, T, NOVEMBER_25)
    first = next(found)
    late = a_payment_of(MIDNIGHT + 1)
    at = keys.payment_key(T, late.id)
    kept.engine.write([Put("payment", at, payment_to_item(late), Absent())])
    assert [first, *found] == [*born, late]


def test_refunds_come_with_their_payments_in_one_read_a_page() -> None:
    paid, other = a_payment_of(MIDNIGHT - DAY_MS), a_payment_of(MIDNIGHT)
    lost = a_payment_of(MIDNIGHT, 7)
    refunds = [a_refund_of(MIDNIGHT, (paid, other)[number % 2], number) for number in range(120)]
    orphan = a_refund_of(MIDNIGHT + 1, lost)
    early = a_refund_of(MIDNIGHT - 1, paid)
    kept = Kept([paid, other], [orphan, early, *refunds])
    assert list(reading.refunds(kept.store, T, NOVEMBER_25)) == [
        *(Returned(each, (paid, other)[number % 2]) for number, each in enumerate(refunds)),
        Returned(orphan, None),
    ]
    assert kept.engine.calls == {"page": 2, "get_many": 2}


def test_no_refunds_cost_one_query() -> None:
    kept = Kept([a_payment_of(MIDNIGHT)])
    assert list(reading.refunds(kept.store, T, NOVEMBER_25)) == []
    assert kept.engine.calls == {"page": 1}


@pytest.mark.parametrize(
    ("limit", "day", "expected", "queries"),
    [
        (1, None, 1, 1),
        (100, None, 100, 1),
        (150, None, 150, 2),
        (1000, None, 260, 3),
        (1000, date(2026, 11, 25), 210, 3),
        (210, date(2026, 11, 25), 210, 3),
        (1000, date(2026, 11, 24), 0, 1),
    ],
)
def test_the_newest_of_a_list(limit: int, day: date | None, expected: int, queries: int) -> None:
    today = [a_payment_of(MIDNIGHT, number) for number in range(210)]
    tomorrow = [a_payment_of(MIDNIGHT + DAY_MS, number) for number in range(50)]
    kept = Kept([*today, *tomorrow])
    found = newest(kept.store.payments, T, lambda each: f"cs_{each.id}", ("cs", day), limit)
    newest_first = (today if day else [*today, *tomorrow])[::-1]
    assert found == newest_first[:expected]
    assert kept.engine.calls == {"page": queries}


@given(st.dates(date(2000, 1, 1), date(9998, 12, 31)))
def test_any_day_ends_where_the_next_one_begins(day: date) -> None:
    assert day_of(day.isoformat()) == day
    since, until = Days(day, day).bounds("cs")
    assert since < until
    if day.year + 1 in YEARS:
        next_day = day + timedelta(days=1)
        assert Days(next_day, next_day).bounds("cs")[0] == until


@pytest.mark.parametrize(
    "text",
    [
        "", "today", "2026-13-01", "2026-02-30", "20261125", "2026-W01-1", "1999-12-31",
        "9999-12-31", "2026-11-25T00:00",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="a day is like 2026-11-25"):
        day_of(text)
