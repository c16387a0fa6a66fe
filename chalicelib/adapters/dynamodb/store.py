"""The store: one method an intent, each write group with its guards on one screen.

A refused group says which guard failed; `Claimed` and `Lost` carry that to the story.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from chalicelib.adapters.dynamodb import items, keys
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AssignOnce,
    AtLeast,
    Change,
    Engine,
    Equals,
    Guard,
    Item,
    Key,
    LessThan,
    OneOf,
    Page,
    Present,
    Put,
    Refused,
    Shift,
    Update,
    Write,
    all_of,
    any_of,
)
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyStatus
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    RefundId,
    SecretKey,
    Tenant,
)
from chalicelib.domain.inbox import OPEN_EVENTS, InboxEvent
from chalicelib.domain.ledger import LedgerEntry, refunds_in
from chalicelib.domain.merchants import ApiKey, Merchant
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.payment_links import Offer, PaymentLink, offer_of
from chalicelib.domain.payments import RANKS, Payment, PaymentStatus, ProviderSession, Use
from chalicelib.domain.refunds import OPEN, SENDABLE, Refund, RefundStatus, Step
from chalicelib.usecases.failures import Claim, Claimed, Lost, SeenEvent
from chalicelib.usecases.ports import Due, Found, OpenedLink, Slice

T = TypeVar("T")
PAID_RANK = RANKS[PaymentStatus.PAID]


class DynamoDBStore:
    """Everything that is kept, over an engine (DynamoDB, or its model in memory)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # --- merchants --------------------------------------------------------------------------

    def add_merchant(self, merchant: Merchant, key: ApiKey) -> None:
        self._write(
            _new("merchant", keys.merchant_key(merchant.id), items.merchant_to_item(merchant)),
            _new("key", keys.api_key_key(key.tenant, key.sha256), items.api_key_to_item(key)),
        )

    def merchants(self, part: Slice) -> Found[Merchant]:
        return self._listed(keys.MERCHANTS, part, items.merchant_from_item)

    def set_policies(self, merchant: Merchant) -> None:
        policies: dict[str, Change] = {
            "late_payment_policy": Assign(merchant.late_payment_policy.value),
            "duplicate_payment_policy": Assign(merchant.duplicate_payment_policy.value),
        }
        at = keys.merchant_key(merchant.id)
        self._write(Update("merchant", at, policies, Present()))

    def add_api_key(self, key: ApiKey) -> None:
        at = keys.api_key_key(key.tenant, key.sha256)
        self._write(_new("key", at, items.api_key_to_item(key)))

    def merchant(self, id: MerchantId) -> Merchant | None:
        return self._one(keys.merchant_key(id), items.merchant_from_item)

    def api_key(self, presented: SecretKey) -> ApiKey | None:
        at = keys.api_key_key(presented.tenant, presented.sha256)
        return self._one(at, items.api_key_from_item)

    # --- catalog ----------------------------------------------------------------------------

    def add_product(self, tenant: Tenant, product: Product, claim: Claim | None) -> None:
        self._claimed(tenant, claim, _new_product(tenant, product))

    def product(self, tenant: Tenant, id: ProductId) -> Product | None:
        return self._one(keys.product_key(tenant, id), items.product_from_item)

    def products(self, tenant: Tenant, part: Slice) -> Found[Product]:
        return self._list(tenant, "product", part, items.product_from_item)

    def add_price(
        self, tenant: Tenant, price: Price, product: Product | None, claim: Claim | None
    ) -> None:
        at = keys.price_key(tenant, price.id)
        writes: list[Write] = [_new("price", at, items.price_to_item(tenant, price))]
        if product is not None:
            writes.append(_new_product(tenant, product))
        self._claimed(tenant, claim, *writes)

    def price(self, tenant: Tenant, id: PriceId) -> Price | None:
        return self._one(keys.price_key(tenant, id), items.price_from_item)

    def prices(self, tenant: Tenant, part: Slice) -> Found[Price]:
        return self._list(tenant, "price", part, items.price_from_item)

    def priced(
        self, tenant: Tenant, ids: Sequence[PriceId]
    ) -> Mapping[PriceId, tuple[Price, Product]]:
        found = self._engine.get_many([keys.price_key(tenant, id) for id in dict.fromkeys(ids)])
        prices = [items.price_from_item(item) for item in found if item is not None]
        products = self._products(tenant, [price.product for price in prices])
        return {price.id: (price, products[price.product]) for price in prices}

    def _products(self, tenant: Tenant, ids: Sequence[ProductId]) -> dict[ProductId, Product]:
        wanted = [keys.product_key(tenant, id) for id in dict.fromkeys(ids)]
        found = self._engine.get_many(wanted) if wanted else []
        products = [items.product_from_item(item) for item in found if item is not None]
        return {product.id: product for product in products}

    # --- payment links ----------------------------------------------------------------------

    def add_payment_link(self, tenant: Tenant, link: PaymentLink, claim: Claim | None) -> None:
        at = keys.payment_link_key(tenant, link.id)
        self._claimed(
            tenant,
            claim,
            _new("link", at, items.payment_link_to_item(tenant, link)),
            _new("slug", keys.slug_key(link.slug), items.slug_to_item(tenant, link)),
        )

    def payment_link(self, tenant: Tenant, id: PaymentLinkId) -> PaymentLink | None:
        return self._one(keys.payment_link_key(tenant, id), items.payment_link_from_item)

    def payment_links(self, tenant: Tenant, part: Slice) -> Found[PaymentLink]:
        return self._list(tenant, "payment_link", part, items.payment_link_from_item)

    def offer(self, tenant: Tenant, link: PaymentLink) -> Offer:
        priced = self.priced(tenant, [line.price for line in link.items])
        prices = {id: price for id, (price, _) in priced.items()}
        return offer_of(link, prices, {product.id: product for _, product in priced.values()})

    def opened_link(self, slug: str) -> OpenedLink | None:
        ref = self._engine.get(keys.slug_key(slug), consistent=False)
        if ref is None:
            return None
        named: Any = ref
        tenant = Tenant(MerchantId(named["merchant"]), named["livemode"])
        wanted = [
            keys.payment_link_key(tenant, PaymentLinkId(named["link"])),
            keys.merchant_key(tenant.merchant),
            *(keys.price_key(tenant, PriceId(id)) for id in dict.fromkeys(named["prices"])),
            *(keys.product_key(tenant, ProductId(id)) for id in named["products"]),
        ]
        found = self._engine.get_many(wanted)
        assert all(item is not None for item in found), f"the link {named['link']} is incomplete"
        link, merchant, *rest = (item for item in found if item is not None)
        prices = [items.price_from_item(item) for item in rest if item["kind"] == "price"]
        products = [items.product_from_item(item) for item in rest if item["kind"] == "product"]
        offer = offer_of(
            items.payment_link_from_item(link),
            {price.id: price for price in prices},
            {product.id: product for product in products},
        )
        return OpenedLink(tenant, items.merchant_from_item(merchant), offer)

    # --- payments ---------------------------------------------------------------------------

    def begin_payment(self, payment: Payment, claim: Claim | None) -> None:
        at = keys.payment_key(payment.tenant, payment.id)
        new = _new("payment", at, items.payment_to_item(payment))
        self._claimed(payment.tenant, claim, new, *_use(None, payment))

    def take_over(self, tenant: Tenant, before: Claim, after: Claim) -> None:
        self._write(
            Update(
                "claim",
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
            *_answer(tenant, answered),
            Update(
                "payment",
                keys.payment_key(tenant, payment.id),
                items.changes(items.payment_to_item(payment), bound),
                any_of(Absent("psp_intent"), Equals("psp_intent", provider.intent)),
            ),
            _intent(payment, provider),
        )

    def payment(self, tenant: Tenant, id: PaymentId) -> Payment | None:
        return self._one(keys.payment_key(tenant, id), items.payment_from_item)

    def payment_and_claim(
        self, tenant: Tenant, id: PaymentId, claim: Claim | None
    ) -> tuple[Payment | None, Claim | None]:
        wanted = [keys.payment_key(tenant, id)]
        if claim is not None:
            wanted.append(keys.idempotency_key(tenant, claim.scope, claim.key))
        payment, *taken = self._engine.get_many(wanted)
        return (
            items.payment_from_item(payment) if payment else None,
            items.claim_from_item(taken[0]) if taken and taken[0] else None,
        )

    def payment_with_merchant(
        self, tenant: Tenant, id: PaymentId
    ) -> tuple[Payment, Merchant] | None:
        payment, merchant = self._engine.get_many(
            [keys.payment_key(tenant, id), keys.merchant_key(tenant.merchant)]
        )
        if payment is None or merchant is None:
            return None
        return items.payment_from_item(payment), items.merchant_from_item(merchant)

    def payment_of_intent(self, tenant: Tenant, intent: str) -> Payment | None:
        ref = self._engine.get(keys.intent_key(tenant, intent))
        return self.payment(tenant, PaymentId(str(ref["payment"]))) if ref else None

    def payments(self, tenant: Tenant, part: Slice) -> Found[Payment]:
        return self._list(tenant, "payment", part, items.payment_from_item)

    def record_change(
        self,
        before: Payment,
        change: Changed,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        after = change.payment
        captures = change.entry.delta.captured > 0
        rises = [LessThan("rank", after.rank)] if after.rank != before.rank else []
        nothing_yet = [Equals("captured", 0)] if captures else []
        self._write(
            *_event(before.tenant, event),
            _moved(before, after, *rises, *nothing_yet),
            _entry(before, change.entry),
            *_bound(before, after),
            *_use(before, after),
            *_found(change.discrepancy),
            *_answer(before.tenant, answered),
        )

    def record_event(
        self, tenant: Tenant, event: InboxEvent, found: Discrepancy | None = None
    ) -> None:
        self._write(*_event(tenant, event), *_found(found))

    def kept_event(self, tenant: Tenant, id: str) -> InboxEvent | None:
        item: Any = self._engine.get(keys.event_key(tenant, id))
        if item is None or item["status"] not in OPEN_EVENTS:
            return None
        return items.event_from_item(item)

    def put_off_payment(self, before: Payment, after: Payment) -> None:
        self._write(
            Update(
                "payment",
                keys.payment_key(before.tenant, before.id),
                items.set_or_drop(items.payment_to_item(after), items.DUE_NAMES),
                all_of(Equals("seq", before.seq), _same_due(before.due_at)),
            )
        )

    # --- what is due, and who looks ---------------------------------------------------------

    def due(self, now: Millis, limit: int) -> Sequence[Due]:
        bound = keys.due_before(now)
        places = [
            place
            for partition in keys.due_partitions()
            for place in self._engine.due(partition, bound, limit)
        ]
        return [keys.due_at_place(place) for place in sorted(places)[:limit]]

    def take_lease(self, name: str, owner: str, now: Millis, until: Millis) -> bool:
        taken: dict[str, Change] = {
            "kind": Assign("lease"),
            "schema": Assign(items.SCHEMA),
            "owner": Assign(owner),
            "until": Assign(until),
        }
        free = any_of(Absent(), LessThan("until", now), Equals("owner", owner))
        try:
            self._write(Update("lease", keys.lease_key(name), taken, free))
        except Lost:
            return False
        return True

    def beat(self, name: str, owner: str, now: Millis) -> None:
        done: dict[str, Change] = {"until": Assign(0), "done_at": Assign(now)}
        with suppress(Lost):  # it took so long that another has the lease by now
            self._write(Update("lease", keys.lease_key(name), done, Equals("owner", owner)))

    def heartbeat(self, name: str) -> Millis | None:
        item: Any = self._engine.get(keys.lease_key(name))
        return None if item is None or "done_at" not in item else Millis(item["done_at"])

    # --- discrepancies ----------------------------------------------------------------------

    def note_discrepancy(self, found: Discrepancy) -> bool:
        at = keys.discrepancy_key(found.tenant, found.id)
        try:
            self._write(_new("discrepancy", at, items.discrepancy_to_item(found)))
        except Lost:
            return False
        return True

    def close_discrepancy(self, before: Discrepancy, after: Discrepancy) -> None:
        old, new = items.discrepancy_to_item(before), items.discrepancy_to_item(after)
        at = keys.discrepancy_key(before.tenant, before.id)
        still_open = Equals("status", DiscrepancyStatus.OPEN.value)
        self._write(Update("discrepancy", at, items.changes(old, new), still_open))

    def discrepancy(self, tenant: Tenant, id: str) -> Discrepancy | None:
        return self._one(keys.discrepancy_key(tenant, id), items.discrepancy_from_item)

    def discrepancies(self, tenant: Tenant, part: Slice) -> Found[Discrepancy]:
        return self._list(tenant, "discrepancy", part, items.discrepancy_from_item)

    def ledger(self, tenant: Tenant, id: PaymentId) -> Sequence[LedgerEntry]:
        partition = keys.payment_key(tenant, id).pk
        found = self._engine.collection(partition, prefix=keys.LEDGER)
        return [items.ledger_from_item(item) for item in found]

    # --- refunds ----------------------------------------------------------------------------

    def reserve_refund(self, before: Payment, step: Step, claim: Claim | None) -> None:
        refund = step.refund
        self._claimed(
            before.tenant,
            claim,
            _moved(
                before,
                step.payment,
                Equals("rank", PAID_RANK),
                AtLeast("remaining", refund.amount.amount),
                Absent("refund_inflight"),
                Equals("disputed", False),
            ),
            _new(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                items.refund_to_item(refund),
            ),
            _entry(before, step.entry),
        )

    def lease_refund(self, before: Refund, leased: Refund) -> None:
        self._write(
            _refund(
                before,
                leased,
                OneOf("status", _words(SENDABLE)),
                Equals("lease_until", before.lease_until),
                Equals("attempts", before.attempts),
            )
        )

    def settle_refund(
        self,
        before: Payment,
        step: Step,
        owner: str | None = None,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        refund = step.refund
        mine = [Equals("lease_owner", owner)] if owner is not None else []
        self._write(
            *_event(before.tenant, event),
            _moved(
                before,
                step.payment,
                Equals("refund_inflight", refund.id),
                AtLeast("refund_pending", refund.amount.amount),
            ),
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                items.settlement(refund),
                all_of(OneOf("status", _words(OPEN)), *mine),
            ),
            _entry(before, step.entry),
            *_named(refund),
            *_answer(before.tenant, answered),
        )

    def absorb_refund(
        self, before: Payment, step: Step, voided: bool, event: InboxEvent | None
    ) -> None:
        refund = step.refund
        at = keys.refund_key(refund.tenant, refund.id)
        dead = Equals("status", RefundStatus.VOIDED.value)
        self._write(
            *_event(before.tenant, event),
            _moved(
                before,
                step.payment,
                Equals("rank", PAID_RANK),
                AtLeast("remaining", refund.amount.amount),
            ),
            Update("refund", at, items.settlement(refund), dead)
            if voided
            else _new("refund", at, items.refund_to_item(refund)),
            _entry(before, step.entry),
            *_named(refund),
        )

    def name_refund(self, refund: Refund, psp_refund: str, event: InboxEvent) -> None:
        self._write(
            *_event(refund.tenant, event),
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                {"psp_refund": Assign(psp_refund)},
                Absent("psp_refund"),
            ),
            *_named(replace(refund, psp_refund=psp_refund)),
        )

    def reverse_refund(self, before: Payment, step: Step, event: InboxEvent) -> None:
        refund = step.refund
        self._write(
            *_event(before.tenant, event),
            _moved(before, step.payment, AtLeast("refunded", refund.amount.amount)),
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                items.settlement(refund),
                Equals("status", RefundStatus.POSTED.value),
            ),
            _entry(before, step.entry),
        )

    def note_refund(self, refund: Refund, owner: str) -> None:
        self._write(
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                items.settlement(refund),
                all_of(Equals("status", RefundStatus.SENDING), Equals("lease_owner", owner)),
            ),
            *_named(refund),
        )

    def put_off_refund(self, before: Refund, after: Refund) -> None:
        self._write(
            Update(
                "refund",
                keys.refund_key(before.tenant, before.id),
                {
                    "attempts": Assign(after.attempts),
                    **items.set_or_drop(items.refund_to_item(after), items.DUE_NAMES),
                },
                all_of(
                    Equals("status", RefundStatus.PENDING_PSP.value),
                    Equals("attempts", before.attempts),
                ),
            )
        )

    def refund_of(self, tenant: Tenant, psp_refund: str) -> Refund | None:
        ref = self._engine.get(keys.psp_refund_key(tenant, psp_refund)) if psp_refund else None
        return self.refund(tenant, RefundId(str(ref["refund"]))) if ref else None

    def refunds_of(self, payment: Payment) -> Sequence[Refund]:
        ids = refunds_in(self.ledger(payment.tenant, payment.id))
        if not ids:
            return []
        wanted = [keys.refund_key(payment.tenant, RefundId(id)) for id in ids]
        return [items.refund_from_item(item) for item in self._engine.get_many(wanted) if item]

    def refund(self, tenant: Tenant, id: RefundId) -> Refund | None:
        return self._one(keys.refund_key(tenant, id), items.refund_from_item)

    def refund_with_payment(
        self, tenant: Tenant, id: RefundId, payment: PaymentId
    ) -> tuple[Refund, Payment] | None:
        refund, paid = self._engine.get_many(
            [keys.refund_key(tenant, id), keys.payment_key(tenant, payment)]
        )
        if refund is None or paid is None:
            return None
        return items.refund_from_item(refund), items.payment_from_item(paid)

    def refunds(self, tenant: Tenant, part: Slice) -> Found[Refund]:
        return self._list(tenant, "refund", part, items.refund_from_item)

    # --- the ways in and out ----------------------------------------------------------------

    def _one(self, key: Key, read: Callable[[items.Read], T]) -> T | None:
        item = self._engine.get(key)
        return None if item is None else read(item)

    def _list(
        self, tenant: Tenant, kind: str, part: Slice, read: Callable[[items.Read], T]
    ) -> Found[T]:
        return self._listed(keys.list_partition(tenant, kind), part, read)

    def _listed(self, partition: str, part: Slice, read: Callable[[items.Read], T]) -> Found[T]:
        page = Page(partition, part.limit + 1, part.before, part.after)
        found = self._engine.page(page)
        has_more = len(found) > part.limit
        if has_more:
            found = found[1:] if part.after is not None else found[: part.limit]
        return Found([read(item) for item in found], has_more)

    def _claimed(self, tenant: Tenant, claim: Claim | None, *writes: Write) -> None:
        if claim is None:
            return self._write(*writes)
        at = keys.idempotency_key(tenant, claim.scope, claim.key)
        return self._write(_new("claim", at, items.claim_to_item(claim)), *writes)

    def _write(self, *writes: Write) -> None:
        try:
            self._engine.write(writes)
        except Refused as refused:
            earlier = refused.failed.get("claim")
            if earlier is not None:
                raise Claimed(items.claim_from_item(earlier)) from None
            raise Lost(*refused.failed, seen=_seen(refused.failed.get("event"))) from None


