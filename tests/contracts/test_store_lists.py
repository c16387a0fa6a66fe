"""Lists with filters on every engine: each finds what fits, all of it, once, and newest first."""

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import storing
from chalicelib.adapters.dynamodb.payment_items import payment_to_item, session_is
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.domain.ids import Millis, PaymentId, PaymentLinkId, ProductId, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus, SessionStatus
from chalicelib.domain.psp_facts import IntentStatus
from chalicelib.usecases.ports import Found, Payments, Prices, Slice
from simulator.memory_engine import holds
from tests import builders
from tests.adapters import stored
from tests.builders import (
    NOW,
    a_link,
    a_payment,
    a_price,
    a_product,
    a_provider,
    a_refund,
    a_review,
    ulid,
)

T, OTHERS = builders.a_tenant(), [builders.a_tenant(number=2), builders.a_tenant(livemode=True)]
STATUSES: tuple[SessionStatus, ...] = ("open", "complete", "expired")
LINK, OTHER_LINK = a_link().id, a_link(number=2).id


def numbers(found: Found[Any]) -> list[int]:
    """Which of the numbered things were found."""
    ids = [getattr(each, "id", each) for each in found.items]
    return [int(id[-4:]) for id in ids]


# --- sets: one query, whatever else there is --------------------------------------------------


def test_products_and_links_that_are_active_or_not(store: DynamoDBStore) -> None:
    for number in range(1, 8):
        active = number % 3 != 0
        store.add_product(T, a_product(number=number, active=active), None)
        store.add_payment_link(T, a_link(number=number, active=active), None)
    for read in (store.products, store.payment_links):
        assert numbers(read(T, Slice(), True)) == [7, 5, 4, 2, 1]
        assert numbers(read(T, Slice(), False)) == [6, 3]
        assert numbers(read(T, Slice())) == [7, 6, 5, 4, 3, 2, 1]
        first = read(T, Slice(limit=2), True)
        assert (numbers(first), first.has_more) == ([7, 5], True)
        id = first.items[-1].id
        assert numbers(read(T, Slice(limit=2, before=id), True)) == [4, 2]
        assert numbers(read(T, Slice(limit=2, after=id), True)) == [7]
        name = id.partition("_")[0]
        bounds = Slice(since=f"{name}_{ulid(2)}", until=f"{name}_{ulid(6)}")
        assert numbers(read(T, bounds, True)) == [5, 4]
        assert numbers(read(T, replace(bounds, after=f"{name}_{ulid(4)}"), True)) == [5]
        for other in OTHERS:
            assert numbers(read(other, Slice(), True)) == numbers(read(other, Slice(), False)) == []


def test_an_archived_product_and_a_paused_link_change_their_sets(store: DynamoDBStore) -> None:
    product, link = a_product(), a_link()
    store.add_product(T, product, None)
    store.add_payment_link(T, link, None)
    for active in (False, True):
        later = Millis(product.updated + 1)
        gone = replace(product, active=active, updated=later)
        store.update_product(T, product, gone, None, None)
        paused = replace(link, active=active, updated=later)
        store.update_payment_link(T, link, paused, None)
        product, link = gone, paused
        assert list(store.products(T, Slice(), active).items) == [gone]
        assert list(store.payment_links(T, Slice(), active).items) == [paused]
        for read in (store.products, store.payment_links):
            assert list(read(T, Slice(), not active).items) == []


def test_products_by_their_ids(store: DynamoDBStore) -> None:
    made = [a_product(number=number) for number in (1, 2)]
    for each in made:
        store.add_product(T, each, None)
    nobodys = ProductId(f"prod_{ulid(9)}")
    found = store.some_products(T, [made[1].id, nobodys, made[0].id, made[1].id])
    assert sorted(found, key=lambda each: each.id) == made
    for other in OTHERS:
        assert store.some_products(other, [made[0].id]) == []


def test_refunds_of_a_payment(store: DynamoDBStore) -> None:
    done = stored.reserved(store)
    assert list(store.refunds(T, Slice(), done.payment.id).items) == [done.refund]
    assert numbers(store.refunds(T, Slice(), PaymentId(ulid(9)))) == []
    for other in OTHERS:
        assert numbers(store.refunds(other, Slice(), done.payment.id)) == []


def test_a_refund_that_settles_stays_with_its_payment(store: DynamoDBStore) -> None:
    done = stored.reserved(store)
    after = stored.settled(done, stored.Done("re_9000"))
    store.settle_refund(done.payment, after, stored.OWNER, None)
    kept = store.refunds(T, Slice(), done.payment.id)
    assert [each.status for each in kept.items] == [after.refund.status]


