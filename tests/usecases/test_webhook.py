"""The provider's word on payments: each event has its effect once, whatever else happens."""

from dataclasses import replace

import pytest

from chalicelib.domain.discrepancies import DiscrepancyKind
from chalicelib.domain.ids import PaymentId, Tenant
from chalicelib.domain.ledger import EntryKind, Totals
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus, ReviewReason
from chalicelib.domain.psp_facts import (
    Fact,
    IntentFact,
    IntentStatus,
    PspEvent,
    Unreadable,
    Unrecognised,
)
from chalicelib.usecases.ports import Delivery
from tests.builders import (
    a_tenant,
    an_event,
    an_expiry,
    an_intent_fact,
    rupiah,
    ulid,
)
from tests.fakes.world import World

P, I = PaymentStatus, IntentStatus  # noqa: E741
PAID = Totals(20_000, 20_000)


def about(payment: Payment, /, status: IntentStatus = I.SUCCEEDED, **changes: object) -> IntentFact:
    """The provider's word on a payment."""
    intent = payment.provider.intent if payment.provider else ""
    given = {"intent": intent, "payment": payment.id, **changes}
    return an_intent_fact(status, **given)  # type: ignore[arg-type]


def receive(world: World, event: PspEvent, tenant: Tenant | None = None) -> str:
    """What becomes of an event at a tenant's door."""
    delivery = Delivery(tenant or world.tenant, event)
    return world.inbox.receive(delivery, now=world.now, request_id="req-2")


def inbox(world: World) -> dict[str, tuple[str, str]]:
    """What became of each event, and why."""
    return {
        str(item["id"]): (str(item["status"]), str(item["why"]))
        for item in world.engine.everything()
        if item["kind"] == "psp_event"
    }


def test_success_pays_once_with_the_event_kept_beside_it() -> None:
    world = World()
    payment = world.started()
    world.engine.calls.clear()
    assert world.told(about(payment), id="evt_1") == "applied"
    assert world.engine.calls == {"get": 1, "write": 1}
    paid = world.payment(payment.id)
    assert paid == replace(
        payment, status=P.PAID, totals=PAID, method="dana", paid_at=world.now, due_at=None, seq=1
    )
    (entry,) = world.store.ledger(world.tenant, payment.id)
    assert (entry.kind, entry.delta, entry.subject) == (EntryKind.CAPTURED, PAID, "paid")
    assert (entry.cause.actor, entry.cause.reference) == ("wooshpay", "evt_1")
    assert inbox(world) == {"evt_1": ("applied", "payment.captured")}
    assert world.check_money(payment.id) == PAID


def test_without_our_metadata_the_payment_is_found_by_its_intent() -> None:
    world = World()
    payment = world.started()
    assert world.told(about(payment, payment=None)) == "applied"
    assert world.check_money(payment.id) == PAID


def test_a_hint_to_a_payment_that_never_was_falls_back_to_the_intent() -> None:
    world = World()
    payment = world.started()
    assert world.told(about(payment, payment=PaymentId(ulid(404)))) == "applied"
    assert world.check_money(payment.id) == PAID


def test_the_same_event_again_is_a_duplicate_and_changes_nothing() -> None:
    world = World()
    payment = world.started()
    for status in (I.PROCESSING, I.SUCCEEDED):
        fact = about(payment, status)
        assert world.told(fact, id=f"evt_{status}") == "applied"
        with world.still():
            assert world.told(fact, id=f"evt_{status}") == "duplicate"
    assert world.check_money(payment.id) == PAID
    assert world.payment(payment.id).seq == 2


def test_the_same_event_id_that_says_something_else_is_a_conflict_and_the_first_wins() -> None:
    world = World()
    payment = world.started()
    assert world.told(about(payment, I.FAILED), id="evt_1") == "applied"
    failed = world.payment(payment.id)
    other = an_event(about(payment), id="evt_1", sha256="b" * 64)
    for _ in range(2):
        assert receive(world, other) == "conflict"
    assert world.payment(payment.id) == failed
    assert inbox(world) == {"evt_1": ("applied", "payment.status")}
    found = world.only_discrepancy()
    assert (found.kind, found.subject, found.detail) == (
        DiscrepancyKind.EVENT_CONFLICT, "evt_1",
        f"payment_intent.succeeded came again with other bytes, {'b' * 16}",
    )  # fmt: skip
    with world.still():
        assert world.told(about(payment, I.FAILED), id="evt_1") == "duplicate"


