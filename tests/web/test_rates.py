"""Too many taps: a kind page for shoppers, an error for programs, and nothing written."""

from urllib.parse import urlencode

import pytest

from chalicelib.domain.rates import Rate, Rates
from chalicelib.usecases.begin_payment import Beginning
from chalicelib.usecases.ports import Slice
from chalicelib.usecases.start_checkout import Checkout
from tests.web.bots import PRESSED
from tests.web.samples import Json, session_of, signed
from tests.web.world import Reply, World


@pytest.fixture
def two_a_minute(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    narrow = Rates(address=Rate(2), merchant=Rate(3))
    monkeypatch.setattr(Checkout, "beginning", property(lambda self: _beginning(self, narrow)))


def _beginning(checkout: Checkout, rates: Rates) -> Beginning:
    return Beginning(checkout.store, checkout.psps, checkout.status_url, checkout.address, rates)


def tap(world: World, link: Json, attempt: str) -> Reply:
    body = urlencode({"attempt": attempt}).encode()
    return world.public.send("POST", f"/l/{link['slug']}", body, PRESSED)


@pytest.mark.usefixtures("two_a_minute")
def test_a_shopper_who_taps_too_often_is_asked_to_wait(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    first = tap(world, link, "one")
    assert [first.status, tap(world, link, "two").status] == [303, 303]
    world.forget()
    with world.untouched():
        refused = tap(world, link, "three")
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert "Terlalu banyak percobaan" in refused.text
    assert world.asked() == []
    again = tap(world, link, "one")
    assert (again.status, again.headers["location"]) == (303, first.headers["location"])


@pytest.mark.usefixtures("two_a_minute")
def test_a_program_that_begins_too_many_sessions_is_told_when_to_go_on(world: World) -> None:
    shop = world.merchant()
    for _ in range(3):
        shop.api.post("/v1/checkout/sessions", session_of(20_000)).ok()
    with world.untouched():
        refused = shop.api.post("/v1/checkout/sessions", session_of(20_000), key="k4")
    assert refused.status == 429
    error = refused.error
    assert (error["type"], error["code"]) == ("rate_limit_error", "rate_limited")
    assert refused.headers["retry-after"] == str(error["details"]["retry_after"])


def test_a_storm_of_declines_pauses_the_link_and_the_merchant_switches_it_on_again(
    world: World,
) -> None:
    """A thief tries cards out: the provider declines one after the other."""
    shop = world.merchant()
    link = world.link(shop, inactive_message="Kami kembali sebentar lagi.")
    for number in range(20):
        assert tap(world, link, f"card{number}").status == 303
    sessions = shop.api.get("/v1/checkout/sessions?limit=100").ok()["data"]
    for session in sessions:
        body = world.event_about(
            session, "payment_intent.payment_failed",
            status="requires_payment_method", amount_received=0,
        )  # fmt: skip
        assert world.knock(shop, body, signed(shop.webhook_secret, body)).status == 200
    world.forget()
    closed = tap(world, link, "card20")
    assert closed.status == 410
    assert "Kami kembali sebentar lagi." in closed.text
    assert world.asked() == []
    assert shop.api.get(f"/v1/payment_links/{link['id']}").ok()["active"] is False
    page = world.app.store.discrepancies(shop.tenant, Slice())
    assert [(each.kind.value, each.detail) for each in page.items] == [
        ("link_paused", "20 payments failed within an hour")
    ]
    on = shop.api.post(f"/v1/payment_links/{link['id']}", {"active": True}).ok()
    assert on["active"] is True
    assert tap(world, link, "card21").status == 303