def _new(name: str, key: Key, item: Item) -> Put:
    return Put(name, key, item, Absent())


def _new_product(tenant: Tenant, product: Product) -> Put:
    at = keys.product_key(tenant, product.id)
    return _new("product", at, items.product_to_item(tenant, product))


def _moved(before: Payment, after: Payment, *guards: Guard) -> Update:
    """The payment's change: only what differs, and only if nothing moved since it was read."""
    return Update(
        "payment",
        keys.payment_key(before.tenant, before.id),
        items.changes(items.payment_to_item(before), items.payment_to_item(after)),
        all_of(Equals("seq", before.seq), *guards),
    )


def _entry(payment: Payment, entry: LedgerEntry) -> Put:
    at = keys.ledger_key(payment.tenant, payment.id, entry.seq)
    return _new("ledger", at, items.ledger_to_item(entry))


def _event(tenant: Tenant, inbox: InboxEvent | None) -> list[Write]:
    """An event comes once; one that waits is looked at by one at a time."""
    if inbox is None:
        return []
    unseen = Absent()
    waits = all_of(
        OneOf("status", tuple(status.value for status in OPEN_EVENTS)),
        Equals("attempts", inbox.attempts - 1),
    )
    at, item = keys.event_key(tenant, inbox.event.id), items.event_to_item(tenant, inbox)
    return [Put("event", at, item, waits if inbox.attempts else unseen)]


