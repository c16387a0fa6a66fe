"""Draws cards as PNG. Pillow is imported when the first card is drawn, never before."""

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.web.pages.cards import HEIGHT, WIDTH, Card
from chalicelib.web.pages.safe import monogram

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    Fitted = tuple[FreeTypeFont, list[str]]

_FONTS = Path(__file__).parent / "fonts"
_BOLD, _PLAIN = "ExtraBold", "Medium"
_FINE = 4  # shapes are drawn so many times larger and made smaller, for smooth edges

_PANEL = 400  # width of the coloured side
_LEFT = _PANEL + 56
_RIGHT = WIDTH - 56
_ROOM = _RIGHT - _LEFT
_NAME_SIZES = ((84, 1), (74, 1), (66, 1), (74, 2), (62, 2), (56, 3), (48, 3))
_WORD_SIZES = ((104, 1), (92, 1), (80, 1), (76, 2), (68, 2))
_MIDDLE = 300  # of what stands between the shop and the pill
_GAP = 22

_INK, _SOFT, _WHITE, _BRAND = "#131722", "#566074", "#ffffff", "#2048d6"
_GREY, _STAMP = ("#e6e9f0", "#b3bccb"), "#b3261e"
_HUES = (
    ("#e3e9fd", "#2743b3"),
    ("#dff3ea", "#0b6143"),
    ("#fdeadb", "#97420f"),
    ("#f5e5fa", "#7a2a97"),
    ("#fbe4ea", "#a02048"),
)
_TONES = {
    "paid": ("#0a7440", "#075b32"),
    "unpaid": ("#8f5300", "#714100"),
    "processing": ("#2048d6", "#1839ab"),
    "failed": ("#b3261e", "#8e1c16"),
    "review": ("#6a31c9", "#5425a1"),
    "refund": ("#0b6074", "#084a5a"),
}
_ENDED = ("#4a5263", "#394050")  # expired, canceled

# Each sign is lines and circles in a box of 24, as on the pages.
_ICONS: dict[str, Sequence[Sequence[tuple[float, float]]]] = {
    "paid": [[(4.8, 12.8), (9.8, 17.8), (19.2, 7.2)]],
    "unpaid": [[(12, 6.5), (12, 12), (15.6, 14.2)]],
    "processing": [[(5, 12), (5.1, 12)], [(12, 12), (12.1, 12)], [(19, 12), (19.1, 12)]],
    "failed": [[(7, 7), (17, 17)], [(17, 7), (7, 17)]],
    "review": [[(15, 15), (19.5, 19.5)]],
    "refund": [[(9.5, 5.5), (4.8, 10), (9.5, 14.5)], [(5, 10), (14.5, 10)]],
    "expired": [[(12, 6.5), (12, 12), (15.6, 14.2)]],
    "canceled": [[(6.5, 17.5), (17.5, 6.5)]],
}
_RINGS: dict[str, tuple[float, float, float, int, int]] = {
    "unpaid": (12, 12, 9.3, 0, 360),
    "review": (10.5, 10.5, 6.3, 0, 360),
    "expired": (12, 12, 9.3, 0, 360),
    "canceled": (12, 12, 8.5, 0, 360),
    "refund": (14.3, 14.8, 4.8, -90, 120),
}


