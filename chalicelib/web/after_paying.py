"""What follows a payment: the way on for the shopper, and what the buyer told, for the receipt."""

from urllib.parse import quote

from chalicelib.domain.errors import ParameterInvalid
from chalicelib.domain.ids import session_id
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Then
from chalicelib.domain.payments import Payment
from chalicelib.domain.urls import web_address
from chalicelib.usecases.begin_payment import SESSION_TEMPLATE
from chalicelib.web.chats import chat_url
from chalicelib.web.pages import previews, texts
from chalicelib.web.pages.safe import shorten
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import Onward
from chalicelib.web.reading import Reader

SENT_ON_WITHIN_MS = 10 * 60_000  # after that the page is looked at as a proof, and stays


def onward(payment: Payment, merchant: Merchant, reader: Reader) -> Onward | None:
    """Where the shopper of a payment that was paid may go on to.

    The merchant's address gets the session's id where it asks for it, and nothing else: whoever
    opens such an address can have written it, so it proves no payment.
    """
    after = payment.after_completion
    if after is None:
        return None
    if after.type is Then.REDIRECT:
        url = _filled(after.url or "", payment)
        paid_at = payment.paid_at or 0
        fresh = not reader.stays and reader.now - paid_at <= SENT_ON_WITHIN_MS
        return Onward("page", url, by_itself=fresh) if url else None
    if after.type is Then.CHAT:
        url = chat_url(merchant.contact, _said(payment, reader.language))
        return Onward("chat", url) if url else None
    return None


def answers(payment: Payment, language: Language) -> tuple[tuple[str, str], ...]:
    """What the buyer told, label and value."""
    told: list[tuple[str, str]] = []
    customer = payment.customer
    if customer is not None:
        for name in ("name", "phone", "email"):
            told.append((texts.say(language, name), getattr(customer, name) or ""))
        address = customer.address
        if address is not None:
            parts = (address.line1, address.village, address.district, address.city, address.state)
            lines = ", ".join(filter(None, parts))
            told.append((texts.say(language, "address"), f"{lines} {address.postal_code}"))
    told += [(answer.label, answer.text) for answer in payment.custom_fields]
    return tuple((label, value) for label, value in told if value)


def _filled(url: str, payment: Payment) -> str | None:
    """The merchant's address with the session's id in it; None for one that leads nowhere."""
    try:
        return web_address(
            url.replace(SESSION_TEMPLATE, quote(session_id(payment.id), safe="")), "url"
        )
    except ParameterInvalid:
        return None


def _said(payment: Payment, language: Language) -> str:
    item = shorten(previews.heading([each.product.name for each in payment.items], language), 80)
    return texts.say(language, "paid_said", item=item, reference=session_id(payment.id))
