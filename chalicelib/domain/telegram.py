"""Telegram chats that are told of events: `telegram:<chat id>` in place of an https address.

A chat is told only after somebody who reads it has said the code that was sent there: whoever could
name any chat could write "paid" to another seller. The code is derived, so it is kept nowhere.
"""

import base64
import hmac
import json
import re
from hashlib import sha256

from chalicelib.domain.errors import ParameterInvalid

SCHEME = "telegram:"
LONGEST_MESSAGE = 4096  # Telegram counts UTF-16 code units
GONE = frozenset({400, 403})  # there is no such chat, or it has blocked the bot
FOR_PEOPLE = (
    "payment_intent.succeeded",
    "payment_intent.review_opened",
    "payment_intent.dispute_updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "webhook_endpoint.disabled",
)  # the others are many, or say nothing to a person
_ADDRESS = re.compile(r"telegram:(-?[1-9][0-9]{0,15}|@[A-Za-z][A-Za-z0-9_]{3,31})", re.ASCII)
_TOKEN = re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{30,64}", re.ASCII)


def is_chat(url: str) -> bool:
    """Whether the address is, or is meant as, a chat."""
    return url.startswith(SCHEME)


def chat_address(text: str) -> str:
    """The address of a chat; raises ParameterInvalid."""
    if not _ADDRESS.fullmatch(text):
        raise ParameterInvalid(
            "A Telegram chat is like telegram:123456789, telegram:-1001234567890 (a group) or "
            "telegram:@channelname.",
            param="url",
        )
    return text


def bot_token(text: str) -> str:
    """A bot's token, as @BotFather gives it; raises ParameterInvalid, which does not repeat it."""
    if not _TOKEN.fullmatch(text):
        raise ParameterInvalid(
            "That is no bot's token, which is like 123456789:AAE…", param="token"
        )
    return text


def message(address: str, text: str) -> bytes:
    """The body of `sendMessage`: plain text without a parse mode, so that nothing in it is markup,
    and without a preview, so that nobody opens what it links to."""
    chat = address.removeprefix(SCHEME)
    told = {
        "chat_id": chat if chat.startswith("@") else int(chat),
        "text": _cut(text),
        "link_preview_options": {"is_disabled": True},
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")[: 2 * LONGEST_MESSAGE]
    return units.decode("utf-16-le", "ignore")


def chat_code(address: str, signing_key: str) -> str:
    """What whoever reads the chat is asked for; another one for each tenant and chat."""
    made = hmac.new(signing_key.encode(), f"chat\n{address}".encode(), sha256).digest()
    return base64.b32encode(made[:5]).decode()
