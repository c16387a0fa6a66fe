"""Liveness: the function runs, and which commit it is; nothing else is asked."""

from chalice.app import Blueprint

from chalicelib.version import version
from chalicelib.web.endpoint import Answer, Call, public_route

routes = Blueprint(__name__)


@public_route(routes, ["GET"], "/healthz")
def healthz(call: Call) -> Answer:
    return Answer({"status": "ok", "stage": call.app.settings.stage, "version": version()})
