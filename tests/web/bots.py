"""What comes to a link's page besides people, as it comes: methods and headers, in their order.

Taken from the senders' own documents and from access logs; versions in them are examples.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.web.world import FORM

Headers = Mapping[str, str]

CHROME = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Mobile Safari/537.36"
)
CHROME_DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/119.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/17.6 Mobile/15E148 Safari/604.1"
)
OLD_WEBVIEW = (
    "Mozilla/5.0 (Linux; U; Android 7.1.1; id-id) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/61.0.3163.128 Mobile Safari/537.36"
)
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

# A browser's own words about a form that goes from the page to the page's site.
SENT: Headers = {
    "Accept": PAGE,
    "Content-Type": FORM,
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "same-origin",
}
PRESSED: Headers = {**SENT, "User-Agent": CHROME, "Sec-Fetch-User": "?1"}
OPENED: Headers = {
    "User-Agent": CHROME,
    "Accept": PAGE,
    "Sec-Fetch-Dest": "document",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-User": "?1",
}


@dataclass(frozen=True)
class Bot:
    """Who it is counted as, and what it asks of one address; `query` is what it hangs on to it."""

    counted: tuple[str, str | None]
    agent: str
    methods: Sequence[str] = ("GET",)
    headers: Headers = field(default_factory=dict)
    query: str = ""

    @property
    def sends(self) -> Headers:
        return {"User-Agent": self.agent, **self.headers}


ANY: Headers = {"Accept": "*/*"}
_FB = "facebookexternalhit/1.1"
BOTS: Mapping[str, Bot] = {
    "WhatsApp": Bot(
        ("bot", "whatsapp"), "WhatsApp/2.24.6.77 A", headers={"Accept-Encoding": "gzip"}
    ),
    "WhatsApp, from an iPhone": Bot(("bot", "whatsapp"), "WhatsApp/2.24.20.89 i", headers=ANY),
    "Telegram": Bot(("bot", "telegram"), "TelegramBot (like TwitterBot)", headers=ANY),
    "Slack's expander": Bot(
        ("bot", "slack"),
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        methods=("HEAD", "GET"),
        headers={**ANY, "Range": "bytes=0-32768"},
    ),
    "Slack's image proxy": Bot(
        ("bot", "slack"),
        "Slack-ImgProxy 1.19 (+https://api.slack.com/robots)",
        headers={"Accept": "image/*"},
    ),
    "Discord": Bot(
        ("bot", "discord"), "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"
    ),
    "LINE": Bot(("bot", "line"), f"{_FB};line-poker/1.0", headers=ANY),
    "Messages on an iPhone": Bot(
        ("bot", "imessage"),
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
        f"Version/9.0.1 Safari/601.2.4 {_FB} Facebot Twitterbot/1.0",
        headers={"Accept": PAGE, "Accept-Language": "id-ID"},
    ),
    "Facebook": Bot(
        ("bot", "facebook"),
        f"{_FB} (+http://www.facebook.com/externalhit_uatext.php)",
        headers={**ANY, "Range": "bytes=0-524287", "Accept-Encoding": "deflate, gzip"},
    ),
    "Meta's crawler": Bot(
        ("bot", "facebook"),
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    ),
    "Twitter": Bot(("bot", "twitter"), "Twitterbot/1.0", methods=("HEAD", "GET"), headers=ANY),
    "Googlebot": Bot(
        ("bot", "google"),
        f"{CHROME} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        headers={"Accept": PAGE, "From": "googlebot(at)googlebot.com"},
    ),
    "Googlebot, which fills in forms by GET": Bot(
        ("bot", "google"),
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        headers={"Accept": PAGE},
        query="?attempt=abc&quantity=2&confirm=1",
    ),
    "Safe Links, by its name": Bot(
        ("bot", "safelinks"),
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
        methods=("HEAD", "GET", "GET"),
    ),
    "Office, before it opens a link": Bot(
        ("bot", "safelinks"),
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
        methods=("HEAD", "GET"),
        headers={**ANY, "X-Office-Major-Version": "16"},
    ),
    "a scanner that passes for Chrome": Bot(
        ("person", None),  # nothing tells it from one by a GET: counting is approximate
        CHROME_DESKTOP,
        methods=("GET", "GET"),
        headers={"Accept": PAGE, "X-Forwarded-For": "40.94.20.1"},
    ),
    "Chrome, prefetching": Bot(
        ("prefetch", None),
        CHROME,
        headers={"Accept": PAGE, "Sec-Purpose": "prefetch", "Purpose": "prefetch"},
    ),
    "Chrome, prerendering": Bot(
        ("prefetch", None), CHROME, headers={**OPENED, "Sec-Purpose": "prefetch;prerender"}
    ),
    "Firefox, prefetching": Bot(
        ("prefetch", None),
        "Mozilla/5.0 (Android 14; Mobile; rv:115.0) Gecko/115.0 Firefox/115.0",
        headers={"Accept": PAGE, "X-Moz": "prefetch"},
    ),
    "Safari, guessing ahead": Bot(("prefetch", None), IPHONE, headers={"X-Purpose": "preview"}),
    "HEAD": Bot(("bot", "other"), CHROME, methods=("HEAD",), headers=OPENED),
    "a crawler": Bot(
        ("bot", "other"), "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://x.example)"
    ),
    "a program": Bot(("bot", "other"), "Go-http-client/1.1", methods=("HEAD", "GET")),
    "nobody": Bot(("bot", "other"), ""),
}

PEOPLE: Mapping[str, str] = {
    "Chrome": CHROME,
    "Safari": IPHONE,
    "an old phone": OLD_WEBVIEW,
    "in WhatsApp": f"{OLD_WEBVIEW} WhatsApp/2.24",
    "in LINE": f"{IPHONE} Safari Line/13.5.0",
    "in Facebook": f"{OLD_WEBVIEW} [FB_IAB/FB4A;FBAV/450.0.0.0;]",
    "in Instagram": f"{IPHONE} Instagram 310.0.0 (iPhone14,5; iOS 17_0; id_ID)",
    "in Telegram": f"{OLD_WEBVIEW} Telegram-Android/10.6.2",
    "in TikTok": f"{OLD_WEBVIEW} trill_320 BytedanceWebview/d8a21c6",
    "in Twitter": f"{IPHONE} Twitter for iPhone/10.23",
    "in Slack": f"{CHROME_DESKTOP} Slack_SSB/4.36",
    "a phone called Cubot": "Mozilla/5.0 (Linux; Android 9; CUBOT) AppleWebKit/537.36 Chrome/99.0",
    "Opera Mini": "Opera/9.80 (Android; Opera Mini/36.2/191.283; U; id) Presto/2.12 Version/12.16",
}

# Ways of sending off a form that was found: the headers of each.
SCANNERS: Mapping[str, Headers] = {
    "Safe Links, a browser whose script submits": {**SENT, "User-Agent": CHROME_DESKTOP},
    "the same, and says that it has no head": {
        **SENT,
        "User-Agent": CHROME_DESKTOP.replace("Chrome/", "HeadlessChrome/"),
        "Sec-CH-UA": '"HeadlessChrome";v="119"',
    },
    "a replay of the form with the page's headers": {
        "User-Agent": CHROME_DESKTOP,
        "Accept": PAGE,
        "Content-Type": FORM,
    },
    "a replay that only calls itself a browser": {
        "User-Agent": CHROME_DESKTOP,
        "Accept": "*/*",
        "Content-Type": FORM,
    },
    "a program that asks for a page": {"Accept": "text/html", "Content-Type": FORM},
    "by fetch": {
        **SENT,
        "User-Agent": CHROME,
        "Sec-Fetch-Dest": "empty",
        "Sec-Fetch-Mode": "cors",
    },
    "Safe Links, by its name, even with a hand": {
        **PRESSED,
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) SafeLinks",
    },
    "a chat's bot": {"User-Agent": "WhatsApp/2.24.6.77 A", "Content-Type": FORM},
}
