"""The way to chats: the deployment's bot, whose token is in the address of its API.

The token gets no further than here: what is kept, logged and told knows `telegram:<chat id>` only.
"""

from collections.abc import Callable

from chalicelib.adapters.posting import Leads, NoWay
from chalicelib.domain.telegram import is_chat


def bot_leads(api: str, token: Callable[[], str | None]) -> Leads:
    """Where postings go: to chats by the bot, elsewhere as they say. Raises NoWay without a bot."""

    def leads(url: str) -> str:
        if not is_chat(url):
            return url
        kept = token()
        if kept is None:
            raise NoWay("no Telegram bot is connected")
        return f"{api}/bot{kept}/sendMessage"

    return leads
