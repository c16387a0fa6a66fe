"""`ledger`, `audit`, `compare`, `sweep`, `discrepancy`, `review`: the books, and what a
person decides about them."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyStatus
from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import Millis, payment_id, session_id
from chalicelib.domain.ledger import fold
from chalicelib.domain.payments import Payment
from chalicelib.usecases import by_hand
from chalicelib.usecases.audit import audit_payment
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.reconcile import DAY_MS
from chalicelib.usecases.sweep import LEASE
from ops.days import local
from ops.printing import entry_row, print_entries, print_facts, print_json
from ops.progress import watched
from ops.target import AnyMerchant, Live, Merchant, Reason, cause_of, tenant_of, tenants_of

PAGE = 100
discrepancies = typer.Typer(no_args_is_help=True, help="What does not agree.")
reviews = typer.Typer(no_args_is_help=True, help="Payments that wait for a person.")


def ledger(
    context: typer.Context,
    payment: Annotated[str, typer.Argument(help="cs_… or pi_…")],
    merchant: Merchant,
    live: Live = False,
) -> None:
    """Every change of a payment, and what they add up to."""
    app, id = bootstrap.app(), payment_id(payment)
    tenant = tenant_of(app, merchant, live) if id else None
    stored = app.store.payment(tenant, id) if tenant and id else None
    if tenant is None or stored is None:
        raise ResourceMissing("payment", payment)
    entries = app.store.ledger(tenant, stored.id)
    rows = [entry_row(entry) for entry in entries]
    totals = fold(entries)
    agrees = totals == stored.totals
    if context.obj:
        print_json({"entries": rows, "totals": totals._asdict(), "agrees": agrees})
    else:
        print_entries(rows)
        typer.echo(", ".join(f"{name} {value}" for name, value in totals._asdict().items()))
    if not agrees:
        raise typer.Exit(1)


def audit(
    context: typer.Context,
    payment: Annotated[str | None, typer.Argument(help="cs_… or pi_…; else all.")] = None,
    merchant: AnyMerchant = None,
    live: Live = False,
    days: Annotated[int, typer.Option(help="How far back payments began.", min=1)] = 30,
) -> None:
    """Payments against their own ledgers and refunds; exit code 1 when something is wrong."""
    app = bootstrap.app()
    now, found, audited = app.clock(), dict[str, list[str]](), 0
    for tenant in tenants_of(app, merchant, live):
        if payment is not None:
            id = payment_id(payment)
            stored = app.store.payment(tenant, id) if id else None
            began = iter([stored] if stored else [])
        else:
            began = app.night.reconciler.payments(tenant, Millis(now - days * DAY_MS), now)
        with watched("payments audited", _day) as shown:
            for each in shown(began):
                audited += 1
                findings = audit_payment(app.store, tenant, each.id)
                if findings:
                    found[session_id(each.id)] = findings
    if payment is not None and not audited:
        raise ResourceMissing("payment", payment)
    if context.obj:
        print_json({"audited": audited, "found": found})
    else:
        for subject, findings in found.items():
            typer.echo(f"{subject}: {'; '.join(findings)}")
        typer.echo(f"{audited} payments audited, {len(found)} do not agree")
    if found:
        raise typer.Exit(1)


def compare(
    context: typer.Context,
    day: Annotated[str, typer.Argument(help="YYYY-MM-DD, UTC")],
    merchant: AnyMerchant = None,
    live: Live = False,
) -> None:
    """A day's payments at WooshPay and here; exit code 1 when something differs."""
    app = bootstrap.app()
    try:
        began = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise typer.BadParameter("a day is like 2026-11-25") from None
    since = Millis(int(began.timestamp()) * 1000)
    agreed, healed, found = 0, 0, list[Discrepancy]()
    for tenant in tenants_of(app, merchant, live):
        compared = app.night.reconciler.compare(
            tenant, since, Millis(since + DAY_MS), cause_of(app)
        )
        agreed, healed = agreed + compared.agreed, healed + compared.healed
        found += compared.found
    if context.obj:
        print_json({"agreed": agreed, "healed": healed, "found": [_row(each) for each in found]})
    else:
        _print_discrepancies(found)
        typer.echo(f"{agreed} agree, {healed} healed, {len(found)} differ")
    if found:
        raise typer.Exit(1)


def sweep(context: typer.Context) -> None:
    """One round of the sweeper now; when it last ran."""
    app = bootstrap.app()
    done: dict[str, Any] = app.night.sweep()
    facts = {**done, "last": app.store.heartbeat(LEASE)}
    (print_json if context.obj else print_facts)(facts)


@discrepancies.command("list")
def list_discrepancies(
    context: typer.Context,
    merchant: AnyMerchant = None,
    live: Live = False,
    all_of_them: Annotated[bool, typer.Option("--all", help="Those that have ended too.")] = False,
) -> None:
    """The open ones."""
    app, found, before = bootstrap.app(), list[Discrepancy](), None
    for tenant in tenants_of(app, merchant, live):
        while True:
            page = app.store.discrepancies(tenant, Slice(limit=PAGE, before=before))
            found += [
                each for each in page.items if all_of_them or each.status is DiscrepancyStatus.OPEN
            ]
            before = page.items[-1].id if page.has_more else None
            if before is None:
                break
    if context.obj:
        print_json([_row(each) for each in found])
    else:
        _print_discrepancies(found)


@discrepancies.command("close")
def close_discrepancy(
    discrepancy: Annotated[str, typer.Argument(help="disc_…")],
    merchant: Merchant,
    reason: Reason,
    live: Live = False,
    accept: Annotated[bool, typer.Option("--accept", help="It stays as it is.")] = False,
) -> None:
    """It is explained, or accepted."""
    app = bootstrap.app()
    status = DiscrepancyStatus.ACCEPTED if accept else DiscrepancyStatus.EXPLAINED
    tenant = tenant_of(app, merchant, live)
    by_hand.end_discrepancy(app.store, tenant, discrepancy, status, reason, cause_of(app))


@reviews.command("accept")
def accept_review(
    payment: Annotated[str, typer.Argument(help="cs_… or pi_…")],
    merchant: Merchant,
    live: Live = False,
) -> None:
    """The payment is good as it stands."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    by_hand.accept_review(app.store, tenant, payment, cause_of(app))
    typer.echo(f"{payment} is accepted")


def _day(payment: Payment) -> str:
    return f"{local(payment.created):%Y-%m-%d}"


def _row(found: Discrepancy) -> dict[str, Any]:
    return {
        "id": found.id,
        "merchant": found.tenant.merchant,
        "livemode": found.tenant.livemode,
        "kind": found.kind.value,
        "subject": found.subject,
        "detail": found.detail,
        "found_at": found.found_at,
        "status": found.status.value,
        "actor": found.actor,
        "reason": found.reason,
    }


def _print_discrepancies(found: list[Discrepancy]) -> None:
    for each in found:
        typer.echo(f"{each.status:10}{each.id:60}{each.tenant.merchant:33}{each.detail}")
