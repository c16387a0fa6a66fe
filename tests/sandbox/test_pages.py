"""The hosted page and the wallet page, by plain form posts."""

import httpx
import pytest

from tests.sandbox.conftest import Shop, line


def location(answer: httpx.Response) -> str:
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def at_wallet(shop: Shop, **changes: object) -> tuple[dict[str, str], str]:
    """A session whose shopper has arrived at DANA's page, and that page's address."""
    made = shop.session(**changes)
    wallet = location(shop.http.post(made["url"], data={"method": "dana"}))
    assert wallet == f"{shop.server.url}/dana/{made['payment_intent']}"
    return made, wallet


def decide(shop: Shop, wallet: str, action: str) -> str:
    form = {"action": action, "phone": "0812", "pin": "123456"}
    return location(shop.http.post(wallet, data=form))


def test_the_hosted_page_shows_the_order(shop: Shop) -> None:
    made = shop.session(
        line_items=[line(1500, 3), line(15500)], payment_method_types=["dana", "bank_transfer_id"]
    )

    page = shop.http.get(made["url"])

    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    for text in ("SANDBOX", "Rp20.000", "Rp4.500", "× 3", 'id="pay-dana"', 'value="dana"',
                 'id="pay-bank_transfer_id"', 'data-status="open"',
                 'href="https://www.wooshpay.com"'):  # fmt: skip
        assert text in page.text
    assert "<script" not in page.text


def test_names_are_escaped(shop: Shop) -> None:
    tea = line(20000)
    tea["price_data"]["product_data"]["name"] = "<b>tea</b>"

    assert "&lt;b&gt;tea&lt;/b&gt;" in shop.http.get(shop.session(line_items=[tea])["url"]).text


def test_the_total_follows_the_minor_units(shop: Shop) -> None:
    shop.switch(minor_units={"IDR": 2})

    assert "Rp200,00" in shop.http.get(shop.session()["url"]).text


@pytest.mark.parametrize("path", ["/pay/cs_test_1", "/pay/cs_1", "/dana/pi_1", "/wallet/pi_1"])
def test_unknown_pages_are_404(shop: Shop, path: str) -> None:
    assert [shop.http.get(path).status_code, shop.http.post(path).status_code] == [404, 404]
    assert "No such payment" in shop.http.get(path).text


def test_approve_pays(shop: Shop) -> None:
    made, wallet = at_wallet(shop, success_url="https://shop.example/?s={CHECKOUT_SESSION_ID}")
    page = shop.http.get(wallet).text
    for text in ("SANDBOX", "DANA", "Rp20.000", 'id="approve"', 'id="decline"', 'id="cancel"',
                 'id="phone"', 'id="pin"'):  # fmt: skip
        assert text in page

    assert decide(shop, wallet, "approve") == f"https://shop.example/?s={made['id']}"

    paid = shop.get(f"/v1/checkout/sessions/{made['id']}")
    assert (paid["status"], paid["payment_status"]) == ("complete", "paid")
    assert shop.intent(made["payment_intent"])["amount_received"] == 20000
    hosted = shop.http.get(made["url"]).text
    assert 'data-status="complete"' in hosted
    assert "pay-dana" not in hosted
    assert "Already paid" in shop.http.get(wallet).text


@pytest.mark.parametrize("second", ["approve", "decline", "cancel"])
def test_deciding_again_changes_nothing(shop: Shop, second: str) -> None:
    made, wallet = at_wallet(shop)
    decide(shop, wallet, "approve")

    assert decide(shop, wallet, second) == "https://wooshpay.com/"

    assert shop.intent(made["payment_intent"])["status"] == "succeeded"
    assert shop.event_types().count("payment_intent.succeeded") == 1
    again = shop.http.post(made["url"], data={"method": "dana"})
    assert location(again) == f"/pay/cs_test_{made['id'].removeprefix('cs_')}"


def test_decline_leads_back_and_the_order_stays_payable(shop: Shop) -> None:
    made, wallet = at_wallet(shop)

    back = decide(shop, wallet, "decline")

    page = shop.http.get(back).text
    assert 'id="notice"' in page
    assert "The payment was declined" in page
    assert 'data-status="open"' in page
    failed = shop.intent(made["payment_intent"])
    assert (failed["status"], failed["payment_method"]) == ("requires_payment_method", "")
    assert failed["last_payment_error"]["code"] == "sandbox_payment_declined"
    assert shop.event_types()[-1] == "payment_intent.payment_failed"
    shop.http.post(made["url"], data={"method": "dana"})
    assert decide(shop, wallet, "approve") == "https://wooshpay.com/"
    assert shop.intent(made["payment_intent"])["last_payment_error"] == ""


def test_cancel_leads_to_the_cancel_url(shop: Shop) -> None:
    made, wallet = at_wallet(shop)

    assert decide(shop, wallet, "cancel") == "https://www.wooshpay.com"

    assert shop.intent(made["payment_intent"])["status"] == "requires_action"
    assert shop.get(f"/v1/checkout/sessions/{made['id']}")["status"] == "open"
    assert decide(shop, wallet, "approve") == "https://wooshpay.com/"


def test_without_a_cancel_url_cancel_leads_to_the_order(shop: Shop) -> None:
    tea = {"mode": "payment", "success_url": "https://a.example/", "line_items": [line(500)]}
    made = shop.post("/v1/checkout/sessions", tea).json()
    wallet = location(shop.http.post(made["url"], data={"method": "dana"}))

    assert decide(shop, wallet, "cancel") == f"/pay/cs_test_{made['id'].removeprefix('cs_')}"


def test_an_expired_order_cant_be_paid(shop: Shop) -> None:
    made, wallet = at_wallet(shop)
    shop.post(f"/v1/checkout/sessions/{made['id']}/expire")

    decide(shop, wallet, "approve")

    assert "This payment page has expired" in shop.http.get(made["url"]).text
    assert shop.intent(made["payment_intent"])["status"] == "canceled"


def test_a_method_that_is_not_offered_is_refused(shop: Shop) -> None:
    refused = shop.http.post(shop.session()["url"], data={"method": "gcash"})

    assert refused.status_code == 400
    assert "gcash is not offered" in refused.text


def test_another_method_has_its_own_page(shop: Shop) -> None:
    made = shop.session(payment_method_types=["dana", "bank_transfer_id"])
    shop.http.post(made["url"], data={"method": "dana"})
    wallet = location(shop.http.post(made["url"], data={"method": "bank_transfer_id"}))

    assert wallet == f"{shop.server.url}/wallet/{made['payment_intent']}"
    assert decide(shop, wallet, "approve") == "https://wooshpay.com/"
    paid = shop.intent(made["payment_intent"])
    assert paid["payment_method_types"] == ["bank_transfer_id"]


def test_the_direct_api_returns_to_its_return_url(shop: Shop) -> None:
    body = {
        "amount": 100,
        "currency": "IDR",
        "confirm": True,
        "payment_method_data": {"type": "dana"},
        "return_url": "https://your.website/back",
    }
    for action in ("approve", "decline", "cancel"):
        made = shop.post("/v1/payment_intents", body).json()
        wallet = made["next_action"]["dana_handle_redirect"]["url"]
        assert decide(shop, wallet, action) == "https://your.website/back"


def test_a_processing_payment_says_so(shop: Shop) -> None:
    shop.switch(processing_before_success=True)
    made, wallet = at_wallet(shop)

    assert decide(shop, wallet, "approve") == "https://wooshpay.com/"

    assert 'data-status="processing"' in shop.http.get(made["url"]).text
