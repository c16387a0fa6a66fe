"""The product page as a form: what it asks, what it answers to what was filled in."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from chalicelib.web.pages import assets
from tests.web.bots import IPHONE, PRESSED, SENT, Headers
from tests.web.samples import Json
from tests.web.test_bots import check_paying, check_question
from tests.web.test_storefront import Tree, check_page, payments_of
from tests.web.world import Merchant, Reply, World

IPHONES: Headers = {**SENT, "User-Agent": IPHONE}  # Safari does not say that a person pressed
EVERYTHING: Json = {
    "collect": {
        "name": "required",
        "phone": "required",
        "email": "optional",
        "shipping_address": "required",
    },
    "custom_fields": [
        {
            "key": "warna",
            "label": {"custom": "Warna sablon"},
            "type": "dropdown",
            "dropdown": {"options": [{"label": "Putih", "value": "putih"},
                                     {"label": "Emas", "value": "emas"}]},
        },
        {"key": "catatan", "label": {"custom": "Catatan"}, "type": "text", "optional": True,
         "text": {"minimum_length": 3, "maximum_length": 40, "default_value": "tanpa kotak"}},
        {"key": "nomor", "label": {"custom": "Nomor punggung"}, "type": "numeric",
         "numeric": {"maximum_length": 2}},
    ],
}  # fmt: skip
TOLD = {
    "name": "Budi",
    "phone": "0812 3456 7890",
    "email": "",
    "address_line1": "Jl. Merdeka 10",
    "address_village": "",
    "address_district": "",
    "address_city": "Bandung",
    "address_state": "Jawa Barat",
    "address_postal_code": "40115",
    "field_warna": "emas",
    "field_catatan": "",
    "field_nomor": "7",
}


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


@pytest.fixture(scope="module")
def shirts(world: World, shop: Merchant) -> Json:
    return shirts_of(shop)


def shirts_of(shop: Merchant) -> Json:
    """A link with everything: four variants, one of them archived; a quantity; all questions."""
    data = {"name": "Kaos", "inventory": {"tracked": True, "available": 3}}
    product = shop.api.post("/v1/products", data).ok()["id"]
    prices = [
        shop.api.post("/v1/prices", {"currency": "IDR", "unit_amount": amount, "product": product,
                                     "nickname": nickname}).ok()["id"]
        for nickname, amount in (("S", 120_000), ("M", 120_000), ("XL", 135_000), ("XXL", 150_000))
    ]  # fmt: skip
    line = {
        "price": prices[0],
        "variants": prices[1:],
        "quantity": 1,
        "adjustable_quantity": {"enabled": True, "minimum": 1, "maximum": 5},
    }
    link = shop.api.post("/v1/payment_links", {"line_items": [line], **EVERYTHING}).ok()
    shop.api.post(f"/v1/prices/{prices[3]}", {"active": False}).ok()
    return {**link, "prices": prices}


@pytest.fixture(scope="module")
def gift(world: World, shop: Merchant) -> Json:
    """A link whose amount the shopper sets."""
    return gift_of(shop, {"minimum": 10_000, "maximum": 2_000_000, "preset": 50_000})


def gift_of(shop: Merchant, bounds: Json) -> Json:
    price = {"currency": "IDR", "custom_unit_amount": {"enabled": True, **bounds},
             "product_data": {"name": "Donasi"}}  # fmt: skip
    made = shop.api.post("/v1/prices", price).ok()
    return shop.api.post("/v1/payment_links", {"line_items": [{"price": made["id"]}]}).ok()


class Form:
    """The page's form as a browser would read it."""

    def __init__(self, reply: Reply) -> None:
        self.tree = Tree(reply.text)
        self.words = " ".join(" ".join(self.tree.words).split())
        inputs = [*self.tree.all("input"), *self.tree.all("select")]
        self.by_name = {str(each["name"]): each for each in inputs if each.get("type") != "radio"}
        self.radios = [each for each in self.tree.all("input") if each.get("type") == "radio"]

    def value(self, name: str) -> str:
        return str(self.by_name[name].get("value") or "")

    def element(self, id: str) -> dict[str, str | None]:
        (found,) = [each for _, each in self.tree.tags if each.get("id") == id]
        return found

    def said(self, name: str) -> str:
        """What a screen reader tells of a field besides its label."""
        ids = str(self.element(name).get("aria-describedby") or "").split()
        return " ".join(text_of(self.html, id) for id in ids)

    html: str = ""


