"""What follows a payment: the merchant's words, the way on, the receipt; and the chat."""

import re
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.domain.ids import MerchantId
from chalicelib.domain.merchants import Branding, Contact
from chalicelib.web.after_paying import SENT_ON_WITHIN_MS
from chalicelib.web.chats import chat_url
from tests.builders import a_cause
from tests.web.samples import Json, at_instant
from tests.web.test_order_form import TOLD, sent, shirts_of
from tests.web.test_pages_render import PAYLOADS
from tests.web.test_storefront import Tree, check_page, path_of, payments_of
from tests.web.world import PUBLIC_URL, Merchant, Reply, World

PLAIN, NOBODY = Branding(), Contact()


def dressed(
    world: World, merchant: Merchant, branding: Branding = PLAIN, contact: Contact = NOBODY
) -> Merchant:
    """The shop with a look and a contact."""
    before = world.app.store.merchant(MerchantId(merchant.id))
    assert before is not None
    after = replace(before, branding=branding, contact=contact)
    world.app.store.update_merchant(
        merchant.tenant, before, after, replace(a_cause(), request_id=world.app.mint.ulid()), None
    )
    return merchant


def bought(world: World, shop: Merchant, link: Json, told: dict[str, str] | None = None) -> Json:
    """The session of a shopper who has paid this link."""
    assert sent(world, link, {"attempt": world.app.mint.secret(), **(told or {})}).status == 303
    session = dict(payments_of(shop)[0])
    world.control(f"/payment_intents/{session['psp']['payment_intent']}/approve")
    world.deliver(shop, session, "payment_intent.succeeded").ok()
    return world.read(shop, session)


def onward(reply: Reply) -> dict[str, str | None] | None:
    found = [each for each in Tree(reply.text).all("a") if each.get("id") == "onward"]
    return found[0] if found else None


def refreshes(reply: Reply) -> list[str | None]:
    return [each["content"] for each in Tree(reply.text).all("meta") if "http-equiv" in each]


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return dressed(world, world.merchant(), contact=Contact(whatsapp="+6281234567890"))


# --- the way on -------------------------------------------------------------------------------


def test_the_merchants_message_is_shown_once_it_is_paid(world: World, shop: Merchant) -> None:
    words = {"custom_message": "Terima kasih, Kak!"}
    after = {"type": "hosted_confirmation", "hosted_confirmation": words}
    link = world.link(shop, after_completion=after)
    sent(world, link, {})
    waiting = dict(payments_of(shop)[0])
    assert "Terima kasih, Kak!" not in world.public.get(path_of(waiting)).text
    paid = bought(world, shop, link)
    assert "Terima kasih, Kak!" in world.public.get(path_of(paid)).text
    shop.api.post("/v1/refunds", {"checkout_session": paid["id"], "full": True}, "msg").ok()
    assert "Terima kasih, Kak!" not in world.public.get(path_of(paid)).text


def test_a_redirect_goes_on_with_the_sessions_id_and_nothing_else(
    world: World, shop: Merchant
) -> None:
    url = "https://toko.example.com/terima-kasih?order=1&sesi={CHECKOUT_SESSION_ID}#atas"
    link = world.link(shop, after_completion={"type": "redirect", "redirect": {"url": url}})
    paid = bought(world, shop, link)
    reply = world.public.get(path_of(paid))
    button = onward(reply)
    assert button is not None
    goes = url.replace("{CHECKOUT_SESSION_ID}", paid["id"])
    assert (button["href"], button["data-after"]) == (goes, "5")
    assert "Lanjut ke toko.example.com" in reply.text
    assert refreshes(reply) == [f"5;url={goes}"]
    assert re.findall(r"<noscript>(<meta http-equiv)", reply.text), "a script does it otherwise"


def test_nobody_is_sent_on_who_wants_to_stay_or_comes_back_later(
    world: World, shop: Merchant
) -> None:
    after = {"type": "redirect", "redirect": {"url": "https://toko.example.com/ok"}}
    paid = bought(world, shop, world.link(shop, after_completion=after))
    last = paid["paid_at"] + SENT_ON_WITHIN_MS
    for instant, query, by_itself in (
        (last, "", True), (last + 1, "", False), (last, "?stay=1", False),
    ):  # fmt: skip
        with at_instant(instant):
            reply = world.public.get(f"{path_of(paid)}{query}")
        button = onward(reply)
        assert button is not None
        assert ("data-after" in button) == by_itself == bool(refreshes(reply))


