"""`event`: what happened, as it happens, and once more; `listen`: the same for a program here."""

import json
from typing import Annotated, Any

import typer

from chalicelib import bootstrap
from chalicelib.adapters.posting import HttpPoster
from chalicelib.bootstrap import App
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import Tenant, WebhookEndpointId
from chalicelib.domain.webhook_endpoints import WebhookEndpoint, secrets_of, signed
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.outbox import Posting
from chalicelib.usecases.webhook_endpoints import resend_event, retrieve_event
from chalicelib.web.events import body_of
from ops.days import instant
from ops.following import followed, picked
from ops.listing import Day, Limit, newest
from ops.printing import print_json, print_table
from ops.target import AnyMerchant, Live, Merchant, cause_of, tenant_of, tenants_of

events = typer.Typer(no_args_is_help=True, help="Events, which merchants' systems are told of.")
Named = Annotated[str, typer.Argument(help="evt_…")]
Wanted = Annotated[
    list[EventType] | None, typer.Option("--event", help="Only this one; may be repeated.")
]
HERE = WebhookEndpointId("we_here")


@events.command("list")
def list_events(
    context: typer.Context,
    merchant: AnyMerchant = None,
    live: Live = False,
    day: Day = None,
    limit: Limit = 20,
) -> None:
    """The newest, of each merchant."""
    app, rows = bootstrap.app(), list[dict[str, Any]]()
    for tenant in tenants_of(app, merchant, live):
        found = newest(app.store.events, tenant, lambda each: each.id, ("evt", day), limit)
        rows += [brief(event) for event in found]
    (print_json if context.obj else print_table)(rows)


@events.command("show")
def show_event(event: Named, merchant: Merchant, live: Live = False) -> None:
    """The event as its endpoints are told it."""
    app = bootstrap.app()
    found = retrieve_event(app.store, tenant_of(app, merchant, live), event)
    print_json(json.loads(body_of(app, found)))


@events.command("tail")
def tail_events(
    context: typer.Context,
    merchant: Merchant,
    live: Live = False,
    wanted: Wanted = None,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
) -> None:
    """Events as they happen, until Ctrl-C."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    for event in picked(followed(app, tenant, app.clock()), wanted, count):
        if context.obj:
            print_json(brief(event))
        else:
            typer.echo("  ".join(str(value) for value in brief(event).values()))


@events.command("resend")
def resend(
    context: typer.Context,
    event: Named,
    merchant: Merchant,
    endpoint: Annotated[str, typer.Option(help="we_…")],
    live: Live = False,
) -> None:
    """Send it to an endpoint once more, with all its attempts."""
    app = bootstrap.app()
    tenant, cause = tenant_of(app, merchant, live), cause_of(app)
    asking = Asking(tenant, cause.actor, cause.at, cause.reference)
    sent = resend_event(app.store, asking, event, endpoint)
    if context.obj:
        print_json(brief(sent))
    else:
        typer.echo(f"{sent.id} is on its way to {endpoint}")


def listen(
    merchant: Merchant,
    forward_to: Annotated[str, typer.Option(help="http://127.0.0.1:3000/webhooks")],
    live: Live = False,
    wanted: Wanted = None,
    count: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
) -> None:
    """Tell a program on this machine of events as they happen, signed as endpoints are told."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    key = app.signing_keys(tenant)
    now = app.clock()
    here = WebhookEndpoint(
        id=HERE, created=now, updated=now, url=forward_to, enabled_events=("*",), metadata={}
    )
    typer.echo(f"The webhook secret is {secrets_of(here, key, now)[0]}")
    for event in picked(followed(app, tenant, now), wanted, count):
        outcome = _told(app, tenant, event, here, key)
        typer.echo(f"{outcome.status or outcome.error}  {event.type}  {event.id}")


def _told(app: App, tenant: Tenant, event: Event, here: WebhookEndpoint, key: str) -> Outcome:
    body, now = body_of(app, event), app.clock()
    headers = signed(event.id, body, secrets_of(here, key, now), now)
    posting = Posting(here.url, {"Content-Type": "application/json", **headers}, body)
    (outcome,) = HttpPoster(private=True)([posting])
    return outcome


def brief(event: Event) -> dict[str, Any]:
    """What a line holds of an event."""
    return {
        "event": event.id,
        "happened": instant(event.created),
        "type": event.type.value,
        "of": event.subject.id,
        "pending": event.pending,
    }
