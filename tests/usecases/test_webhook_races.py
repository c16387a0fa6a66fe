"""The provider's word while the process dies, and when several words come at once."""

import pytest

from chalicelib.domain.errors import NotReadyYet
from chalicelib.domain.payments import PaymentStatus
from chalicelib.domain.psp_facts import IntentStatus
from tests.builders import rupiah
from tests.fakes.world import Crash, World, at, crash_at
from tests.usecases.test_webhook import PAID, about, inbox

P, I = PaymentStatus, IntentStatus  # noqa: E741


@pytest.mark.parametrize(("after", "again"), [(False, "applied"), (True, "duplicate")])
def test_whoever_dies_at_the_write_the_event_has_its_effect_once(after: bool, again: str) -> None:
    world = World()
    payment = world.started()
    setattr(world.engine, "after" if after else "before", crash_at("write"))
    with pytest.raises(Crash):
        world.told(about(payment), id="evt_1")
    assert world.told(about(payment), id="evt_1") == again
    assert world.check_money(payment.id) == PAID
    assert list(inbox(world)) == ["evt_1"]


def test_the_same_event_twice_at_once_has_its_effect_once() -> None:
    world = World()
    payment = world.started()
    told: list[str] = []
    world.engine.before = at("write", lambda: told.append(world.told(about(payment), id="evt_1")))
    assert world.told(about(payment), id="evt_1") == "duplicate"
    assert told == ["applied"]
    assert world.check_money(payment.id) == PAID


def test_two_events_of_one_fact_at_once_pay_once() -> None:
    world = World()
    payment = world.started()
    world.engine.before = at("write", lambda: world.told(about(payment), id="evt_1"))
    assert world.told(about(payment), id="evt_2") == "ignored"
    assert world.check_money(payment.id) == PAID


@pytest.mark.parametrize(
    ("mine", "theirs", "outcome"),
    [
        (I.PROCESSING, I.SUCCEEDED, "ignored"),
        (I.SUCCEEDED, I.PROCESSING, "applied"),
        (I.CANCELED, I.SUCCEEDED, "ignored"),
        (I.SUCCEEDED, I.CANCELED, "applied"),
    ],
)
def test_a_lost_race_is_decided_again_on_what_stands_now(
    mine: IntentStatus, theirs: IntentStatus, outcome: str
) -> None:
    world = World()
    payment = world.started()
    world.engine.before = at("write", lambda: world.told(about(payment, theirs), id="evt_1"))
    assert world.told(about(payment, mine), id="evt_2") == outcome
    assert world.payment(payment.id).status is P.PAID
    assert world.check_money(payment.id) == PAID


def test_three_lost_races_ask_for_the_event_again_and_keep_nothing_of_it() -> None:
    world = World()
    payment = world.started()
    rivals = iter(
        [about(payment, I.PROCESSING), about(payment, I.FAILED), about(payment, received=rupiah(1))]
    )
    world.engine.before = at("write", lambda: world.told(next(rivals)), times=3)
    with pytest.raises(NotReadyYet, match="changing"):
        world.told(about(payment), id="evt_mine")
    assert "evt_mine" not in inbox(world)
    assert (world.payment(payment.id).rank, world.payment(payment.id).seq) == (35, 3)
    assert world.told(about(payment), id="evt_mine") == "applied"
    assert world.check_money(payment.id) == PAID
