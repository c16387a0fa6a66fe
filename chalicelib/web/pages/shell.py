"""What every page has: the document around it, its headers, its policy.

A page runs one script of ours at most, from this site, and loads nothing else but the merchant's
own pictures; its one style element is named in the Content-Security-Policy by its hash.
"""

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.web.pages import assets, cards, texts
from chalicelib.web.pages.safe import clean, hue, is_ours, monogram, one_line, paragraphs, picture
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import PLAIN, Look

if TYPE_CHECKING:
    from jinja2 import Environment

NOWHERE = ("'none'",)
_SHEETS: Mapping[str, tuple[str, ...]] = {
    "offer.html": ("style", "offer"),
    "status.html": ("style", "status"),
    "receipt.html": ("style", "status"),
}
_SOURCE = re.compile(
    r"https?://(?:\*\.)?(?:[a-z0-9.-]+|\[[0-9a-f:]+\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE
)
_LAST_TWO = re.compile(r"/[^/]*/[^/]*$")
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


@dataclass(frozen=True, slots=True)
class Frame:
    """What one page has around it.

    `own` is an address of this site below `/l/` or `/s/`: the page then loads the script.
    `kept` is what the switch to the other language keeps of the address.
    """

    look: Look = PLAIN
    form_action: tuple[str, ...] = NOWHERE
    own: str | None = None
    kept: Sequence[tuple[str, str]] = ()


_PLAIN = Frame()


def page(template: str, language: Language, frame: Frame, **values: object) -> Page:
    """The page. Raises ValueError for a form-action source that is no origin."""
    style = assets.style(_SHEETS.get(template, ("style",)), frame.look.color)
    other: Language = "en" if language == "id" else "id"
    html = (
        _templates()
        .get_template(template)
        .render(
            t=partial(texts.say, language),
            language=language,
            other=other,
            switch=f"?{urlencode([*frame.kept, ('lang', other)])}",
            locale=texts.LOCALES[language],
            look=frame.look,
            css=_trusted(style),
            script=_script(frame.own),
            **values,
        )
    )
    return Page(html, headers(language, style, frame))


def headers(language: Language, style: str, frame: Frame = _PLAIN) -> dict[str, str]:
    """The headers of a page whose one style element holds `style`. Raises ValueError as `page`."""
    return {
        **_FIXED_HEADERS,
        "Content-Language": language,
        "Content-Security-Policy": _policy(frame.form_action, style, frame.own is not None),
    }


def must_be_ours(*addresses: str | None) -> None:
    """Raises ValueError for an address that is neither http(s) nor a path of this site."""
    if not all(is_ours(address) for address in addresses if address is not None):
        raise ValueError("a page's address must be http(s) or a path of this site")


def _script(own: str | None) -> str | None:
    if own is None:
        return None
    return f"{_LAST_TWO.sub('', own.partition('?')[0])}/assets/{assets.script().name}"


@cache
def _policy(form_action: tuple[str, ...], style: str, runs: bool) -> str:
    for source in form_action:
        if source not in ("'none'", "'self'") and not _SOURCE.fullmatch(source):
            raise ValueError("a form-action source must be an origin such as https://*.example.com")
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src 'sha256-{digest}'",
            "img-src 'self' https: data:",
            *(("script-src 'self'", "connect-src 'self'") if runs else ()),
            f"form-action {' '.join(form_action)}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def _trusted(style: str) -> str:
    from markupsafe import Markup

    return Markup(style)  # noqa: S704  our own files and colours that we counted out


@cache
def _templates() -> "Environment":
    """The templates. jinja2 is imported here, so that answers without a page never pay for it."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(assets.HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    environment.globals["card"] = {"width": cards.WIDTH, "height": cards.HEIGHT}
    environment.filters.update(
        line=one_line, paragraphs=paragraphs, monogram=monogram, hue=hue, picture=picture
    )
    return environment
