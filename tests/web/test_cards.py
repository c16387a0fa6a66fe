"""The cards: a picture that every chat takes, in letters that the font has, of what is true now."""

import subprocess
import sys
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFont

from chalicelib.domain.currency_table import CURRENCIES
from chalicelib.domain.money import Money
from chalicelib.web.pages import drawing
from chalicelib.web.pages.cards import Card, link_card, receipt_card
from chalicelib.web.pages.drawing import draw
from chalicelib.web.pages.letters import drawn, drawn_name
from chalicelib.web.pages.views import ClosedReason, Refund, State
from tests.web.test_pages_render import PAYLOADS

FONTS = Path(drawing.__file__).parent / "fonts"
LINK = partial(
    link_card, shop="Toko Sari", names=("Kaos Polos",), amount="Rp150.000", methods=("dana",)
)
PAID = partial(receipt_card, shop="Toko Sari", names=("Kaos Polos",), total="Rp150.000")
LONG = "Paket Lengkap Kaos Polos Hitam Katun Combed Lengan Panjang Premium Isi Sepuluh Potong"

CARDS: dict[str, Card] = {
    "short": LINK(names=("A",), shop="B"),
    "long": LINK(names=(LONG,), shop=LONG, amount="Rp1.000.000.000.000", methods=("dana", "ovo")),
    "one word": LINK(names=("W" * 200,), shop="M" * 200, amount=str(Money(10**12, "KWD"))),
    "sold out": LINK(closed="limit_reached"),
    "expired": LINK(closed="expired"),
    "paid": PAID(state="paid"),
    "unpaid": PAID(state="unpaid"),
    "refunded": PAID(state="paid", refund="partial", refunded="Rp5.000"),
    "unknown tone": replace(PAID(state="paid"), tone="new"),
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_card_is_a_png_that_every_chat_takes(card: Card) -> None:
    body = draw(card)
    picture = Image.open(BytesIO(body))
    picture.load()
    assert (picture.format, picture.size) == ("PNG", (1200, 630))
    assert 5_000 < len(body) < 60_000  # chats take 300 KB


@pytest.mark.parametrize("name", ["short", "long", "one word", "sold out"])
def test_nothing_reaches_the_edge(name: str) -> None:
    picture = Image.open(BytesIO(draw(CARDS[name]))).convert("RGB")
    for box in ((401, 0, 1200, 40), (401, 590, 1200, 630), (1150, 0, 1200, 630)):
        assert len(picture.crop(box).getcolors() or []) == 1, box


def test_what_is_drawn_again_is_remembered_and_not_without_end() -> None:
    assert draw(CARDS["paid"]) is draw(CARDS["paid"])
    assert draw.cache_parameters()["maxsize"] == 64


def test_a_link_card_says_what_how_much_from_whom_and_how() -> None:
    assert LINK() == Card(
        tone="open",
        shop="Toko Sari",
        name="Kaos Polos",
        amount="Rp150.000",
        line="Bayar dengan DANA",
        word=None,
        hue=0,
    )
    assert LINK(methods=("dana", "ovo")).line == "Bayar dengan DANA atau OVO"
    assert LINK(methods=()).line == "Bayar lewat tautan ini"
    assert LINK(names=("Kaos", "Topi", "Tas")).name == "Kaos dan 2 lainnya"


def test_a_closed_link_says_so() -> None:
    reasons: list[ClosedReason] = [
        "limit_reached", "out_of_stock", "expired", "paused", "archived",
    ]  # fmt: skip
    assert set(reasons) == set(get_args(ClosedReason))
    words = [LINK(closed=each).word for each in reasons]
    assert words == ["HABIS", "HABIS", "KEDALUWARSA", "DIJEDA", "DITUTUP"]


RECEIPTS: list[tuple[State, Refund, str, str]] = [
    ("paid", "none", "LUNAS", "Rp150.000"),
    ("unpaid", "none", "BELUM DIBAYAR", "Rp150.000"),
    ("processing", "none", "DIPROSES", "Rp150.000"),
    ("failed", "none", "GAGAL", "Rp150.000"),
    ("expired", "none", "KEDALUWARSA", "Rp150.000"),
    ("canceled", "none", "DIBATALKAN", "Rp150.000"),
    ("review", "none", "SEDANG DIPERIKSA", "Rp150.000"),
    ("paid", "partial", "DIKEMBALIKAN SEBAGIAN", "Rp5.000"),
    ("paid", "full", "DIKEMBALIKAN", "Rp5.000"),
]


@pytest.mark.parametrize(("state", "refund", "word", "amount"), RECEIPTS)
def test_a_receipt_says_how_the_payment_stands(
    state: State, refund: Refund, word: str, amount: str
) -> None:
    card = PAID(state=state, refund=refund, refunded="Rp5.000")
    assert (card.word, card.amount) == (word, amount)
    assert (card.shop, card.name) == ("Toko Sari", "Kaos Polos")


def test_the_version_is_the_same_until_something_shown_changes() -> None:
    assert LINK().version() == LINK().version() == "3895fbd8ef"
    changed = [
        LINK(shop="Toko Lain"),
        LINK(names=("Kaos Merah",)),
        LINK(amount="Rp150.001"),
        LINK(methods=("ovo",)),
        LINK(closed="limit_reached"),
        LINK(closed="paused"),
    ]
    versions = {LINK().version(), LINK().version("https://x.example/a.jpg")}
    versions |= {card.version() for card in changed}
    assert len(versions) == len(changed) + 2
    assert all(len(each) == 10 and each.isalnum() for each in versions)


# --- letters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kopi ☕ & Teh", "Kopi & Teh"),
        ("Cà phê sữa đá", "Cà phê sữa đá"),
        ("Ａ１ ﬁ", "A1 fi"),
        ("e\u0301", "é"),
        ("non\u2011stop", "non-stop"),
        ("\u202eabc\u0000\n d", "abc d"),
        ("日本茶", ""),
        ("", ""),
    ],
)
def test_letters_that_cannot_be_drawn_are_replaced_or_left_out(text: str, shown: str) -> None:
    assert drawn(text) == shown


