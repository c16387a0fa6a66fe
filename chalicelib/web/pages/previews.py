"""What a chat shows of a page: title, line and picture, as they stand now.

Chats cut a title near 60 letters and the line below near 80, so what matters comes first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.web.pages import texts
from chalicelib.web.pages.cards import Card, link_card, receipt_card
from chalicelib.web.pages.safe import one_line, paragraphs, picture, shorten
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import ClosedView, ItemView, OfferView, StatusView

_TITLE = 60
_TEXT = 80
_SEARCH = 155


@dataclass(frozen=True, slots=True)
class Preview:
    """`image` is the product's picture or, when `is_card`, ours with its `version`."""

    title: str
    description: str
    card: Card
    version: str
    image: str | None
    image_alt: str
    is_card: bool


def of_offer(view: OfferView, language: Language) -> Preview:
    """A link that can be paid: what and how much; how and to whom."""
    shop, wallets = shop_name(view.shop, language), wallets_of(view, language)
    key = "preview_offer" if wallets else "preview_offer_any"
    card = link_card(
        shop=view.shop,
        names=_names(view.items),
        amount=price_of(view.least, view.total, "id"),
        methods=view.methods,
    )
    return _preview(
        _priced(heading(_names(view.items), language), price_of(view.least, view.total, language)),
        texts.say(language, key, wallets=wallets, shop=shop),
        card,
        view.page_url,
        next((item.image for item in view.items if picture(item.image)), None),
    )


def price_of(least: str | None, total: str, language: Language) -> str:
    """What it costs; where the shopper sets the amount, from how much on."""
    return total if least is None else texts.say(language, "price_from", least=least)


def of_closed(view: ClosedView, language: Language) -> Preview:
    """A link that cannot be paid, and why. The card says so, so it comes before the product."""
    why = texts.say(language, f"closed_{view.reason}")
    name = one_line(view.title_item)
    card = link_card(
        shop=view.shop or "", names=(name,), amount=view.total or "", closed=view.reason
    )
    return _preview(
        _priced(name, why) if name else why,
        texts.say(language, f"why_{view.reason}"),
        card,
        view.page_url,
    )


def of_status(view: StatusView, language: Language) -> Preview:
    """A payment as it stands: the state, how much and to whom."""
    returned = view.refund != "none"
    key = f"refund_{view.refund}" if returned else f"state_{view.state}"
    if view.state == "unpaid" and not returned:
        key = "preview_unpaid"
    mark = " ✅" if view.state == "paid" and not returned else ""
    figure = (view.refunded or view.total) if returned else view.total
    card = receipt_card(
        shop=view.shop,
        names=_names(view.items),
        total=view.total,
        state=view.state,
        refund=view.refund,
        refunded=view.refunded,
    )
    item = shorten(heading(_names(view.items), language), 40)
    return _preview(
        f"{texts.say(language, key)}{mark} {figure} – {shop_name(view.shop, language)}",
        texts.say(language, "preview_status", item=item),
        card,
        view.page_url,
    )


def searched(view: OfferView, language: Language) -> str:
    """What a search engine shows below the title: what, how much, from whom, and what it is."""
    told = texts.say(
        language,
        "search_offer",
        item=shorten(heading(_names(view.items), language), _TITLE),
        total=view.total,
        shop=shorten(shop_name(view.shop, language), 40),
    )
    about = " ".join(paragraphs(view.items[0].description).split()) if view.items else ""
    return shorten(f"{told} {about}".strip(), _SEARCH)


def heading(names: Sequence[str], language: Language) -> str:
    """What is sold, in a few words: the first thing's name, and how many more there are."""
    name = one_line(names[0]) if names else ""
    name = name or texts.say(language, "no_item")
    if len(names) < 2:
        return name
    return texts.say(language, "and_more", name=shorten(name, 30), count=len(names) - 1)


def shop_name(name: str, language: Language) -> str:
    """The shop's name, or the word for a seller without one."""
    return one_line(name) or texts.say(language, "no_shop")


def wallets_of(view: OfferView, language: Language) -> str:
    """What it can be paid with, as alternatives."""
    return texts.either([texts.method_name(name) for name in view.methods], language)


def _preview(
    title: str, description: str, card: Card, page_url: str | None, photo: str | None = None
) -> Preview:
    version = card.version(photo)
    ours = f"{page_url}/card.png?v={version}" if page_url else None
    return Preview(
        title=shorten(one_line(title), _TITLE),
        description=shorten(one_line(description), _TEXT),
        card=card,
        version=version,
        image=photo or ours,
        image_alt=shorten(one_line(title), _TITLE),
        is_card=photo is None,
    )


def _names(items: Sequence[ItemView]) -> tuple[str, ...]:
    return tuple(item.name for item in items)


def _priced(name: str, price: str) -> str:
    """What a chat shows in bold: the price must survive, however long the name is."""
    return f"{shorten(name, _TITLE - len(price) - 3)} – {price}"
