"""`export`: payments, refunds and line items, row by row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Generic, TypeVar

import typer

from chalicelib import bootstrap
from chalicelib.domain.ids import Tenant
from chalicelib.usecases.ports import Store
from ops.days import Days, day_of
from ops.export import reading
from ops.export.columns import (
    LINE_ITEMS,
    OBJECTS,
    PAYMENTS,
    REFUNDS,
    Columns,
    Line,
    Row,
    lines_of,
    row_of,
)
from ops.export.files import STANDARD_OUTPUT, checked, written
from ops.export.texts import BOM, Format, csv_rows, json_lines
from ops.printing import print_json
from ops.progress import watched
from ops.target import AnyMerchant, Live, tenants_of

T = TypeVar("T")
Read = Callable[[Store, Tenant, Days], Iterator[T]]
exports = typer.Typer(no_args_is_help=True, help="Rows for books and spreadsheets.")


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """What one export is of: its name, its columns, and where its things come from."""

    name: str
    columns: Columns[T]
    read: Read[T]

    def rows(self, store: Store, tenants: Iterator[Tenant], days: Days) -> Iterator[Row]:
        """Merchant by merchant, the oldest first."""
        for tenant in tenants:
            for thing in self.read(store, tenant, days):
                yield row_of(self.columns, thing)


def _lines(store: Store, tenant: Tenant, days: Days) -> Iterator[Line]:
    for payment in reading.payments(store, tenant, days):
        yield from lines_of(payment)


TABLES: tuple[Table[Any], ...] = (
    Table("payments", PAYMENTS, reading.payments),
    Table("refunds", REFUNDS, reading.refunds),
    Table("line-items", LINE_ITEMS, _lines),
)


@dataclass(frozen=True, slots=True)
class Order:
    """How an export is wanted; `also` are columns of their own for what objects hold."""

    days: Days
    format: Format
    out: str
    also: Sequence[str] = ()
    bom: bool = False

    def checked(self, columns: Columns[Any]) -> "Order":
        """Raises BadParameter for what does not go together."""
        if self.days.last < self.days.first:
            raise typer.BadParameter("--to is before --from")
        if self.format is not Format.CSV and (self.also or self.bom):
            raise typer.BadParameter("--column and --bom are for CSV")
        for path in self.also:
            name, dot, key = path.partition(".")
            if not (dot and key and name in OBJECTS & columns.keys()):
                objects = ", ".join(f"{each}.…" for each in columns if each in OBJECTS)
                raise typer.BadParameter(f"{path} is none of {objects}")
        return self


def write_rows(order: Order, columns: Columns[Any], rows: Iterator[Row]) -> int:
    """Every row into the file that was asked for; how many there were. Raises OSError."""
    count = 0
    with written(order.out) as file:
        if order.bom:
            file.write(BOM)
        csv = order.format is Format.CSV
        write = csv_rows(file, list(columns), order.also) if csv else json_lines(file)
        for row in rows:
            write(row)
            count += 1
    return count


def _day(row: Row) -> str:
    return str(row["created"])[:10]


def _add(table: Table[Any]) -> None:
    """The command of one table."""

    @exports.command(table.name, help=f"{table.name.capitalize()}, the oldest first, as one file.")
    def export(  # noqa: PLR0913 - one argument an option
        context: typer.Context,
        first: Annotated[
            date, typer.Option("--from", parser=day_of, metavar="DAY", help="YYYY-MM-DD, Jakarta.")
        ],
        last: Annotated[
            date | None,
            typer.Option(
                "--to", parser=day_of, metavar="DAY", help="The last day, whole; else the same."
            ),
        ] = None,
        format: Annotated[Format, typer.Option(help="csv or jsonl.")] = Format.CSV,
        out: Annotated[
            str, typer.Option(callback=checked, help="A file, or - for standard output.")
        ] = STANDARD_OUTPUT,
        column: Annotated[
            list[str] | None,
            typer.Option(help="One more column, of what an object holds: custom_fields.size."),
        ] = None,
        bom: Annotated[bool, typer.Option("--bom", help="A byte order mark, for Excel.")] = False,
        merchant: AnyMerchant = None,
        live: Live = False,
    ) -> None:
        order = Order(Days(first, last or first), format, out, tuple(column or ()), bom)
        order.checked(table.columns)
        app = bootstrap.app()
        tenants = tenants_of(app, merchant, live)
        with watched(table.name, _day) as shown:
            rows = shown(table.rows(app.store, tenants, order.days))
            count = write_rows(order, table.columns, rows)
        _tell(context, table.name, order, count)


def _tell(context: typer.Context, name: str, order: Order, count: int) -> None:
    """How much it was: on standard error when the rows are on standard output."""
    aside = order.out == STANDARD_OUTPUT
    days = order.days
    if context.obj:
        told = {"export": name, "rows": count, "from": str(days.first), "to": str(days.last)}
        print_json({**told, "format": order.format.value, "out": order.out}, err=aside)
    else:
        where = "" if aside else f" in {order.out}"
        typer.echo(f"{count} {name}, {days.first} to {days.last}{where}", err=aside)


for _table in TABLES:
    _add(_table)
