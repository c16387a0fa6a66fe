"""A shopper fills in what a link asks: with and without script, by hand and by keyboard alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_browser import phone, session_of, shot
from tests.journeys.test_every_page import DESK, violations

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
Json = dict[str, Any]
TOLD = {
    "#name": "Budi Santoso",
    "#phone": "0812 3456 7890",
    "#address_line1": "Jl. Merdeka No. 10",
    "#address_city": "Kota Bandung",
    "#address_state": "Jawa Barat",
    "#address_postal_code": "40115",
}


def made(api: httpx.Client, path: str, body: Json) -> Json:
    answer = api.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


@pytest.fixture
def shirts(api: httpx.Client) -> Json:
    """A link that asks everything."""
    data = {"name": "Kaos Polos Hitam", "inventory": {"tracked": True, "available": 5}}
    product = made(api, "/v1/products", data)["id"]
    prices = [
        made(api, "/v1/prices", {"currency": "IDR", "unit_amount": amount, "nickname": nickname,
                                 "product": product})["id"]
        for nickname, amount in (("Ukuran M", 120_000), ("Ukuran XL", 135_000))
    ]  # fmt: skip
    line = {
        "price": prices[0],
        "variants": prices[1:],
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 9},
    }
    asked = {"name": "required", "phone": "required", "email": "optional",
             "shipping_address": "required"}  # fmt: skip
    colors = [{"label": "Putih", "value": "putih"}, {"label": "Emas", "value": "emas"}]
    field = {"key": "warna", "label": {"custom": "Warna sablon"}, "type": "dropdown",
             "dropdown": {"options": colors}}  # fmt: skip
    body = {"line_items": [line], "collect": asked, "custom_fields": [field]}
    return made(api, "/v1/payment_links", body)


@contextmanager
def desk(browser: Browser, *, javascript: bool = True, language: str = "id-ID") -> Iterator[Page]:
    context = browser.new_context(
        viewport=DESK, locale=language, java_script_enabled=javascript, color_scheme="dark"
    )
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()


def approve(page: Page) -> None:
    """DANA, by keyboard."""
    page.locator("#pay-dana").press("Enter")
    page.locator("#phone").fill("081234567890")
    page.locator("#pin").fill("123456")
    page.locator("#approve").press("Enter")
    expect(page.locator("#status")).to_have_text("LUNAS")


@pytest.mark.parametrize("javascript", [False, True], ids=["no-script", "script"])
def test_a_shopper_mends_what_was_wrong_and_pays(
    browser: Browser, api: httpx.Client, shirts: Json, javascript: bool
) -> None:
    with phone(browser, javascript=javascript) as page:
        page.goto(shirts["url"])
        page.get_by_label("Ukuran XL").check()
        if javascript:
            page.get_by_label("Tambah satu").click()
            expect(page.locator("#total")).to_have_text("Rp270.000")
            expect(page.locator("#pay")).to_have_text("Bayar Rp270.000")
        else:
            expect(page.get_by_label("Tambah satu")).to_be_hidden()
            page.locator("#quantity_1").fill("2")
        page.locator("#phone").fill("0812")
        page.locator("#pay").click()
        expect(page.locator("#problems")).to_be_focused()
        expect(page.locator("#pay")).to_have_text("Bayar Rp270.000")
        expect(page.locator("#phone-wrong")).to_contain_text("Nomor HP belum benar.")
        expect(page.locator("#phone")).to_have_value("0812")
        page.get_by_role("link", name="Nama belum diisi.").click()
        assert page.evaluate("location.hash") == "#name"
        shot(page, f"wrong-{'script' if javascript else 'plain'}")
        assert api.get("/v1/checkout/sessions").json()["data"] == []
        for field, text in TOLD.items():
            page.locator(field).fill(text)
        page.get_by_label("Warna sablon").select_option("Emas")
        page.locator("#pay").click()
        expect(page.locator("#pay-dana")).to_be_visible()
        approve(page)
        session = session_of(api)
        assert session["amount_total"] == 270_000
        assert session["customer_details"]["phone"] == "+6281234567890"
        page.locator("#receipt").click()
        expect(page.locator(".answers")).to_contain_text("Budi Santoso")
        assert page.url == session["receipt_url"]
        shot(page, f"receipt-{'script' if javascript else 'plain'}")


def test_a_keyboard_is_enough(browser: Browser, api: httpx.Client, shirts: Json) -> None:
    def focused() -> str:
        of = "document.activeElement"
        return str(page.evaluate(f"{of}.id || {of}.value || {of}.className || {of}.tagName"))

    with desk(browser) as page:
        page.goto(shirts["url"])
        came_by = []
        texts = {**TOLD, "#quantity_1": "3"}
        for _ in range(40):
            page.keyboard.press("Tab")
            came_by.append(focused())
            if came_by[-1].startswith("price_"):
                page.keyboard.press("ArrowDown")
            elif f"#{came_by[-1]}" in texts:
                page.keyboard.press("Control+A")
                page.keyboard.type(texts[f"#{came_by[-1]}"])
            elif came_by[-1] == "field_warna":
                page.keyboard.type("E")
            elif came_by[-1] == "pay":
                break
        order = ["quantity_1", "name", "phone", "email", "address_line1", "address_village",
                 "address_district", "address_city", "address_state", "address_postal_code",
                 "field_warna", "pay"]  # fmt: skip
        assert [each for each in came_by if each in order] == order
        ring = "getComputedStyle(document.activeElement).outlineWidth"
        assert page.evaluate(ring) == "3px"
        expect(page.locator("#total")).to_have_text("Rp405.000")
        assert violations(page) == []
        page.keyboard.press("Enter")
        expect(page.locator("#pay-dana")).to_be_visible()
        approve(page)
        assert violations(page) == []
        session = session_of(api)
        assert session["amount_total"] == 405_000
        assert session["custom_fields"][0]["dropdown"]["value"] == "emas"


def test_a_tap_says_that_the_wallet_is_being_opened_until_the_page_is_back(
    browser: Browser, api: httpx.Client, link: Json
) -> None:
    with phone(browser, javascript=True) as page:
        page.goto(link["url"])
        page.evaluate("document.forms[0].addEventListener('submit', e => e.preventDefault())")
        page.locator("#pay").click()
        expect(page.locator("#pay")).to_have_text("Membuka DANA…")
        expect(page.locator("#pay")).to_have_attribute("aria-disabled", "true")
        page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow'))")
        expect(page.locator("#pay")).to_have_text("Bayar Rp75.000")


def test_an_amount_counts_as_it_is_typed(browser: Browser, api: httpx.Client) -> None:
    given = {"currency": "IDR", "custom_unit_amount": {"enabled": True, "minimum": 10_000},
             "product_data": {"name": "Donasi"}}  # fmt: skip
    price = made(api, "/v1/prices", given)["id"]
    link = made(api, "/v1/payment_links", {"line_items": [{"price": price}]})
    with desk(browser, language="en-US") as page:
        page.goto(link["url"])
        for typed, told in (
            ("", "Pay"), ("150.000", "Pay Rp150.000"), ("Rp 1.000.000", "Pay Rp1.000.000"),
            ("abc", "Pay"), ("25000", "Pay Rp25.000"),
        ):  # fmt: skip
            page.locator("#amount").fill(typed)
            expect(page.locator("#pay")).to_have_text(told)
        page.locator("#pay").click()
        expect(page.locator("#pay-dana")).to_be_visible()
    assert session_of(api)["amount_total"] == 25_000


def test_the_status_page_looks_by_itself_and_keeps_the_language(
    browser: Browser, api: httpx.Client, link: Json
) -> None:
    with phone(browser, javascript=True) as page, phone(browser, javascript=True) as other:
        page.goto(link["url"])
        page.get_by_role("link", name="English").click()
        page.locator("#pay").click()
        expect(page.locator("#pay-dana")).to_be_visible()
        status = session_of(api)["status_url"]
        other.goto(status)
        expect(other.locator("#status")).to_have_text("MENUNGGU PEMBAYARAN")
        other.evaluate("window.stayed = true")
        other.wait_for_timeout(3_500)
        assert other.evaluate("window.stayed"), "nothing has changed, and nothing moved"
        page.locator("#pay-dana").press("Enter")
        page.locator("#phone").fill("081234567890")
        page.locator("#pin").fill("123456")
        page.locator("#approve").press("Enter")
        expect(other.locator("#status")).to_have_text("LUNAS")
        expect(page.locator("#status")).to_have_text("PAID")
