"""`payment`: what there is of payments, and all that is known of one."""

from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import payment_id, session_id
from chalicelib.domain.ledger import fold
from chalicelib.domain.payments import Payment
from ops.export.columns import PAYMENTS, REFUNDS, Returned, Row, row_of
from ops.listing import Day, Limit, newest
from ops.printing import entry_row, print_entries, print_json, print_named, print_table
from ops.refunds import brief as brief_refund
from ops.target import AnyMerchant, Live, Merchant, tenant_of, tenants_of

payments = typer.Typer(no_args_is_help=True, help="Payments.")


@payments.command("list")
def list_payments(
    context: typer.Context,
    merchant: AnyMerchant = None,
    live: Live = False,
    day: Day = None,
    limit: Limit = 20,
) -> None:
    """The newest, of each merchant."""
    app, rows = bootstrap.app(), list[Row]()
    for tenant in tenants_of(app, merchant, live):
        found = newest(app.store.payments, tenant, _name, ("cs", day), limit)
        rows += [row_of(PAYMENTS, payment) for payment in found]
    if context.obj:
        print_json(rows)
    else:
        print_table([brief(row) for row in rows])


@payments.command("show")
def show_payment(
    context: typer.Context,
    payment: Annotated[str, typer.Argument(help="cs_… or pi_…")],
    merchant: Merchant,
    live: Live = False,
) -> None:
    """All that is known of it, its refunds, its ledger; exit code 1 when they do not add up."""
    app, id = bootstrap.app(), payment_id(payment)
    tenant = tenant_of(app, merchant, live)
    stored = app.store.payment(tenant, id) if id else None
    if stored is None:
        raise ResourceMissing("payment", payment)
    entries = app.store.ledger(tenant, stored.id)
    refunds = [row_of(REFUNDS, Returned(each, stored)) for each in app.store.refunds_of(stored)]
    row, ledger = row_of(PAYMENTS, stored), [entry_row(each) for each in entries]
    agrees = fold(entries) == stored.totals
    if context.obj:
        print_json({"payment": row, "refunds": refunds, "ledger": ledger, "agrees": agrees})
    else:
        print_named(row)
        print_table([brief_refund(each) for each in refunds])
        print_entries(ledger)
    if not agrees:
        raise typer.Exit(1)


def _name(payment: Payment) -> str:
    return session_id(payment.id)


def brief(row: Row) -> dict[str, Any]:
    """What a line of a table holds of a payment."""
    return {
        "payment": row["checkout_session"],
        "began": str(row["created"])[:19],
        "amount": row["amount_display"],
        "status": row["payment_status"],
        "method": row["payment_method_type"],
        "refunded": row["refund_status"],
        "review": row["review_reason"],
        "link": row["payment_link"],
    }