def text_of(html: str, id: str) -> str:
    match = re.search(rf'<p[^>]* id="{id}"[^>]*>([^<]*)<', html)
    assert match, f"no #{id}"
    return match.group(1)


def form_of(reply: Reply) -> Form:
    form = Form(reply)
    form.html = reply.text
    return form


def opened(world: World, link: Json, query: str = "", **headers: str) -> Form:
    reply = world.public.send("GET", f"/l/{link['slug']}{query}", b"", headers)
    check_page(reply, 200)
    return form_of(reply)


def sent(
    world: World, link: Json, told: dict[str, str], headers: Headers = PRESSED, query: str = ""
) -> Reply:
    return world.public.send("POST", f"/l/{link['slug']}{query}", urlencode(told).encode(), headers)


def refused(world: World, link: Json, told: dict[str, str], **headers: str) -> Form:
    """The page that comes back with what is wrong; nothing is written."""
    with world.untouched():
        reply = sent(world, link, told, {**PRESSED, **headers})
    check_page(reply, 400)
    return form_of(reply)


def last_of(shop: Merchant) -> Json:
    return dict(payments_of(shop)[0])


# --- what it asks -----------------------------------------------------------------------------


def test_each_field_has_a_label_a_keyboard_and_a_name_that_browsers_know(
    world: World, shirts: Json
) -> None:
    form = opened(world, shirts)
    labels = {each.get("for") for each in form.tree.all("label")}
    told = {
        name: (each.get("type"), each.get("inputmode"), each.get("autocomplete"),
               "required" in each, each.get("maxlength"))
        for name, each in form.by_name.items()
        if each.get("type") != "hidden"
    }  # fmt: skip
    assert told == {
        "quantity_1": ("text", "numeric", "off", True, "6"),
        "name": ("text", None, "name", True, "100"),
        "phone": ("tel", None, "tel", True, "30"),
        "email": ("email", None, "email", False, "254"),
        "address_line1": ("text", None, "address-line1", True, "200"),
        "address_village": ("text", None, "address-level4", False, "200"),
        "address_district": ("text", None, "address-level3", False, "200"),
        "address_city": ("text", None, "address-level2", True, "200"),
        "address_state": ("text", None, "address-level1", True, "200"),
        "address_postal_code": ("text", "numeric", "postal-code", True, "10"),
        "field_warna": (None, None, None, True, None),
        "field_catatan": ("text", None, "off", False, "40"),
        "field_nomor": ("text", "numeric", "off", True, "2"),
    }
    assert set(told) <= labels
    assert form.words.count("(opsional)") == 4
    for words in ("Jalan dan nomor", "Kelurahan", "Kecamatan", "Kota/Kabupaten", "Provinsi",
                  "Kode pos", "Warna sablon", "Putih", "Emas", "Sisa 3", "3–40 huruf"):  # fmt: skip
        assert words in form.words
    assert form.value("field_catatan") == "tanpa kotak"
    assert "autofocus" not in form.html


def test_variants_are_a_choice_and_an_archived_one_is_none(world: World, shirts: Json) -> None:
    form = opened(world, shirts)
    assert [(each["name"], each["value"], "checked" in each) for each in form.radios] == [
        ("variant_1", shirts["prices"][0], True),
        ("variant_1", shirts["prices"][1], False),
        ("variant_1", shirts["prices"][2], False),
    ]
    assert "XL Rp135.000" in form.words
    assert "XXL" not in form.words


def test_many_variants_are_a_list_to_unfold(world: World, shop: Merchant) -> None:
    product = shop.api.post("/v1/products", {"name": "Kaos"}).ok()["id"]
    prices = [
        shop.api.post("/v1/prices", {"currency": "IDR", "unit_amount": 1000 + n,
                                     "product": product}).ok()["id"]
        for n in range(7)
    ]  # fmt: skip
    line = {"price": prices[0], "variants": prices[1:]}
    link = shop.api.post("/v1/payment_links", {"line_items": [line]}).ok()
    form = opened(world, link)
    assert form.radios == []
    options = [each["value"] for each in form.tree.all("option")]
    assert options == prices
    assert "Kaos – Rp1.006" in form.words


