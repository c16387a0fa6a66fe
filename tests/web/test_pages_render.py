"""The shoppers' pages: their words, their headers; and no text of a merchant becomes markup."""

import re
import string
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.web.pages import texts
from chalicelib.web.pages.form_views import (
    ChoiceView,
    FieldView,
    FormView,
    GroupView,
    LineView,
)
from chalicelib.web.pages.render import (
    Page,
    closed_page,
    confirm_page,
    error_page,
    message_page,
    offer_page,
    receipt_page,
    status_page,
)
from chalicelib.web.pages.safe import (
    clean,
    host_of,
    is_ours,
    monogram,
    one_line,
    paragraphs,
    picture,
    shorten,
)
from chalicelib.web.pages.texts import TEXTS, Language, either, language_for, method_name
from chalicelib.web.pages.views import (
    ClosedReason,
    ClosedView,
    ConfirmView,
    ItemView,
    Look,
    MessageView,
    OfferView,
    Onward,
    Refund,
    State,
    StatusView,
)

PAGES = Path(__file__).parents[2] / "chalicelib" / "web" / "pages"
CSS = "".join((PAGES / f"{name}.css").read_text() for name in ("style", "offer", "status"))

SCRIPT = re.compile(r"(https://pay\.example\.com)?/assets/shop\.[0-9a-f]{12}\.js")
ITEM = ItemView(
    name="Kaos Polos Hitam",
    description="Katun combed 30s",
    image="https://img.example/kaos.jpg",
    quantity=2,
    unit_price="Rp10.000",
    total="Rp20.000",
)
OFFER = OfferView(
    shop="Toko Sari",
    items=(ITEM,),
    total="Rp20.000",
    pay_url="/l/k4Yw9t",
    attempt="at_77",
    page_url="https://pay.example.com/l/k4Yw9t",
    methods=("dana",),
)
NOTE = FieldView(
    name="field_note", label="Catatan", value="merah", hint="Bebas", problem="Catatan salah."
)
PICK = FieldView(
    name="field_pick", label="Warna", value="m", kind="select", options=(("m", "Merah"),)
)
CHOICES = (
    ChoiceView("price_1", "S", "Rp10.000", 10_000, chosen=True),
    ChoiceView("price_2", "M", "Rp12.000", 12_000, chosen=False),
)
STEPPER = FieldView(name="quantity_1", label="Jumlah", value="2", required=True)
LINE = LineView(
    number=1, units=10_000, quantity=2, stepper=STEPPER, least=1, most=9, choices=CHOICES
)
OTHER_LINE = replace(
    LINE, number=2, stepper=replace(STEPPER, name="quantity_2"), choices=CHOICES * 4
)
FORM = FormView(
    lines=(LINE,),
    groups=(GroupView("Data Anda", (NOTE, PICK)),),
    hidden=(("utm_source", "wa"),),
    problems=(("field_note", "Catatan salah."), (None, "Total terlalu besar.")),
)
AMOUNT = FieldView(name="amount", label="Nominal", value="50.000", kind="number", required=True)
ASKING = replace(OFFER, form=FORM)
GIVING = replace(
    OFFER, form=FormView(lines=(replace(LINE, stepper=None, choices=()),), amount=AMOUNT)
)
LOOK = Look(logo="https://img.example/logo.png", color="#ee4d2d")
CHAT = "https://wa.me/6281234567890?text=Halo"
CONFIRM = ConfirmView("Toko Sari", (ITEM,), "Rp20.000", "/l/k4Yw9t", (("note", "merah"),))
CLOSED = ClosedView("Toko Sari", "Kaos Polos Hitam", "paused", "Libur sampai Senin")
STATUS = StatusView(
    shop="Toko Sari",
    state="paid",
    refund="none",
    items=(ITEM,),
    total="Rp20.000",
    refunded=None,
    reference="cs_0123",
    paid_at="4 Juli 2026, 14.05 WIB",
    retry_url=None,
    live=False,
    page_url="https://pay.example.com/r/abc",
)
RECEIPT = replace(
    STATUS,
    method="dana",
    answers=(("Nama", "Budi"), ("Catatan", "kado")),
    message="Terima kasih!",
    onward=Onward("page", "https://toko.example/ok", by_itself=True),
    status_url="https://pay.example.com/s/abc",
    receipt_url="https://pay.example.com/r/abc",
)
MESSAGE = MessageView("Judul", "Keterangan", 404)


