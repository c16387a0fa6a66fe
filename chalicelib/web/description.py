"""The API's description, and pages to read it: made by `make openapi`, served as they are."""

from functools import cache
from pathlib import Path

from chalice.app import Blueprint

from chalicelib.web.endpoint import Answer, Call, public_route
from chalicelib.web.pages import shell

HERE = Path(__file__).parent / "described"
KEPT = {"Cache-Control": "public, max-age=300"}
routes = Blueprint(__name__)


@public_route(routes, ["GET", "HEAD"], "/openapi.json")
def show_description(call: Call) -> Answer:
    return Answer(_text("openapi.json"), headers=KEPT)


@public_route(routes, ["GET", "HEAD"], "/docs")
def show_docs(call: Call) -> Answer:
    return _page("docs.html")


@public_route(routes, ["GET", "HEAD"], "/docs/errors")
def show_errors(call: Call) -> Answer:
    return _page("errors.html")


def _page(name: str) -> Answer:
    html = _text(name)
    style = html.partition("<style>")[2].partition("</style>")[0]
    return Answer(html, headers={**shell.headers("en", style), **KEPT})


@cache
def _text(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
