"""`telegram`: the bot that tells sellers' chats of events."""

from typing import Annotated

import typer

from chalicelib import bootstrap
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.telegram import SCHEME, bot_token, chat_address, message
from chalicelib.usecases.outbox import HEADERS, Posting
from ops.asking import unseen

telegram = typer.Typer(no_args_is_help=True, help="The bot that tells sellers' chats of events.")


@telegram.command("connect")
def connect() -> None:
    """Keep the bot's token, from standard input or typed unseen; never from an argument."""
    bootstrap.app().secrets.keep_telegram_token(bot_token(unseen("Token")))
    typer.echo("The token is kept. Try it: ops telegram test --chat …")


@telegram.command("test")
def test(
    chat: Annotated[str, typer.Option(help="A chat's number, or @channelname.")],
) -> None:
    """A message to a chat that has started the bot."""
    address = chat_address(f"{SCHEME}{chat}")
    body = message(address, "Tautan: kabar pembayaran bisa dikirim ke chat ini.")
    (outcome,) = bootstrap.app().post([Posting(address, HEADERS, body)])
    if not outcome.delivered:
        raise InvalidRequest(f"Telegram did not take it: {outcome.status or outcome.error}")
    typer.echo("It was delivered.")
