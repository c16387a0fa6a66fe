"""A merchant names a Telegram chat, and proves to be one who reads it."""

import hmac

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.telegram import chat_address, chat_code, message
from chalicelib.usecases.outbox import HEADERS, Poster, Posting

ASKS = """Kode: {code}
Dengan kode ini kabar pembayaran sebuah toko akan dikirim ke chat ini.
Bukan Anda yang meminta? Abaikan, dan jangan berikan kode ini kepada siapa pun."""


def proven_chat(url: str, code: str | None, *, connected: bool, key: str, post: Poster) -> str:
    """The chat's address, once `code` is the one that was sent there; without a code it is sent.

    `connected`: the deployment has a bot; `key` is the tenant's signing key. Raises
    ParameterInvalid.
    """
    address = chat_address(url)
    if not connected:
        raise ParameterInvalid("This deployment has no Telegram bot.", param="url")
    right = chat_code(address, key)
    if code is None:
        _send(address, right, post)
        raise ParameterInvalid(
            "A code was sent to the chat: say it in the same request, as confirmation_code.",
            param="confirmation_code",
        )
    if not hmac.compare_digest(code.encode(), right.encode()):
        raise ParameterInvalid(
            "That is not the code that was sent to the chat.", param="confirmation_code"
        )
    return address


def _send(address: str, code: str, post: Poster) -> None:
    body = message(address, ASKS.format(code=code))
    (outcome,) = post([Posting(address, HEADERS, body)])
    if not outcome.delivered:
        raise ParameterInvalid(
            f"Telegram did not take a message to the chat ({outcome.status or outcome.error}): "
            "its owner has to start the bot, or add it to the group.",
            param="url",
        )
