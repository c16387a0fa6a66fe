"""Refunds that happened without us, came back, or are known by the total alone: counted once."""

from dataclasses import replace

import pytest

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.ids import Millis, RefundId
from chalicelib.domain.ledger import Totals, fold
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.psp_facts import Accepted, Declined, Done, RefundFact, RefundFactStatus
from chalicelib.domain.refunds import Refund, Step, absorb, post, reverse
from chalicelib.usecases.ports import Due, DueKind
from tests import builders
from tests.adapters import stored
from tests.adapters.stored import CAUSE, OWNER, Groups, inbox, lost, paid
from tests.builders import INTENT, NOW, rupiah, ulid

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]
EXTERNAL = RefundId(f"re_{ulid(800)}")


def absorbed(
    payment: Payment,
    amount: int = 5_000,
    *,
    name: str = "re_9",
    voided: Refund | None = None,
    id: RefundId = EXTERNAL,
) -> Step:
    """What a refund that we did not make changes."""
    fact = RefundFact(
        psp_refund=name, intent=INTENT, status=RefundFactStatus.SUCCEEDED, amount=rupiah(amount)
    )
    step = absorb(payment, fact, id=id, voided=voided, cause=CAUSE)
    assert step is not None
    return step


def ended(store: DynamoDBStore, outcome: Done | Declined) -> Step:
    """A refund that has ended."""
    done = stored.reserved(store)
    end = stored.settled(done, outcome)
    store.settle_refund(done.payment, end, OWNER)
    return replace(end, refund=replace(end.refund, lease_until=0))


def check_books(store: DynamoDBStore, step: Step) -> None:
    """The payment, its refund and its ledger are as the step left them."""
    assert store.payment(T, step.payment.id) == step.payment
    assert store.refund(T, step.refund.id) == step.refund
    assert fold(store.ledger(T, step.payment.id)) == step.payment.totals


# --- made without us ------------------------------------------------------------------------------


def test_a_refund_made_without_us_is_counted_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    payment = paid(store)
    step = absorbed(payment)
    store.absorb_refund(payment, step, False, inbox(2))
    assert groups.last() == ("event", "payment", "refund", "ledger", "bound")
    check_books(store, step)
    assert store.refund_of(T, "re_9") == step.refund
    with lost(engine, "event", "payment", "refund", "ledger"):
        store.absorb_refund(payment, step, False, inbox(2))
    again = absorbed(step.payment, id=RefundId(f"re_{ulid(801)}"))
    with lost(engine, "bound"):  # the same one of the provider's, under another name of ours
        store.absorb_refund(step.payment, again, False, inbox(3))
    other = absorbed(step.payment, 15_000, name="re_10", id=RefundId(f"re_{ulid(801)}"))
    store.absorb_refund(step.payment, other, False, None)
    assert groups.last() == ("payment", "refund", "ledger", "bound")
    assert store.refunds_of(other.payment) == [step.refund, other.refund]


def test_one_that_only_the_total_tells_of_binds_no_name(
    store: DynamoDBStore, groups: Groups
) -> None:
    payment = paid(store)
    step = absorbed(payment, name="")
    store.absorb_refund(payment, step, False, None)
    assert groups.last() == ("payment", "refund", "ledger")
    check_books(store, step)


@pytest.mark.parametrize(
    "changes",
    [
        {"totals": Totals(20_000, 4_999, 0, 15_001)},
        {"status": PaymentStatus.PROCESSING},
        {"seq": 2},
    ],
)
def test_the_store_itself_refuses_to_count_more_than_is_left(
    store: DynamoDBStore, engine: Engine, changes: dict[str, object]
) -> None:
    """Whatever the story believed, even with the same `seq`."""
    believed = builders.a_paid()
    store.begin_payment(replace(believed, **changes), None)  # type: ignore[arg-type]
    with lost(engine, "payment"):
        store.absorb_refund(believed, absorbed(believed), False, None)


