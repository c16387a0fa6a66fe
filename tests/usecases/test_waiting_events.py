"""Events that wait: too early, too old, or contradicting themselves; and how each of them ends."""

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.errors import PspUnavailable
from chalicelib.domain.inbox import KEPT_OPEN_MS, WAITS, EventStatus, InboxEvent
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus, ProviderSession
from chalicelib.domain.psp_facts import (
    DisputeFact,
    DisputeStatus,
    Fact,
    InDoubt,
    IntentStatus,
    RefundFactStatus,
    Unreadable,
)
from chalicelib.domain.refunds import RefundStatus
from chalicelib.usecases.ports import Delivery
from tests.builders import (
    a_cause,
    a_payment,
    a_refund_fact,
    a_request,
    an_event,
    an_expiry,
    an_intent_fact,
    rupiah,
)
from tests.fakes.world import Crash, World, at, crash_at
from tests.usecases.test_webhook import PAID, about, inbox

P, S, F, I = PaymentStatus, RefundStatus, RefundFactStatus, IntentStatus  # noqa: E741


def kept(world: World, id: str = "evt_1") -> InboxEvent:
    """An event that waits."""
    found = world.store.kept_event(world.tenant, id)
    assert found is not None
    return found


def look(world: World, id: str = "evt_1") -> str | None:
    """Look at a kept event once more."""
    cause = a_cause(id, at=world.now, actor="sweeper")
    return world.inbox.look_again(world.tenant, id, cause)


def away(world: World, kind: str) -> None:
    """The provider does not answer calls of a kind."""

    def hook(called: str) -> None:
        if called == kind:
            raise PspUnavailable("WooshPay did not answer: ReadTimeout.")

    world.psp.before = hook


# --- too early --------------------------------------------------------------------------------


def early(world: World, status: IntentStatus = IntentStatus.SUCCEEDED) -> Payment:
    """An event of a payment that is not kept here yet; it is kept now."""
    payment = a_payment(bound=False)
    created = world.psp.create_session(payment, "https://tautan.test", None)
    intent = created.provider.intent
    world.psp.pay(payment)
    fact = an_intent_fact(status, payment=payment.id, intent=intent)
    assert world.told(fact, id="evt_1") == "deferred"
    assert inbox(world) == {"evt_1": ("deferred", "unknown_payment")}
    world.store.begin_payment(payment, None)
    world.store.bind_provider(payment, created.provider, None)
    return world.payment(payment.id)


@pytest.mark.parametrize("who", ["the sweeper", "the provider, again"])
def test_an_event_that_came_too_early_has_its_effect_once_its_payment_is_known(who: str) -> None:
    world = World()
    payment = early(world)
    if who == "the sweeper":
        world.pass_time(WAITS[0] - 1)
        assert world.sweep() == {}
        world.pass_time(1)
        assert world.sweep() == {"event": 1}
    else:
        fact = about(payment)
        assert world.told(fact, id="evt_1") == "applied"
    assert inbox(world) == {"evt_1": ("applied", "payment.captured")}
    assert world.payment(payment.id).status is P.PAID
    assert world.check_money(payment.id) == PAID
    assert (look(world), world.sweep()) == (None, {})
    with world.still():
        assert world.told(about(payment), id="evt_1") == "duplicate"


def test_what_an_early_event_said_is_not_believed_when_the_provider_shows_something_else() -> None:
    world = World()
    payment = early(world)
    world.psp.page_of(payment).paid = False
    world.pass_time(WAITS[0])
    assert world.sweep() == {"event": 1}
    assert inbox(world) == {"evt_1": ("ignored", "already_unpaid")}
    assert world.payment(payment.id).status is P.UNPAID


@pytest.mark.parametrize(
    "fact",
    [
        an_expiry(session="cs_1", intent="pi_1"),
        DisputeFact(
            dispute="dp_1", intent="pi_1", status=DisputeStatus.OPEN, amount=rupiah(20_000)
        ),
    ],
    ids=["session expired", "dispute"],
)
def test_what_is_an_end_in_itself_waits_for_its_payment_and_is_not_asked_after(fact: Fact) -> None:
    world = World()
    assert world.told(fact, id="evt_1") == "deferred"
    payment = a_payment(bound=False)
    world.store.begin_payment(payment, None)
    world.store.bind_provider(payment, ProviderSession("cs_1", "pi_1", None), None)
    assert look(world) == "applied"
    after = world.payment(payment.id)
    assert (after.status is P.EXPIRED) != after.disputed
    assert dict(world.psp.calls) == {}


