"""Which addresses are chats, what Telegram is sent, and the code that proves whose a chat is."""

import json

import pytest

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.events import EventType
from chalicelib.domain.telegram import (
    FOR_PEOPLE,
    LONGEST_MESSAGE,
    bot_token,
    chat_address,
    chat_code,
    is_chat,
    message,
)

TOKEN = "123456789:AAE-kenari_kenari_kenari_kenari_ken"


@pytest.mark.parametrize(
    "address",
    ["telegram:1", "telegram:123456789", "telegram:-1001234567890123", "telegram:@toko",
     "telegram:@Toko_Sari_2", "telegram:@" + "a" * 32],
)  # fmt: skip
def test_a_chat_is_a_number_or_a_channels_name(address: str) -> None:
    assert chat_address(address) == address
    assert is_chat(address)


@pytest.mark.parametrize(
    "address",
    ["telegram:", "telegram:0", "telegram:-0", "telegram:01", "telegram:+1", "telegram:--1",
     "telegram:1 ", "telegram:1\n", "telegram: 1", "telegram:１", "telegram:1.5", "telegram:1e3",
     "telegram:12345678901234567", "telegram:toko", "telegram:@", "telegram:@tok",
     "telegram:@1toko", "telegram:@toko-sari", "telegram:@tökö", "telegram:@" + "a" * 33, "telegram://1",
     "telegram:1/../x", "telegram:1?a=b", "https://t.me/toko", "TELEGRAM:1", ""],
)  # fmt: skip
def test_anything_else_is_not(address: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        chat_address(address)
    assert refused.value.param == "url"


def test_other_addresses_are_no_chats() -> None:
    assert not is_chat("https://shop.example/telegram:1")
    assert not is_chat("TELEGRAM:1")


def test_what_a_chat_may_be_told_are_events() -> None:
    assert set(FOR_PEOPLE) <= set(EventType)


def test_a_message_is_plain_text_without_a_preview() -> None:
    assert message("telegram:-42", "*Apel* <b>1</b>\nhttps://a.example").decode() == (
        '{"chat_id":-42,"text":"*Apel* <b>1</b>\\nhttps://a.example",'
        '"link_preview_options":{"is_disabled":true}}'
    )
    assert json.loads(message("telegram:@toko", "é×"))["chat_id"] == "@toko"
    assert "é×".encode() in message("telegram:1", "é×")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a" * 4096, 4096), ("a" * 4097, 4096), ("😀" * 2048, 2048), ("😀" * 2049, 2048),
     ("a" + "😀" * 2048, 2048)],
)  # fmt: skip
def test_a_message_is_as_long_as_telegram_takes_and_no_letter_is_halved(
    text: str, kept: int
) -> None:
    sent = json.loads(message("telegram:1", text))["text"]
    assert sent == text[:kept]
    assert len(sent.encode("utf-16-le")) <= 2 * LONGEST_MESSAGE


def test_each_tenant_and_chat_has_a_code_of_its_own() -> None:
    codes = {
        chat_code(address, key)
        for address in ("telegram:1", "telegram:2", "telegram:@toko")
        for key in ("k" * 32, "l" * 32)
    }
    assert len(codes) == 6
    assert chat_code("telegram:1", "k" * 32) == "HLG3GLHE"
    assert all(len(code) == 8 for code in codes)


def test_a_bots_token_is_like_one() -> None:
    assert bot_token(TOKEN) == TOKEN


@pytest.mark.parametrize(
    "text",
    ["", "kenari", TOKEN + "/", TOKEN + "\n", TOKEN.replace(":", ""), "１" + TOKEN, ":" * 40],
)
def test_what_is_no_token_is_not_repeated(text: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        bot_token(text)
    assert refused.value.param == "token"
    assert refused.value.message == "That is no bot's token, which is like 123456789:AAE…"