def test_sessions_of_a_link(store: DynamoDBStore) -> None:
    for number in range(1, 8):
        link = {0: None, 1: LINK, 2: OTHER_LINK}[number % 3]
        store.begin_payment(replace(a_payment(number=number), payment_link=link), None)
    assert numbers(store.payments(T, Slice(), Payments(LINK))) == [7, 4, 1]
    page = store.payments(T, Slice(limit=2), Payments(LINK))
    assert (numbers(page), page.has_more) == ([7, 4], True)
    rest = Slice(limit=2, before=session_id(page.items[-1].id))
    assert numbers(store.payments(T, rest, Payments(LINK))) == [1]
    assert numbers(store.payments(T, Slice(), Payments(OTHER_LINK))) == [5, 2]
    assert numbers(store.payments(T, Slice(), Payments(PaymentLinkId("plink_x")))) == []
    for other in OTHERS:
        assert numbers(store.payments(other, Slice(), Payments(LINK))) == []


# --- prices -----------------------------------------------------------------------------------


USD = Money(500, "USD")
PRICES: list[tuple[Prices, list[int]]] = [
    (Prices(), [8, 7, 6, 5, 4, 3, 2, 1]),
    (Prices(product=a_product(number=1).id), [7, 5, 3, 1]),
    (Prices(product=a_product(number=9).id), []),
    (Prices(active=True), [8, 7, 5, 4, 2, 1]),
    (Prices(active=False), [6, 3]),
    (Prices(currency="USD"), [8, 4]),
    (Prices(currency="SGD"), []),
    (Prices(lookup_keys=("a",)), [5, 1]),
    (Prices(lookup_keys=("b",)), [6, 2]),
    (Prices(lookup_keys=("b", "nobody", "a", "b")), [6, 5, 2, 1]),
    (Prices(lookup_keys=("nobody",)), []),
    (Prices(lookup_keys=("a", "b"), active=True), [5, 2, 1]),
    (Prices(lookup_keys=("a", "b"), product=a_product(number=0).id), [6, 2]),
    (Prices(lookup_keys=("a",), currency="USD"), []),
    (Prices(product=a_product(number=1).id, active=False), [3]),
    (Prices(product=a_product(number=0).id, currency="USD"), [8, 4]),
    (Prices(product=a_product(number=0).id, currency="USD", active=False), []),
]


def fill_prices(store: DynamoDBStore) -> None:
    """Prices 1 to 8: every other one of product 1, every third archived, every fourth in dollars,
    lookup keys a and b."""
    for number in range(1, 9):
        price = a_price(
            number=number,
            product=number % 2,
            active=number % 3 != 0,
            amount=USD if number % 4 == 0 else None,
        )
        key = {1: "a", 2: "b"}.get(number % 4)
        store.add_price(T, replace(price, lookup_key=key), None, None)


def test_prices_by_everything(store: DynamoDBStore) -> None:
    fill_prices(store)
    for which, expected in PRICES:
        assert numbers(store.prices(T, Slice(), which)) == expected, which
        for other in OTHERS:
            assert numbers(store.prices(other, Slice(), which)) == [], which


@pytest.mark.parametrize("looks", [(250, 1_000), (3, 3, 3), (2, 2, 2, 2, 2, 2)])
def test_every_part_of_prices_by_everything(
    store: DynamoDBStore, monkeypatch: pytest.MonkeyPatch, looks: tuple[int, ...]
) -> None:
    """However little is looked at at once, both ways lead through all that fits, each once."""
    monkeypatch.setattr(storing, "LOOKS", looks)
    fill_prices(store)
    for which, expected in PRICES:
        for limit in (1, 3):

            def read(part: Slice, which: Prices = which) -> Found[Any]:
                return store.prices(T, part, which)

            assert walked(read, limit, "before") == expected, which
            assert walked(read, limit, "after", f"price_{ulid(0)}") == expected[::-1], which


def walked(
    read: Callable[[Slice], Found[Any]], limit: int, way: str, start: str | None = None
) -> list[int]:
    """Everything from part to part, as a client goes that follows `upto` too."""
    found = read(Slice(limit=limit, **{way: start} if start else {}))
    seen: list[int] = []
    while True:
        assert len(found.items) <= limit
        assert (found.upto is None) == (bool(found.items) or not found.has_more)
        seen += numbers(found) if way == "before" else numbers(found)[::-1]
        if not found.has_more:
            return seen
        edge = found.items[-1 if way == "before" else 0].id if found.items else found.upto
        found = read(Slice(limit=limit, **{way: edge}))


def test_a_price_changes_its_lookup_key(store: DynamoDBStore) -> None:
    price = replace(a_price(), lookup_key="a")
    store.add_price(T, price, None, None)
    for key in ("b", None, "a", "a"):
        later = replace(price, lookup_key=key, nickname=str(key), updated=Millis(price.updated + 1))
        store.update_price(T, price, later, None)
        price = later
        for looked in ("a", "b"):
            found = store.prices(T, Slice(), Prices(lookup_keys=(looked,)))
            assert list(found.items) == ([price] if looked == key else [])
        assert list(store.prices(T, Slice()).items) == [price]