def test_nobody_goes_on_before_it_is_paid_or_after_it_was_returned(
    world: World, shop: Merchant
) -> None:
    after = {"type": "redirect", "redirect": {"url": "https://toko.example.com/ok"}}
    link = world.link(shop, after_completion=after)
    sent(world, link, {})
    waiting = world.public.get(path_of(payments_of(shop)[0]))
    assert (onward(waiting), refreshes(waiting)) == (None, ["3"])
    paid = bought(world, shop, link)
    shop.api.post("/v1/refunds", {"checkout_session": paid["id"], "amount": 1000}, "go").ok()
    returned = world.public.get(path_of(paid))
    assert (onward(returned), refreshes(returned)) == (None, [])


def test_the_seller_is_told_in_their_own_chat(world: World, shop: Merchant) -> None:
    paid = bought(world, shop, world.link(shop, "Kopi & Teh", after_completion={"type": "chat"}))
    reply = world.public.get(path_of(paid))
    button = onward(reply)
    assert button is not None
    url = urlsplit(str(button["href"]))
    assert (url.scheme, url.netloc, url.path) == ("https", "wa.me", "/6281234567890")
    assert parse_qs(url.query) == {"text": [f"Sudah bayar Kopi & Teh ({paid['id']})"]}
    assert "Kabari penjual" in reply.text


def test_without_a_contact_there_is_no_chat(world: World) -> None:
    shop = world.merchant()
    paid = bought(world, shop, world.link(shop, after_completion={"type": "chat"}))
    assert onward(world.public.get(path_of(paid))) is None


# --- when it was not paid ---------------------------------------------------------------------


def test_whoever_did_not_pay_in_time_may_begin_anew(world: World, shop: Merchant) -> None:
    link = world.link(shop)
    assert sent(world, link, {"attempt": world.app.mint.secret()}).status == 303
    session = dict(payments_of(shop)[0])

    def retry() -> list[str | None]:
        page = Tree(world.public.get(path_of(session)).text)
        return [each["href"] for each in page.all("a") if each.get("id") == "retry"]

    assert retry() == [session["url"]]
    with at_instant(session["expires_at"]):
        assert retry() == [link["url"]]
    alone = world.unpaid(shop)
    with at_instant(alone["expires_at"]):
        assert 'id="retry"' not in world.public.get(path_of(alone)).text


# --- the receipt ------------------------------------------------------------------------------


def test_a_receipt_says_what_was_paid_by_whom_when_and_how(world: World, shop: Merchant) -> None:
    link = shirts_of(shop)
    paid = bought(world, shop, link, {**TOLD, "field_catatan": "kado"})
    assert paid["receipt_url"] == f"{PUBLIC_URL}/r/{path_of(paid).removeprefix('/s/')}"
    tree = check_page(world.public.get(paid["receipt_url"].removeprefix(PUBLIC_URL)), 200)
    words = " ".join(" ".join(tree.words).split())
    for told in ("LUNAS", "Rp120.000", "Kaos S 1 × Rp120.000", "DANA", "WIB", paid["id"],
                 "Nama Budi",
                 "Nomor HP +6281234567890",
                 "Alamat kirim Jl. Merdeka 10, Bandung, Jawa Barat 40115",
                 "Warna sablon Emas", "Catatan kado", "Nomor punggung 7",
                 "Tangkapan layar bisa dipalsukan."):  # fmt: skip
        assert told in words
    assert "Alamat email" not in words
    (status,) = [each for each in tree.all("a") if "/s/" in str(each["href"])]
    assert status["href"] == paid["status_url"]
    assert paid["receipt_url"] in world.public.get(path_of(paid)).text


@pytest.mark.parametrize("paid", [False, True])
def test_a_receipt_is_live_and_so_is_its_preview(world: World, shop: Merchant, paid: bool) -> None:
    session = world.paid(shop) if paid else world.unpaid(shop)
    path = path_of(session).replace("/s/", "/r/")
    word = "LUNAS" if paid else "BELUM DIBAYAR"
    assert (session["receipt_url"] is not None) == paid
    tree = check_page(world.public.get(path), 200)
    (heading,) = [each for each in tree.all("h1") if each.get("id") == "status"]
    assert heading["data-state"] == ("paid" if paid else "unpaid")
    assert word in tree.words
    meta = {each.get("property"): str(each["content"]) for each in tree.all("meta")
            if "property" in each}  # fmt: skip
    assert meta["og:title"].startswith(word)
    assert meta["og:url"] == f"{PUBLIC_URL}{path}"
    assert meta["og:image"].startswith(f"{PUBLIC_URL}{path}/card.png?v=")
    card = world.public.get(f"{path}/card.png")
    assert card.headers["content-type"] == "image/png"
    assert card.headers["cache-control"] == "private, max-age=60"


