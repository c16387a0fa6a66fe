"""Text in the letters that the cards' font has: what it lacks is replaced or left out."""

import re
import unicodedata

from chalicelib.web.pages.safe import one_line

# What fonts/ holds: Latin with its extensions, Vietnamese, punctuation, signs of currencies.
_DRAWN = re.compile(
    "[ -~\u00a0-\u00ac\u00ae-\u0148\u014a-\u017e\u0192\u0218-\u021b\u1e9e\u1ea0-\u1ef9\u2013-\u2014"
    "\u2018-\u201a\u201c-\u201e\u2020\u2022\u2026\u2032-\u2033\u2039-\u203a\u2044\u20a1\u20a3-\u20a4"
    "\u20a6-\u20ae\u20b1-\u20b5\u20b8-\u20ba\u20bc-\u20bf\u2122\u2212]"
)
_INSTEAD = {"\u2010": "-", "\u2011": "-", "\u2012": "–", "\u2015": "—", "฿": "THB "}


def drawn(text: str) -> str:
    """`text` on one line in letters that can be drawn: é for e and its accent, A for a wide Ａ."""
    letters = unicodedata.normalize("NFC", one_line(text))
    return " ".join("".join(_letter(letter) for letter in letters).split())


def drawn_name(name: str, otherwise: str) -> str:
    """`name` as it can be drawn; `otherwise` when less than half of it can."""
    text = drawn(name)
    kept, wanted = (sum(map(str.isalnum, each)) for each in (text, one_line(name)))
    return text if kept and 2 * kept >= wanted else otherwise


def _letter(letter: str) -> str:
    if letter in _INSTEAD or _DRAWN.fullmatch(letter):
        return _INSTEAD.get(letter, letter)
    parts = unicodedata.normalize("NFKD", letter)
    return "".join(part for part in parts if _DRAWN.fullmatch(part))
