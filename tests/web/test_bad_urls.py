"""Where a shopper may be sent: hostile addresses are refused, honest ones kept as given."""

import pytest

from tests.web.samples import session_of
from tests.web.test_bad_input import check_refusal
from tests.web.world import Merchant, World

SESSIONS = "/v1/checkout/sessions"
HOSTILE = [
    "",
    " ",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "javascript://shop.example/%0aalert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://shop.example/",
    "http://shop.example/",
    "//evil.example",
    "/thanks",
    "///evil.example",
    "https:///x",
    "https://",
    "http://",
    "https:evil.example",
    "https://good.example@evil.example/",
    "https://good.example\\@evil.example",
    "good.example@evil.example",
    "https://user:pass@shop.example/",
    "https://shop.example:22/",
    "https://shop.example:8443/",
    "shop.example:22",
    "https://shop\t.example/",
    "https://shop.example/\r\nSet-Cookie:a=b",
    "https://shop.example/\nx",
    "https://shop.example/\x00",
    "https://shop.example/a b",
    "https://shop.example/<script>",
    'https://shop.example/"onload="x',
    "https://shop.example/`",
    "https://shоp.example/",
    "https://shop。example/",
    "https://good.com⁄evil.example",
    "https://localhost/",
    "localhost",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://0x7f.1/",
    "https://1.0x7f/",
    "https://2852039166/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://shop%2eexample/",
    "https://-shop.example/",
    "https://shop..example/",
    "https://shop.example./",
    "https://shop.example:0x50/",
    "https://shop.example:99999/",
    "https://" + "a" * 64 + ".example/",
    "https://shop.example/" + "a" * 4096,
]
HONEST = [
    "https://wooshpay.com/",
    "www.wooshpay.com",
    "https://shop.example/thanks?order=1&x=%20#done",
    "https://shop.example:443/",
    "https://SHOP.example/",
    "https://xn--80ak6aa92e.com/",
    "https://shop.example/?to=https://other.example/@me",
    "https://shop.example/paid?session={CHECKOUT_SESSION_ID}",
]


@pytest.mark.parametrize("address", HOSTILE, ids=lambda text: ascii(text)[:50])
def test_a_hostile_address_is_refused_in_every_field(
    world: World, a: Merchant, address: str
) -> None:
    with world.untouched():
        for field in ("success_url", "cancel_url"):
            reply = a.api.post(SESSIONS, session_of(**{field: address}))
            check_refusal(reply, 400, "parameter_invalid", field)
        product = {"name": "Kopi", "url": address}
        check_refusal(a.api.post("/v1/products", product), 400, "parameter_invalid", "url")
        product = {"name": "Kopi", "images": [address]}
        check_refusal(a.api.post("/v1/products", product), 400, "parameter_invalid", "images[0]")


@pytest.mark.parametrize("value", [None, 1, ["https://shop.example/"], {"url": "x"}, True])
def test_an_address_is_text_or_left_out(world: World, a: Merchant, value: object) -> None:
    if value is None:
        assert a.api.post(SESSIONS, session_of(success_url=None)).status == 200
        return
    with world.untouched():
        reply = a.api.post(SESSIONS, session_of(success_url=value))
        check_refusal(reply, 400, "parameter_invalid", "success_url")


@pytest.mark.parametrize("address", HONEST)
def test_an_honest_address_is_echoed_as_it_was_given(a: Merchant, address: str) -> None:
    made = a.api.post(SESSIONS, session_of(success_url=address, cancel_url=address)).ok()
    assert (made["success_url"], made["cancel_url"]) == (address, address)


def test_the_provider_gets_https_and_our_id_in_place_of_the_template(
    world: World, a: Merchant
) -> None:
    world.forget()
    template = "shop.example/paid?session={CHECKOUT_SESSION_ID}"
    made = a.api.post(SESSIONS, session_of(success_url=template)).ok()
    (asked,) = world.asked()
    assert asked["body"]["success_url"] == f"https://shop.example/paid?session={made['id']}"
    assert made["success_url"] == template
