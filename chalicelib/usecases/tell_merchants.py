"""Merchants' systems are told of events: at once through the queue, and again by the clock.

An event is told at least once and perhaps twice, never less: it is due until the first attempts are
kept, and a delivery is due until it has ended. No order is promised.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery, Outcome
from chalicelib.domain.events import Event, EventType, event_of
from chalicelib.domain.ids import Millis, Tenant
from chalicelib.domain.telegram import message
from chalicelib.domain.webhook_endpoints import WebhookEndpoint, secrets_of, signed
from chalicelib.usecases.failures import Lost, StoreUnavailable
from chalicelib.usecases.outbox import (
    HEADERS,
    OutboxStore,
    Poster,
    Posting,
    Say,
    Show,
    SigningKeys,
    Untold,
)
from chalicelib.usecases.ports import Clock, Mint

LEASE = "tell"
LEASE_MS = 55_000
ROUND_MS = 35_000  # no new work after that; one piece may take 10 s more
MOST = 200
PUT_OFF_MS = 60 * 60_000
NO_LONGER = "the webhook endpoint is deleted or disabled"


@dataclass(frozen=True, slots=True)
class Teller:
    """What the story needs. `show` gives the body that an event is told with, `say`
    what a chat is told of it."""

    store: OutboxStore
    post: Poster
    keys: SigningKeys
    clock: Clock
    mint: Mint
    show: Show
    say: Say

    def tell(self, untold: Untold) -> int:
        """How many attempts were made. Raises Lost when another was quicker, StoreUnavailable."""
        event = self.store.event(untold.tenant, untold.event)
        if event is None:
            return 0
        if untold.endpoint is None:
            return self._first(event)
        before = self.store.delivery(event.tenant, event.id, untold.endpoint)
        if before is None or before.due_at is None or before.due_at > self.clock():
            return 0
        endpoint = self.store.webhook_endpoint(event.tenant, untold.endpoint)
        if endpoint is None or endpoint.disabled_reason is not None:
            self.store.keep_delivery(before, before.given_up(NO_LONGER))
            return 0
        (after,) = self._attempt(event, [(endpoint, before)])
        self.store.keep_delivery(before, after)
        return 1

    def round(self) -> Mapping[str, int] | None:
        """What is due is told: how many attempts were made, and how many pieces `failed`; None when
        somebody else is at it. An endpoint that fails is not waited for twice in a round."""
        started, owner = self.clock(), self.mint.ulid()
        if not self.store.take_lease(LEASE, owner, started, Millis(started + LEASE_MS)):
            return None
        done: Counter[str] = Counter()
        for untold in self.store.untold(started, MOST):
            if self.clock() - started >= ROUND_MS:
                break
            try:
                done["attempts"] += self.tell(untold)
            except Lost:
                continue
            except StoreUnavailable:
                done["failed"] += 1  # it stays due
            except Exception:  # noqa: BLE001 - one that cannot be told keeps nobody else waiting
                done["failed"] += 1
                self._put_off(untold)
        self.store.beat(LEASE, owner, self.clock())
        return done

    def _put_off(self, untold: Untold) -> None:
        with suppress(Lost, StoreUnavailable):
            self.store.put_off(untold, Millis(self.clock() + PUT_OFF_MS))

    def _first(self, event: Event) -> int:
        if event.due_at is None:
            return 0
        wanting = [
            (each, _new(event, each))
            for each in self.store.every_webhook_endpoint(event.tenant)
            if each.wants(event.type)
        ]
        deliveries = self._attempt(event, wanting) if wanting else []
        self.store.keep_first_deliveries(event, deliveries)
        return len(deliveries)

    def _attempt(
        self, event: Event, wanting: Sequence[tuple[WebhookEndpoint, EventDelivery]]
    ) -> list[EventDelivery]:
        now, body, key = self.clock(), self.show(event), self.keys(event.tenant)

        def posting(endpoint: WebhookEndpoint) -> Posting:
            if endpoint.is_chat:
                return Posting(endpoint.url, HEADERS, message(endpoint.url, self.say(event)))
            signatures = signed(event.id, body, secrets_of(endpoint, key, now), now)
            return Posting(endpoint.url, {**HEADERS, **signatures}, body)

        outcomes = self.post([posting(endpoint) for endpoint, _ in wanting])
        after = []
        for (endpoint, before), outcome in zip(wanting, outcomes, strict=True):
            self._note(event.tenant, endpoint, outcome, now)
            gone = endpoint.is_gone(outcome.status)
            after.append(before.after(outcome, now, gone=gone))
        return after

    def _note(self, tenant: Tenant, before: WebhookEndpoint, outcome: Outcome, now: Millis) -> None:
        """How the endpoint stands after it: most often as before, and then nothing is written."""
        gone = before.is_gone(outcome.status)
        after = before.after_delivery(outcome.delivered, gone, now)
        if after == before:
            return
        told = None
        if after.disabled_reason is not None:
            after = replace(after, updated=Millis(max(now, before.updated + 1)))
            type = EventType.WEBHOOK_ENDPOINT_DISABLED
            told = event_of(type, tenant, after, now, mark=str(after.updated))
        with suppress(Lost, StoreUnavailable):  # the next attempt sees it again
            self.store.update_webhook_endpoint(tenant, before, after, event=told)


def _new(event: Event, endpoint: WebhookEndpoint) -> EventDelivery:
    return EventDelivery(
        tenant=event.tenant,
        event=event.id,
        endpoint=endpoint.id,
        type=event.type,
        created=event.created,
        status=DeliveryStatus.PENDING,
    )
