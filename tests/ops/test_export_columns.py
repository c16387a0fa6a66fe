"""What each row says, exactly; and docs/export.md says it too."""

import re
from dataclasses import replace

import pytest

from chalicelib.domain.ids import Millis, PaymentLinkId
from chalicelib.domain.ledger import Totals
from chalicelib.domain.link_forms import Address, Customer, FieldAnswer, FieldType
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Direct, Payment, PaymentStatus, Review, ReviewReason
from chalicelib.domain.psp_facts import DisputeStatus
from chalicelib.domain.refunds import TOLD_AS, Origin, RefundStatus
from ops.export.columns import (
    LINE_ITEMS,
    OBJECTS,
    PAYMENTS,
    REFUNDS,
    Returned,
    lines_of,
    row_of,
    settles_in,
)
from ops.export.commands import TABLES
from tests.architecture.source import ROOT
from tests.builders import NOW, a_line_item, a_payment, a_refund, a_tenant, ulid

BEGAN = "2027-01-15T15:00:00.000+07:00"
LINK = PaymentLinkId(f"plink_{ulid(3)}")


def a_whole_payment() -> Payment:
    """One that has everything."""
    items = (a_line_item(quantity=2), a_line_item(number=2, amount=Money(5_000, "IDR")))
    named = replace(
        items[1],
        product=replace(items[1].product, name="=Kopi", metadata={"sku": "K-1"}),
        price=replace(items[1].price, nickname="besar", lookup_key="kopi-besar"),
    )
    return replace(
        a_payment(status=PaymentStatus.PAID, amount=Money(45_000, "IDR")),
        items=(items[0], named),
        totals=Totals(45_000, 30_000, 5_000, 10_000),
        paid_at=Millis(NOW + 61_007),
        payment_link=LINK,
        client_reference_id="ORDER-1",
        customer=Customer(
            name="Sari",
            phone="+6281234567890",
            email="sari@example.com",
            address=Address(
                line1="Jl. Mawar 1", city="Bandung", state="Jawa Barat", postal_code="40111"
            ),
        ),
        custom_fields=(
            FieldAnswer("size", "Ukuran", FieldType.DROPDOWN, "xl", "Besar sekali"),
            FieldAnswer("note", "Catatan", FieldType.TEXT, "=1+1"),
        ),
        utm={"source": "wa"},
        metadata={"order": "7"},
        review=Review(
            reason=ReviewReason.LATE,
            expected=Money(45_000, "IDR"),
            received=Money(45_001, "IDR"),
            at=NOW,
            verdict="accepted",
        ),
        disputes={"dp_1": DisputeStatus.LOST},
    )


WHOLE = {
    "merchant": a_tenant().merchant,
    "livemode": False,
    "checkout_session": f"cs_{ulid()}",
    "payment_intent": f"pi_{ulid()}",
    "created": BEGAN,
    "paid_at": "2027-01-15T15:01:01.007+07:00",
    "payment_status": "paid",
    "refund_status": "partial",
    "currency": "IDR",
    "amount_total": 45_000,
    "amount_captured": 45_000,
    "amount_refund_pending": 5_000,
    "amount_refunded": 10_000,
    "amount_refundable": 30_000,
    "amount_display": "Rp45.000",
    "payment_method_type": "dana",
    "fee": None,
    "fee_currency": None,
    "settlement_amount": None,
    "settlement_currency": "USD",
    "psp_session": "cs_1000",
    "psp_payment_intent": "pi_1000",
    "review_reason": "late",
    "review_verdict": "accepted",
    "review_received": 45_001,
    "review_received_currency": "IDR",
    "disputed": True,
    "payment_link": LINK,
    "client_reference_id": "ORDER-1",
    "merchant_order_id": None,
    "description": None,
    "customer_name": "Sari",
    "customer_email": "sari@example.com",
    "customer_phone": "+6281234567890",
    "shipping_address": {
        "line1": "Jl. Mawar 1",
        "village": None,
        "district": None,
        "city": "Bandung",
        "state": "Jawa Barat",
        "postal_code": "40111",
        "country": "ID",
    },
    "custom_fields": {"size": "xl", "note": "=1+1"},
    "utm": {"source": "wa"},
    "metadata": {"order": "7"},
}


def test_a_payment_that_has_everything() -> None:
    assert row_of(PAYMENTS, a_whole_payment()) == WHOLE


def test_a_payment_that_has_just_begun_says_nothing_that_is_not_known() -> None:
    payment = replace(a_payment(bound=False), customer_email="shop@example.com")
    row = row_of(PAYMENTS, payment)
    told = {name: value for name, value in row.items() if value not in (None, {}, 0)}
    assert told == {
        "merchant": a_tenant().merchant,
        "checkout_session": f"cs_{ulid()}",
        "payment_intent": f"pi_{ulid()}",
        "created": BEGAN,
        "payment_status": "unpaid",
        "refund_status": "none",
        "currency": "IDR",
        "amount_total": 20_000,
        "amount_display": "Rp20.000",
        "customer_email": "shop@example.com",
    }
    objects = ("shipping_address", "custom_fields", "utm", "metadata")
    assert [row[name] for name in objects] == [{}, {}, {}, {}]


