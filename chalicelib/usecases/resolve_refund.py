"""The refund's way after its reservation: lease, look, send, then post or void.

Whoever comes (the request, the same request again, the sweeper) goes the same way. Conditions make
them commute: one holds the lease, and the first to write the end has written it.
"""

from dataclasses import dataclass, replace
from typing import assert_never

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.errors import PspError, PspRejected, TautanError
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Done, RefundFactStatus
from chalicelib.domain.refund_outcomes import (
    Absent,
    Evidence,
    Happened,
    NeverHappened,
    Unclear,
    judge,
    settle,
    waiting,
)
from chalicelib.domain.refunds import (
    OPEN,
    RESENT_FOR_MS,
    Refund,
    RefundedTotal,
    RefundKeys,
    RefundStatus,
    Step,
    post,
    void,
)
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Claim, Lost
from chalicelib.usecases.ports import Clock, Mint, Psp, Psps, Store

TRIES = 3
SENT_WITHIN_MS = 15_000  # the client gives up sooner
MOVED = frozenset({"payment", "ledger"})  # a payment that moved has the entry in that place, too
NEVER = "the provider never carried it out"
FAILED = "the provider reported the refund as failed"


@dataclass(frozen=True, slots=True)
class Resolver:
    """What it needs. `keys`: whether the provider is believed to honour its own keys; `total`:
    what its refunded total is believed to hold."""

    store: Store
    psps: Psps
    mint: Mint
    clock: Clock
    keys: RefundKeys
    total: RefundedTotal

    def resume(self, refund: Refund, cause: Cause, asking: Asking | None = None) -> Refund:
        """The refund after one more look, or as it is when nobody may look now."""
        if refund.status is RefundStatus.PENDING_PSP:
            return self._ask_after(refund, cause, asking)
        if not refund.may_be_taken_up(cause.at):
            return refund
        psp = self.psps(refund.tenant)
        leased = refund.leased(self.mint.ulid(), cause.at)
        may_send = leased.may_be_sent(cause.at, self.keys)
        if may_send:
            leased = replace(leased, sent_at=cause.at)
        try:
            self.store.lease_refund(refund, leased)
        except Lost:
            return self._kept(refund)
        paid = self._payment(refund)
        if leased.in_doubt:
            looked = replace(leased, sent_at=refund.sent_at)
            settled = self._by_evidence(psp, paid, looked, may_send, cause, asking)
            if settled is not None:
                return settled
        return self._sent(psp, paid, leased, cause, asking)

    def send(
        self, psp: Psp, paid: Payment, refund: Refund, cause: Cause, asking: Asking | None
    ) -> Refund:
        """The world stroke and the outcome stroke of a refund whose lease we hold.

        Raises PspRejected when the provider refused it.
        """
        return told(self._sent(psp, paid, refund, cause, asking))

    def _sent(
        self, psp: Psp, paid: Payment, refund: Refund, cause: Cause, asking: Asking | None
    ) -> Refund:
        if self.clock() > refund.lease_until - SENT_WITHIN_MS:
            return self._kept(refund)  # we were held up so long that another may be at it
        outcome = psp.refund(refund)
        for _ in range(TRIES):
            if not in_step(paid, refund):
                break
            after = settle(paid, refund, outcome, cause)
            if isinstance(after, Refund):
                noted = self._note(after, cause)
                asked = isinstance(outcome, Done) and noted is after
                return self._ask_after(noted, cause, asking) if asked else noted
            try:
                answered = _answered(after.refund, asking)
                self.store.settle_refund(paid, after, refund.lease_owner, None, answered)
                return after.refund
            except Lost as lost:
                if not lost.guards <= MOVED:
                    break  # the provider's event, or a later owner of the lease, came first
                paid = self._payment(refund)
        return self._kept(refund)

    def _by_evidence(
        self,
        psp: Psp,
        paid: Payment,
        refund: Refund,
        may_send: bool,
        cause: Cause,
        asking: Asking | None,
    ) -> Refund | None:
        """What the provider's books make of a refund in doubt; None: it is to be sent again."""
        if not in_step(paid, refund):
            return self._kept(refund)
        evidence = self._evidence(psp, paid, refund, cause)
        match evidence:
            case Happened():
                step = post(paid, refund, None, cause)
                return self._end(paid, step, refund.lease_owner, asking)
            case _ if may_send:
                return None
            case NeverHappened():
                step = void(paid, refund, NEVER, cause)
                return self._end(paid, step, refund.lease_owner, asking)
            case Absent(since):
                refund = replace(refund, absent_since=since)
            case Unclear(why):
                refund = replace(refund, failure=why)
            case _:
                assert_never(evidence)
        unknown = waiting(refund, RefundStatus.UNKNOWN, cause.at, refund.failure)
        return self._note(unknown, cause)

    def _evidence(self, psp: Psp, paid: Payment, refund: Refund, cause: Cause) -> Evidence:
        try:
            return judge(paid, refund, psp.intent(refund.intent).refunded, cause.at, self.total)
        except PspError as error:
            return Unclear(error.message)

    def _ask_after(self, refund: Refund, cause: Cause, asking: Asking | None) -> Refund:
        """How a refund stands that the provider has taken on."""
        assert refund.psp_refund is not None, "what was taken on has the provider's id"
        try:
            fact = self.psps(refund.tenant).find_refund(refund.psp_refund)
        except PspError:
            fact = None
        if fact is not None and (fact.amount, fact.intent) == (refund.amount, refund.intent):
            paid = self._payment(refund)
            if not in_step(paid, refund):
                return self._kept(refund)
            if fact.status is RefundFactStatus.SUCCEEDED:
                return self._end(paid, post(paid, refund, fact.psp_refund, cause), None, asking)
            if fact.status is RefundFactStatus.FAILED:
                return self._end(paid, void(paid, refund, FAILED, cause), None, asking)
        counted = replace(refund, attempts=refund.attempts + 1)
        counted = replace(counted, due_at=counted.next_look(cause.at))
        self._call_a_person_if_old(counted, "the provider has it pending", cause)
        try:
            self.store.put_off_refund(refund, counted)
        except Lost:
            return self._kept(refund)
        return counted

    def _end(self, paid: Payment, step: Step, owner: str | None, asking: Asking | None) -> Refund:
        try:
            answered = _answered(step.refund, asking)
            self.store.settle_refund(paid, step, owner, None, answered)
        except Lost:
            return self._kept(step.refund)  # it, or what it was judged by, has moved
        return step.refund

    def _note(self, refund: Refund, cause: Cause) -> Refund:
        self._call_a_person_if_old(refund, refund.failure or "it cannot be sent", cause)
        try:
            self.store.note_refund(refund, str(refund.lease_owner))
        except Lost:
            return self._kept(refund)
        return refund

    def _call_a_person_if_old(self, refund: Refund, why: str, cause: Cause) -> None:
        if cause.at - refund.created < RESENT_FOR_MS:
            return
        unresolved = DiscrepancyKind.REFUND_UNRESOLVED
        self.store.note_discrepancy(
            Discrepancy.of(refund.tenant, unresolved, refund.id, why, cause.at)
        )

    def _payment(self, refund: Refund) -> Payment:
        paid = self.store.payment(refund.tenant, refund.payment)
        assert paid is not None, "a refund is written together with its payment"
        return paid

    def _kept(self, refund: Refund) -> Refund:
        kept = self.store.refund(refund.tenant, refund.id)
        assert kept is not None, "refunds are never deleted"
        return kept


