"""Lists of payment intents and checkout sessions."""

from typing import Any

import pytest

from tests.sandbox.conftest import Json, Shop
from tests.sandbox.test_intents import DIRECT

INTENTS = "/v1/payment_intents"
SESSIONS = "/v1/checkout/sessions"


def intents(shop: Shop, count: int, every: int = 0) -> list[Json]:
    """So many intents, newest first, each ``every`` seconds after the one before."""
    made = []
    for _ in range(count):
        made.append(shop.post(INTENTS, DIRECT).json())
        shop.advance(every)
    return made[::-1]


def ids(shop: Shop, query: str, path: str = INTENTS) -> tuple[list[str], bool]:
    page = shop.get(f"{path}?{query}")
    return [each["id"] for each in page["data"]], page["has_more"]


def asked(shop: Shop, body: Any, path: str = INTENTS) -> Any:
    return shop.http.request("GET", path, json=body)


def test_an_empty_list(shop: Shop, other_shop: Shop) -> None:
    intents(other_shop, 1)
    other_shop.session()
    empty = {"object": "list", "data": [], "has_more": False}

    assert shop.get(INTENTS) == empty | {"url": INTENTS}
    assert shop.get(SESSIONS) == empty | {"url": SESSIONS}
    assert shop.get(f"{SESSIONS}/list") == empty | {"url": SESSIONS}


def test_a_list_holds_what_each_get_shows(shop: Shop) -> None:
    paid = shop.paid()
    shop.refund(paid, 5000)
    [waiting] = intents(shop, 1)
    events = shop.event_types()

    page = shop.get(INTENTS)

    assert page == {
        "object": "list",
        "data": [waiting, shop.intent(paid)],
        "has_more": False,
        "url": INTENTS,
    }
    assert page["data"][1]["amount_refunded"] == 5000
    assert shop.event_types() == events


@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/list"])
def test_sessions_are_listed_in_the_same_manner(shop: Shop, path: str) -> None:
    first, second, third = (shop.session() for _ in range(3))
    shop.post(f"{SESSIONS}/{first['id']}/expire")

    assert shop.get(path) == {
        "object": "list",
        "data": [third, second, first | {"status": "expired"}],
        "has_more": False,
        "url": SESSIONS,
    }
    assert ids(shop, f"limit=1&starting_after={third['id']}", path) == ([second["id"]], True)
    assert asked(shop, {"created": {"gt": third["created"]}}, path).json()["data"] == []


def test_pages_are_newest_first(shop: Shop) -> None:
    made = [each["id"] for each in intents(shop, 12)]

    assert ids(shop, "") == (made[:10], True)
    assert ids(shop, "limit=12") == (made, False)
    assert ids(shop, f"limit=2&starting_after={made[3]}") == (made[4:6], True)
    assert ids(shop, f"limit=2&starting_after={made[9]}") == (made[10:], False)
    assert ids(shop, f"starting_after={made[11]}") == ([], False)
    assert ids(shop, f"limit=2&ending_before={made[3]}") == (made[1:3], True)
    assert ids(shop, f"limit=3&ending_before={made[3]}") == (made[:3], False)
    assert ids(shop, f"ending_before={made[0]}") == ([], False)


@pytest.mark.parametrize("unit", ["seconds", "milliseconds"])
def test_created_filters(shop: Shop, unit: str) -> None:
    made = intents(shop, 3, every=60)
    new, middle, old = (each["id"] for each in made)
    instant = made[1]["created"] // (1000 if unit == "seconds" else 1)

    assert ids(shop, f"created[gt]={instant}") == ([new], False)
    assert ids(shop, f"created[gte]={instant}") == ([new, middle], False)
    assert ids(shop, f"created[lt]={instant}") == ([old], False)
    assert ids(shop, f"created[lte]={instant}") == ([middle, old], False)
    assert ids(shop, f"created[gte]={instant}&created[lte]={instant}") == ([middle], False)
    assert ids(shop, f"created[gt]={instant}&created[lt]={instant}") == ([], False)
    assert ids(shop, "created[gte]=0") == ([new, middle, old], False)
    assert ids(shop, f"created%5Bgte%5D={instant}&limit=1") == ([new], True)
    assert ids(shop, f"created[gte]={instant}&starting_after={new}") == ([middle], False)
    assert ids(shop, f"created[lte]={instant}&starting_after={new}") == ([middle, old], False)
    assert ids(shop, f"created[lte]={instant}&ending_before={old}") == ([middle], False)


