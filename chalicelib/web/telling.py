"""What a chat is told of an event: a few lines in Indonesian, as plain text.

What merchants and shoppers wrote is kept to one line each, so that none of it passes for a line of
ours.
"""

from collections.abc import Iterator, Mapping

from chalicelib.domain.events import Event, EventType
from chalicelib.domain.ids import session_id
from chalicelib.domain.payments import Payment, Review, ReviewReason
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import TOLD_AS, Refund
from chalicelib.domain.status_tokens import status_token
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.web import showing
from chalicelib.web.pages.safe import one_line, shorten
from chalicelib.web.pages.texts import method_name, say

LONGEST = 60  # of what others wrote; all of it fits into one message
MOST_ITEMS = 10
TEST = "[UJI COBA, bukan uang sungguhan]"
HELD: Mapping[ReviewReason, str] = {
    ReviewReason.AMOUNT_MISMATCH: "jumlahnya tidak cocok",
    ReviewReason.CURRENCY_MISMATCH: "mata uangnya tidak cocok",
    ReviewReason.LATE: "dibayar setelah batas waktu",
    ReviewReason.SURPLUS: "dibayar setelah barang habis",
}
REFUNDS: Mapping[str, str] = {
    "pending": "PENGEMBALIAN DIPROSES",
    "succeeded": "DIKEMBALIKAN",
    "failed": "PENGEMBALIAN GAGAL",
}
OFF: Mapping[str, str] = {
    "gone": "Penerimanya tidak mau menerima kabar lagi.",
    "failing": "Selama 5 hari tidak ada kabar yang sampai.",
}


def told_of(event: Event, public_url: str) -> str:
    """The message. An event that is not for people, which a person may resend, is its name."""
    match event.subject:
        case Payment() as payment if event.type is EventType.PAYMENT_INTENT_DISPUTE_UPDATED:
            lines = [_dispute(payment), *_about(payment, public_url)]
        case Payment() as payment if event.type.startswith("payment_intent."):
            lines = [*_came(payment), *_about(payment, public_url)]
        case Refund() as refund:
            head = f"{REFUNDS[TOLD_AS[refund.status]]} {refund.amount}"
            lines = [head, f"Pembayaran: {session_id(refund.payment)}", f"Nomor: {refund.id}"]
        case WebhookEndpoint() as endpoint:
            reason = OFF.get(endpoint.disabled_reason or "", "")
            lines = ["WEBHOOK DIMATIKAN", _short(endpoint.url), reason]
        case subject:
            lines = [event.type.value, subject.id]
    mode = [] if event.tenant.livemode else [TEST]
    return "\n".join(filter(None, mode + lines))


def _came(payment: Payment) -> list[str]:
    review = payment.review
    if review is None or review.verdict is not None:
        return [f"LUNAS {payment.amount}"]
    return [
        f"PERLU DIPERIKSA: {_received(review)}",
        f"Jangan kirim barang dulu: {HELD[review.reason]}.",
    ]


def _received(review: Review) -> str:
    agrees = review.received == review.expected
    return f"{review.received} masuk" + ("" if agrees else f", diminta {review.expected}")


def _dispute(payment: Payment) -> str:
    """One that is open counts before one that was lost, and that before one that was won."""
    found = payment.disputes.values()
    if DisputeStatus.OPEN in found:
        how = "DIBUKA"
    else:
        how = "KALAH" if DisputeStatus.LOST in found else "DIMENANGKAN"
    return f"SENGKETA {how} {payment.amount}"


def _about(payment: Payment, public_url: str) -> Iterator[str]:
    """What was bought, how and when it was paid, by whom, and where all of it can be seen."""
    views = showing.items(payment.items, chosen=payment.payment_link is not None)
    for item in views[:MOST_ITEMS]:
        variant = f" ({_short(item.variant)})" if item.variant else ""
        yield f"{_short(item.name) or say('id', 'no_item')}{variant} × {item.quantity}"
    if len(views) > MOST_ITEMS:
        yield f"dan {len(views) - MOST_ITEMS} barang lain"
    method = method_name(payment.method) if payment.method else None
    when = showing.jakarta(payment.paid_at, "id") if payment.paid_at is not None else None
    yield ", ".join(filter(None, (method, when)))
    customer = payment.customer
    if customer is not None:
        buyer = ", ".join(filter(None, (_short(customer.name), _phone(customer.phone))))
        yield f"Pembeli: {buyer}" if buyer else ""
    for answer in payment.custom_fields:
        yield f"{_short(answer.label)}: {_short(answer.text)}"
    page = "s" if payment.paid_at is None else "r"
    yield f"{public_url}/{page}/{status_token(payment)}"


def _short(text: str | None) -> str:
    return shorten(one_line(text), LONGEST)


def _phone(number: str | None) -> str:
    """As people in Indonesia dial it."""
    given = number or ""
    return f"0{given[3:]}" if given.startswith("+62") else given
