"""The description against a running stack, and its pages in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from dev.fuzz import fuzzed, unhurried
from dev.stack import Stack, Wanted
from tests.journeys.test_every_page import DESK, PHONE, violations

pytestmark = pytest.mark.timeout(300)
CHECKED = {"light": None, "dark": {"runOnly": ["color-contrast"]}}
PAGES = ("/docs", "/docs/errors")


@pytest.fixture(scope="module")
def local() -> Iterator[Stack]:
    with unhurried(), Stack(Wanted()) as running:
        yield running


def test_no_request_meets_what_is_not_described(local: Stack) -> None:
    told = fuzzed(local, examples=2, seed=1, thorough=False)
    assert (told.failures, told.errors) == ({}, [])
    assert told.cases >= 100
    assert {200, 400, 401, 404} <= set(told.statuses)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_in_nobodys_way_and_ask_nobody(
    browser: Browser, local: Stack, scheme: str
) -> None:
    context = browser.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    try:
        for path in PAGES if scheme == "light" else PAGES[1:]:  # the colours are the same
            page.set_viewport_size(PHONE)
            page.goto(f"{local.api_url}{path}")
            assert violations(page, CHECKED[scheme]) == []
            for size in (PHONE, DESK):
                page.set_viewport_size(size)
                assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    finally:
        context.close()
    assert [url for url in asked if not url.startswith((local.api_url, "data:"))] == []
