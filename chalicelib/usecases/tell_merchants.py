"""Merchants' systems are told of events: at once through the queue, and again by the clock.

An event is told at least once and perhaps twice, never less: it is due until the first attempts are
kept, and a delivery is due until it has ended. No order is promised.

Nobody waits for another one's system: requests go out together, an endpoint that gave no answer is
not waited for again in the same go, merchants take turns, and what cannot be told is put off.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from chalicelib.domain.event_deliveries import EventDelivery, Outcome
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
    Report,
    Say,
    Show,
    SigningKeys,
    Untold,
)
from chalicelib.usecases.ports import Clock, Mint

LEASE = "tell"
LEASE_MS = 55_000
ROUND_MS = 30_000  # nothing goes out after that; what has gone out may take 10 s, or 20
TOGETHER = 16  # requests that go out together, or a few more
MOST = 1_000
PUT_OFF_MS = 15 * 60_000
SLOW_MS = 3_000
NO_LONGER = "the webhook endpoint is deleted or disabled"
Wanting = tuple[WebhookEndpoint, EventDelivery]


@dataclass(slots=True)
class Told:
    """What came of a go: how many requests went out, and what could not be told."""

    attempts: int = 0
    failed: list[Untold] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Piece:
    """An event about to be told to `wanting`, each with the request that tells it; `waiting` are
    told later, for they gave no answer just now."""

    untold: Untold
    event: Event
    wanting: Sequence[Wanting]
    postings: Sequence[Posting]
    waiting: Sequence[EventDelivery] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """What the story needs. `show` gives the body that an event is told with, `say` what a chat is
    told of it; `report` hears of what could not be told."""

    store: OutboxStore
    post: Poster
    keys: SigningKeys
    clock: Clock
    mint: Mint
    show: Show
    say: Say
    report: Report

    def tell(self, untold: Sequence[Untold], goes_on: Callable[[], bool] = lambda: True) -> Told:
        """All of these, as long as it goes on. Never raises for what becomes of one of them."""
        told, silent = Told(), set[str]()
        pieces: list[Piece] = []
        for each in dict.fromkeys(untold):
            if not goes_on():
                break
            with self._put_off_if_it_fails(each, told):
                piece = self._piece(each, silent)
                pieces += [] if piece is None else [piece]
            if sum(len(piece.postings) for piece in pieces) >= TOGETHER:
                self._go(pieces, told, silent)
                pieces = []
        self._go(pieces, told, silent)
        return told

    def round(self) -> Told | None:
        """What is due is told; None when somebody else is at it."""
        started, owner = self.clock(), self.mint.ulid()
        if not self.store.take_lease(LEASE, owner, started, Millis(started + LEASE_MS)):
            return None
        due = in_turns(self.store.untold(started, MOST))
        told = self.tell(due, lambda: self.clock() - started < ROUND_MS)
        self.store.beat(LEASE, owner, self.clock())
        return told

    @contextmanager
    def _put_off_if_it_fails(self, untold: Untold, told: Told) -> Iterator[None]:
        try:
            yield
        except Lost:
            return  # another was quicker
        except Exception as error:  # noqa: BLE001 - whatever it is, no other one waits for it
            told.failed.append(untold)
            self.report(untold, error)
            with suppress(Lost, StoreUnavailable):
                self._put_off(untold)

    def _put_off(self, untold: Untold) -> None:
        self.store.put_off(untold, Millis(self.clock() + PUT_OFF_MS))

    def _piece(self, untold: Untold, silent: set[str]) -> Piece | None:
        """What goes out for one; None when nothing does."""
        event = self.store.event(untold.tenant, untold.event)
        if event is None:
            return None
        if untold.endpoint is None:
            return self._first(untold, event, silent) if event.due_at is not None else None
        before = self.store.delivery(event.tenant, event.id, untold.endpoint)
        if before is None or before.due_at is None or before.due_at > self.clock():
            return None
        endpoint = self.store.webhook_endpoint(event.tenant, untold.endpoint)
        if endpoint is None or endpoint.disabled_reason is not None:
            self.store.keep_delivery(before, before.given_up(NO_LONGER))
        elif endpoint.id in silent:
            self._put_off(untold)
        else:
            wanting = [(endpoint, before)]
            return Piece(untold, event, wanting, self._postings(event, wanting))
        return None

    def _first(self, untold: Untold, event: Event, silent: set[str]) -> Piece:
        endpoints = self.store.every_webhook_endpoint(event.tenant)
        all_of = [
            (each, EventDelivery.of(event, each.id)) for each in endpoints if each.wants(event.type)
        ]
        wanting = [(each, new) for each, new in all_of if each.id not in silent]
        later = Millis(self.clock() + PUT_OFF_MS)
        waiting = [replace(new, due_at=later) for each, new in all_of if each.id in silent]
        return Piece(untold, event, wanting, self._postings(event, wanting), waiting)

    def _postings(self, event: Event, wanting: Sequence[Wanting]) -> list[Posting]:
        if not wanting:
            return []
        now, body, key = self.clock(), self.show(event), self.keys(event.tenant)

        def posting(endpoint: WebhookEndpoint) -> Posting:
            if endpoint.is_chat:
                return Posting(endpoint.url, HEADERS, message(endpoint.url, self.say(event)))
            signatures = signed(event.id, body, secrets_of(endpoint, key, now), now)
            return Posting(endpoint.url, {**HEADERS, **signatures}, body)

        return [posting(endpoint) for endpoint, _ in wanting]

    def _go(self, pieces: Sequence[Piece], told: Told, silent: set[str]) -> None:
        """Requests go out together, and what came of each piece is kept."""
        postings = [posting for piece in pieces for posting in piece.postings]
        now, outcomes = self.clock(), iter(self.post(postings) if postings else [])
        told.attempts += len(postings)
        for piece in pieces:
            came = [next(outcomes) for _ in piece.postings]
            silent |= {
                endpoint.id
                for (endpoint, _), outcome in zip(piece.wanting, came, strict=True)
                if outcome.status is None or outcome.took_ms >= SLOW_MS
            }
            with self._put_off_if_it_fails(piece.untold, told):
                self._keep(piece, came, now)

    def _keep(self, piece: Piece, came: Sequence[Outcome], now: Millis) -> None:
        after = []
        for (endpoint, before), outcome in zip(piece.wanting, came, strict=True):
            self._note(piece.event.tenant, endpoint, outcome, now)
            after.append(before.after(outcome, now, gone=endpoint.is_gone(outcome.status)))
        if piece.untold.endpoint is None:
            self.store.keep_first_deliveries(piece.event, [*after, *piece.waiting])
        else:
            self.store.keep_delivery(piece.wanting[0][1], after[0])

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


def in_turns(untold: Sequence[Untold]) -> list[Untold]:
    """One of each merchant, then the next of each, each merchant's in their order."""
    by_merchant: dict[Tenant, list[Untold]] = defaultdict(list)
    for each in untold:
        by_merchant[each.tenant].append(each)
    return [each for turn in zip_longest(*by_merchant.values()) for each in turn if each]
