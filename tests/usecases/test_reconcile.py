"""The daily compare: what differs is found, what was missed is healed, a clean day is silent."""

from collections.abc import Callable, Iterator

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.ids import Millis, session_id
from chalicelib.domain.ledger import Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import (
    Accepted,
    IntentFact,
    IntentStatus,
    RefundFactStatus,
)
from chalicelib.domain.refunds import RefundStatus
from chalicelib.usecases.reconcile import DAY_MS, Compared
from tests.builders import (
    NOW,
    a_cause,
    a_refund_fact,
    a_request,
    a_tenant,
    an_expiry,
    an_intent_fact,
    rupiah,
)
from tests.fakes.psp import FakePsp
from tests.fakes.world import World
from tests.usecases.test_webhook import about

D, P, S = DiscrepancyKind, PaymentStatus, RefundStatus
SINCE = Millis(NOW - NOW % DAY_MS)
UNTIL = Millis(SINCE + DAY_MS)
PAID = Totals(20_000, 20_000)
BACK = Totals(20_000, 15_000, 0, 5_000)


class ListingPsp(FakePsp):
    """A provider whose list holds more than its pages, and less."""

    def __init__(self) -> None:
        super().__init__(a_tenant())
        self.more: list[IntentFact] = []
        self.unlisted: set[str] = set()

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """The pages that are listed, and the rest."""
        yield from (f for f in super().intents(since, until) if f.intent not in self.unlisted)
        yield from self.more


def a_world() -> tuple[World, ListingPsp]:
    """A world whose ids are born when its clock says, and its provider."""
    psp = ListingPsp()
    world = World(psp)
    world.mint.at(world.now)
    return world, psp


def compared(world: World, since: Millis = SINCE, until: Millis = UNTIL) -> Compared:
    """The day at the provider and here."""
    cause = a_cause("req-9", at=world.now, actor="reconciler")
    return world.reconciler.compare(world.tenant, since, until, cause)


def kinds(found: Compared) -> list[tuple[DiscrepancyKind, str]]:
    """What was found, and about what."""
    return [(each.kind, each.subject) for each in found.found]


def intent_of(payment: Payment) -> str:
    """The provider's name of a payment."""
    assert payment.provider is not None
    return payment.provider.intent


# --- a clean day ------------------------------------------------------------------------------


def clean(world: World) -> list[Payment]:
    """A day on which everything happened that can, and everything was told."""
    unpaid, expired, paid, refunded, pending, back = (world.started() for _ in range(6))
    assert expired.provider is not None
    world.told(an_expiry(session=expired.provider.session, payment=expired.id), id="evt_exp")
    for payment in (paid, refunded, pending, back):
        world.psp.pay(payment)
        assert world.told(about(payment), id=f"evt_{payment.id}") == "applied"
    assert world.refund(refunded, a_request()).status is S.POSTED
    world.psp.outcomes.append(Accepted("re_77"))
    assert world.refund(pending, a_request()).status is S.PENDING_PSP
    came_back = world.refund(back, a_request())
    world.told(a_refund_fact(came_back, RefundFactStatus.FAILED, psp_refund="re_9001"), id="evt_b")
    world.psp.page_of(back).refunds.clear()
    return [unpaid, expired, paid, refunded, pending, back]


@pytest.mark.parametrize("counted", [True, False], ids=["pending counted", "not counted"])
@pytest.mark.parametrize("shown", [True, False], ids=["total shown", "no total shown"])
def test_a_clean_day_is_silent_and_nothing_is_written(shown: bool, counted: bool) -> None:
    world, psp = a_world()
    psp.shows_refunded = shown
    payments = clean(world)
    if counted:
        psp.page_of(payments[4]).refunds.append(rupiah(5_000))
    before, asked = world.engine.everything(), dict(psp.calls)
    found = compared(world)
    assert (found.agreed, found.healed, found.found) == (6, 0, [])
    assert world.engine.everything() == before
    assert dict(psp.calls) == {**asked, "intents": 1}
    assert world.discrepancies() == []


