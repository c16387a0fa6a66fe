"""Whose data a command is about, and who gives it."""

import getpass
from collections.abc import Iterator
from typing import Annotated

import typer

from chalicelib.bootstrap import App
from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import MerchantId, Tenant
from chalicelib.domain.ledger import Cause

Merchant = Annotated[str, typer.Option(help="acct_…")]
AnyMerchant = Annotated[str | None, typer.Option(help="acct_…; every one when left out.")]
Live = Annotated[bool, typer.Option("--live", help="The merchant's live data.")]
Reason = Annotated[str, typer.Option(help="Why, for the books.")]


def tenant_of(app: App, merchant: str, live: bool) -> Tenant:
    """The merchant's data of one mode; raises ResourceMissing."""
    id = MerchantId(merchant)
    if app.store.merchant(id) is None:
        raise ResourceMissing("merchant", merchant)
    return Tenant(id, live)


def tenants_of(app: App, merchant: str | None, live: bool) -> Iterator[Tenant]:
    """The merchant's, or every merchant's, data of one mode."""
    if merchant is not None:
        yield tenant_of(app, merchant, live)
        return
    for tenant in app.night.tenants():
        if tenant.livemode == live:
            yield tenant


def cause_of(app: App) -> Cause:
    """The person at this machine."""
    request_id = f"req_{app.mint.ulid()}"
    actor = f"operator {getpass.getuser()}"[:60]
    return Cause(actor=actor, reference=request_id, request_id=request_id, at=app.clock())
