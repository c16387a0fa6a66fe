"""Refunds: reserve and lease in one write group, send under the refund's own id, post or void.

The process may die on any line: before the first write nothing has happened, and after it the
amount is reserved and whoever sends again sends under the same key.
"""

from dataclasses import dataclass

from chalicelib.domain.errors import PspRejected, RefundInProgress, ResourceMissing
from chalicelib.domain.ids import RefundId, Tenant, payment_id, ulid_of
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import Refund, RefundRequest, Step, reserve, settle
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Claim, Claimed, Lost
from chalicelib.usecases.idempotency import earlier
from chalicelib.usecases.ports import Mint, Psp, Psps, Store

TRIES = 3


@dataclass(frozen=True, slots=True)
class Refunds:
    """What the story needs."""

    store: Store
    psps: Psps
    mint: Mint

    def request(self, asking: Asking, payment: str, wanted: RefundRequest) -> Refund:
        """A refund of the payment `cs_…` or `pi_…`, once per idempotency key.

        Raises RefundRefused (nothing was reserved), PspRejected (voided: all is as before) and
        ResourceMissing. A refund whose end is not known yet comes back pending.
        """
        id = RefundId(f"re_{self.mint.ulid()}")
        claim = asking.claim("refunds", id)
        psp = self.psps(asking.tenant)  # before anything is reserved: it may not be to be had
        for _ in range(TRIES):
            paid, taken = self._read(asking, payment, claim)
            if taken is not None:
                return self._again(asking, RefundId(earlier(Claimed(taken), claim)))
            step = reserve(paid, wanted, id=id, owner=self.mint.ulid(), cause=asking.cause(id))
            try:
                self.store.reserve_refund(paid, step, claim)
            except Claimed as claimed:
                return self._again(asking, RefundId(earlier(claimed, claim)))
            except Lost:
                continue  # the payment has moved since it was read: decide again
            return self._send(psp, step.payment, step.refund, asking.cause(id))
        raise RefundInProgress("The payment is changing. Try again.")

    def _read(self, asking: Asking, id: str, claim: Claim | None) -> tuple[Payment, Claim | None]:
        ulid = payment_id(id)
        paid, taken = (
            self.store.payment_and_claim(asking.tenant, ulid, claim) if ulid else (None, None)
        )
        if paid is None:
            session = id.startswith("cs_")
            kind = "checkout session" if session else "payment intent"
            raise ResourceMissing(kind, id, param=kind.replace(" ", "_") if session else None)
        return paid, taken

    def _again(self, asking: Asking, id: RefundId) -> Refund:
        """The refund that the same key asked for; sent again when its end is still in doubt."""
        refund = retrieve_refund(self.store, asking.tenant, id)
        if not refund.may_be_sent(asking.now):
            return _told(refund)
        psp = self.psps(asking.tenant)
        leased = refund.leased(self.mint.ulid(), asking.now)
        paid = self.store.payment(asking.tenant, refund.payment)
        assert paid is not None, "a refund is written together with its payment"
        try:
            self.store.lease_refund(refund, leased)
        except Lost:
            return _told(retrieve_refund(self.store, asking.tenant, id))
        return self._send(psp, paid, leased, asking.cause(id))

    def _send(self, psp: Psp, paid: Payment, refund: Refund, cause: Cause) -> Refund:
        """The world stroke and the outcome stroke of a refund that we hold the lease of."""
        owner = refund.lease_owner
        assert owner is not None, "only the holder of the lease sends"
        outcome = psp.refund(refund)
        after = settle(paid, refund, outcome, cause)
        try:
            if isinstance(after, Step):
                self.store.settle_refund(paid, after, owner, None)
                refund = after.refund
            else:
                self.store.note_refund(after, owner)
                refund = after
        except Lost:
            # The provider's event, or a later owner of the lease, came first: theirs holds.
            return _told(retrieve_refund(self.store, refund.tenant, refund.id))
        return _told(refund)


def retrieve_refund(store: Store, tenant: Tenant, id: str) -> Refund:
    """Raises ResourceMissing."""
    refund = store.refund(tenant, RefundId(id)) if ulid_of(id, "re") else None
    if refund is None:
        raise ResourceMissing("refund", id)
    return refund


def _told(refund: Refund) -> Refund:
    """The refund, or the provider's refusal again when that was its end."""
    if refund.was_declined:
        raise _rejected(refund)
    return refund


def _rejected(refund: Refund) -> PspRejected:
    return PspRejected(
        f"WooshPay refused the refund: {refund.failure}.", details={"refund": refund.id}
    )
