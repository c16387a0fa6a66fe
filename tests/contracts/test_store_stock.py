"""Stock in the table: held, returned and spent in the payment's own write groups; and updates of
what a merchant has set up, each guarded by what was read before."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.keys import product_key
from chalicelib.adapters.dynamodb.shop_items import product_to_item
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.storing import new
from chalicelib.adapters.dynamodb.writes import Engine, Item, Key
from chalicelib.domain.catalog import CustomAmount, Inventory, Product
from chalicelib.domain.ids import Millis, ProductId
from chalicelib.domain.link_forms import Ask, Collect, CustomField, FieldType
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_decisions import Changed, decide, decide_over, refused_at_once
from chalicelib.domain.payment_links import AfterCompletion, LinkItem, PaymentLink, Then
from chalicelib.domain.payments import Payment, Use
from tests import builders
from tests.adapters.stored import CAUSE, CLAIM, Groups, claimed, inbox, lost
from tests.builders import (
    NOW,
    a_link,
    a_merchant,
    a_payment,
    a_price,
    a_product,
    a_provider,
    an_api_key,
    an_intent_fact,
)

T = builders.a_tenant()
ONE, TWO = a_product(number=1).id, a_product(number=2).id
S1, S2 = f"stock {ONE}", f"stock {TWO}"


def counted(number: int = 1, pieces: int = 2) -> Product:
    """A product of which there are so many."""
    return replace(a_product(number=number), inventory=Inventory(True, pieces))


def holding(number: int = 1, **stock: int) -> Payment:
    """A payment to be, which holds pieces: of product one, unless told."""
    payment = a_payment(bound=False, number=number)
    held = {ONE: stock.get("one", 1), TWO: stock.get("two", 0)}
    return replace(
        payment, use=Use.HELD, stock={id: quantity for id, quantity in held.items() if quantity}
    )


def begun(store: DynamoDBStore, number: int = 1, **stock: int) -> Payment:
    """A payment that has its page and holds pieces."""
    payment = holding(number, **stock)
    store.begin_payment(payment, None)
    provider = a_provider(1000 + number)
    store.bind_provider(payment, provider, None)
    return replace(payment, provider=provider)


def counts(store: DynamoDBStore, id: ProductId = ONE) -> tuple[int, int]:
    """What is left, and what is held."""
    found = store.product(T, id)
    assert found is not None
    assert found.inventory is not None
    return found.inventory.available, found.inventory.reserved


def paid(payment: Payment, *, sold_out: bool = False) -> Changed:
    """What its money changes."""
    assert payment.provider is not None
    fact = an_intent_fact(intent=payment.provider.intent)
    decision = decide(payment, fact, CAUSE, sold_out=sold_out)
    assert isinstance(decision, Changed)
    return decision


def over(payment: Payment) -> Changed:
    """What its end changes."""
    decision = decide_over(payment, CAUSE)
    assert isinstance(decision, Changed)
    return decision


# --- held, returned, spent --------------------------------------------------------------------


def test_each_payment_holds_its_pieces_and_no_piece_is_held_twice(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(pieces=3), None)
    store.begin_payment(holding(1, one=2), None)
    assert (groups.last(), counts(store)) == (("payment", S1), (1, 2))
    with lost(engine, S1):
        store.begin_payment(holding(2, one=2), None)
    with lost(engine, S1):
        store.begin_payment(holding(2, one=2), CLAIM)
    store.begin_payment(holding(2), CLAIM)
    assert (groups.last(), counts(store)) == (("claim", "payment", S1), (0, 3))
    with lost(engine, S1) as refused:
        store.begin_payment(holding(3), None)
    assert (refused.value.nothing_left, refused.value.out_of_stock) == (True, True)
    with claimed(engine):
        store.begin_payment(holding(3), CLAIM)
    with lost(engine, "payment", S1) as again:
        store.begin_payment(holding(1, one=2), None)
    assert (again.value.nothing_left, again.value.out_of_stock) == (False, True)


def test_of_two_products_both_are_held_or_none(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(1, 5), None)
    store.add_product(T, counted(2, 1), None)
    payment = begun(store, 1, one=2, two=1)
    assert groups.taken[-2] == ("payment", S1, S2)
    assert (counts(store), counts(store, TWO)) == ((3, 2), (0, 1))
    with lost(engine, S2):
        store.begin_payment(holding(2, one=2, two=1), None)
    with lost(engine, S1, S2):
        store.begin_payment(holding(2, one=4, two=1), None)
    store.record_change(payment, paid(payment), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", S1, S2)
    assert (counts(store), counts(store, TWO)) == ((3, 0), (0, 0))


@pytest.mark.parametrize("product", [None, a_product()])
def test_nothing_is_held_of_what_is_not_there_or_not_counted(
    store: DynamoDBStore, engine: Engine, product: Product | None
) -> None:
    if product is not None:
        store.add_product(T, product, None)
    with lost(engine, S1):
        store.begin_payment(holding(), None)


def test_a_use_of_a_link_and_pieces_go_together(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(pieces=1), None)
    link = replace(a_link(), limit=2, uses_remaining=2)
    store.add_payment_link(T, link, None)
    payment = replace(holding(), payment_link=link.id, holds_link=True)
    store.begin_payment(payment, CLAIM)
    assert groups.last() == ("claim", "payment", "link", S1)
    other = replace(holding(2), payment_link=link.id, holds_link=True)
    with lost(engine, S1) as refused:
        store.begin_payment(other, None)
    assert refused.value.out_of_stock
    store.record_change(payment, over(payment))
    assert groups.last() == ("payment", "ledger", "link", S1)
    kept = store.payment_link(T, link.id)
    assert kept is not None
    assert (kept.uses_remaining, counts(store)) == (2, (1, 0))


def test_pieces_come_back_once_and_can_be_held_by_another(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(pieces=2), None)
    payment = begun(store, one=2)
    store.record_change(payment, over(payment), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", S1)
    assert store.payment(T, payment.id) == over(payment).payment
    assert counts(store) == (2, 0)
    with lost(engine, "payment", "ledger"):
        store.record_change(payment, over(payment))
    store.begin_payment(holding(2, one=2), None)
    assert counts(store) == (0, 2)


def test_pieces_are_spent_once_by_the_payment_that_held_them(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(pieces=2), None)
    payment = begun(store, one=2)
    store.record_change(payment, paid(payment), inbox(1))
    assert groups.last() == ("event", "payment", "ledger", S1)
    assert (counts(store), paid(payment).payment.use) == ((0, 0), Use.SPENT)
    assert store.payment(T, payment.id) == paid(payment).payment
    with lost(engine, "payment", "ledger"):
        store.record_change(payment, paid(payment), inbox(2))


def test_a_payment_without_a_page_gives_its_pieces_back(
    store: DynamoDBStore, groups: Groups
) -> None:
    store.add_product(T, counted(), None)
    payment = holding()
    store.begin_payment(payment, None)
    store.record_change(payment, refused_at_once(payment, CAUSE))
    assert (groups.last(), counts(store)) == (("payment", "ledger", S1), (2, 0))


def test_late_money_takes_pieces_that_are_left_and_else_is_kept_as_one_too_many(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    store.add_product(T, counted(pieces=1), None)
    first = begun(store, 1)
    store.record_change(first, over(first))
    second = begun(store, 2)
    store.record_change(second, over(second))
    late, later = over(first).payment, over(second).payment
    store.record_change(late, paid(late), inbox(1))
    assert (groups.last(), counts(store)) == (("event", "payment", "ledger", S1), (0, 0))
    with lost(engine, S1) as refused:
        store.record_change(later, paid(later), inbox(2))
    assert refused.value.nothing_left
    surplus = paid(later, sold_out=True)
    store.record_change(later, surplus, inbox(2))
    assert groups.last() == ("event", "payment", "ledger")
    assert store.payment(T, later.id) == surplus.payment
    assert (surplus.payment.totals.captured, counts(store)) == (20_000, (0, 0))


def test_a_payment_of_twenty_products_is_one_write_group(engine: Engine) -> None:
    store = DynamoDBStore(engine)
    products = [counted(number, 1) for number in range(20)]
    at = {each.id: product_key(T, each.id) for each in products}
    engine.write([new(each.id, at[each.id], product_to_item(T, each)) for each in products])
    payment = replace(holding(), stock=dict.fromkeys(at, 1))
    store.begin_payment(payment, CLAIM)
    store.bind_provider(payment, a_provider(), None)
    bound = replace(payment, provider=a_provider())
    store.record_change(bound, paid(bound), inbox(1))
    kept = [item for item in engine.get_many(list(at.values())) if item is not None]
    assert [(item["available"], item["reserved"]) for item in kept] == [(0, 0)] * 20


# --- updates ----------------------------------------------------------------------------------


def later(before: Any, **changes: Any) -> Any:
    """The same after an update."""
    return replace(before, **changes, updated=Millis(before.updated + 1))


def test_a_product_changes_as_it_was_read_or_not_at_all(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    before = replace(counted(), url="https://a.example/", metadata={"a": "1"})
    store.add_product(T, before, None)
    after = later(before, name="pear", url=None, description="red", metadata={"b": "2"})
    store.update_product(T, before, after, None, CLAIM)
    assert groups.last() == ("claim", "product")
    assert store.product(T, ONE) == after
    with lost(engine, "product"):
        store.update_product(T, before, later(before, name="fig"), None, None)
    with claimed(engine):
        store.update_product(T, before, later(before, name="fig"), None, CLAIM)
    with lost(engine, "product"):
        store.update_product(T, counted(9), later(counted(9), name="fig"), None, None)


def test_pieces_are_shifted_and_a_stock_take_is_set(store: DynamoDBStore, engine: Engine) -> None:
    before = counted(pieces=2)
    store.add_product(T, before, None)
    payment = holding()
    store.begin_payment(payment, None)  # (1, 1) by now: nothing of it is seen by the merchant
    added = later(before, inventory=Inventory(True, 12))
    store.update_product(T, before, added, 10, None)
    assert counts(store) == (11, 1)
    fewer = later(added, inventory=Inventory(True, 0, 1))
    with lost(engine, "product"):
        store.update_product(T, added, fewer, -12, None)
    store.update_product(T, added, fewer, -11, None)
    assert counts(store) == (0, 1)
    taken = later(fewer, inventory=Inventory(True, 7, 1))
    store.update_product(T, fewer, taken, None, None)
    store.record_change(payment, over(payment))
    assert counts(store) == (8, 0)


def test_counting_begins_and_ends(store: DynamoDBStore) -> None:
    before = a_product()
    store.add_product(T, before, None)
    begins = later(before, inventory=Inventory(True, 4))
    store.update_product(T, before, begins, None, None)
    assert store.product(T, ONE) == begins
    ends = later(begins, inventory=Inventory(False, 4))
    store.update_product(T, begins, ends, None, None)
    assert store.product(T, ONE) == ends


def test_a_price_changes_as_it_was_read_or_not_at_all(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    before = replace(a_price(), nickname="S", custom=CustomAmount(1, 3, 2))
    store.add_price(T, before, None, None)
    after = later(before, nickname=None, lookup_key="s", active=False, metadata={"a": "1"})
    store.update_price(T, before, after, CLAIM)
    assert groups.last() == ("claim", "price", "lookup")
    assert store.price(T, before.id) == after
    with lost(engine, "price"):
        store.update_price(T, before, later(before, nickname="M"), None)


# --- links ------------------------------------------------------------------------------------

SHOP: dict[str, Any] = {
    "active": False,
    "expires_at": Millis(NOW + 1),
    "inactive_message": "Libur",
    "payment_method_types": ("dana", "ovo"),
    "late_payment_policy": Policy.REFUND,
    "duplicate_payment_policy": Policy.HOLD,
    "collect": Collect(name=Ask.REQUIRED, shipping_address=Ask.OPTIONAL),
    "custom_fields": (
        CustomField(
            key="size", label="Ukuran", type=FieldType.DROPDOWN, options=(("s", "S"), ("l", "L"))
        ),
    ),
    "after_completion": AfterCompletion(Then.REDIRECT, None, "https://a.example/"),
    "metadata": {"a": "1"},
}


def test_a_link_changes_as_it_was_read_or_not_at_all(
    store: DynamoDBStore, engine: Engine, groups: Groups
) -> None:
    before = a_link()
    store.add_payment_link(T, before, None)
    after = later(before, **SHOP)
    store.update_payment_link(T, before, after, CLAIM)
    assert groups.last() == ("claim", "link")
    assert store.payment_link(T, before.id) == after
    with lost(engine, "link"):
        store.update_payment_link(T, before, later(before, active=False), None)
    bare = later(after, **{name: getattr(before, name) for name in SHOP})
    store.update_payment_link(T, after, bare, None)
    assert store.payment_link(T, before.id) == bare


def test_a_slug_is_one_links_only(store: DynamoDBStore, engine: Engine, groups: Groups) -> None:
    store.add_payment_link(T, replace(a_link(), slug="kaos"), None)
    assert groups.last() == ("link", "slug")
    other = replace(a_link(number=2), slug="kaos")
    for tenant in (T, builders.a_tenant(number=2), builders.a_tenant(livemode=True)):
        with lost(engine, "slug"):
            store.add_payment_link(tenant, other, replace(CLAIM, key="k2"))
    store.add_payment_link(T, replace(other, slug="Kaos"), None)


@pytest.mark.parametrize(
    ("left", "by", "held", "lost_"),
    [(3, 2, 0, False), (3, -3, 0, False), (3, -3, 1, True), (3, -2, 1, False), (3, 2, 3, False)],
)
def test_a_limit_moves_what_is_left_and_never_below_nothing(
    store: DynamoDBStore, engine: Engine, left: int, by: int, held: int, lost_: bool
) -> None:
    before = replace(a_link(), limit=left, uses_remaining=left)
    store.add_payment_link(T, before, None)
    for number in range(held):
        payment = a_payment(bound=False, number=number + 1)
        taking = replace(payment, payment_link=before.id, use=Use.HELD, holds_link=True)
        store.begin_payment(taking, None)
    after = later(before, limit=left + by, uses_remaining=left + by)
    if lost_:
        with lost(engine, "link"):
            store.update_payment_link(T, before, after, None)
        return
    store.update_payment_link(T, before, after, None)
    kept = store.payment_link(T, before.id)
    assert kept is not None
    assert (kept.limit, kept.uses_remaining) == (left + by, left + by - held)


def sold(store: DynamoDBStore) -> PaymentLink:
    """A shop that sells products one and two, and a link to the first."""
    store.add_merchant(a_merchant(), an_api_key())
    for number in (1, 2):
        store.add_price(T, a_price(number=number, product=number), a_product(number=number), None)
    store.add_price(T, a_price(number=3, product=2), None, None)
    store.add_payment_link(T, a_link(), None)
    return a_link()


def other_lines(link: PaymentLink) -> PaymentLink:
    """The link to two prices of product two instead."""
    prices = (a_price(number=2).id, a_price(number=3).id)
    return later(link, items=(LinkItem("li_9", prices[0], TWO, 2, (1, 3), prices[1:]),))  # type: ignore[no-any-return]


def test_a_link_opens_in_two_reads_before_and_after_its_lines_change(
    store: DynamoDBStore, groups: Groups
) -> None:
    before = sold(store)
    after = other_lines(before)
    for link, product in ((before, ONE), (after, TWO)):
        if link is after:
            store.update_payment_link(T, before, after, CLAIM)
            assert groups.last() == ("claim", "link", "slug")
        reads = groups.reads
        opened = store.opened_link(link.slug)
        assert groups.reads == reads + 2
        assert opened is not None
        assert (opened.tenant, opened.merchant, opened.offer.link) == (T, a_merchant(), link)
        assert [item.product.id for item in opened.offer.items] == [product]
    assert opened.offer.variants == {
        "li_9": (a_price(number=2, product=2), a_price(number=3, product=2))
    }
    assert opened.offer == store.offer(T, after)


def test_a_link_whose_lines_change_between_the_two_reads_opens_as_it_is_then(
    store: DynamoDBStore, groups: Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sold(store)
    after = other_lines(before)
    read: Callable[..., Item | None] = groups.get

    def and_then(key: Key, *, consistent: bool = True) -> Item | None:
        found = read(key, consistent=consistent)
        monkeypatch.undo()
        store.update_payment_link(T, before, after, None)
        return found

    monkeypatch.setattr(groups, "get", and_then)
    opened = store.opened_link(before.slug)
    assert opened is not None
    assert opened.offer == store.offer(T, after)