def _seen(event: Any) -> SeenEvent | None:
    return SeenEvent(event["sha256"], event["status"] in OPEN_EVENTS) if event else None


def _use(before: Payment | None, after: Payment) -> list[Write]:
    """What a payment does with the use that its limited link keeps for it."""
    had = before.use if before else None
    if had is after.use or after.payment_link is None:
        return []
    taken = all_of(AtLeast("uses_remaining", 1), *([] if before else [Equals("active", True)]))
    moves: dict[tuple[Use | None, Use | None], tuple[dict[str, Change], Guard]] = {
        (None, Use.HELD): ({"uses_remaining": Shift(-1)}, taken),
        (Use.HELD, Use.RETURNED): ({"uses_remaining": Shift(1)}, Present()),
        (Use.HELD, Use.SPENT): ({"completed": Shift(1)}, Present()),
        (Use.RETURNED, Use.SPENT): ({"uses_remaining": Shift(-1), "completed": Shift(1)}, taken),
    }
    changes, guard = moves[had, after.use]
    return [Update("link", keys.payment_link_key(after.tenant, after.payment_link), changes, guard)]


def _found(found: Discrepancy | None) -> list[Write]:
    """A discrepancy in the write group of what shows it; found before, it stays as it is."""
    if found is None:
        return []
    item = items.discrepancy_to_item(found)
    at = keys.discrepancy_key(found.tenant, found.id)
    once: dict[str, Change] = {name: AssignOnce(value) for name, value in item.items()}
    return [Update("discrepancy", at, once, any_of(Absent(), Present()))]


