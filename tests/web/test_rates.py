"""Too many taps: a kind page for shoppers, an error for programs, and nothing written."""

from urllib.parse import urlencode

import pytest

from chalicelib.domain.rates import Rate, Rates
from chalicelib.usecases.begin_payment import Beginning
from chalicelib.usecases.start_checkout import Checkout
from tests.web.bots import PRESSED
from tests.web.samples import Json, session_of
from tests.web.world import Reply, World


@pytest.fixture(autouse=True)
def two_a_minute(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    narrow = Rates(address=Rate(2), merchant=Rate(3))
    monkeypatch.setattr(Checkout, "beginning", property(lambda self: _beginning(self, narrow)))


def _beginning(checkout: Checkout, rates: Rates) -> Beginning:
    return Beginning(checkout.store, checkout.psps, checkout.status_url, checkout.address, rates)


def tap(world: World, link: Json, attempt: str) -> Reply:
    body = urlencode({"attempt": attempt}).encode()
    return world.public.send("POST", f"/l/{link['slug']}", body, PRESSED)


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
