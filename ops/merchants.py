"""`merchant`: create one, and what it does with late and surplus payments."""

from dataclasses import replace
from typing import Annotated

import typer

from chalicelib import bootstrap
from chalicelib.domain.errors import ResourceMissing
from chalicelib.domain.ids import MerchantId, Tenant
from chalicelib.domain.merchants import Policy
from chalicelib.domain.provider_account import check_account, key_livemode
from chalicelib.usecases.create_merchant import connect_wooshpay, create_merchant
from ops.asking import unseen
from ops.printing import print_facts, print_json
from ops.target import Live, cause_of, tenant_of

merchants = typer.Typer(no_args_is_help=True, help="Merchants.")


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

    def address(tenant: Tenant) -> str:
        return app.settings.psp_webhook(tenant.merchant)

    def connect(tenant: Tenant) -> None:
        connect_wooshpay(
            app.secrets, app.psps, tenant, wooshpay_key, webhook_secret, address(tenant)
        )

    welcome = create_merchant(
        app.store, app.mint, name=name, livemode=livemode, now=app.clock(), connect=connect
    )
    made = {
        "merchant": welcome.merchant.id,
        "secret_key": welcome.secret_key,
        "webhook_url": address(welcome.tenant),
    }
    if context.obj:
        print_json(made)
        return
    print_facts(made)
    typer.echo("The key is shown this once and kept nowhere.")


@merchants.command("connect")
def connect(merchant: Annotated[str, typer.Argument(help="acct_…")], live: Live = False) -> None:
    """Keep another secret key at WooshPay, from standard input or typed unseen."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    key = unseen("WooshPay key")
    check_account(tenant, key, None)
    app.secrets.keep_wooshpay_key(tenant, key)
    typer.echo("The key is kept; it is used a minute later at the latest.")


@merchants.command("policies")
def policies(
    context: typer.Context,
    merchant: Annotated[str, typer.Argument(help="acct_…")],
    late: Annotated[
        Policy | None, typer.Option(help="For a payment that came after its session was over.")
    ] = None,
    duplicate: Annotated[
        Policy | None, typer.Option(help="For one more payment than its link may sell.")
    ] = None,
) -> None:
    """What the merchant wants done with late and surplus payments; shown, or set."""
    app = bootstrap.app()
    found = app.store.merchant(MerchantId(merchant))
    if found is None:
        raise ResourceMissing("merchant", merchant)
    if late is not None or duplicate is not None:
        before, found = (
            found,
            replace(
                found,
                late_payment_policy=late or found.late_payment_policy,
                duplicate_payment_policy=duplicate or found.duplicate_payment_policy,
            ),
        )
        app.store.update_merchant(Tenant(found.id, False), before, found, cause_of(app), None)
    facts = {
        "late": found.late_payment_policy.value,
        "duplicate": found.duplicate_payment_policy.value,
    }
    (print_json if context.obj else print_facts)(facts)
