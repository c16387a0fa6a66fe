"""The call budgets of the contract, counted on the real client: the same with 1 payment or 60."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.fakes.counting import Meter
from tests.web.samples import Json, session_of
from tests.web.world import FORM, Merchant, World

ON_MOTO = True

READS = {"GetItem", "BatchGetItem", "Query"}
GROUPS = {"TransactWriteItems", "UpdateItem"}  # a plain update is a group of one


@dataclass
class Bill:
    """What one request cost."""

    calls: Counter[str] = field(default_factory=Counter)
    provider: list[str] = field(default_factory=list)

    @property
    def counted(self) -> tuple[int, int, int]:
        """Reads, write groups, calls of the provider."""
        assert set(self.calls) <= READS | GROUPS, f"not in any budget: {dict(self.calls)}"
        reads = sum(self.calls[name] for name in READS)
        groups = sum(self.calls[name] for name in GROUPS)
        return reads, groups, len(self.provider)


@contextmanager
def billed(world: World) -> Iterator[Bill]:
    """Counts what happens inside."""
    bill = Bill()
    world.forget()
    with Meter(world.dynamodb) as meter:
        yield bill
        bill.calls.update(meter.calls)
    bill.provider.extend(f"{each['method']} {each['path']}" for each in world.asked())


@pytest.fixture(scope="module", params=[1, 60], ids=["1 stored payment", "60 stored payments"])
def shop(world: World, request: pytest.FixtureRequest) -> Merchant:
    """A merchant with so many payments, whose key is warm."""
    merchant = world.merchant()
    ulid = world.unpaid(merchant)["id"].removeprefix("cs_")
    item = world.item(f"M#{merchant.id}#test#PAY#{ulid}", "PAY")
    for _ in range(request.param - 1):
        copy = twin(item, ulid, world.app.mint.ulid())
        world.dynamodb.put_item(TableName=world.app.settings.table, Item=copy)
    return merchant


def twin(item: Json, ulid: str, other: str) -> Json:
    """The same payment with another id."""
    return {
        name: {"S": value["S"].replace(ulid, other)} if "S" in value else value
        for name, value in item.items()
    }


def open_link(world: World, shop: Merchant) -> Bill:
    link = world.link(shop)
    with billed(world) as bill:
        assert world.public.get(f"/l/{link['slug']}").status == 200
    return bill


def see_pictures(name: str) -> Callable[[World, Merchant], Bill]:
    def see_picture(world: World, shop: Merchant) -> Bill:
        link = world.link(shop)
        with billed(world) as bill:
            assert world.public.get(f"/l/{link['slug']}/{name}").status == 200
        return bill

    return see_picture


def see_status_card(world: World, shop: Merchant) -> Bill:
    path = world.unpaid(shop)["status_url"].removeprefix(world.app.settings.public_url)
    with billed(world) as bill:
        assert world.public.get(f"{path}/card.png").status == 200
    return bill


def pay_link(world: World, shop: Merchant) -> Bill:
    link = world.link(shop)
    with billed(world) as bill:
        body, type = b"attempt=abc123", {"Content-Type": FORM}
        assert world.public.send("POST", f"/l/{link['slug']}", body, type).status == 303
    return bill


def create_session(world: World, shop: Merchant) -> Bill:
    with billed(world) as bill:
        shop.api.post("/v1/checkout/sessions", session_of()).ok()
    return bill


def receive_webhook(world: World, shop: Merchant) -> Bill:
    session = world.unpaid(shop)
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    with billed(world) as bill:
        assert world.deliver(shop, session, "payment_intent.succeeded").ok()["outcome"] == "applied"
    return bill


def receive_duplicate(world: World, shop: Merchant) -> Bill:
    session = world.paid(shop)
    with billed(world) as bill:
        outcome = world.deliver(shop, session, "payment_intent.succeeded").ok()["outcome"]
        assert outcome in ("duplicate", "ignored")
    return bill


def refund(world: World, shop: Merchant) -> Bill:
    paid = world.paid(shop)
    wanted = {"checkout_session": paid["id"], "amount": 5000}
    with billed(world) as bill:
        answer = shop.api.post("/v1/refunds", wanted, f"refund-{paid['id']}").ok()
        assert answer["status"] == "succeeded"
    return bill


def repeat_refund(world: World, shop: Merchant) -> Bill:
    paid = world.paid(shop)
    wanted = {"checkout_session": paid["id"], "amount": 5000}
    first = shop.api.post("/v1/refunds", wanted, f"again-{paid['id']}").ok()
    with billed(world) as bill:
        assert shop.api.post("/v1/refunds", wanted, f"again-{paid['id']}").ok() == first
    return bill


def see_status(world: World, shop: Merchant) -> Bill:
    path = world.unpaid(shop)["status_url"].removeprefix(world.app.settings.public_url)
    with billed(world) as bill:
        assert world.public.get(path).status == 200
    return bill


def listing(path: str) -> Callable[[World, Merchant], Bill]:
    def list_one_page(world: World, shop: Merchant) -> Bill:
        with billed(world) as bill:
            shop.api.get(f"/v1/{path}?limit=100").ok()
        assert bill.calls == {"Query": 1}
        return bill

    return list_one_page


QUERY, GET, BATCH = {"Query": 1}, {"GetItem": 1}, {"BatchGetItem": 1}
FILTERED: dict[str, dict[str, int]] = {
    "products?active=true": QUERY,
    "products?active=false": QUERY,
    "products?ids[]={prod}&active=true": BATCH,
    "prices?active=true": QUERY,
    "prices?product={prod}": QUERY,
    "prices?product={prod}&active=true&currency=idr": QUERY,
    "prices?currency=idr": QUERY,
    "prices?lookup_keys[]=kopi": QUERY,
    "prices?lookup_keys[]=kopi&lookup_keys[]=teh": {"Query": 2},
    "prices?type=recurring": {},
    "prices?product=none": {},
    "payment_links?active=true": QUERY,
    "checkout/sessions?status=open": QUERY,
    "checkout/sessions?status=complete": QUERY,
    "checkout/sessions?status=expired": QUERY,
    "checkout/sessions?payment_link={plink}": QUERY,
    "checkout/sessions?payment_link={plink}&status=open": QUERY,
    "checkout/sessions?payment_intent={pi}&status=open": GET,
    "payment_intents?created[gte]=1": QUERY,
    "refunds?payment_intent={pi}": QUERY,
    "refunds?checkout_session={cs}": QUERY,
    "refunds?payment_intent=none": {},
}


def test_a_filtered_list_is_one_call(
    world: World, shop: Merchant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.app.keys, "REMEMBERED_MS", 600_000)
    link = world.link(shop)
    session = shop.api.post("/v1/checkout/sessions", {"payment_link": link["id"]}).ok()
    ids = {
        "prod": link["line_items"]["data"][0]["price"]["product"]["id"],
        "plink": link["id"],
        "cs": session["id"],
        "pi": session["payment_intent"],
    }
    calls = {}
    for asked in FILTERED:
        with billed(world) as bill:
            shop.api.get(f"/v1/{asked.format(**ids)}").ok()
        calls[asked] = dict(bill.calls)
    assert calls == FILTERED


BUDGETS: dict[str, tuple[Callable[[World, Merchant], Bill], tuple[int, int, int]]] = {
    "open a link page": (open_link, (2, 0, 0)),
    "QR code of a link": (see_pictures("qr.png"), (2, 0, 0)),
    "card of a link": (see_pictures("card.png"), (2, 0, 0)),
    "card of a payment": (see_status_card, (1, 0, 0)),
    "pay a link": (pay_link, (2, 2, 1)),
    "create a session": (create_session, (0, 2, 1)),
    "webhook, known payment": (receive_webhook, (1, 1, 0)),
    "webhook, duplicate": (receive_duplicate, (1, 1, 0)),
    "refund": (refund, (1, 2, 1)),
    "refund, same key again": (repeat_refund, (2, 0, 0)),
    "status page": (see_status, (1, 0, 0)),
    "list products": (listing("products"), (1, 0, 0)),
    "list prices": (listing("prices"), (1, 0, 0)),
    "list payment links": (listing("payment_links"), (1, 0, 0)),
    "list sessions": (listing("checkout/sessions"), (1, 0, 0)),
    "list refunds": (listing("refunds"), (1, 0, 0)),
}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_request_keeps_to_its_budget(
    world: World, shop: Merchant, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, budget = BUDGETS[name]
    monkeypatch.setattr(world.app.keys, "REMEMBERED_MS", 600_000)  # however slow the story is
    shop.api.get("/v1/products").ok()  # the key is known, however long the last test took
    spent = ask(world, shop).counted
    assert all(cost <= limit for cost, limit in zip(spent, budget, strict=True)), (
        f"{name}: {spent} reads, write groups and provider calls; {budget} at most"
    )
