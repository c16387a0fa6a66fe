"""What each payment method takes and gives back, held against WooshPay's pages row by row."""

import pytest

from chalicelib.domain.capabilities import (
    CAPABILITIES,
    Blame,
    RefundRules,
    check_payable,
    strictest,
)
from chalicelib.domain.errors import (
    AmountAboveWalletLimit,
    AmountBelowMinimum,
    InvalidRequest,
    ParameterInvalid,
)
from chalicelib.domain.money import Money
from tests.builders import rupiah

BLAME = Blame("unit_amount", "price_currency")
Y, N, S = True, False, None  # yes, no, silent
USD = ("USD",)

# method: page, currencies, minimum, maximum, checkout, refund, partial, multiple, chargeback,
# settlement. Amounts in the smallest unit, as we count.
PAGES = {
    "dana": ("2043383", "IDR", 100, 300_000_000, Y, Y, Y, N, N, USD),
    "ovo": ("3594070", "IDR", 1, None, N, N, N, N, N, USD),
    "bank_transfer_id": ("2539003", "IDR", None, None, Y, N, N, N, N, USD),
    "gcash": ("2886016", "PHP", 100, None, Y, Y, Y, N, N, ("GBP", "USD", "EUR", "HKD")),
    "truemoney": ("2738725", "THB GBP", 1, 700_000, Y, Y, Y, N, N, ("GBP",)),
    "promptpay": ("2539071", "THB", 100, 700_000, Y, N, N, N, N, USD),
    "paynow": ("2809314", "SGD", None, None, Y, Y, Y, Y, N, USD),
    "pix": ("3568363", "BRL", 300, 1_467_700, Y, Y, N, N, N, USD),
    "upi": ("5413632", "INR", 10_000, 5_000_000, N, N, N, N, N, ("INR",)),
    "spei": ("5514692", "MXN", 100, None, Y, N, N, N, N, USD),
    "9pay": ("2603004", "VND", 10_000, 200_000_000, Y, Y, Y, Y, Y, USD),
    "alipay": (
        "1723357", "CNY GBP USD EUR HKD", 1, None, Y, Y, Y, N, N, ("GBP", "HKD", "EUR"),
    ),
    "wechat_pay": (
        "1724181", "CNY GBP USD EUR HKD", None, 5_000_000, Y, Y, Y, Y, N,
        ("GBP", "EUR", "USD", "HKD"),
    ),
    "ideal": ("3315671", "EUR", 1, None, Y, Y, S, S, N, ("EUR",)),
    "bancontact": ("3839714", "EUR", 1, None, N, Y, Y, N, N, ("EUR",)),
    "eps": ("3839872", "EUR", 100, None, N, Y, Y, N, N, ("EUR",)),
    "bank_transfer_uk": ("2517577", "GBP", None, None, Y, S, S, S, N, ("GBP",)),
    "mobile_money": ("7196715", "XAF GHS KES RWF TZS UGX", None, None, Y, N, S, N, N, USD),
    "alipayplus": ("3948703", "CNY HKD GBP IDR MYR PHP THB", None, None, Y, S, S, S, S, ()),
    "klarna": ("1837772", "", None, None, Y, S, S, S, S, ()),
    "card": ("3858959", "", None, None, Y, S, S, S, S, ()),
}  # fmt: skip
NAMED_ONLY = [
    "sepa_debit", "alipay_hk", "boost", "kakaopay", "touchngo", "rabbit_line_pay", "giropay",
    "sofort", "trustly", "p24", "unionpay", "fpx", "mcash", "grabpay", "qris", "shopeepay",
    "boleto", "stitch", "bpi", "momo", "zalo", "vietcombank", "atome", "gopay",
    "bank_transfer_vn", "bank_transfer_eu",
]  # fmt: skip
PAGES |= dict.fromkeys(NAMED_ONLY, ("42631218", "", None, None, Y, S, S, S, S, ()))


@pytest.mark.parametrize("method", PAGES)
def test_a_method_is_as_its_page_says(method: str) -> None:
    page, currencies, least, most, checkout, refund, partial, many, chargeback, settled = PAGES[
        method
    ]
    row = CAPABILITIES[method]
    assert row.method == method
    assert row.source == page
    assert row.currencies == tuple(currencies.split())
    assert (row.minimum, row.maximum) == (least, most)
    assert row.checkout is checkout
    rules = row.refunds
    assert (rules.refund, rules.partial, rules.multiple_partial) == (refund, partial, many)
    assert row.chargeback is chargeback
    assert row.settlement == settled


def test_no_method_is_there_without_a_page_and_only_ideal_has_a_window() -> None:
    assert CAPABILITIES.keys() == PAGES.keys()
    windows = {name: row.refunds.window_days for name, row in CAPABILITIES.items()}
    assert {name: days for name, days in windows.items() if days is not None} == {"ideal": 365}


@pytest.mark.parametrize("method", ["klarna", "card", *NAMED_ONLY])
def test_nothing_is_asked_for_by_a_method_whose_currencies_are_not_known(method: str) -> None:
    with pytest.raises(ParameterInvalid) as refused:
        check_payable(Money(1000, "EUR"), (method,), Blame("amount", "currency"))
    page = CAPABILITIES[method].source
    assert refused.value.message == (
        f"Which currencies {method} takes is not known (WooshPay page {page})."
    )
    assert refused.value.param == "payment_method_types"


def test_limits_of_methods_with_several_currencies_say_in_which_they_are() -> None:
    several = {name for name, row in CAPABILITIES.items() if len(row.currencies) > 1}
    limited = {n for n in several if CAPABILITIES[n].minimum or CAPABILITIES[n].maximum}
    assert {name: CAPABILITIES[name].limits_in for name in limited} == {
        "truemoney": "THB",
        "alipay": "CNY",
        "wechat_pay": "USD",
    }


