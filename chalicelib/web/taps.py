"""Whether a person has tapped, or something has sent off a form that it found (decision 22).

It depends on what a browser says of the tap, and on no list of names: a scanner that passes for a
browser is asked once more, by a page, and has begun nothing.
"""

from typing import Any
from urllib.parse import parse_qsl

from chalicelib.web.visitors import Header, family_of

CONFIRM = ("confirm", "1")


def is_meant(header: Header, fields: dict[str, Any]) -> bool:
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