def test_a_receipt_after_a_refund_says_so(world: World, shop: Merchant) -> None:
    paid = world.paid(shop)
    shop.api.post("/v1/refunds", {"checkout_session": paid["id"], "full": True}, "receipt").ok()
    words = check_page(world.public.get(path_of(paid).replace("/s/", "/r/")), 200).words
    assert "DIKEMBALIKAN" in words
    assert "LUNAS" not in words


def test_a_bent_token_opens_no_receipt(world: World, shop: Merchant) -> None:
    path = path_of(world.unpaid(shop)).replace("/s/", "/r/")
    for bent in (path[:-1], f"{path}0", path[:-1] + ("0" if path[-1] != "0" else "1"), "/r/x"):
        check_page(world.public.get(bent), 404)
        assert world.public.get(f"{bent}/card.png").status == 404


def test_the_language_goes_along(world: World, shop: Merchant) -> None:
    paid = world.paid(shop)
    status = Tree(world.public.get(f"{path_of(paid)}?lang=en").text)
    (receipt,) = [each for each in status.all("a") if each.get("id") == "receipt"]
    assert receipt["href"] == f"{paid['receipt_url']}?lang=en"
    shown = world.public.get(f"{receipt['href']}".removeprefix(PUBLIC_URL))
    assert "PAID" in Tree(shown.text).words
    assert f"{paid['status_url']}?lang=en" in shown.text


# --- the shop ---------------------------------------------------------------------------------


def test_a_shop_looks_like_itself_on_every_page(world: World) -> None:
    look = Branding(logo="https://img.example/logo.png", color="#ee4d2d")
    shop = dressed(world, world.merchant(), look)
    link, paused = world.link(shop), world.link(shop, active=False)
    paths = [f"/l/{each['slug']}" for each in (link, paused)]
    paid = path_of(world.paid(shop))
    for path in (*paths, paid, paid.replace("/s/", "/r/")):
        reply = world.public.get(path)
        images = [each["src"] for each in Tree(reply.text).all("img")]
        assert images == ["https://img.example/logo.png"], path
        assert "--brand: #ee4d2d;" in reply.text


def test_a_closed_link_offers_the_chat_about_it(world: World, shop: Merchant) -> None:
    link = world.link(shop, "Kopi & Teh", active=False)
    tree = check_page(world.public.get(f"/l/{link['slug']}"), 410)
    (button,) = [each for each in tree.all("a") if each.get("id") == "chat"]
    (words,) = parse_qs(urlsplit(str(button["href"])).query)["text"]
    assert words == (
        "Halo Kak, tautan pembayaran Kopi & Teh tidak bisa dibuka "
        "(Tautan ini sedang dijeda). Masih ada?"
    )
    assert "Hubungi penjual lewat chat" not in " ".join(tree.words)


# --- addresses of chats -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("contact", "url"),
    [
        (Contact(whatsapp="+6281234567890", telegram="x"), "https://wa.me/6281234567890?text=Hai%21"),
        (Contact(whatsapp="6281234567890"), "https://wa.me/6281234567890?text=Hai%21"),
        (Contact(telegram="@toko_sari"), "https://t.me/toko_sari?text=Hai%21"),
        (Contact(telegram="toko_sari", line="y"), "https://t.me/toko_sari?text=Hai%21"),
        (Contact(line="@sari"), "https://line.me/R/oaMessage/%40sari/?Hai%21"),
        (Contact(line="sari.toko"), "https://line.me/ti/p/~sari.toko"),
        (NOBODY, None),
        (Contact(whatsapp="0812"), None),
        (Contact(whatsapp="+62812/../evil"), None),
        (Contact(telegram="a/b?c"), None),
        (Contact(telegram="evil.example"), None),
        (Contact(line="a/b"), None),
        (Contact(line="javascript:alert(1)"), None),
    ],
)  # fmt: skip
def test_the_address_of_a_chat(contact: Contact, url: str | None) -> None:
    assert chat_url(contact, "Hai!") == url


@pytest.mark.parametrize("payload", [*PAYLOADS, "a&text=b#c?d=%20+", "a\ud800b"])
def test_no_words_leave_their_place(payload: str) -> None:
    url = str(chat_url(Contact(whatsapp="+6281234567890"), payload))
    assert parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True) == {
        "text": [payload.encode(errors="replace").decode()]
    }
    assert not set(" \"'<>\\`{}") & set(url)
