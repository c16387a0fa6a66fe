"""Webhook endpoints: create 42648310, retrieve 42648337, change 42648393, list 42648473."""

from secrets import token_hex

from sandbox.models import Endpoint
from sandbox.params import Fields
from sandbox.state import State

EVENT_TYPES = frozenset(
    {
        "charge.captured",
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
        "charge.refund.updated",
        "checkout.session.expired",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.processing",
        "payment_intent.requires_action",
        "payment_intent.succeeded",
    }
)
API_VERSIONS = frozenset({"1.0.1"})


def create(state: State, account: str, fields: Fields, secret: str = "") -> Endpoint:
    """Register an endpoint; its secret is whole as it stands and also base64 after ``whsec_``."""
    fields.required_text("url")
    fields.required("enabled_events")
    url, events = fields.url("url"), _events(fields)
    fields.choice("api_version", API_VERSIONS)
    endpoint = Endpoint(
        id=state.ids.new("we"),
        account=account,
        created=state.second(),
        url=url,
        enabled_events=events,
        secret=secret or f"whsec_{token_hex(16)}",
        description=fields.text("description"),
        metadata=fields.metadata(),
    )
    fields.done()
    state.endpoints[endpoint.id] = endpoint
    return endpoint


def update(endpoint: Endpoint, fields: Fields) -> None:
    """Change what was sent and leave the rest."""
    url = fields.url("url") or endpoint.url
    events = _events(fields) or endpoint.enabled_events
    description = fields.text("description", endpoint.description)
    metadata = fields.metadata() if fields.has("metadata") else endpoint.metadata
    fields.done()
    endpoint.url, endpoint.enabled_events = url, events
    endpoint.description, endpoint.metadata = description, metadata


def delete(state: State, endpoint: Endpoint) -> None:
    """Remove an endpoint; deliveries still on their way to it stop."""
    del state.endpoints[endpoint.id]
    for each in state.deliveries.values():
        if each.endpoint == endpoint.id and (each.due is not None or each.state == "held"):
            each.due, each.state = None, "abandoned"


def _events(fields: Fields) -> list[str]:
    """Types of the documented list (1702652, whose end is not readable) and 2517709, or ``*``."""
    events = fields.texts("enabled_events")
    unknown = sorted(set(events) - EVENT_TYPES - {"*"})
    if unknown:
        raise fields.wrong("enabled_events", f"holds an undocumented type: {unknown[0]}")
    return events
