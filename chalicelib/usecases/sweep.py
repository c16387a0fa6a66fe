"""The sweeper: whatever was cut off, put off or has gone quiet is looked at again when it is due.

It holds a lease, so that one sweeps at a time, but no money hangs on that: every write carries its
own guard, and sweeping twice changes nothing.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import assert_never

from chalicelib.domain.errors import PspRejected, RefundInProgress, RefundRefused, TautanError
from chalicelib.domain.ids import Millis, PaymentId, RefundId, Tenant, session_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_decisions import Changed, close_review, decide_over
from chalicelib.domain.payments import RANK_IN_REVIEW, Payment, PaymentStatus, ReviewReason
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Origin, RefundStatus
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.begin_payment import close_page
from chalicelib.usecases.failures import Lost, StoreUnavailable
from chalicelib.usecases.ports import Clock, Due, DueKind, Mint, Psps, Store
from chalicelib.usecases.receive_psp_event import Inbox
from chalicelib.usecases.request_refund import Refunds
from chalicelib.usecases.start_checkout import Checkout

LEASE = "sweep"
LEASE_MS = 55_000
ROUND_MS = 40_000  # no new work after that: what is left is due in the next round
MOST = 100
RECOVERED_FOR_MS = 20 * 60 * 60_000
MINUTE_MS = 60_000
FAILED_MS = 2 * MINUTE_MS

# Raises StoreUnavailable when nobody took them: they stay due.
HandOver = Callable[[Sequence[Due]], None]


@dataclass(frozen=True, slots=True)
class Sweeper:
    """What the story needs. `hand_over`: whoever goes on with refunds instead of the sweeper."""

    store: Store
    psps: Psps
    mint: Mint
    clock: Clock
    inbox: Inbox
    refunds: Refunds
    checkout: Checkout
    hand_over: HandOver | None = None

    def sweep(self, request_id: str) -> Mapping[str, int] | None:
        """One round: how many of each kind were looked at, and how many `failed`; None when
        somebody else is at it."""
        started, owner = self.clock(), self.mint.ulid()
        if not self.store.take_lease(LEASE, owner, started, Millis(started + LEASE_MS)):
            return None
        done: Counter[str] = Counter()
        handed: list[Due] = []
        for due in self.store.due(started, MOST):
            if self.clock() - started >= ROUND_MS:
                break
            if self.hand_over is not None and due.kind is DueKind.REFUND:
                handed.append(due)
                continue
            done[self._looked(due, request_id)] += 1
        if self.hand_over is not None and handed:
            done += self._handed(self.hand_over, handed)
        self.store.beat(LEASE, owner, self.clock())
        return done

    def resume(self, refunds: Sequence[Due], request_id: str) -> Mapping[str, int]:
        """Go on with these refunds, which were handed over: how many were looked at, and how many
        `failed` and stay due."""
        return Counter(self._looked(due, request_id) for due in refunds)

    def _looked(self, due: Due, request_id: str) -> str:
        """The kind of what was looked at; `failed` when it could not be, and stays due."""
        cause = Cause(actor="sweeper", reference=due.id, request_id=request_id, at=self.clock())
        try:
            self.look(due, cause)
        except (TautanError, StoreUnavailable, Lost):
            self._make_room(due, cause)
            return "failed"
        return due.kind.value

    @staticmethod
    def _handed(hand_over: HandOver, refunds: Sequence[Due]) -> Counter[str]:
        try:
            hand_over(refunds)
        except StoreUnavailable:
            return Counter(failed=len(refunds))
        return Counter(refund=len(refunds))

    def _make_room(self, due: Due, cause: Cause) -> None:
        """A payment that cannot be looked at comes again a little later: the longest due come
        first, and a merchant whose key was taken back must not keep all others waiting."""
        if due.kind is not DueKind.PAYMENT:
            return
        with suppress(StoreUnavailable, Lost):
            payment = self.store.payment(due.tenant, PaymentId(due.id))
            if payment is not None and _is_due(payment.due_at, cause.at):
                later = Millis(cause.at + FAILED_MS)
                self.store.put_off_payment(payment, replace(payment, due_at=later))

    def look(self, due: Due, cause: Cause) -> None:
        """Look at one thing that is due; raises TautanError, StoreUnavailable or Lost."""
        match due.kind:
            case DueKind.EVENT:
                self.inbox.look_again(due.tenant, due.id, cause)
            case DueKind.REFUND:
                refund = self.store.refund(due.tenant, RefundId(due.id))
                if refund is not None and _is_due(refund.due_at, cause.at):
                    self.refunds.resolver.resume(refund, cause)
            case DueKind.PAYMENT:
                payment = self.store.payment(due.tenant, PaymentId(due.id))
                if payment is not None and _is_due(payment.due_at, cause.at):
                    self._payment(payment, cause)
            case _:
                assert_never(due.kind)

    def _payment(self, payment: Payment, cause: Cause) -> None:
        if payment.rank >= RANK_IN_REVIEW:
            self._by_policy(payment, cause)
            return
        if payment.provider is None and cause.at - payment.created < RECOVERED_FOR_MS:
            payment = self.checkout.beginning.recover(payment, cause)
        elif payment.provider is not None:
            fact = self.psps(payment.tenant).intent(payment.provider.intent)
            payment = self.inbox.shown(payment, fact, cause)
        going_on = payment.status is PaymentStatus.PROCESSING
        if payment.rank < RANK_IN_REVIEW and payment.is_over(cause.at) and not going_on:
            payment = self._over(payment, cause)
        if _is_due(payment.due_at, cause.at):
            later = replace(payment, due_at=payment.next_look(cause.at))
            self.store.put_off_payment(payment, later)

    def _over(self, payment: Payment, cause: Cause) -> Payment:
        """Its time is over: the provider's page is closed, and it has expired."""
        if payment.provider is not None:
            with suppress(PspRejected):  # closed already, or paid just now: that is told
                close_page(self.psps(payment.tenant), payment.provider)
        decision = decide_over(payment, cause)
        if isinstance(decision, Changed):
            self.store.record_change(payment, decision)
            return decision.payment
        return payment

    def _by_policy(self, payment: Payment, cause: Cause) -> None:
        """What the merchant wants done with a payment that was late, or one too many."""
        review = payment.review
        assert review is not None, "only a payment in review has a policy due"
        policy = self._policy(payment, review.reason)
        if policy is Policy.HOLD or payment.status is not PaymentStatus.PAID:
            self.store.put_off_payment(payment, replace(payment, due_at=None))
        elif policy is Policy.ACCEPT:
            self.store.record_change(payment, close_review(payment, "accepted", cause))
        else:
            self._refund_by_policy(payment, cause)

    def _policy(self, payment: Payment, reason: ReviewReason) -> Policy:
        """The link's own, where it has one; else the merchant's."""
        merchant = self.store.merchant(payment.tenant.merchant)
        assert merchant is not None, "merchants are never deleted"
        link = (
            self.store.payment_link(payment.tenant, payment.payment_link)
            if payment.payment_link
            else None
        )
        if reason is ReviewReason.SURPLUS:
            own = link.duplicate_payment_policy if link else None
            return own or merchant.duplicate_payment_policy
        own = link.late_payment_policy if link else None
        return own or merchant.late_payment_policy

    def _refund_by_policy(self, payment: Payment, cause: Cause) -> None:
        asking = Asking(
            tenant=payment.tenant,
            actor="policy",
            now=cause.at,
            request_id=cause.request_id or "",
            idempotency_key=f"policy_{payment.id}",
            fingerprint="policy",
        )
        wanted = RefundRequest(amount=None, reason="duplicate", metadata={})
        try:
            refund = self.refunds.request(asking, session_id(payment.id), wanted, Origin.POLICY)
            status = refund.status
        except RefundInProgress:
            status = RefundStatus.SENDING  # another one's; ours is asked for after it
        except (RefundRefused, PspRejected):
            status = RefundStatus.VOIDED
        payment = self._kept(payment.tenant, payment.id)
        if status is RefundStatus.POSTED:
            self.store.record_change(payment, close_review(payment, "refunded", cause))
            return
        # Refused, it is a person's; on its way, it is looked at again.
        refused = status is RefundStatus.VOIDED
        due_at = None if refused else Millis(cause.at + MINUTE_MS)
        self.store.put_off_payment(payment, replace(payment, due_at=due_at))

    def _kept(self, tenant: Tenant, id: PaymentId) -> Payment:
        payment = self.store.payment(tenant, id)
        assert payment is not None, "payments are never deleted"
        return payment


def _is_due(due_at: Millis | None, now: Millis) -> bool:
    return due_at is not None and due_at <= now
