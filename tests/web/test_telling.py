"""What a chat reads of each event, to the letter."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.events import Event, EventType, Subject, event_of
from chalicelib.domain.ids import MerchantId, Millis, PaymentLinkId, Tenant, WebhookEndpointId
from chalicelib.domain.link_forms import Customer, FieldAnswer, FieldType
from chalicelib.domain.payments import Payment, ReviewReason
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import RefundStatus
from chalicelib.domain.status_tokens import status_token
from chalicelib.domain.telegram import LONGEST_MESSAGE
from chalicelib.domain.webhook_endpoints import WebhookEndpoint
from chalicelib.web.telling import told_of
from tests.builders import (
    MERCHANT_ULID,
    NOW,
    a_line_item,
    a_paid,
    a_payment,
    a_product,
    a_refund,
    a_review,
    rupiah,
    ulid,
)

URL = "https://pay.example"
E = EventType
LIVE = Tenant(MerchantId(f"acct_{MERCHANT_ULID}"), True)
AT = Millis(1_795_676_700_000)  # 26 November 2026, 14.05 WIB
BUYER = Customer(name="Budi Santoso", phone="+6281234567890", email="budi@shop.example")
NOTE = FieldAnswer(key="note", label="Catatan", type=FieldType.TEXT, value="tanpa gula")
SIZE = FieldAnswer(
    key="size", label="Ukuran", type=FieldType.DROPDOWN, value="l", option="Besar (L)"
)


def said(type: EventType, subject: Subject, *, live: bool = True) -> list[str]:
    """The lines of the message."""
    tenant = LIVE if live else replace(LIVE, livemode=False)
    event: Event = event_of(type, tenant, subject, NOW)
    return told_of(event, URL).split("\n")


def bought(name: str, quantity: int = 1, variant: str | None = None, number: int = 1) -> Any:
    """A line of a payment."""
    line = a_line_item(number=number, quantity=quantity)
    price = replace(line.price, nickname=variant)
    return replace(line, product=a_product(number=number, name=name), price=price)


def a_sale(**changes: Any) -> Payment:
    """A payment of Rp150.000 through a link."""
    usual: dict[str, Any] = {
        "items": (bought("Kaos Polos Hitam", 2, "XL"), bought("Stiker", number=2)),
        "payment_link": PaymentLinkId(f"plink_{ulid()}"),
        "paid_at": AT,
        "customer": BUYER,
        "custom_fields": (NOTE, SIZE),
    }
    return replace(a_paid(150_000), **(usual | changes))


def test_a_payment_that_came() -> None:
    sale = a_sale()
    assert said(E.PAYMENT_INTENT_SUCCEEDED, sale) == [
        "LUNAS Rp150.000",
        "Kaos Polos Hitam (XL) × 2",
        "Stiker × 1",
        "DANA, 26 November 2026, 14.05 WIB",
        "Pembeli: Budi Santoso, 081234567890",
        "Catatan: tanpa gula",
        "Ukuran: Besar (L)",
        f"https://pay.example/r/{status_token(sale)}",
    ]


def test_money_of_the_test_mode_is_never_taken_for_real() -> None:
    plain = a_paid(20_000)
    assert said(E.PAYMENT_INTENT_SUCCEEDED, plain, live=False) == [
        "[UJI COBA, bukan uang sungguhan]",
        "LUNAS Rp20.000",
        "apple × 1",
        "DANA, 15 Januari 2027, 15.00 WIB",
        f"https://pay.example/r/{status_token(plain)}",
    ]


@pytest.mark.parametrize(
    ("customer", "line"),
    [
        (Customer(name="Budi"), ["Pembeli: Budi"]),
        (Customer(phone="+6581234567"), ["Pembeli: +6581234567"]),
        (Customer(email="budi@shop.example"), []),
        (None, []),
    ],
)
def test_the_buyer_as_far_as_is_known(customer: Customer | None, line: list[str]) -> None:
    lines = said(E.PAYMENT_INTENT_SUCCEEDED, a_sale(customer=customer, custom_fields=()))
    assert lines[4:-1] == line


@pytest.mark.parametrize(
    ("reason", "received", "first", "second"),
    [
        (ReviewReason.AMOUNT_MISMATCH, 19_999, "PERLU DIPERIKSA: Rp19.999 masuk, diminta Rp20.000",
         "Jangan kirim barang dulu: jumlahnya tidak cocok."),
        (ReviewReason.CURRENCY_MISMATCH, 1, "PERLU DIPERIKSA: Rp1 masuk, diminta Rp20.000",
         "Jangan kirim barang dulu: mata uangnya tidak cocok."),
        (ReviewReason.LATE, 20_000, "PERLU DIPERIKSA: Rp20.000 masuk",
         "Jangan kirim barang dulu: dibayar setelah batas waktu."),
        (ReviewReason.SURPLUS, 20_000, "PERLU DIPERIKSA: Rp20.000 masuk",
         "Jangan kirim barang dulu: dibayar setelah barang habis."),
    ],
)  # fmt: skip
def test_money_that_a_person_has_to_look_at_is_not_called_paid(
    reason: ReviewReason, received: int, first: str, second: str
) -> None:
    assert set(ReviewReason) == {
        ReviewReason.AMOUNT_MISMATCH, ReviewReason.CURRENCY_MISMATCH, ReviewReason.LATE,
        ReviewReason.SURPLUS,
    }  # fmt: skip
    held = replace(a_payment(), review=a_review(reason, received))
    for type in (E.PAYMENT_INTENT_REVIEW_OPENED, E.PAYMENT_INTENT_SUCCEEDED):
        assert said(type, held) == [
            first, second, "apple × 1", f"https://pay.example/s/{status_token(held)}",
        ]  # fmt: skip
    accepted = replace(a_paid(), review=replace(a_review(reason, received), verdict="accepted"))
    assert said(E.PAYMENT_INTENT_SUCCEEDED, accepted)[0] == "LUNAS Rp20.000"


@pytest.mark.parametrize(
    ("disputes", "first"),
    [
        (["open"], "SENGKETA DIBUKA Rp20.000"),
        (["won", "lost", "open"], "SENGKETA DIBUKA Rp20.000"),
        (["won", "lost"], "SENGKETA KALAH Rp20.000"),
        (["won"], "SENGKETA DIMENANGKAN Rp20.000"),
    ],
)
def test_a_dispute(disputes: list[str], first: str) -> None:
    found = {f"dp_{number}": DisputeStatus(each) for number, each in enumerate(disputes)}
    lines = said(E.PAYMENT_INTENT_DISPUTE_UPDATED, replace(a_paid(), disputes=found))
    assert lines[:2] == [first, "apple × 1"]


@pytest.mark.parametrize("type", [E.REFUND_CREATED, E.REFUND_UPDATED, E.REFUND_FAILED])
@pytest.mark.parametrize(
    ("status", "head"),
    [
        (RefundStatus.SENDING, "PENGEMBALIAN DIPROSES"),
        (RefundStatus.UNKNOWN, "PENGEMBALIAN DIPROSES"),
        (RefundStatus.POSTED, "DIKEMBALIKAN"),
        (RefundStatus.VOIDED, "PENGEMBALIAN GAGAL"),
        (RefundStatus.REVERSED, "PENGEMBALIAN GAGAL"),
    ],
)
def test_a_refund_as_it_stood(type: EventType, status: RefundStatus, head: str) -> None:
    refund = a_refund(status=status, amount=rupiah(50_000))
    assert said(type, refund) == [
        f"{head} Rp50.000", f"Pembayaran: cs_{ulid()}", f"Nomor: re_{ulid()}",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("reason", "last"),
    [
        ("gone", ["Penerimanya tidak mau menerima kabar lagi."]),
        ("failing", ["Selama 5 hari tidak ada kabar yang sampai."]),
        (None, []),
    ],
)
def test_an_endpoint_that_was_switched_off(reason: str | None, last: list[str]) -> None:
    endpoint = WebhookEndpoint(
        id=WebhookEndpointId(f"we_{ulid()}"), created=NOW, updated=NOW,
        url="https://shop.example/hook", enabled_events=("*",), metadata={},
        disabled_reason=reason,
    )  # fmt: skip
    head = ["WEBHOOK DIMATIKAN", "https://shop.example/hook"]
    assert said(E.WEBHOOK_ENDPOINT_DISABLED, endpoint) == head + last


def test_what_is_not_for_people_is_its_name() -> None:
    product = a_product()
    assert said(E.PRODUCT_CREATED, product) == ["product.created", product.id]
    sale = a_sale()
    assert said(E.CHECKOUT_SESSION_EXPIRED, sale) == ["checkout.session.expired", sale.id]


def test_what_a_shopper_typed_stays_on_its_line_and_turns_nothing() -> None:
    evil = "Budi\r\nLUNAS Rp9.000.000\u2028x\u202e000.9\u200b\x00<b>*a*</b>"
    tame = "Budi LUNAS Rp9.000.000 x000.9<b>*a*</b>"
    sale = a_sale(
        customer=Customer(name=evil),
        custom_fields=(replace(NOTE, value=evil), replace(NOTE, value="\u200b\n")),
        items=(bought("\u2066\u3164"), bought(evil, 1, "L\nLUNAS", number=2)),
    )
    assert said(E.PAYMENT_INTENT_SUCCEEDED, sale) == [
        "LUNAS Rp150.000",
        "Barang × 1",
        f"{tame} (L LUNAS) × 1",
        "DANA, 26 November 2026, 14.05 WIB",
        f"Pembeli: {tame}",
        f"Catatan: {tame}",
        "Catatan: ",
        f"https://pay.example/r/{status_token(sale)}",
    ]


def test_however_much_there_is_it_fits_with_its_address() -> None:
    long = "😀" * 500
    lines = tuple(bought(long, 999, long + "x", number=number) for number in range(1, 31))
    answers = tuple(replace(NOTE, label=long, value=long) for _ in range(3))
    sale = a_sale(items=lines, customer=Customer(name=long, phone=None), custom_fields=answers)
    told = said(E.PAYMENT_INTENT_SUCCEEDED, sale, live=False)
    short = "😀" * 59 + "…"
    assert told[2] == f"{short} ({short}) × 999"
    assert told[12] == "dan 20 barang lain"
    assert told[-1].endswith(status_token(sale))
    assert len("\n".join(told).encode("utf-16-le")) <= 2 * LONGEST_MESSAGE
