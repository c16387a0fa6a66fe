"""Payments: each change with its ledger entry, its event and what must stand or fall with it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.book_items import claim_from_item, psp_event_from_item
from chalicelib.adapters.dynamodb.item_forms import DUE_NAMES, SCHEMA, changes, set_or_drop
from chalicelib.adapters.dynamodb.payment_items import (
    ledger_from_item,
    payment_from_item,
    payment_to_item,
    session_is,
)
from chalicelib.adapters.dynamodb.shop_items import merchant_from_item
from chalicelib.adapters.dynamodb.storing import (
    Storing,
    answer_of,
    entry_of,
    found_of,
    moved,
    new,
    psp_event_of,
    told,
)
from chalicelib.adapters.dynamodb.table import TTL_ATTRIBUTE
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Change,
    Count,
    Equals,
    Guard,
    Index,
    Item,
    LessThan,
    Present,
    Put,
    Shift,
    Update,
    Write,
    all_of,
    any_of,
)
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.events import payment_begun, payment_events
from chalicelib.domain.ids import (
    Millis,
    PaymentId,
    Tenant,
)
from chalicelib.domain.inbox import OPEN_EVENTS, InboxEvent
from chalicelib.domain.ledger import LedgerEntry
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.payments import RANKS, Payment, PaymentStatus, ProviderSession, Use
from chalicelib.domain.rates import FAILURES_WINDOW_MS, Counted, failures_window
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.ports import EVERY_PAYMENT, Found, Payments, Slice

ENDED_RANK = RANKS[PaymentStatus.FAILED]
KEPT_S = 24 * 60 * 60  # DynamoDB deletes late anyhow


class PaymentStore(Storing):
    """Payments and their ledgers."""

    # --- payments ---------------------------------------------------------------------------

    def begin_payment(
        self,
        payment: Payment,
        claim: Claim | None,
        counts: Sequence[Counted] = (),
        most_open: int | None = None,
    ) -> None:
        at = keys.payment_key(payment.tenant, payment.id)
        begun = new("payment", at, payment_to_item(payment))
        rates = [_counted(payment.tenant, count) for count in counts]
        opens = _opened(payment, most_open) if most_open is not None else []
        self._claimed(
            payment.tenant,
            claim,
            begun,
            *_use(None, payment),
            *rates,
            *opens,
            *told(payment_begun(payment)),
        )

    def take_over(self, tenant: Tenant, before: Claim, after: Claim) -> None:
        self._write(
            Update(
                "claim_owner",
                keys.idempotency_key(tenant, before.scope, before.key),
                {"owner": Assign(after.owner), "locked_until": Assign(after.locked_until)},
                all_of(
                    Equals("owner", before.owner),
                    Equals("locked_until", before.locked_until),
                    Absent("body"),
                ),
            )
        )

    def bind_provider(
        self, payment: Payment, provider: ProviderSession, answered: Claim | None
    ) -> None:
        tenant, bound = payment.tenant, _with_provider(payment, provider)
        self._write(
            *answer_of(tenant, answered),
            Update(
                "payment",
                keys.payment_key(tenant, payment.id),
                changes(payment_to_item(payment), bound),
                any_of(Absent("psp_intent"), Equals("psp_intent", provider.intent)),
            ),
            _intent(payment, provider),
        )

    def payment(self, tenant: Tenant, id: PaymentId) -> Payment | None:
        return self._one(keys.payment_key(tenant, id), payment_from_item)

    def payments_by_id(
        self, tenant: Tenant, ids: Sequence[PaymentId]
    ) -> Mapping[PaymentId, Payment]:
        wanted = [keys.payment_key(tenant, id) for id in dict.fromkeys(ids)]
        found = self._engine.get_many(wanted) if wanted else []
        payments = [payment_from_item(item) for item in found if item]
        return {payment.id: payment for payment in payments}

    def claim(self, tenant: Tenant, claim: Claim) -> Claim | None:
        return self._one(keys.idempotency_key(tenant, claim.scope, claim.key), claim_from_item)

    def payment_and_claim(
        self, tenant: Tenant, id: PaymentId, claim: Claim | None
    ) -> tuple[Payment | None, Claim | None]:
        wanted = [keys.payment_key(tenant, id)]
        if claim is not None:
            wanted.append(keys.idempotency_key(tenant, claim.scope, claim.key))
        payment, *taken = self._engine.get_many(wanted)
        return (
            payment_from_item(payment) if payment else None,
            claim_from_item(taken[0]) if taken and taken[0] else None,
        )

    def payment_with_merchant(
        self, tenant: Tenant, id: PaymentId
    ) -> tuple[Payment, Merchant] | None:
        payment, merchant = self._engine.get_many(
            [keys.payment_key(tenant, id), keys.merchant_key(tenant.merchant)]
        )
        if payment is None or merchant is None:
            return None
        return payment_from_item(payment), merchant_from_item(merchant)

    def payment_of_intent(self, tenant: Tenant, intent: str) -> Payment | None:
        ref = self._engine.get(keys.intent_key(tenant, intent))
        return self.payment(tenant, PaymentId(str(ref["payment"]))) if ref else None

    def payments(
        self, tenant: Tenant, part: Slice, which: Payments = EVERY_PAYMENT
    ) -> Found[Payment]:
        place, index = keys.list_partition(tenant, "payment"), Index.LIST
        if which.link is not None:
            place, index = keys.set_of(tenant, "payment", which.link), Index.SET
        if which.status is None:
            return self._listed(place, part, payment_from_item, index)
        where = session_is(*which.status)
        return self._sought([place], where, part, payment_from_item, index)

    def record_change(
        self,
        before: Payment,
        change: Changed,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        self._write(
            *psp_event_of(before.tenant, event),
            *_changed(before, change),
            *answer_of(before.tenant, answered),
        )

    def end_payment(self, before: Payment, change: Changed, claim: Claim | None) -> None:
        self._claimed(before.tenant, claim, *_changed(before, change))

    def record_event(
        self,
        tenant: Tenant,
        event: InboxEvent,
        found: Discrepancy | None = None,
        dead_refund: str | None = None,
    ) -> None:
        self._write(*psp_event_of(tenant, event), *found_of(found), *_dead(tenant, dead_refund))

    def kept_event(self, tenant: Tenant, id: str) -> InboxEvent | None:
        item: Any = self._engine.get(keys.psp_event_key(tenant, id))
        if item is None or item["status"] not in OPEN_EVENTS:
            return None
        return psp_event_from_item(item)

    def put_off_payment(self, before: Payment, after: Payment) -> None:
        self._write(
            Update(
                "payment",
                keys.payment_key(before.tenant, before.id),
                set_or_drop(payment_to_item(after), DUE_NAMES),
                all_of(Equals("seq", before.seq), _same_due(before.due_at)),
            )
        )

    def ledger(self, tenant: Tenant, id: PaymentId) -> Sequence[LedgerEntry]:
        partition = keys.payment_key(tenant, id).pk
        found = self._engine.collection(partition, prefix=keys.LEDGER)
        return [ledger_from_item(item) for item in found]


def _changed(before: Payment, change: Changed) -> list[Write]:
    """The payment's change and what stands or falls with it."""
    after = change.payment
    rises = [LessThan("rank", after.rank)] if after.rank != before.rank else []
    nothing_yet = [Equals("captured", 0)] if change.entry.delta.captured > 0 else []
    return [
        moved(before, after, *rises, *nothing_yet),
        entry_of(before, change.entry),
        *_bound(before, after),
        *_use(before, after),
        *_no_longer_open(before, after),
        *_failed(before, change),
        *found_of(change.discrepancy),
        *told(*payment_events(before, after, change.entry.cause)),
    ]


