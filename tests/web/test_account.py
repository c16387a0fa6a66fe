"""The merchant's own account, as the merchant sees and changes it."""

from typing import Any

import pytest

from tests.web.world import Merchant, World


def test_an_account_shows_what_is_set_and_never_a_secret(a: Merchant) -> None:
    reply = a.api.get("/v1/account")
    shown = reply.ok()
    assert shown == {
        "id": a.id,
        "object": "account",
        "created": shown["created"],
        "livemode": False,
        "name": shown["name"],
        "branding": {"logo": None, "color": None},
        "contact": {"whatsapp": None, "telegram": None, "line": None},
        "late_payment_policy": "hold",
        "duplicate_payment_policy": "hold",
        "wooshpay": {"key": True, "webhook_secret": True},
    }
    assert a.wooshpay_key not in reply.text
    assert a.webhook_secret not in reply.text


def test_what_is_told_changes_and_the_rest_stays(world: World) -> None:
    shop = world.merchant()
    before = shop.api.get("/v1/account").ok()
    branding = {"logo": "https://toko.example/logo.png", "color": "#C03020"}
    contact = {"whatsapp": "0812 3456 7890", "telegram": "tokosari"}
    told = {"name": "Toko Sari", "branding": branding, "contact": contact}
    after = shop.api.post("/v1/account", told).ok()
    assert after == {
        **before,
        "name": "Toko Sari",
        "branding": branding,
        "contact": {"whatsapp": "+6281234567890", "telegram": "tokosari", "line": None},
    }
    assert shop.api.get("/v1/account").ok() == after
    assert shop.api.post("/v1/account", {}).ok() == after
    policy = {"late_payment_policy": "refund"}
    assert shop.api.post("/v1/account", policy).ok() == {**after, **policy}
    assert "Toko Sari" in world.public.get(f"/l/{world.link(shop)['slug']}").text


def test_the_same_key_changes_once(world: World) -> None:
    shop = world.merchant()
    first = shop.api.post("/v1/account", {"name": "Satu"}, key="k1").ok()
    assert shop.api.post("/v1/account", {"name": "Dua"}).ok()["name"] == "Dua"
    again = shop.api.post("/v1/account", {"name": "Satu"}, key="k1")
    assert (again.ok(), again.headers["idempotency-replayed"]) == (first, "true")
    assert shop.api.get("/v1/account").ok()["name"] == "Dua"
    other = shop.api.post("/v1/account", {"name": "Tiga"}, key="k1")
    assert (other.status, other.error["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("told", "param"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": 5}, "name"),
        ({"branding": {"color": "red"}}, "branding[color]"),
        ({"branding": {"color": "#12345"}}, "branding[color]"),
        ({"branding": {"color": "#123456;}"}}, "branding[color]"),
        ({"branding": {"logo": "javascript:alert(1)"}}, "branding[logo]"),
        ({"branding": {"logo": "http://a.example/x"}}, "branding[logo]"),
        ({"branding": {"font": "x"}}, "branding[font]"),
        ({"contact": {"whatsapp": "12"}}, "contact[whatsapp]"),
        ({"contact": {"telegram": "a b"}}, "contact[telegram]"),
        ({"contact": {"line": "x/y"}}, "contact[line]"),
        ({"late_payment_policy": "keep"}, "late_payment_policy"),
        ({"id": "acct_x"}, "id"),
        ({"wooshpay": {"key": "sk_test_x"}}, "wooshpay"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(
    world: World, a: Merchant, told: dict[str, Any], param: str
) -> None:
    with world.untouched():
        refused = a.api.post("/v1/account", told)
    assert (refused.status, refused.error["param"]) == (400, param)
