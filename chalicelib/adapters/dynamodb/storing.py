"""The ways in and out of the store, and the writes that several write groups share.

A refused group says which guard failed; `Claimed` and `Lost` carry that to the story.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.book_items import (
    claim_from_item,
    claim_to_item,
    discrepancy_to_item,
    psp_event_to_item,
)
from chalicelib.adapters.dynamodb.event_items import event_to_item
from chalicelib.adapters.dynamodb.item_forms import SCHEMA, Read, changes
from chalicelib.adapters.dynamodb.payment_items import ledger_to_item, payment_to_item
from chalicelib.adapters.dynamodb.writes import (
    PLACES,
    Absent,
    AssignOnce,
    Change,
    Engine,
    Equals,
    Guard,
    Index,
    Item,
    Key,
    OneOf,
    Page,
    Present,
    Put,
    Refused,
    Sift,
    Update,
    Write,
    all_of,
    any_of,
)
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.events import Event
from chalicelib.domain.ids import Millis, Tenant
from chalicelib.domain.inbox import OPEN_EVENTS, InboxEvent
from chalicelib.domain.ledger import LedgerEntry
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.failures import Claim, Claimed, Lost, SeenEvent
from chalicelib.usecases.outbox import Hint, Untold
from chalicelib.usecases.ports import Found, Slice

T = TypeVar("T")
HIGHEST = "~"  # above every id
TOLD = "told "  # what a write that tells of an event is named by
LOWEST = "!"  # below every id
LOOKS = (250, 1_000, 1_000, 1_000)  # of how many items each: the first does, but for what is rare


class Storing:
    """A store over an engine (DynamoDB, or its model in memory). `hint` hears of each event once it
    is written; an event that it loses is told by the clock."""

    def __init__(self, engine: Engine, hint: Hint = lambda _: None) -> None:
        self._engine = engine
        self._hint = hint

    def _one(self, key: Key, read: Callable[[Read], T]) -> T | None:
        item = self._engine.get(key)
        return None if item is None else read(item)

    def _list(self, tenant: Tenant, kind: str, part: Slice, read: Callable[[Read], T]) -> Found[T]:
        return self._listed(keys.list_partition(tenant, kind), part, read)

    def _listed(
        self, partition: str, part: Slice, read: Callable[[Read], T], index: Index = Index.LIST
    ) -> Found[T]:
        found = self._engine.page(_page(partition, part, index))
        if part.after is not None and part.until is not None:
            found = [item for item in found if str(item[PLACES[index][1]]) < part.until]
        has_more = len(found) > part.limit
        if has_more:
            found = found[1:] if part.after is not None else found[: part.limit]
        return Found([read(item) for item in found], has_more)

    def _sought(
        self,
        places: Sequence[str],
        where: Guard | None,
        part: Slice,
        read: Callable[[Read], T],
        index: Index,
    ) -> Found[T]:
        """What fits of one partition or of several together. A part may be shorter than asked, so
        that one call does; an empty one with more to come is one of which nothing fits so far."""
        if where is None and len(places) == 1:
            return self._listed(places[0], part, read, index)
        upward, by = part.after is not None, PLACES[index][1]
        looks = [self._looked(place, where, part, index) for place in places]
        fits = [item for found, _ in looks for item in found]
        stops = [upto for _, upto in looks if upto is not None]
        edge = (min if upward else max)(stops, default=None)
        if edge is not None:  # beyond it not every partition has been seen
            fits = [
                each
                for each in fits
                if (str(each[by]) <= edge if upward else str(each[by]) >= edge)
            ]
        fits.sort(key=lambda item: str(item[by]), reverse=not upward)
        has_more = edge is not None or len(fits) > part.limit
        chosen = fits[: part.limit]
        if upward:
            chosen.reverse()
        return Found([read(item) for item in chosen], has_more, None if chosen else edge)

    def _looked(
        self, place: str, where: Guard | None, part: Slice, index: Index
    ) -> tuple[list[Item], str | None]:
        """What fits of one partition, and up to where was looked; None: to its end."""
        upward = part.after is not None
        after = max(filter(None, (part.after, part.since)), default=LOWEST)
        before = min(filter(None, (part.before, part.until)), default=HIGHEST)
        for look in LOOKS if where is not None else (part.limit + 2,):  # and the cursor's own place
            if after >= before:
                return [], None
            found = self._engine.sift(Sift(place, look, before, after, where, upward, index))
            if found.items or found.upto is None:
                return found.items, found.upto
            before, after = (before, found.upto) if upward else (found.upto, after)
        return [], found.upto

    def _due_places(self, partitions: Sequence[str], now: Millis, limit: int) -> list[str]:
        """What is due in these partitions of the due index, the longest due first."""
        bound = keys.due_before(now)
        places = [
            place for partition in partitions for place in self._engine.due(partition, bound, limit)
        ]
        return sorted(places)[:limit]

    def _claimed(self, tenant: Tenant, claim: Claim | None, *writes: Write) -> None:
        if claim is None:
            return self._write(*writes)
        at = keys.idempotency_key(tenant, claim.scope, claim.key)
        return self._write(new("claim", at, claim_to_item(claim)), *writes)

    def _write(self, *writes: Write) -> None:
        try:
            self._engine.write(writes)
        except Refused as refused:
            earlier = refused.failed.get("claim")
            if earlier is not None:
                raise Claimed(claim_from_item(earlier)) from None
            # An event was told before only if its change was made before, which says it, too.
            guards = [name for name in refused.failed if not name.startswith(TOLD)]
            raise Lost(*guards, seen=_seen(refused.failed.get("event"))) from None
        untold = _untold(writes)
        if untold:
            self._hint(untold)


def _page(partition: str, part: Slice, index: Index) -> Page:
    """One item more than is asked for, to know whether there is more."""
    limit = part.limit + 1
    if part.after is not None:
        return Page(partition, limit, after=max(part.after, part.since or ""), index=index)
    before = min(filter(None, (part.before, part.until)), default=None)
    if part.since is None:
        return Page(partition, limit, before, index=index)
    return Page(partition, limit, before or HIGHEST, part.since, index)


def new(name: str, key: Key, item: Item) -> Put:
    """A new item, where there is none."""
    return Put(name, key, item, Absent())


def moved(before: Payment, after: Payment, *guards: Guard) -> Update:
    """The payment's change: only what differs, and only if nothing moved since it was read."""
    return Update(
        "payment",
        keys.payment_key(before.tenant, before.id),
        changes(payment_to_item(before), payment_to_item(after)),
        all_of(Equals("seq", before.seq), *guards),
    )


