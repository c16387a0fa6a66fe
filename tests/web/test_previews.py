"""What chats and search engines are told of a page, and the kit that puts a link into a chat."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.web import share
from chalicelib.web.pages.render import closed_page, offer_page, status_page
from chalicelib.web.pages.views import ClosedReason, Refund, State
from tests.web.samples import Json, at_instant
from tests.web.test_pages_render import CLOSED, ITEM, OFFER, PAYLOADS, STATUS, Reader
from tests.web.test_storefront import Tree, path_of
from tests.web.world import PUBLIC_URL, Merchant, Reply, World

BARE = replace(OFFER, items=(replace(ITEM, image=None),))
ADDRESS = "https://pay.example.com/l/k4Yw9t?v=0123456789"


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


def tags(reply: Reply) -> dict[str, str]:
    """The meta tags of a page by property or name."""
    return {
        str(tag.get("property") or tag.get("name")): str(tag["content"])
        for tag in Tree(reply.text).all("meta")
        if "content" in tag
    }


# --- tags


def test_an_offers_picture_is_the_products_or_our_card() -> None:
    photo, drawn = Reader(offer_page(OFFER, "id")), Reader(offer_page(BARE, "id"))
    assert photo.meta("og:image") == "https://img.example/kaos.jpg"
    assert photo.meta("og:image:width") is photo.meta("og:image:type") is None
    address = str(drawn.meta("og:image"))
    assert address.startswith("https://pay.example.com/l/k4Yw9t/card.png?v=")
    told = {name: drawn.meta(f"og:image:{name}") for name in ("width", "height", "type")}
    assert told == {"width": "1200", "height": "630", "type": "image/png"}
    for seen in (photo, drawn):
        assert seen.meta("twitter:card") == "summary_large_image"
        assert seen.meta("og:image:alt") == seen.meta("og:title") == "Kaos Polos Hitam – Rp20.000"
        assert seen.meta("og:description") == "Bayar dengan DANA ke Toko Sari"
        assert seen.meta("og:url") == "https://pay.example.com/l/k4Yw9t"
        assert seen.meta("og:site_name") == "Toko Sari"


@pytest.mark.parametrize(
    ("reason", "title", "text"),
    [
        ("limit_reached", "Sudah habis", "Semua sudah terjual, atau sedang dibayar pembeli lain."),
        ("paused", "Tautan ini sedang dijeda",
         "Penjual sedang menghentikan pembayaran untuk sementara."),
        ("expired", "Tautan ini sudah kedaluwarsa", "Batas waktu pembayaran sudah lewat."),
        ("archived", "Tautan ini sudah ditutup", "Barang ini tidak dijual lagi lewat tautan ini."),
    ],
)  # fmt: skip
def test_a_closed_links_preview_says_why(reason: ClosedReason, title: str, text: str) -> None:
    view = replace(CLOSED, reason=reason, page_url="https://pay.example.com/l/x")
    seen = Reader(closed_page(view, "id"))
    assert seen.meta("og:title") == f"Kaos Polos Hitam – {title}"
    assert seen.meta("og:description") == text
    assert seen.meta("og:url") == "https://pay.example.com/l/x"
    assert str(seen.meta("og:image")).startswith("https://pay.example.com/l/x/card.png?v=")


@pytest.mark.parametrize(
    ("state", "refund", "title"),
    [
        ("paid", "none", "LUNAS ✅ Rp20.000 – Toko Sari"),
        ("unpaid", "none", "BELUM DIBAYAR Rp20.000 – Toko Sari"),
        ("paid", "partial", "DIKEMBALIKAN SEBAGIAN Rp5.000 – Toko Sari"),
        ("paid", "full", "DIKEMBALIKAN Rp5.000 – Toko Sari"),
    ],
)
def test_a_payments_preview_is_how_it_stands(state: State, refund: Refund, title: str) -> None:
    seen = Reader(
        status_page(replace(STATUS, state=state, refund=refund, refunded="Rp5.000"), "id")
    )
    assert seen.meta("og:title") == seen.meta("og:image:alt") == title
    assert seen.meta("og:description") == "Kaos Polos Hitam. Buka untuk status terkini."
    assert str(seen.meta("og:image")).startswith("https://pay.example.com/r/abc/card.png?v=")


def test_titles_and_lines_are_short_whatever_the_names() -> None:
    long = "Panjang sekali " * 20
    item = replace(ITEM, name=long)
    for page in (
        offer_page(replace(OFFER, shop=long, items=(item,), total="Rp1.000.000.000.000"), "id"),
        offer_page(replace(OFFER, shop=long, items=(item, item)), "en"),
        closed_page(replace(CLOSED, shop=long, title_item=long, reason="expired"), "id"),
        status_page(replace(STATUS, shop=long, items=(item,), total="Rp1.000.000.000.000"), "id"),
    ):
        seen = Reader(page)
        assert len(str(seen.meta("og:title"))) <= 60
        assert len(str(seen.meta("og:description"))) <= 80
    assert "Rp1.000.000.000.000" in str(seen.meta("og:title"))


def test_only_what_anyone_may_buy_is_for_search_engines() -> None:
    seen = Reader(offer_page(replace(BARE, indexable=True), "id"))
    assert seen.meta("robots") is None
    (canonical,) = [each for each in seen.all("link") if each["rel"] == "canonical"]
    assert canonical["href"] == OFFER.page_url
    assert (
        seen.meta("description")
        == "Kaos Polos Hitam seharga Rp20.000 dari Toko Sari. Katun combed 30s"
    )
    hidden = Reader(offer_page(BARE, "id"))
    assert hidden.meta("robots") == "noindex"
    assert [each["rel"] for each in hidden.all("link")] == ["icon"]


@pytest.mark.parametrize(("live", "limited"), [(True, False), (True, True), (False, False)])
def test_a_live_link_without_a_limit_may_be_indexed(
    world: World, live: bool, limited: bool
) -> None:
    limit = {"restrictions": {"completed_sessions": {"limit": 3}}} if limited else {}
    link = world.link(world.merchant(livemode=live, connected=False), **limit)
    told = tags(world.public.get(f"/l/{link['slug']}"))
    assert (told.get("robots") is None) == (live and not limited)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_name_leaves_its_tag(payload: str) -> None:
    view = replace(BARE, shop=payload, items=(replace(ITEM, name=payload, image=None),))
    seen = Reader(offer_page(replace(view, indexable=True), "id"))
    plain = Reader(offer_page(replace(BARE, indexable=True), "id"))
    assert seen.shape == plain.shape


# --- the API says the same


def test_a_link_comes_with_its_preview_which_is_what_its_page_says(
    world: World, shop: Merchant
) -> None:
    made = world.link(shop, "Kopi Susu")
    got = shop.api.get(f"/v1/payment_links/{made['id']}").ok()
    assert (got["preview"], got["share"]) == (made["preview"], made["share"])
    told = tags(world.public.get(f"/l/{made['slug']}?v={made['preview']['version']}"))
    assert made["preview"] == {
        "title": told["og:title"],
        "description": told["og:description"],
        "image": told["og:image"],
        "version": told["og:image"].rpartition("?v=")[2],
    }
    assert told["og:url"] == made["url"]
    assert told["og:title"] == "Kopi Susu – Rp20.000"


def test_the_version_changes_when_the_link_closes(world: World, shop: Merchant) -> None:
    at = world.app.clock() + 3_600_000
    made = world.link(shop, "Kopi Susu", expires_at=at)
    with at_instant(at):
        got = shop.api.get(f"/v1/payment_links/{made['id']}").ok()
        told = tags(world.public.get(f"/l/{made['slug']}"))
    assert got["preview"]["version"] != made["preview"]["version"]
    assert got["preview"]["title"] == told["og:title"]
    assert got["preview"]["image"] == told["og:image"]
    assert got["preview"]["version"] in got["share"]["text"]


def test_a_list_has_links_without_their_kit(world: World, shop: Merchant) -> None:
    world.link(shop)
    (first, *_) = shop.api.get("/v1/payment_links").ok()["data"]
    assert not {"share", "preview"} & set(first)


def test_a_status_page_is_never_for_search_engines_and_shows_its_card(
    world: World, shop: Merchant
) -> None:
    path = path_of(world.unpaid(shop))
    told = tags(world.public.get(path))
    assert told["robots"] == "noindex"
    assert told["og:image"].startswith(f"{PUBLIC_URL}{path}/card.png?v=")
    assert told["og:title"].startswith("BELUM DIBAYAR Rp20.000 – Toko")


# --- the kit


def query(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query, strict_parsing=True)


def test_the_kit_of_a_link(world: World, shop: Merchant) -> None:
    link = world.link(shop, "Kopi & Teh #1")
    kit: Json = link["share"]
    name = tags(world.public.get(f"/l/{link['slug']}"))["og:site_name"]
    shared = f"{link['url']}?v={link['preview']['version']}"
    words = f"Halo Kak, ini tautan pembayaran Kopi & Teh #1 dari {name}: Rp20.000."
    addresses = {"whatsapp_url", "telegram_url", "line_url", "qr_svg_url", "qr_png_url"}
    assert set(kit) == {"text", *addresses}
    assert kit["text"] == f"{words}\nBayar di sini ya: {shared}"
    assert kit["whatsapp_url"].startswith("https://wa.me/?text=Halo%20Kak%2C%20")
    assert query(kit["whatsapp_url"]) == {"text": [kit["text"]]}
    assert kit["telegram_url"].startswith("https://t.me/share/url?url=https%3A%2F%2Fpay.example")
    assert query(kit["telegram_url"]) == {"url": [shared], "text": [words]}
    assert kit["line_url"].startswith("https://line.me/R/share?text=")
    assert query(kit["line_url"]) == {"text": [f"{kit['text']}&openExternalBrowser=1"]}
    assert kit["qr_svg_url"] == f"{link['url']}/qr.svg"
    assert kit["qr_png_url"] == f"{link['url']}/qr.png"
    for each in (shared, kit["qr_svg_url"], kit["qr_png_url"], f"{shared}&openExternalBrowser=1"):
        assert world.public.get(each.removeprefix(PUBLIC_URL)).status == 200


@pytest.mark.parametrize("payload", [*PAYLOADS, "a&text=b#c?d=%20+", "Kopi ☕ 日本茶", "a\ud800b"])
def test_no_name_leaves_its_place_in_an_address(payload: str) -> None:
    words = share.said(payload, "Rp20.000", payload)
    whole = share.text(words, ADDRESS).encode(errors="replace").decode()
    for url, wanted in (
        (share.whatsapp_url(words, ADDRESS), {"text": [whole]}),
        (share.line_url(words, ADDRESS), {"text": [f"{whole}&openExternalBrowser=1"]}),
        (
            share.telegram_url(words, ADDRESS),
            {"url": [ADDRESS], "text": [words.encode(errors="replace").decode()]},
        ),
    ):
        assert query(url) == wanted
        assert url.isascii()
        assert not set(" \"'<>\\`{}") & set(url)


def test_a_long_name_leaves_the_link_whole() -> None:
    words = share.said("x" * 500, "Rp20.000", "y" * 500)
    assert len(words) < 240
    assert share.text(words, ADDRESS).endswith(f"ya: {ADDRESS}")


def test_an_address_without_a_query_gets_one() -> None:
    url = share.line_url("Halo", "https://pay.example.com/l/x")
    assert query(url)["text"] == [
        "Halo\nBayar di sini ya: https://pay.example.com/l/x?openExternalBrowser=1"
    ]


def test_where_the_shopper_sets_the_amount_it_begins_with_the_least(
    world: World, a: Merchant
) -> None:
    custom = {"minimum": 10_000, "preset": 50_000}
    price = {"currency": "IDR", "custom_unit_amount": custom, "product_data": {"name": "Donasi"}}
    made = a.api.post("/v1/prices", price).ok()
    link = a.api.post("/v1/payment_links", {"line_items": [{"price": made["id"]}]}).ok()
    assert link["preview"]["title"] == "Donasi – mulai Rp10.000"
    assert ": mulai Rp10.000.\n" in link["share"]["text"]
    page = world.public.get(f"/l/{link['slug']}").text
    assert '<meta property="og:title" content="Donasi – mulai Rp10.000">' in page
