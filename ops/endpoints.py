"""`endpoint`: merchants' webhook endpoints, and what came of telling them."""

from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.domain.event_deliveries import EventDelivery
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.webhook_endpoints import retrieve_webhook_endpoint
from ops.listing import PAGE, Limit
from ops.printing import print_json, print_table
from ops.target import AnyMerchant, Live, Merchant, tenant_of, tenants_of

endpoints = typer.Typer(no_args_is_help=True, help="Merchants' webhook endpoints.")


@endpoints.command("list")
def list_endpoints(
    context: typer.Context, merchant: AnyMerchant = None, live: Live = False
) -> None:
    """Every one, of each merchant."""
    app, rows = bootstrap.app(), list[dict[str, Any]]()
    for tenant in tenants_of(app, merchant, live):
        found = app.store.every_webhook_endpoint(tenant)
        rows += [{"merchant": tenant.merchant, **_brief(each)} for each in found]
    (print_json if context.obj else print_table)(rows)


@endpoints.command("deliveries")
def list_deliveries(
    context: typer.Context,
    endpoint: Annotated[str, typer.Argument(help="we_…")],
    merchant: Merchant,
    live: Live = False,
    limit: Limit = 20,
) -> None:
    """What came of the newest events."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    found = retrieve_webhook_endpoint(app.store, tenant, endpoint)
    part = Slice(limit=min(limit, PAGE))
    rows = [_came(each) for each in app.store.deliveries(tenant, found.id, part).items]
    (print_json if context.obj else print_table)(rows)


@endpoints.command("rekey")
def rekey(context: typer.Context, merchant: Merchant, live: Live = False) -> None:
    """After a leak: another key behind the secrets of all the merchant's endpoints. What they have
    verifies nothing any more; each has to be given its new one (roll_secret)."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    app.secrets.keep_signing_key(tenant, app.mint.secret())
    rows = [_brief(each) for each in app.store.every_webhook_endpoint(tenant) if not each.is_chat]
    (print_json if context.obj else print_table)(rows)


def _brief(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {
        "endpoint": endpoint.id,
        "url": endpoint.url,
        "events": ", ".join(endpoint.enabled_events),
        "status": endpoint.disabled_reason or "enabled",
        "failing_since": endpoint.failing_since,
    }


def _came(delivery: EventDelivery) -> dict[str, Any]:
    outcome = delivery.outcome
    return {
        "event": delivery.event,
        "type": delivery.type.value,
        "status": delivery.status.value,
        "attempts": delivery.attempts,
        "answer": (outcome.status or outcome.error) if outcome else None,
        "next_attempt_at": delivery.due_at,
    }
