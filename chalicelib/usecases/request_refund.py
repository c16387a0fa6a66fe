"""A refund is asked for: reserve and lease in one write group, then send, then post or void.

The process may die on any line: before the first write nothing has happened, and after it the
amount is reserved and whoever goes on (resolve_refund.py) does so under the same provider key.
"""

from dataclasses import dataclass

from chalicelib.domain.errors import ParameterMissing, RefundInProgress, ResourceMissing
from chalicelib.domain.ids import RefundId, Tenant, payment_id, ulid_of
from chalicelib.domain.payments import Payment
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Origin, Refund, RefundedTotal, RefundKeys, reserve
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Claim, Claimed, Lost
from chalicelib.usecases.idempotency import earlier
from chalicelib.usecases.ports import Clock, Mint, Psps, Store
from chalicelib.usecases.resolve_refund import Resolver, told

TRIES = 3


@dataclass(frozen=True, slots=True)
class Refunds:
    """What the story needs. `keys` and `total`: what is believed of the provider."""

    store: Store
    psps: Psps
    mint: Mint
    clock: Clock
    keys: RefundKeys = RefundKeys.UNPROVEN
    total: RefundedTotal = RefundedTotal.SETTLED

    @property
    def resolver(self) -> Resolver:
        """Who sends a refund, and goes on with one whose end is not known."""
        return Resolver(self.store, self.psps, self.mint, self.clock, self.keys, self.total)

    def request(
        self, asking: Asking, payment: str, wanted: RefundRequest, origin: Origin = Origin.API
    ) -> Refund:
        """A refund of the payment `cs_…` or `pi_…`, once per idempotency key.

        Without a key it needs `expected_remaining`, which makes a second one fail. Raises
        ParameterMissing for neither, RefundRefused (nothing was reserved), PspRejected (voided: all
        is as before), ResourceMissing, Replayed. A refund whose end is not known comes back
        pending.
        """
        if asking.idempotency_key is None and wanted.expected_remaining is None:
            raise ParameterMissing(
                "A refund needs an Idempotency-Key (or expected_remaining), so that asking twice "
                "does not refund twice.",
                param="Idempotency-Key",
            )
        id, owner = RefundId(f"re_{self.mint.ulid()}"), self.mint.ulid()
        claim, cause = asking.claim("refunds", id), asking.cause(id)
        psp = self.psps(asking.tenant)  # before anything is reserved: it may not be to be had
        for _ in range(TRIES):
            paid, taken = self._read(asking, payment, claim)
            if taken is not None and taken.resource != id:
                return self._again(asking, RefundId(earlier(taken, claim)))
            if paid.refund_inflight == id:  # our own write, of which we did not hear
                return self.resolver.send(psp, paid, self._kept(asking, id), cause, asking)
            step = reserve(
                paid, wanted, id=id, owner=owner, cause=cause, origin=origin,
                claim=(claim.scope, claim.key) if claim else None,
            )  # fmt: skip
            try:
                self.store.reserve_refund(paid, step, claim)
            except (Claimed, Lost):
                continue  # the payment has moved since it was read, or the key was taken: look
            return self.resolver.send(psp, step.payment, step.refund, cause, asking)
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

    def _kept(self, asking: Asking, id: RefundId) -> Refund:
        refund = self.store.refund(asking.tenant, id)
        assert refund is not None, "a refund is written together with its reservation"
        return refund

    def _again(self, asking: Asking, id: RefundId) -> Refund:
        """The refund that the same key asked for; gone on with when its end is still in doubt."""
        refund = self._kept(asking, id)
        return told(self.resolver.resume(refund, asking.cause(id), asking))


def retrieve_refund(store: Store, tenant: Tenant, id: str) -> Refund:
    """Raises ResourceMissing."""
    refund = store.refund(tenant, RefundId(id)) if ulid_of(id, "re") else None
    if refund is None:
        raise ResourceMissing("refund", id)
    return refund