def test_an_amount_of_the_shoppers_own_says_its_bounds(world: World, gift: Json) -> None:
    form = opened(world, gift)
    assert form.value("amount") == "50.000"
    assert form.said("amount") == "Rp10.000 sampai Rp2.000.000"
    assert "Bayar Rp50.000" in form.words


def test_an_amount_without_a_preset_is_left_open(world: World, shop: Merchant) -> None:
    form = opened(world, gift_of(shop, {"minimum": 10_000}))
    assert form.value("amount") == ""
    assert form.said("amount") == "Minimal Rp10.000"
    assert "Rp10.000 Bayar dengan" not in form.words
    assert "Total – Bayar" in form.words


def test_a_page_does_not_ask_for_more_than_is_left(world: World, shop: Merchant) -> None:
    data = {"name": "Topi", "inventory": {"tracked": True, "available": 2}}
    product = shop.api.post("/v1/products", data).ok()["id"]
    body = {"currency": "IDR", "unit_amount": 5000, "product": product}
    price = shop.api.post("/v1/prices", body).ok()["id"]
    line = {"price": price, "quantity": 4, "adjustable_quantity": {"enabled": True}}
    link = shop.api.post("/v1/payment_links", {"line_items": [line]}).ok()
    form = opened(world, link)
    assert form.value("quantity_1") == "2"
    assert "Bayar Rp10.000" in form.words


# --- paying -----------------------------------------------------------------------------------


def test_what_was_chosen_is_what_is_paid(world: World, shop: Merchant) -> None:
    shirts = shirts_of(shop)
    chosen = {"quantity_1": "3", "variant_1": shirts["prices"][2], "attempt": "abc"}
    check_paying(world, sent(world, shirts, {**TOLD, **chosen}))
    session = last_of(shop)
    assert session["amount_total"] == 3 * 135_000
    assert session["customer_details"]["phone"] == "+6281234567890"
    assert session["customer_details"]["address"]["city"] == "Bandung"
    answers = {each["key"]: each[each["type"]]["value"] for each in session["custom_fields"]}
    assert answers == {"warna": "emas", "nomor": "7"}


@pytest.mark.parametrize(
    ("typed", "paid"), [("150.000", 150_000), ("Rp 75.000", 75_000), ("10000", 10_000)]
)
def test_an_amount_may_be_written_as_people_write_it(
    world: World, shop: Merchant, gift: Json, typed: str, paid: int
) -> None:
    check_paying(world, sent(world, gift, {"amount": typed}))
    assert last_of(shop)["amount_total"] == paid


def test_the_same_page_with_another_choice_is_another_payment(
    world: World, shop: Merchant, gift: Json
) -> None:
    told = {"attempt": "abc", "amount": "20000"}
    first = check_paying(world, sent(world, gift, told))
    second = check_paying(world, sent(world, gift, {**told, "amount": "30000"}))
    assert first != second
    assert last_of(shop)["amount_total"] == 30_000
    with world.untouched():
        assert check_paying(world, sent(world, gift, told)) == first


# --- what is wrong ----------------------------------------------------------------------------

