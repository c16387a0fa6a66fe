"""How what merchants and shoppers wrote is made safe to show: their texts, and their addresses.

Every text may be hostile: the templates escape it, and `clean` takes out what would change the look
of the text around it.
"""

import re
import unicodedata
from urllib.parse import urlsplit

_MARKS_IN_A_ROW = 4
_HUES = 5
_INVISIBLE_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_MANY_BREAKS = re.compile(r"\n\s*\n\s*")
_HOST = re.compile(r"[a-z0-9.-]+|\[[0-9a-f:.]+\]", re.IGNORECASE | re.ASCII)


def clean(text: str) -> str:
    """`text` without what cannot be seen but changes what is: controls, formats, fillers.

    Line breaks stay; long stacks of combining marks are cut.
    """
    if text.isascii() and text.isprintable():
        return text
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