def test_a_lost_update_leaves_the_lookup_as_it_was(store: DynamoDBStore, engine: Engine) -> None:
    price = replace(a_price(), lookup_key="a")
    store.add_price(T, price, None, None)
    late = replace(price, updated=Millis(price.updated - 1))
    with stored.lost(engine, "price"):
        store.update_price(T, late, replace(late, lookup_key="b"), None)
    assert list(store.prices(T, Slice(), Prices(lookup_keys=("a",))).items) == [price]


# --- sessions by their status -----------------------------------------------------------------


def every_standing() -> list[Payment]:
    """A payment of each status, in review and not, of a page that is over and of one that is
    not."""
    return [
        replace(
            a_payment(number=number, status=status),
            review=a_review() if held else None,
            expires_at=Millis(NOW + offset),
        )
        for number, (status, held, offset) in enumerate(
            product(PaymentStatus, (False, True), (-1, 0, 1)), start=1
        )
    ]


def test_the_guard_says_what_the_domain_says() -> None:
    for payment in every_standing():
        item = payment_to_item(payment)
        said = [each for each in STATUSES if holds(session_is(each, NOW), item)]
        assert said == [payment.session_status(NOW)], payment


def test_sessions_by_their_status(store: DynamoDBStore) -> None:
    made = every_standing()
    for number, payment in enumerate(made):
        store.begin_payment(replace(payment, payment_link=LINK if number % 2 else None), None)
    newest = made[::-1]
    for status in STATUSES:
        fit = [each for each in newest if each.session_status(NOW) == status]
        found = store.payments(T, Slice(limit=100), Payments(status=(status, NOW)))
        assert [each.id for each in found.items] == [each.id for each in fit]
        assert not found.has_more
        of_link = store.payments(T, Slice(limit=100), Payments(LINK, (status, NOW)))
        assert [each.id for each in of_link.items] == [
            each.id for each in fit if made.index(each) % 2
        ]
        for other in OTHERS:
            assert numbers(store.payments(other, Slice(), Payments(status=(status, NOW)))) == []


def test_a_session_that_is_paid_changes_its_status_and_keeps_its_link(
    store: DynamoDBStore,
) -> None:
    payment = replace(a_payment(bound=False), payment_link=LINK)
    store.begin_payment(payment, None)
    store.bind_provider(payment, a_provider(), None)
    bound = replace(payment, provider=a_provider())

    def found(status: SessionStatus) -> list[Payment]:
        return list(store.payments(T, Slice(), Payments(LINK, (status, NOW))).items)

    assert [found(status) for status in STATUSES] == [[bound], [], []]
    changed = stored.change(bound, IntentStatus.SUCCEEDED)
    store.record_change(bound, changed, stored.inbox())
    assert [found(status) for status in STATUSES] == [[], [changed.payment], []]


# --- what is rare -----------------------------------------------------------------------------


def test_what_is_rare_takes_a_fixed_number_of_looks_and_says_so(
    store: DynamoDBStore, groups: stored.Groups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "LOOKS", (2, 3, 3))
    for number in range(1, 13):
        price = a_price(number=number, amount=USD if number in (1, 5, 12) else None)
        store.add_price(T, price, None, None)
    wanted = Prices(currency="USD")

    def read(**part: Any) -> tuple[list[int], bool, str | None, int]:
        before = groups.sifts
        found = store.prices(T, Slice(**part), wanted)
        return numbers(found), found.has_more, found.upto, groups.sifts - before

    def at(number: int) -> str:
        return f"price_{ulid(number)}"

    assert read() == ([12], True, None, 1)
    # The cursor's own place is looked at as well: 12 and 11, 11 to 9, 9 to 7.
    assert read(before=at(12)) == ([], True, at(7), 3)
    assert read(before=at(7)) == ([5], True, None, 2)
    assert read(before=at(5)) == ([1], False, None, 3)
    assert read(before=at(1)) == ([], False, None, 1)
    assert read(after=at(5)) == ([], True, at(10), 3)
    assert read(after=at(10)) == ([12], False, None, 2)
    assert read(before=at(12), since=at(8)) == ([], False, None, 3)
    assert read(before=at(3), since=at(7)) == ([], False, None, 0)


def test_a_refund_of_another_payment_is_not_looked_at(
    store: DynamoDBStore, groups: stored.Groups
) -> None:
    done = stored.reserved(store)
    assert a_refund().payment == done.payment.id
    pages = groups.pages
    assert numbers(store.refunds(T, Slice(), done.payment.id)) == [1]
    assert (groups.pages - pages, groups.sifts) == (1, 0)
