"""A link that may be paid so many times, through the API and on its page."""

from typing import Any

import pytest

from tests.web.samples import Json, at_instant
from tests.web.test_bad_input import check_refusal
from tests.web.test_replays import check_replay
from tests.web.test_storefront import check_page, path_of, payments_of, sessions_asked, tap
from tests.web.world import Merchant, Reply, World

HOUR = 3_600_000
SESSIONS = "/v1/checkout/sessions"
CLOSED = {
    "id": ("Sudah habis", "Semua sudah terjual, atau sedang dibayar pembeli lain."),
    "en": ("Sold out", "All are sold, or being paid for by another buyer."),
}


@pytest.fixture
def shop(world: World) -> Merchant:
    return world.merchant()


def limited(world: World, shop: Merchant, limit: int = 1, **more: Any) -> Json:
    """A link that may be paid so many times."""
    return world.link(shop, restrictions={"completed_sessions": {"limit": limit}}, **more)


def opened(world: World, link: Json, language: str = "id") -> Reply:
    """Its page."""
    return world.public.send("GET", f"/l/{link['slug']}", b"", {"Accept-Language": language})


def sold_out(world: World, shop: Merchant, link: Json) -> None:
    """Nobody can begin: 409 for the merchant, a closed page for the shopper; nothing is written."""
    with world.untouched():
        refused = shop.api.post(SESSIONS, {"payment_link": link["id"]}, "sold-out")
        check_refusal(refused, 409, "payment_link_limit_reached", None)
        assert refused.error["details"] == {"inactive_reason": "limit_reached"}
        for reply in (opened(world, link), tap(world, link, attempt="late"), tap(world, link)):
            tree = check_page(reply, 410)
            (main,) = tree.all("main")
            assert main["data-reason"] == "limit_reached"
            assert tree.all("form") == []


def counts(shop: Merchant, link: Json) -> tuple[int, int, int]:
    """The limit, how many were paid, and how many are being paid."""
    found = shop.api.get(f"/v1/payment_links/{link['id']}").ok()["restrictions"]
    (told,) = found.values()
    assert list(found) == ["completed_sessions"]
    return told["limit"], told["count"], told["pending"]


def pay(world: World, shop: Merchant, session: Json) -> Json:
    """The shopper pays, and the provider tells."""
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    outcome = world.deliver(shop, session, "payment_intent.succeeded").ok()["outcome"]
    assert outcome == "applied"
    return world.read(shop, session)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "1", 1_000_001, None, {}])
def test_a_limit_is_a_whole_number_from_one_to_a_million(
    world: World, shop: Merchant, limit: Any
) -> None:
    price = shop.api.post(
        "/v1/prices", {"currency": "IDR", "unit_amount": 20000, "product_data": {"name": "x"}}
    ).ok()
    body = {
        "line_items": [{"price": price["id"]}],
        "restrictions": {"completed_sessions": {"limit": limit}},
    }
    with world.untouched():
        reply = shop.api.post("/v1/payment_links", body)
    assert (reply.status, reply.error["param"]) == (
        400, "restrictions[completed_sessions][limit]",
    )  # fmt: skip


def test_a_form_may_set_the_limit(world: World, shop: Merchant) -> None:
    price = world.link(shop)["line_items"]["data"][0]["price"]["id"]
    form = f"line_items[0][price]={price}&restrictions[completed_sessions][limit]=1"
    link = shop.api.form("/v1/payment_links", form).ok()
    shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    sold_out(world, shop, link)