def entry_of(payment: Payment, entry: LedgerEntry) -> Put:
    """The ledger entry of a change, in its place and no other."""
    at = keys.ledger_key(payment.tenant, payment.id, entry.seq)
    return new("ledger", at, ledger_to_item(entry))


def told(*events: Event) -> list[Write]:
    """Each event in the write group of the change that it tells of."""
    return [
        new(f"{TOLD}{event.type}", keys.event_key(event.tenant, event.id), event_to_item(event))
        for event in events
    ]


def _untold(writes: Sequence[Write]) -> list[Untold]:
    """The events among the writes that are to be told."""
    events = [write.item for write in writes if isinstance(write, Put)]
    return [keys.untold_at_place(str(item["ds"])) for item in events if item["kind"] == "event"]


def psp_event_of(tenant: Tenant, inbox: InboxEvent | None) -> list[Write]:
    """An event comes once; one that waits is looked at by one at a time."""
    if inbox is None:
        return []
    unseen = Absent()
    waits = all_of(
        OneOf("status", tuple(status.value for status in OPEN_EVENTS)),
        Equals("attempts", inbox.attempts - 1),
    )
    at, item = keys.psp_event_key(tenant, inbox.event.id), psp_event_to_item(tenant, inbox)
    return [Put("event", at, item, waits if inbox.attempts else unseen)]


def found_of(found: Discrepancy | None) -> list[Write]:
    """A discrepancy in the write group of what shows it; found before, it stays as it is."""
    if found is None:
        return []
    item = discrepancy_to_item(found)
    at = keys.discrepancy_key(found.tenant, found.id)
    once: dict[str, Change] = {name: AssignOnce(value) for name, value in item.items()}
    return [Update("discrepancy", at, once, any_of(Absent(), Present()))]


def answer_of(tenant: Tenant, claim: Claim | None) -> list[Write]:
    """What a request was answered: kept once, whoever is first."""
    if claim is None or claim.answer is None:
        return []
    at = keys.idempotency_key(tenant, claim.scope, claim.key)
    told: dict[str, Change] = {
        "status": AssignOnce(claim.answer.status),
        "body": AssignOnce(claim.answer.body),
    }
    return [Update("claim_answer", at, told, Equals("resource", claim.resource))]


def named(refund: Refund) -> list[Write]:
    """The provider's refund stands for this one of ours and no other."""
    if refund.psp_refund is None:
        return []
    to_refund: Item = {"kind": "psp_refund", "schema": SCHEMA, "refund": refund.id}
    at = keys.psp_refund_key(refund.tenant, refund.psp_refund)
    return [Put("bound", at, to_refund, any_of(Absent(), Equals("refund", refund.id)))]


def _seen(event: Any) -> SeenEvent | None:
    return SeenEvent(event["sha256"], event["status"] in OPEN_EVENTS) if event else None