def test_a_refund_made_without_us_is_counted_beside_one_in_flight(
    store: DynamoDBStore,
) -> None:
    done = stored.reserved(store)
    step = absorbed(done.payment, 15_000)
    store.absorb_refund(done.payment, step, False, None)
    check_books(store, step)
    assert step.payment.totals == Totals(20_000, 0, 5_000, 15_000)
    end = post(step.payment, done.refund, "re_10", CAUSE)
    store.settle_refund(step.payment, end, OWNER)
    assert store.payment(T, end.payment.id) == end.payment
    assert end.payment.refund_status == "full"


# --- held for dead --------------------------------------------------------------------------------


def test_a_refund_that_was_held_for_dead_lives_again_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    dead = ended(store, Declined("400 no"))
    assert dead.refund.failure == "400 no"
    step = absorbed(dead.payment, voided=dead.refund)
    store.absorb_refund(dead.payment, step, True, inbox(2))
    assert groups.last() == ("event", "payment", "refund", "ledger", "bound")
    check_books(store, step)
    assert step.refund.failure is None
    assert store.refunds_of(step.payment) == [step.refund]
    again = absorbed(step.payment, voided=dead.refund)
    with lost(engine, "refund"):
        store.absorb_refund(step.payment, again, True, inbox(3))


def test_only_a_refund_that_is_dead_can_live_again(store: DynamoDBStore, engine: Engine) -> None:
    done = stored.reserved(store)
    with lost(engine, "refund"):
        store.absorb_refund(done.payment, absorbed(done.payment, voided=done.refund), True, None)
    with lost(engine, "refund"):  # nor is it new
        taken = absorbed(done.payment, id=done.refund.id)
        store.absorb_refund(done.payment, taken, False, None)


# --- names ----------------------------------------------------------------------------------------


