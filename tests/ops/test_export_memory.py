"""An export holds a page, however many rows it writes."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from chalicelib.domain.ids import Tenant, session_id
from chalicelib.domain.payments import Payment
from chalicelib.usecases.ports import Found, Slice, Store
from dev.measure_export import DAYS, TENANT, ManyPayments, a_payment, id_of, measured
from ops.export import reading
from ops.export.columns import PAYMENTS
from ops.export.commands import Order, Table, write_rows
from ops.export.texts import Format

KIB = 1024


class Endless:
    """A store with `count` payments that are all alike: one that was kept is a pointer more."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._read = 0
        self._usual = a_payment()
        self.asked: set[int] = set()

    def payments(self, tenant: Tenant, part: Slice) -> Found[Payment]:
        expected = None if self._read == 0 else session_id(id_of(self._read - 1))
        assert expected in (None, part.after), "a page is read twice, or left out"
        self.asked.add(part.limit)
        numbers = range(self._read, min(self._read + part.limit, self._count))
        self._read = numbers.stop
        newest = replace(self._usual, id=id_of(numbers.stop - 1))  # the one that is asked after
        return Found([newest, *[self._usual] * (len(numbers) - 1)], self._read < self._count)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def peak(count: int, out: Path) -> int:
    """How many bytes the export of `count` rows held at most."""
    store = Endless(count)
    few = {name: PAYMENTS[name] for name in ("checkout_session", "amount_total", "customer_phone")}
    table = Table("payments", few, reading.payments)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    rows = table.rows(cast(Store, store), iter([TENANT]), DAYS)
    assert write_rows(Order(DAYS, Format.CSV, str(out)), few, rows) == count
    _, most = tracemalloc.get_traced_memory()
    assert store.asked == {100}
    return most - before


def test_fifty_thousand_rows_take_no_more_memory_than_five_thousand(
    tmp_path: Path, traced: Any
) -> None:
    out = tmp_path / "payments.csv"
    peak(200, out)  # what is made once
    five, fifty = peak(5_000, out), peak(50_000, out)
    assert out.read_bytes().count(b"\r\n") == 50_001
    assert fifty < 512 * KIB
    assert abs(fifty - five) < 32 * KIB


@pytest.mark.parametrize("format", list(Format))
def test_whole_rows_of_the_real_store_do_not_either(
    tmp_path: Path, format: Format, traced: Any
) -> None:
    peaks = []
    for rows, queries in ((200, 2), (500, 5), (2_000, 20)):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        done = measured(rows, format, tmp_path / "payments")
        assert (done["rows"], done["queries"]) == (rows, queries)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)
    assert peaks[2] < 2048 * KIB
    assert abs(peaks[2] - peaks[1]) < 128 * KIB


def test_what_is_measured_is_what_a_store_would_give() -> None:
    assert ManyPayments(3).first_above("cs_") == 0
    assert ManyPayments(3).first_above(session_id(id_of(0))) == 1
    assert ManyPayments(3).first_above(session_id(id_of(2))) == 3