def test_the_same_fact_in_another_event_is_ignored() -> None:
    world = World()
    payment = world.started()
    assert world.told(about(payment), id="evt_1") == "applied"
    assert world.told(about(payment), id="evt_2") == "ignored"
    assert inbox(world)["evt_2"] == ("ignored", "already_paid")
    assert world.check_money(payment.id) == PAID
    assert world.payment(payment.id).seq == 1


@pytest.mark.parametrize("late", [I.WAITING, I.PROCESSING, I.FAILED, I.CANCELED])
def test_what_comes_late_after_success_changes_nothing(late: IntentStatus) -> None:
    world = World()
    paid = world.paid()
    assert world.told(about(paid, late)) == "ignored"
    assert world.told(an_expiry(session=paid.provider.session, payment=paid.id)) == "ignored"  # type: ignore[union-attr]
    assert world.payment(paid.id) == paid
    assert world.check_money(paid.id) == PAID


@pytest.mark.parametrize("first", [I.FAILED, I.CANCELED, None])
def test_success_after_an_end_is_paid_and_said_to_be_late_where_the_page_had_closed(
    first: IntentStatus | None,
) -> None:
    world = World()
    payment = world.started()
    assert payment.provider is not None
    expiry = an_expiry(session=payment.provider.session, payment=payment.id)
    ended = about(payment, first) if first else expiry
    assert world.told(ended) == "applied"
    assert world.told(about(payment)) == "applied"
    paid = world.payment(payment.id)
    assert paid.status is P.PAID
    late = None if first is I.FAILED else ReviewReason.LATE
    assert (paid.review.reason if paid.review else None) is late
    assert world.check_money(payment.id) == PAID


WRONG = [
    ({"received": rupiah(19_999)}, ReviewReason.AMOUNT_MISMATCH),
    ({"received": rupiah(20_001)}, ReviewReason.AMOUNT_MISMATCH),
    ({"amount": rupiah(200)}, ReviewReason.AMOUNT_MISMATCH),
    ({"amount": Money(20_000, "USD")}, ReviewReason.CURRENCY_MISMATCH),
]


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_the_wrong_money_goes_to_review_and_is_never_paid(
    changes: dict[str, Money], reason: ReviewReason
) -> None:
    world = World()
    payment = world.started()
    fact = about(payment, **changes)
    assert world.told(fact) == "applied"
    held = world.payment(payment.id)
    assert (held.status, held.totals) == (P.UNPAID, Totals())
    assert held.review is not None
    assert (held.review.reason, held.review.expected, held.review.received) == (
        reason, rupiah(20_000), fact.received,
    )  # fmt: skip
    assert world.check_money(payment.id) == Totals()


@pytest.mark.parametrize(("changes", "reason"), WRONG)
def test_the_wrong_money_told_by_a_second_event_is_taken_and_ignored(
    changes: dict[str, Money], reason: ReviewReason
) -> None:
    world = World()
    payment = world.started()
    world.told(about(payment, **changes), id="evt_1")
    held = world.payment(payment.id)
    assert world.told(about(payment, **changes), id="evt_2") == "ignored"
    assert world.payment(payment.id) == held


# --- what is set aside ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"livemode": True}, "livemode_mismatch"), ({"intent": "pi_666"}, "intent_mismatch")],
)
@pytest.mark.parametrize("status", list(I))
def test_what_cannot_be_about_this_payment_is_quarantined(
    status: IntentStatus, changes: dict[str, object], why: str
) -> None:
    world = World()
    payment = world.started()
    assert world.told(about(payment, status, **changes), id="evt_1") == "quarantined"
    assert inbox(world) == {"evt_1": ("quarantined", why)}
    assert world.payment(payment.id) == payment
    assert world.store.ledger(world.tenant, payment.id) == []


