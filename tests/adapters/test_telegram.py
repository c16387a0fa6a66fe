"""Where postings to chats go, and that the bot's token goes nowhere else."""

import json
import logging

import pytest

from chalicelib.adapters.posting import HttpPoster, NoWay
from chalicelib.adapters.telegram import bot_leads
from chalicelib.domain.telegram import message
from chalicelib.usecases.outbox import HEADERS, Posting
from tests.fakes.telegram import telegram

TOKEN = "123456789:AAEkenarikenarikenarikenarikenarik"
API = "https://api.telegram.org"


def to(address: str) -> Posting:
    return Posting(address, HEADERS, message("telegram:42", "LUNAS"))


def test_a_chat_is_reached_by_the_bot_and_other_addresses_as_they_say() -> None:
    asked: list[str] = []

    def token() -> str:
        asked.append("token")
        return TOKEN

    leads = bot_leads(API, token)
    assert leads("https://shop.example/telegram:42") == "https://shop.example/telegram:42"
    assert asked == []
    assert leads("telegram:42") == f"https://api.telegram.org/bot{TOKEN}/sendMessage"
    assert asked == ["token"]


def test_without_a_bot_there_is_no_way() -> None:
    with pytest.raises(NoWay, match=r"^no Telegram bot is connected$"):
        bot_leads(API, lambda: None)("telegram:42")


def test_a_message_comes_as_it_was_said() -> None:
    with telegram() as fake:
        poster = HttpPoster(private=True, leads=bot_leads(fake.url, lambda: TOKEN))
        (outcome,) = poster([to("telegram:42")])
    assert (outcome.status, outcome.error) == (200, None)
    assert fake.sent == [(f"/bot{TOKEN}/sendMessage", json.loads(to("telegram:42").body))]


@pytest.mark.parametrize(
    ("api", "token", "error"),
    [
        ("http://127.0.0.1:1", TOKEN, "no connection"),
        ("https://nowhere.invalid", TOKEN, "its name has no address"),
        ("https://nowhere.invalid", f"{TOKEN}é", "its address cannot be posted to"),
        ("https://nowhere.invalid", None, "no Telegram bot is connected"),
    ],
)
def test_what_goes_wrong_says_nothing_of_the_token(
    caplog: pytest.LogCaptureFixture, api: str, token: str | None, error: str
) -> None:
    poster = HttpPoster(private=True, resolve=found, leads=bot_leads(api, lambda: token))
    with caplog.at_level(logging.DEBUG):
        (outcome,) = poster([to("telegram:42")])
    assert (outcome.status, outcome.error) == (None, error)
    assert "kenari" not in caplog.text


def found(host: str, port: int) -> list[str]:
    """Loopback only; nothing is asked of a name server."""
    return [host] if host == "127.0.0.1" else []
