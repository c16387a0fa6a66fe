"""The script of the shopper's pages, under a name that changes with it."""

from chalice.app import Blueprint

from chalicelib.domain.errors import ResourceMissing
from chalicelib.web.endpoint import Answer, Call, public_route
from chalicelib.web.pages import assets
from chalicelib.web.storefront import tell

routes = Blueprint(__name__)


@public_route(routes, ["GET", "HEAD"], "/assets/{file}", tell)
def show_asset(call: Call) -> Answer:
    script = assets.script()
    if call.path["file"] != script.name:
        raise ResourceMissing("file", call.path["file"])
    headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "public, max-age=31536000, immutable",
    }
    return Answer(script.text, headers=headers)
