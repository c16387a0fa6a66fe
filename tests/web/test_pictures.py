"""The pictures of links and payments: real bytes at every door, read and never kept."""

from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from xml.etree import ElementTree

import httpx
import pytest
import segno
from PIL import Image

from app import app as chalice_app
from chalicelib.web import qr
from dev.api_server import start
from tests.web.samples import Json, at_instant, signed
from tests.web.test_storefront import check_page, path_of
from tests.web.world import FORM, Merchant, Reply, World

PNG = b"\x89PNG\r\n\x1a\n"
ACCEPTS = {
    "a browser's picture": "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
    "a browser's page": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "curl and WhatsApp": "*/*",
    "one who names another": "application/json",
    "one who says nothing": None,
}


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


@pytest.fixture(scope="module")
def link(world: World, shop: Merchant) -> Json:
    return world.link(shop, "Kopi Susu")


@pytest.fixture(scope="module")
def local(world: World) -> Iterator[httpx.Client]:
    """The local server, asked over a real connection."""
    made = chalice_app.__class__
    with ExitStack() as stack:
        url = start(chalice_app, 0, stack, lambda: None)
        yield stack.enter_context(httpx.Client(base_url=url, trust_env=False))
    chalice_app.__class__ = made


def check_picture(reply: Reply, type: str, cached: str) -> None:
    assert reply.status == 200
    headers = reply.headers
    assert (headers["content-type"], headers["cache-control"]) == (type, cached)
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in headers


# --- QR codes ---------------------------------------------------------------------------------


