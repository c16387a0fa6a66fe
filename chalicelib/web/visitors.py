"""Who has opened a page, as far as a request tells: for counting, and for nothing else.

Anyone can send any of these headers. Nothing is refused, written or spared because of them.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from chalicelib.log import Fields

Kind = Literal["person", "bot", "prefetch"]
Header = Callable[[str], str | None]

# In this order: Messages on an iPhone passes for Facebook's and Twitter's, LINE for Facebook's.
FAMILIES: Sequence[tuple[str, re.Pattern[str]]] = tuple(
    (family, re.compile(pattern, re.IGNORECASE))
    for family, pattern in (
        ("whatsapp", r"^WhatsApp/"),
        ("telegram", r"TelegramBot"),
        ("slack", r"Slackbot|Slack-ImgProxy"),
        ("discord", r"Discordbot"),
        ("line", r"line-poker"),
        ("imessage", r"facebookexternalhit.*Twitterbot"),
        ("facebook", r"facebookexternalhit|Facebot|meta-external|facebookcatalog"),
        ("twitter", r"Twitterbot"),
        ("google", r"Googlebot|Google-InspectionTool|GoogleOther|Google-Safety|APIs-Google"),
        ("safelinks", r"SafeLinks|ms-office|SkypeUriPreview|BingPreview"),
    )
)
_BROWSER = re.compile(r"Mozilla/|Opera/|UCWEB/")
_OTHER = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scanner|preview|headless|monitor|https?://", re.IGNORECASE
)
_AHEAD: Mapping[str, str] = {
    "sec-purpose": "prefetch",
    "purpose": "pre",  # prefetch, preview
    "x-purpose": "pre",
    "x-moz": "prefetch",
}
_A_PAGE: Mapping[str, str] = {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


class Visitor(NamedTuple):
    """`family` says whose bot it is, in a word of ours."""

    kind: Kind
    family: str | None = None

    def facts(self) -> Fields:
        """For the request's log line."""
        family: Fields = {"preview_of": self.family} if self.family else {}
        return {"visitor": self.kind, **family}


def family_of(agent: str) -> str | None:
    """Whose bot says its own name in a User-Agent."""
    return next((family for family, named in FAMILIES if named.search(agent)), None)


def visitor(method: str, header: Header) -> Visitor:
    """A bot is what says so, what is no browser, and what does not ask for a page to show."""
    agent = header("user-agent") or ""
    family = family_of(agent)
    if family is not None:
        return Visitor("bot", family)
    if any((header(name) or "").lower().startswith(said) for name, said in _AHEAD.items()):
        return Visitor("prefetch")
    shows = all(header(name) in (None, value) for name, value in _A_PAGE.items())
    if method == "HEAD" or not shows or not _BROWSER.match(agent) or _OTHER.search(agent):
        return Visitor("bot", "other")
    return Visitor("person")
