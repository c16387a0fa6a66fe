"""What the provider says of a refund: of ours, of one made without us, of one held for dead.

A refund of ours is known by our id in its metadata, or by the provider's id that we keep. One that
neither names is asked after before it is believed, and then is ours if it can be; what is left was
made without us and is counted.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PspError
from chalicelib.domain.ids import RefundId, Tenant
from chalicelib.domain.inbox import EventStatus
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import RefundFact, RefundFactStatus, furthest
from chalicelib.domain.refunds import (
    OPEN,
    Refund,
    RefundStatus,
    Step,
    absorb,
    post,
    reverse,
    void,
)
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.keep_event import Keeper
from chalicelib.usecases.ports import Mint, Psps, Store
from chalicelib.usecases.resolve_refund import FAILED, in_step, other_came_back


@dataclass(frozen=True, slots=True)
class RefundFacts:
    """What the story needs."""

    store: Store
    psps: Psps
    mint: Mint

    def apply(self, keeper: Keeper, fact: RefundFact, cause: Cause) -> str:
        """What became of the event. Raises Lost."""
        found = self._named(keeper.tenant, fact)
        if found is None:
            return self._stranger(keeper, fact, cause)
        refund, payment = found
        told = (fact.amount, fact.intent, payment.id)
        if (refund.amount, refund.intent, refund.payment) != told:
            return keeper.set_aside("refund_mismatch")
        if _was_held_for_dead(refund, fact):
            return self._revived(payment, refund, keeper, fact, cause)
        return self._ours(payment, refund, keeper, fact, cause)

    def _named(self, tenant: Tenant, fact: RefundFact) -> tuple[Refund, Payment] | None:
        """By our metadata (one read), else by the provider's id."""
        if fact.refund and fact.payment:
            found = self.store.refund_with_payment(tenant, fact.refund, fact.payment)
            if found is not None:
                return found
        refund = self.store.refund_of(tenant, fact.psp_refund)
        payment = self.store.payment(tenant, refund.payment) if refund else None
        return (refund, payment) if refund and payment else None

    def _ours(
        self, payment: Payment, refund: Refund, keeper: Keeper, fact: RefundFact, cause: Cause
    ) -> str:
        if not in_step(payment, refund):
            raise Lost("payment")  # one of the two has moved between the reads: look again
        happened = refund.status in (RefundStatus.POSTED, RefundStatus.REVERSED)
        if happened and refund.psp_refund not in (None, fact.psp_refund):
            return self._another(payment, keeper, fact, cause)
        nameless = refund.status is RefundStatus.POSTED and refund.psp_refund is None
        if nameless and fact.status is RefundFactStatus.SUCCEEDED:
            return self._called(refund, replace(refund, psp_refund=fact.psp_refund), keeper)
        if _may_be_anothers(refund, fact):
            return self._came_back_perhaps(payment, refund, keeper, fact, cause)
        step = _step(payment, refund, fact, cause)
        if step is None:
            return keeper.ignored(f"already_{refund.status}")
        if step.refund.status is RefundStatus.REVERSED:
            return self._reversed(payment, step, keeper)
        kept = keeper.inbox.ended(EventStatus.APPLIED, step.entry.kind.value)
        try:
            self.store.settle_refund(payment, step, None, kept)
        except Lost as lost:
            if lost.guards != {"bound"}:
                raise
            return keeper.set_aside("refund_of_another")
        return kept.status.value

    def _another(self, payment: Payment, keeper: Keeper, fact: RefundFact, cause: Cause) -> str:
        """It bears the name of one of ours for which another of the provider's was taken."""
        counted = self.store.refund_of(keeper.tenant, fact.psp_refund)
        if counted is not None and counted.psp_refund == fact.psp_refund:
            return self._ours(payment, counted, keeper, fact, cause)
        if fact.status is RefundFactStatus.SUCCEEDED:  # the money may have gone twice
            return self._stranger(keeper, fact, cause)
        return keeper.ignored("another_of_the_providers")

    def _called(self, refund: Refund, called: Refund, keeper: Keeper) -> str:
        """One that was posted gets its name."""
        kept = keeper.inbox.ended(EventStatus.APPLIED, "refund.named")
        self.store.name_refund(refund, called, kept)
        return kept.status.value

    def _reversed(self, payment: Payment, step: Step, keeper: Keeper) -> str:
        kept = keeper.inbox.ended(EventStatus.APPLIED, step.entry.kind.value)
        self.store.reverse_refund(payment, step, kept)
        return kept.status.value

    def _came_back_perhaps(
        self, payment: Payment, refund: Refund, keeper: Keeper, fact: RefundFact, cause: Cause
    ) -> str:
        """The provider's refund came back for which ours was taken by its amount. Ours may be
        another, whose event is still to come: the provider's name or its total decides."""
        try:
            names_ours = self.psps(keeper.tenant).find_refund(fact.psp_refund).refund == refund.id
        except PspError as error:
            return keeper.put_off(EventStatus.DEFERRED, error.message)
        if names_ours or self._total_is_less(payment, fact):
            return self._reversed(payment, reverse(payment, refund, FAILED, cause), keeper)
        unclear = f"{fact.psp_refund} came back and may not be {refund.id}"
        return keeper.put_off(EventStatus.DEFERRED, unclear)

    def _revived(
        self, payment: Payment, refund: Refund, keeper: Keeper, fact: RefundFact, cause: Cause
    ) -> str:
        """It was held for dead and is said to have happened: true, or told out of order."""
        try:
            shown = furthest(fact, self.psps(keeper.tenant).find_refund(fact.psp_refund))
        except PspError as error:
            return keeper.put_off(EventStatus.DEFERRED, error.message)
        if shown.status is not RefundFactStatus.SUCCEEDED:
            return keeper.ignored(f"already_{refund.status}")
        return self._absorbed(payment, refund, keeper, shown, cause)

    def _stranger(self, keeper: Keeper, fact: RefundFact, cause: Cause) -> str:
        try:
            shown = furthest(fact, self.psps(keeper.tenant).find_refund(fact.psp_refund))
        except PspError as error:
            return keeper.put_off(EventStatus.DEFERRED, error.message)
        named = self._named(keeper.tenant, shown) if shown.refund != fact.refund else None
        if named is not None and (named[0].amount, named[0].intent) == (shown.amount, shown.intent):
            if _was_held_for_dead(named[0], shown):
                return self._absorbed(named[1], named[0], keeper, shown, cause)
            return self._ours(named[1], named[0], keeper, shown, cause)
        payment = self.store.payment_of_intent(keeper.tenant, shown.intent)
        if payment is None or payment.status is not PaymentStatus.PAID:
            return keeper.put_off(EventStatus.DEFERRED, "unknown_payment")
        match shown.status:
            case RefundFactStatus.PENDING:
                return keeper.ignored("not_ours_pending")  # it is told again when it ends
            case RefundFactStatus.FAILED:
                return self._came_to_nothing(payment, keeper, shown, cause)
            case RefundFactStatus.SUCCEEDED:
                if self.store.is_dead_refund(keeper.tenant, shown.psp_refund):
                    return keeper.ignored("came_to_nothing")  # told late, or read late
                return self._theirs(payment, keeper, shown, cause)
            case _:
                assert_never(shown.status)

    def _came_to_nothing(
        self, payment: Payment, keeper: Keeper, shown: RefundFact, cause: Cause
    ) -> str:
        """A refund that nothing names as ours has failed, or came back. One of ours of that amount
        whose name we do not know may be meant: then the provider's total decides, or time."""
        for refund in filter(_is_nameless, self._of_that_amount(payment, shown)):
            if refund.status is RefundStatus.POSTED and self._total_is_less(payment, shown):
                called = replace(refund, psp_refund=shown.psp_refund, by_amount=True)
                return self._reversed(payment, reverse(payment, called, FAILED, cause), keeper)
            return keeper.put_off(EventStatus.DEFERRED, "may_be_the_one_in_doubt")
        return keeper.ignored("not_ours_failed", shown.psp_refund)

    def _total_is_less(self, payment: Payment, shown: RefundFact) -> bool:
        """Whether the provider's total no longer holds the amount that came back."""
        try:
            total = self.psps(payment.tenant).intent(shown.intent).refunded
        except PspError:
            return False
        without = payment.totals.refunded - shown.amount.amount
        return total is not None and total.amount == without

    def _of_that_amount(self, payment: Payment, shown: RefundFact) -> list[Refund]:
        return [each for each in self.store.refunds_of(payment) if each.amount == shown.amount]

    def _theirs(self, payment: Payment, keeper: Keeper, shown: RefundFact, cause: Cause) -> str:
        """A refund that nothing names as ours: the one in flight, one that was posted by the
        provider's total alone or for another that came to nothing, if the amount fits; else it was
        made without us."""
        ours = self._of_that_amount(payment, shown)
        for refund in filter(_is_nameless, ours):
            fits = replace(refund, by_amount=True)
            if refund.status in OPEN:
                return self._ours(payment, fits, keeper, shown, cause)
            return self._called(refund, replace(fits, psp_refund=shown.psp_refund), keeper)
        try:
            mistaken = self._mistaken(ours)
        except PspError as error:
            return keeper.put_off(EventStatus.DEFERRED, error.message)
        if mistaken is not None:
            return self._called(mistaken, replace(mistaken, psp_refund=shown.psp_refund), keeper)
        return self._absorbed(payment, None, keeper, shown, cause)

    def _mistaken(self, ours: list[Refund]) -> Refund | None:
        """One that stands, by its amount, for a refund of the provider that came to nothing.
        Raises PspError."""
        for refund in ours:
            if refund.is_guess and other_came_back(self.psps, refund):
                return refund
        return None

    def _absorbed(
        self,
        payment: Payment,
        voided: Refund | None,
        keeper: Keeper,
        fact: RefundFact,
        cause: Cause,
    ) -> str:
        id = RefundId(f"re_{self.mint.ulid()}")
        step = absorb(payment, fact, id=id, voided=voided, cause=cause)
        if step is None:
            now = self.store.payment(payment.tenant, payment.id)
            if now is None or now.seq != payment.seq:
                raise Lost("payment")
            detail = f"{fact.amount} went back, {payment.totals.remaining} was left"
            return keeper.set_aside("over_refund", DiscrepancyKind.OVER_REFUND, detail)
        kept = keeper.inbox.ended(EventStatus.APPLIED, step.entry.kind.value)
        self.store.absorb_refund(payment, step, voided is not None, kept)
        return kept.status.value


