"""Liveness: the function runs; nothing else is asked."""

from chalice.app import Blueprint

from chalicelib.web.endpoint import Answer, Call, public_route

routes = Blueprint(__name__)


@public_route(routes, ["GET"], "/healthz")
def healthz(call: Call) -> Answer:
    return Answer({"status": "ok", "stage": call.app.settings.stage})
