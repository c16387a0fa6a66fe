"""Checkout when the process dies on any line, and when two of them do the same thing at once."""

from collections.abc import Callable

import pytest

from chalicelib.domain.errors import IdempotencyKeyInUse, PspRejected, PspUnavailable
from chalicelib.domain.ids import session_id
from chalicelib.domain.ledger import Totals
from chalicelib.domain.payments import Payment, PaymentStatus, ProviderSession
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.usecases.idempotency import LOCKED_MS
from chalicelib.usecases.ports import CreatedSession
from tests.builders import a_provider, a_request, an_intent_fact, rupiah
from tests.fakes.world import Crash, World, at, crash_at


def start(world: World) -> Payment:
    """The same request, as often as it takes."""
    return world.checkout.start(world.asking("k"), world.new_session())


def check_in_use(world: World) -> None:
    """Whoever died may still be at it: the same key is told to come later, and nothing happens."""
    for passed in (0, LOCKED_MS - 1):
        world.pass_time(passed)
        with world.still(), pytest.raises(IdempotencyKeyInUse, match="still in progress"):
            start(world)
    world.pass_time(1 - LOCKED_MS)


def check_one(world: World, payment: Payment) -> None:
    """There is one payment with one page, whose names are kept."""
    assert payment == world.only_payment()
    assert (world.count("payment"), world.count("idempotency"), world.count("psp_intent")) == (
        1, 1, 1,
    )  # fmt: skip
    assert list(world.psp.pages) == [session_id(payment.id)]
    assert payment.provider == world.psp.page_of(payment).provider
    assert set(world.psp.keys) == {session_id(payment.id)}
    assert world.check_money(payment.id) == Totals()


def _engine_before(world: World, stroke: int) -> None:
    world.engine.before = crash_at("write", stroke)


def _engine_after(world: World, stroke: int) -> None:
    world.engine.after = crash_at("write", stroke)


def _psp_before(world: World, stroke: int) -> None:
    world.psp.before = crash_at("create_session", stroke)


def _psp_after(world: World, stroke: int) -> None:
    world.psp.after = crash_at("create_session", stroke)


DEATHS: dict[str, tuple[Callable[[World, int], None], int, int]] = {
    # where it dies, at which call, and how often the provider is asked in the end
    "before the intent is kept": (_engine_before, 1, 1),
    "after the intent is kept": (_engine_after, 1, 1),
    "before the provider hears of it": (_psp_before, 1, 2),
    "after the provider made the page": (_psp_after, 1, 2),
    "before the names are kept": (_engine_before, 2, 2),
    "after the names are kept": (_engine_after, 2, 1),
}


@pytest.mark.parametrize(("die", "stroke", "asked"), DEATHS.values(), ids=DEATHS.keys())
def test_whoever_dies_on_any_line_the_same_key_ends_in_one_page(
    die: Callable[[World, int], None], stroke: int, asked: int
) -> None:
    world = World()
    die(world, stroke)
    with pytest.raises(Crash):
        start(world)
    kept = world.count("payment")
    if kept and world.only_payment().provider is None:
        check_in_use(world)
        world.pass_time(LOCKED_MS)
    check_one(world, start(world))
    assert world.psp.calls["create_session"] == asked
    with world.still():
        check_one(world, start(world))


def test_the_provider_dying_twice_after_making_the_page_still_makes_one() -> None:
    world = World()
    for _ in range(2):
        world.psp.after = crash_at("create_session")
        with pytest.raises(Crash):
            start(world)
        check_in_use(world)
        world.pass_time(LOCKED_MS)
    check_one(world, start(world))
    assert world.psp.calls["create_session"] == 3


def test_no_key_at_the_provider_leaves_an_intent_that_the_same_key_completes() -> None:
    world = World()
    world.psps.down = True
    with pytest.raises(PspUnavailable):
        start(world)
    assert world.only_payment().provider is None
    world.psps.down = False
    check_one(world, start(world))


# --- two at once ------------------------------------------------------------------------------


def test_two_at_once_with_one_key_share_one_page() -> None:
    world = World()
    others: list[Payment] = []
    world.engine.before = at("write", lambda: others.append(start(world)))
    mine = start(world)
    check_one(world, mine)
    assert others == [mine]
    assert world.psp.calls == {"create_session": 1}


def test_the_same_key_while_the_first_is_at_the_provider_is_told_to_come_later() -> None:
    world = World()
    world.psp.before = at("create_session", lambda: check_in_use(world))
    mine = start(world)
    check_one(world, mine)
    assert world.psp.calls == {"create_session": 1}


def test_of_two_that_take_over_at_once_one_goes_on() -> None:
    world = World()
    world.psp.before = crash_at("create_session")
    with pytest.raises(Crash):
        start(world)
    world.pass_time(LOCKED_MS)
    others: list[Payment] = []

    def meanwhile() -> None:
        world.engine.before = at("write", lambda: others.append(start(world)))

    world.engine.before = at("write", meanwhile)  # of the first claim; the second takes it over
    with pytest.raises(IdempotencyKeyInUse):
        start(world)
    check_one(world, others[0])
    assert world.psp.calls["create_session"] == 2
    assert start(world) == others[0]


