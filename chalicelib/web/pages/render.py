"""Turns views into pages. Nothing is read but the templates beside this file, once.

A page runs no script and loads nothing but the merchant's own pictures; its one style element is
named in the Content-Security-Policy by its hash.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.web.pages import cards, previews, texts
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import (
    ClosedView,
    ConfirmView,
    MessageView,
    OfferView,
    StatusView,
    clean,
    host_of,
    hue,
    is_ours,
    monogram,
    one_line,
    paragraphs,
    picture,
)

if TYPE_CHECKING:
    from jinja2 import Environment

PAY_HOSTS = ("https://*.wooshpay.com",)

_HERE = Path(__file__).parent
_SOURCE = re.compile(
    r"https?://(?:\*\.)?(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE
)
_PAYABLE_AGAIN: Mapping[str, str] = {
    "unpaid": "pay_now",
    "failed": "try_again",
    "expired": "try_again",
    "canceled": "try_again",
}
_FIXED_HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A body and the headers that belong to it; the HTTP status is the caller's to choose."""

    html: str
    headers: dict[str, str]


def offer_page(view: OfferView, language: Language, pay_hosts: Sequence[str] = PAY_HOSTS) -> Page:
    """The page of a link that can be paid.

    `pay_hosts` are the origins to which the form's answer may redirect: browsers hold redirects
    after a form to `form-action` too. Raises ValueError for an address that is not http(s).
    """
    _must_be_ours(view.pay_url, view.page_url)
    wallets = previews.wallets_of(view, language)
    suffix = "" if wallets else "_any"
    return _page(
        "offer.html",
        language,
        ("'self'", *pay_hosts),
        view=view,
        shop=previews.shop_name(view.shop, language),
        wallets=wallets,
        methods=[texts.method_name(name) for name in view.methods],
        suffix=suffix,
        host=host_of(view.page_url),
        preview=previews.of_offer(view, language),
        indexable=view.indexable,
        search_text=previews.searched(view, language) if view.indexable else None,
    )


def confirm_page(
    view: ConfirmView, language: Language, pay_hosts: Sequence[str] = PAY_HOSTS
) -> Page:
    """Asks for one more press; `pay_hosts` and ValueError as for `offer_page`."""
    _must_be_ours(view.pay_url)
    return _page(
        "confirm.html",
        language,
        ("'self'", *pay_hosts),
        view=view,
        shop=previews.shop_name(view.shop, language),
        item=one_line(view.item) or texts.say(language, "no_item"),
    )


def closed_page(view: ClosedView, language: Language) -> Page:
    """The page of a link that exists and cannot be paid: it says why, and what to do.

    Raises ValueError for an address that is not http(s).
    """
    _must_be_ours(*(address for address in (view.page_url,) if address))
    return _page(
        "closed.html",
        language,
        view=view,
        shop=previews.shop_name(view.shop, language) if view.shop else None,
        title=texts.say(language, f"closed_{view.reason}"),
        preview=previews.of_closed(view, language),
    )


def status_page(view: StatusView, language: Language) -> Page:
    """How a payment stands, and its receipt. Raises ValueError for an address not http(s)."""
    _must_be_ours(*(address for address in (view.retry_url, view.page_url) if address))
    returned = view.refund != "none"
    word = texts.say(language, f"refund_{view.refund}" if returned else f"state_{view.state}")
    figure = (view.refunded or view.total) if returned else view.total
    return _page(
        "status.html",
        language,
        view=view,
        shop=previews.shop_name(view.shop, language),
        word=word,
        tone="refund" if returned else view.state,
        figure=figure,
        lead=texts.say(language, f"lead_{view.refund if returned else view.state}"),
        waiting=not returned and view.state in ("unpaid", "processing", "review"),
        again=None if returned else _PAYABLE_AGAIN.get(view.state),
        host=host_of(view.page_url),
        preview=previews.of_status(view, language),
    )


def message_page(view: MessageView, language: Language) -> Page:
    """Says what went wrong, in the words of `view`."""
    return _page("message.html", language, view=view)


def error_page(code: int, language: Language) -> Page:
    """`message_page` in our own words for an HTTP status; an unforeseen one gets its family's."""
    known = code if f"error_title_{code}" in texts.TEXTS else (500 if code >= 500 else 400)
    title = texts.say(language, f"error_title_{known}")
    text = texts.say(language, f"error_text_{known}")
    return message_page(MessageView(title=title, text=text, code=code), language)


def _page(
    template: str, language: Language, form_action: Sequence[str] = ("'none'",), **values: object
) -> Page:
    say = partial(texts.say, language)
    html = _templates().get_template(template)
    headers = {
        **_FIXED_HEADERS,
        "Content-Language": language,
        "Content-Security-Policy": _policy(tuple(form_action)),
    }
    locale = texts.LOCALES[language]
    return Page(html.render(t=say, language=language, locale=locale, **values), headers)


@cache
def _policy(form_action: tuple[str, ...]) -> str:
    for source in form_action:
        if source not in ("'none'", "'self'") and not _SOURCE.fullmatch(source):
            raise ValueError("a form-action source must be an origin such as https://*.example.com")
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "img-src 'self' https: data:",
            f"form-action {' '.join(form_action)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


@cache
def _style() -> str:
    """The style sheet without its indentation."""
    text = (_HERE / "style.css").read_text(encoding="utf-8")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


@cache
def _templates() -> "Environment":
    """The templates. jinja2 is imported here, so that answers without a page never pay for it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.globals["card"] = {"width": cards.WIDTH, "height": cards.HEIGHT}
    environment.globals["css"] = Markup(_style())  # noqa: S704  our own file, no one's input
    environment.filters.update(
        line=one_line, paragraphs=paragraphs, monogram=monogram, hue=hue, picture=picture
    )
    return environment


def _must_be_ours(*addresses: str) -> None:
    if not all(is_ours(address) for address in addresses):
        raise ValueError("a page's address must be http(s) or a path of this site")