SENTENCES: dict[str, tuple[str, str, str]] = {
    "name": ("", "Nama belum diisi.", "Name is missing."),
    "phone": ("0812", "Nomor HP belum benar. Contoh: 0812 3456 7890.",
              "This is not a phone number. Example: 0812 3456 7890."),
    "email": ("budi@", "Alamat email belum benar. Contoh: nama@contoh.com.",
              "This is not an email address. Example: name@example.com."),
    "address_line1": ("x" * 201, "Jalan dan nomor terlalu panjang: paling banyak 200 huruf.",
                      "Street and number is too long: 200 characters at most."),
    "address_village": ("a\x07b", "Kelurahan berisi tanda yang tidak bisa dibaca. Ketik ulang, ya.",
                        "Village (kelurahan) has signs that cannot be read. Please type it again."),
    "address_city": (" ", "Kota/Kabupaten belum diisi.", "City or regency is missing."),
    "address_postal_code": ("4011", "Kode pos harus lima angka. Contoh: 40115.",
                            "A postal code has five digits. Example: 40115."),
    "field_warna": ("hijau", "Warna sablon: pilih salah satu yang tersedia.",
                    "Warna sablon: choose one of those on offer."),
    "field_catatan": ("ya", "Catatan terlalu pendek: paling sedikit 3 huruf.",
                      "Catatan is too short: 3 characters at least."),
    "field_nomor": ("7a", "Nomor punggung harus ditulis dengan angka.",
                    "Nomor punggung must be written in digits."),
    "quantity_1": ("4", "Stok tinggal 3.", "Only 3 left in stock."),
}  # fmt: skip


@pytest.mark.parametrize("language", ["id", "en"])
def test_everything_wrong_is_said_at_once_and_everything_typed_is_kept(
    world: World, shirts: Json, language: str
) -> None:
    typed = {**TOLD, **{name: typed for name, (typed, *_) in SENTENCES.items()}}
    typed |= {"attempt": "abc", "variant_1": shirts["prices"][1]}
    form = refused(world, shirts, typed, **{"Accept-Language": language})
    for name, (value, *sentences) in SENTENCES.items():
        sentence = sentences[0 if language == "id" else 1]
        assert form.said(name).startswith(sentence)
        assert form.element(name)["aria-invalid"] == "true"
        if name != "field_warna":
            assert form.value(name) == value.replace("\x07", "")
    assert form.value("attempt") == "abc"
    assert [each["value"] for each in form.radios if "checked" in each] == [shirts["prices"][1]]
    assert "aria-invalid" not in form.element("address_state")
    summary = form.element("problems")
    assert (summary["role"], summary["tabindex"], "autofocus" in summary) == ("alert", "-1", True)
    links = [str(each["href"]) for each in form.tree.all("a") if each["href"] != "?lang=en"]
    led_to = [link.removeprefix("#") for link in links if link.startswith("#")]
    assert set(led_to) == set(SENTENCES)
    ids = [str(each["id"]) for _, each in form.tree.tags if "id" in each]
    assert [id for id in ids if id in SENTENCES] == led_to, "in the order of the page"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("quantity_1", "0", "Jumlah paling sedikit 1."),
        ("quantity_1", "dua", "Jumlah harus ditulis dengan angka."),
        ("quantity_1", "-1", "Jumlah harus ditulis dengan angka."),
        ("quantity_1", "1.5", "Jumlah harus ditulis dengan angka."),
        ("variant_1", "price_x", "Pilihan: pilih salah satu yang tersedia."),
    ],
)
def test_a_choice_that_is_none_is_said(
    world: World, shirts: Json, field: str, typed: str, sentence: str
) -> None:
    form = refused(world, shirts, {**TOLD, field: typed})
    assert form.said(field).startswith(sentence)


def test_an_archived_variant_is_no_choice(world: World, shirts: Json) -> None:
    form = refused(world, shirts, {**TOLD, "variant_1": shirts["prices"][3]})
    assert form.said("variant_1") == "Pilihan: pilih salah satu yang tersedia."


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("9.999", "Nominal paling sedikit Rp10.000."),
        ("2000001", "Nominal paling banyak Rp2.000.000."),
        ("seratus", "Nominal harus ditulis dengan angka."),
        ("10,5", "Nominal harus ditulis dengan angka."),
        ("9" * 14, "Nominal harus ditulis dengan angka."),
    ],
)
def test_an_amount_out_of_bounds_is_said(
    world: World, gift: Json, typed: str, sentence: str
) -> None:
    form = refused(world, gift, {"amount": typed})
    assert form.said("amount").startswith(sentence)
    assert form.value("amount") == typed


def test_an_amount_that_has_to_be_told_is_missed(world: World, shop: Merchant) -> None:
    form = refused(world, gift_of(shop, {"minimum": 10_000}), {"amount": ""})
    assert form.said("amount").startswith("Nominal belum diisi.")
    assert "Total – Bayar" in form.words


