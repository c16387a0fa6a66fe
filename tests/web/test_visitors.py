"""Who is counted as what."""

import pytest

from chalicelib.web.visitors import FAMILIES, visitor
from tests.web.bots import BOTS, OPENED, PEOPLE, Bot, Headers


def seen(method: str, headers: Headers) -> tuple[str, str | None]:
    low = {name.lower(): value for name, value in headers.items()}
    return tuple(visitor(method, low.get))


@pytest.mark.parametrize("bot", BOTS.values(), ids=BOTS.keys())
def test_each_is_counted_as_what_it_is(bot: Bot) -> None:
    for method in bot.methods:
        assert seen(method, bot.sends) == bot.counted


def test_each_family_has_one_that_was_seen() -> None:
    families = {name for name, _ in FAMILIES}
    assert {bot.counted[1] for bot in BOTS.values()} == {*families, "other", None}


@pytest.mark.parametrize("agent", PEOPLE.values(), ids=PEOPLE.keys())
def test_people_in_any_browser_are_people(agent: str) -> None:
    for headers in ({"User-Agent": agent}, {**OPENED, "User-Agent": agent}):
        assert seen("GET", headers) == ("person", None)


@pytest.mark.parametrize(
    ("changed", "value"),
    [("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "image"),
     ("Sec-Fetch-Dest", "iframe")],
)  # fmt: skip
def test_what_shows_no_page_is_no_person(changed: str, value: str) -> None:
    assert seen("GET", {**OPENED, changed: value}) == ("bot", "other")


def test_a_line_of_the_log_says_it_in_our_words_alone() -> None:
    assert visitor("GET", {"user-agent": "WhatsApp/2 KENARI"}.get).facts() == {
        "visitor": "bot",
        "preview_of": "whatsapp",
    }
    assert visitor("GET", {"user-agent": PEOPLE["Chrome"]}.get).facts() == {"visitor": "person"}
