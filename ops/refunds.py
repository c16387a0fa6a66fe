"""`refund`: what there is of refunds, all that is known of one, and an end that a person knows."""

from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import RefundId
from chalicelib.usecases import by_hand
from ops.export.columns import REFUNDS, Returned, Row, row_of
from ops.listing import Day, Limit, newest
from ops.printing import entry_row, print_entries, print_json, print_named, print_table
from ops.target import AnyMerchant, Live, Merchant, cause_of, tenant_of, tenants_of

refunds = typer.Typer(no_args_is_help=True, help="Refunds.")
Named = Annotated[str, typer.Argument(help="re_…")]


@refunds.command("list")
def list_refunds(
    context: typer.Context,
    merchant: AnyMerchant = None,
    live: Live = False,
    day: Day = None,
    limit: Limit = 20,
) -> None:
    """The newest, of each merchant."""
    app, rows = bootstrap.app(), list[Row]()
    for tenant in tenants_of(app, merchant, live):
        found = newest(app.store.refunds, tenant, lambda each: each.id, ("re", day), limit)
        rows += [row_of(REFUNDS, Returned(each, None)) for each in found]
    if context.obj:
        print_json(rows)
    else:
        print_table([brief(row) for row in rows])


@refunds.command("show")
def show_refund(
    context: typer.Context, refund: Named, merchant: Merchant, live: Live = False
) -> None:
    """All that is known of it, and what it did to its payment's ledger."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    stored = app.store.refund(tenant, RefundId(refund))
    if stored is None:
        raise ResourceMissing("refund", refund)
    payment = app.store.payment(tenant, stored.payment)
    row = row_of(REFUNDS, Returned(stored, payment))
    entries = app.store.ledger(tenant, stored.payment)
    ledger = [entry_row(each) for each in entries if each.subject == stored.id]
    if context.obj:
        print_json({"refund": row, "ledger": ledger})
        return
    print_named(row)
    print_entries(ledger)


@refunds.command("settle")
def settle_refund(
    context: typer.Context,
    refund: Named,
    merchant: Merchant,
    happened: Annotated[bool, typer.Option("--happened/--never", help="As WooshPay shows it.")],
    live: Live = False,
) -> None:
    """The end of a refund that no evidence settles; look at WooshPay first."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    settled = by_hand.settle_refund(app.store, app.psps, tenant, refund, happened, cause_of(app))
    if context.obj:
        print_json({"refund": settled.id, "state": settled.status.value})
    else:
        typer.echo(f"{settled.id} is {settled.status}")


def brief(row: Row) -> dict[str, Any]:
    """What a line of a table holds of a refund."""
    return {
        "refund": row["refund"],
        "payment": row["checkout_session"],
        "began": str(row["created"])[:19],
        "amount": row["amount_display"],
        "status": row["status"],
        "state": row["state"],
        "reason": row["reason"],
        "failure": row["failure"],
    }