@lru_cache(maxsize=64)
def draw(card: Card) -> bytes:
    """The card as a PNG of 1200 × 630; the last ones drawn are remembered by this process."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), _WHITE)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "L"
    if card.tone in ("open", "closed"):
        _draw_link(card, image, pen)
    else:
        _draw_receipt(card, image, pen)
    out = BytesIO()
    # A few flat colours and their edges: a palette keeps it far below what chats take.
    image.quantize(128, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=False
    )
    return out.getvalue()


def _draw_link(card: Card, image: "Image", pen: "ImageDraw") -> None:
    closed = card.word is not None
    ground, letter = _GREY if closed else _HUES[card.hue % len(_HUES)]
    pen.rectangle((0, 0, _PANEL - 1, HEIGHT), fill=ground)
    sign = monogram(card.name)
    pen.text((_PANEL / 2, HEIGHT / 2), sign, letter, _font(_BOLD, 280), anchor="mm")
    if card.word is not None:
        _stamp(image, card.word)
    _shop_line(image, pen, card.shop, (_INK, _WHITE, _INK))
    name = _fitted(card.name, _NAME_SIZES, _ROOM)
    price = _one_size(card.amount, (76, 64, 54, 46, 36), _ROOM)
    top = _MIDDLE - (_height(name) + _GAP + int(price.size)) // 2
    below = _block(pen, name, top, _INK) + _GAP
    pen.text((_LEFT, below), card.amount, _SOFT if closed else _BRAND, price, anchor="la")
    _pill(image, pen, card.line, (_GREY[0], _SOFT) if closed else (_BRAND, _WHITE))


def _draw_receipt(card: Card, image: "Image", pen: "ImageDraw") -> None:
    ground, side = _TONES.get(card.tone, _ENDED)
    word = card.word or ""
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill=ground)
    pen.rectangle((0, 0, _PANEL - 1, HEIGHT), fill=side)
    _badge(image, card.tone, side)
    _shop_line(image, pen, card.shop, (_WHITE, ground, _WHITE))
    told = _fitted(word, _WORD_SIZES, _ROOM)
    amount = _one_size(card.amount, (64, 56, 48, 40, 36), _ROOM)
    plain = _font(_PLAIN, 34)
    top = _MIDDLE - (_height(told) + int(amount.size) + int(plain.size) + _GAP) // 2
    below = _block(pen, told, top, _WHITE)
    pen.text((_LEFT, below), card.amount, _WHITE, amount, anchor="la")
    below += int(amount.size) + _GAP
    pen.text((_LEFT, below), _cut(card.name, plain, _ROOM), _WHITE, plain, anchor="la")
    _pill(image, pen, card.line, (side, _WHITE))


def _shop_line(image: "Image", pen: "ImageDraw", shop: str, colours: tuple[str, str, str]) -> None:
    """The shop's monogram and name; `colours` of its tile, of the letter there, of the name."""
    tile, letter, ink = colours
    _rounded(image, (_LEFT, 56, _LEFT + 64, 120), 18, tile)
    pen.text((_LEFT + 32, 88), monogram(shop), letter, _font(_BOLD, 34), anchor="mm")
    name = _cut(shop, _font(_PLAIN, 36), _ROOM - 84)
    pen.text((_LEFT + 84, 88), name, ink, _font(_PLAIN, 36), anchor="lm")


def _pill(image: "Image", pen: "ImageDraw", line: str, colours: tuple[str, str]) -> None:
    """The last line, in a pill as wide as it needs."""
    ground, ink = colours
    font = _font(_BOLD, 32)
    text = _cut(line, font, _ROOM - 72)
    wide = int(font.getlength(text)) + 72
    _rounded(image, (_LEFT, 498, _LEFT + wide, 574), 38, ground)
    pen.text((_LEFT + 36, 536), text, ink, font, anchor="lm")


