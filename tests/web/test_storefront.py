"""The shopper's pages: looking costs nothing, a tap is one payment, a closed door says why."""

import re
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.web.bots import PRESSED
from tests.web.samples import Json, at_instant
from tests.web.world import FORM, PUBLIC_URL, Merchant, Reply, World


class Tree(HTMLParser):
    """The tags, their attributes and the text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def check_page(reply: Reply, status: int) -> Tree:
    """A page of this status with the headers that every page has."""
    assert reply.status == status
    headers = reply.headers
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["request-id"].startswith("req_")
    assert "set-cookie" not in headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    tree = Tree(reply.text)
    ours = re.compile(r"(https://pay\.example\.com)?/assets/shop\.[0-9a-f]{12}\.js")
    assert all(ours.fullmatch(str(each["src"])) for each in tree.all("script"))
    return tree


def tap(world: World, link: Json, **fields: str) -> Reply:
    """The shopper taps pay."""
    body = urlencode(fields).encode()
    return world.public.send("POST", f"/l/{link['slug']}", body, PRESSED)


def sessions_asked(world: World) -> list[Json]:
    return [each for each in world.asked() if each["path"] == "/v1/checkout/sessions"]


def payments_of(merchant: Merchant) -> list[Json]:
    return list(merchant.api.get("/v1/checkout/sessions?limit=100").ok()["data"])


def path_of(session: Json) -> str:
    return str(session["status_url"].removeprefix(PUBLIC_URL))


@pytest.fixture(scope="module")
def shop(world: World) -> Merchant:
    return world.merchant()


# --- looking ----------------------------------------------------------------------------------


def test_the_page_says_what_from_whom_and_how_much(world: World, shop: Merchant) -> None:
    link = world.link(shop, "Kopi Susu")
    tree = check_page(world.public.get(f"/l/{link['slug']}"), 200)
    words = " ".join(tree.words)
    for told in ("Kopi Susu", "Toko", "Rp20.000"):
        assert told in words
    (form,) = tree.all("form")
    assert (form["method"], form["action"]) == ("post", link["url"])
    meta = {tag.get("property"): tag["content"] for tag in tree.all("meta") if "content" in tag}
    assert "Rp20.000" in str(meta["og:title"])
    assert meta["og:url"] == link["url"]


def test_head_has_the_headers_of_get(world: World, shop: Merchant) -> None:
    path = f"/l/{world.link(shop)['slug']}"
    got, head = world.public.get(path), world.public.send("HEAD", path)
    assert head.status == 200
    own = {"request-id", "content-length"}
    assert {n: v for n, v in head.headers.items() if n not in own} == {
        n: v for n, v in got.headers.items() if n not in own
    }


def test_the_page_may_lead_to_the_provider_and_nowhere_else(world: World, shop: Merchant) -> None:
    policy = world.public.get(f"/l/{world.link(shop)['slug']}").headers["content-security-policy"]
    (actions,) = re.findall(r"form-action ([^;]+)", policy)
    assert actions.split() == ["'self'", "https://*.wooshpay.com", world.server.url]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
@pytest.mark.parametrize("slug", ["x", "a" * 24, "%3Cscript%3E", "..", "a" * 500])
def test_an_unknown_slug_is_a_404_page(world: World, method: str, slug: str) -> None:
    with world.untouched():
        check_page(world.public.send(method, f"/l/{slug}", b""), 404)


HOSTILE = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "<!-- --><iframe src=//evil.example>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_merchant_writes_is_shown_as_text(world: World, shop: Merchant, text: str) -> None:
    innocent = world.link(shop, "Kopi")
    tags = [name for name, _ in check_page(world.public.get(f"/l/{innocent['slug']}"), 200).tags]
    link = world.link(shop, text)
    tree = check_page(world.public.get(f"/l/{link['slug']}"), 200)
    assert [name for name, _ in tree.tags] == tags
    assert text in " ".join(tree.words)
    assert not [each for _, given in tree.tags for each in given if each.startswith("on")]
    session = shop.api.post("/v1/checkout/sessions", {"payment_link": link["id"]}).ok()
    status = check_page(world.public.get(path_of(session)), 200)
    assert text in " ".join(status.words)
    assert not status.all("img") + status.all("iframe")


def test_a_closed_links_message_is_text_too(world: World, shop: Merchant) -> None:
    link = world.link(shop, HOSTILE[0], active=False, inactive_message=HOSTILE[2])
    tree = check_page(world.public.get(f"/l/{link['slug']}"), 410)
    assert HOSTILE[2] in " ".join(tree.words)
    assert tree.all("img") == []


# --- paying -----------------------------------------------------------------------------------


def test_a_tap_leads_to_the_providers_page(world: World, shop: Merchant) -> None:
    link = world.link(shop)
    world.forget()
    reply = tap(world, link, attempt="abc")
    assert reply.status == 303
    assert reply.headers["location"].startswith(f"{world.server.url}/pay/cs_test_")
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"
    (asked,) = sessions_asked(world)
    (line,) = asked["body"]["line_items"]
    assert line["price_data"]["unit_amount"] == 20000
    assert asked["body"]["success_url"].startswith(f"{PUBLIC_URL}/s/")


def test_the_pages_own_attempt_is_new_each_time_and_works(world: World, shop: Merchant) -> None:
    link = world.link(shop)
    attempts = []
    for _ in range(2):
        tree = Tree(world.public.get(f"/l/{link['slug']}").text)
        attempts += [each["value"] for each in tree.all("input") if each["name"] == "attempt"]
    assert len({*attempts}) == 2
    pages = {tap(world, link, attempt=str(each)).headers["location"] for each in attempts}
    assert len(pages) == 2


def test_a_double_tap_is_one_payment(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    first = tap(world, link, attempt="abc").headers["location"]
    with world.untouched():
        for _ in range(3):
            assert tap(world, link, attempt="abc").headers["location"] == first
    (payment,) = payments_of(shop)
    assert (payment["url"], payment["payment_link"]) == (first, link["id"])


@pytest.mark.parametrize("attempt", [None, "", "a b", "é", "x" * 65, "a#b", "<script>"], ids=ascii)
def test_without_a_good_attempt_a_tap_still_pays(
    world: World, shop: Merchant, attempt: str | None
) -> None:
    link = world.link(shop)
    fields = {} if attempt is None else {"attempt": attempt}
    pages = {tap(world, link, **fields).headers["location"] for _ in range(2)}
    assert len(pages) == 2


def test_one_attempt_at_two_links_is_two_payments(world: World) -> None:
    shop = world.merchant()
    for link in (world.link(shop), world.link(shop)):
        assert tap(world, link, attempt="abc").status == 303
    assert len(payments_of(shop)) == 2


@pytest.mark.parametrize(
    "fields",
    [{"amount": "1"}, {"unit_amount": "100", "currency": "IDR"}, {"price": "price_x"},
     {"merchant": "acct_1"}, {"line_items[0][price_data][unit_amount]": "100"}],
)  # fmt: skip
def test_the_shopper_chooses_no_amount(world: World, fields: dict[str, str]) -> None:
    shop = world.merchant()
    tap(world, world.link(shop), attempt="abc", **fields)
    assert {each["amount_total"] for each in payments_of(shop)} <= {20000}


@pytest.mark.parametrize(
    ("body", "type", "status"),
    [(b" " * 300_000, FORM, 413), (b"{", "application/json", 400), (b"\xff", FORM, 400)],
)
def test_a_tap_that_no_browser_makes_is_an_error_page(
    world: World, shop: Merchant, body: bytes, type: str, status: int
) -> None:
    path = f"/l/{world.link(shop)['slug']}"
    with world.untouched():
        check_page(world.public.send("POST", path, body, {"Content-Type": type}), status)


def test_after_paying_the_same_attempt_leads_to_the_status_and_not_to_pay_again(
    world: World,
) -> None:
    shop = world.merchant()
    link = world.link(shop)
    tap(world, link, attempt="abc")
    (payment,) = payments_of(shop)
    world.control(f"/payment_intents/{payment['psp']['payment_intent']}/approve")
    world.deliver(shop, payment, "payment_intent.succeeded").ok()
    with world.untouched():
        assert tap(world, link, attempt="abc").headers["location"] == payment["status_url"]


# --- closed doors -----------------------------------------------------------------------------

CLOSED: dict[str, tuple[Json, str]] = {
    "paused": ({"active": False, "inactive_message": "Tutup dulu ya"}, "paused"),
    "expired": ({"expires_at": 1_700_000_000_000}, "expired"),
}


@pytest.mark.parametrize("name", CLOSED)
def test_a_closed_link_is_410_and_says_why(world: World, shop: Merchant, name: str) -> None:
    changes, reason = CLOSED[name]
    link = world.link(shop, "Kopi Tubruk", **changes)
    with world.untouched():
        for reply in (world.public.get(f"/l/{link['slug']}"), tap(world, link, attempt="abc")):
            tree = check_page(reply, 410)
            (main,) = tree.all("main")
            assert main["data-reason"] == reason
            assert tree.all("form") == []
            words = " ".join(tree.words)
            assert "Kopi Tubruk" in words
            assert changes.get("inactive_message", "") in words


def test_a_link_expires_at_its_instant(world: World, shop: Merchant) -> None:
    at = world.app.clock() + 3_600_000
    link = world.link(shop, expires_at=at)
    for offset, status in ((-1, 200), (0, 410), (1, 410)):
        with at_instant(at + offset):
            assert world.public.get(f"/l/{link['slug']}").status == status


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error_before", "status": 500},
        {"kind": "error_after", "status": 502},
        {"kind": "rate_limit"},
        {"kind": "html"},
        {"kind": "malformed"},
        {"kind": "redirect"},
    ],
    ids=lambda fault: str(fault["kind"]),
)
def test_a_provider_in_trouble_is_503_and_the_same_attempt_later_succeeds(
    world: World, fault: dict[str, Any]
) -> None:
    shop = world.merchant()
    link = world.link(shop)
    world.forget()
    world.control("/faults", **fault, path_prefix="/v1/checkout/sessions")
    down = tap(world, link, attempt="abc")
    check_page(down, 503)
    assert int(down.headers["retry-after"]) >= 1
    up = tap(world, link, attempt="abc")
    assert (up.status, up.headers["location"].startswith(world.server.url)) == (303, True)
    keys = {each["idempotency_key"] for each in sessions_asked(world)}
    (payment,) = payments_of(shop)
    assert keys == {payment["id"]}
    assert payment["url"] == up.headers["location"]


def test_a_provider_that_refuses_is_an_error_page_and_no_open_payment(world: World) -> None:
    shop = world.merchant()
    link = world.link(shop)
    world.control("/faults", kind="error_before", status=400, path_prefix="/v1/checkout/sessions")
    check_page(tap(world, link, attempt="abc"), 503)
    (payment,) = payments_of(shop)
    assert payment["payment_status"] == "failed"
