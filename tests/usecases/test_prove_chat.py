"""A chat is told only when somebody who reads it has said the code that was sent there."""

import json
from collections.abc import Sequence

import pytest

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.event_deliveries import Outcome
from chalicelib.domain.telegram import chat_code
from chalicelib.usecases.outbox import Poster, Posting
from chalicelib.usecases.prove_chat import proven_chat

CHAT, KEY = "telegram:42", "k" * 32
CODE = chat_code(CHAT, KEY)


class Telegram(Poster):
    """What was sent, and what comes of it."""

    def __init__(self) -> None:
        self.came: list[Posting] = []
        self.answer = Outcome(200, None, 1)

    def __call__(self, postings: Sequence[Posting]) -> list[Outcome]:
        self.came += postings
        return [self.answer for _ in postings]


def refusal(
    telegram: Telegram, url: str = CHAT, code: str | None = None, *, connected: bool = True
) -> tuple[str | None, str]:
    """What is wrong, by its parameter."""
    with pytest.raises(ParameterInvalid) as refused:
        proven_chat(url, code, connected=connected, key=KEY, post=telegram)
    return refused.value.param, refused.value.message


def test_without_a_code_it_is_sent_to_the_chat_and_to_nobody_else() -> None:
    telegram = Telegram()
    param, why = refusal(telegram)
    assert (param, CODE in why) == ("confirmation_code", False)
    (posting,) = telegram.came
    assert (posting.url, posting.headers) == (
        CHAT, {"Content-Type": "application/json", "User-Agent": "Tautan/1 (webhooks)"},
    )  # fmt: skip
    assert json.loads(posting.body) == {
        "chat_id": 42,
        "text": f"Kode: {CODE}\n"
        "Dengan kode ini kabar pembayaran sebuah toko akan dikirim ke chat ini.\n"
        "Bukan Anda yang meminta? Abaikan, dan jangan berikan kode ini kepada siapa pun.",
        "link_preview_options": {"is_disabled": True},
    }


def test_with_the_code_the_chat_is_proven() -> None:
    telegram = Telegram()
    assert proven_chat(CHAT, CODE, connected=True, key=KEY, post=telegram) == CHAT
    assert telegram.came == []


@pytest.mark.parametrize(
    "code", ["AAAAAAAA", "", CODE.lower(), chat_code(CHAT, "l" * 32), chat_code("telegram:1", KEY)]
)
def test_another_code_proves_nothing_and_sends_nothing(code: str) -> None:
    telegram = Telegram()
    assert refusal(telegram, code=code) == (
        "confirmation_code", "That is not the code that was sent to the chat.",
    )  # fmt: skip
    assert telegram.came == []


@pytest.mark.parametrize("code", [None, CODE])
def test_without_a_bot_there_are_no_chats(code: str | None) -> None:
    telegram = Telegram()
    said = refusal(telegram, code=code, connected=False)
    assert said == ("url", "This deployment has no Telegram bot.")
    assert telegram.came == []


def test_what_is_no_chat_is_sent_nothing() -> None:
    telegram = Telegram()
    assert refusal(telegram, "telegram:x")[0] == "url"
    assert telegram.came == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [(Outcome(403, None, 1), "403"), (Outcome(None, "no answer in time", 1), "no answer in time")],
)
def test_a_chat_that_takes_no_message_is_refused(answer: Outcome, why: str) -> None:
    telegram = Telegram()
    telegram.answer = answer
    assert refusal(telegram) == (
        "url",
        f"Telegram did not take a message to the chat ({why}): its owner has to start the bot, or "
        "add it to the group.",
    )
    assert len(telegram.came) == 1
