"""What each payment method takes and gives back, as data: WooshPay's method pages, row by row.

`None` is a page that is silent or was not to be had; a rule reads it as a no. Amounts are in our
smallest unit (whole rupiah; cents and the like elsewhere). `source` is the WooshPay page id,
`as_of` the month in which it was read.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.domain.errors import (
    AmountAboveWalletLimit,
    AmountBelowMinimum,
    ParameterInvalid,
)
from chalicelib.domain.money import Money


@dataclass(frozen=True, slots=True)
class RefundRules:
    """What may be given back; None where the page is silent."""

    refund: bool | None = None
    partial: bool | None = None
    multiple_partial: bool | None = None
    window_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """The rules of one payment method at WooshPay."""

    method: str
    currencies: tuple[str, ...]
    minimum: int | None = None
    maximum: int | None = None
    limits_in: str | None = None  # the currency of minimum and maximum, when not every one's
    checkout: bool = True
    direct: bool = True
    refunds: RefundRules = RefundRules()
    chargeback: bool | None = None
    settlement: tuple[str, ...] = ()
    source: str
    as_of: str = "2026-11"


_NO_REFUND = RefundRules(refund=False, partial=False, multiple_partial=False)
_FULL_ONLY = RefundRules(refund=True, partial=False, multiple_partial=False)
_ONE_PARTIAL = RefundRules(refund=True, partial=True, multiple_partial=False)
_MANY_PARTIALS = RefundRules(refund=True, partial=True, multiple_partial=True)

_ROWS = (
    Capability(
        method="dana", currencies=("IDR",), minimum=100, maximum=300_000_000,
        refunds=_ONE_PARTIAL, chargeback=False, settlement=("USD",), source="2043383",
    ),
    Capability(
        method="ovo", currencies=("IDR",), minimum=1, checkout=False,
        refunds=_NO_REFUND, chargeback=False, settlement=("USD",), source="3594070",
    ),
    Capability(
        method="bank_transfer_id", currencies=("IDR",),
        refunds=_NO_REFUND, chargeback=False, settlement=("USD",), source="2539003",
    ),
    Capability(
        method="gcash", currencies=("PHP",), minimum=100,
        refunds=_ONE_PARTIAL, chargeback=False,
        settlement=("GBP", "USD", "EUR", "HKD"), source="2886016",
    ),
    Capability(
        method="truemoney", currencies=("THB", "GBP"), minimum=1, maximum=700_000, limits_in="THB",
        refunds=_ONE_PARTIAL, chargeback=False, settlement=("GBP",), source="2738725",
    ),
    Capability(
        method="promptpay", currencies=("THB",), minimum=100, maximum=700_000,
        refunds=_NO_REFUND, chargeback=False, settlement=("USD",), source="2539071",
    ),
    Capability(
        method="paynow", currencies=("SGD",),
        refunds=_MANY_PARTIALS, chargeback=False, settlement=("USD",), source="2809314",
    ),
    Capability(
        method="pix", currencies=("BRL",), minimum=300, maximum=1_467_700,
        refunds=_FULL_ONLY, chargeback=False, settlement=("USD",), source="3568363",
    ),
    Capability(
        method="upi", currencies=("INR",), minimum=10_000, maximum=5_000_000, checkout=False,
        refunds=_NO_REFUND, chargeback=False, settlement=("INR",), source="5413632",
    ),
    Capability(
        method="spei", currencies=("MXN",), minimum=100,
        refunds=_NO_REFUND, chargeback=False, settlement=("USD",), source="5514692",
    ),
    Capability(
        method="9pay", currencies=("VND",), minimum=10_000, maximum=200_000_000,
        refunds=_MANY_PARTIALS, chargeback=True, settlement=("USD",), source="2603004",
    ),
    Capability(
        method="alipay", currencies=("CNY", "GBP", "USD", "EUR", "HKD"), minimum=1, limits_in="CNY",
        refunds=_ONE_PARTIAL, chargeback=False,
        settlement=("GBP", "HKD", "EUR"), source="1723357",
    ),
    Capability(
        method="wechat_pay", currencies=("CNY", "GBP", "USD", "EUR", "HKD"),
        maximum=5_000_000, limits_in="USD",
        refunds=_MANY_PARTIALS, chargeback=False,
        settlement=("GBP", "EUR", "USD", "HKD"), source="1724181",
    ),
    Capability(
        method="ideal", currencies=("EUR",), minimum=1,
        refunds=RefundRules(refund=True, window_days=365), chargeback=False,
        settlement=("EUR",), source="3315671",
    ),
    Capability(
        method="bancontact", currencies=("EUR",), minimum=1, checkout=False,
        refunds=_ONE_PARTIAL, chargeback=False, settlement=("EUR",), source="3839714",
    ),
    Capability(
        method="eps", currencies=("EUR",), minimum=100, checkout=False,
        refunds=_ONE_PARTIAL, chargeback=False, settlement=("EUR",), source="3839872",
    ),
    Capability(
        method="bank_transfer_uk", currencies=("GBP",), direct=False, chargeback=False,
        settlement=("GBP",), source="2517577",
    ),
    Capability(
        method="mobile_money", currencies=("XAF", "GHS", "KES", "RWF", "TZS", "UGX"),
        refunds=RefundRules(refund=False, multiple_partial=False), chargeback=False,
        settlement=("USD",), source="7196715",
    ),
    Capability(
        method="alipayplus", currencies=("CNY", "HKD", "GBP", "IDR", "MYR", "PHP", "THB"),
        source="3948703",
    ),
    # Pages that name no currency, or show no table: nothing can be asked for by these yet.
    Capability(method="klarna", currencies=(), source="1837772"),
    Capability(method="card", currencies=(), source="3858959"),
)  # fmt: skip

# Named in the list of `payment_method_data.type` (page 42631218) or in menus, with no readable page
# of their own: currencies, limits and refunds are not known, so nothing can be asked for by them.
_NAMED_ONLY = (
    "sepa_debit", "alipay_hk", "boost", "kakaopay", "touchngo", "rabbit_line_pay", "giropay",
    "sofort", "trustly", "p24", "unionpay", "fpx", "mcash", "grabpay", "qris", "shopeepay",
    "boleto", "stitch", "bpi", "momo", "zalo", "vietcombank", "atome", "gopay",
    "bank_transfer_vn", "bank_transfer_eu",
)  # fmt: skip
_SILENT = (Capability(method=name, currencies=(), source="42631218") for name in _NAMED_ONLY)

CAPABILITIES: Mapping[str, Capability] = {row.method: row for row in (*_ROWS, *_SILENT)}


@dataclass(frozen=True, slots=True)
class Blame:
    """The fields of a request that an amount, its currency and the method came from."""

    amount: str
    currency: str
    method: str = "payment_method_types"


def check_payable(
    amount: Money, methods: tuple[str, ...], blame: Blame, *, direct: bool = False
) -> None:
    """Every one of `methods` takes `amount` on a checkout page, or by the Direct API.

    Raises InvalidRequest, naming the field, the limit and its source, otherwise.
    """
    for name in methods:
        rules = CAPABILITIES[name]
        if not (rules.direct if direct else rules.checkout):
            where = "by WooshPay's Direct API" if direct else "on WooshPay's checkout page"
            raise ParameterInvalid(f"{name} is not offered {where}.", param=blame.method)
        if not rules.currencies:
            raise ParameterInvalid(
                f"Which currencies {name} takes is not known (WooshPay page {rules.source}).",
                param=blame.method,
            )
        if amount.currency not in rules.currencies:
            raise ParameterInvalid(
                f"{name} takes {', '.join(rules.currencies)}, not {amount.currency}.",
                param=blame.currency,
                user_message=f"Metode ini hanya menerima {', '.join(rules.currencies)}.",
            )
        if rules.limits_in not in (None, amount.currency):
            continue
        if rules.minimum is not None and amount.amount < rules.minimum:
            least = amount.with_amount(rules.minimum)
            raise AmountBelowMinimum(
                f"{name} takes {least} or more, not {amount} (WooshPay page {rules.source}).",
                user_message=f"Jumlah paling kecil untuk metode ini {least}.",
                param=blame.amount,
                details={"minimum": rules.minimum},
            )
        if rules.maximum is not None and amount.amount > rules.maximum:
            most = amount.with_amount(rules.maximum)
            raise AmountAboveWalletLimit(
                f"{name} takes {most} at most, not {amount} (WooshPay page {rules.source}).",
                user_message=f"Jumlah paling besar untuk metode ini {most}.",
                param=blame.amount,
                details={"maximum": rules.maximum},
            )


def strictest(methods: tuple[str, ...]) -> RefundRules:
    """The refund rules that hold whichever of `methods` was used; a silent page counts as a no."""
    rows = [CAPABILITIES[name].refunds for name in methods]
    return RefundRules(
        refund=all(row.refund is True for row in rows),
        partial=all(row.partial is True for row in rows),
        multiple_partial=all(row.multiple_partial is True for row in rows),
        window_days=min((row.window_days for row in rows if row.window_days), default=None),
    )
