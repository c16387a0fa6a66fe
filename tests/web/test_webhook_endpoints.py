"""The merchants' API of webhook endpoints and events, as a program of theirs meets it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import stripe

from chalicelib.domain.event_deliveries import Outcome
from chalicelib.jobs import deliver
from chalicelib.usecases.outbox import Posting, Untold
from tests.web.samples import Json
from tests.web.test_order_form import sent
from tests.web.world import Merchant, World

HOOK = {"url": "https://shop.example/hook", "enabled_events": ["*"]}
PATH = "/v1/webhook_endpoints"


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


def made(shop: Merchant, **changes: Any) -> Json:
    return shop.api.post(PATH, {**HOOK, **changes}).ok()


@contextmanager
def listening(world: World, *outcomes: Outcome) -> Iterator[list[Posting]]:
    """What is posted, and what comes of it; 200 when nothing else is said."""
    came: list[Posting] = []
    answers = iter(outcomes)

    def post(postings: list[Posting]) -> list[Outcome]:
        came.extend(postings)
        return [next(answers, Outcome(200, None, 1)) for _ in postings]

    kept = world.app.post
    object.__setattr__(world.app, "post", post)
    try:
        yield came
    finally:
        object.__setattr__(world.app, "post", kept)


def all_told(world: World, shop: Merchant) -> None:
    """The queue has woken the teller for every event of the shop."""
    for event in shop.api.get("/v1/events?limit=100").ok()["data"]:
        assert deliver.told([Untold(shop.tenant, event["id"]).message()]) == []


def test_the_secret_is_shown_when_it_is_made_and_never_again(world: World, shop: Merchant) -> None:
    given = made(shop, description="ERP", metadata={"a": "b"})
    secret = given.pop("secret")
    assert secret.startswith("whsec_")
    assert given == {
        "id": given["id"], "object": "webhook_endpoint", "created": given["created"],
        "updated": given["created"], "livemode": False, "url": HOOK["url"],
        "enabled_events": ["*"], "description": "ERP", "status": "enabled",
        "disabled_reason": None, "failing_since": None, "api_version": None,
        "metadata": {"a": "b"},
    }  # fmt: skip
    assert shop.api.get(f"{PATH}/{given['id']}").ok() == given
    listed = shop.api.get(PATH).ok()
    assert (listed["url"], listed["data"][0]) == (PATH, given)
    assert secret not in repr(world.dump())


def test_the_same_key_shows_the_same_secret(world: World, shop: Merchant) -> None:
    first = shop.api.post(PATH, HOOK, key="hook-1").ok()
    with world.untouched():
        assert shop.api.post(PATH, HOOK, key="hook-1").ok() == first


def test_a_secret_is_rolled(shop: Merchant) -> None:
    given = made(shop)
    rolled = shop.api.post(f"{PATH}/{given['id']}/roll_secret", {"expires_in": 60}).ok()
    assert rolled["secret"] != given["secret"]
    for wrong in (-1, 86_401, "x"):
        refused = shop.api.post(f"{PATH}/{given['id']}/roll_secret", {"expires_in": wrong})
        assert (refused.status, refused.error["param"]) == (400, "expires_in")


def test_it_changes_and_goes(world: World, shop: Merchant) -> None:
    given = made(shop)
    one = f"{PATH}/{given['id']}"
    form = "url=https%3A%2F%2Fb.example%2Fx&enabled_events[]=refund.created&disabled=true"
    changed = shop.api.form(one, form).ok()
    assert (changed["url"], changed["enabled_events"]) == (
        "https://b.example/x",
        ["refund.created"],
    )
    assert (changed["status"], changed["disabled_reason"]) == ("disabled", "merchant")
    assert "secret" not in changed
    assert shop.api.send("DELETE", one).ok() == {
        "id": given["id"], "object": "webhook_endpoint", "deleted": True,
    }  # fmt: skip
    with world.untouched():
        assert shop.api.send("DELETE", one).status == shop.api.get(one).status == 404


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"url": "http://shop.example"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://localhost/x"}, "url"),
        ({"url": "https://shop.example:8443/"}, "url"),
        ({"url": "https://user:pw@shop.example/"}, "url"),
        ({"url": "https://metadata.google.internal/"}, "url"),
        ({"url": "x" * 3000}, "url"),
        ({"enabled_events": []}, "enabled_events"),
        ({"enabled_events": ["payment.paid"]}, "enabled_events[0]"),
        ({"enabled_events": ["*", 1]}, "enabled_events[1]"),
        ({"api_version": "x"}, "api_version"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    world: World, shop: Merchant, changes: Json, param: str
) -> None:
    given = made(shop)
    with world.untouched():
        for path in (PATH, f"{PATH}/{given['id']}"):
            refused = shop.api.post(path, {**HOOK, **changes})
            assert (refused.status, refused.error["param"]) == (400, param)


def test_a_payment_is_told_as_the_api_shows_it_and_stripes_library_reads_it(world: World) -> None:
    shop = world.merchant()
    given = made(shop)
    with listening(world) as came:
        session = world.paid(shop)
        all_told(world, shop)
    told = {json.loads(each.body)["type"]: each for each in came}
    assert {"checkout.session.completed", "payment_intent.succeeded"} <= told.keys()
    posting = told["checkout.session.completed"]
    event = stripe.Webhook.construct_event(
        posting.body, posting.headers["Tautan-Signature"], given["secret"]
    )
    assert (event.type, event.livemode) == ("checkout.session.completed", False)
    body = json.loads(posting.body)
    assert body["data"]["object"]["id"] == session["id"]
    assert body["data"]["object"]["payment_status"] == "paid"
    shown = shop.api.get(f"/v1/events/{body['id']}").ok()
    assert {**shown, "pending_webhooks": 1} == body
    log = shop.api.get(f"{PATH}/{given['id']}/deliveries").ok()["data"]
    assert {each["event"] for each in log} >= {body["id"]}
    assert {(each["status"], each["response_status"], each["attempts"]) for each in log} == {
        ("delivered", 200, 1)
    }


def test_an_event_is_sent_once_more(world: World) -> None:
    shop = world.merchant()
    given = made(shop)
    with listening(world, Outcome(None, "no connection", 4)) as came:
        shop.api.post("/v1/products", {"name": "Apel"}).ok()
        all_told(world, shop)
        (event,) = shop.api.get("/v1/events").ok()["data"]
        assert (event["type"], event["pending_webhooks"]) == ("product.created", 1)
        (log,) = shop.api.get(f"{PATH}/{given['id']}/deliveries").ok()["data"]
        assert (log["status"], log["error"], log["response_status"]) == (
            "pending", "no connection", None,
        )  # fmt: skip
        assert log["next_attempt_at"] >= log["last_attempt_at"] + 60_000
        retry = f"/v1/events/{event['id']}/retry"
        assert shop.api.post(retry, {"webhook_endpoint": given["id"]}).ok()["id"] == event["id"]
        assert deliver.told([Untold(shop.tenant, event["id"], given["id"]).message()]) == []
    assert len({each.body for each in came}) == 1
    assert len(came) == 2
    assert shop.api.get(f"/v1/events/{event['id']}").ok()["pending_webhooks"] == 0
    for body, status in (({}, 400), ({"webhook_endpoint": "we_x"}, 404)):
        assert shop.api.post(retry, body).status == status


def test_each_kind_of_object_is_told_as_the_api_shows_it(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    shop.api.post("/v1/account", {"name": "Toko Baru"}).ok()
    off = made(shop)
    with listening(world, *[Outcome(410, None, 1)] * 20):
        all_told(world, shop)
    told = {each["type"]: each for each in shop.api.get("/v1/events?limit=100").ok()["data"]}
    assert told["payment_link.created"]["data"]["object"]["id"] == link["id"]
    assert told["product.created"]["data"]["object"]["object"] == "product"
    assert told["price.created"]["data"]["object"]["object"] == "price"
    assert told["account.updated"]["data"]["object"]["name"] == "Toko Baru"
    assert "wooshpay" not in told["account.updated"]["data"]["object"]
    ended = told["webhook_endpoint.disabled"]["data"]["object"]
    assert (ended["id"], ended["disabled_reason"]) == (off["id"], "gone")
    assert "secret" not in ended


def test_an_expired_session_tells_where_the_shopper_may_begin_anew(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    assert sent(world, link, {"attempt": world.app.mint.secret()}).status == 303
    (session,) = shop.api.get("/v1/checkout/sessions").ok()["data"]
    shop.api.post(f"/v1/checkout/sessions/{session['id']}/expire", {}).ok()
    told = {each["type"]: each for each in shop.api.get("/v1/events?limit=100").ok()["data"]}
    expired = told["checkout.session.expired"]["data"]["object"]
    assert expired["recovery_url"].endswith(f"/l/{link['slug']}")


def test_events_are_listed_by_type(world: World) -> None:
    shop = world.merchant()
    world.link(shop)

    def types(query: str) -> list[str]:
        return [each["type"] for each in shop.api.get(f"/v1/events?{query}").ok()["data"]]

    assert types("type=price.created") == ["price.created"]
    asked = "types[]=price.created&types[]=payment_link.created"
    assert types(asked) == ["payment_link.created", "price.created"]
    assert types("type=refund.created") == []
    for wrong in ("type=*", "type=x", "types[]=x", "types[]=*"):
        assert shop.api.get(f"/v1/events?{wrong}").status == 400
