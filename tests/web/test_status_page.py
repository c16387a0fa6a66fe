"""The status page: how a payment stands, for whoever holds its token and nobody else."""

import pytest

from tests.web.samples import Json, at_instant, signed
from tests.web.test_storefront import check_page, path_of
from tests.web.world import Merchant, World

ULID = "01M85VECTF8KAWQADBT8MQFYQ5"


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


def stand(world: World, session: Json) -> tuple[str | None, str | None]:
    """What the status page says: the state and the refund."""
    tree = check_page(world.public.get(path_of(session)), 200)
    (heading,) = [each for each in tree.all("h1") if each.get("id") == "status"]
    return heading["data-state"], heading["data-refund"]


def test_the_status_page_follows_the_payment(world: World, shop: Merchant) -> None:
    session = world.unpaid(shop)
    assert stand(world, session) == ("unpaid", "none")
    for type, status, told in (
        ("payment_intent.processing", "processing", "processing"),
        ("payment_intent.payment_failed", "requires_payment_method", "failed"),
        ("payment_intent.succeeded", "succeeded", "paid"),
    ):
        body = world.event_about(session, type, status=status)
        world.knock(shop, body, signed(shop.webhook_secret, body)).ok()
        assert stand(world, session) == (told, "none")


def test_the_status_page_shows_lunas_and_then_the_refund(world: World, shop: Merchant) -> None:
    paid = world.paid(shop)
    assert "LUNAS" in world.public.get(path_of(paid)).text.upper()
    shop.api.post("/v1/refunds", {"checkout_session": paid["id"], "amount": 5000}, "status").ok()
    assert stand(world, paid) == ("paid", "partial")


def test_the_status_page_of_a_review_and_of_an_expired_session(
    world: World, shop: Merchant
) -> None:
    session = world.unpaid(shop)
    with at_instant(session["expires_at"]):
        assert stand(world, session) == ("expired", "none")
    body = world.event_about(session, "payment_intent.succeeded", amount_received=1)
    world.knock(shop, body, signed(shop.webhook_secret, body)).ok()
    assert stand(world, session) == ("review", "none")


def test_coming_back_with_any_query_changes_nothing(world: World, shop: Merchant) -> None:
    session = world.unpaid(shop)
    with world.untouched():
        path = f"{path_of(session)}?status=paid&payment_status=paid&redirect_status=succeeded"
        assert world.public.get(path).status == 200
    assert stand(world, session) == ("unpaid", "none")


def test_bent_and_foreign_tokens_are_404_with_the_same_body(
    world: World, shop: Merchant, b: Merchant
) -> None:
    token = path_of(world.unpaid(shop)).removeprefix("/s/")
    foreign = path_of(world.unpaid(b)).removeprefix("/s/")
    other = path_of(world.unpaid(shop)).removeprefix("/s/")
    bent = [
        "x",
        token[:-1],
        token + "0",
        token[:-1] + ("0" if token[-1] != "0" else "1"),
        token.upper(),
        "l" + token[1:],
        token[:27] + foreign[27:],
        foreign[:27] + token[27:],
        other[:-32] + token[-32:],
        token[:27] + ULID + token[53:],
        token[:53],
        "t" + ULID + ULID + "0" * 32,
    ]
    with world.untouched():
        replies = [world.public.get(f"/s/{each}") for each in bent]
    assert {reply.text for reply in replies} == {replies[0].text}
    for reply in replies:
        check_page(reply, 404)
        assert reply.headers.keys() == replies[0].headers.keys()
    assert world.public.get(f"/s/{token}").status == 200
