"""`product list`, `price list`, `link list`."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.__main__ import cli
from ops.days import instant
from tests.fakes.counting import Meter
from tests.web.world import PUBLIC_URL, Merchant, World

ON_MOTO = True


def said(*words: str) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def told(world: World, *words: str) -> Any:
    with world.untouched(), Meter(world.dynamodb) as meter:
        rows = json.loads(said("--json", *words))
    assert meter.calls == {"GetItem": 1, "Query": 1}
    return rows


def test_what_a_merchant_sells(world: World, a: Merchant, b: Merchant) -> None:
    whose = ("--merchant", a.id)
    counted = {"tracked": True, "available": 5}
    data = {"name": "Kaos", "inventory": counted}
    kaos = a.api.post("/v1/products", data).ok()
    amounts = {"currency": "IDR", "unit_amount": 150_000, "nickname": "XL"}
    price = a.api.post("/v1/prices", {**amounts, "product": kaos["id"]}).ok()
    line = {"line_items": [{"price": price["id"]}]}
    restrictions = {"completed_sessions": {"limit": 20}}
    limited = a.api.post("/v1/payment_links", {**line, "restrictions": restrictions}).ok()
    usual = a.api.post("/v1/payment_links", {**line, "slug": "kaos-hitam"}).ok()
    world.link(b)

    assert told(world, "products", "list", *whose) == [
        {
            "merchant": a.id,
            "product": kaos["id"],
            "name": "Kaos",
            "active": True,
            "available": 5,
            "reserved": 0,
            "created": instant(kaos["created"]),
        }
    ]
    assert told(world, "price", "list", *whose) == [
        {
            "merchant": a.id,
            "price": price["id"],
            "product": kaos["id"],
            "nickname": "XL",
            "currency": "IDR",
            "unit_amount": 150_000,
            "active": True,
            "created": instant(price["created"]),
        }
    ]
    newer, older = told(world, "link", "list", *whose)
    assert newer == {
        "merchant": a.id,
        "payment_link": usual["id"],
        "url": f"{PUBLIC_URL}/l/kaos-hitam",
        "active": True,
        "expires_at": None,
        "completed": None,
        "limit": None,
        "created": instant(usual["created"]),
    }
    assert (older["payment_link"], older["completed"], older["limit"]) == (limited["id"], 0, 20)
    assert told(world, "link", "list", *whose, "--limit", "1") == [newer]
    head, *lines = said("link", "list", *whose).splitlines()
    assert head.split() == list(newer)
    assert [line.split()[1] for line in lines] == [usual["id"], limited["id"]]


@pytest.mark.parametrize("what", ["product", "price", "link"])
def test_every_merchant_is_listed_and_nothing_is_no_line(
    world: World, a: Merchant, b: Merchant, what: str
) -> None:
    for merchant in (a, b):
        world.link(merchant)
    rows = json.loads(said("--json", what, "list"))
    assert {row["merchant"] for row in rows} >= {a.id, b.id}
    assert json.loads(said("--json", what, "list", "--live")) == []
    assert said(what, "list", "--live") == ""


def test_what_is_not_counted_or_set_by_the_shopper_is_not_told(world: World, a: Merchant) -> None:
    custom = {"enabled": True, "minimum": 10_000}
    data = {"currency": "IDR", "custom_unit_amount": custom, "product_data": {"name": "Donasi"}}
    a.api.post("/v1/prices", data).ok()
    (product,) = told(world, "product", "list", "--merchant", a.id)
    (price,) = told(world, "price", "list", "--merchant", a.id)
    assert (product["available"], product["reserved"], price["unit_amount"]) == (None, None, None)