# --- amounts --------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", [100, 101, 20_000, 299_999_999, 300_000_000])
def test_dana_takes_100_to_300_million_rupiah(amount: int) -> None:
    check_payable(rupiah(amount), ("dana",), BLAME)


@pytest.mark.parametrize("amount", [0, 1, 99])
def test_dana_takes_no_less_than_100_rupiah(amount: int) -> None:
    with pytest.raises(AmountBelowMinimum) as refused:
        check_payable(rupiah(amount), ("dana",), BLAME)
    assert refused.value.message == (
        f"dana takes Rp100 or more, not Rp{amount} (WooshPay page 2043383)."
    )
    assert refused.value.user_message == "Jumlah paling kecil untuk metode ini Rp100."
    assert refused.value.param == "unit_amount"
    assert refused.value.details == {"minimum": 100}
    assert refused.value.code == "amount_below_minimum"


@pytest.mark.parametrize("amount", [300_000_001, 10**12])
def test_dana_takes_no_more_than_300_million_rupiah(amount: int) -> None:
    with pytest.raises(AmountAboveWalletLimit) as refused:
        check_payable(rupiah(amount), ("dana",), BLAME)
    assert refused.value.message.startswith("dana takes Rp300.000.000 at most, not Rp")
    assert refused.value.user_message == "Jumlah paling besar untuk metode ini Rp300.000.000."
    assert refused.value.param == "unit_amount"
    assert refused.value.details == {"maximum": 300_000_000}
    assert refused.value.code == "amount_above_wallet_limit"


def test_dana_takes_no_dollars() -> None:
    with pytest.raises(ParameterInvalid) as refused:
        check_payable(Money(20_000, "USD"), ("dana",), BLAME)
    assert refused.value.message == "dana takes IDR, not USD."
    assert refused.value.user_message == "Metode ini hanya menerima IDR."
    assert refused.value.param == "price_currency"


@pytest.mark.parametrize("method", [name for name, row in PAGES.items() if not row[4]])
def test_a_method_without_a_checkout_page_is_refused_there(method: str) -> None:
    currency = CAPABILITIES[method].currencies[0]
    with pytest.raises(ParameterInvalid, match="not offered on WooshPay's checkout page") as no:
        check_payable(Money(20_000, currency), (method,), BLAME)
    assert no.value.param == "payment_method_types"


@pytest.mark.parametrize(
    ("method", "amount", "currency", "taken"),
    [
        ("gcash", 99, "PHP", False), ("gcash", 100, "PHP", True), ("gcash", 10**12, "PHP", True),
        ("pix", 299, "BRL", False), ("pix", 300, "BRL", True),
        ("pix", 1_467_700, "BRL", True), ("pix", 1_467_701, "BRL", False),
        ("truemoney", 700_000, "THB", True), ("truemoney", 700_001, "THB", False),
        ("truemoney", 700_001, "GBP", True), ("truemoney", 0, "THB", False),
        ("promptpay", 99, "THB", False), ("promptpay", 700_001, "THB", False),
        ("9pay", 9_999, "VND", False), ("9pay", 10_000, "VND", True),
        ("9pay", 200_000_000, "VND", True), ("9pay", 200_000_001, "VND", False),
        ("wechat_pay", 5_000_000, "USD", True), ("wechat_pay", 5_000_001, "USD", False),
        ("wechat_pay", 5_000_001, "HKD", True), ("alipay", 0, "CNY", False),
        ("alipay", 1, "CNY", True), ("paynow", 1, "SGD", True), ("ideal", 0, "EUR", False),
        ("spei", 99, "MXN", False), ("mobile_money", 1, "UGX", True),
        ("mobile_money", 1, "NGN", False), ("bank_transfer_uk", 1, "GBP", True),
        ("bank_transfer_id", 10**12, "IDR", True), ("alipay", 1, "IDR", False),
    ],
)  # fmt: skip
def test_each_limit_is_taken_and_what_lies_beyond_is_not(
    method: str, amount: int, currency: str, taken: bool
) -> None:
    if taken:
        check_payable(Money(amount, currency), (method,), BLAME)
    else:
        with pytest.raises(InvalidRequest):
            check_payable(Money(amount, currency), (method,), BLAME)


def test_every_method_of_a_list_must_take_the_amount() -> None:
    check_payable(rupiah(100), ("bank_transfer_id", "dana"), BLAME)
    with pytest.raises(AmountBelowMinimum):
        check_payable(rupiah(99), ("bank_transfer_id", "dana"), BLAME)


def test_a_method_whose_limits_are_in_another_currency_does_not_hide_the_next_ones() -> None:
    with pytest.raises(ParameterInvalid, match="dana takes IDR"):
        check_payable(Money(1, "USD"), ("alipay", "dana"), BLAME)


# --- refunds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("methods", "rules"),
    [
        (("dana",), RefundRules(Y, Y, N)),
        (("paynow",), RefundRules(Y, Y, Y)),
        (("pix",), RefundRules(Y, N, N)),
        (("ovo",), RefundRules(N, N, N)),
        (("ideal",), RefundRules(Y, N, N, 365)),  # silence is a no
        (("bank_transfer_uk",), RefundRules(N, N, N)),
        (("dana", "bank_transfer_id"), RefundRules(N, N, N)),
        (("wechat_pay", "alipay"), RefundRules(Y, Y, N)),
        (("ideal", "alipay"), RefundRules(Y, N, N, 365)),
    ],
)
def test_the_rules_that_hold_whichever_method_was_used(
    methods: tuple[str, ...], rules: RefundRules
) -> None:
    assert strictest(methods) == rules
