"""What a real browser says when a script sends the form off, and when a hand does."""

from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.test_browser import phone, session_of, shot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_script_is_asked_once_more_and_begins_nothing_and_a_hand_then_pays(
    browser: Browser, api: httpx.Client, link: dict[str, Any]
) -> None:
    with phone(browser, javascript=True) as page:
        page.goto(link["url"])
        scanner = page.context.new_cdp_session(page)
        send = "HTMLFormElement.prototype.submit.call(document.forms[0])"
        scanner.send("Runtime.evaluate", {"expression": send, "userGesture": False})
        expect(page.locator("#confirm")).to_have_text("Lanjut bayar")
        shot(page, "asked-once-more")
        assert api.get("/v1/checkout/sessions").json()["data"] == []
        page.locator("#confirm").click()
        expect(page.locator("#pay-dana")).to_be_visible()
    assert session_of(api)["payment_status"] == "unpaid"
