"""WooshPay's own sample request is accepted as it is, and answered field for field."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.samples import SAMPLE, Json
from tests.web.world import PUBLIC_URL, Merchant, World

ANSWER: Json = json.loads("""
{"id": "cs_1676131330724724736", "object": "checkout.session", "created": 1688455825000,
 "livemode": false, "currency": "IDR", "customer": "", "mode": "payment", "status": "open",
 "url": "https://checkouttest.wooshpay.com/pay/cs_test_1676131330724724736?key=pk_test_x",
 "cancel_url": "www.wooshpay.com", "line_items": {"object": "list", "data": [
   {"id": "li_1676131330754084864", "object": "item", "currency": "IDR", "description": "apple",
    "price": {"id": "price_1676131330766667776", "object": "price", "created": 1688455825000,
      "livemode": false, "active": true, "currency": "IDR", "nickname": "apple",
      "product": {"id": "prod_1676131330783444992", "object": "product",
        "created": 1688455825000, "livemode": false, "active": true, "name": "apple",
        "updated": 1688455825000},
      "type": "one_time", "unit_amount": 20000, "billing_scheme": "per_unit",
      "lookup_key": "test_lookup_key"},
    "quantity": 1, "amount_subtotal": 20000, "amount_total": 20000}]},
 "payment_intent": "pi_1676131330947022848", "payment_method_types": ["dana"],
 "payment_status": "unpaid", "success_url": "https://wooshpay.com/", "amount_subtotal": 20000,
 "amount_total": 20000, "billing_address_collection": "auto", "expires_at": 1688542224918,
 "payment_link": "", "client_secret": "pi_1676131330947022848_secret_ENUbfvBKA7zljcENnlrG3K7q"}
""")
DAY_MS = 86_400_000
MINTED = {"id", "created", "updated", "url", "payment_intent", "expires_at", "client_secret"}


def fields_of(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a JSON value with its place."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in pairs:
            yield from fields_of(part, f"{place}/{name}")
    else:
        yield place, value


WANTED = dict(fields_of(ANSWER))


@pytest.fixture(scope="module")
def answer(a: Merchant) -> Json:
    return a.api.post("/v1/checkout/sessions", SAMPLE).ok()


@pytest.mark.parametrize("place", WANTED)
def test_the_sample_answers_field_is_there_with_the_same_type(answer: Json, place: str) -> None:
    got = dict(fields_of(answer))
    assert place in got
    assert type(got[place]) is type(WANTED[place])


@pytest.mark.parametrize(
    "place", [place for place in WANTED if place.rpartition("/")[2] not in MINTED]
)
def test_what_is_not_minted_has_the_samples_value(answer: Json, place: str) -> None:
    assert dict(fields_of(answer))[place] == WANTED[place]


@pytest.mark.parametrize(
    ("place", "prefix"),
    [
        ("/id", "cs_"),
        ("/payment_intent", "pi_"),
        ("/line_items/data/0/id", "li_"),
        ("/line_items/data/0/price/id", "price_"),
        ("/line_items/data/0/price/product/id", "prod_"),
    ],
)
def test_an_id_says_what_it_names(answer: Json, place: str, prefix: str) -> None:
    assert dict(fields_of(answer))[place].startswith(prefix)


def test_the_client_secret_begins_with_its_intent(answer: Json) -> None:
    intent, _, secret = answer["client_secret"].partition("_secret_")
    assert intent == answer["payment_intent"]
    assert len(secret) >= 24


def test_instants_are_milliseconds_and_the_page_lives_a_day(world: World, answer: Json) -> None:
    now = world.app.clock()
    assert now - 60_000 < answer["created"] <= now
    assert answer["expires_at"] == answer["created"] + DAY_MS


def test_the_url_is_the_providers_page(world: World, answer: Json) -> None:
    assert answer["url"].startswith(f"{world.server.url}/pay/cs_test_")
    assert world.provider.get(answer["url"]).status_code == 200


def test_the_provider_was_asked_for_the_same_amount_under_our_id(world: World, a: Merchant) -> None:
    world.forget()
    made = a.api.post("/v1/checkout/sessions", SAMPLE).ok()
    (asked,) = world.asked()
    assert (asked["method"], asked["path"]) == ("POST", "/v1/checkout/sessions")
    assert asked["idempotency_key"] == made["id"]
    line = asked["body"]["line_items"][0]
    assert (line["price_data"]["unit_amount"], line["price_data"]["currency"]) == (20000, "IDR")
    assert asked["body"]["cancel_url"] == "https://www.wooshpay.com"


def test_beyond_the_sample_stands_what_became_of_the_money(answer: Json) -> None:
    ours = {
        "amount_display": "Rp20.000",
        "amount_refunded": 0,
        "amount_refundable": 0,
        "refund_status": "none",
        "review": None,
    }
    assert {name: answer[name] for name in ours} == ours
    assert answer["status_url"].startswith(f"{PUBLIC_URL}/s/")


def test_the_session_reads_back_as_it_was_answered(a: Merchant, answer: Json) -> None:
    assert a.api.get(f"/v1/checkout/sessions/{answer['id']}").ok() == answer
