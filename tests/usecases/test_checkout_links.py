"""Checkout from a payment link: by the merchant's server and by the shopper's tap."""

import pytest

from chalicelib.domain.errors import ParameterInvalid, PaymentLinkInactive, ResourceMissing
from chalicelib.usecases.start_checkout import NewSession, open_link
from tests.builders import a_cause, a_merchant, an_api_key, rupiah
from tests.fakes.world import World


def test_a_session_of_a_link_has_its_lines_methods_and_metadata() -> None:
    world = World()
    link = world.link(30_000)
    payment = world.checkout.start(
        world.asking(), NewSession(payment_link=link, metadata={"order": "7"})
    )
    assert payment.payment_link == link
    assert payment.amount == rupiah(30_000)
    assert payment.metadata == {"shelf": "3", "order": "7"}
    both = ("dana", "bank_transfer_id")
    other = NewSession(payment_link=link, payment_method_types=both, metadata={"shelf": "4"})
    payment = world.checkout.start(world.asking(), other)
    assert payment.payment_method_types == both
    assert payment.metadata == {"shelf": "4"}


def test_a_session_of_a_link_blames_the_link_for_its_amount() -> None:
    world = World()
    link = world.link(30_000)
    new = NewSession(payment_link=link, payment_method_types=("gcash",), metadata={})
    with world.still(), pytest.raises(ParameterInvalid, match="gcash takes PHP") as refused:
        world.checkout.start(world.asking(), new)
    assert refused.value.param == "payment_link"
    small = NewSession(payment_link=link, payment_method_types=("bank_transfer_id",), metadata={})
    assert world.checkout.start(world.asking(), small).amount == rupiah(30_000)


@pytest.mark.parametrize("changes", [{"active": False}, {"expires_at": 0}])
def test_a_closed_link_starts_nothing(changes: dict[str, object]) -> None:
    world = _with_merchant()
    link = world.link(20_000, **changes)
    with world.still(), pytest.raises(PaymentLinkInactive):
        world.checkout.start(world.asking("k"), NewSession(payment_link=link, metadata={}))
    opened = open_link(world.store, _slug(world))
    with world.still(), pytest.raises(PaymentLinkInactive):
        world.checkout.pay_link(opened, {}, "nonce", a_cause(at=world.now))


def _with_merchant() -> World:
    world = World()
    world.store.add_merchant(a_merchant(), an_api_key())
    return world


def _slug(world: World) -> str:
    return str(next(i["slug"] for i in world.engine.everything() if i["kind"] == "payment_link"))


def test_opening_a_link_reads_only() -> None:
    world = _with_merchant()
    link = world.link()
    with world.still():
        opened = open_link(world.store, _slug(world))
    assert (opened.tenant, opened.merchant) == (world.tenant, a_merchant())
    assert opened.offer.link.id == link
    with pytest.raises(ResourceMissing):
        open_link(world.store, "x" * 24)


def test_one_attempt_of_a_shopper_is_one_payment_however_often_it_is_sent() -> None:
    world = _with_merchant()
    link = world.link()
    opened = open_link(world.store, _slug(world))
    first = world.checkout.pay_link(opened, {}, "nonce1", a_cause(at=world.now))
    with world.still():
        assert world.checkout.pay_link(opened, {}, "nonce1", a_cause(at=world.now)) == first
    assert (first.payment_link, first.metadata) == (link, {"shelf": "3"})
    second = world.checkout.pay_link(opened, {}, "nonce2", a_cause(at=world.now))
    third = world.checkout.pay_link(opened, {}, None, a_cause(at=world.now))
    assert len({first.id, second.id, third.id}) == world.count("payment") == 3