def _is_nameless(refund: Refund) -> bool:
    """Whether, for all that we know, it may be any refund of the provider of its amount."""
    return refund.psp_refund is None and refund.status in (*OPEN, RefundStatus.POSTED)


def _may_be_anothers(refund: Refund, fact: RefundFact) -> bool:
    """Whether it is said to have come back, and nothing but the amount says that it is this one."""
    failed = fact.status is RefundFactStatus.FAILED
    return refund.is_guess and failed and fact.refund != refund.id


def _was_held_for_dead(refund: Refund, fact: RefundFact) -> bool:
    """Whether it is said to have happened; one that the provider itself reported as failed has
    come to its end, whatever is told of it late."""
    ended = refund.psp_refund == fact.psp_refund
    succeeded = fact.status is RefundFactStatus.SUCCEEDED
    return refund.status is RefundStatus.VOIDED and succeeded and not ended


def _step(payment: Payment, refund: Refund, fact: RefundFact, cause: Cause) -> Step | None:
    """The provider's word on this very refund is its end, whatever was in doubt before; and a
    refund that had happened may come back."""
    failed = fact.status is RefundFactStatus.FAILED
    if refund.status in OPEN and fact.status is RefundFactStatus.SUCCEEDED:
        return post(payment, refund, fact.psp_refund, cause)
    if refund.status in OPEN and failed:
        return void(payment, replace(refund, psp_refund=fact.psp_refund), FAILED, cause)
    if refund.status is RefundStatus.POSTED and failed:
        return reverse(payment, refund, FAILED, cause)
    return None
