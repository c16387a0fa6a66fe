"""Our values as the shopper's pages show them: money and time ready to read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone

from chalicelib.domain.catalog import LineItem
from chalicelib.domain.ids import Millis, session_id
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.payment_links import Closed
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.status_tokens import status_token
from chalicelib.usecases.ports import OpenedLink
from chalicelib.web.pages import previews
from chalicelib.web.pages.previews import Preview
from chalicelib.web.pages.texts import Language
from chalicelib.web.pages.views import (
    ClosedView,
    ConfirmView,
    ItemView,
    OfferView,
    State,
    StatusView,
)

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


def items(lines: Sequence[LineItem]) -> tuple[ItemView, ...]:
    """The lines of an offer or a payment."""
    return tuple(
        ItemView(
            name=line.product.name,
            description=line.product.description,
            image=line.product.images[0] if line.product.images else None,
            quantity=line.quantity,
            unit_price=str(line.price.unit_amount),
            total=str(line.total),
        )
        for line in lines
    )


def offer(opened: OpenedLink, public_url: str, attempt: str) -> OfferView:
    """A link that can be paid; `attempt` makes a double tap one payment."""
    link = opened.offer.link
    return OfferView(
        shop=opened.merchant.name,
        items=items(opened.offer.items),
        total=str(opened.offer.total),
        pay_url=f"{public_url}/l/{link.slug}",
        attempt=attempt,
        page_url=f"{public_url}/l/{link.slug}",
        methods=link.payment_method_types,
        indexable=opened.tenant.livemode and not link.is_limited,
    )


def confirm(
    opened: OpenedLink, public_url: str, fields: tuple[tuple[str, str], ...]
) -> ConfirmView:
    """A tap on a link that can be paid, and that sent these fields."""
    return ConfirmView(
        shop=opened.merchant.name,
        item=opened.offer.items[0].product.name,
        pay_url=f"{public_url}/l/{opened.offer.link.slug}",
        fields=fields,
    )


def closed(opened: OpenedLink, reason: Closed, public_url: str) -> ClosedView:
    """A link that cannot be paid, and why."""
    return ClosedView(
        shop=opened.merchant.name,
        title_item=opened.offer.items[0].product.name,
        reason=reason.value,
        message=opened.offer.link.inactive_message,
        total=str(opened.offer.total),
        page_url=f"{public_url}/l/{opened.offer.link.slug}",
    )


def preview(opened: OpenedLink, now: Millis, public_url: str) -> Preview:
    """What a chat shows of a link at `now`, to readers of Indonesian."""
    reason = opened.offer.closed(now)
    if reason is not None:
        return previews.of_closed(closed(opened, reason, public_url), "id")
    return previews.of_offer(offer(opened, public_url, attempt=""), "id")


def status(
    payment: Payment, merchant: Merchant, now: Millis, public_url: str, language: Language
) -> StatusView:
    """How a payment stands at `now`."""
    over = payment.is_over(now)
    open_page = payment.provider.url if payment.provider and not over else None
    state = _state(payment, over)
    return StatusView(
        shop=merchant.name,
        state=state,
        refund=payment.refund_status,
        items=items(payment.items),
        total=str(payment.amount),
        refunded=str(payment.amount.with_amount(payment.totals.refunded)),
        reference=session_id(payment.id),
        paid_at=None if payment.paid_at is None else jakarta(payment.paid_at, language),
        retry_url=open_page if state in ("unpaid", "failed") else None,
        live=state in ("unpaid", "processing", "failed") and not over,
        page_url=f"{public_url}/s/{status_token(payment)}",
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
