"""Direct payments, and payments that are ended before anybody paid them."""

from dataclasses import replace

import pytest

from chalicelib.domain.errors import (
    IdempotencyKeyReused,
    NotReadyYet,
    PaymentNotOpen,
    PspRejected,
    PspUnavailable,
    ResourceMissing,
)
from chalicelib.domain.ids import Millis, intent_id, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import SESSION_LIFETIME_MS, Direct, Payment, PaymentStatus
from chalicelib.usecases.end_payment import REFRESHED_AFTER_MS, Ending, Way
from chalicelib.usecases.failures import Answered, Replayed
from chalicelib.usecases.ports import CreatedSession
from chalicelib.usecases.start_checkout import NewIntent
from tests.builders import a_cause, a_provider, rupiah, ulid
from tests.fakes.world import World

DANA = Direct(method="dana", return_url="https://shop.example/back", description="Kopi")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def ending(world: World) -> Ending:
    return Ending(world.store, world.psps, world.inbox)


def direct(world: World, amount: int = 20_000) -> Payment:
    new = NewIntent(amount=rupiah(amount), direct=DANA, metadata={"order": "7"})
    return world.checkout.start_direct(world.asking(), new)


def test_a_direct_payment_is_kept_before_the_provider_hears_of_it(world: World) -> None:
    payment = direct(world)
    assert world.psp.keys == [intent_id(payment.id)]
    assert payment.provider is not None
    assert payment.provider.session is None
    assert payment.intent_status(world.now) == "requires_action"
    assert world.payment(payment.id) == payment
    assert (payment.amount, payment.items, payment.payment_method_types) == (
        rupiah(20_000), (), ("dana",),
    )  # fmt: skip
    assert payment.expires_at == world.now + SESSION_LIFETIME_MS


def test_without_an_answer_it_waits_and_the_sweeper_makes_its_page(world: World) -> None:
    world.psp.offers.append(PspUnavailable("no answer"))
    with pytest.raises(PspUnavailable):
        direct(world)
    begun = world.only_payment()
    assert (begun.provider, begun.intent_status(world.now)) == (None, "requires_payment_method")
    world.pass_time(3 * 60_000)
    assert world.sweep() == {"payment": 1}
    assert world.payment(begun.id).provider is not None
    assert world.psp.keys == [intent_id(begun.id)] * 2


def test_an_intent_that_would_ask_for_something_else_is_canceled(world: World) -> None:
    wrong = CreatedSession(replace(a_provider(), session=None), Money(1, "IDR"), False)
    world.psp.offers.append(wrong)
    with pytest.raises(PspRejected, match="instead of"):
        direct(world)
    assert world.psp.keys[-1] == f"cancel_{wrong.provider.intent}"
    assert world.only_payment().status is PaymentStatus.FAILED


def test_its_answer_is_kept_for_the_same_key(world: World) -> None:
    asking = replace(world.asking("k"), tell=lambda thing: Answered(200, repr(type(thing))))
    new = NewIntent(amount=rupiah(20_000), direct=DANA, metadata={})
    world.checkout.start_direct(asking, new)
    with world.still(), pytest.raises(Replayed) as replayed:
        world.checkout.start_direct(asking, new)
    assert replayed.value.answer == Answered(200, repr(Payment))


@pytest.mark.parametrize("kind", ["session", "direct"])
def test_an_open_payment_is_canceled_at_the_provider_first(
    world: World, ending: Ending, kind: str
) -> None:
    payment = direct(world) if kind == "direct" else world.started()
    after = ending.cancel(payment, a_cause(at=world.now))
    assert (after.status, after.session_status(world.now)) == (PaymentStatus.CANCELED, "expired")
    assert world.payment(payment.id) == after
    assert world.psp.page_of(payment).expired
    with world.still(), pytest.raises(PaymentNotOpen):
        ending.cancel(after, a_cause(at=world.now))


def test_an_open_session_is_expired_at_the_provider_first(world: World, ending: Ending) -> None:
    payment = world.started()
    after = ending.expire(payment, a_cause(at=world.now))
    assert after.status is PaymentStatus.EXPIRED
    assert world.psp.keys[-1] == f"expire_{world.psp.page_of(payment).provider.session}"
    with world.still(), pytest.raises(PaymentNotOpen):
        ending.expire(after, a_cause(at=world.now))