def test_an_event_that_stays_unknown_is_looked_at_ever_less_and_for_three_days() -> None:
    world = World()
    fact = an_intent_fact(intent="pi_404")
    assert world.told(fact, id="evt_1") == "deferred"
    start, looks = world.now, []
    while kept_events(world):
        due = kept(world).due_at
        assert due is not None
        world.now = due
        looks.append(due - start)
        assert world.sweep() == {"event": 1}
    steps = [b - a for a, b in zip([0, *looks], looks, strict=False)]
    assert steps == [*WAITS, *[WAITS[-1]] * (len(looks) - len(WAITS))]
    assert KEPT_OPEN_MS <= looks[-1] < KEPT_OPEN_MS + WAITS[-1]
    assert inbox(world) == {"evt_1": ("quarantined", "never resolved: No such payment_intent")}
    found = world.only_discrepancy()
    assert (found.kind, found.subject) == (DiscrepancyKind.EVENT_QUARANTINED, "evt_1")
    assert found.detail.endswith("never resolved: No such payment_intent")
    assert world.sweep() == {}


def kept_events(world: World) -> int:
    """How many events wait."""
    return sum(status in ("deferred", "stale") for status, _ in inbox(world).values())


def test_an_early_event_is_put_off_while_the_provider_does_not_answer() -> None:
    world = World()
    payment = early(world)
    away(world, "intent")
    world.pass_time(WAITS[0])
    assert world.sweep() == {"event": 1}
    waits = kept(world)
    assert (waits.status, waits.attempts, waits.due_at) == (
        EventStatus.DEFERRED, 1, world.now + WAITS[1],
    )  # fmt: skip
    assert waits.why == "WooshPay did not answer: ReadTimeout."
    world.psp.before = None
    world.pass_time(WAITS[1])
    assert world.sweep() == {"event": 1}
    assert world.check_money(payment.id) == PAID


def test_an_early_event_of_a_merchant_without_a_key_waits() -> None:
    world = World()
    early(world)
    world.psps.down = True
    assert look(world) == "deferred"
    assert kept(world).why == "No WooshPay key is kept for this merchant and mode."


# --- too old, or contradicting itself ---------------------------------------------------------


@pytest.mark.parametrize("said", [I.SUCCEEDED, I.PROCESSING, I.CANCELED])
@pytest.mark.parametrize("paid", [True, False])
def test_of_an_old_event_only_what_the_provider_shows_now_counts(
    said: IntentStatus, paid: bool
) -> None:
    world = World()
    payment = world.started()
    if paid:
        world.psp.pay(payment)
    outcome = world.told(about(payment, said), id="evt_1", trusted=False)
    assert outcome == ("applied" if paid else "ignored")
    assert world.payment(payment.id).status is (P.PAID if paid else P.UNPAID)
    assert world.check_money(payment.id) == (PAID if paid else Totals())
    assert world.psp.calls["intent"] == 1
    with world.still():
        assert world.told(about(payment, said), id="evt_1", trusted=False) == "duplicate"


def test_an_old_event_is_kept_before_anything_is_asked() -> None:
    world = World()
    payment = world.started()
    world.psp.pay(payment)
    world.psp.before = crash_at("intent")
    with pytest.raises(Crash):
        world.told(about(payment), id="evt_1", trusted=False)
    waits = kept(world)
    assert (waits.status, waits.why, waits.attempts, waits.due_at) == (
        EventStatus.STALE, "stale", 0, world.now + WAITS[0],
    )  # fmt: skip
    world.pass_time(WAITS[0])
    assert world.sweep() == {"event": 1}
    assert world.check_money(payment.id) == PAID


