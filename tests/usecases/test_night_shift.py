"""What runs by the clock: every merchant, both modes, one that cannot be reached stops no other."""

from collections.abc import Iterator

from chalicelib.adapters.dynamodb import keys
from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.ids import Millis, Tenant, session_id
from chalicelib.domain.psp_facts import InDoubt, IntentFact
from chalicelib.usecases.night_shift import NightShift
from chalicelib.usecases.ports import Due, DueKind
from chalicelib.usecases.reconcile import DAY_MS
from tests.builders import a_merchant, a_request, a_tenant, an_api_key, an_intent_fact
from tests.fakes.psp import FakePsp
from tests.fakes.world import World

HOUR = 60 * 60_000


class DatedPsp(FakePsp):
    """A provider that knows when each of its intents was made."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__(tenant)
        self.asked: list[tuple[int, int]] = []
        self.dated: list[tuple[int, IntentFact]] = []

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """Those that were made in [since, until)."""
        self._enter("intents", "")
        self.asked.append((since, until))
        yield from (fact for at, fact in self.dated if since <= at < until)


def shift(psp: FakePsp | None = None) -> tuple[World, NightShift]:
    """One merchant, and the shift that looks after it."""
    world = World(psp)
    world.mint.at(world.now)
    world.store.add_merchant(a_merchant(), an_api_key())
    night = NightShift(world.store, world.mint, lambda: world.now, world.sweeper, world.reconciler)
    return world, night


def test_a_sweep_tells_what_it_did_and_nothing_when_another_is_at_it() -> None:
    world, night = shift()
    world.started()
    world.pass_time(120_000)
    assert night.sweep() == {"payment": 1}
    assert night.sweep() == {}
    world.store.take_lease("sweep", "another", world.now, Millis(world.now + 1))
    assert night.sweep() == {}


def test_refunds_that_the_sweep_handed_over_are_counted() -> None:
    world, night = shift()
    paid = world.paid()
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    refund = world.refund(paid, a_request(), "k")
    due = Due(DueKind.REFUND, paid.tenant, refund.id, world.now)
    assert night.resume([due]) == {"refund": 1}


def test_yesterday_and_three_days_ago_are_compared_in_both_modes() -> None:
    psp = DatedPsp(a_tenant())
    world, night = shift(psp)
    live = DatedPsp(a_tenant(livemode=True))
    world.psps.psps[a_tenant(livemode=True)] = live
    today = world.now - world.now % DAY_MS
    days = [(today - days * DAY_MS, today - days * DAY_MS + DAY_MS) for days in (1, 3)]
    for number, at in enumerate([days[0][0], days[0][1] - 1, days[1][0], days[0][1], days[1][1]]):
        psp.dated.append((at, an_intent_fact(intent=f"pi_{number}")))
    assert night.compare() == {"agreed": 0, "healed": 0, "found": 3, "unreachable": 0}
    assert psp.asked == live.asked == days
    assert {each.subject for each in world.discrepancies()} == {"pi_0", "pi_1", "pi_2"}


def test_what_agrees_and_what_is_healed_is_counted() -> None:
    psp = DatedPsp(a_tenant())
    world, night = shift(psp)
    yesterday = world.now
    paid, missed = world.paid(), world.started()
    psp.pay(missed)
    for payment in (paid, missed):
        assert payment.provider is not None
        psp.dated.append((yesterday, psp.intent(payment.provider.intent)))
    world.pass_time(DAY_MS)
    assert night.compare() == {"agreed": 1, "healed": 1, "found": 0, "unreachable": 0}
    (entry,) = world.store.ledger(world.tenant, missed.id)
    assert entry.cause.request_id is not None
    assert night.compare() == {"agreed": 2, "healed": 0, "found": 0, "unreachable": 0}


def test_a_merchant_that_cannot_be_reached_stops_no_other() -> None:
    world, night = shift()
    other = a_tenant(number=2)
    world.store.add_merchant(a_merchant(number=2), an_api_key(tenant=other))
    world.started()

    def hook(called: str) -> None:
        raise PspUnavailable("WooshPay did not answer.")

    world.psp.before = hook
    done = night.compare()
    assert done == {"agreed": 0, "healed": 0, "found": 0, "unreachable": 2}
    assert world.psps(other).calls["intents"] == 2
    assert world.discrepancies() == []


def test_the_audit_looks_at_two_days_and_tells_what_does_not_agree() -> None:
    world, night = shift()
    old = world.paid()
    world.pass_time(2 * DAY_MS + HOUR)
    world.mint.at(world.now)
    good, bad = world.paid(), world.paid()
    world.pass_time(HOUR)
    assert night.audit() == {"audited": 2, "found": 0}
    assert world.discrepancies() == []
    for payment in (old, bad):
        at = keys.payment_key(world.tenant, payment.id)
        world.engine._partitions[at.pk][at.sk]["seq"] = 2
    before = world.payment(good.id)
    for _ in range(2):
        assert night.audit() == {"audited": 2, "found": 1}
    found = world.only_discrepancy()
    assert (found.kind, found.subject, found.detail) == (
        DiscrepancyKind.BOOKS, session_id(bad.id), "ledger has 1 entries, seq is 2",
    )  # fmt: skip
    assert world.payment(good.id) == before


def test_every_merchant_has_its_turn_in_both_modes() -> None:
    world, night = shift()
    for number in range(1, 206):
        tenant = a_tenant(number=number)
        world.store.add_merchant(
            a_merchant(number=number), an_api_key(tenant=tenant, sha256=f"{number:064d}")
        )
    tenants = list(night.tenants())
    assert len(tenants) == len(set(tenants)) == 2 * 206
    assert {tenant.livemode for tenant in tenants} == {True, False}
    assert a_tenant(number=205) in tenants
