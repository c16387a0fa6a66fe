"""Lists with filters as the stories tell them: all must hold, and what is not there is nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.adapters.dynamodb import storing
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.domain.errors import FilterTooRare
from chalicelib.domain.ids import Millis, first_ulid, intent_id, session_id
from chalicelib.domain.payments import SESSION_LIFETIME_MS, Payment, PaymentStatus
from chalicelib.usecases.listing import (
    Sessions,
    list_prices,
    list_products,
    list_refunds,
    list_sessions,
    part_of,
)
from chalicelib.usecases.ports import EVERY_PRICE, Found, Prices, Slice
from simulator.memory_engine import MemoryEngine
from tests.adapters import stored
from tests.builders import NOW, a_link, a_payment, a_price, a_product, a_tenant, ulid

T, OTHER = a_tenant(), a_tenant(number=2)
ALL = Slice()
BENT = ["", "x", "prod_1", f"prod_{ulid(1)}x", f"cs_{ulid(1)}", "M#", "é"]


@pytest.fixture
def engine() -> MemoryEngine:
    return MemoryEngine()


@pytest.fixture
def store(engine: MemoryEngine) -> DynamoDBStore:
    return DynamoDBStore(engine)


def numbers(found: Found[Any]) -> list[int]:
    return [int(each.id[-4:]) for each in found.items]


# --- products ---------------------------------------------------------------------------------


def test_products_by_ids(store: DynamoDBStore, engine: MemoryEngine) -> None:
    for number in range(1, 6):
        store.add_product(T, a_product(number=number, active=number != 2), None)
    ids = [f"prod_{ulid(number)}" for number in (4, 2, 9, 1, 2)]
    engine.calls.clear()
    assert numbers(list_products(store, T, ALL, None, ids)) == [4, 2, 1]
    assert engine.calls == {"get_many": 1}
    assert numbers(list_products(store, T, ALL, True, ids)) == [4, 1]
    assert numbers(list_products(store, T, ALL, False, ids)) == [2]
    assert numbers(list_products(store, OTHER, ALL, None, ids)) == []
    assert numbers(list_products(store, T, ALL, True, None)) == [5, 4, 3, 1]


def test_ids_that_cannot_be_any_are_not_asked_for(
    store: DynamoDBStore, engine: MemoryEngine
) -> None:
    assert list_products(store, T, ALL, None, BENT) == Found([], False)
    assert not engine.calls


@pytest.mark.parametrize(
    ("part", "items", "more"),
    [
        (Slice(), [5, 4, 3, 2, 1], False),
        (Slice(limit=5), [5, 4, 3, 2, 1], False),
        (Slice(limit=2), [5, 4], True),
        (Slice(limit=2, before="p4"), [3, 2], True),
        (Slice(limit=2, before="p3"), [2, 1], False),
        (Slice(limit=2, after="p2"), [4, 3], True),
        (Slice(limit=2, after="p3"), [5, 4], False),
        (Slice(limit=2, after="p5"), [], False),
        (Slice(since="p2", until="p5"), [4, 3], False),
        (Slice(before="p4", since="p2", until="p9"), [3], False),
        (Slice(after="p1", since="p3"), [5, 4], False),
    ],
)
def test_a_part_of_what_is_at_hand(part: Slice, items: list[int], more: bool) -> None:
    found = part_of([3, 1, 5, 2, 4], part, lambda number: f"p{number}")
    assert (list(found.items), found.has_more) == (items, more)


# --- prices -----------------------------------------------------------------------------------


def test_prices_of_a_product(store: DynamoDBStore, engine: MemoryEngine) -> None:
    for number in range(1, 6):
        price = a_price(number=number, product=number % 2, active=number != 3)
        store.add_price(T, replace(price, lookup_key="k" if number == 5 else None), None, None)
    engine.calls.clear()
    product = f"prod_{ulid(1)}"
    assert numbers(list_prices(store, T, ALL, product, EVERY_PRICE)) == [5, 3, 1]
    assert numbers(list_prices(store, T, ALL, product, Prices(active=True))) == [5, 1]
    assert numbers(list_prices(store, T, ALL, product, Prices(lookup_keys=("k",)))) == [5]
    assert numbers(list_prices(store, T, ALL, None, Prices(lookup_keys=("k",)))) == [5]
    assert numbers(list_prices(store, T, ALL, None, EVERY_PRICE)) == [5, 4, 3, 2, 1]
    assert engine.calls == {"page": 3, "sift": 2}
    assert numbers(list_prices(store, OTHER, ALL, product, EVERY_PRICE)) == []


def test_prices_of_nothing_are_not_asked_for(store: DynamoDBStore, engine: MemoryEngine) -> None:
    assert list_prices(store, T, ALL, None, None) == Found([], False)
    for bent in BENT:
        assert list_prices(store, T, ALL, bent, EVERY_PRICE) == Found([], False)
    assert not engine.calls


# --- sessions ---------------------------------------------------------------------------------


def at(payment: Payment, created: int) -> Payment:
    """The payment as if it were born then."""
    later = Millis(NOW + created)
    expires_at = Millis(later + SESSION_LIFETIME_MS)
    id = type(payment.id)(f"{first_ulid(later)[:-4]}{payment.id[-4:]}")
    return replace(payment, id=id, created=later, expires_at=expires_at)


HOUR = 60 * 60_000


def fill_sessions(store: DynamoDBStore) -> None:
    """One session every eight hours; the even ones are a link's, every third is paid."""
    for number in range(1, 9):
        status = PaymentStatus.UNPAID if number % 3 else PaymentStatus.PAID
        payment = at(a_payment(number=number, status=status), number * 8 * HOUR)
        link = None if number % 2 else a_link().id
        store.begin_payment(replace(payment, payment_link=link), None)


