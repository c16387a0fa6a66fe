"""`key`: a merchant's API keys, made, listed, rotated and revoked."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.bootstrap import App
from chalicelib.domain.api_keys import ApiKey, Scope
from chalicelib.usecases import api_keys
from chalicelib.usecases.api_keys import NewKey
from chalicelib.usecases.asking import KeyRing
from ops.printing import print_facts, print_json
from ops.target import AnyMerchant, Live, Merchant, tenant_of, tenants_of

keys = typer.Typer(no_args_is_help=True, help="API keys of merchants.")
Named = Annotated[str, typer.Argument(help="key_… with its last four letters, or its fingerprint.")]
UNITS_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SPAN = re.compile(r"0|([0-9]{1,5})([mhd])", re.ASCII)


def _span(text: str) -> int:
    """`30m`, `24h`, `7d` or `0` in milliseconds."""
    match = _SPAN.fullmatch(text)
    if match is None:
        raise typer.BadParameter("a time is like 30m, 24h, 7d or 0")
    return int(match[1]) * UNITS_MS[match[2]] if match[1] else 0


@keys.command("create")
def create(
    context: typer.Context,
    merchant: Merchant,
    live: Live = False,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(help="What a restricted key may; repeat it. Without: a full secret key."),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Who or what it is for.")] = None,
) -> None:
    """One more key; it is shown this once."""
    app = bootstrap.app()
    made = api_keys.create_key(
        app.store,
        app.mint,
        tenant_of(app, merchant, live),
        app.clock(),
        scopes=frozenset(scope) if scope else None,
        name=name,
    )
    _show(context, app, made)


@keys.command("list")
def list_keys(context: typer.Context, merchant: AnyMerchant = None, live: Live = False) -> None:
    """Every key of one mode, the revoked ones too; never the keys themselves."""
    app = bootstrap.app()
    rows = [
        _row(key, app)
        for tenant in tenants_of(app, merchant, live)
        for key in app.store.api_keys(tenant)
    ]
    if context.obj:
        print_json(rows)
        return
    for row in rows:
        scopes = "everything" if row["scopes"] is None else " ".join(row["scopes"])
        told = [row["merchant"], row["id"], f"{row['state']:8}", f"made {_day(row['created'])}"]
        told.append(f"used {_day(row['last_used']):10}")
        typer.echo("  ".join([*told, scopes, *([row["name"]] if row["name"] else [])]))


@keys.command("rotate")
def rotate(
    context: typer.Context,
    key: Named,
    merchant: Merchant,
    keep: Annotated[int, typer.Option(parser=_span, help="0 to 7d: how long the old one opens.")],
    live: Live = False,
) -> None:
    """A new key of the same kind and scopes; the old one stays good for a while."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    _show(context, app, api_keys.rotate_key(app.store, app.mint, tenant, app.clock(), key, keep))


@keys.command("revoke")
def revoke(context: typer.Context, key: Named, merchant: Merchant, live: Live = False) -> None:
    """It opens nothing any more, ten seconds later at the latest."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    revoked = api_keys.revoke_key(app.store, tenant, app.clock(), key)
    if context.obj:
        print_json(_row(revoked, app))
        return
    seconds = KeyRing.REMEMBERED_MS // 1000
    typer.echo(f"{revoked.actor} is revoked; whoever just saw it forgets it within {seconds} s")


def _show(context: typer.Context, app: App, made: NewKey) -> None:
    row = _row(made.key, app)
    if context.obj:
        print_json({"key": made.text, **row})
        return
    scopes = "everything" if row["scopes"] is None else " ".join(row["scopes"])
    print_facts({"key": made.text, "id": row["id"], "may": scopes})
    typer.echo("The key is shown this once and kept nowhere.")


def _row(key: ApiKey, app: App) -> dict[str, Any]:
    return {
        "id": key.actor,
        "merchant": key.tenant.merchant,
        "livemode": key.tenant.livemode,
        "last4": key.last4,
        "name": key.name,
        "scopes": None if key.scopes is None else sorted(key.scopes),
        "state": key.state(app.clock()).value,
        "created": key.created,
        "last_used": key.last_used,
        "valid_until": key.valid_until,
        "revoked_at": key.revoked_at,
        "fingerprint": key.sha256,
    }


def _day(at: int | None) -> str:
    return "never" if at is None else f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"
