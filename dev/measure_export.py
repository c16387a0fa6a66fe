"""Exports many payments and measures it: `python -m dev.measure_export 1000000`.

The store is the real one, over an engine that makes each page when it is asked for it, so that
what is measured is reading, rows and text, and not a database's patience. Prints one JSON object.
"""

import json
import resource
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, cast

from chalicelib.adapters.dynamodb.payment_items import payment_to_item
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine, Item, Page
from chalicelib.domain.catalog import LineItem, Price, Product
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    PriceId,
    ProductId,
    Tenant,
    time_part,
)
from chalicelib.domain.ledger import Totals
from chalicelib.domain.link_forms import Customer, FieldAnswer, FieldType
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus, ProviderSession
from ops.days import Days
from ops.export.commands import TABLES, Order, write_rows
from ops.export.texts import Format

BORN = Millis(1_764_000_000_000)  # 24 November 2025, 23.00 WIB
DAYS = Days(date(2025, 11, 24), date(2025, 12, 31))
TENANT = Tenant(MerchantId("acct_01JTESTMERCHANT00000000000"), False)
EVERY_MS = 1000
ROWS = {table.name: table for table in TABLES}


def a_payment() -> Payment:
    """One with what a usual one has."""
    product = Product(
        id=ProductId("prod_01JTEST0000000000000000001"),
        name="Kaos Polos; Hitam, XL",
        created=BORN,
        updated=BORN,
        metadata={"sku": "KPH-XL"},
    )
    price = Price(
        id=PriceId("price_01JTEST0000000000000000001"),
        product=product.id,
        unit_amount=Money(150_000, "IDR"),
        created=BORN,
        updated=BORN,
        metadata={},
    )
    return Payment(
        id=id_of(0),
        tenant=TENANT,
        created=BORN,
        amount=Money(150_000, "IDR"),
        items=(
            LineItem(id="li_01JTEST0000000000000000001", product=product, price=price, quantity=1),
        ),
        payment_method_types=("dana",),
        expires_at=Millis(BORN + 86_400_000),
        secret="S" * 32,
        client_reference_id="ORDER-1",
        metadata={"order": "1"},
        customer=Customer(name="Sari", phone="+6281234567890"),
        custom_fields=(FieldAnswer("catatan", "Catatan", FieldType.TEXT, "=dibungkus kado"),),
        provider=ProviderSession("cs_1000", "pi_1000", "https://pay.example.com/1000"),
        status=PaymentStatus.PAID,
        totals=Totals(150_000, 150_000),
        method="dana",
        paid_at=BORN,
        seq=1,
    )


def id_of(number: int) -> PaymentId:
    """The number-th payment, the first is 0."""
    return PaymentId(f"{time_part(Millis(BORN + number * EVERY_MS))}{0:016d}")


class ManyPayments:
    """The list index of `count` payments, one a second, made as it is read; `pages` counts."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._usual = payment_to_item(a_payment())
        self.pages = 0

    def page(self, page: Page) -> Sequence[Item]:
        """The ones next above `after`, the newest first."""
        assert page.after is not None, "an export reads upwards"
        self.pages += 1
        first = self.first_above(page.after)
        last = min(first + page.limit, self._count)
        return [self._item(number) for number in range(last - 1, first - 1, -1)]

    def first_above(self, after: str) -> int:
        """The number of the first payment above an id."""
        low, high = 0, self._count
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if f"cs_{id_of(middle)}" > after else (middle + 1, high)
        return low

    def _item(self, number: int) -> Item:
        born = BORN + number * EVERY_MS
        id = id_of(number)
        named = {"id": id, "ls": f"cs_{id}", "psp_intent": f"pi_{number}"}
        return {**self._usual, **named, "created": born, "paid_at": born + 60_000}


def measured(rows: int, format: Format, out: Path) -> dict[str, Any]:
    """One export of that many payments, and what it took."""
    engine = ManyPayments(rows)
    store = DynamoDBStore(cast(Engine, engine))
    table, began = ROWS["payments"], time.monotonic()
    order = Order(DAYS, format, str(out))
    count = write_rows(order, table.columns, table.rows(store, iter([TENANT]), DAYS))
    return {
        "rows": count,
        "queries": engine.pages,
        "format": format.value,
        "bytes": out.stat().st_size,
        "seconds": round(time.monotonic() - began, 1),
        "peak_rss_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    """Both formats, and the memory of the process after each."""
    rows, folder = int(sys.argv[1]), Path("dist")
    folder.mkdir(exist_ok=True)
    for format in Format:
        out = folder / f"payments.{format.value}"
        print(json.dumps(measured(rows, format, out)), flush=True)
        out.unlink()


if __name__ == "__main__":
    main()
