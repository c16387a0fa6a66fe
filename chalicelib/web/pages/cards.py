"""What the picture says that a chat shows of a page: values in, values out; drawing.py draws it.

A card is in Indonesian for everyone: its address says nothing of the reader's language.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256

from chalicelib.web.pages import texts
from chalicelib.web.pages.letters import drawn, drawn_name
from chalicelib.web.pages.safe import hue, shorten
from chalicelib.web.pages.views import ClosedReason, Refund, State

WIDTH, HEIGHT = 1200, 630
_DESIGN = 1  # goes up when the same card is drawn differently
_LONGEST = 120
_STAMPS: Mapping[ClosedReason, str] = {
    "limit_reached": "card_sold_out",
    "out_of_stock": "card_sold_out",
    "paused": "card_paused",
    "expired": "state_expired",
    "archived": "card_closed",
}


@dataclass(frozen=True, slots=True)
class Card:
    """One picture. `tone` chooses its colours; `word` is the state, None for a link to pay.

    Every text can be drawn as it is.
    """

    tone: str
    shop: str
    name: str
    amount: str
    line: str
    word: str | None = None
    hue: int = 0

    def version(self, picture: str | None = None) -> str:
        """Ten letters that change when anything does that a chat shows: the card, or the
        product's `picture` that is shown instead of it."""
        shown = json.dumps([_DESIGN, astuple(self), picture])
        return sha256(shown.encode()).hexdigest()[:10]


def link_card(
    *,
    shop: str,
    names: Sequence[str],
    amount: str,
    methods: Sequence[str] = (),
    closed: ClosedReason | None = None,
) -> Card:
    """The card of a link: what, how much, from whom and how; or why it cannot be paid."""
    seller, thing = _seller(shop), _thing(names)
    wallets = texts.either([drawn(texts.method_name(method)) for method in methods], "id")
    paying = f"{_say('pay_with')} {wallets}" if wallets else _say("card_pay")
    return Card(
        tone="closed" if closed else "open",
        shop=seller,
        name=thing,
        amount=drawn(amount),
        line=_say(f"closed_{closed}") if closed else shorten(paying, 60),
        word=_say(_STAMPS[closed]) if closed else None,
        hue=hue(thing),
    )


def receipt_card(
    *,
    shop: str,
    names: Sequence[str],
    total: str,
    state: State,
    refund: Refund = "none",
    refunded: str | None = None,
) -> Card:
    """The card of a payment, as it stands: LUNAS, BELUM DIBAYAR, DIKEMBALIKAN, …"""
    returned = refund != "none"
    word = _say(
        f"refund_{refund}"
        if returned
        else "preview_unpaid"
        if state == "unpaid"
        else f"state_{state}"
    )
    return Card(
        tone="refund" if returned else state,
        shop=_seller(shop),
        name=_thing(names),
        amount=drawn((refunded or total) if returned else total),
        line=_say("card_live"),
        word=word,
    )


def _say(key: str) -> str:
    return texts.say("id", key)


def _seller(shop: str) -> str:
    return shorten(drawn_name(shop, _say("no_shop")), _LONGEST)


def _thing(names: Sequence[str]) -> str:
    """The first thing's name, and how many more there are."""
    name = shorten(drawn_name(names[0] if names else "", _say("no_item")), _LONGEST)
    more = len(names) - 1
    return texts.say("id", "and_more", name=shorten(name, 40), count=more) if more > 0 else name