def test_a_refund_that_was_posted_by_the_total_is_named_once(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    done = stored.reserved(store)
    end = post(done.payment, done.refund, None, CAUSE)
    store.settle_refund(done.payment, end, OWNER)
    assert groups.last() == ("payment", "refund", "ledger")
    assert store.refund_of(T, "re_9") is None
    posted = replace(end.refund, lease_until=0)
    store.name_refund(posted, replace(posted, psp_refund="re_9"), inbox(2))
    assert groups.last() == ("event", "refund", "bound")
    named = replace(posted, psp_refund="re_9")
    assert store.refund(T, posted.id) == store.refund_of(T, "re_9") == named
    assert store.payment(T, done.payment.id) == end.payment
    with lost(engine, "event", "refund"):
        store.name_refund(posted, replace(posted, psp_refund="re_9"), inbox(2))
    with lost(engine, "refund"):
        store.name_refund(posted, replace(posted, psp_refund="re_10"), inbox(3))


def test_the_providers_refund_is_one_of_ours_and_no_other(
    store: DynamoDBStore, engine: Engine
) -> None:
    first = ended(store, Done("re_9"))
    several = replace(first.payment, method="paynow")  # which takes more than one
    second = stored.step(several, 2)
    second = replace(second, payment=replace(second.payment, method="dana"))
    store.reserve_refund(first.payment, second, None)
    with lost(engine, "bound"):
        store.settle_refund(second.payment, stored.settled(second, Done("re_9")), OWNER)
    with lost(engine, "bound"):
        store.note_refund(stored.noted(second, Accepted("re_9")), OWNER)
    with lost(engine, "bound"):
        store.name_refund(second.refund, replace(second.refund, psp_refund="re_9"), inbox(5))
    store.settle_refund(second.payment, stored.settled(second, Done("re_10")), OWNER)
    for other in OTHERS:
        assert store.refund_of(other, "re_9") is None
    assert store.refund_of(T, "") is None
    assert store.refund_of(T, "re_404") is None


def test_what_was_taken_on_is_found_by_its_name_and_may_end_under_it(
    store: DynamoDBStore, groups: Groups
) -> None:
    done = stored.reserved(store)
    taken = stored.noted(done, Accepted("re_9"))
    store.note_refund(taken, OWNER)
    assert groups.last() == ("refund", "bound")
    assert store.refund_of(T, "re_9") == taken
    end = post(done.payment, taken, "re_9", CAUSE)
    store.settle_refund(done.payment, end)
    check_books(store, end)


# --- given back -----------------------------------------------------------------------------------


def test_a_refund_comes_back_once(store: DynamoDBStore, engine: Engine, groups: Groups) -> None:
    done = ended(store, Done("re_9"))
    step = reverse(done.payment, done.refund, "bounced", CAUSE)
    with lost(engine, "event"):
        store.reverse_refund(done.payment, step, inbox(1))
    store.reverse_refund(done.payment, step, inbox(2))
    assert groups.last() == ("event", "payment", "refund", "ledger")
    check_books(store, step)
    assert step.payment.totals == Totals(20_000, 20_000)
    with lost(engine, "event", "payment", "refund", "ledger"):
        store.reverse_refund(done.payment, step, inbox(2))
    forged = replace(step.payment, totals=Totals(20_000, 15_000, 0, 5_000))
    twice = reverse(forged, done.refund, "bounced", CAUSE)
    with lost(engine, "payment", "refund"):
        store.reverse_refund(forged, twice, inbox(3))


def test_what_did_not_happen_cannot_come_back(store: DynamoDBStore, engine: Engine) -> None:
    done = stored.reserved(store)
    forged = replace(done.payment, totals=Totals(20_000, 10_000, 5_000, 5_000))
    step = reverse(forged, done.refund, "bounced", CAUSE)
    with lost(engine, "payment", "refund"):
        store.reverse_refund(forged, step, inbox(2))


@pytest.mark.parametrize(("bears", "known"), [("re_9", "re_8"), ("re_9", None), (None, "re_9")])
def test_a_refund_comes_back_under_the_name_that_it_has(
    store: DynamoDBStore, engine: Engine, bears: str | None, known: str | None
) -> None:
    done = stored.reserved(store)
    end = post(done.payment, done.refund, bears, CAUSE)
    store.settle_refund(done.payment, end, OWNER)
    told = replace(end.refund, lease_until=0, psp_refund=known)
    step = reverse(end.payment, told, "bounced", CAUSE)
    if bears is None:
        store.reverse_refund(end.payment, step, inbox(2))
        check_books(store, step)
    else:
        with lost(engine, "refund"):
            store.reverse_refund(end.payment, step, inbox(2))


# --- looked at again ------------------------------------------------------------------------------


def test_a_refund_that_the_provider_has_is_put_off_by_one_of_those_who_look(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    done = stored.reserved(store)
    taken = stored.noted(done, Accepted("re_9"))
    later = replace(taken, attempts=taken.attempts + 1, due_at=Millis(NOW + 30_000))
    with lost(engine, "refund"):  # it is being sent
        store.put_off_refund(taken, later)
    store.note_refund(taken, OWNER)
    store.put_off_refund(taken, later)
    assert groups.last() == ("refund",)
    assert store.refund(T, taken.id) == later
    assert Due(DueKind.REFUND, T, taken.id, Millis(NOW + 30_000)) in store.due(
        Millis(NOW + 30_000), 9
    )
    with lost(engine, "refund"):
        store.put_off_refund(taken, later)
    never = replace(later, attempts=9, due_at=None)
    store.put_off_refund(later, never)
    assert store.refund(T, taken.id) == never
    assert all(due.kind is not DueKind.REFUND for due in store.due(Millis(NOW * 2), 9))


def test_a_refund_is_due_until_its_end(store: DynamoDBStore) -> None:
    done = stored.reserved(store)
    due = Due(DueKind.REFUND, T, done.refund.id, Millis(NOW + 60_000))
    assert due in store.due(Millis(NOW * 2), 9)
    store.settle_refund(done.payment, stored.settled(done, Done("re_9")), OWNER)
    assert due not in store.due(Millis(NOW * 2), 9)


def test_the_refunds_of_a_payment_are_found_by_its_ledger(store: DynamoDBStore) -> None:
    payment = paid(store)
    assert store.refunds_of(payment) == []
    step = stored.step(payment)
    store.reserve_refund(payment, step, None)
    assert store.refunds_of(step.payment) == [step.refund]
    for other in OTHERS:
        assert store.refunds_of(replace(step.payment, tenant=other)) == []