def _use(before: Payment | None, after: Payment) -> list[Write]:
    """What a payment does with what is kept for it: a use of its limited link, and pieces."""
    had = before.use if before else None
    if had is after.use:
        return []
    return [*_link_use(had, after), *_stock(had, after)]


def _link_use(had: Use | None, after: Payment) -> list[Write]:
    if not after.holds_link or after.payment_link is None:
        return []
    begins = [Equals("active", True)] if had is None else []
    taken = all_of(AtLeast("uses_remaining", 1), *begins)
    moves: dict[tuple[Use | None, Use | None], tuple[dict[str, Change], Guard]] = {
        (None, Use.HELD): ({"uses_remaining": Shift(-1)}, taken),
        (Use.HELD, Use.RETURNED): ({"uses_remaining": Shift(1)}, Present()),
        (Use.HELD, Use.SPENT): ({"completed": Shift(1)}, Present()),
        (Use.RETURNED, Use.SPENT): ({"uses_remaining": Shift(-1), "completed": Shift(1)}, taken),
    }
    changes, guard = moves[had, after.use]
    return [Update("link", keys.payment_link_key(after.tenant, after.payment_link), changes, guard)]


def _stock(had: Use | None, after: Payment) -> list[Write]:
    signs: dict[tuple[Use | None, Use | None], tuple[int, int]] = {
        (None, Use.HELD): (-1, 1),
        (Use.HELD, Use.RETURNED): (1, -1),
        (Use.HELD, Use.SPENT): (0, -1),
        (Use.RETURNED, Use.SPENT): (-1, 0),
    }
    available, reserved = signs[had, after.use]
    return [
        Update(
            f"stock {id}",
            keys.product_key(after.tenant, id),
            {
                name: Shift(sign * quantity)
                for name, sign in (("available", available), ("reserved", reserved))
                if sign
            },
            AtLeast("available", quantity) if available < 0 else Present(),
        )
        for id, quantity in after.stock.items()
    ]


