"""Where the provider sends a shopper, found in whatever shape it comes."""

from typing import Any

import pytest

from chalicelib.adapters.wooshpay.redirects import billing_details, is_plain, redirect_in
from chalicelib.domain.payments import NextAction

URL = "https://m.dana.id/pay?x=1"


@pytest.mark.parametrize(
    ("next_action", "key"),
    [
        ({"type": "redirect_to_url", "dana_handle_redirect": {"url": URL}}, "dana_handle_redirect"),
        (
            {"type": "ovo_handle_redirect", "ovo_handle_redirect": {"url": URL}},
            "ovo_handle_redirect",
        ),
        ({"type": "challenge_redirect", "challenge_redirect": {"url": URL}}, "challenge_redirect"),
        ({"type": "anything", "redirect_to_url": {"url": URL}}, "redirect_to_url"),
        (
            {"type": "a_redirect", "a_redirect": {"url": ""}, "b_redirect": {"url": URL}},
            "b_redirect",
        ),
        ({"type": "a_redirect", "a_redirect": "x", "b_redirect": {"url": URL}}, "b_redirect"),
    ],
)
def test_the_address_is_found_by_the_type_or_by_its_look(
    next_action: dict[str, Any], key: str
) -> None:
    assert redirect_in(next_action) == (NextAction(next_action["type"], key), URL)


@pytest.mark.parametrize(
    "next_action",
    [{}, {"type": 5}, {"type": "x"}, {"type": "x", "x": {}}, {"type": "x", "qrcode": {"url": URL}}],
)
def test_where_there_is_none_there_is_none(next_action: dict[str, Any]) -> None:
    assert redirect_in(next_action) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://a.b@c.example/",
        "https://[::1/",
        "https:///x",
        "https://a b/",
        "https://é/",
        "\t",
        "",
    ],
)
def test_an_address_that_reads_in_two_ways_is_not_plain(url: str) -> None:
    assert not is_plain(url)
    assert is_plain(URL)


def test_billing_details_are_as_the_provider_has_them() -> None:
    flat = {"name": "Budi", "country": "SG", "line1": "Jalan 1"}
    assert billing_details(flat) == {
        "name": "Budi", "address": {"country": "SG", "line1": "Jalan 1"},
    }  # fmt: skip
    assert billing_details({"email": "a@b.example"}) == {"email": "a@b.example"}
