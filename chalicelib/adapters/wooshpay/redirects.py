"""Where WooshPay sends a shopper, found generically, and what a method asks of one."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from chalicelib.domain.payments import NextAction

SUFFIXES = ("_handle_redirect", "_redirect")
ADDRESS = ("country", "state", "city", "line1", "line2", "postal_code")


def redirect_in(next_action: Mapping[str, Any]) -> tuple[NextAction, str] | None:
    """The action and its address, or None when there is none.

    The key that holds the address is the one that `type` names, or any `…_handle_redirect`,
    `…_redirect` or `redirect_to_url`: for DANA and GCash the two differ (pages 2043383, 2886016).
    """
    named = next_action.get("type")
    if not isinstance(named, str):
        return None
    for key in _places(next_action, named):
        inner = next_action[key]
        url = inner.get("url") if isinstance(inner, dict) else None
        if isinstance(url, str) and url:
            return NextAction(named, key), url
    return None


def _places(next_action: Mapping[str, Any], named: str) -> Iterator[str]:
    if named in next_action:
        yield named
    for key in next_action:
        if key != named and (key.endswith(SUFFIXES) or key == "redirect_to_url"):
            yield key


def is_plain(url: str) -> bool:
    """Whether browsers, headers and we read the same address in it."""
    if not (url.isascii() and url.isprintable()) or set(url) & set(' \\<>"'):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return "@" not in parts.netloc and bool(parts.hostname)


def billing_details(billing: Mapping[str, str]) -> dict[str, Any]:
    """As page 42631218 has them: the parts of the address stand under `address`."""
    address = {name: billing[name] for name in ADDRESS if name in billing}
    rest = {name: value for name, value in billing.items() if name not in ADDRESS}
    return {**rest, **({"address": address} if address else {})}
