"""Lists with a filter. What names nothing, or another merchant's thing, gives an empty list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.errors import FilterTooRare
from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    PaymentLinkId,
    ProductId,
    Tenant,
    session_id,
    time_part,
    ulid_of,
)
from chalicelib.domain.payments import SESSION_LIFETIME_MS, Payment, SessionStatus
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.outbox import Outbox
from chalicelib.usecases.ports import Found, Payments, Prices, Slice, Store

T = TypeVar("T")
CLOCKS_DIFFER_MS = 60 * 60_000  # how much older an id may be than what it names


def list_products(
    store: Store, tenant: Tenant, part: Slice, active: bool | None, ids: Sequence[str] | None
) -> Found[Product]:
    """Products, by `ids` or of all."""
    if ids is None:
        return store.products(tenant, part, active)
    named = [ProductId(id) for id in dict.fromkeys(ids) if ulid_of(id, "prod")]
    found = store.some_products(tenant, named) if named else []
    fit = [each for each in found if active in (None, each.active)]
    return part_of(fit, part, lambda product: product.id)


def list_prices(
    store: Store, tenant: Tenant, part: Slice, product: str | None, which: Prices | None
) -> Found[Price]:
    """Prices of which all that is told holds; `which` None: none does. Raises FilterTooRare."""
    if which is None:
        return Found([], False)
    if product is not None:
        if ulid_of(product, "prod") is None:
            return Found([], False)
        which = replace(which, product=ProductId(product))
    return _near(store.prices(tenant, part, which), part)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Which sessions: those of which all that is told holds; `link` and `intent` are ids."""

    status: SessionStatus | None = None
    link: str | None = None
    intent: str | None = None


def list_sessions(
    store: Store, tenant: Tenant, part: Slice, now: Millis, asked: Sessions
) -> Found[Payment]:
    """Payments, as sessions, of which all that is told holds. Raises FilterTooRare."""
    if asked.intent is not None:
        payment = _session_of(store, tenant, now, asked)
        return part_of([payment] if payment else [], part, lambda one: session_id(one.id))
    if asked.link is not None and ulid_of(asked.link, "plink") is None:
        return Found([], False)
    if asked.status == "open":  # no session lives longer
        oldest = Millis(now - SESSION_LIFETIME_MS - CLOCKS_DIFFER_MS)
        part = replace(part, since=max(part.since or "", f"cs_{time_part(oldest)}"))
    which = Payments(
        link=None if asked.link is None else PaymentLinkId(asked.link),
        status=None if asked.status is None else (asked.status, now),
    )
    return _near(store.payments(tenant, part, which), part)


def _session_of(store: Store, tenant: Tenant, now: Millis, asked: Sessions) -> Payment | None:
    ulid = ulid_of(asked.intent or "", "pi")
    payment = store.payment(tenant, PaymentId(ulid)) if ulid else None
    if payment is None or asked.link not in (None, payment.payment_link):
        return None
    return payment if asked.status in (None, payment.session_status(now)) else None


def list_refunds(
    store: Store, tenant: Tenant, part: Slice, intent: str | None, session: str | None
) -> Found[Refund]:
    """Refunds, of one payment or of all; a payment named twice is one and the same."""
    if intent is None and session is None:
        return store.refunds(tenant, part)
    named = {ulid_of(intent, "pi")} if intent is not None else set()
    named |= {ulid_of(session, "cs")} if session is not None else set()
    ulid = named.pop()
    if ulid is None or named:
        return Found([], False)
    return store.refunds(tenant, part, PaymentId(ulid))


def part_of(items: Sequence[T], part: Slice, name: Callable[[T], str]) -> Found[T]:
    """The part of a list that is at hand as a whole."""
    low = max(filter(None, (part.after, part.since)), default="")
    high = min(filter(None, (part.before, part.until)), default="~")
    fit = sorted((each for each in items if low < name(each) < high), key=name, reverse=True)
    chosen = fit[-part.limit :] if part.after is not None else fit[: part.limit]
    return Found(chosen, len(fit) > len(chosen))


def list_events(
    store: Outbox, tenant: Tenant, part: Slice, types: Sequence[EventType]
) -> Found[Event]:
    """Events of one of these types, or all. Raises FilterTooRare."""
    return _near(store.events(tenant, part, types), part)


def _near(found: Found[T], part: Slice) -> Found[T]:
    """An empty part with more to come would end a client's paging, and would not be the end."""
    if found.upto is None:
        return found
    cursor = "starting_after" if part.after is None else "ending_before"
    raise FilterTooRare(
        f"Nothing as far as {found.upto} fits. Go on from there ({cursor}={found.upto}), or say "
        "when by created.",
        details={cursor: found.upto},
    )
