"""Names that people read: something to see, on one line, in the direction that it seems to have."""

from unicodedata import category

_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_SEEN = frozenset("LNPS")
_BREAKING = frozenset(("Cc", "Cs", "Zl", "Zp"))  # controls, halves of a letter, ends of a line


def is_visible(text: str) -> bool:
    """Whether a name has a letter, digit or sign, no control character, none that ends the line and
    none that turns the direction of the text around it."""
    seen = any(category(letter)[0] in _SEEN for letter in text)
    return seen and not any(category(each) in _BREAKING or each in _TURNING for each in text)