def _stamp(image: "Image", word: str) -> None:
    """The state across the coloured side, askew like a rubber stamp."""
    from PIL import Image, ImageDraw

    font = _one_size(word, tuple(_FINE * size for size in (80, 66, 54, 46, 38)), _FINE * 270)
    wide, high = int(font.getlength(word)) + 52 * _FINE, int(font.size * 1.2) + 40 * _FINE
    under, over = Image.new("L", (wide, high)), Image.new("L", (wide, high))
    corner, edge = 20 * _FINE, 9 * _FINE
    ImageDraw.Draw(under).rounded_rectangle((4, 4, wide - 5, high - 5), corner - 4, fill=255)
    pen = ImageDraw.Draw(over)
    pen.rounded_rectangle((0, 0, wide - 1, high - 1), corner, fill=255)
    inside = (edge, edge, wide - edge - 1, high - edge - 1)
    pen.rounded_rectangle(inside, corner - edge, outline=90, width=4 * _FINE)
    pen.text((wide / 2, high / 2), word, 0, font, anchor="mm")
    for mask, ink in ((under, _WHITE), (over, _STAMP)):
        turned = mask.rotate(9, Image.Resampling.BILINEAR, expand=True).reduce(_FINE)
        place = ((_PANEL - turned.width) // 2, (HEIGHT - turned.height) // 2)
        image.paste(ink, place, turned)


def _badge(image: "Image", tone: str, ink: str) -> None:
    """A white disc with the state's sign."""
    middle, high, radius = _PANEL // 2, HEIGHT // 2, 112
    box = (middle - radius, high - radius, middle + radius, high + radius)
    _shape(image, box, _WHITE, lambda pen, side: pen.ellipse((0, 0, side - 1, side - 1), fill=255))
    sign = (middle - 66, high - 66, middle + 66, high + 66)
    _shape(image, sign, ink, lambda pen, side: _sign(pen, side, tone))


def _sign(pen: "ImageDraw", side: int, tone: str) -> None:
    unit = side / 24
    thick = 2.6 * unit
    for line in _ICONS.get(tone, ()):
        points = [(x * unit, y * unit) for x, y in line]
        pen.line(points, fill=255, width=int(thick), joint="curve")
        for x, y in points:
            half = thick / 2
            pen.ellipse((x - half, y - half, x + half, y + half), fill=255)
    if tone in _RINGS:
        x, y, radius, begin, end = _RINGS[tone]
        outer = radius * unit + thick / 2
        box = (x * unit - outer, y * unit - outer, x * unit + outer, y * unit + outer)
        pen.arc(box, begin, end, fill=255, width=int(thick))


def _rounded(image: "Image", box: tuple[int, int, int, int], radius: int, fill: str) -> None:
    wide, high = box[2] - box[0], box[3] - box[1]

    def shape(pen: "ImageDraw", _: int) -> None:
        corner = radius * _FINE
        pen.rounded_rectangle((0, 0, wide * _FINE - 1, high * _FINE - 1), corner, fill=255)

    _shape(image, box, fill, shape)


def _shape(
    image: "Image",
    box: tuple[int, int, int, int],
    fill: str,
    drawn: "Callable[[ImageDraw, int], None]",
) -> None:
    """Paste `fill` where `drawn` paints, with smooth edges."""
    from PIL import Image, ImageDraw

    wide, high = box[2] - box[0], box[3] - box[1]
    mask = Image.new("L", (wide * _FINE, high * _FINE))
    drawn(ImageDraw.Draw(mask), wide * _FINE)
    image.paste(fill, box[:2], mask.reduce(_FINE))


def _block(pen: "ImageDraw", fitted: "Fitted", top: int, ink: str) -> int:
    """The lines of a text; where they end."""
    font, lines = fitted
    for place, line in enumerate(lines):
        pen.text((_LEFT, top + place * _step(font)), line, ink, font, anchor="la")
    return top + _height(fitted)


def _height(fitted: "Fitted") -> int:
    font, lines = fitted
    return len(lines) * _step(font)


def _step(font: "FreeTypeFont") -> int:
    return int(font.size * 1.16)


def _fitted(text: str, sizes: Sequence[tuple[int, int]], room: int) -> "Fitted":
    """The first of `sizes` (each with the lines it may have) that `text` fits without breaking a
    word; the last one breaks and cuts."""
    for size, most in sizes:
        font = _font(_BOLD, size)
        lines = _wrapped(text, font, room)
        whole = all(font.getlength(word) <= room for word in text.split())
        if whole and len(lines) <= most:
            return font, lines
    rest = " ".join(lines[most - 1 :])
    return font, [*lines[: most - 1], _cut(rest, font, room)]


def _wrapped(text: str, font: "FreeTypeFont", room: int) -> list[str]:
    """`text` in lines of at most `room`; a word that is wider is broken."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        line = word
        while font.getlength(line) > room:
            fits = _fitting(line, font, room)
            lines.append(line[:fits])
            line = line[fits:]
    return [*lines, line] if line else lines


def _cut(text: str, font: "FreeTypeFont", room: int) -> str:
    """`text`, ended by an ellipsis where it would be wider than `room`."""
    if font.getlength(text) <= room:
        return text
    return text[: _fitting(text, font, room - int(font.getlength("…")))].rstrip() + "…"


def _fitting(text: str, font: "FreeTypeFont", room: int) -> int:
    """How many of the first letters fit into `room`; one at least."""
    few, many = 1, len(text)
    while few < many:
        middle = (few + many + 1) // 2
        few, many = (middle, many) if font.getlength(text[:middle]) <= room else (few, middle - 1)
    return few


def _one_size(text: str, sizes: Sequence[int], room: int) -> "FreeTypeFont":
    """The largest of `sizes` in which `text` fits on a line of `room`, or the last."""
    fonts = (_font(_BOLD, size) for size in sizes)
    return next((f for f in fonts if f.getlength(text) <= room), _font(_BOLD, sizes[-1]))


@cache
def _font(weight: str, size: int) -> "FreeTypeFont":
    from PIL import ImageFont

    path: Any = _FONTS / f"PlusJakartaSans-{weight}.ttf"
    return ImageFont.truetype(path, size, layout_engine=ImageFont.Layout.BASIC)
