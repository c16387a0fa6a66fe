"""The operator connects the bot and tries it; its token is never an argument, and never shown."""

from collections.abc import Sequence

import pytest
from typer.testing import CliRunner, Result

from chalicelib.domain.errors import InvalidRequest, ParameterInvalid
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.usecases.outbox import HEADERS, Posting
from ops import telegram
from ops.__main__ import cli
from tests.web.world import World

TOKEN = "123456789:AAEkenarikenarikenarikenarikenarik"


def ran(*words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(cli, ["telegram", *words], input=input)


def test_the_token_comes_from_standard_input_and_is_kept(world: World) -> None:
    done = ran("connect", input=f"{TOKEN}\n")
    assert (done.exit_code, done.output) == (
        0, "The token is kept. Try it: ops telegram test --chat …\n",
    )  # fmt: skip
    assert world.app.secrets.telegram_token() == TOKEN
    refused = ran("connect", TOKEN)
    assert refused.exit_code == 2


def test_at_a_terminal_it_is_typed_unseen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def prompt(text: str, *, hide_input: bool) -> str:
        asked.append((text, hide_input))
        return f"{TOKEN}2"

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("ops.asking.typer.prompt", prompt)
    monkeypatch.setattr("ops.asking.sys.stdin", Terminal())
    telegram.connect()
    assert asked == [("Token", True)]
    assert world.app.secrets.telegram_token() == f"{TOKEN}2"


@pytest.mark.parametrize("text", ["", "\n", "kenari\n"])
def test_what_is_no_token_replaces_none(world: World, text: str) -> None:
    world.app.secrets.keep_telegram_token(TOKEN)
    refused = ran("connect", input=text)
    assert isinstance(refused.exception, ParameterInvalid)
    assert "kenari" not in str(refused.exception) + refused.output
    assert world.app.secrets.telegram_token() == TOKEN


def test_a_chat_is_sent_a_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[Posting] = []
    answers = [Outcome(200, None, 1), Outcome(403, None, 1), Outcome(None, "no connection", 1)]

    def post(postings: Sequence[Posting]) -> list[Outcome]:
        came.extend(postings)
        return [answers.pop(0)]

    kept = world.app.post
    object.__setattr__(world.app, "post", post)
    try:
        sent = ran("test", "--chat", "-42")
        blocked, lost = ran("test", "--chat", "@toko"), ran("test", "--chat", "@toko")
        wrong = ran("test", "--chat", "toko")
    finally:
        object.__setattr__(world.app, "post", kept)
    assert (sent.exit_code, sent.output) == (0, "It was delivered.\n")
    assert came[0] == Posting(
        "telegram:-42",
        HEADERS,
        b'{"chat_id":-42,"text":"Tautan: kabar pembayaran bisa dikirim ke chat ini.",'
        b'"link_preview_options":{"is_disabled":true}}',
    )
    assert isinstance(blocked.exception, InvalidRequest)
    assert str(blocked.exception) == "Telegram did not take it: 403"
    assert str(lost.exception) == "Telegram did not take it: no connection"
    assert isinstance(wrong.exception, ParameterInvalid)
    assert len(came) == 3