def in_step(paid: Payment, refund: Refund) -> bool:
    """Whether the two were read as they stood together: two reads, or one of several items, may
    have a change between them."""
    if refund.status in OPEN:
        return paid.refund_inflight == refund.id
    if refund.status is RefundStatus.POSTED:
        return paid.totals.refunded >= refund.amount.amount
    return True


def other_came_back(psps: Psps, guess: Refund) -> bool:
    """Whether the provider's refund, for which this one was taken by its amount, came to nothing.
    Raises PspError."""
    other = guess.psp_refund
    return bool(other and psps(guess.tenant).find_refund(other).status is RefundFactStatus.FAILED)


def told(refund: Refund) -> Refund:
    """The refund, or the provider's refusal (again) when that was its end."""
    if refund.was_declined:
        raise _refusal(refund)
    return refund


def _refusal(refund: Refund) -> PspRejected:
    return PspRejected(
        f"WooshPay refused the refund: {refund.failure}.", details={"refund": refund.id}
    )


def _answered(refund: Refund, asking: Asking | None) -> Claim | None:
    """The claim of the request with the answer that the end of its refund gives."""
    if asking is None or refund.claim is None:
        return None
    scope, key = refund.claim
    outcome: Refund | TautanError = _refusal(refund) if refund.was_declined else refund
    claim = Claim(scope, key, asking.fingerprint, refund.id)
    finished = asking.finished(claim, outcome)
    return finished if finished.answer is not None else None