@pytest.mark.parametrize(
    ("unit", "quantity", "sentence"),
    [
        (200_000_000, "2", "Total terlalu besar: DANA menerima sampai Rp300.000.000."),
        (10, "2", "Total belum cukup: DANA menerima mulai Rp100."),
    ],
)
def test_a_total_that_the_wallet_does_not_take_is_said(
    world: World, shop: Merchant, unit: int, quantity: str, sentence: str
) -> None:
    price = {"currency": "IDR", "unit_amount": unit, "product_data": {"name": "Emas"}}
    made = shop.api.post("/v1/prices", price).ok()["id"]
    line = {"price": made, "quantity": 20 if unit == 10 else 1,
            "adjustable_quantity": {"enabled": True}}  # fmt: skip
    link = shop.api.post("/v1/payment_links", {"line_items": [line]}).ok()
    form = refused(world, link, {"quantity_1": quantity})
    assert form.said("quantity_1") == sentence


def test_a_sum_beyond_all_bounds_is_said_where_no_field_is_to_blame(
    world: World, shop: Merchant
) -> None:
    price = {"currency": "IDR", "unit_amount": 250_000_000, "product_data": {"name": "Emas"}}
    made = shop.api.post("/v1/prices", price).ok()["id"]
    more = {"enabled": True, "minimum": 1, "maximum": 10_000}
    cheap = {"currency": "IDR", "unit_amount": 1000, "product_data": {"name": "Kotak"}}
    box = shop.api.post("/v1/prices", cheap).ok()["id"]
    lines: list[Any] = [{"price": box}, {"price": made, "adjustable_quantity": more}]
    link = shop.api.post("/v1/payment_links", {"line_items": lines}).ok()
    form = refused(world, link, {"quantity_2": "10000"})
    assert "Ada yang perlu diperbaiki Total terlalu besar." in form.words


def test_wrong_answers_are_said_before_anybody_is_asked_to_press_once_more(
    world: World, shirts: Json
) -> None:
    with world.untouched():
        check_page(sent(world, shirts, {**TOLD, "name": ""}, IPHONES), 400)
        asked = check_question(sent(world, shirts, TOLD, IPHONES))
    assert {name: asked[name] for name in TOLD} == TOLD


def test_the_question_shows_what_would_be_paid(world: World, shirts: Json) -> None:
    told = {**TOLD, "quantity_1": "2", "variant_1": shirts["prices"][2]}
    with world.untouched():
        tree = check_page(sent(world, shirts, told, IPHONES), 200)
    words = " ".join(" ".join(tree.words).split())
    for shown in ("Periksa pesanan Anda", "Kaos XL 2 × Rp135.000", "Rp270.000"):
        assert shown in words


# --- by address -------------------------------------------------------------------------------


def test_an_address_fills_in_what_is_valid(world: World, shirts: Json) -> None:
    query = "?quantity=2&prefilled_name=Budi+S&prefilled_phone=08123456789&prefilled_email=b@c.id"
    form = opened(world, shirts, query)
    assert [form.value(name) for name in ("quantity_1", "name", "phone", "email")] == [
        "2", "Budi S", "08123456789", "b@c.id",
    ]  # fmt: skip
    assert "Bayar Rp240.000" in form.words


@pytest.mark.parametrize(
    "query",
    ["quantity=0", "quantity=9", "quantity=x", "quantity=%D9%A2", "quantity=", "prefilled_name=%07",
     "prefilled_phone=12", "prefilled_email=x", f"prefilled_name={'x' * 101}", "amount=1", "v=3",
     "lang=xx", "lang=", "utm_source=%07", f"utm_source={'x' * 151}",
     "client_reference_id=a%20b", "client_reference_id=%3Cscript%3E"],
)  # fmt: skip
def test_what_is_not_valid_is_dropped_without_a_word(
    world: World, shirts: Json, query: str
) -> None:
    plain = opened(world, shirts)
    form = opened(world, shirts, f"?{query}")
    fields = [{**each.by_name, "attempt": None} for each in (plain, form)]
    assert fields[0] == fields[1]
    assert "aria-invalid" not in form.html