def test_an_old_event_is_put_off_while_the_provider_does_not_answer() -> None:
    world = World()
    payment = world.started()
    world.psp.pay(payment)
    away(world, "intent")
    assert world.told(about(payment), id="evt_1", trusted=False) == "stale"
    waits = kept(world)
    assert (waits.status, waits.attempts) == (EventStatus.STALE, 1)
    assert waits.why == "WooshPay did not answer: ReadTimeout."
    assert world.payment(payment.id) == payment
    world.psp.before = None
    assert world.told(about(payment), id="evt_1", trusted=False) == "applied"
    assert world.check_money(payment.id) == PAID


def test_an_old_event_that_the_provider_does_not_know_is_quarantined_after_three_days() -> None:
    world = World()
    assert world.told(an_intent_fact(intent="pi_404"), id="evt_1", trusted=False) == "stale"
    world.pass_time(KEPT_OPEN_MS - 1)
    assert look(world) == "stale"
    world.pass_time(1)
    assert look(world) == "quarantined"
    assert inbox(world) == {"evt_1": ("quarantined", "never resolved: No such payment_intent")}
    assert world.only_discrepancy().subject == "evt_1"


@pytest.mark.parametrize(
    ("fact", "outcome"),
    [(an_expiry(session="cs_1001", intent="pi_1001"), "applied"), (Unreadable("x"), "quarantined")],
)
def test_an_old_event_that_is_an_end_in_itself_is_taken_at_its_word(
    fact: Fact, outcome: str
) -> None:
    world = World()
    world.started()
    asked = dict(world.psp.calls)
    assert world.told(fact, id="evt_1", trusted=False) == outcome
    assert dict(world.psp.calls) == asked


@pytest.mark.parametrize("shown", [F.SUCCEEDED, F.PENDING, F.FAILED])
def test_an_old_word_on_a_refund_is_asked_after(shown: RefundFactStatus) -> None:
    world = World()
    paid = world.paid()
    world.psp.outcomes.append(InDoubt("ReadTimeout"))
    refund = world.refund(paid, a_request())
    world.psp.known_refunds["re_9000"] = a_refund_fact(refund, shown)
    told = world.told(a_refund_fact(refund, F.PENDING), id="evt_r", trusted=False)
    assert told == ("ignored" if shown is F.PENDING else "applied")
    ends = {F.SUCCEEDED: S.POSTED, F.PENDING: S.UNKNOWN, F.FAILED: S.VOIDED}
    assert world.kept_refund(refund.id).status is ends[shown]
    world.check_money(paid.id)


# --- two at once ------------------------------------------------------------------------------


def test_an_event_that_waits_is_looked_at_by_one_at_a_time() -> None:
    world = World()
    payment = early(world)
    outcomes: list[str | None] = []
    world.engine.before = at("write", lambda: outcomes.append(look(world)))
    assert look(world) == "duplicate"
    assert outcomes == ["applied"]
    assert world.check_money(payment.id) == PAID
    assert world.payment(payment.id).seq == 1


def test_two_that_cannot_resolve_it_put_it_off_once() -> None:
    world = World()
    assert world.told(an_intent_fact(intent="pi_404"), id="evt_1") == "deferred"
    world.engine.before = at("write", lambda: look(world))
    assert look(world) == "duplicate"
    assert kept(world).attempts == 1


def test_whoever_dies_while_it_is_applied_leaves_it_to_be_applied() -> None:
    world = World()
    payment = early(world)
    world.engine.before = crash_at("write")
    with pytest.raises(Crash):
        look(world)
    assert kept(world).attempts == 0
    assert look(world) == "applied"
    assert world.check_money(payment.id) == PAID


def test_another_event_of_the_same_id_does_not_replace_the_one_that_waits() -> None:
    world = World()
    payment = early(world)
    waits = kept(world)
    other = Delivery(world.tenant, an_event(about(payment), id="evt_1", sha256="b" * 64))
    assert world.inbox.receive(other, now=world.now, request_id="req-2") == "conflict"
    assert kept(world) == waits
    assert world.payment(payment.id).status is P.UNPAID
    assert world.only_discrepancy().kind is DiscrepancyKind.EVENT_CONFLICT