def _counted(tenant: Tenant, of: Counted) -> Update:
    changed: dict[str, Change] = {
        "kind": Assign("rate"),
        "count": Count(1),
        TTL_ATTRIBUTE: Assign(of.until // 1000 + KEPT_S),
    }
    below = any_of(Absent("count"), LessThan("count", of.most))
    return Update(f"rate {of.name}", keys.count_key(tenant, of), changed, below)


def _opened(payment: Payment, most: int) -> list[Write]:
    """A link's session that is open is counted once, from its beginning to its end."""
    if not payment.counted or payment.payment_link is None:
        return []
    at = keys.open_sessions_key(payment.tenant, payment.payment_link, payment.id)
    part = -(-most // keys.OPEN_SHARDS)
    changed: dict[str, Change] = {"kind": Assign("open"), "count": Count(1)}
    return [Update("rate open", at, changed, any_of(Absent("count"), LessThan("count", part)))]


def _no_longer_open(before: Payment, after: Payment) -> list[Write]:
    ends = before.rank < ENDED_RANK <= after.rank
    if not ends or not after.counted or after.payment_link is None:
        return []
    at = keys.open_sessions_key(after.tenant, after.payment_link, after.id)
    return [Update("open", at, {"count": Shift(-1)}, Present())]


def _failed(before: Payment, change: Changed) -> list[Write]:
    """A failure counts against its link, so that somebody who tries cards out is noticed."""
    after = change.payment
    fails = before.status is not PaymentStatus.FAILED and after.status is PaymentStatus.FAILED
    if not fails or not after.counted or after.payment_link is None:
        return []
    window = failures_window(change.entry.cause.at)
    ends = (window + 1) * FAILURES_WINDOW_MS // 1000 + KEPT_S
    changed: dict[str, Change] = {
        "kind": Assign("failures"), "count": Count(1), TTL_ATTRIBUTE: Assign(ends),
    }  # fmt: skip
    at = keys.failures_key(after.tenant, after.payment_link, window)
    return [Update("failures", at, changed, any_of(Absent(), Present()))]


def _same_due(at: Millis | None) -> Guard:
    return Absent("due_at") if at is None else Equals("due_at", at)


def _intent(payment: Payment, provider: ProviderSession) -> Put:
    """The provider's intent stands for this payment and no other."""
    to_payment: Item = {"kind": "psp_intent", "schema": SCHEMA, "payment": payment.id}
    at = keys.intent_key(payment.tenant, provider.intent)
    return Put("intent", at, to_payment, any_of(Absent(), Equals("payment", payment.id)))


def _bound(before: Payment, after: Payment) -> list[Write]:
    """The binding of a payment that was paid before its page's names could be kept."""
    if before.provider is not None or after.provider is None:
        return []
    return [_intent(after, after.provider)]


def _with_provider(payment: Payment, provider: ProviderSession) -> Item:
    return payment_to_item(replace(payment, provider=provider))


def _dead(tenant: Tenant, psp_refund: str | None) -> list[Write]:
    """The provider's refund is none of ours and never will be."""
    if psp_refund is None:
        return []
    nothing: Item = {"kind": "psp_refund", "schema": SCHEMA, "dead": True}
    at = keys.psp_refund_key(tenant, psp_refund)
    return [Put("bound", at, nothing, any_of(Absent(), Present("dead")))]
