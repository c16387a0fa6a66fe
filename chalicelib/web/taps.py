"""Whether a person has tapped, or something has sent off a form that it found (decision 22).

It depends on what a browser says of the tap, and on no list of names: a scanner that passes for a
browser is asked once more, by a page, and has begun nothing.
"""

import json
from hashlib import sha256
from urllib.parse import parse_qsl

from chalicelib.domain.link_forms import Told
from chalicelib.web.visitors import Header, family_of

CONFIRM = ("confirm", "1")
_OURS = ("attempt", CONFIRM[0])


def nonce(told: Told) -> str | None:
    """The page's own nonce; None for a form that has none, or a bent one."""
    given = told.get("attempt", "")
    return given if given.isascii() and given.isalnum() and len(given) <= 64 else None


def attempt(told: Told) -> str | None:
    """What makes a double tap one payment: the page's nonce, and what was filled in.

    Whoever comes back to the page and chooses otherwise begins another payment. None: a form
    without a nonce starts a payment of its own.
    """
    given = nonce(told)
    filled = sorted((name, text) for name, text in told.items() if name not in _OURS)
    if given is None or not filled:
        return given
    return sha256(json.dumps([given, filled]).encode()).hexdigest()


def is_meant(header: Header, fields: Told) -> bool:
    """Whether the form came back from our question; or its browser says that a person pressed the
    button; or a program sent it that does not pass for a browser, and so is somebody's own."""
    name, value = CONFIRM
    if fields.get(name) == value:
        return True
    agent = header("user-agent") or ""
    if family_of(agent) is not None:
        return False
    if header("sec-fetch-user") == "?1":
        return True
    return not agent.startswith("Mozilla/") and "text/html" not in (header("accept") or "")


def once_more(body: bytes, attempt: str) -> tuple[tuple[str, str], ...]:
    """What the question's form sends: a form that could be read, with `attempt` and our mark."""
    ours = {"attempt": attempt, CONFIRM[0]: CONFIRM[1]}
    given = parse_qsl(body.decode(), keep_blank_values=True)
    return (*((name, value) for name, value in given if name not in ours), *ours.items())