SESSIONS: list[tuple[Sessions, list[int]]] = [
    (Sessions(), [8, 7, 6, 5, 4, 3, 2, 1]),
    (Sessions(link=a_link().id), [8, 6, 4, 2]),
    (Sessions(link=a_link(number=2).id), []),
    (Sessions("open"), [8, 7]),
    (Sessions("complete"), [6, 3]),
    (Sessions("expired"), [5, 4, 2, 1]),
    (Sessions("open", a_link().id), [8]),
    (Sessions("complete", a_link().id), [6]),
    (Sessions("expired", a_link().id), [4, 2]),
]


def test_sessions(store: DynamoDBStore, engine: MemoryEngine) -> None:
    fill_sessions(store)
    now = Millis(NOW + (5 * 8 + 24) * HOUR)  # the fifth has just expired
    for asked, expected in SESSIONS:
        engine.calls.clear()
        assert numbers(list_sessions(store, T, ALL, now, asked)) == expected, asked
        assert engine.calls.total() == 1
        assert numbers(list_sessions(store, OTHER, ALL, now, asked)) == [], asked


def test_open_sessions_are_looked_for_no_further_back_than_they_live(
    store: DynamoDBStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_sessions(store)
    monkeypatch.setattr(storing, "LOOKS", (2, 2))
    late = Millis(NOW + 100 * HOUR)
    assert list_sessions(store, T, ALL, late, Sessions("open")) == Found([], False)
    newest = f"cs_{first_ulid(Millis(NOW + 8 * 8 * HOUR))}"
    now = Millis(NOW + (5 * 8 + 24) * HOUR)
    found = list_sessions(store, T, Slice(since=newest), now, Sessions("open"))
    assert numbers(found) == [8]


def test_the_session_of_an_intent(store: DynamoDBStore, engine: MemoryEngine) -> None:
    payment = replace(a_payment(), payment_link=a_link().id)
    store.begin_payment(payment, None)
    store.begin_payment(a_payment(number=2), None)
    engine.calls.clear()
    intent, id = intent_id(payment.id), session_id(payment.id)

    def found(part: Slice = ALL, **asked: Any) -> list[int]:
        asked = {"intent": intent, **asked}
        return numbers(list_sessions(store, T, part, NOW, Sessions(**asked)))

    assert found() == [1]
    assert engine.calls == {"get": 1}
    assert found(link=a_link().id) == found(status="open") == [1]
    assert found(link=a_link(number=2).id) == found(status="complete") == []
    assert found(intent=intent_id(a_payment(number=2).id), link=a_link().id) == []
    assert found(intent=intent_id(a_payment(number=3).id)) == []
    assert found(Slice(before=id)) == found(Slice(after=id)) == []
    assert list_sessions(store, OTHER, ALL, NOW, Sessions(intent=intent)) == Found([], False)
    engine.calls.clear()
    for bent in [*BENT, id]:
        assert found(intent=bent) == []
        assert numbers(list_sessions(store, T, ALL, NOW, Sessions(link=bent))) == []
    assert not engine.calls


# --- refunds ----------------------------------------------------------------------------------


def test_refunds_of_a_payment_by_either_name(store: DynamoDBStore, engine: MemoryEngine) -> None:
    payment = stored.reserved(store).payment
    intent, session = intent_id(payment.id), session_id(payment.id)
    engine.calls.clear()
    asked = [(None, None), (intent, None), (None, session), (intent, session)]
    for names in asked:
        assert numbers(list_refunds(store, T, ALL, *names)) == [1]
        assert numbers(list_refunds(store, OTHER, ALL, *names)) == []
    assert engine.calls == {"page": 8}
    assert numbers(list_refunds(store, T, ALL, f"pi_{ulid(9)}", None)) == []
    engine.calls.clear()
    assert list_refunds(store, T, ALL, intent, f"cs_{ulid(9)}") == Found([], False)
    assert list_refunds(store, T, ALL, session, intent) == Found([], False)
    for bent in BENT[:-3]:
        assert list_refunds(store, T, ALL, bent, None) == Found([], False)
        assert list_refunds(store, T, ALL, None, bent) == Found([], False)
        assert list_refunds(store, T, ALL, intent, bent) == Found([], False)
    assert not engine.calls


# --- what is rare -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "cursor", "upto"),
    [(Slice(), "starting_after", 5), (Slice(after=f"price_{ulid(1)}"), "ending_before", 4)],
)
def test_what_is_too_rare_says_where_to_go_on(
    store: DynamoDBStore,
    monkeypatch: pytest.MonkeyPatch,
    part: Slice,
    cursor: str,
    upto: int,
) -> None:
    monkeypatch.setattr(storing, "LOOKS", (2, 3))
    for number in range(1, 9):
        store.add_price(T, a_price(number=number, active=number in (1, 8)), None, None)
    which = Prices(active=False, currency="USD")
    with pytest.raises(FilterTooRare) as rare:
        list_prices(store, T, part, None, which)
    at_last = f"price_{ulid(upto)}"
    assert rare.value.details == {cursor: at_last}
    assert rare.value.message == (
        f"Nothing as far as {at_last} fits. Go on from there ({cursor}={at_last}), or say when by "
        "created."
    )


