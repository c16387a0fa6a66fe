"""Our values as the shopper's pages show them: money and time ready to read."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from chalicelib.domain.catalog import LineItem
from chalicelib.domain.ids import Millis, session_id
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Closed, Offer
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.ports import OpenedLink
from chalicelib.web.after_paying import answers, onward
from chalicelib.web.chats import chat_url
from chalicelib.web.ordering import Order
from chalicelib.web.pages import previews, texts
from chalicelib.web.pages.form_views import EMPTY_FORM, FormView
from chalicelib.web.pages.previews import Preview
from chalicelib.web.pages.safe import shorten
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import (
    ClosedView,
    ConfirmView,
    ItemView,
    Look,
    OfferView,
    State,
    StatusView,
)
from chalicelib.web.reading import Reader

MONTHS: Mapping[Language, Sequence[str]] = {
    "id": (
        "Januari", "Februari", "Maret", "April", "Mei", "Juni",
        "Juli", "Agustus", "September", "Oktober", "November", "Desember",
    ),
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
}  # fmt: skip
JAKARTA = timezone(timedelta(hours=7), "WIB")


def items(lines: Sequence[LineItem], *, chosen: bool = False) -> tuple[ItemView, ...]:
    """The lines of an offer or a payment; of one that a shopper has `chosen`, with the variant."""
    return tuple(
        ItemView(
            name=line.product.name,
            description=line.product.description,
            image=line.product.images[0] if line.product.images else None,
            quantity=line.quantity,
            unit_price=str(line.price.unit_amount),
            total=str(line.total),
            variant=_variant(line) if chosen else None,
        )
        for line in lines
    )


def _variant(line: LineItem) -> str | None:
    """What the price is called, where that says more than the product's name."""
    return line.price.nickname if line.price.nickname != line.product.name else None


def look(merchant: Merchant) -> Look:
    """How the shop looks."""
    return Look(logo=merchant.branding.logo, color=merchant.branding.color)


def address(opened: OpenedLink, public_url: str) -> str:
    """The link's page."""
    return f"{public_url}/l/{opened.offer.link.slug}"


def offer(
    opened: OpenedLink,
    public_url: str,
    attempt: str,
    order: Order | None = None,
    form: FormView = EMPTY_FORM,
) -> OfferView:
    """A link that can be paid, with what the shopper has told; `attempt` makes a double tap one
    payment."""
    link = opened.offer.link
    page_url = address(opened, public_url)
    return OfferView(
        shop=opened.merchant.name,
        items=items(order.lines if order else opened.offer.items),
        total=str(order.total if order else opened.offer.total),
        pay_url=page_url,
        attempt=attempt,
        page_url=page_url,
        methods=link.payment_method_types,
        least=least_of(opened.offer),
        indexable=opened.tenant.livemode and not link.is_limited,
        form=form,
        look=look(opened.merchant),
    )


def least_of(offer: Offer) -> str | None:
    """From how much on the shopper sets the amount; None where it is fixed."""
    custom = offer.items[0].price.custom
    return None if custom is None else str(offer.total.with_amount(custom.minimum))


def confirm(
    opened: OpenedLink, pay_url: str, order: Order, fields: tuple[tuple[str, str], ...]
) -> ConfirmView:
    """A tap on a link that can be paid, and that sent these fields."""
    return ConfirmView(
        shop=opened.merchant.name,
        items=items(order.lines, chosen=True),
        total=str(order.total),
        pay_url=pay_url,
        fields=fields,
        look=look(opened.merchant),
    )


def closed(
    opened: OpenedLink, reason: Closed, public_url: str, language: Language = "id"
) -> ClosedView:
    """A link that cannot be paid, and why."""
    names = [item.product.name for item in opened.offer.items]
    why = texts.say(language, f"closed_{reason.value}")
    item = shorten(previews.heading(names, language), 80)
    words = texts.say(language, "chat_about", item=item, why=why)
    return ClosedView(
        shop=opened.merchant.name,
        title_item=names[0],
        reason=reason.value,
        message=opened.offer.link.inactive_message,
        total=str(opened.offer.total),
        page_url=address(opened, public_url),
        chat_url=chat_url(opened.merchant.contact, words),
        look=look(opened.merchant),
    )


def preview(opened: OpenedLink, now: Millis, public_url: str) -> Preview:
    """What a chat shows of a link at `now`, to readers of Indonesian."""
    reason = opened.offer.closed(now)
    if reason is not None:
        return previews.of_closed(closed(opened, reason, public_url), "id")
    return previews.of_offer(offer(opened, public_url, attempt=""), "id")


def status(payment: Payment, merchant: Merchant, reader: Reader, public_url: str) -> StatusView:
    """How a payment stands."""
    over = payment.is_over(reader.now)
    open_page = payment.provider.url if payment.provider and not over else None
    state = _state(payment, over)
    anew = payment.slug if over and state in ("failed", "expired", "canceled") else None
    again = f"{public_url}/l/{anew}" if anew else None
    done = payment.status is PaymentStatus.PAID and payment.refund_status == "none"
    token = status_token(payment)
    query = f"?lang={reader.language}" if reader.asked else ""
    return StatusView(
        shop=merchant.name,
        state=state,
        refund=payment.refund_status,
        items=items(payment.items, chosen=payment.payment_link is not None),
        total=str(payment.amount),
        refunded=str(payment.amount.with_amount(payment.totals.refunded)),
        reference=session_id(payment.id),
        paid_at=None if payment.paid_at is None else jakarta(payment.paid_at, reader.language),
        retry_url=open_page if open_page and state in ("unpaid", "failed") else again,
        live=state in ("unpaid", "processing", "failed") and not over,
        page_url=f"{public_url}/s/{token}",
        receipt_url=f"{public_url}/r/{token}{query}" if payment.paid_at is not None else None,
        method=payment.method,
        message=payment.after_completion.message if payment.after_completion and done else None,
        onward=onward(payment, merchant, reader) if done else None,
        look=look(merchant),
    )


def receipt(payment: Payment, merchant: Merchant, reader: Reader, public_url: str) -> StatusView:
    """The receipt of a payment: the same, with what the buyer told, and without a way on."""
    token = status_token(payment)
    query = f"?lang={reader.language}" if reader.asked else ""
    return replace(
        status(payment, merchant, reader, public_url),
        page_url=f"{public_url}/r/{token}",
        status_url=f"{public_url}/s/{token}{query}",
        receipt_url=None,
        answers=answers(payment, reader.language),
        live=False,
        retry_url=None,
        onward=None,
    )


def _state(payment: Payment, over: bool) -> State:
    if payment.review is not None and payment.status is not PaymentStatus.PAID:
        return "review"
    if payment.status is PaymentStatus.UNPAID and over:
        return "expired"
    return payment.status.value


def jakarta(at: Millis, language: Language) -> str:
    """An instant as people in Jakarta read it: 24 November 2026, 10.15 WIB."""
    local = datetime.fromtimestamp(at // 1000, UTC).astimezone(JAKARTA)
    return f"{local.day} {MONTHS[language][local.month - 1]} {local.year}, {local:%H.%M} WIB"
