"""A shop's own colour on its pages, kept readable: what has to be read has 4.5:1 on its ground.

The button has the colour itself, and its words are black or white. Where the colour would stand on
the page as words, it is moved towards black or white until it can be read there.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

READABLE = 4.5
SEEN = 3.0
BLACK, WHITE = "#000000", "#ffffff"
GROUNDS = {False: ("#ffffff", "#f3f4f8"), True: ("#191d26", "#0f1218")}  # card and page, by dark
_COLOR = re.compile(r"#[0-9a-f]{6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Accent:
    """The colours of one scheme, as style.css names them; `edge` outlines the button."""

    brand: str
    on_brand: str
    press: str
    edge: str
    link: str
    tint: str


def accent(color: str, *, dark: bool) -> Accent:
    """What becomes of `color` (`#rrggbb`, lower case)."""
    card, page = GROUNDS[dark]
    on_brand = WHITE if contrast(WHITE, color) >= READABLE else BLACK
    tint = mixed(card, color, 8)
    link = _readable(color, (card, page, tint), WHITE if dark else BLACK)
    return Accent(
        brand=color,
        on_brand=on_brand,
        press=mixed(color, BLACK if on_brand == WHITE else WHITE, 18),
        edge=color if contrast(color, card) >= SEEN else link,
        link=link,
        tint=tint,
    )


def style_of(color: str | None) -> str:
    """The style sheet that puts a shop's colour over ours; empty for what is no colour."""
    color = (color or "").lower()
    if not _COLOR.fullmatch(color):
        return ""
    light, night = (_named(accent(color, dark=dark)) for dark in (False, True))
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{night}\n}}"


def _named(made: Accent) -> str:
    names = {name: getattr(made, name) for name in Accent.__slots__}
    told = {**names, "avatar": made.brand, "on_avatar": made.on_brand}
    lines = (f"--{name.replace('_', '-')}: {color};" for name, color in told.items())
    return f":root {{ {' '.join(lines)} }}"


def _readable(color: str, grounds: Iterable[str], towards: str) -> str:
    """The first colour on the way to `towards` that can be read on every ground."""
    way = (mixed(color, towards, share) for share in range(0, 101, 2))
    return next(
        each for each in way if all(contrast(each, ground) >= READABLE for ground in grounds)
    )


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21, as WCAG 2 counts it."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, share: int) -> str:
    """`one` with so many percent of `other` in it."""
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{(a * (100 - share) + b * share) // 100:02x}" for a, b in parts)


def _luminance(color: str) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in _parts(color))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _parts(color: str) -> tuple[int, ...]:
    return tuple(int(color[at : at + 2], 16) for at in (1, 3, 5))
