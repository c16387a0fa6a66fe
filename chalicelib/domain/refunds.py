"""Refunds: reserve, send, then post or void, and who may do what in which state.

    SENDING ──▶ POSTED ──(the bank gave it back later)──▶ REVERSED
       │  ╲──▶ PENDING_PSP ──▶ POSTED | VOIDED
       │   ╲─▶ UNKNOWN ──(same key again, or evidence)──▶ POSTED | VOIDED | PENDING_PSP
       ├──────▶ RESERVED (definitely not executed) ──▶ SENDING
       └──────▶ VOIDED ──(the provider says that it did happen)──▶ POSTED
    a refund made without us ──▶ POSTED

What is reserved is out of reach of every other refund at once, and a refund that may have happened
is never released by a clock. One refund is in flight per payment.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.errors import SessionNotPaid
from chalicelib.domain.ids import Millis, PaymentId, RefundId, Tenant
from chalicelib.domain.ledger import (
    Cause,
    EntryKind,
    LedgerEntry,
    external,
    posted,
    reserved,
    reversed_,
    voided,
)
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import RefundFact
from chalicelib.domain.refund_rules import RefundRequest, check

LEASE_MS = 60_000
MINUTE = 60_000
WAITS = (5_000, 30_000, 2 * MINUTE, 10 * MINUTE)
LOOKED_TWICE_MS = 15 * MINUTE
USUAL_WAIT_MS = 60 * MINUTE
RESENT_FOR_MS = 20 * 60 * MINUTE  # keys are kept a day elsewhere; WooshPay does not say
OLD_WAIT_MS = 6 * 60 * MINUTE  # a person has been told by then
WATCHED_FOR_MS = 30 * 24 * 60 * MINUTE
REASONS = ("duplicate", "fraudulent", "requested_by_customer", "resolved_dispute")


class RefundStatus(StrEnum):
    """Where a refund stands with us."""

    RESERVED = "reserved"
    SENDING = "sending"
    PENDING_PSP = "pending_psp"
    UNKNOWN = "unknown"
    POSTED = "posted"
    VOIDED = "voided"
    REVERSED = "reversed"


class Origin(StrEnum):
    """Who began it."""

    API = "api"
    POLICY = "policy"  # the merchant's, for late and surplus payments
    EXTERNAL = "external"  # made without us, in WooshPay's dashboard


class RefundKeys(StrEnum):
    """Whether WooshPay is believed to honour Idempotency-Key on refunds (it does not say)."""

    HONOURED = "honoured"
    UNPROVEN = "unproven"


class RefundedTotal(StrEnum):
    """What WooshPay's refunded total of a payment is believed to hold (it does not say)."""

    ALL = "all"  # refunds that are still pending, too
    SETTLED = "settled"  # perhaps only those that have ended