def test_a_session_holds_a_use_for_an_hour_and_a_payment_spends_it(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    assert opened(world, link).status == 200
    session = shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    assert session["expires_at"] == session["created"] + HOUR
    assert counts(shop, link) == (1, 0, 1)
    sold_out(world, shop, link)
    assert pay(world, shop, session)["payment_status"] == "paid"
    assert counts(shop, link) == (1, 1, 0)
    sold_out(world, shop, link)


def test_a_use_comes_back_when_nobody_paid_in_its_hour(world: World, shop: Merchant) -> None:
    link = limited(world, shop)
    session = shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    with at_instant(session["expires_at"] + 6 * 60_000):
        assert world.app.night.sweep()["payment"] >= 1
        assert world.read(shop, session)["status"] == "expired"
        assert opened(world, link).status == 200
        again = shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
        assert again["id"] != session["id"]
        sold_out(world, shop, link)


def test_a_use_comes_back_when_the_provider_refuses_the_session(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    world.control("/faults", kind="error_before", status=400, path_prefix=SESSIONS)
    refused = shop.api.post(SESSIONS, {"payment_link": link["id"]}, "no")
    check_refusal(refused, 402, "psp_rejected", None)
    assert shop.api.post(SESSIONS, {"payment_link": link["id"]}, "yes").status == 200


def test_two_are_sold_to_two_and_not_to_a_third(world: World, shop: Merchant) -> None:
    link = limited(world, shop, limit=2)
    first = tap(world, link, attempt="one")
    second = tap(world, link, attempt="two")
    assert (first.status, second.status) == (303, 303)
    sold_out(world, shop, link)
    for session in payments_of(shop):
        assert pay(world, shop, session)["payment_status"] == "paid"
    sold_out(world, shop, link)
    assert len(payments_of(shop)) == 2


@pytest.mark.parametrize("language", CLOSED)
def test_the_closed_page_says_why_in_both_languages(
    world: World, shop: Merchant, language: str
) -> None:
    link = limited(world, shop, inactive_message="Besok ada lagi <b>ya</b>")
    assert tap(world, link, attempt="one").status == 303
    title, why = CLOSED[language]
    reply = opened(world, link, language)
    tree = check_page(reply, 410)
    words = " ".join(" ".join(tree.words).split())
    assert title in words
    assert why in words
    assert "Besok ada lagi <b>ya</b>" in words
    (html,) = tree.all("html")
    assert html["lang"] == language


def test_the_same_tap_again_goes_to_the_same_page_though_the_link_is_sold_out(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    first = tap(world, link, attempt="one")
    with world.untouched():
        again = tap(world, link, attempt="one")
    assert (again.status, again.headers["location"]) == (303, first.headers["location"])
    sold_out(world, shop, link)


def test_the_same_tap_after_it_was_paid_goes_to_the_status_page(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    tap(world, link, attempt="one")
    (session,) = payments_of(shop)
    pay(world, shop, session)
    again = tap(world, link, attempt="one")
    assert (again.status, again.headers["location"]) == (303, session["status_url"])
    assert check_page(world.public.get(path_of(session)), 200)


def test_the_same_key_again_gets_its_answer_though_the_link_is_sold_out(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    first = shop.api.post(SESSIONS, {"payment_link": link["id"]}, "mine")
    assert first.status == 200
    with world.untouched():
        check_replay(shop.api.post(SESSIONS, {"payment_link": link["id"]}, "mine"), first)
    sold_out(world, shop, link)


def test_looking_at_the_last_one_a_hundred_times_keeps_it_for_who_taps(
    world: World, shop: Merchant
) -> None:
    link = limited(world, shop)
    with world.untouched():
        for _ in range(100):
            assert opened(world, link).status == 200
    assert tap(world, link, attempt="one").status == 303
    assert len(sessions_asked(world)) == 1


# --- money beyond the limit -------------------------------------------------------------------


def surplus(world: World, shop: Merchant, policy: str) -> tuple[Json, Json]:
    """A link of one use and a session of it that is paid after its use went to another."""
    link = limited(world, shop, duplicate_payment_policy=policy)
    late = shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    world.control("/switches", expire_cancels_intent=False)  # a wallet's page may stay open
    try:
        expired = shop.api.post(f"{SESSIONS}/{late['id']}/expire", {})
        assert expired.ok()["status"] == "expired"
    finally:
        world.control("/switches", expire_cancels_intent=True)
    shop.api.post(SESSIONS, {"payment_link": link["id"]}).ok()
    sold_out(world, shop, link)
    return link, late


@pytest.mark.parametrize(
    ("policy", "refundable", "refunds"),
    [("hold", 20000, 0), ("accept", 20000, 0), ("refund", 0, 1)],
)
def test_a_surplus_payment_is_paid_flagged_and_ended_by_the_links_policy(
    world: World, shop: Merchant, policy: str, refundable: int, refunds: int
) -> None:
    link, late = surplus(world, shop, policy)
    paid = pay(world, shop, late)
    assert (paid["payment_status"], paid["amount_refundable"]) == ("paid", 20000)
    assert paid["review"]["reason"] == "surplus"
    world.app.night.sweep()
    after = world.read(shop, late)
    assert after["amount_refundable"] == refundable
    assert after["amount_refunded"] == 20000 - refundable
    assert len(shop.api.get("/v1/refunds").ok()["data"]) == refunds
    sold_out(world, shop, link)
