"""Whatever opens a link before a person does: nothing is written, held, begun or asked.

The published proof of "looking costs nothing": the requests of chats, crawlers, browsers that run
ahead and mail scanners, over every public page; and of scanners that send the form off, too.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice
from urllib.parse import urlencode

import pytest

from app import app as chalice_app
from chalicelib.web import qr
from chalicelib.web.pages import assets
from tests.fakes.remembering import Known, Remembering, remembering
from tests.web.bots import BOTS, IPHONE, OLD_WEBVIEW, PAGE, PRESSED, SCANNERS, SENT, Bot, Headers
from tests.web.samples import Json
from tests.web.test_limited_links import counts
from tests.web.test_storefront import CLOSED, Tree, check_page, path_of, payments_of
from tests.web.world import FORM, PUBLIC_URL, Merchant, Reply, World

IPHONES: Headers = {**SENT, "User-Agent": IPHONE}  # Safari does not say that a person pressed
OLD: Headers = {"User-Agent": OLD_WEBVIEW, "Accept": PAGE, "Content-Type": FORM}
ELSEWHERE: Headers = {**PRESSED, "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module", autouse=True)
def drawn_once() -> Iterator[None]:
    """Drawing a QR code takes longer than all else, and each bot asks for the same."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("svg", "png"):
            patch.setattr(qr, name, cache(getattr(qr, name)))
        yield


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


@pytest.fixture(scope="module")
def last_one(world: World, shop: Merchant) -> Json:
    """A link with one use left."""
    return world.link(shop, restrictions={"completed_sessions": {"limit": 1}})


@pytest.fixture(scope="module")
def addresses(world: World, shop: Merchant, last_one: Json) -> list[str]:
    """Every address that anyone may GET: each public route with all that may stand in it."""
    paused, expired = (world.link(shop, **changes) for changes, _ in CLOSED.values())
    known = [world.link(shop), last_one, paused, expired]
    token = path_of(world.unpaid(world.merchant())).removeprefix("/s/")
    values = {
        "slug": [*(link["slug"] for link in known), "a" * 24, "x"],
        "file": [assets.script().name, "shop.000000000000.js"],
        "token": [token, token[:-1] + ("a" if token[-1] != "a" else "b"), "x"],
    }
    found = []
    for path, methods in chalice_app.routes.items():
        if "GET" in methods and not path.startswith("/v1/"):
            name = (re.findall(r"{(\w+)}", path) or [""])[0]
            found += [path.replace(f"{{{name}}}", value) for value in values.get(name, [""])]
    assert not [path for path in found if "{" in path]
    return found


def form_of(reply: Reply) -> dict[str, str]:
    """The one form of a page, as whoever reads the page sends it."""
    tree = Tree(reply.text)
    (form,) = tree.all("form")
    assert form["method"] == "post"
    return {str(each["name"]): str(each["value"] or "") for each in tree.all("input")}


def send(world: World, link: Json, fields: dict[str, str], headers: Headers) -> Reply:
    return world.public.send("POST", f"/l/{link['slug']}", urlencode(fields).encode(), headers)


def opened(world: World, link: Json) -> dict[str, str]:
    """The fields of the page's form."""
    return form_of(world.public.get(f"/l/{link['slug']}"))


def check_question(reply: Reply) -> dict[str, str]:
    """The page that asks for one more press; the fields of its form."""
    tree = check_page(reply, 200)
    assert [each["id"] for each in tree.all("button")] == ["confirm"]
    assert "Lanjut bayar" in " ".join(tree.words)
    return form_of(reply)


def check_paying(world: World, reply: Reply) -> str:
    """The way to the provider's page."""
    assert reply.status == 303
    assert reply.headers["location"].startswith(f"{world.server.url}/pay/cs_test_")
    return reply.headers["location"]


# --- looking ----------------------------------------------------------------------------------


def test_the_public_pages_are_these_and_perhaps_more(addresses: list[str]) -> None:
    assert {path.split("/")[1] for path in addresses} >= {"l", "s", "r", "assets", "healthz"}
    assert len(addresses) == len({*addresses}) >= 10


@pytest.fixture(scope="module")
def known() -> Known:
    """What these tests have read: moto takes 30 ms to read a link."""
    return {}


@pytest.fixture
def engine(world: World, addresses: list[str], known: Known) -> Iterator[Remembering]:
    with remembering(world.app.store, known) as one:
        yield one


@pytest.mark.parametrize("bot", BOTS.values(), ids=BOTS.keys())
def test_no_visit_changes_one_item_or_asks_the_provider(
    world: World, engine: Remembering, addresses: list[str], bot: Bot
) -> None:
    with world.untouched():
        for path in addresses:
            for method in bot.methods:
                reply = world.public.send(method, path + bot.query, b"", bot.sends)
                assert reply.status in (200, 404, 405, 410)
                assert "set-cookie" not in reply.headers
    assert set(engine.calls) == {"get", "get_many"}


def test_a_thousand_visits_are_two_reads_each_and_no_write(
    world: World, shop: Merchant, last_one: Json, known: Known
) -> None:
    path = f"/l/{last_one['slug']}"
    with world.untouched(), remembering(world.app.store, known) as engine:
        for bot in islice(cycle(BOTS.values()), 1000):
            assert world.public.send("GET", path, b"", bot.sends).status == 200
    assert engine.calls == {"get": 1000, "get_many": 1000}
    assert payments_of(shop) == []
    assert counts(shop, last_one) == (1, 0, 0)


# --- the form, sent off by something ----------------------------------------------------------