def _answer(tenant: Tenant, claim: Claim | None) -> list[Write]:
    """What a request was answered: kept once, whoever is first."""
    if claim is None or claim.answer is None:
        return []
    at = keys.idempotency_key(tenant, claim.scope, claim.key)
    told: dict[str, Change] = {
        "status": AssignOnce(claim.answer.status),
        "body": AssignOnce(claim.answer.body),
    }
    return [Update("claim_answer", at, told, Equals("resource", claim.resource))]


def _named(refund: Refund) -> list[Write]:
    """The provider's refund stands for this one of ours and no other."""
    if refund.psp_refund is None:
        return []
    to_refund: Item = {"kind": "psp_refund", "schema": items.SCHEMA, "refund": refund.id}
    at = keys.psp_refund_key(refund.tenant, refund.psp_refund)
    return [Put("bound", at, to_refund, any_of(Absent(), Equals("refund", refund.id)))]


def _same_due(at: Millis | None) -> Guard:
    return Absent("due_at") if at is None else Equals("due_at", at)


def _intent(payment: Payment, provider: ProviderSession) -> Put:
    """The provider's intent stands for this payment and no other."""
    to_payment: Item = {"kind": "psp_intent", "schema": items.SCHEMA, "payment": payment.id}
    at = keys.intent_key(payment.tenant, provider.intent)
    return Put("intent", at, to_payment, any_of(Absent(), Equals("payment", payment.id)))


def _bound(before: Payment, after: Payment) -> list[Write]:
    """The binding of a payment that was paid before its page's names could be kept."""
    if before.provider is not None or after.provider is None:
        return []
    return [_intent(after, after.provider)]


def _refund(before: Refund, after: Refund, *guards: Guard) -> Update:
    return Update(
        "refund",
        keys.refund_key(before.tenant, before.id),
        items.changes(items.refund_to_item(before), items.refund_to_item(after)),
        all_of(*guards),
    )


def _with_provider(payment: Payment, provider: ProviderSession) -> Item:
    return {
        **items.payment_to_item(payment),
        "psp_session": provider.session,
        "psp_intent": provider.intent,
        "psp_url": provider.url,
    }


def _words(statuses: tuple[RefundStatus, ...]) -> tuple[str, ...]:
    return tuple(status.value for status in statuses)