def test_a_declined_one_is_ended_too(world: World, ending: Ending) -> None:
    payment = world.started()
    failed = replace(payment, status=PaymentStatus.FAILED)
    assert ending.expire(failed, a_cause(at=world.now)) == failed
    assert world.psp.page_of(payment).expired


def test_one_that_was_paid_meanwhile_is_told_as_paid(world: World, ending: Ending) -> None:
    payment = world.started()
    world.psp.pay(payment)
    with pytest.raises(PaymentNotOpen):
        ending.cancel(payment, a_cause(at=world.now))
    assert world.payment(payment.id).status is PaymentStatus.PAID


def test_a_refusal_for_another_reason_stays_a_refusal(world: World, ending: Ending) -> None:
    payment = world.started()
    world.psp.page_of(payment).expired = True
    with pytest.raises(PspRejected, match="Only an open intent"):
        ending.cancel(payment, a_cause(at=world.now))
    assert world.payment(payment.id) == payment


def test_without_a_page_yet_there_is_nothing_to_end(world: World, ending: Ending) -> None:
    payment = replace(world.started(), provider=None)
    with world.still(), pytest.raises(NotReadyYet):
        ending.cancel(payment, a_cause(at=world.now))


def test_ended_by_its_own_event_meanwhile_it_is_as_it_is_kept(world: World, ending: Ending) -> None:
    stale = world.started()
    ended = ending.cancel(stale, a_cause(at=world.now))
    world.psp.page_of(stale).expired = False
    assert ending.cancel(stale, a_cause(at=world.now)) == ended


def test_paid_while_it_was_being_ended_it_is_paid(world: World, ending: Ending) -> None:
    stale = world.started()
    world.psp.pay(stale)
    ending.refreshed(replace(stale, created=Millis(0)), a_cause(at=world.now))
    world.psp.page_of(stale).paid = False  # the provider agrees to end it all the same
    with pytest.raises(PaymentNotOpen, match="just been paid"):
        ending.cancel(stale, a_cause(at=world.now))
    assert world.payment(stale.id).status is PaymentStatus.PAID


def test_an_open_one_is_asked_after_once_its_webhook_should_have_come(
    world: World, ending: Ending
) -> None:
    payment = world.started()
    world.psp.pay(payment)
    with world.still():
        young = a_cause(at=payment.created + REFRESHED_AFTER_MS - 1)
        assert ending.refreshed(payment, young) == payment
    old = a_cause(at=payment.created + REFRESHED_AFTER_MS)
    paid = ending.refreshed(payment, old)
    assert (paid.status, paid.totals.captured) == (PaymentStatus.PAID, 20_000)
    with world.still():
        assert ending.refreshed(paid, old) == paid


def test_nothing_new_or_no_answer_shows_what_is_kept(world: World, ending: Ending) -> None:
    payment = world.started()
    old = a_cause(at=payment.created + REFRESHED_AFTER_MS)
    assert ending.refreshed(payment, old) == payment
    world.psp.pages.clear()
    assert ending.refreshed(payment, old) == payment
    assert world.payment(payment.id) == payment
    assert world.psp.calls["intent"] == 2


def test_a_request_to_end_gets_its_answer_again_and_another_under_its_key_is_refused(
    world: World, ending: Ending
) -> None:
    id = session_id(world.started().id)

    def ask(what: str = "") -> Payment:
        asking = replace(
            world.asking("k", what), tell=lambda after: Answered(200, str(after.status))
        )
        return ending.request(asking, id, Way.EXPIRE)

    assert ask().status is PaymentStatus.EXPIRED
    with world.still(), pytest.raises(Replayed) as replayed:
        ask()
    assert replayed.value.answer == Answered(200, "expired")
    with world.still(), pytest.raises(IdempotencyKeyReused):
        ask("something else")


@pytest.mark.parametrize(
    ("way", "kind"), [(Way.EXPIRE, "checkout session"), (Way.CANCEL, "payment intent")]
)
@pytest.mark.parametrize("id", ["x", f"cs_{ulid()}"])
def test_what_is_not_there_is_not_ended(
    world: World, ending: Ending, way: Way, kind: str, id: str
) -> None:
    with world.still(), pytest.raises(ResourceMissing) as refused:
        ending.request(world.asking("k"), id, way)
    assert refused.value.message == f"No such {kind}: '{id}'"
