"""The pictures of a link. Like its page they are read and never kept: a GET writes nothing."""

from chalice.app import Blueprint

from chalicelib.usecases.start_checkout import open_link
from chalicelib.web import qr
from chalicelib.web.endpoint import Answer, Call, public_route
from chalicelib.web.storefront import tell

routes = Blueprint(__name__)
A_DAY = "public, max-age=86400"


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
