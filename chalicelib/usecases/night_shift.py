"""What runs by the clock, for every merchant: sweep, compare, audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.domain.discrepancies import Discrepancy, DiscrepancyKind
from chalicelib.domain.errors import PspError
from chalicelib.domain.ids import Millis, Tenant, session_id
from chalicelib.domain.ledger import Cause
from chalicelib.usecases.audit import audit_payment
from chalicelib.usecases.ports import Clock, Due, Mint, Slice, Store
from chalicelib.usecases.reconcile import DAY_MS, Reconciler
from chalicelib.usecases.sweep import Sweeper

COMPARED_AFTER_DAYS = (1, 3)
PAGE = 100


@dataclass(frozen=True, slots=True)
class NightShift:
    """What it needs."""

    store: Store
    mint: Mint
    clock: Clock
    sweeper: Sweeper
    reconciler: Reconciler

    def sweep(self) -> dict[str, int]:
        """How many of each kind were looked at; nothing when somebody else is at it."""
        return dict(self.sweeper.sweep(f"req_{self.mint.ulid()}") or {})

    def resume(self, refunds: Sequence[Due]) -> dict[str, int]:
        """How many refunds that the sweep handed over were looked at."""
        return dict(self.sweeper.resume(refunds, f"req_{self.mint.ulid()}"))

    def compare(self) -> dict[str, int]:
        """How many payments agreed or were healed, and how many discrepancies were found."""
        now, done = self.clock(), {"agreed": 0, "healed": 0, "found": 0, "unreachable": 0}
        today = now - now % DAY_MS
        for tenant in self.tenants():
            for days in COMPARED_AFTER_DAYS:
                since = Millis(today - days * DAY_MS)
                try:
                    compared = self.reconciler.compare(
                        tenant, since, Millis(since + DAY_MS), self._cause("reconciler", now)
                    )
                except PspError:
                    done["unreachable"] += 1
                    continue
                done["agreed"] += compared.agreed
                done["healed"] += compared.healed
                done["found"] += len(compared.found)
        return done

    def audit(self) -> dict[str, int]:
        """How many payments that began since yesterday were audited, and do not agree."""
        now = self.clock()
        since, done = Millis(now - 2 * DAY_MS), {"audited": 0, "found": 0}
        for tenant in self.tenants():
            for payment in self.reconciler.payments(tenant, since, now):
                done["audited"] += 1
                findings = audit_payment(self.store, tenant, payment.id)
                if findings:
                    done["found"] += 1
                    subject, told = session_id(payment.id), "; ".join(findings)
                    books = DiscrepancyKind.BOOKS
                    self.store.note_discrepancy(Discrepancy.of(tenant, books, subject, told, now))
        return done

    def tenants(self) -> Iterator[Tenant]:
        """Every merchant, in both modes."""
        before = None
        while True:
            page = self.store.merchants(Slice(limit=PAGE, before=before))
            for merchant in page.items:
                yield Tenant(merchant.id, False)
                yield Tenant(merchant.id, True)
            if not page.has_more:
                return
            before = page.items[-1].id

    def _cause(self, actor: str, now: Millis) -> Cause:
        request_id = f"req_{self.mint.ulid()}"
        return Cause(actor=actor, reference=request_id, request_id=request_id, at=now)
