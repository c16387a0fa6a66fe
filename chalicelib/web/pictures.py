"""The pictures of links and payments, drawn when they are asked for: a GET writes nothing."""

from chalice.app import Blueprint

from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payments import Payment
from chalicelib.usecases.start_checkout import open_link
from chalicelib.web import qr, showing
from chalicelib.web.endpoint import Answer, Call, public_route
from chalicelib.web.pages import previews
from chalicelib.web.pages.drawing import draw
from chalicelib.web.reading import Reader
from chalicelib.web.storefront import payment_of, tell

routes = Blueprint(__name__)
A_DAY = "public, max-age=86400"
FOREVER = "public, max-age=31536000, immutable"
A_MINUTE = "public, max-age=60"
OWN_MINUTE = "private, max-age=60"  # a receipt must not say LUNAS for longer than that


def _picture(body: str | bytes, type: str, cached: str) -> Answer:
    headers = {
        "Content-Type": type,
        "Cache-Control": cached,
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return Answer(body, headers=headers)


def _address(call: Call) -> str:
    """The link's public address; raises ResourceMissing where there is no link."""
    slug = open_link(call.app.store, call.path["slug"]).offer.link.slug
    return f"{call.app.settings.public_url}/l/{slug}"


@public_route(routes, ["GET", "HEAD"], "/l/{slug}/qr.svg", tell)
def show_qr_svg(call: Call) -> Answer:
    return _picture(qr.svg(_address(call)), "image/svg+xml", A_DAY)


@public_route(routes, ["GET", "HEAD"], "/l/{slug}/qr.png", tell)
def show_qr_png(call: Call) -> Answer:
    return _picture(qr.png(_address(call)), "image/png", A_DAY)


@public_route(routes, ["GET", "HEAD"], "/l/{slug}/card.png", tell)
def show_card(call: Call) -> Answer:
    """The link's card as it stands, whichever version is asked for; only the current is kept."""
    opened = open_link(call.app.store, call.path["slug"])
    preview = showing.preview(opened, call.now, call.app.settings.public_url)
    query = call.request.query_params
    current = query is not None and query.get("v") == preview.version
    return _picture(draw(preview.card), "image/png", FOREVER if current else A_MINUTE)


@public_route(routes, ["GET", "HEAD"], "/s/{token}/card.png", tell)
def show_status_card(call: Call) -> Answer:
    return receipt_picture(call, *payment_of(call))


@public_route(routes, ["GET", "HEAD"], "/r/{token}/card.png", tell)
def show_receipt_card(call: Call) -> Answer:
    return receipt_picture(call, *payment_of(call))


def receipt_picture(call: Call, payment: Payment, merchant: Merchant) -> Answer:
    """The card of a payment as it stands now."""
    view = showing.status(payment, merchant, Reader(call.now, "id"), call.app.settings.public_url)
    return _picture(draw(previews.of_status(view, "id").card), "image/png", OWN_MINUTE)