# --- ten thousand -----------------------------------------------------------------------------


MANY, FEWER = 10_000, 2_000


def grown(store: DynamoDBStore, numbers: range) -> None:
    """Products, every fifth of them archived."""
    for number in numbers:
        store.add_product(T, a_product(number=number, active=number % 5 != 0), None)


@pytest.mark.parametrize(("active", "many"), [(None, MANY), (True, FEWER), (False, FEWER)])
def test_each_of_ten_thousand_once_while_others_come(
    store: DynamoDBStore, engine: MemoryEngine, active: bool | None, many: int
) -> None:
    """Down from the newest and up from the oldest; every page is one call, the last as the first.
    What comes in between is never in the way, and going up it is found at the end."""
    grown(store, range(1, many + 1))
    born = many

    def walk(way: str, start: str | None) -> list[int]:
        nonlocal born
        seen: list[int] = []
        edge = start
        while True:
            engine.calls.clear()
            part = Slice(limit=100, **{way: edge})
            found = list_products(store, T, part, active, None)
            assert engine.calls == {"page": 1}
            mine = [int(each.id[-5:]) for each in found.items]
            assert mine == sorted(mine, reverse=True)
            seen += mine if way == "before" else mine[::-1]
            if not found.has_more:
                return seen
            assert len(mine) == 100
            edge = found.items[-1 if way == "before" else 0].id
            if born < many + 50:
                born += 1
                grown(store, range(born, born + 1))

    fits: Callable[[int], bool] = lambda number: active in (None, number % 5 != 0)  # noqa: E731
    down = walk("before", None)
    assert down == [number for number in range(many, 0, -1) if fits(number)]
    up = walk("after", f"prod_{ulid(0)}")
    assert up == [number for number in range(1, born + 1) if fits(number)]
