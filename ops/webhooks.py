"""`webhook`: the merchant's endpoints at WooshPay."""

from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.bootstrap import App
from chalicelib.domain.ids import Tenant
from chalicelib.domain.provider_account import PspEndpoint
from chalicelib.usecases.psp_endpoints import PspEndpoints
from ops.printing import print_json
from ops.target import Live, Merchant, tenant_of

webhooks = typer.Typer(no_args_is_help=True, help="Where WooshPay delivers.")
Endpoint = Annotated[str, typer.Argument(help="we_…")]


def _stories(app: App) -> PspEndpoints:
    return PspEndpoints(app.psps, app.secrets, app.mint)


def _url(app: App, tenant: Tenant) -> str:
    return app.settings.psp_webhook(tenant.merchant)


def _row(each: PspEndpoint, url: str) -> dict[str, Any]:
    return {
        "id": each.id,
        "ours": each.url == url,
        "enabled": each.enabled,
        "url": each.url,
        "enabled_events": list(each.enabled_events),
        "created": each.created,
    }


@webhooks.command("list")
def list_endpoints(context: typer.Context, merchant: Merchant, live: Live = False) -> None:
    """Every endpoint of the account, and what is wrong with ours; exit code 1 when something is."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    watched = _stories(app).watched(tenant, _url(app, tenant))
    rows = [_row(each, _url(app, tenant)) for each in watched.endpoints]
    if context.obj:
        print_json({"endpoints": rows, "problems": list(watched.problems)})
    else:
        for row in rows:
            state = "enabled" if row["enabled"] else "disabled"
            typer.echo(f"{row['id']:26}{state:10}{'ours' if row['ours'] else '':6}{row['url']}")
        for problem in watched.problems:
            typer.echo(f"problem: {problem}")
    if watched.problems:
        raise typer.Exit(1)


@webhooks.command("show")
def show(
    context: typer.Context, endpoint: Endpoint, merchant: Merchant, live: Live = False
) -> None:
    """One of them, with the events that it delivers."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    row = _row(_stories(app).found(tenant, endpoint), _url(app, tenant))
    if context.obj:
        print_json(row)
        return
    for what, value in row.items():
        told = ", ".join(value) if isinstance(value, list) else value
        typer.echo(f"{what:16}{told}")


@webhooks.command("register")
def register(merchant: Merchant, live: Live = False) -> None:
    """An endpoint for our address, unless there is one whose secret is kept."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    made = _stories(app).register(tenant, _url(app, tenant))
    typer.echo("registered" if made else "there is one already, and its secret is kept")


@webhooks.command("update")
def update(endpoint: Endpoint, merchant: Merchant, live: Live = False) -> None:
    """Have everything delivered to it that is taken."""
    app = bootstrap.app()
    _stories(app).update(tenant_of(app, merchant, live), endpoint)


@webhooks.command("delete")
def delete(endpoint: Endpoint, merchant: Merchant, live: Live = False) -> None:
    """Have nothing delivered to it any more, not even what is on its way."""
    app = bootstrap.app()
    _stories(app).delete(tenant_of(app, merchant, live), endpoint)


@webhooks.command("rotate")
def rotate(
    merchant: Merchant,
    live: Live = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="72 hours later: remove the older ones.")
    ] = False,
    leaked: Annotated[
        bool, typer.Option("--leaked", help="With --finish: now; what is on its way is lost.")
    ] = False,
) -> None:
    """A new endpoint and secret beside the old ones; nothing on its way is lost."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    stories, url = _stories(app), _url(app, tenant)
    if finish:
        removed = stories.finish(tenant, url, app.clock(), leaked=leaked)
        names = ", ".join(each.id for each in removed)
        typer.echo(f"removed {names}" if removed else "too early, or there is nothing to remove")
        return
    before = stories.rotate(tenant, url)
    typer.echo("a new endpoint delivers, and its secret is the first that is tried")
    for each in before:
        typer.echo(f"{each.id} delivers too, until rotate --finish in 72 hours")
