"""What this project is compared with: a refund that reads, adds up, checks and inserts.

Each line of it is right, and two of them at once give back more than came in. A simulator that does
not break it is no use.
"""

from contextlib import suppress
from dataclasses import replace

from chalicelib.adapters.dynamodb.writes import Absent, Key, Put, Refused
from chalicelib.domain.errors import RefundAmountExceedsRefundable
from chalicelib.domain.ids import RefundId, payment_id
from chalicelib.domain.money import Money
from chalicelib.domain.psp_facts import Accepted, Done
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund, RefundStatus
from chalicelib.usecases.asking import Asking
from simulator.history import Failure, history, setting_of
from simulator.invariants import Watch
from simulator.shapes import Intent
from simulator.stories import Stories
from simulator.violations import must
from simulator.world import Setting


class NaiveStories(Stories):
    """The stories, with the refund as it is often written."""

    keeps_refunds = False

    def refund(self, asking: Asking, payment: str, wanted: RefundRequest) -> Refund:
        """Read the payment, add up its refunds, check, send, insert."""
        tenant, paid = asking.tenant, payment_id(payment)
        assert paid is not None
        found = self.store.payment(tenant, paid)
        assert found is not None
        at = f"M#{tenant.merchant}#test#NAIVE#{paid}"
        engine, psps = self.ports.engine, self.ports.psps
        refunded = sum(int(str(row["amount"])) for row in engine.collection(at))
        left = found.amount.with_amount(max(0, found.totals.captured - refunded))
        asked = Money(wanted.amount or left.amount, found.amount.currency)
        if not asked.amount or asked.amount > left.amount or found.provider is None:
            raise RefundAmountExceedsRefundable(asked, left, left)
        refund = Refund(
            id=RefundId(f"re_{self.ports.mint.ulid()}"),
            tenant=tenant,
            payment=paid,
            intent=found.provider.intent,
            amount=asked,
            created=asking.now,
            status=RefundStatus.POSTED,
            metadata={},
        )
        if isinstance(psps(tenant).refund(refund), Done | Accepted):
            row = Put("row", Key(at, refund.id), {"amount": asked.amount}, Absent())
            with suppress(Refused):  # by its own first try
                engine.write([row])
        return refund


class MoneyOnly(Watch):
    """Looks at nothing but the money at the provider: never more back than came in."""

    def moved(self, intent: Intent) -> None:
        """What our own refunds took."""
        ours = sum(each.amount for each in intent.refunds if each.key and each.counts)
        must(ours <= intent.received, f"Inv-2 {ours} of {intent.received} went back")


def naive_setting(seed: int) -> Setting:
    """A world with the naive refund, and a provider that carries out whatever it is asked."""
    usual = setting_of(seed)
    switches = replace(usual.switches, guards_refunds=False)
    return replace(usual, switches=switches, stories=NaiveStories, watch=MoneyOnly)


def broken_after(most: int, first: int = 1) -> Failure | None:
    """The first history, of at most so many, in which the naive refund loses money."""
    for seed in range(first, first + most):
        outcome = history(seed, setting=naive_setting)
        if outcome.failures:
            return outcome.failures[0]
    return None
