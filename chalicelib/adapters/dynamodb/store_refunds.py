"""Refunds: reserve, lease, settle, and the guards that make each of them happen once."""

from collections.abc import Sequence

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.item_forms import DUE_NAMES, changes, set_or_drop
from chalicelib.adapters.dynamodb.payment_items import payment_from_item
from chalicelib.adapters.dynamodb.refund_items import (
    refund_from_item,
    refund_to_item,
    settlement,
)
from chalicelib.adapters.dynamodb.store_payments import PaymentStore
from chalicelib.adapters.dynamodb.storing import (
    answer_of,
    entry_of,
    moved,
    named,
    new,
    psp_event_of,
    told,
)
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    Assign,
    AtLeast,
    Change,
    Equals,
    Guard,
    Index,
    OneOf,
    Update,
    all_of,
    any_of,
)
from chalicelib.domain.events import refund_event
from chalicelib.domain.ids import (
    PaymentId,
    RefundId,
    Tenant,
)
from chalicelib.domain.inbox import InboxEvent
from chalicelib.domain.ledger import refunds_in
from chalicelib.domain.payments import RANKS, Payment, PaymentStatus
from chalicelib.domain.refunds import OPEN, SENDABLE, Refund, RefundStatus, Step
from chalicelib.usecases.failures import Claim
from chalicelib.usecases.ports import Found, Slice

PAID_RANK = RANKS[PaymentStatus.PAID]


class RefundStore(PaymentStore):
    """Refunds, with the payments that they belong to."""

    # --- refunds ----------------------------------------------------------------------------

    def reserve_refund(self, before: Payment, step: Step, claim: Claim | None) -> None:
        refund = step.refund
        self._claimed(
            before.tenant,
            claim,
            moved(
                before,
                step.payment,
                Equals("rank", PAID_RANK),
                AtLeast("remaining", refund.amount.amount),
                Absent("refund_inflight"),
                Equals("disputed", False),
            ),
            new(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                refund_to_item(refund),
            ),
            entry_of(before, step.entry),
            *told(refund_event(step, new=True)),
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
            *psp_event_of(before.tenant, event),
            moved(
                before,
                step.payment,
                Equals("refund_inflight", refund.id),
                AtLeast("refund_pending", refund.amount.amount),
            ),
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                settlement(refund),
                all_of(OneOf("status", _words(OPEN)), *mine),
            ),
            entry_of(before, step.entry),
            *told(refund_event(step, new=False)),
            *named(refund),
            *answer_of(before.tenant, answered),
        )

    def absorb_refund(
        self, before: Payment, step: Step, voided: bool, event: InboxEvent | None
    ) -> None:
        refund = step.refund
        at = keys.refund_key(refund.tenant, refund.id)
        dead = Equals("status", RefundStatus.VOIDED.value)
        self._write(
            *psp_event_of(before.tenant, event),
            moved(
                before,
                step.payment,
                Equals("rank", PAID_RANK),
                AtLeast("remaining", refund.amount.amount),
            ),
            Update("refund", at, settlement(refund), dead)
            if voided
            else new("refund", at, refund_to_item(refund)),
            entry_of(before, step.entry),
            *told(refund_event(step, new=not voided)),
            *named(refund),
        )

    def name_refund(self, before: Refund, after: Refund, event: InboxEvent) -> None:
        was = before.psp_refund
        name: dict[str, Change] = {
            "psp_refund": Assign(after.psp_refund),
            "by_amount": Assign(after.by_amount),
        }
        self._write(
            *psp_event_of(after.tenant, event),
            Update(
                "refund",
                keys.refund_key(after.tenant, after.id),
                name,
                Absent("psp_refund") if was is None else Equals("psp_refund", was),
            ),
            *named(after),
        )

    def reverse_refund(self, before: Payment, step: Step, event: InboxEvent | None) -> None:
        refund = step.refund
        self._write(
            *psp_event_of(before.tenant, event),
            moved(before, step.payment, AtLeast("refunded", refund.amount.amount)),
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                settlement(refund),
                all_of(Equals("status", RefundStatus.POSTED.value), _still_named(refund)),
            ),
            entry_of(before, step.entry),
            *told(refund_event(step, new=False)),
        )

    def note_refund(self, refund: Refund, owner: str) -> None:
        self._write(
            Update(
                "refund",
                keys.refund_key(refund.tenant, refund.id),
                settlement(refund),
                all_of(Equals("status", RefundStatus.SENDING), Equals("lease_owner", owner)),
            ),
            *named(refund),
        )

    def put_off_refund(self, before: Refund, after: Refund) -> None:
        self._write(
            Update(
                "refund",
                keys.refund_key(before.tenant, before.id),
                {
                    "attempts": Assign(after.attempts),
                    **set_or_drop(refund_to_item(after), DUE_NAMES),
                },
                all_of(
                    Equals("status", RefundStatus.PENDING_PSP.value),
                    Equals("attempts", before.attempts),
                ),
            )
        )

    def refund_of(self, tenant: Tenant, psp_refund: str) -> Refund | None:
        ref = self._engine.get(keys.psp_refund_key(tenant, psp_refund)) if psp_refund else None
        return (
            self.refund(tenant, RefundId(str(ref["refund"]))) if ref and "refund" in ref else None
        )

    def is_dead_refund(self, tenant: Tenant, psp_refund: str) -> bool:
        ref = self._engine.get(keys.psp_refund_key(tenant, psp_refund))
        return ref is not None and "dead" in ref

    def refunds_of(self, payment: Payment) -> Sequence[Refund]:
        ids = refunds_in(self.ledger(payment.tenant, payment.id))
        if not ids:
            return []
        wanted = [keys.refund_key(payment.tenant, RefundId(id)) for id in ids]
        return [refund_from_item(item) for item in self._engine.get_many(wanted) if item]

    def refund(self, tenant: Tenant, id: RefundId) -> Refund | None:
        return self._one(keys.refund_key(tenant, id), refund_from_item)

    def refund_with_payment(
        self, tenant: Tenant, id: RefundId, payment: PaymentId
    ) -> tuple[Refund, Payment] | None:
        refund, paid = self._engine.get_many(
            [keys.refund_key(tenant, id), keys.payment_key(tenant, payment)]
        )
        if refund is None or paid is None:
            return None
        return refund_from_item(refund), payment_from_item(paid)

    def refunds(
        self, tenant: Tenant, part: Slice, payment: PaymentId | None = None
    ) -> Found[Refund]:
        if payment is None:
            return self._list(tenant, "refund", part, refund_from_item)
        place = keys.set_of(tenant, "refund", payment)
        return self._listed(place, part, refund_from_item, Index.SET)


def _refund(before: Refund, after: Refund, *guards: Guard) -> Update:
    return Update(
        "refund",
        keys.refund_key(before.tenant, before.id),
        changes(refund_to_item(before), refund_to_item(after)),
        all_of(*guards),
    )


def _still_named(refund: Refund) -> Guard:
    """That it has not been found since to be another of the provider's."""
    nameless = Absent("psp_refund")
    if refund.psp_refund is None:
        return nameless
    return any_of(nameless, Equals("psp_refund", refund.psp_refund))


def _words(statuses: tuple[RefundStatus, ...]) -> tuple[str, ...]:
    return tuple(status.value for status in statuses)