def test_a_payment_cannot_be_paid_by_the_intent_of_another() -> None:
    world = World()
    cheap, dear = world.started(), world.started()
    fact = replace(about(cheap), payment=dear.id)
    assert world.told(fact) == "quarantined"
    assert world.payment(cheap.id) == cheap
    assert world.payment(dear.id) == dear


@pytest.mark.parametrize(
    ("fact", "outcome", "why"),
    [
        (Unreadable("livemode_mismatch"), "quarantined", "livemode_mismatch"),
        (Unreadable("unreadable: amount"), "quarantined", "unreadable: amount"),
        (Unrecognised("payout.paid"), "ignored", "unknown_payout.paid"),
    ],
)
def test_what_makes_no_sense_or_is_of_no_use_is_kept_and_changes_nothing(
    fact: Fact, outcome: str, why: str
) -> None:
    world = World()
    assert world.told(fact, id="evt_1") == outcome
    assert inbox(world) == {"evt_1": (outcome, why)}
    if outcome == "quarantined":
        found = world.only_discrepancy()
        assert (found.kind, found.subject) == (DiscrepancyKind.EVENT_QUARANTINED, "evt_1")
        assert found.detail == f"payment_intent.succeeded: {why}"
    assert len(world.engine.everything()) == (2 if outcome == "quarantined" else 1)
    with world.still():
        assert world.told(fact, id="evt_1") == "duplicate"


@pytest.mark.parametrize(
    "fact",
    [
        an_intent_fact(),
        an_intent_fact(payment=PaymentId(ulid(404))),
        an_intent_fact(I.FAILED),
        an_expiry(),
        an_expiry(intent=None),
        an_expiry(intent=None, payment=PaymentId(ulid(404))),
    ],
)
def test_an_event_of_an_unknown_payment_is_kept_until_it_is_known_and_changes_nothing(
    fact: Fact,
) -> None:
    world = World()
    started = world.started()
    before, asked = world.engine.everything(), dict(world.psp.calls)
    assert world.told(fact, id="evt_1") == "deferred"
    assert inbox(world) == {"evt_1": ("deferred", "unknown_payment")}
    kept = world.store.kept_event(world.tenant, "evt_1")
    assert kept is not None
    assert (kept.event.fact, kept.attempts, kept.due_at) == (fact, 0, world.now + 30_000)
    assert [item for item in world.engine.everything() if item["kind"] != "psp_event"] == before
    assert dict(world.psp.calls) == asked
    assert world.payment(started.id) == started


def test_an_event_of_one_tenant_never_reaches_another() -> None:
    world = World()
    payment = world.started()
    for tenant in (a_tenant(number=2), a_tenant(livemode=True)):
        fact = about(payment, livemode=tenant.livemode)
        assert receive(world, an_event(fact), tenant) == "deferred"
        assert world.store.kept_event(world.tenant, "evt_1") is None
        kept = world.store.kept_event(tenant, "evt_1")
        assert kept is not None
        assert kept.event.fact == fact
    assert world.payment(payment.id) == payment
    assert world.psp.calls == {"create_session": 1}


# --- the end of the page ----------------------------------------------------------------------


@pytest.mark.parametrize("hinted", [True, False])
def test_an_expired_page_expires_the_payment(hinted: bool) -> None:
    world = World()
    payment = world.started()
    assert payment.provider is not None
    fact = an_expiry(
        session=payment.provider.session,
        intent=payment.provider.intent,
        payment=payment.id if hinted else None,
    )
    assert world.told(fact) == "applied"
    assert payment.due_at == world.now + 120_000
    assert world.payment(payment.id) == replace(payment, status=P.EXPIRED, seq=1)
    assert world.told(fact) == "ignored"
    assert world.told(replace(fact, session="cs_666")) == "quarantined"
    assert world.check_money(payment.id) == Totals()