OPEN = (
    RefundStatus.RESERVED,
    RefundStatus.SENDING,
    RefundStatus.PENDING_PSP,
    RefundStatus.UNKNOWN,
)
SENDABLE = (RefundStatus.RESERVED, RefundStatus.SENDING, RefundStatus.UNKNOWN)
TOLD_AS: Mapping[RefundStatus, str] = {
    **dict.fromkeys(OPEN, "pending"),
    RefundStatus.POSTED: "succeeded",
    RefundStatus.VOIDED: "failed",
    RefundStatus.REVERSED: "failed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back. Its id is the provider's idempotency key, at every attempt."""

    id: RefundId
    tenant: Tenant
    payment: PaymentId
    intent: str
    amount: Money
    created: Millis
    status: RefundStatus
    reason: str | None = None
    metadata: Mapping[str, str]
    lease_owner: str | None = None
    lease_until: int = 0
    attempts: int = 0
    in_doubt: bool = False  # some attempt may have been carried out without our knowing
    psp_refund: str | None = None
    by_amount: bool = False  # nothing but the amount says that the provider's refund is this one
    failure: str | None = None

    origin: Origin = Origin.API
    claim: tuple[str, str] | None = None  # the idempotency key's scope and name
    sent_at: int = 0  # the last time that it may have been sent
    absent_since: int | None = None  # since when the provider's total is known not to hold it
    due_at: Millis | None = None  # when somebody must look at it again

    @property
    def was_declined(self) -> bool:
        """Whether the provider refused it, so that nothing was refunded."""
        return self.status is RefundStatus.VOIDED

    @property
    def is_guess(self) -> bool:
        """Whether it counts as done by its amount alone: the provider's may be another's."""
        return self.status is RefundStatus.POSTED and self.by_amount

    def may_be_taken_up(self, now: Millis) -> bool:
        """Whether an attempt may start: nobody else is at it, and its end is not known."""
        return self.status in SENDABLE and self.lease_until <= now

    def may_be_sent(self, now: Millis, keys: RefundKeys) -> bool:
        """Whether it may be sent (again): nothing went before, or the provider still knows the key
        of what did and will not do it twice."""
        remembered = now - self.created < RESENT_FOR_MS
        return not self.in_doubt or (remembered and keys is RefundKeys.HONOURED)

    def leased(self, owner: str, now: Millis) -> "Refund":
        """This refund while `owner` is at it. A lease that ran out while it was being sent leaves
        in doubt whether it was."""
        until = Millis(now + LEASE_MS)
        return replace(
            self,
            status=RefundStatus.SENDING,
            lease_owner=owner,
            lease_until=until,
            attempts=self.attempts + 1,
            in_doubt=self.in_doubt or self.status is RefundStatus.SENDING,
            due_at=until,
        )

    def next_look(self, now: Millis) -> Millis | None:
        """When an open refund is looked at again: soon, then hourly, then for a month."""
        age = now - self.created
        if self.absent_since is not None:
            return Millis(now + LOOKED_TWICE_MS)
        if age >= WATCHED_FOR_MS:
            return None
        if age >= RESENT_FOR_MS:
            return Millis(now + OLD_WAIT_MS)
        place = self.attempts - 1
        wait = WAITS[place] if 0 <= place < len(WAITS) else USUAL_WAIT_MS
        return Millis(now + wait)


@dataclass(frozen=True, slots=True)
class Step:
    """A refund and its payment after a change, and the ledger entry of that change."""

    payment: Payment
    refund: Refund
    entry: LedgerEntry


def reserve(  # noqa: PLR0913 - what it is, and who asked for it
    payment: Payment,
    request: RefundRequest,
    *,
    id: RefundId,
    owner: str,
    cause: Cause,
    origin: Origin = Origin.API,
    claim: tuple[str, str] | None = None,
) -> Step:
    """Take the amount out of what remains, before anything is sent.

    Raises RefundRefused, which names the rule and the amount still refundable.
    """
    if payment.status is not PaymentStatus.PAID or payment.provider is None:
        raise SessionNotPaid(
            f"The payment is {payment.status}; only a paid one is refunded.",
            details={"amount_refundable": 0},
        )
    amount = check(payment, request, cause.at)
    after, entry = payment.moved(EntryKind.REFUND_RESERVED, id, reserved(amount.amount), cause)
    refund = Refund(
        id=id,
        tenant=payment.tenant,
        payment=payment.id,
        intent=payment.provider.intent,
        amount=amount,
        created=cause.at,
        status=RefundStatus.RESERVED,
        reason=request.reason,
        metadata=request.metadata,
        origin=origin,
        claim=claim,
        sent_at=cause.at,
    )
    return Step(replace(after, refund_inflight=id), refund.leased(owner, cause.at), entry)


def post(payment: Payment, refund: Refund, psp_refund: str | None, cause: Cause) -> Step:
    """The refund happened. `psp_refund` is None when only the provider's total says so."""
    after, entry = payment.moved(
        EntryKind.REFUND_POSTED, refund.id, posted(refund.amount.amount), cause
    )
    done = replace(refund, status=RefundStatus.POSTED, psp_refund=psp_refund, due_at=None)
    return Step(replace(after, refund_inflight=None), done, entry)


def void(payment: Payment, refund: Refund, failure: str, cause: Cause) -> Step:
    """The refund did not happen and never will: what it held can be refunded again."""
    after, entry = payment.moved(
        EntryKind.REFUND_VOIDED, refund.id, voided(refund.amount.amount), cause
    )
    dead = replace(refund, status=RefundStatus.VOIDED, failure=failure, due_at=None)
    return Step(replace(after, refund_inflight=None), dead, entry)


def reverse(payment: Payment, refund: Refund, failure: str, cause: Cause) -> Step:
    """The refund had happened and came back: what it gave can be refunded again."""
    after, entry = payment.moved(
        EntryKind.REFUND_REVERSED, refund.id, reversed_(refund.amount.amount), cause
    )
    return Step(after, replace(refund, status=RefundStatus.REVERSED, failure=failure), entry)


def absorb(
    payment: Payment, fact: RefundFact, *, id: RefundId, voided: Refund | None, cause: Cause
) -> Step | None:
    """A refund that happened without us, or one of ours (`voided`) that we held for dead: it is
    counted. None when more went back than we knew to be left: then a person must look."""
    if fact.amount.amount > payment.totals.remaining:
        return None
    subject = voided.id if voided else id
    after, entry = payment.moved(
        EntryKind.REFUND_EXTERNAL, subject, external(fact.amount.amount), cause
    )
    found = voided or Refund(
        id=id,
        tenant=payment.tenant,
        payment=payment.id,
        intent=fact.intent,
        amount=fact.amount,
        created=cause.at,
        status=RefundStatus.POSTED,
        metadata={},
        origin=Origin.EXTERNAL,
    )
    done = replace(
        found, status=RefundStatus.POSTED, psp_refund=fact.psp_refund or None, failure=None
    )
    return Step(after, done, entry)
