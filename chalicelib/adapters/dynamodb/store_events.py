"""Events on their way out: what is to be told, to whom, and what came of it."""

from collections.abc import Sequence

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.event_items import (
    delivery_from_item,
    delivery_to_item,
    due_again,
    endpoint_from_item,
    endpoint_to_item,
    event_from_item,
)
from chalicelib.adapters.dynamodb.item_forms import DUE_NAMES, SCHEMA, changes, set_or_drop
from chalicelib.adapters.dynamodb.storing import Storing, new, told
from chalicelib.adapters.dynamodb.table import TTL_ATTRIBUTE
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Change,
    Check,
    Drop,
    Equals,
    Guard,
    Index,
    Item,
    Key,
    OneOf,
    Present,
    Put,
    Shift,
    Update,
    Write,
    all_of,
)
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import EventId, Millis, Tenant, WebhookEndpointId
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.usecases.failures import Claim, Lost
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Found, Slice

DAY_S = 24 * 60 * 60
LOGGED_S = 90 * DAY_S
FORGOTTEN_S = 7 * DAY_S


class EventStore(Storing):
    """Events, webhook endpoints and deliveries."""

    # --- events -----------------------------------------------------------------------------

    def event(self, tenant: Tenant, id: EventId) -> Event | None:
        return self._one(keys.event_key(tenant, id), event_from_item)

    def events(self, tenant: Tenant, part: Slice, types: Sequence[EventType] = ()) -> Found[Event]:
        where = OneOf("type", tuple(type.value for type in types)) if types else None
        place = keys.list_partition(tenant, "event")
        return self._sought([place], where, part, event_from_item, Index.LIST)

    # --- webhook endpoints ------------------------------------------------------------------

    def add_webhook_endpoint(
        self, tenant: Tenant, endpoint: WebhookEndpoint, claim: Claim | None
    ) -> None:
        at = keys.webhook_endpoint_key(tenant, endpoint.id)
        self._claimed(tenant, claim, new("endpoint", at, endpoint_to_item(tenant, endpoint)))

    def update_webhook_endpoint(
        self,
        tenant: Tenant,
        before: WebhookEndpoint,
        after: WebhookEndpoint,
        claim: Claim | None = None,
        event: Event | None = None,
    ) -> None:
        old, now = endpoint_to_item(tenant, before), endpoint_to_item(tenant, after)
        at = keys.webhook_endpoint_key(tenant, before.id)
        since = before.failing_since
        as_read = all_of(
            Equals("updated", before.updated),
            Absent("failing_since") if since is None else Equals("failing_since", since),
        )
        events = told(event) if event else []
        self._claimed(tenant, claim, Update("endpoint", at, changes(old, now), as_read), *events)

    def delete_webhook_endpoint(self, tenant: Tenant, id: WebhookEndpointId, now: Millis) -> bool:
        at = keys.webhook_endpoint_key(tenant, id)
        nothing: Item = {
            "kind": "deleted",
            "schema": SCHEMA,
            TTL_ATTRIBUTE: now // 1000 + FORGOTTEN_S,
        }
        try:
            self._write(Put("endpoint", at, nothing, Equals("kind", "webhook_endpoint")))
        except Lost:
            return False
        return True

    def webhook_endpoint(self, tenant: Tenant, id: WebhookEndpointId) -> WebhookEndpoint | None:
        item = self._engine.get(keys.webhook_endpoint_key(tenant, id))
        return endpoint_from_item(item) if item and item["kind"] != "deleted" else None

    def webhook_endpoints(self, tenant: Tenant, part: Slice) -> Found[WebhookEndpoint]:
        return self._list(tenant, "webhook_endpoint", part, endpoint_from_item)

    def every_webhook_endpoint(self, tenant: Tenant) -> Sequence[WebhookEndpoint]:
        partition = keys.webhook_endpoint_key(tenant, WebhookEndpointId("")).pk
        found = self._engine.collection(partition, prefix=keys.ENDPOINT)
        return [endpoint_from_item(item) for item in found if item["kind"] != "deleted"]

    # --- deliveries -------------------------------------------------------------------------

    def keep_first_deliveries(self, event: Event, deliveries: Sequence[EventDelivery]) -> None:
        done: dict[str, Change] = dict.fromkeys(DUE_NAMES, Drop())
        pending = sum(each.status is DeliveryStatus.PENDING for each in deliveries)
        if pending:
            done["pending"] = Assign(pending)
        at = keys.event_key(event.tenant, event.id)
        due = Equals("due_at", event.due_at or 0)
        self._write(
            Update("untold", at, done, due, cheap=True),
            *(new(f"to {each.endpoint}", *_logged(each)) for each in deliveries),
        )

    def keep_delivery(
        self, before: EventDelivery | None, after: EventDelivery, claim: Claim | None = None
    ) -> None:
        at, item = _logged(after)
        was = before is not None and _pending(before)
        kept = _moved(at, item, before) if before else new("delivery", at, item)
        # Until its first telling is kept, an event is still told to everybody.
        first = [] if before else [Absent("due_at")]
        counted = _counted(after, _pending(after) - was, *first)
        self._claimed(after.tenant, claim, kept, *counted)
        if after.due_at is not None and after.attempts == 0:
            self._hint([Untold(after.tenant, after.event, after.endpoint)])

    def put_off(self, untold: Untold, until: Millis) -> None:
        tenant, event, endpoint = untold.tenant, untold.event, untold.endpoint
        at = (
            keys.delivery_key(tenant, event, endpoint)
            if endpoint
            else keys.event_key(tenant, event)
        )
        later = set_or_drop(due_again(untold, until), DUE_NAMES)
        self._write(Update("untold", at, later, Present("due_at"), cheap=True))

    def delivery(
        self, tenant: Tenant, event: EventId, endpoint: WebhookEndpointId
    ) -> EventDelivery | None:
        return self._one(keys.delivery_key(tenant, event, endpoint), delivery_from_item)

    def deliveries(
        self, tenant: Tenant, endpoint: WebhookEndpointId, part: Slice
    ) -> Found[EventDelivery]:
        return self._list(tenant, f"{endpoint}#attempt", part, delivery_from_item)

    def untold(self, now: Millis, limit: int) -> Sequence[Untold]:
        places = self._due_places(keys.untold_partitions(), now, limit)
        return [keys.untold_at_place(place) for place in places]


def _pending(delivery: EventDelivery) -> bool:
    return delivery.status is DeliveryStatus.PENDING


def _moved(at: Key, item: Item, before: EventDelivery) -> Write:
    """What differs of a delivery, if it is as it was read."""
    as_read = all_of(Equals("status", before.status.value), Equals("attempts", before.attempts))
    differs = changes(_logged(before)[1], item)
    return Update("delivery", at, differs, as_read) if differs else Check("delivery", at, as_read)


def _counted(of: EventDelivery, by: int, *guards: Guard) -> list[Write]:
    """The event's count of the deliveries that have not ended."""
    if not by:
        return []
    at = keys.event_key(of.tenant, of.event)
    enough = all_of(AtLeast("pending", max(-by, 0)), *guards)
    return [Update("untold", at, {"pending": Shift(by)}, enough)]


def _logged(delivery: EventDelivery) -> tuple[Key, Item]:
    at = keys.delivery_key(delivery.tenant, delivery.event, delivery.endpoint)
    last = max(delivery.created, delivery.tried_at or 0, delivery.due_at or 0)
    until = last // 1000 + LOGGED_S
    return at, {**delivery_to_item(delivery), TTL_ATTRIBUTE: until}
