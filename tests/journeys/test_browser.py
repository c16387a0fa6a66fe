"""A person with a cheap phone: opens the link, pays with DANA, sees LUNAS; with screenshots."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import SCREENSHOTS

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@contextmanager
def phone(browser: Browser, *, javascript: bool, dark: bool = False) -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": 360, "height": 740},
        is_mobile=True,
        has_touch=True,
        locale="id-ID",
        java_script_enabled=javascript,
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(15_000)
    try:
        page = context.new_page()
        yield page
    finally:
        context.close()


def shot(page: Page, name: str) -> None:
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def session_of(api: httpx.Client) -> dict[str, Any]:
    sessions = api.get("/v1/checkout/sessions").json()["data"]
    assert len(sessions) == 1
    found: dict[str, Any] = sessions[0]
    return found


def to_dana(page: Page, link: dict[str, Any]) -> None:
    page.goto(link["url"])
    page.locator("#pay").click()
    page.locator("#pay-dana").click()
    page.locator("#phone").fill("081234567890")
    page.locator("#pin").fill("123456")


def wait_until(holds: Callable[[], bool], page: Page) -> None:
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never happened")


@pytest.mark.parametrize("javascript", [False, True], ids=["no-script", "script"])
def test_a_shopper_pays_with_dana_and_sees_lunas_and_then_the_refund(
    browser: Browser, api: httpx.Client, link: dict[str, Any], javascript: bool
) -> None:
    name = "script" if javascript else "plain"
    with phone(browser, javascript=javascript) as page:
        page.goto(link["url"])
        expect(page.locator("h1")).to_contain_text("Kopi Gayo 250 g")
        expect(page.locator("#pay")).to_have_text("Bayar Rp75.000")
        shot(page, f"{name}-1-link")
        page.locator("#pay").click()
        expect(page.locator("#pay-dana")).to_be_visible()
        shot(page, f"{name}-2-hosted")
        page.locator("#pay-dana").click()
        page.locator("#phone").fill("081234567890")
        page.locator("#pin").fill("123456")
        shot(page, f"{name}-3-dana")
        page.locator("#approve").click()
        expect(page.locator("#status")).to_have_text("LUNAS")
        expect(page.locator("#status")).to_have_attribute("data-state", "paid")
        shot(page, f"{name}-4-lunas")
        session = session_of(api)
        assert (session["payment_status"], session["amount_total"]) == ("paid", 75_000)
        assert session["payment_method_type"] == "dana"

        refund = api.post(
            "/v1/refunds",
            json={"checkout_session": session["id"], "amount": 25_000},
            headers={"Idempotency-Key": uuid4().hex},
        )
        assert (refund.status_code, refund.json()["status"]) == (200, "succeeded")
        page.reload()
        expect(page.locator("#status")).to_have_text("DIKEMBALIKAN SEBAGIAN")
        expect(page.locator("#status")).to_have_attribute("data-refund", "partial")
        shot(page, f"{name}-5-refunded")


def test_a_declined_payment_can_be_tried_again_and_is_one_session(
    browser: Browser, api: httpx.Client, link: dict[str, Any]
) -> None:
    with phone(browser, javascript=True, dark=True) as page:
        to_dana(page, link)
        page.locator("#decline").click()
        expect(page.locator("#pay-dana")).to_be_visible()
        shot(page, "dark-declined")
        wait_until(lambda: session_of(api)["payment_status"] == "failed", page)
        page.locator("#pay-dana").click()
        page.locator("#phone").fill("081234567890")
        page.locator("#pin").fill("123456")
        page.locator("#approve").click()
        expect(page.locator("#status")).to_have_text("LUNAS")
        shot(page, "dark-lunas")
    session = session_of(api)
    assert (session["payment_status"], session["review"]) == ("paid", None)


def test_the_status_page_turns_to_lunas_by_itself_in_another_browser(
    browser: Browser, api: httpx.Client, link: dict[str, Any]
) -> None:
    with (
        phone(browser, javascript=False) as other,
        phone(browser, javascript=False) as page,
    ):
        page.goto(link["url"])
        page.locator("#pay").click()
        expect(page.locator("#pay-dana")).to_be_visible()
        other.goto(session_of(api)["status_url"])
        expect(other.locator("#status")).to_have_attribute("data-state", "unpaid")
        shot(other, "waiting")
        page.locator("#pay-dana").click()
        page.locator("#phone").fill("081234567890")
        page.locator("#pin").fill("123456")
        page.locator("#approve").click()
        expect(other.locator("#status")).to_have_text("LUNAS")


def test_a_paused_link_says_so_and_sends_nobody_to_pay(browser: Browser, api: httpx.Client) -> None:
    price = api.post(
        "/v1/prices",
        json={"currency": "IDR", "unit_amount": 75_000, "product_data": {"name": "Kopi"}},
    ).json()
    body = {"line_items": [{"price": price["id"]}], "active": False}
    link = api.post("/v1/payment_links", json=body).json()
    with phone(browser, javascript=False) as page:
        answer = page.goto(link["url"])
        assert answer is not None
        assert answer.status == 410
        assert page.locator("#pay").count() == 0
        shot(page, "paused")
    assert api.get("/v1/checkout/sessions").json()["data"] == []
