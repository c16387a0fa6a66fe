"""A merchant's webhook endpoints and the events that they are told of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chalicelib.domain.catalog import merged
from chalicelib.domain.errors import ParameterInvalid, ResourceMissing
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery
from chalicelib.domain.events import Event
from chalicelib.domain.ids import EventId, Tenant, WebhookEndpointId, ulid_of
from chalicelib.domain.webhook_endpoints import MOST_ENDPOINTS, WebhookEndpoint
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import Changes, insisting, later
from chalicelib.usecases.failures import Claimed
from chalicelib.usecases.idempotency import once
from chalicelib.usecases.outbox import Outbox
from chalicelib.usecases.ports import Mint

OFF = "merchant"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewWebhookEndpoint:
    """An endpoint to be; `url` is a checked address."""

    url: str
    enabled_events: tuple[str, ...]
    description: str | None = None
    metadata: Mapping[str, str]


def create_webhook_endpoint(
    store: Outbox, mint: Mint, asking: Asking, new: NewWebhookEndpoint
) -> WebhookEndpoint:
    """An endpoint, once per idempotency key. Raises ParameterInvalid for one too many, and for
    events that it cannot be told of."""
    made = WebhookEndpoint(
        id=WebhookEndpointId(f"we_{mint.ulid()}"),
        created=asking.now,
        updated=asking.now,
        url=new.url,
        enabled_events=new.enabled_events,
        description=new.description,
        metadata=new.metadata,
    ).checked()
    claim = _unanswered(asking).claim("webhook_endpoints", made.id, made)

    def add() -> None:
        if len(store.every_webhook_endpoint(asking.tenant)) >= MOST_ENDPOINTS:
            taken = store.claim(asking.tenant, claim) if claim else None
            if taken is not None:  # it is the last of them itself
                raise Claimed(taken)
            raise ParameterInvalid(f"At most {MOST_ENDPOINTS} webhook endpoints.", param="url")
        store.add_webhook_endpoint(asking.tenant, made, claim)

    return once(add, claim, made, lambda id: retrieve_webhook_endpoint(store, asking.tenant, id))


def retrieve_webhook_endpoint(store: Outbox, tenant: Tenant, id: str) -> WebhookEndpoint:
    """Raises ResourceMissing."""
    named = WebhookEndpointId(id)
    found = store.webhook_endpoint(tenant, named) if ulid_of(id, "we") else None
    if found is None:
        raise ResourceMissing("webhook endpoint", id)
    return found


def update_webhook_endpoint(
    store: Outbox, asking: Asking, id: str, changes: Changes, disabled: bool | None
) -> WebhookEndpoint:
    """The endpoint with these changes; switched on again it counts as sound. Raises
    ResourceMissing, ParameterInvalid."""

    def changed(before: WebhookEndpoint) -> WebhookEndpoint:
        told = dict(changes)
        if "metadata" in told:
            told["metadata"] = merged(before.metadata, told["metadata"])
        if disabled is not None:
            told["disabled_reason"] = (before.disabled_reason or OFF) if disabled else None
            if not disabled:
                told |= {"failing_since": None, "failed_at": None}
        return replace(before, **told).checked()

    return _changed(store, asking, "webhook_endpoints_update", id, changed)


def roll_secret(store: Outbox, asking: Asking, id: str, keep_ms: int) -> WebhookEndpoint:
    """The endpoint with a new secret, beside which the old one signs for `keep_ms` more. Raises
    ResourceMissing, ParameterInvalid."""
    return _changed(
        store,
        _unanswered(asking),
        "webhook_endpoints_roll",
        id,
        lambda before: before.rolled(keep_ms, asking.now),
    )


def delete_webhook_endpoint(store: Outbox, asking: Asking, id: str) -> None:
    """It is told of nothing any more. Raises ResourceMissing."""
    named = WebhookEndpointId(id)
    known = ulid_of(id, "we") is not None
    if not known or not store.delete_webhook_endpoint(asking.tenant, named, asking.now):
        raise ResourceMissing("webhook endpoint", id)


def retrieve_event(store: Outbox, tenant: Tenant, id: str) -> Event:
    """Raises ResourceMissing."""
    found = store.event(tenant, EventId(id)) if ulid_of(id, "evt") else None
    if found is None:
        raise ResourceMissing("event", id)
    return found


def resend_event(store: Outbox, asking: Asking, id: str, endpoint: str) -> Event:
    """The event is sent to the endpoint once more, whatever came of it before, with all its
    attempts. Raises ResourceMissing, ParameterInvalid for an endpoint that is disabled, NotReadyYet
    for an event that is just being told for the first time."""

    def resend() -> Event:
        event = retrieve_event(store, asking.tenant, id)
        to = retrieve_webhook_endpoint(store, asking.tenant, endpoint)
        if to.disabled_reason is not None:
            raise ParameterInvalid("The webhook endpoint is disabled.", param="webhook_endpoint")
        before = store.delivery(asking.tenant, event.id, to.id)
        fresh = before or EventDelivery.of(event, to.id)
        waits = before is not None and before.status is DeliveryStatus.PENDING
        sent = replace(event, pending=event.pending + (not waits))
        claim = asking.claim("events_retry", event.id, sent)
        return once(
            lambda: store.keep_delivery(before, fresh.resent(asking.now), claim),
            claim,
            sent,
            lambda id: retrieve_event(store, asking.tenant, id),
        )

    return insisting(resend, lambda: None)


def _changed(
    store: Outbox,
    asking: Asking,
    scope: str,
    id: str,
    change: Callable[[WebhookEndpoint], WebhookEndpoint],
) -> WebhookEndpoint:
    def attempt() -> WebhookEndpoint:
        before = retrieve_webhook_endpoint(store, asking.tenant, id)
        after = replace(change(before), updated=later(asking.now, before.updated))
        claim = asking.claim(scope, id, after)
        return once(
            lambda: store.update_webhook_endpoint(asking.tenant, before, after, claim),
            claim,
            after,
            lambda id: retrieve_webhook_endpoint(store, asking.tenant, id),
        )

    return insisting(attempt, lambda: None)


def _unanswered(asking: Asking) -> Asking:
    """The answer shows a secret, which is kept nowhere but in SSM: it is made anew."""
    return replace(asking, tell=None)