def test_the_qr_code_is_of_the_links_address_and_has_its_quiet_zone(
    world: World, link: Json
) -> None:
    reply = world.public.get(f"/l/{link['slug']}/qr.png")
    check_picture(reply, "image/png", "public, max-age=86400")
    picture = Image.open(BytesIO(reply.body))
    assert picture.width == picture.height >= 1000
    matrix = segno.make_qr(link["url"], error="m").matrix
    side = len(matrix) + 8
    step = picture.width // side
    seen = [
        [picture.getpixel((x * step + step // 2, y * step + step // 2)) for x in range(side)]
        for y in range(side)
    ]
    assert [row[4:-4] for row in seen[4:-4]] == [[0 if dark else 255 for dark in r] for r in matrix]
    assert {dot for row in (*seen[:4], *seen[-4:]) for dot in row} == {255}
    assert {dot for row in seen for dot in (*row[:4], *row[-4:])} == {255}


def test_the_drawn_qr_code_is_the_same_one(world: World, link: Json) -> None:
    reply = world.public.get(f"/l/{link['slug']}/qr.svg")
    check_picture(reply, "image/svg+xml", "public, max-age=86400")
    root = ElementTree.fromstring(reply.body)  # noqa: S314  our own
    side = len(segno.make_qr(link["url"], error="m").matrix) + 8
    size = {"width": f"{side}mm", "height": f"{side}mm"}
    assert root.attrib == {**size, "viewBox": f"0 0 {side} {side}"}
    assert [part.tag for part in root] == ["{http://www.w3.org/2000/svg}path"] * 2
    light, dark = root
    assert (light.attrib["fill"], dark.attrib["stroke"]) == ("#fff", "#000")
    assert reply.text == qr.svg(link["url"])


# --- cards ------------------------------------------------------------------------------------


def png_size(reply: Reply) -> tuple[int, int]:
    picture = Image.open(BytesIO(reply.body))
    picture.load()
    assert picture.format == "PNG"
    assert len(reply.body) < 300_000
    return picture.size


def test_a_links_card_is_kept_for_ever_only_under_its_current_version(
    world: World, shop: Merchant
) -> None:
    link = world.link(shop, "Kaos Polos")
    path = f"/l/{link['slug']}/card.png"
    current = f"{path}?v={link['preview']['version']}"
    forever, minute = "public, max-age=31536000, immutable", "public, max-age=60"
    with world.untouched():
        for asked, cached in (
            (current, forever),
            (path, minute),
            (f"{path}?v=0123456789", minute),
            (f"{current}&v=other", minute),
            (f"{path}?w=1", minute),
        ):
            reply = world.public.get(asked)
            check_picture(reply, "image/png", cached)
            assert png_size(reply) == (1200, 630)
            assert world.public.send("HEAD", asked).headers["cache-control"] == cached


def test_a_links_card_changes_when_it_closes(world: World, shop: Merchant) -> None:
    at = world.app.clock() + 3_600_000
    link = world.link(shop, expires_at=at)
    current = f"/l/{link['slug']}/card.png?v={link['preview']['version']}"
    open_card = world.public.get(current)
    with at_instant(at):
        closed_card = world.public.get(current)
    check_picture(closed_card, "image/png", "public, max-age=60")
    assert closed_card.body != open_card.body


def test_a_payments_card_follows_it_and_is_not_kept_by_others(world: World, shop: Merchant) -> None:
    session = world.unpaid(shop)
    path = f"{path_of(session)}/card.png"
    waiting = world.public.get(path)
    check_picture(waiting, "image/png", "private, max-age=60")
    assert png_size(waiting) == (1200, 630)
    body = world.event_about(session, "payment_intent.succeeded")
    world.knock(shop, body, signed(shop.webhook_secret, body)).ok()
    with world.untouched():
        paid = world.public.get(path)
    check_picture(paid, "image/png", "private, max-age=60")
    assert paid.body != waiting.body


def test_a_bent_token_has_no_card(world: World, shop: Merchant) -> None:
    path = path_of(world.unpaid(shop))
    for bent in ("/s/x", path[:-1], path[:-1] + ("0" if path[-1] != "0" else "1")):
        check_page(world.public.get(f"{bent}/card.png"), 404)


# --- bytes at every door ----------------------------------------------------------------------


@pytest.mark.parametrize("accept", ACCEPTS.values(), ids=ACCEPTS.keys())
def test_bytes_go_out_as_base64_and_text_as_text_whatever_is_accepted(
    world: World, link: Json, accept: str | None
) -> None:
    headers = {} if accept is None else {"Accept": accept}

    def ask(resource: str) -> Json:
        event = {
            "requestContext": {"httpMethod": "GET", "resourcePath": resource},
            "headers": headers,
            "pathParameters": {"slug": link["slug"]},
            "multiValueQueryStringParameters": None,
            "stageVariables": None,
            "body": None,
        }
        return dict(chalice_app(event, None))

    picture = ask("/l/{slug}/qr.png")
    assert (picture["statusCode"], picture["isBase64Encoded"]) == (200, True)
    assert picture["body"].startswith("iVBORw0KGgo")  # the base64 of PNG's first bytes
    for resource, start_of in (
        ("/l/{slug}", "<!doctype html>"),
        ("/l/{slug}/qr.svg", "<?xml"),
        ("/healthz", "{"),
    ):
        text = ask(resource)
        assert (text["statusCode"], text.get("isBase64Encoded", False)) == (200, False)
        assert text["body"].startswith(start_of)


def test_what_chalice_refuses_by_itself_is_text_too(world: World) -> None:
    refused = world.event("DELETE", "/healthz", headers={})
    assert (refused.status, refused.error["code"]) == (405, "method_not_allowed_error")


def test_the_api_takes_everything_for_binary_so_that_bytes_are_bytes_for_everyone() -> None:
    assert chalice_app.api.binary_types == ["*/*"]


def test_a_form_that_comes_as_base64_is_read(world: World, shop: Merchant) -> None:
    slug = world.link(shop)["slug"]
    asked = {"pathParameters": {"slug": slug}, "headers": {"content-type": FORM}}
    plain = world.event("POST", "/l/{slug}", body="attempt=abc", **asked)
    coded = world.event("POST", "/l/{slug}", body="YXR0ZW1wdD1hYmM=", isBase64Encoded=True, **asked)
    assert plain.status == coded.status == 303
    assert plain.headers["location"] == coded.headers["location"]


def test_the_local_server_sends_bytes(local: httpx.Client, link: Json) -> None:
    path = f"/l/{link['slug']}/qr.png"
    got, head = local.get(path), local.head(path)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/png")
    assert got.content.startswith(PNG)
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) == len(got.content)
    page = local.get(f"/l/{link['slug']}", headers={"Accept": "text/html"})
    assert page.text.startswith("<!doctype html>")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("name", ["qr.svg", "qr.png", "card.png"])
@pytest.mark.parametrize("slug", ["x", "a" * 24, "%3Cscript%3E", ".."])
def test_no_picture_without_a_link(world: World, method: str, name: str, slug: str) -> None:
    with world.untouched():
        check_page(world.public.send(method, f"/l/{slug}/{name}"), 404)
