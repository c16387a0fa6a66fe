"""What telling merchants needs of the world: the outbox, whoever posts, and the signing keys."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chalicelib.domain.event_deliveries import EventDelivery, Outcome
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import EventId, MerchantId, Millis, Tenant, WebhookEndpointId
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.ports import Found, Slice

HEADERS: Mapping[str, str] = {
    "Content-Type": "application/json",
    "User-Agent": "Tautan/1 (webhooks)",
}


@dataclass(frozen=True, slots=True)
class Untold:
    """Something to be told: an event whose endpoints have not been looked up yet, or an event on
    its way to one `endpoint`."""

    tenant: Tenant
    event: EventId
    endpoint: WebhookEndpointId | None = None

    def message(self) -> str:
        """As a hint in a queue."""
        told = [self.tenant.merchant, self.tenant.livemode, self.event, self.endpoint]
        return json.dumps(told)

    @classmethod
    def of(cls, message: str) -> "Untold":
        """What `message` has made; raises ValueError for what it has not."""
        match json.loads(message):
            case [str() as merchant, bool() as livemode, str() as event, endpoint]:
                return cls(Tenant(MerchantId(merchant), livemode), EventId(event), endpoint)
        raise ValueError("not a hint")


@dataclass(frozen=True, slots=True)
class Posting:
    """One request to a merchant's system, or a message to a `telegram:` chat."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class Outbox(Protocol):
    """Events, endpoints and deliveries. Each method that writes is one write group."""

    def event(self, tenant: Tenant, id: EventId) -> Event | None: ...
    def events(self, tenant: Tenant, part: Slice, types: Sequence[EventType] = ()) -> Found[Event]:
        """Events of one of these types, or all."""
        ...

    def put_off(self, untold: Untold, until: Millis) -> None:
        """What could not be told comes again then. Raises Lost when it is not due any more."""
        ...

    def add_webhook_endpoint(
        self, tenant: Tenant, endpoint: WebhookEndpoint, claim: Claim | None
    ) -> None:
        """Raises Claimed."""
        ...

    def update_webhook_endpoint(
        self,
        tenant: Tenant,
        before: WebhookEndpoint,
        after: WebhookEndpoint,
        claim: Claim | None = None,
        event: Event | None = None,
    ) -> None:
        """What differs, and the event that tells of it. Raises Claimed; Lost: `endpoint` when it
        was changed or deleted meanwhile."""
        ...

    def delete_webhook_endpoint(self, tenant: Tenant, id: WebhookEndpointId, now: Millis) -> bool:
        """It is told of nothing any more; False when there is none."""
        ...

    def claim(self, tenant: Tenant, claim: Claim) -> Claim | None:
        """The earlier claim on the same key of the same scope."""
        ...

    def webhook_endpoint(self, tenant: Tenant, id: WebhookEndpointId) -> WebhookEndpoint | None: ...
    def webhook_endpoints(self, tenant: Tenant, part: Slice) -> Found[WebhookEndpoint]: ...
    def every_webhook_endpoint(self, tenant: Tenant) -> Sequence[WebhookEndpoint]:
        """Every one that is not deleted; one query, consistent."""
        ...

    def keep_first_deliveries(self, event: Event, deliveries: Sequence[EventDelivery]) -> None:
        """What came of an event's first attempts; it is due no more. Raises Lost when another has
        told it meanwhile."""
        ...

    def keep_delivery(
        self, before: EventDelivery | None, after: EventDelivery, claim: Claim | None = None
    ) -> None:
        """What came of a later attempt, or that there is to be one (`before` is None for an
        endpoint that was not told of it yet). Raises Claimed; Lost when it has moved, or the
        event's endpoints have not been looked up yet."""
        ...

    def delivery(
        self, tenant: Tenant, event: EventId, endpoint: WebhookEndpointId
    ) -> EventDelivery | None: ...
    def deliveries(
        self, tenant: Tenant, endpoint: WebhookEndpointId, part: Slice
    ) -> Found[EventDelivery]:
        """Of one endpoint, the newest event first."""
        ...

    def untold(self, now: Millis, limit: int) -> Sequence[Untold]:
        """What is due, the longest due first; at most `limit` (eventually consistent)."""
        ...


class Leases(Protocol):
    """Who goes on alone; see ports.Store."""

    def take_lease(self, name: str, owner: str, now: Millis, until: Millis) -> bool: ...
    def beat(self, name: str, owner: str, now: Millis) -> None: ...


class OutboxStore(Outbox, Leases, Protocol):
    """The outbox with its lease."""


class Poster(Protocol):
    """The way to merchants' systems, which may be anything: slow, gone, or not theirs at all."""

    def __call__(self, postings: Sequence[Posting]) -> Sequence[Outcome]:
        """What came of each, all of them at once; never raises for what an endpoint does."""
        ...


class SigningKeys(Protocol):
    """The key from which a tenant's webhook secrets are derived."""

    def __call__(self, tenant: Tenant) -> str:
        """The tenant's key; the first time a new one is made and kept."""
        ...


Show = Callable[[Event], bytes]
Say = Callable[[Event], str]
Hint = Callable[[Sequence[Untold]], None]
Report = Callable[[Untold, Exception], None]
