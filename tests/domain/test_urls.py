"""Addresses a shopper may be sent to: https, public, and meaning what they look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.urls import web_address

TAKEN = [
    ("https://good.com", "https://good.com"),
    ("https://good.com/", "https://good.com/"),
    ("https://good.com/a/b?c=d&e=%20#f", "https://good.com/a/b?c=d&e=%20#f"),
    ("https://good.com/thanks?id={CHECKOUT_SESSION_ID}",
     "https://good.com/thanks?id={CHECKOUT_SESSION_ID}"),
    ("https://GOOD.com:443/", "https://GOOD.com:443/"),
    ("HTTPS://good.com/", "HTTPS://good.com/"),
    ("https://good.com.evil.com", "https://good.com.evil.com"),  # it is what it looks like
    ("https://good.com#@evil.com", "https://good.com#@evil.com"),  # the host is good.com
    ("https://good.com/@evil.com", "https://good.com/@evil.com"),
    ("https://good.com/?next=https://evil.com", "https://good.com/?next=https://evil.com"),
    ("https://xn--80ak6aa92e.com/", "https://xn--80ak6aa92e.com/"),
    ("https://a.b.c.d.example", "https://a.b.c.d.example"),
    ("https://a-b.example/'quoted'", "https://a-b.example/'quoted'"),
    ("https://1.example", "https://1.example"),
    ("www.wooshpay.com", "https://www.wooshpay.com"),
    ("www.wooshpay.com/back?x=1", "https://www.wooshpay.com/back?x=1"),
    ("good.com:443/a", "https://good.com:443/a"),
    ("https://" + "a" * 63 + ".com", "https://" + "a" * 63 + ".com"),
    ("https://good.com/" + "x" * 2031, "https://good.com/" + "x" * 2031),
]  # fmt: skip

REFUSED = [
    # Appendix D
    "https://good.com@evil.com/", "https://good.com\\@evil.com", "//evil.com", "https:///x",
    "javascript://good.com/%0aalert(1)", "https://good.com\t.evil.com", "https://gооd.com",
    "https://münchen.example", "data:text/html,<script>alert(1)</script>",
    "https://[::ffff:169.254.169.254]/", "https://2852039166/", "https://0x7f.1/",
    "https://127.1/", "https://0177.0.0.1/", "https://good.com./", "https://good%2ecom/",
    "https://good.com%2eevil.com/", "https://good.com/\r\nSet-Cookie: a=b",
    "https://good.com/" + "x" * 4079, "", "http://", "https://good.com:22/", "https://localhost/",
    "https://shop.internal/", "https://metadata.google.internal/", "https://good.com⁄evil.com",
    # schemes
    "javascript:alert(1)", "JavaScript:alert(1)", "java\nscript:alert(1)", " javascript:alert(1)",
    "javascript:443", "javascript:443/alert(1)", "vbscript:x", "http://good.com/", "ftp://good.com/",
    "file:///etc/passwd", "blob:https://good.com/x", "about:blank", "mailto:a@good.com",
    "tel:123", "intent://good.com#Intent;end", "https:good.com", "https:/good.com", "https:",
    "https://", "://good.com", "/thanks", "\\\\good.com", "?x=1", "#x", ".", "x",
    # user names and ports
    "https://user:pass@good.com/", "https://@good.com/", "https://:@good.com/", "a@good.com",
    "https://good.com:80/", "https://good.com:0/", "https://good.com:99999/",
    "https://good.com:4 43/", "https://good.com:x/", "https://good.com:-1/", "good.com:8443/",
    "user:443@evil.com",
    # hosts
    "https://good/", "https://.com/", "https://good..com/", "https://-good.com/",
    "https://good-.com/", "https://go_od.com/", "https://*.good.com/", "https://127.0.0.1/",
    "https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://[::1]/",
    "https://[fe80::1%25eth0]/", "https://[", "https://[evil", "https://1.0x7f/", "https://1.0x/",
    "https://shop.local/", "https://a.localhost/", "https://router.lan/", "https://a.home.arpa/",
    "https://SHOP.INTERNAL/", "https://" + "a" * 64 + ".com/", "https://good.com。evil.com/",
    # letters
    "https://good.com/ x", "https://good.com/\x00", "https://good.com/\x7f", "https://good.com/é",
    "https://good.com/\u2028", "https://good.com/\u200b", "https://good.com/<script>",
    'https://good.com/"x', "https://good.com/`x", "https://good.com/^", "https://good.com/|",
    "https://good.com\\.evil.com", "https:\\\\good.com", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize(("text", "address"), TAKEN)
def test_a_public_https_address_is_taken(text: str, address: str) -> None:
    assert web_address(text, "success_url") == address


@pytest.mark.parametrize("text", REFUSED)
def test_everything_else_is_refused_by_the_name_of_its_field(text: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        web_address(text, "success_url")
    assert refused.value.param == "success_url"
    assert refused.value.message == (
        "success_url must be a public https address, such as https://shop.example/thanks."
    )


def test_there_are_at_least_45_cases() -> None:
    assert len(set(REFUSED)) == len(REFUSED)
    assert len(REFUSED) + len(TAKEN) >= 45


def test_2048_letters_are_the_most() -> None:
    longest = "https://good.com/" + "x" * (2048 - 17)
    assert web_address(longest, "url") == longest
    with pytest.raises(ParameterInvalid):
        web_address(longest + "x", "url")


@given(st.text(max_size=40).map(lambda text: "https://" + text) | st.text(max_size=60))
def test_whatever_is_taken_is_ascii_https_without_a_user_name(text: str) -> None:
    try:
        address = web_address(text, "url")
    except ParameterInvalid:
        return
    assert address.isascii()
    assert address.isprintable()
    assert address.lower().startswith("https://")
    assert "@" not in address.split("/")[2].partition("?")[0].partition("#")[0]