def test_an_intent_that_the_provider_made_on_another_day_is_asked_for_and_agrees() -> None:
    """We begin a payment just before midnight, the provider makes its page just after."""
    world, psp = a_world()
    paid = world.paid()
    psp.unlisted.add(intent_of(paid))
    found = compared(world)
    assert (found.agreed, found.found) == (1, [])
    assert psp.calls["intent"] == 1
    assert world.discrepancies() == []


def test_an_unpaid_intent_of_nobody_is_nobodys_business() -> None:
    world, psp = a_world()
    psp.more.append(an_intent_fact(IntentStatus.WAITING, intent="pi_404"))
    found = compared(world)
    assert (found.agreed, found.healed, found.found) == (0, 0, [])


def test_a_second_intent_of_a_payment_that_nobody_paid_is_no_duplicate() -> None:
    world, psp = a_world()
    paid = world.paid()
    psp.more.append(an_intent_fact(IntentStatus.CANCELED, intent="pi_twin", payment=paid.id))
    assert compared(world).found == []


# --- what differs -----------------------------------------------------------------------------


def missing_here(world: World, psp: ListingPsp) -> str:
    psp.more.append(an_intent_fact(intent="pi_404"))
    return "pi_404"


def missing_there(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    del psp.pages[session_id(paid.id)]
    return session_id(paid.id)


def amount(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.page_of(paid).asked = rupiah(19_999)
    return session_id(paid.id)


def currency(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.page_of(paid).asked = Money(20_000, "SGD")
    return session_id(paid.id)


def paid_here_only(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.page_of(paid).paid = False
    return session_id(paid.id)


def refunded_more(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.page_of(paid).refunds.append(rupiah(5_000))
    return session_id(paid.id)


def refunded_less(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    world.refund(paid, a_request())
    psp.page_of(paid).refunds.clear()
    return session_id(paid.id)


def over_refund(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.page_of(paid).refunds.append(rupiah(20_001))
    return session_id(paid.id)


def duplicate(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.more.append(an_intent_fact(intent="pi_twin", payment=paid.id))
    return session_id(paid.id)


def livemode(world: World, psp: ListingPsp) -> str:
    paid = world.paid()
    psp.more.append(an_intent_fact(intent="pi_live", payment=paid.id, livemode=True))
    return session_id(paid.id)


PLANTS: dict[DiscrepancyKind, list[tuple[Callable[[World, ListingPsp], str], str]]] = {
    D.MISSING_HERE: [(missing_here, "Rp20.000 of no payment of ours")],
    D.MISSING_THERE: [(missing_there, "pi_1002 is not there")],
    D.AMOUNT_MISMATCH: [(amount, "Rp19.999 came, not Rp20.000")],
    D.CURRENCY_MISMATCH: [(currency, "SGD 200,00 came, not Rp20.000")],
    D.STATUS_MISMATCH: [(paid_here_only, "waiting there, paid here")],
    D.REFUNDED_MISMATCH: [
        (refunded_more, "5000 went back there, 0 here"),
        (refunded_less, "0 went back there, 5000 here"),
    ],
    D.OVER_REFUND: [(over_refund, "20001 went back of 20000")],
    D.DUPLICATE_INTENT: [(duplicate, "pi_twin is paid as well")],
    D.LIVEMODE_MISMATCH: [(livemode, "pi_live is of the other mode")],
}
CASES = [(kind, plant, detail) for kind, plants in PLANTS.items() for plant, detail in plants]


@pytest.mark.parametrize(
    ("kind", "plant", "detail"), CASES, ids=[plant.__name__ for _, plant, _ in CASES]
)
def test_what_differs_is_found_once_and_nothing_else_is_changed(
    kind: DiscrepancyKind, plant: Callable[[World, ListingPsp], str], detail: str
) -> None:
    world, psp = a_world()
    other = world.paid()
    subject = plant(world, psp)
    before = world.engine.everything()
    found = compared(world)
    assert kinds(found) == [(kind, subject)]
    disc = world.only_discrepancy()
    assert (disc.status, disc.found_at, disc.detail) == (DiscrepancyStatus.OPEN, world.now, detail)
    assert [i for i in world.engine.everything() if i["kind"] != "discrepancy"] == before
    again = world.engine.everything()
    world.pass_time(1)
    compared(world)
    assert world.engine.everything() == again  # found again it is the same one
    assert world.check_money(other.id) == PAID