@pytest.mark.parametrize(
    ("asked", "filled"),
    [("150000", "150000"), ("1", "50.000"), ("9999999", "50.000"), ("x", "50.000")],
)
def test_an_amount_comes_from_the_address_only_where_the_shopper_sets_it(
    world: World, gift: Json, shirts: Json, asked: str, filled: str
) -> None:
    assert opened(world, gift, f"?amount={asked}").value("amount") == filled
    assert "Rp120.000" in opened(world, shirts, f"?amount={asked}").words


def test_where_it_was_shared_goes_with_the_form_to_the_session(
    world: World, shop: Merchant, gift: Json
) -> None:
    query = "?client_reference_id=WA-17&utm_source=whatsapp&utm_campaign=lebaran&utm_other=x"
    form = opened(world, gift, query)
    carried = {
        "client_reference_id": "WA-17",
        "utm_source": "whatsapp",
        "utm_campaign": "lebaran",
    }
    hidden = {n: form.value(n) for n, each in form.by_name.items() if each.get("type") == "hidden"}
    assert {**hidden, "attempt": None} == {**carried, "attempt": None}
    kept = refused(world, gift, {**hidden, "amount": "1"})
    assert {name: kept.value(name) for name in hidden} == hidden
    check_paying(world, sent(world, gift, {**hidden, "amount": "20000"}))
    session = last_of(shop)
    assert session["client_reference_id"] == "WA-17"
    assert (session["utm"]["source"], session["utm"]["campaign"]) == ("whatsapp", "lebaran")


# --- language ---------------------------------------------------------------------------------


def test_the_address_has_the_last_word_on_the_language(world: World, gift: Json) -> None:
    for query, header, language in (
        ("?lang=en", "id", "en"), ("?lang=id", "en", "id"), ("", "en", "en"), ("", "id", "id"),
        ("?lang=fr", "en", "en"),
    ):  # fmt: skip
        reply = world.public.send(
            "GET", f"/l/{gift['slug']}{query}", b"", {"Accept-Language": header}
        )
        assert reply.headers["content-language"] == language
        (switch,) = [each for each in Tree(reply.text).all("a") if "hreflang" in each]
        other = {"id": "en", "en": "id"}[language]
        assert (switch["href"], switch["hreflang"]) == (f"?lang={other}", other)


def test_the_language_stays_through_the_form(world: World, shirts: Json) -> None:
    (form,) = opened(world, shirts, "?lang=en").tree.all("form")
    assert str(form["action"]).endswith(f"/l/{shirts['slug']}?lang=en")
    wrong = sent(world, shirts, {**TOLD, "name": ""}, PRESSED, "?lang=en")
    assert "Name is missing." in wrong.text
    question = sent(world, shirts, TOLD, IPHONES, "?lang=en")
    assert "Check your order" in question.text
    for reply in (wrong, question):
        (again,) = Tree(reply.text).all("form")
        assert again["action"] == form["action"]


def test_the_switch_keeps_what_the_address_fills_in(world: World, gift: Json) -> None:
    form = opened(world, gift, "?amount=70000&v=abc&utm_source=a%26b&evil=%22%3E")
    (switch,) = [each for each in form.tree.all("a") if "hreflang" in each]
    assert switch["href"] == "?amount=70000&utm_source=a%26b&lang=en"


# --- weight -----------------------------------------------------------------------------------


def test_a_page_that_asks_everything_weighs_30_kb_at_most(world: World, shirts: Json) -> None:
    page = refused(world, shirts, {}).html
    script = assets.script()
    assert f'/assets/{script.name}" defer' in page
    assert len(page.encode()) + len(script.text.encode()) <= 30_000


def test_the_script_is_served_for_good_under_its_own_name(world: World) -> None:
    reply = world.public.get(f"/assets/{assets.script().name}")
    assert (reply.status, reply.text) == (200, assets.script().text)
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["x-content-type-options"] == "nosniff"
    for other in ("shop.js", "shop.000000000000.js", "style.css", "..%2Fapp.py"):
        assert world.public.get(f"/assets/{other}").status == 404