class Reader(HTMLParser):
    """What a browser would see: elements with attributes, text, and anything that is neither."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.other: list[str] = []
        self.texts: list[str] = []
        self.feed(page.html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), "an attribute given twice"
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.other.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(f"comment {data}")

    def handle_decl(self, decl: str) -> None:
        self.other.append(f"declaration {decl}")

    def handle_pi(self, data: str) -> None:
        self.other.append(f"instruction {data}")

    @property
    def shape(self) -> object:
        """Everything but the values."""
        return [(tag, sorted(attrs)) for tag, attrs in self.elements], self.other

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.elements if name == tag]

    def by_id(self, name: str) -> dict[str, str | None]:
        (found,) = [attrs for _, attrs in self.elements if attrs.get("id") == name]
        return found

    def meta(self, name: str) -> str | None:
        found = [
            m["content"] for m in self.all("meta") if name in (m.get("property"), m.get("name"))
        ]
        return found[0] if found else None

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def text_of(page: Page, name: str) -> str:
    """What the element with the id `name` says (it holds text alone)."""
    match = re.search(rf'<[^>]* id="{name}"[^>]*>([^<]*)<', page.html)
    assert match, f"no #{name}"
    return match.group(1)


LANGUAGES: tuple[Language, ...] = ("id", "en")
EVERY: dict[str, Page] = {
    **{
        f"{name}-{language}": page
        for language in LANGUAGES
        for name, page in {
            "offer": offer_page(OFFER, language),
            "order": offer_page(replace(OFFER, items=(ITEM, ITEM, ITEM)), language),
            "asking": offer_page(ASKING, language),
            "asking-order": offer_page(
                replace(ASKING, items=(ITEM, ITEM), form=replace(FORM, lines=(LINE, OTHER_LINE))),
                language,
            ),
            "giving": offer_page(GIVING, language),
            "dressed": offer_page(replace(ASKING, look=LOOK), language),
            "confirm": confirm_page(CONFIRM, language),
            "closed": closed_page(CLOSED, language),
            "closed-bare": closed_page(ClosedView(None, None, "expired", None), language),
            "paid": status_page(STATUS, language),
            "unpaid": status_page(
                replace(STATUS, state="unpaid", live=True, retry_url="/l/k4Yw9t"), language
            ),
            "partial": status_page(replace(STATUS, refund="partial", refunded="Rp5.000"), language),
            "goes-on": status_page(RECEIPT, language),
            "tells": status_page(replace(RECEIPT, onward=Onward("chat", CHAT)), language),
            "receipt": receipt_page(RECEIPT, language),
            "receipt-unpaid": receipt_page(replace(STATUS, state="unpaid"), language),
            "closed-chat": closed_page(replace(CLOSED, chat_url=CHAT, look=LOOK), language),
            "message": message_page(MESSAGE, language),
            "error": error_page(503, language),
        }.items()
    }
}  # fmt: skip
every_page = pytest.mark.parametrize("page", EVERY.values(), ids=EVERY.keys())


# --- words


@pytest.mark.parametrize(
    ("language", "button", "promise", "pin"),
    [
        (
            "id",
            "Bayar Rp20.000",
            "Kami tidak pernah meminta OTP atau PIN.",
            "Isi PIN hanya di aplikasi atau halaman resmi DANA.",
        ),
        (
            "en",
            "Pay Rp20.000",
            "We never ask for your OTP or PIN.",
            "Enter your PIN only in the official DANA app or page.",
        ),
    ],
)
def test_the_offer_says_what_from_whom_and_how_much(
    language: Language, button: str, promise: str, pin: str
) -> None:
    page = offer_page(OFFER, language)
    seen = Reader(page)
    assert text_of(page, "pay") == button
    for words in ("Toko Sari", "Kaos Polos Hitam", "Katun combed 30s", "2 × Rp10.000", "DANA"):
        assert words in seen.text
    for words in (promise, pin, "pay.example.com"):
        assert words in seen.text
    (form,) = seen.all("form")
    assert (form["method"], form["action"]) == ("post", "/l/k4Yw9t")
    (hidden,) = seen.all("input")
    assert hidden == {"type": "hidden", "name": "attempt", "value": "at_77", "autocomplete": "off"}
    assert seen.by_id("pay")["type"] == "submit"


def test_an_offer_of_several_things_lists_them_all() -> None:
    other = replace(ITEM, name="Topi", unit_price="Rp7.000", total="Rp14.000", image=None)
    seen = Reader(offer_page(replace(OFFER, items=(ITEM, other), total="Rp34.000"), "id"))
    for words in (
        "Pesanan Anda",
        "Kaos Polos Hitam",
        "Rp20.000",
        "Topi",
        "2 × Rp7.000",
        "Rp14.000",
    ):
        assert words in seen.text
    assert seen.meta("og:title") == "Kaos Polos Hitam dan 1 lainnya – Rp34.000"


def test_an_offer_without_methods_names_none() -> None:
    page = offer_page(replace(OFFER, methods=()), "id")
    assert "halaman resmi dompet Anda." in page.html
    assert "Bayar dengan" not in Reader(page).text


def test_a_long_description_folds_away() -> None:
    page = offer_page(replace(OFFER, items=(replace(ITEM, description="panjang " * 60),)), "id")
    assert Reader(page).all("details")


STATES: list[tuple[State, Refund, str, str, str]] = [
    ("paid", "none", "LUNAS", "PAID", "paid"),
    ("unpaid", "none", "MENUNGGU PEMBAYARAN", "WAITING FOR PAYMENT", "unpaid"),
    ("processing", "none", "DIPROSES", "PROCESSING", "processing"),
    ("failed", "none", "GAGAL", "FAILED", "failed"),
    ("expired", "none", "KEDALUWARSA", "EXPIRED", "expired"),
    ("canceled", "none", "DIBATALKAN", "CANCELED", "canceled"),
    ("review", "none", "SEDANG DIPERIKSA", "UNDER REVIEW", "review"),
    ("paid", "partial", "DIKEMBALIKAN SEBAGIAN", "PARTIALLY REFUNDED", "refund"),
    ("paid", "full", "DIKEMBALIKAN", "REFUNDED", "refund"),
    ("review", "full", "DIKEMBALIKAN", "REFUNDED", "refund"),
]


@pytest.mark.parametrize(("state", "refund", "indonesian", "english", "tone"), STATES)
def test_the_state_is_one_unmistakable_word(
    state: State, refund: Refund, indonesian: str, english: str, tone: str
) -> None:
    view = replace(
        STATUS, state=state, refund=refund, refunded="Rp5.000" if refund != "none" else None
    )
    words_by: dict[Language, str] = {"id": indonesian, "en": english}
    for language, word in words_by.items():
        page = status_page(view, language)
        seen = Reader(page)
        assert text_of(page, "status") == word
        mark = seen.by_id("status")
        assert (mark["data-state"], mark["data-refund"]) == (state, refund)
        (live,) = [attrs for _, attrs in seen.elements if "aria-live" in attrs]
        assert live == {"class": f"state {tone}", "role": "status", "aria-live": "polite"}
        for words in ("Toko Sari", "Rp20.000", "cs_0123", "4 Juli 2026, 14.05 WIB"):
            assert words in seen.text


def test_a_partial_refund_shows_both_amounts() -> None:
    text = Reader(status_page(replace(STATUS, refund="partial", refunded="Rp5.000"), "id")).text
    assert "DIKEMBALIKAN SEBAGIAN Rp5.000 dari Rp20.000" in text
    assert "Dibayar Rp20.000 Dikembalikan Rp5.000" in text


@pytest.mark.parametrize(
    ("reason", "indonesian", "english"),
    [
        ("paused", "Tautan ini sedang dijeda", "This link is paused"),
        ("expired", "Tautan ini sudah kedaluwarsa", "This link has expired"),
        ("archived", "Tautan ini sudah ditutup", "This link is closed"),
    ],
)
def test_a_closed_link_says_why(reason: ClosedReason, indonesian: str, english: str) -> None:
    words_by: dict[Language, str] = {"id": indonesian, "en": english}
    for language, words in words_by.items():
        seen = Reader(closed_page(replace(CLOSED, reason=reason), language))
        assert words in seen.text
        assert "Libur sampai Senin" in seen.text
        assert "Kaos Polos Hitam" in seen.text
        assert seen.meta("og:title") == f"Kaos Polos Hitam – {words}"
        assert not seen.all("form")


@pytest.mark.parametrize(
    ("code", "indonesian", "english"),
    [
        (400, "Permintaan tidak dapat dibaca", "We could not read that request"),
        (404, "Tautan tidak ditemukan", "Link not found"),
        (415, "Permintaan tidak dapat dibaca", "We could not read that request"),
        (429, "Terlalu banyak percobaan", "Too many attempts"),
        (500, "Ada gangguan di sistem kami", "Something went wrong on our side"),
        (502, "Ada gangguan di sistem kami", "Something went wrong on our side"),
        (
            503,
            "Layanan pembayaran sedang terganggu",
            "The payment service is not available right now",
        ),
    ],
)
def test_errors_have_words_of_our_own(code: int, indonesian: str, english: str) -> None:
    assert indonesian in Reader(error_page(code, "id")).text
    text = Reader(error_page(code, "en")).text
    assert english in text
    assert f"Code {code}" in text


def test_both_languages_have_every_sentence_with_the_same_places() -> None:
    for key, (indonesian, english) in TEXTS.items():
        places = [
            sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)
            for text in (indonesian, english)
        ]
        assert indonesian, key
        assert english, key
        assert places[0] == places[1], key


def test_no_sentence_is_left_unused() -> None:
    sources = [
        *(PAGES / f"{name}.py" for name in ("render", "shell", "previews", "cards")),
        *(PAGES.parent / f"{name}.py" for name in ("asking", "showing", "after_paying")),
        *(PAGES / "templates").glob("*.html"),
    ]
    code = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    families = ("closed_", "why_", "state_", "refund_", "lead_", "error_", "problem_", "address_")
    spoken = code + (PAGES / "texts.py").read_text(encoding="utf-8").split("def say")[1]
    for key in TEXTS:
        named = re.search(
            rf'["\']{key.removesuffix("_any")}["\']|f"{key.removesuffix("_any")}', spoken
        )
        assert named or key.startswith(families), key


# --- language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "id"),
        ("", "id"),
        ("id", "id"),
        ("id-ID,id;q=0.9,en-US;q=0.8,en;q=0.7", "id"),
        ("en", "en"),
        ("EN-us", "en"),
        ("en-US,en;q=0.9,id;q=0.8", "en"),
        ("en-GB;q=0.4,id;q=0.6", "id"),
        ("id;q=0.4,en;q=0.6", "en"),
        ("in-ID,en;q=0.5", "id"),
        ("en,id", "id"),
        ("ms,en;q=0.5", "en"),
        ("zh-TW,zh;q=0.9", "id"),
        ("*", "id"),
        ("en;q=0.5,*;q=0.8", "id"),
        ("en,*;q=0.5", "en"),
        ("en;q=0", "id"),
        ("en; Q=1.000", "en"),
        ("en;q=nan", "id"),
        ("en;q=inf", "id"),
        ("en;q=", "id"),
        ("en;level=1", "id"),
        (";;,,=,", "id"),
        ("x" * 100_000 + ",en", "id"),
    ],
)
def test_english_only_for_those_who_prefer_it(header: str | None, language: Language) -> None:
    assert language_for(header) == language


@settings(deadline=None)
@given(st.text())
def test_no_header_is_too_odd(header: str) -> None:
    assert language_for(header) in ("id", "en")


@every_page
def test_the_language_is_declared(page: Page) -> None:
    (html,) = Reader(page).all("html")
    assert html["lang"] == page.headers["Content-Language"]


def test_wallets_are_called_what_people_call_them() -> None:
    assert method_name("dana") == "DANA"
    assert method_name("future_pay") == "future_pay"
    assert either([], "id") == ""
    assert either(["DANA"], "id") == "DANA"
    assert either(["DANA", "OVO", "GCash"], "id") == "DANA, OVO atau GCash"
    assert either(["DANA", "OVO"], "en") == "DANA or OVO"


# --- hostile text

PAYLOADS = [
    "<script>alert(1)</script>",
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "--><script>alert(1)</script><!--",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<iframe src=javascript:alert(1)>",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "{{ 7 * 7 }}{% include 'style.css' %}",
    "{0.__class__} {amount} %s %(x)s",
    '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "<form action=https://evil.example><button>",
    "</main></body></html><h1>LUNAS",
    "<scr\u200bipt>alert(1)</scr\u200bipt>",
    "<\u0000script>alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "\u202eTFEL OT THGIR\u202c <b>x",
    "a`b$c\\d\"e'f",
    "?<?xml version='1.0'?><x>",
]

Put = Callable[[str], Page]


def asking(field: FieldView) -> Page:
    """A page that asks this."""
    form = FormView(groups=(GroupView("Data", (field,)),))
    return offer_page(replace(OFFER, form=form), "id")


def choosing(*choices: ChoiceView) -> Page:
    """A page that offers these besides the usual one."""
    line = replace(LINE, choices=(CHOICES[0], *choices))
    return offer_page(replace(OFFER, form=FormView(lines=(line,))), "id")


FIELDS: dict[str, Put] = {
    "offer.shop": lambda t: offer_page(replace(OFFER, shop=t), "id"),
    "offer.total": lambda t: offer_page(replace(OFFER, total=t), "id"),
    "offer.attempt": lambda t: offer_page(replace(OFFER, attempt=t), "id"),
    "offer.methods": lambda t: offer_page(replace(OFFER, methods=(t,)), "id"),
    "offer.path": lambda t: offer_page(
        replace(OFFER, pay_url="/l/" + re.sub(r"[^!-~]|\\", "", t)), "id"
    ),
    "item.name": lambda t: offer_page(replace(OFFER, items=(replace(ITEM, name=t),)), "id"),
    "item.description": lambda t: offer_page(
        replace(OFFER, items=(replace(ITEM, description=t),)), "id"
    ),
    "item.unit_price": lambda t: offer_page(
        replace(OFFER, items=(replace(ITEM, unit_price=t),)), "id"
    ),
    "item.image": lambda t: offer_page(
        replace(
            OFFER,
            items=(replace(ITEM, image="https://x.example/" + re.sub(r"[^!-~]|\\", "", t)),),
        ),
        "id",
    ),
    "order.name": lambda t: offer_page(replace(OFFER, items=(ITEM, replace(ITEM, name=t))), "id"),
    "order.total": lambda t: offer_page(replace(OFFER, items=(ITEM, replace(ITEM, total=t))), "id"),
    "confirm.shop": lambda t: confirm_page(replace(CONFIRM, shop=t), "id"),
    "confirm.item": lambda t: confirm_page(
        replace(CONFIRM, items=(replace(ITEM, name=t, unit_price=t, total=t),), total=t), "id"
    ),
    "confirm.fields": lambda t: confirm_page(replace(CONFIRM, fields=((t, t),)), "id"),
    "closed.shop": lambda t: closed_page(replace(CLOSED, shop=t), "id"),
    "closed.title_item": lambda t: closed_page(replace(CLOSED, title_item=t), "id"),
    "closed.message": lambda t: closed_page(replace(CLOSED, message=t), "id"),
    "status.shop": lambda t: status_page(replace(STATUS, shop=t), "id"),
    "status.total": lambda t: status_page(replace(STATUS, total=t), "id"),
    "status.refunded": lambda t: status_page(replace(STATUS, refund="full", refunded=t), "id"),
    "status.reference": lambda t: status_page(replace(STATUS, reference=t), "id"),
    "status.paid_at": lambda t: status_page(replace(STATUS, paid_at=t), "id"),
    "status.item": lambda t: status_page(
        replace(STATUS, items=(replace(ITEM, name=t, unit_price=t, total=t),)), "id"
    ),
    "asked.label": lambda t: asking(replace(NOTE, label=t)),
    "asked.value": lambda t: asking(replace(NOTE, value=t)),
    "asked.hint": lambda t: asking(replace(NOTE, hint=t)),
    "asked.problem": lambda t: asking(replace(NOTE, problem=t)),
    "asked.options": lambda t: asking(replace(PICK, options=((t, t),))),
    "asked.title": lambda t: offer_page(
        replace(OFFER, form=FormView(groups=(GroupView(t, (NOTE,)),))), "id"
    ),
    "asked.hidden": lambda t: offer_page(replace(OFFER, form=FormView(hidden=((t, t),))), "id"),
    "asked.problems": lambda t: offer_page(
        replace(OFFER, form=FormView(problems=(("name", t), (None, t)))), "id"
    ),
    "asked.symbol": lambda t: offer_page(
        replace(GIVING, form=replace(GIVING.form, symbol=t)), "id"
    ),
    "asked.kept": lambda t: offer_page(replace(OFFER, kept=(("utm_source", t),)), "id"),
    "chosen.label": lambda t: choosing(replace(CHOICES[1], label=t, amount=t, value=t)),
    "chosen.listed": lambda t: choosing(*(replace(CHOICES[1], label=t, amount=t),) * 7),
    "chosen.quantity": lambda t: offer_page(
        replace(OFFER, form=FormView(lines=(replace(LINE, stepper=replace(STEPPER, value=t)),))),
        "id",
    ),
    "given.amount": lambda t: offer_page(
        replace(GIVING, form=replace(GIVING.form, amount=replace(AMOUNT, value=t, problem=t))), "id"
    ),
    "look.logo": lambda t: offer_page(
        replace(OFFER, look=Look(logo="https://x.example/" + re.sub(r"[^!-~]|\\", "", t))), "id"
    ),
    "look.color": lambda t: offer_page(replace(OFFER, look=Look(color=t)), "id"),
    "paid.message": lambda t: status_page(replace(RECEIPT, message=t), "id"),
    "paid.method": lambda t: receipt_page(replace(RECEIPT, method=t), "id"),
    "paid.answers": lambda t: receipt_page(replace(RECEIPT, answers=((f"a{t}", t),)), "id"),
    "paid.onward": lambda t: status_page(
        replace(
            RECEIPT,
            onward=Onward("page", "https://x.example/" + re.sub(r"[^!-~]|\\", "", t), True),
        ),
        "id",
    ),
    "receipt.variant": lambda t: receipt_page(
        replace(RECEIPT, items=(replace(ITEM, variant=f"a{t}"),)), "id"
    ),
    "receipt.shop": lambda t: receipt_page(replace(RECEIPT, shop=t), "id"),
    "receipt.item": lambda t: receipt_page(
        replace(RECEIPT, items=(replace(ITEM, name=t, unit_price=t, total=t),)), "id"
    ),
    "message.title": lambda t: message_page(replace(MESSAGE, title=t), "id"),
    "message.text": lambda t: message_page(replace(MESSAGE, text=t), "id"),
}
SHOWN_WHOLE = (
    "name", "shop", "title", "text", "message", "description", "item", "paid_at", "label", "hint",
    "problem", "problems", "options", "answers", "method",
)  # fmt: skip
ADDRESS = r"https://|/|\?[\w=&%+.~-]*lang=(en|id)$|#\w+$|data:,|$"
every_field = pytest.mark.parametrize("put", FIELDS.values(), ids=FIELDS.keys())


@cache
def harmless(put: Put) -> object:
    """The shape of the page with a text that means no harm."""
    return Reader(put("harmless")).shape


@pytest.mark.parametrize("field", FIELDS)
def test_no_text_becomes_markup(field: str) -> None:
    for payload in PAYLOADS:
        seen = Reader(FIELDS[field](payload))
        assert seen.shape == harmless(FIELDS[field]), payload
        for _, attrs in seen.elements:
            for name in ("href", "src", "action"):
                address = attrs.get(name) or ""
                assert re.match(ADDRESS, address), (payload, address)
        if field.endswith(SHOWN_WHOLE):
            assert one_line(payload) in seen.text


@every_field
@settings(deadline=None, max_examples=20)
@given(text=st.text(min_size=1, max_size=60))
def test_not_by_chance_either(put: Put, text: str) -> None:
    assert Reader(put(f"a{text}")).shape == harmless(put)
    put(text).html.encode()


@every_field
def test_five_hundred_letters_without_a_space_stay_inside(put: Put) -> None:
    page = put("W" * 500)
    assert len(page.html.encode()) < 30_000
    assert "overflow-wrap: anywhere" in page.html


@pytest.mark.parametrize(
    ("given_text", "shown"),
    [
        ("Toko\u202e iraS", "Toko iraS"),
        ("a\u200b\u200d\ufeff\u00adb", "ab"),
        ("a\x00\x07\x1b\x7f\x9fb", "ab"),
        ("a\ud800b", "ab"),
        ("a\u3164\u115f\u2800b", "ab"),
        ("a\r\nb\tc\u2028d", "a\nb c\nd"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 4),
        ("Kopi ☕ & teh", "Kopi ☕ & teh"),
        ("مقهى", "مقهى"),
        ("\U000e0041x", "x"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(given_text: str, shown: str) -> None:
    assert clean(given_text) == shown


def test_no_invisible_letter_reaches_a_page() -> None:
    for put in FIELDS.values():
        html = put("a\u202e\u2066\u200f\u0000\ufeffb").html
        assert not re.search("[\u202e\u2066\u200f\u0000\ufeff]", html)


def test_names_and_descriptions_are_tidied() -> None:
    assert one_line("  a \n\n b\t c ") == "a b c"
    assert one_line(None) == one_line("\u200b") == ""
    assert paragraphs("a\nb\n\n \n\nc\n") == "a\nb\n\nc"
    assert paragraphs(None) == ""
    assert shorten("abcdef", 4) == "abc…"
    assert shorten("abcd", 4) == "abcd"
    assert [monogram(name) for name in ("kaos", "!! 9", "ßa", "—", "")] == list("K9S••")


def test_a_name_of_nothing_has_a_name() -> None:
    bare = replace(ITEM, name="\u200b", description="\u200b")
    seen = Reader(offer_page(replace(OFFER, shop="\u202e", items=(bare,)), "id"))
    assert "Penjual" in seen.text
    assert seen.meta("og:title") == "Barang – Rp20.000"


# --- addresses


@pytest.mark.parametrize(
    "address",
    [
        "http://img.example/a.jpg",
        "javascript:alert(1)",
        "data:image/svg+xml,<svg/>",
        "//img.example/a.jpg",
        "/a.jpg",
        "https://",
        "https://user@img.example/a.jpg",
        "https://img.example/a b.jpg",
        "https://img.example\\@evil.example/",
        "https://img.example/\na",
        "https://[::1",
        "https://img.example:99999/",
        "",
        None,
    ],
)
def test_only_https_pictures_are_shown(address: str | None) -> None:
    assert picture(address) is None
    seen = Reader(offer_page(replace(OFFER, items=(replace(ITEM, image=address),)), "id"))
    assert not seen.all("img")
    assert str(seen.meta("og:image")).startswith("https://pay.example.com/l/k4Yw9t/card.png?v=")


def test_an_https_picture_is_shown() -> None:
    seen = Reader(offer_page(OFFER, "id"))
    (image,) = seen.all("img")
    assert image["src"] == seen.meta("og:image") == "https://img.example/kaos.jpg"


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "//evil.example", "/\\evil.example", "/\t/evil.example", "", "l/x",
     "ftp://x.example", "https://a@b.example/", "https://pay.example.com\\@evil.example"],
)  # fmt: skip
def test_addresses_of_another_kind_are_our_own_mistake(address: str) -> None:
    assert not is_ours(address)
    with pytest.raises(ValueError, match="address"):
        offer_page(replace(OFFER, pay_url=address), "id")
    if address:
        with pytest.raises(ValueError, match="address"):
            status_page(replace(STATUS, state="failed", retry_url=address), "id")


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://pay.example.com/l/x", "pay.example.com"),
        ("https://PAY.example.com:443/l/x", "pay.example.com"),
        ("http://127.0.0.1:8000/l/x", "127.0.0.1:8000"),
        ("http://[::1]:8000/l/x", "[::1]:8000"),
        ("https://[::1]/", "[::1]"),
        (None, None),
        ("/l/x", None),
    ],
)
def test_the_host_to_compare(address: str | None, host: str | None) -> None:
    assert host_of(address) == host


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("unpaid", "Bayar sekarang"),
        ("failed", "Coba bayar lagi"),
        ("expired", "Coba bayar lagi"),
        ("canceled", "Coba bayar lagi"),
        ("paid", None),
        ("processing", None),
        ("review", None),
    ],
)
def test_paying_again_is_offered_only_where_it_cannot_be_twice(
    state: State, shown: str | None
) -> None:
    page = status_page(replace(STATUS, state=state, retry_url="/l/k4Yw9t"), "id")
    if shown is None:
        assert "retry" not in page.html
    else:
        assert text_of(page, "retry") == shown
        assert Reader(page).by_id("retry")["href"] == "/l/k4Yw9t"


# --- headers


@every_page
def test_the_policy_names_the_style_by_its_hash_and_allows_our_script_alone(page: Page) -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = dict(
        part.split(" ", 1) for part in page.headers["Content-Security-Policy"].split("; ")
    )
    assert policy.pop("form-action") == (
        "'self' https://*.wooshpay.com" if "<form" in page.html else "'none'"
    )
    assert policy == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest}'",
        "img-src": "'self' https: data:",
        **({"script-src": "'self'", "connect-src": "'self'"} if "<script" in page.html else {}),
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    seen = Reader(page)
    for script in seen.all("script"):
        assert script.keys() == {"src", "defer"}
        assert re.fullmatch(
            r"(https://pay\.example\.com)?/assets/shop\.\w{12}\.js", str(script["src"])
        )
    for _, attrs in seen.elements:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)


@every_page
def test_the_other_headers(page: Page) -> None:
    headers = {k: v for k, v in page.headers.items() if k != "Content-Security-Policy"}
    assert headers == {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Language": headers["Content-Language"],
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    assert all(value.isascii() and value.isprintable() for value in page.headers.values())


def test_the_form_may_be_answered_from_the_hosts_given() -> None:
    hosts = ("https://checkout.example", "http://127.0.0.1:8001")
    policy = offer_page(OFFER, "id", pay_hosts=hosts).headers["Content-Security-Policy"]
    assert "form-action 'self' https://checkout.example http://127.0.0.1:8001;" in policy


@pytest.mark.parametrize(
    "host", ["*", "https:", "https://a.example; script-src *", "https://a.example\r\nX: y", ""]
)
def test_a_host_that_would_open_the_policy_is_refused(host: str) -> None:
    with pytest.raises(ValueError, match="form-action"):
        offer_page(OFFER, "id", pay_hosts=(host,))


# --- the page as a document


@every_page
def test_it_is_small_and_asks_no_one_else(page: Page) -> None:
    assert len(page.html.encode()) < 30_000
    seen = Reader(page)
    assert [link["href"] for link in seen.all("link")] == ["data:,"]
    for tag in ("iframe", "object", "embed", "video", "audio", "source", "base"):
        assert not seen.all(tag)
    assert {image["src"] for image in seen.all("img")} <= {ITEM.image, LOOK.logo}
    language = page.headers["Content-Language"]
    assert {a["href"] for a in seen.all("a")} <= {
        "", "/l/k4Yw9t", f"?lang={'id' if language == 'en' else 'en'}", f"?stay=1&lang={language}",
        "#field_note", "https://toko.example/ok", CHAT, RECEIPT.status_url, RECEIPT.receipt_url,
    }  # fmt: skip
    assert "url(" not in page.html
    assert "@import" not in page.html


@every_page
def test_it_is_a_sound_document(page: Page) -> None:
    assert page.html.startswith("<!doctype html>")
    seen = Reader(page)
    assert len(seen.all("main")) == len(seen.all("h1")) == len(seen.all("title")) == 1
    assert seen.meta("viewport") == "width=device-width, initial-scale=1"
    assert seen.meta("robots") == "noindex"
    ids = [attrs["id"] for _, attrs in seen.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    void = {"meta", "link", "img", "input", "path", "circle"}
    opened = sorted(tag for tag, _ in seen.elements if tag not in void)
    assert opened == sorted(o[1:] for o in seen.other if o.startswith("/") and o[1:] not in void)


@pytest.mark.parametrize("live", [True, False])
def test_only_a_live_page_refreshes_itself(live: bool) -> None:
    seen = Reader(status_page(replace(STATUS, state="processing", live=live), "id"))
    refresh = [meta for meta in seen.all("meta") if "http-equiv" in meta]
    assert refresh == ([{"http-equiv": "refresh", "content": "3"}] if live else [])


@every_page
def test_nothing_else_refreshes(page: Page) -> None:
    refreshes = any(word in page.html for word in ("WAITING", "MENUNGGU", "data-after"))
    assert ("http-equiv" in page.html) == refreshes


# --- what chats show


def test_the_offer_in_a_chat() -> None:
    seen = Reader(offer_page(OFFER, "id"))
    assert seen.meta("og:title") == "Kaos Polos Hitam – Rp20.000"
    assert seen.meta("og:description") == "Bayar dengan DANA ke Toko Sari"
    assert seen.meta("og:site_name") == "Toko Sari"
    assert seen.meta("og:locale") == "id_ID"
    assert seen.meta("og:url") == "https://pay.example.com/l/k4Yw9t"
    assert Reader(offer_page(OFFER, "en")).meta("og:locale") == "en_US"


def test_the_price_survives_a_long_name_in_a_chat() -> None:
    long = replace(ITEM, name="Kaos " * 60)
    seen = Reader(offer_page(replace(OFFER, items=(long,), shop="Toko " * 60), "id"))
    title, text = seen.meta("og:title") or "", seen.meta("og:description") or ""
    assert title.endswith("… – Rp20.000")
    assert len(title) <= 60
    assert len(text) <= 80


@pytest.mark.parametrize(
    ("state", "refund", "title"),
    [
        ("paid", "none", "LUNAS ✅ Rp20.000 – Toko Sari"),
        ("unpaid", "none", "BELUM DIBAYAR Rp20.000 – Toko Sari"),
        ("failed", "none", "GAGAL Rp20.000 – Toko Sari"),
        ("paid", "partial", "DIKEMBALIKAN SEBAGIAN Rp5.000 – Toko Sari"),
        ("paid", "full", "DIKEMBALIKAN Rp5.000 – Toko Sari"),
    ],
)
def test_the_receipt_in_a_chat(state: State, refund: Refund, title: str) -> None:
    view = replace(STATUS, state=state, refund=refund, refunded="Rp5.000")
    seen = Reader(status_page(view, "id"))
    assert seen.meta("og:title") == title
    assert seen.meta("og:site_name") == "Toko Sari"
    assert seen.meta("og:url") == "https://pay.example.com/r/abc"


# --- contrast


def colours(dark: bool) -> dict[str, str]:
    light, night = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", night)) if dark else {})


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [
    ("ink", "bg"), ("ink", "card"), ("soft", "bg"), ("soft", "card"), ("bg", "ink"),
    ("on-brand", "brand"), ("on-brand", "press"), ("link", "card"), ("link", "bg"),
    ("link", "tint"), ("trust-ink", "trust"), ("wrong", "card"), ("wrong", "wrong-tint"),
    ("on-avatar", "avatar"), *((f"letter{n}", f"tile{n}") for n in range(5)),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everything_can_be_read_in_both_schemes(dark: bool) -> None:
    colour = colours(dark)
    for text, ground in TEXT_ON:
        assert contrast(colour[text], colour[ground]) >= 4.5, (text, ground)
    assert contrast(colour["brand"], colour["card"]) >= 3


def test_every_state_can_be_read() -> None:
    tones = re.findall(r"--tone: (#[0-9a-f]{6});", CSS)
    assert len(tones) == 7
    for tone in tones:
        assert contrast("#ffffff", tone) >= 4.5, tone


# --- purity


def test_the_same_view_gives_the_same_page() -> None:
    assert offer_page(OFFER, "id") == offer_page(OFFER, "id")
    headers = offer_page(OFFER, "id").headers
    headers["X"] = "mine alone"
    assert "X" not in offer_page(OFFER, "id").headers


def test_templates_cost_nothing_until_a_page_is_wanted() -> None:
    code = (
        "import sys, chalicelib.web.pages.render as r; assert 'jinja2' not in sys.modules;"
        "r.error_page(404, 'id'); assert 'jinja2' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=PAGES.parents[2])


def test_a_place_left_empty_is_an_error() -> None:
    with pytest.raises(KeyError):
        texts.say("id", "pay")
