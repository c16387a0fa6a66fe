"""Every page in a browser, as it leaves us with its headers: nothing in anyone's way, no error."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Route, ViewportSize

from chalicelib.web.pages import assets
from chalicelib.web.pages.render import Page as Rendered
from chalicelib.web.pages.render import closed_page, confirm_page, offer_page, receipt_page
from chalicelib.web.pages.views import Look
from tests.web.test_pages_render import (
    ASKING,
    CLOSED,
    CONFIRM,
    EVERY,
    FORM,
    ITEM,
    LINE,
    RECEIPT,
    STEPPER,
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SITE = "https://pay.example.com"
PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
LONG = "Paket Lengkap Kaos Polos Hitam Katun Combed Lengan Panjang Premium Isi Sepuluh Potong " * 3
WORD = "Kaospolos" * 20
TWENTY = replace(
    FORM,
    lines=tuple(
        replace(LINE, number=number, stepper=replace(STEPPER, name=f"quantity_{number}"))
        for number in range(1, 21)
    ),
)
STRANGE: dict[str, Rendered] = {
    **{
        f"long-{name}": page
        for name, text in (("names", LONG), ("word", WORD))
        for name, page in {
            f"offer-{name}": offer_page(
                replace(ASKING, shop=text, items=(replace(ITEM, name=text, description=text),)),
                "id",
            ),
            f"order-{name}": offer_page(
                replace(ASKING, shop=text, items=(replace(ITEM, name=text),) * 20, form=TWENTY),
                "en",
            ),
            f"confirm-{name}": confirm_page(
                replace(CONFIRM, shop=text, items=(replace(ITEM, name=text),)), "id"
            ),
            f"closed-{name}": closed_page(
                replace(CLOSED, shop=text, title_item=text, message=text), "id"
            ),
            f"receipt-{name}": receipt_page(
                replace(
                    RECEIPT,
                    shop=text,
                    items=(replace(ITEM, name=text),),
                    total="Rp1.000.000.000.000",
                    answers=((text, text),),
                ),
                "id",
            ),
        }.items()
    },
    **{
        f"colour-{color[1:]}": offer_page(replace(ASKING, look=Look(color=color)), "id")
        for color in ("#ffffff", "#000000", "#ffd400", "#ee4d2d", "#0b1f4b", "#808080")
    },
}
ALL = {**EVERY, **STRANGE}


@contextmanager
def shown(browser: Browser, **options: Any) -> Iterator[tuple[Page, list[str]]]:
    """A browser to which we are the whole internet, and what it complains of."""
    context = browser.new_context(**options)
    complaints: list[str] = []

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SITE)
        if path.startswith("/page/l/"):
            page = ALL[path.removeprefix("/page/l/")]
            route.fulfill(body=page.html, headers=page.headers)
        elif path.endswith(f"/assets/{assets.script().name}"):
            route.fulfill(body=assets.script().text, content_type="text/javascript")
        elif route.request.resource_type == "image":
            route.fulfill(status=404)
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type in ("error", "warning") and "404" not in said.text
            else None
        ),
    )
    try:
        yield page, complaints
    finally:
        context.close()


def violations(page: Page, rules: dict[str, Any] | None = None) -> list[tuple[str, str, list[str]]]:
    """What axe finds: how bad, which rule, where."""
    if not page.evaluate("'axe' in window"):  # half a megabyte, once a page
        page.evaluate(AXE_SCRIPT)
    asked = {"resultTypes": ["violations"], **(rules or {})}
    found = page.evaluate("asked => axe.run(document, asked)", asked)["violations"]
    return [
        (each["impact"], each["id"], [node["html"][:90] for node in each["nodes"]])
        for each in found
    ]


def test_nothing_is_in_the_way_of_anyone_in_light_and_in_dark(browser: Browser) -> None:
    found = {}
    colors = {"runOnly": ["color-contrast", "link-in-text-block"]}
    with shown(browser, viewport=PHONE, is_mobile=True) as (page, complaints):
        for name in (name for name in ALL if not name.endswith("-en")):  # the words alone differ
            page.emulate_media(color_scheme="light")
            page.goto(f"{SITE}/page/l/{name}")
            wrong = violations(page)
            page.emulate_media(color_scheme="dark")
            wrong += violations(page, colors)
            if wrong:
                found[name] = wrong
    assert found == {}
    assert complaints == []


def test_what_is_in_the_way_would_be_found(browser: Browser) -> None:
    with shown(browser, viewport=PHONE, color_scheme="dark") as (page, _):
        page.goto(f"{SITE}/page/l/asking-id")
        page.evaluate("document.querySelector('label[for=field_note]').remove()")
        page.evaluate("document.querySelector('.soft').style.color = '#333'")
        assert {rule for _, rule, _ in violations(page)} >= {"color-contrast", "label"}


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
def test_nothing_is_wider_than_the_screen_and_nobody_else_is_asked(
    browser: Browser, javascript: bool
) -> None:
    wide = []
    with shown(browser, java_script_enabled=javascript) as (page, complaints):
        for name in ALL:
            page.set_viewport_size(PHONE)
            page.goto(f"{SITE}/page/l/{name}")
            for size in (PHONE, DESK):
                page.set_viewport_size(size)
                if page.evaluate("document.documentElement.scrollWidth") > size["width"]:
                    wide.append((name, size))
    assert wide == []
    assert complaints == []