def test_a_direct_payment_tells_its_order_and_a_live_one_that_it_is() -> None:
    told = {"description": "Kaos", "merchant_order_id": "O-1"}
    direct = Direct(method="gcash", return_url="https://a.example", **told)
    payment = replace(
        a_payment(amount=Money(12_345, "PHP"), methods=("gcash",), tenant=a_tenant(livemode=True)),
        direct=direct,
        method="gcash",
    )
    row = row_of(PAYMENTS, payment)
    assert (row["description"], row["merchant_order_id"], row["livemode"]) == ("Kaos", "O-1", True)
    assert (row["amount_total"], row["currency"], row["amount_display"]) == (
        12_345,
        "PHP",
        "PHP 123,45",
    )


@pytest.mark.parametrize(
    ("method", "currency"),
    [
        ("dana", "USD"),  # one
        ("gcash", None),  # four: which one is not known
        ("alipayplus", None),  # the page names none
        ("wallet_of_tomorrow", None),
        (None, None),
    ],
)
def test_the_currency_of_settlement_is_told_where_there_is_one(
    method: str | None, currency: str | None
) -> None:
    assert settles_in(replace(a_payment(), method=method)) == currency


def test_a_refund_tells_of_its_payment() -> None:
    refund = replace(
        a_refund(status=RefundStatus.VOIDED, amount=Money(5_000, "IDR")),
        reason="requested_by_customer",
        failure="declined",
        psp_refund="re_9000",
        origin=Origin.POLICY,
        metadata={"case": "1"},
    )
    expected = {
        "merchant": a_tenant().merchant,
        "livemode": False,
        "refund": f"re_{ulid()}",
        "checkout_session": f"cs_{ulid()}",
        "payment_intent": f"pi_{ulid()}",
        "created": BEGAN,
        "status": "failed",
        "state": "voided",
        "currency": "IDR",
        "amount": 5_000,
        "amount_display": "Rp5.000",
        "reason": "requested_by_customer",
        "failure": "declined",
        "origin": "policy",
        "fee": None,
        "fee_currency": None,
        "settlement_amount": None,
        "settlement_currency": "USD",
        "psp_refund": "re_9000",
        "psp_payment_intent": "pi_1000",
        "paid_at": "2027-01-15T15:01:01.007+07:00",
        "payment_method_type": "dana",
        "payment_link": LINK,
        "client_reference_id": "ORDER-1",
        "custom_fields": {"size": "xl", "note": "=1+1"},
        "metadata": {"case": "1"},
    }
    assert row_of(REFUNDS, Returned(refund, a_whole_payment())) == expected
    of_payment = (
        "settlement_currency", "paid_at", "payment_method_type", "payment_link",
        "client_reference_id", "custom_fields",
    )  # fmt: skip
    alone = {**expected, **dict.fromkeys(of_payment)}
    assert row_of(REFUNDS, Returned(refund, None)) == alone


def test_each_line_is_a_row() -> None:
    first, second = (row_of(LINE_ITEMS, line) for line in lines_of(a_whole_payment()))
    own = {"amount_total", "amount_display"}
    shared = {name: WHOLE[name] for name in LINE_ITEMS.keys() & WHOLE.keys() - own}
    assert first == {
        **shared,
        "line": 1,
        "line_item": f"li_{ulid()}",
        "product": f"prod_{ulid()}",
        "product_name": "apple",
        "price": f"price_{ulid()}",
        "nickname": None,
        "lookup_key": None,
        "quantity": 2,
        "unit_amount": 20_000,
        "amount_total": 40_000,
        "amount_display": "Rp40.000",
        "product_metadata": {},
    }
    assert second == {
        **shared,
        "line": 2,
        "line_item": f"li_{ulid(2)}",
        "product": f"prod_{ulid(2)}",
        "product_name": "=Kopi",
        "price": f"price_{ulid(2)}",
        "nickname": "besar",
        "lookup_key": "kopi-besar",
        "quantity": 1,
        "unit_amount": 5_000,
        "amount_total": 5_000,
        "amount_display": "Rp5.000",
        "product_metadata": {"sku": "K-1"},
    }


def test_the_guide_tells_every_column_in_its_place() -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    told = {
        name: re.findall(r"^\| `([a-z_]+)` \|", part, re.MULTILINE)
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }
    assert told == {table.name: list(table.columns) for table in TABLES}
    objects = set(re.findall(r"^\| `([a-z_]+)` \| object", text, re.MULTILINE))
    assert objects == OBJECTS


def test_the_guide_names_every_state() -> None:
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    names: list[str] = [*PaymentStatus, *ReviewReason, *RefundStatus, *Origin, *TOLD_AS.values()]
    assert [name for name in names if f"`{name}`" not in text] == []