@pytest.mark.parametrize("name", ["日本茶", "قهوة", "ชาไทย A", "☕☕", "", "\u200b", "!!"])
def test_a_name_that_would_lose_most_of_itself_has_a_word_instead(name: str) -> None:
    assert drawn_name(name, "Barang") == "Barang"


def test_a_name_that_keeps_most_of_itself_keeps_it() -> None:
    assert drawn_name("Kopi 茶 Susu", "Barang") == "Kopi Susu"


def test_no_amount_loses_its_currency_or_its_last_digit() -> None:
    smallest = drawing._font("ExtraBold", 36)
    for currency in CURRENCIES:
        amount = str(Money(10**12, currency))
        assert len(drawn(amount)) >= len(amount), currency
        assert smallest.getlength(drawn(amount)) <= 688, currency


@pytest.mark.parametrize("weight", ["Medium", "ExtraBold"])
def test_the_font_has_every_letter_that_is_drawn(weight: str) -> None:
    font = ImageFont.truetype(FONTS / f"PlusJakartaSans-{weight}.ttf", 20)

    def shape(letter: str) -> bytes:
        return bytes(font.getmask(letter))

    missing = shape("\uffff")
    letters = [letter for letter in map(chr, range(0x20, 0x2200)) if drawn(letter) == letter]
    assert len(letters) > 400
    assert [letter for letter in letters if shape(letter) == missing] == []


def test_the_font_is_small_and_has_its_licence() -> None:
    assert sum(each.stat().st_size for each in FONTS.iterdir()) < 150_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text(encoding="utf-8")


@settings(deadline=None, max_examples=8)
@given(name=st.text(max_size=80), shop=st.text(max_size=40))
def test_every_name_can_be_drawn(name: str, shop: str) -> None:
    assert draw(LINK(names=(name,), shop=shop)).startswith(b"\x89PNG")


@pytest.mark.parametrize("payload", PAYLOADS[::6])
def test_markup_is_letters_like_any_others(payload: str) -> None:
    assert draw(LINK(names=(payload,), shop=payload)).startswith(b"\x89PNG")


def test_pillow_is_not_loaded_before_a_card_is_drawn() -> None:
    code = "import app, sys; sys.exit('PIL' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(drawing.__file__).parents[3])