def test_filters_in_the_body_of_the_get(shop: Shop) -> None:
    made = intents(shop, 3, every=60)
    instant = made[1]["created"]

    def listed(body: Json, path: str = INTENTS) -> tuple[list[Json], bool]:
        page = asked(shop, body, path).json()
        return page["data"], page["has_more"]

    assert listed({}) == (made, False)
    assert listed({"limit": 2}) == (made[:2], True)
    assert listed({"created": {"gte": instant}}) == (made[:2], False)
    assert listed({"created": {"lt": instant // 1000}}) == (made[2:], False)
    assert listed({"created": {}}) == (made, False)
    assert listed({"starting_after": made[0]["id"], "limit": 1}) == ([made[1]], True)
    assert listed({"ending_before": made[2]["id"]}) == (made[:2], False)
    assert listed({"limit": 1}, f"{INTENTS}?created[lte]={instant}") == ([made[1]], True)


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=05", "limit"),
        ("limit=1.5", "limit"),
        ("limit=", "limit"),
        ("limit=%D9%A3", "limit"),
        ("limit=1&limit=1", "limit"),
        ("starting_after=pi_1", "starting_after"),
        ("starting_after=", "starting_after"),
        ("ending_before=pi_1", "ending_before"),
        ("created=1", "created"),
        ("created=1&created[gt]=1", "created"),
        ("created[gt]=x", "created[gt]"),
        ("created[gt]=-1", "created[gt]"),
        ("created[gt]=", "created[gt]"),
        ("created[gt]=999999999999999", "created[gt]"),
        ("created[gt]=1&created[gt]=2", "created[gt]"),
        ("created[eq]=1", "created[eq]"),
        ("created[]=1", "created[]"),
        ("created[gt=1", "created[gt"),
        ("status=succeeded", "status"),
        ("page=2", "page"),
    ],
)
def test_a_wrong_query_is_refused(shop: Shop, query: str, param: str) -> None:
    for path in (INTENTS, SESSIONS, f"{SESSIONS}/list"):
        refused = shop.http.get(f"{path}?{query}")

        assert refused.status_code == 400
        assert refused.json()["error"]["param"] == param


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"limit": "10"}, "limit"),
        ({"limit": 10.0}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": None}, "limit"),
        ({"limit": 101}, "limit"),
        ({"starting_after": 1}, "starting_after"),
        ({"created": 1}, "created"),
        ({"created": {"gt": "1"}}, "created[gt]"),
        ({"created": {"gt": None}}, "created[gt]"),
        ({"created": {"eq": 1}}, "created[eq]"),
        ({"created[gt]": 1}, "created[gt]"),
        ({"status": "succeeded"}, "status"),
    ],
)
def test_a_wrong_body_is_refused(shop: Shop, body: Json, param: str) -> None:
    refused = asked(shop, body)

    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == param


def test_nothing_is_asked_for_twice(shop: Shop, other_shop: Shop) -> None:
    [made] = intents(shop, 1)
    [theirs] = intents(other_shop, 1)
    both = f"{INTENTS}?starting_after={made['id']}&ending_before={made['id']}"

    def refused(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json()["error"]["param"]

    assert refused(shop.http.get(both)) == (400, "ending_before")
    assert refused(asked(shop, {"limit": 1}, f"{INTENTS}?limit=1")) == (400, "limit")
    twice = asked(shop, {"created": {"gt": 1}}, f"{INTENTS}?created[lt]=2")
    assert refused(twice) == (400, "created")
    foreign = shop.http.get(f"{INTENTS}?starting_after={theirs['id']}")
    assert refused(foreign) == (400, "starting_after")


def test_endpoints_have_no_filter_by_time(shop: Shop) -> None:
    refused = shop.http.get("/v1/webhook_endpoints?created[gt]=1")

    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "sandbox_parameter_unknown"
