"""`python -m ops`: merchants and ledgers, for the operator."""

import json
import sys
from typing import Annotated, Any, NoReturn

import typer
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import bootstrap
from chalicelib.config import ConfigError
from chalicelib.domain.errors import ResourceMissing, TautanError
from chalicelib.domain.ids import MerchantId, Tenant, payment_id
from chalicelib.domain.ledger import Totals, fold
from chalicelib.domain.provider_account import check_account, key_livemode
from chalicelib.usecases.create_merchant import connect_wooshpay, create_merchant
from chalicelib.usecases.failures import StoreUnavailable
from ops.local import NoStack, use_local_stack

cli = typer.Typer(no_args_is_help=True, add_completion=False, help="Tautan's operator command.")
merchants = typer.Typer(no_args_is_help=True, help="Merchants.")
cli.add_typer(merchants, name="merchant")
FORESEEN = (
    TautanError,
    ConfigError,
    NoStack,
    BotoCoreError,
    ClientError,
)


@cli.callback()
def options(
    context: typer.Context,
    local: Annotated[bool, typer.Option("--local", help="The stack of make run.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Where to act, and how to print."""
    if local:
        use_local_stack()
    context.obj = as_json


@merchants.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="The shop's name, as shoppers see it.")],
    wooshpay_key: Annotated[str, typer.Option(help="The secret key at WooshPay.")],
    webhook_secret: Annotated[
        str | None, typer.Option(help="Of an endpoint that stands; else one is registered.")
    ] = None,
) -> None:
    """A merchant with an API key, connected to WooshPay."""
    app = bootstrap.app()
    livemode = key_livemode(wooshpay_key)
    check_account(Tenant(MerchantId(""), livemode), wooshpay_key, webhook_secret)
    welcome = create_merchant(app.store, app.mint, name=name, livemode=livemode, now=app.clock())
    url = f"{app.settings.public_url}/webhooks/wooshpay/{welcome.merchant.id}"
    connect_wooshpay(app.secrets, app.psps, welcome.tenant, wooshpay_key, webhook_secret, url)
    made = {
        "merchant": welcome.merchant.id,
        "secret_key": welcome.secret_key,
        "webhook_url": url,
    }
    if context.obj:
        _print_json(made)
        return
    for what, value in made.items():
        typer.echo(f"{what:12}{value}")
    typer.echo("The key is shown this once and kept nowhere.")


@cli.command()
def ledger(
    context: typer.Context,
    payment: Annotated[str, typer.Argument(help="cs_… or pi_…")],
    merchant: Annotated[str, typer.Option(help="acct_…")],
    live: Annotated[bool, typer.Option("--live", help="The merchant's live data.")] = False,
) -> None:
    """Every change of a payment, and what they add up to."""
    app, id = bootstrap.app(), payment_id(payment)
    tenant = Tenant(MerchantId(merchant), live)
    stored = app.store.payment(tenant, id) if id else None
    if stored is None:
        raise ResourceMissing("payment", payment)
    entries = app.store.ledger(tenant, stored.id)
    rows = [
        {
            "seq": entry.seq,
            "kind": entry.kind.value,
            **entry.delta._asdict(),
            "subject": entry.subject,
            "actor": entry.cause.actor,
            "cause": entry.cause.reference,
            "request_id": entry.cause.request_id,
            "at": entry.cause.at,
        }
        for entry in entries
    ]
    totals = fold(entries)._asdict()
    agrees = fold(entries) == stored.totals
    if context.obj:
        _print_json({"entries": rows, "totals": totals, "agrees": agrees})
    else:
        _print_entries(rows)
        typer.echo(", ".join(f"{name} {value}" for name, value in totals.items()))
    if not agrees:
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value))


def _print_entries(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        moved = ", ".join(f"{name} {row[name]:+d}" for name in Totals._fields if row[name])
        typer.echo(f"{row['seq']:<3}{row['kind']:19}{moved:43}{row['subject']:31}{row['actor']}")


def main() -> None:
    """Run the command; a foreseeable failure is one line on standard error, exit code 1."""
    try:
        cli()
    except StoreUnavailable as error:
        failed(f"The store does not answer: {error}")
    except FORESEEN as error:
        failed(str(error))


def failed(why: str) -> NoReturn:
    """End with one line on standard error."""
    typer.echo(f"ops: {why}", err=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
