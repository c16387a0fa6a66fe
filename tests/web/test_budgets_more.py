"""More budgets: a cold function, a long link, a popular one, and what the provider is asked for."""

from collections.abc import Callable

import pytest

from tests.web.test_budgets import GROUPS, Bill, billed, create_session, pay_link, refund
from tests.web.world import Merchant, World

ON_MOTO = True


def open_link_of_twenty_lines(world: World, shop: Merchant) -> Bill:
    prices = [
        shop.api.post(
            "/v1/prices",
            {"currency": "IDR", "unit_amount": 1000, "product_data": {"name": f"Kopi {number}"}},
        ).ok()["id"]
        for number in range(20)
    ]
    lines = [{"price": id} for id in prices]
    link = shop.api.post("/v1/payment_links", {"line_items": lines}).ok()
    with billed(world) as bill:
        assert world.public.get(f"/l/{link['slug']}").status == 200
    return bill


def test_a_new_key_is_read_and_its_use_noted_once_and_then_it_is_known(world: World) -> None:
    merchant = world.merchant()
    costs = []
    for _ in range(3):
        with billed(world) as bill:
            merchant.api.get("/v1/products").ok()
        costs.append(dict(bill.calls))
    assert costs == [
        {"GetItem": 1, "Query": 1, "UpdateItem": 1},
        {"Query": 1},
        {"Query": 1},
    ]


@pytest.mark.parametrize(
    ("ask", "asked"),
    [
        (create_session, "POST /v1/checkout/sessions"),
        (pay_link, "POST /v1/checkout/sessions"),
        (refund, "POST /v1/refunds"),
    ],
)
def test_the_provider_is_asked_for_one_thing(
    world: World, ask: Callable[[World, Merchant], Bill], asked: str
) -> None:
    assert ask(world, world.merchant()).provider == [asked]


def test_a_link_of_twenty_lines_costs_no_more(world: World) -> None:
    assert open_link_of_twenty_lines(world, world.merchant()).counted == (2, 0, 0)


def test_a_link_opened_thirty_times_writes_nothing(world: World) -> None:
    link = world.link(world.merchant())
    with billed(world) as bill:
        for _ in range(30):
            world.public.get(f"/l/{link['slug']}")
    assert not bill.calls.keys() & GROUPS
    assert bill.calls.total() <= 60
