"""What a merchant needs to put a link into a chat: the words, and addresses that open each app.

The shared address carries `?v=`, which changes with the preview, because WhatsApp remembers a
preview by its address.
"""

from urllib.parse import quote

from chalicelib.usecases.ports import OpenedLink
from chalicelib.web.pages.previews import Preview, heading, price_of, shop_name
from chalicelib.web.pages.safe import shorten
from chalicelib.web.render import Json
from chalicelib.web.showing import least_of

_LONGEST = 80


def share(opened: OpenedLink, preview: Preview, public_url: str) -> Json:
    """The share kit of a link."""
    address = f"{public_url}/l/{opened.offer.link.slug}"
    shared = f"{address}?v={preview.version}"
    words = said(
        heading([item.product.name for item in opened.offer.items], "id"),
        price_of(least_of(opened.offer), str(opened.offer.total), "id"),
        shop_name(opened.merchant.name, "id"),
    )
    return {
        "text": text(words, shared),
        "whatsapp_url": whatsapp_url(words, shared),
        "telegram_url": telegram_url(words, shared),
        "line_url": line_url(words, shared),
        "qr_svg_url": f"{address}/qr.svg",
        "qr_png_url": f"{address}/qr.png",
    }


def previewed(preview: Preview) -> Json:
    """What a chat will show of the link now: the same as its page's tags."""
    return {
        "title": preview.title,
        "description": preview.description,
        "image": preview.image,
        "version": preview.version,
    }


def said(name: str, price: str, shop: str) -> str:
    """What a seller writes in a chat, without the link."""
    name, shop = shorten(name, _LONGEST), shorten(shop, _LONGEST)
    return f"Halo Kak, ini tautan pembayaran {name} dari {shop}: {price}."


def text(words: str, address: str) -> str:
    """The whole message."""
    return f"{words}\nBayar di sini ya: {address}"


def whatsapp_url(words: str, address: str) -> str:
    """Opens WhatsApp with the message and asks for whom."""
    return f"https://wa.me/?text={_quoted(text(words, address))}"


def telegram_url(words: str, address: str) -> str:
    """Opens Telegram, which puts the link before the words by itself."""
    return f"https://t.me/share/url?url={_quoted(address)}&text={_quoted(words)}"


def line_url(words: str, address: str) -> str:
    """Opens LINE; the link then opens in the shopper's own browser, where wallets can be."""
    outside = f"{address}{'&' if '?' in address else '?'}openExternalBrowser=1"
    return f"https://line.me/R/share?text={_quoted(text(words, outside))}"


def _quoted(value: str) -> str:
    # What is half a letter cannot be written in UTF-8.
    return quote(value, safe="", errors="replace")