@pytest.mark.parametrize("headers", SCANNERS.values(), ids=SCANNERS.keys())
@pytest.mark.parametrize("own", [True, False], ids=["the page's nonce", "no nonce"])
def test_a_scanner_that_submits_the_form_begins_nothing(
    world: World, engine: Remembering, last_one: Json, headers: Headers, own: bool
) -> None:
    with world.untouched():
        world.public.send("HEAD", f"/l/{last_one['slug']}", b"", headers)
        fields = opened(world, last_one) if own else {}
        far = {**headers, "X-Forwarded-For": "40.94.20.1"}
        check_question(send(world, last_one, fields, far))
    assert set(engine.calls) == {"get", "get_many"}


def test_after_the_scanner_the_person_with_the_same_page_pays(world: World, shop: Merchant) -> None:
    link = world.link(shop, restrictions={"completed_sessions": {"limit": 1}})
    fields = opened(world, link)
    check_question(send(world, link, fields, next(iter(SCANNERS.values()))))
    check_paying(world, send(world, link, fields, PRESSED))
    assert counts(shop, link) == (1, 0, 1)
    (payment,) = payments_of(shop)
    assert payment["payment_link"] == link["id"]


def test_the_question_costs_two_reads(world: World, last_one: Json) -> None:
    fields = opened(world, last_one)
    with remembering(world.app.store, {}) as engine:
        check_question(send(world, last_one, fields, IPHONES))
    assert engine.calls == {"get": 1, "get_many": 1}


@pytest.mark.parametrize("headers", [IPHONES, OLD], ids=["Safari", "an old phone"])
def test_a_browser_that_does_not_tell_is_asked_once_and_then_pays_once(
    world: World, headers: Headers
) -> None:
    shop = world.merchant()
    link = world.link(shop)
    fields = opened(world, link)
    asked = check_question(send(world, link, fields, headers))
    assert asked == {**fields, "confirm": "1"}
    first = check_paying(world, send(world, link, asked, headers))
    with world.untouched():
        assert check_paying(world, send(world, link, asked, headers)) == first
    assert [each["url"] for each in payments_of(shop)] == [first]


def test_whoever_has_begun_the_last_one_is_led_to_it_and_not_asked(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop, restrictions={"completed_sessions": {"limit": 1}})
    fields = opened(world, link)
    asked = check_question(send(world, link, fields, IPHONES))
    first = check_paying(world, send(world, link, asked, IPHONES))
    with world.untouched():
        assert check_paying(world, send(world, link, fields, IPHONES)) == first
        check_page(send(world, link, {"attempt": "other"}, IPHONES), 410)


# --- forms elsewhere, and programs (decision 9) -----------------------------------------------


def test_a_merchants_own_form_pays_when_a_person_presses(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    pages = {check_paying(world, send(world, link, {}, ELSEWHERE)) for _ in range(2)}
    assert len(pages) == len(payments_of(shop)) == 2


def test_asked_a_form_without_a_nonce_gets_one(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    asked = check_question(send(world, link, {"attempt": "a b"}, IPHONES))
    assert re.fullmatch(r"[0-9A-Za-z]{20,64}", asked["attempt"])
    pages = {check_paying(world, send(world, link, asked, IPHONES)) for _ in range(2)}
    assert len(pages) == len(payments_of(shop)) == 1


@pytest.mark.parametrize("agent", ["python-httpx/0.28.1", ""])
def test_a_program_that_passes_for_no_browser_is_taken_at_its_word(
    world: World, shop: Merchant, agent: str
) -> None:
    headers = {"User-Agent": agent, "Accept": "*/*", "Content-Type": FORM}
    check_paying(world, send(world, world.link(shop), {"attempt": "abc"}, headers))


@pytest.mark.parametrize("confirm", ["", "0", "true", "11"])
def test_only_our_mark_is_an_answer(
    world: World, engine: Remembering, last_one: Json, confirm: str
) -> None:
    with world.untouched():
        check_question(send(world, last_one, {"confirm": confirm}, IPHONES))
        twice = b"confirm=1&confirm=1"
        check_question(world.public.send("POST", f"/l/{last_one['slug']}", twice, IPHONES))


def test_what_was_filled_in_comes_back_in_the_same_order(world: World, last_one: Json) -> None:
    given = b"quantity=2&note=%22%3E%3Cscript%3E+merah&size[]=L&size[]=M&attempt=abc&empty="
    reply = world.public.send("POST", f"/l/{last_one['slug']}", given, IPHONES)
    inputs = Tree(reply.text).all("input")
    assert [(each["name"], each["value"] or "") for each in inputs] == [
        ("quantity", "2"),
        ("note", '"><script> merah'),
        ("size[]", "L"),
        ("size[]", "M"),
        ("empty", ""),
        ("attempt", "abc"),
        ("confirm", "1"),
    ]
    (form,) = Tree(reply.text).all("form")
    assert form["action"] == f"{PUBLIC_URL}/l/{last_one['slug']}"


@pytest.mark.parametrize(
    ("body", "type", "status"),
    [(b" " * 300_000, FORM, 413), (b"{", "application/json", 400), (b"\xff", FORM, 400)],
)
def test_what_cannot_be_read_is_not_asked_about(
    world: World, engine: Remembering, last_one: Json, body: bytes, type: str, status: int
) -> None:
    with world.untouched():
        headers = {**IPHONES, "Content-Type": type}
        check_page(world.public.send("POST", f"/l/{last_one['slug']}", body, headers), status)
