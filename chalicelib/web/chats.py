"""Addresses that open a chat with a seller, with the first words written."""

import re
from urllib.parse import quote

from chalicelib.domain.merchants import Contact

_NUMBER = re.compile(r"\+?([1-9][0-9]{7,14})", re.ASCII)
_TELEGRAM = re.compile(r"@?([A-Za-z][A-Za-z0-9_]{3,31})", re.ASCII)
_LINE = re.compile(r"@?[A-Za-z0-9._-]{1,40}", re.ASCII)


def chat_url(contact: Contact, words: str) -> str | None:
    """The first of WhatsApp, Telegram and LINE that the seller has; None without any of them.

    A person's LINE takes no words; an official account, whose name begins with @, does.
    """
    number = _NUMBER.fullmatch(contact.whatsapp or "")
    if number:
        return f"https://wa.me/{number[1]}?text={_quoted(words)}"
    name = _TELEGRAM.fullmatch(contact.telegram or "")
    if name:
        return f"https://t.me/{name[1]}?text={_quoted(words)}"
    line = contact.line or ""
    if not _LINE.fullmatch(line):
        return None
    if line.startswith("@"):
        return f"https://line.me/R/oaMessage/{_quoted(line)}/?{_quoted(words)}"
    return f"https://line.me/ti/p/~{_quoted(line)}"


def _quoted(value: str) -> str:
    # What is half a letter cannot be written in UTF-8.
    return quote(value, safe="", errors="replace")
