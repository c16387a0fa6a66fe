"""What each page shows, as plain values; and how text that merchants wrote is made safe to show.

Amounts and times arrive ready to read ("Rp20.000"). Every text may be hostile: the templates
escape it, and `clean` takes out what would change the look of the text around it.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

ClosedReason = Literal["paused", "expired", "archived", "limit_reached", "out_of_stock"]
State = Literal["paid", "unpaid", "processing", "failed", "expired", "canceled", "review"]
Refund = Literal["none", "partial", "full"]

_MARKS_IN_A_ROW = 4
_HUES = 5
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MANY_BREAKS = re.compile(r"\n\s*\n\s*")
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, slots=True)
class ItemView:
    """One line: `quantity` pieces at `unit_price` each, `total` together."""

    name: str
    description: str | None
    image: str | None
    quantity: int
    unit_price: str
    total: str


@dataclass(frozen=True, slots=True)
class OfferView:
    """A link that can be paid. The form posts `attempt` to `pay_url`.

    `page_url` is the page's own full address; `methods` are the provider's names ("dana").
    `indexable` lets search engines show it.
    """

    shop: str
    items: tuple[ItemView, ...]
    total: str
    pay_url: str
    attempt: str
    page_url: str
    methods: tuple[str, ...]
    indexable: bool = False


@dataclass(frozen=True, slots=True)
class ConfirmView:
    """A tap that may not have been a person's. The form posts `fields`, names and values, again."""

    shop: str
    item: str
    pay_url: str
    fields: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ClosedView:
    """A link that exists and cannot be paid; `message` is the merchant's own explanation."""

    shop: str | None
    title_item: str | None
    reason: ClosedReason
    message: str | None
    total: str | None = None
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    """How a payment stands. `live` means that the answer is still to come.

    `retry_url` is offered only in the states where a new payment cannot become a second one.
    """

    shop: str
    state: State
    refund: Refund
    items: tuple[ItemView, ...]
    total: str
    refunded: str | None
    reference: str
    paid_at: str | None
    retry_url: str | None
    live: bool
    page_url: str | None = None


@dataclass(frozen=True, slots=True)
class MessageView:
    """Something went wrong; `code` is the HTTP status."""

    title: str
    text: str
    code: int


def clean(text: str) -> str:
    """`text` without what cannot be seen but changes what is: controls, formats, fillers.

    Line breaks stay; long stacks of combining marks are cut.
    """
    kept: list[str] = []
    marks = 0
    for letter in text.replace("\r\n", "\n").replace("\r", "\n"):
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if letter == "\n" or kind in ("Zl", "Zp"):
            kept.append("\n")
        elif letter == "\t":
            kept.append(" ")
        elif (
            kind not in ("Cc", "Cf", "Cs")
            and marks <= _MARKS_IN_A_ROW
            and letter not in _INVISIBLE_LETTERS
        ):
            kept.append(letter)
    return "".join(kept)


def one_line(text: str | None) -> str:
    """A name: cleaned, on one line, single spaces; empty when nothing can be seen."""
    return " ".join(clean(text or "").split())


def paragraphs(text: str | None) -> str:
    """A description: cleaned, its line breaks kept, one empty line at most between them."""
    return _MANY_BREAKS.sub("\n\n", clean(text or "")).strip()


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut with an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def monogram(name: str) -> str:
    """The letter that stands for `name` where there is no picture."""
    letter = next((letter for letter in one_line(name) if letter.isalnum()), "•")
    return letter.upper()[:1]


def hue(name: str) -> int:
    """Which of the tile colours `name` has: always the same one."""
    return sum(map(ord, one_line(name))) % _HUES


def picture(address: str | None) -> str | None:
    """`address` when it is a full https address of a picture, otherwise None."""
    return address if address and _host(address, ("https",)) else None


def host_of(address: str | None) -> str | None:
    """The host (and unusual port) that the browser's address bar shows for `address`."""
    return _host(address or "", ("https", "http"))


def is_ours(address: str) -> bool:
    """Whether `address` may be a link or a form's target: a path of this site, or http(s)."""
    if address.startswith("/"):
        return _is_plain(address) and not address.startswith("//")
    return host_of(address) is not None


def _is_plain(address: str) -> bool:
    return "\\" not in address and all("!" <= letter <= "~" for letter in address)


def _host(address: str, schemes: tuple[str, ...]) -> str | None:
    if not _is_plain(address):
        return None
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    host = parts.netloc.rpartition(":")[0] if port else parts.netloc.rstrip(":")
    if parts.scheme not in schemes or not _HOST.fullmatch(host):
        return None
    return host.lower() if port in (None, 80, 443) else f"{host.lower()}:{port}"
