"""Stripe's own Python SDK drives the API unmodified, once its base address is changed."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import stripe

from dev.merchant import open_shop
from dev.stack import Stack, Wanted
from tests.hearing import listener


@pytest.fixture(scope="module")
def client() -> Iterator[stripe.StripeClient]:
    with Stack(Wanted()) as stack:
        key = open_shop().secret_key
        yield stripe.StripeClient(key, base_addresses={"api": stack.api_url})


@pytest.fixture(scope="module")
def price(client: stripe.StripeClient) -> stripe.Price:
    product = client.v1.products.create({"name": "Kopi", "metadata": {"rak": "3"}})
    return client.v1.prices.create(
        {"product": product.id, "unit_amount": 20_000, "currency": "idr"}
    )


@contextmanager
def refused(kind: type[stripe.StripeError], status: int, code: str | None) -> Iterator[None]:
    """The SDK raises its own error, with our request's id."""
    with pytest.raises(stripe.StripeError) as error:
        yield
    told = error.value
    assert (type(told), told.http_status, told.code) == (kind, status, code)
    assert str(told.request_id).startswith("req_")


def test_products_and_prices(client: stripe.StripeClient, price: stripe.Price) -> None:
    assert (price.unit_amount, price.currency, price.type) == (20_000, "IDR", "one_time")
    shown = client.v1.prices.retrieve(price.id, {"expand": ["product"]})
    assert isinstance(shown.product, stripe.Product)
    assert shown.product.name == "Kopi"
    assert shown.product.metadata.to_dict() == {"rak": "3"}
    changed = client.v1.products.update(shown.product.id, {"metadata": {"rak": "", "lantai": "2"}})
    assert changed.metadata.to_dict() == {"lantai": "2"}
    assert client.v1.prices.update(price.id, {"nickname": "L"}).nickname == "L"


def test_a_payment_link(client: stripe.StripeClient, price: stripe.Price) -> None:
    link = client.v1.payment_links.create({"line_items": [{"price": price.id, "quantity": 2}]})
    assert (link.object, link.active, link.currency) == ("payment_link", True, "IDR")
    items = client.v1.payment_links.line_items.list(link.id)
    assert [(each.quantity, each.amount_total) for each in items.data] == [(2, 40_000)]
    assert client.v1.payment_links.update(link.id, {"active": False}).active is False
    assert [each.id for each in client.v1.payment_links.list().data] == [link.id]


def test_a_session_and_its_refund(client: stripe.StripeClient, price: stripe.Price) -> None:
    session = client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "success_url": "https://toko.example/terima-kasih",
            "line_items": [{"price": price.id, "quantity": 1}],
        }
    )
    assert (session.payment_status, session.amount_total) == ("unpaid", 20_000)
    assert str(session.url).startswith("http")
    assert isinstance(session.payment_intent, str)
    with refused(stripe.APIError, 409, None):
        client.v1.refunds.create({"payment_intent": session.payment_intent, "amount": 5_000})
    assert client.v1.checkout.sessions.expire(session.id).status == "expired"


def test_a_payment_intent(client: stripe.StripeClient) -> None:
    intent = client.v1.payment_intents.create(
        {
            "amount": 1_000,
            "currency": "idr",
            "confirm": True,
            "payment_method_data": {"type": "dana"},  # type: ignore[typeddict-item]
            "return_url": "https://toko.example/",
        }
    )
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.type == "redirect_to_url"
    assert client.v1.payment_intents.cancel(intent.id).status == "canceled"


def test_every_page_of_a_list_and_a_time(client: stripe.StripeClient) -> None:
    names = [f"Barang {number}" for number in range(23)]
    first = client.v1.products.create({"name": names[0]})
    for name in names[1:]:
        client.v1.products.create({"name": name})
    since = {"gte": first.created}
    listed = client.v1.products.list({"limit": 5, "created": since})  # type: ignore[typeddict-item]
    assert [each.name for each in listed.auto_paging_iter()] == names[::-1]


def test_an_idempotent_retry(client: stripe.StripeClient) -> None:
    options: stripe.RequestOptions = {"idempotency_key": "sekali"}
    first = client.v1.products.create({"name": "Teh"}, options)
    assert client.v1.products.create({"name": "Teh"}, options).id == first.id
    with refused(stripe.APIError, 422, None):  # Stripe itself answers 400
        client.v1.products.create({"name": "Susu"}, options)


def test_errors_are_of_the_sdks_own_kinds(client: stripe.StripeClient) -> None:
    with refused(stripe.InvalidRequestError, 404, "resource_missing"):
        client.v1.products.retrieve("prod_none")
    with refused(stripe.InvalidRequestError, 400, "parameter_unknown"):
        client.v1.products.create({"name": "x", "shipable": True})  # type: ignore[typeddict-unknown-key]
    with refused(stripe.AuthenticationError, 401, None):
        client.v1.products.list(options={"api_key": "sk_test_none"})


def test_the_account(client: stripe.StripeClient) -> None:
    assert client.v1.accounts.retrieve_current().object == "account"


def test_a_webhook_endpoint_is_told_and_the_sdk_verifies_it(client: stripe.StripeClient) -> None:
    with listener() as (url, came):
        endpoint = client.v1.webhook_endpoints.create(
            {"url": url, "enabled_events": ["product.created"], "description": "ERP"}
        )
        assert (endpoint.status, endpoint.url) == ("enabled", url)
        product = client.v1.products.create({"name": "Teh"})
        told = ""
        while told != product.id:  # what happened just before may be told, too
            body, signature = came.get(timeout=20)
            event = client.construct_event(body, signature, str(endpoint.secret))
            assert event.type == "product.created"
            told = event.data.object["id"]
        shown = client.v1.events.retrieve(event.id)
        assert (shown.type, shown.data.object["name"]) == ("product.created", "Teh")
        assert event.id in [each.id for each in client.v1.events.list({"limit": 3}).data]
        listed = client.v1.webhook_endpoints.list().data
        assert [(each.id, getattr(each, "secret", None)) for each in listed] == [
            (endpoint.id, None)
        ]
        changed = client.v1.webhook_endpoints.update(endpoint.id, {"disabled": True})
        assert changed.status == "disabled"
        assert client.v1.webhook_endpoints.delete(endpoint.id).deleted
        with refused(stripe.InvalidRequestError, 404, "resource_missing"):
            client.v1.webhook_endpoints.retrieve(endpoint.id)