def test_a_first_owner_that_wakes_after_another_took_over_takes_that_page() -> None:
    world = World()
    others: list[Payment] = []

    def take_over() -> None:
        world.pass_time(LOCKED_MS)
        others.append(start(world))

    world.psp.before = at("create_session", take_over)
    mine = start(world)
    check_one(world, mine)
    assert others == [mine]
    assert world.psp.calls == {"create_session": 2}


def test_a_first_owner_that_fails_after_another_took_over_does_not_let_go_of_its_claim() -> None:
    world = World()

    def take_over() -> None:
        world.pass_time(LOCKED_MS)
        world.psp.before = crash_at("create_session")
        with pytest.raises(Crash):
            start(world)
        world.psp.offers.append(PspUnavailable("WooshPay did not answer: ReadTimeout."))

    world.psp.before = at("create_session", take_over)
    with pytest.raises(PspUnavailable):
        start(world)
    check_in_use(world)
    world.pass_time(LOCKED_MS)
    check_one(world, start(world))


def test_whoever_binds_second_takes_the_page_of_the_first() -> None:
    """The provider ignores the key and makes two pages; ours has one all the same."""
    world = World()
    others: list[Payment] = []

    def meanwhile() -> None:
        world.pass_time(LOCKED_MS)
        others.append(start(world))
        world.psp.offers.append(CreatedSession(a_provider(7), rupiah(20_000), False))

    world.psp.before = at("create_session", meanwhile)
    mine = start(world)
    check_one(world, mine)
    assert others == [mine]
    assert mine.provider != a_provider(7)


def test_a_refusal_does_not_undo_better_evidence() -> None:
    """The page was made by a twin and is being paid, while we are told that none was made."""
    world = World()

    def meanwhile() -> None:
        payment = world.only_payment()
        fact = an_intent_fact(IntentStatus.PROCESSING, payment=payment.id)
        assert world.told(fact) == "applied"
        world.psp.offers.append(PspRejected("WooshPay refused: no"))

    world.psp.before = at("create_session", meanwhile)
    with pytest.raises(PspRejected):
        start(world)
    payment = world.only_payment()
    assert payment.status is PaymentStatus.PROCESSING
    assert world.check_money(payment.id) == Totals()


# --- the provider's word before its names are kept --------------------------------------------


def told_before_the_names(world: World, status: IntentStatus) -> Payment:
    """The process dies before the third stroke, and the provider's event comes first."""
    world.engine.before = crash_at("write", 2)
    with pytest.raises(Crash):
        start(world)
    payment = world.only_payment()
    world.psp.pay(payment)
    intent = world.psp.page_of(payment).provider.intent
    assert world.told(an_intent_fact(status, intent=intent, payment=payment.id)) == "applied"
    return world.payment(payment.id)


def test_an_event_before_the_names_are_kept_is_believed_by_our_own_metadata() -> None:
    world = World()
    paid = told_before_the_names(world, IntentStatus.SUCCEEDED)
    intent = world.psp.page_of(paid).provider.intent
    assert (paid.status, paid.provider) == (
        PaymentStatus.PAID,
        ProviderSession(None, intent, None),
    )
    assert world.check_money(paid.id) == Totals(20_000, 20_000)


def test_names_that_come_after_the_event_do_not_undo_it() -> None:
    world = World()

    def meanwhile() -> None:
        payment = world.only_payment()
        intent = world.psp.page_of(payment).provider.intent
        world.psp.pay(payment)
        assert world.told(an_intent_fact(intent=intent, payment=payment.id)) == "applied"

    world.psp.after = at("create_session", meanwhile)
    start(world)
    paid = world.only_payment()
    assert paid.status is PaymentStatus.PAID
    assert paid.provider == world.psp.page_of(paid).provider
    assert world.check_money(paid.id) == Totals(20_000, 20_000)
    assert world.refund(paid, a_request(None)).amount == rupiah(20_000)


def test_a_payment_whose_names_were_never_kept_can_be_refunded_once_it_is_paid() -> None:
    world = World()
    paid = told_before_the_names(world, IntentStatus.SUCCEEDED)
    assert world.refund(paid, a_request(None)).amount == rupiah(20_000)


def test_the_same_key_still_gives_the_page_once_the_payment_is_processing() -> None:
    world = World()
    told_before_the_names(world, IntentStatus.PROCESSING)
    world.pass_time(LOCKED_MS)
    check_page = start(world)
    assert check_page.provider == world.psp.page_of(check_page).provider


def test_the_same_key_after_a_refusal_is_refused_again() -> None:
    world = World()
    world.psp.offers.append(PspRejected("WooshPay refused: no"))
    with pytest.raises(PspRejected):
        start(world)
    with pytest.raises(PspRejected):
        start(world)


def test_an_intent_that_is_bound_to_one_payment_never_pays_another() -> None:
    world = World()
    world.engine.before = crash_at("write", 2)
    with pytest.raises(Crash):
        start(world)
    nameless = world.only_payment()
    bound = world.started()
    assert bound.provider is not None
    fact = an_intent_fact(intent=bound.provider.intent, payment=nameless.id)
    assert world.told(fact) == "quarantined"
    assert world.payment(nameless.id) == nameless
