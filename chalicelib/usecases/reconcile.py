"""The daily compare: the provider's list of a day against ours.

What the provider shows and we missed is applied as an event would have been; everything else that
differs becomes a discrepancy. It heals only towards evidence, and it never sends money.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.errors import PspRejected
from chalicelib.domain.ids import Millis, RefundId, Tenant, first_ulid, session_id
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import IntentFact, IntentStatus, RefundFact, RefundFactStatus
from chalicelib.domain.refunds import absorb
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.ports import Mint, Psps, Slice, Store
from chalicelib.usecases.receive_psp_event import Inbox

DAY_MS = 24 * 60 * 60_000
PAGE = 100
Finding = tuple[DiscrepancyKind, str]


@dataclass(slots=True)
class Compared:
    """How a day compared: payments that agree or were healed, and what was found."""

    agreed: int = 0
    healed: int = 0
    found: list[Discrepancy] = field(default_factory=list)
    subjects: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """What the story needs."""

    store: Store
    psps: Psps
    mint: Mint
    inbox: Inbox

    def compare(self, tenant: Tenant, since: Millis, until: Millis, cause: Cause) -> Compared:
        """Everything that began in [since, until), at the provider and here; raises PspError."""
        compared, seen = Compared(), set[str]()
        for fact in self.psps(tenant).intents(since, until):
            seen.add(fact.intent)
            self._intent(tenant, fact, compared, cause)
        for payment in self.payments(tenant, since, until):
            provider = payment.provider
            if payment.status is PaymentStatus.PAID and provider and provider.intent not in seen:
                self._unlisted(payment, provider.intent, compared, cause)
        self._heal(tenant, compared, cause)
        return compared

    def _unlisted(self, payment: Payment, intent: str, compared: Compared, cause: Cause) -> None:
        """The provider may have made it on another day than we began it: it is asked for it."""
        try:
            fact = self.psps(payment.tenant).intent(intent)
        except PspRejected:
            missing = (DiscrepancyKind.MISSING_THERE, f"{intent} is not there")
            self._note(payment.tenant, session_id(payment.id), [missing], compared, cause)
            return
        self._intent(payment.tenant, fact, compared, cause)

    def _intent(self, tenant: Tenant, fact: IntentFact, compared: Compared, cause: Cause) -> None:
        compared.subjects.add(fact.intent)
        payment = self._of(tenant, fact)
        if payment is None:
            if fact.status is IntentStatus.SUCCEEDED:
                here = (DiscrepancyKind.MISSING_HERE, f"{fact.received} of no payment of ours")
                self._note(tenant, fact.intent, [here], compared, cause)
            return
        compared.subjects.add(session_id(payment.id))
        before = payment.status
        if fact.status is IntentStatus.SUCCEEDED and before is not PaymentStatus.PAID:
            payment = self.inbox.shown(payment, fact, cause)
        findings = list(_findings(payment, fact))
        if self._absorbed(payment, fact, findings, cause):
            compared.healed += 1
            return
        if not findings and payment.status is not before:
            compared.healed += 1
        elif not findings:
            compared.agreed += 1
        self._note(tenant, session_id(payment.id), findings, compared, cause)

    def _absorbed(
        self, payment: Payment, fact: IntentFact, findings: list[Finding], cause: Cause
    ) -> bool:
        """Whether a refund was counted that was made without us and never told: the provider's
        total shows it, and showed it a day ago."""
        kinds = [kind for kind, _ in findings]
        if kinds != [DiscrepancyKind.REFUNDED_MISMATCH] or fact.refunded is None:
            return False
        more = fact.refunded.amount - payment.totals.refunded
        subject = session_id(payment.id)
        found = Discrepancy.of(payment.tenant, kinds[0], subject, "", cause.at)
        known = self.store.discrepancy(payment.tenant, found.id)
        if known is None or cause.at - known.found_at < DAY_MS // 2:
            return False
        if more <= 0 or payment.refund_inflight is not None:
            return False
        refund = RefundFact(
            psp_refund="",
            intent=fact.intent,
            status=RefundFactStatus.SUCCEEDED,
            amount=payment.amount.with_amount(more),
        )
        id = RefundId(f"re_{self.mint.ulid()}")
        step = absorb(payment, refund, id=id, voided=None, cause=cause)
        assert step is not None, "more than was captured is an over-refund, not a mismatch"
        try:
            self.store.absorb_refund(payment, step, False, None)
        except Lost:
            return False  # it has moved: the next compare sees how it stands
        return True

    def _of(self, tenant: Tenant, fact: IntentFact) -> Payment | None:
        hinted = self.store.payment(tenant, fact.payment) if fact.payment else None
        return hinted or self.store.payment_of_intent(tenant, fact.intent)

    def payments(self, tenant: Tenant, since: Millis, until: Millis) -> Iterator[Payment]:
        """Our payments that began in [since, until), newest first."""
        before, oldest = f"cs_{first_ulid(until)}", f"cs_{first_ulid(since)}"
        while True:
            page = self.store.payments(tenant, Slice(limit=PAGE, before=before))
            for payment in page.items:
                if session_id(payment.id) < oldest:
                    return
                yield payment
            if not page.has_more:
                return
            before = session_id(page.items[-1].id)

    def _note(
        self,
        tenant: Tenant,
        subject: str,
        findings: list[Finding],
        compared: Compared,
        cause: Cause,
    ) -> None:
        for kind, detail in findings:
            found = Discrepancy.of(tenant, kind, subject, detail, cause.at)
            self.store.note_discrepancy(found)
            compared.found.append(found)

    def _heal(self, tenant: Tenant, compared: Compared, cause: Cause) -> None:
        """Open discrepancies about what was compared just now and agrees by now."""
        found = {each.id for each in compared.found}
        before = None
        while True:
            page = self.store.discrepancies(tenant, Slice(limit=PAGE, before=before))
            for each in page.items:
                about = each.kind in COMPARED and each.subject in compared.subjects
                if about and each.status is DiscrepancyStatus.OPEN and each.id not in found:
                    self._close(each, cause)
            if not page.has_more:
                return
            before = page.items[-1].id

    def _close(self, each: Discrepancy, cause: Cause) -> None:
        healed = replace(
            each,
            status=DiscrepancyStatus.HEALED,
            actor=cause.actor,
            reason="agrees by now",
            closed_at=cause.at,
        )
        try:
            self.store.close_discrepancy(each, healed)
        except Lost:
            return  # somebody else has closed it


COMPARED = frozenset(
    {
        DiscrepancyKind.STATUS_MISMATCH,
        DiscrepancyKind.AMOUNT_MISMATCH,
        DiscrepancyKind.CURRENCY_MISMATCH,
        DiscrepancyKind.REFUNDED_MISMATCH,
        DiscrepancyKind.MISSING_HERE,
        DiscrepancyKind.MISSING_THERE,
        DiscrepancyKind.DUPLICATE_INTENT,
        DiscrepancyKind.LIVEMODE_MISMATCH,
    }
)


def _findings(payment: Payment, fact: IntentFact) -> Iterator[Finding]:
    succeeded = fact.status is IntentStatus.SUCCEEDED
    paid = payment.status is PaymentStatus.PAID
    if fact.livemode != payment.tenant.livemode:
        yield DiscrepancyKind.LIVEMODE_MISMATCH, f"{fact.intent} is of the other mode"
    elif payment.provider is not None and payment.provider.intent != fact.intent:
        if succeeded:
            yield DiscrepancyKind.DUPLICATE_INTENT, f"{fact.intent} is paid as well"
    elif fact.received.currency != payment.amount.currency and succeeded:
        yield DiscrepancyKind.CURRENCY_MISMATCH, f"{fact.received} came, not {payment.amount}"
    elif succeeded and fact.received != payment.amount:
        yield DiscrepancyKind.AMOUNT_MISMATCH, f"{fact.received} came, not {payment.amount}"
    elif succeeded != paid:
        yield DiscrepancyKind.STATUS_MISMATCH, f"{fact.status} there, {payment.status} here"
    elif paid and fact.refunded is not None:
        yield from _refunded(payment, fact.refunded.amount)


def _refunded(payment: Payment, total: int) -> Iterator[Finding]:
    known = payment.totals.refunded
    at_most = known + payment.totals.refund_pending
    if total > at_most and total > payment.totals.captured:
        yield DiscrepancyKind.OVER_REFUND, f"{total} went back of {payment.totals.captured}"
    elif not known <= total <= at_most:
        yield DiscrepancyKind.REFUNDED_MISMATCH, f"{total} went back there, {known} here"
