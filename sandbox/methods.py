"""The payment methods' documented rules, as data, and money in words.

Limits are whole hundredths of the major unit, so that no fraction is ever computed. A mark that is
``None`` is not stated on the method's page; the general refund text (51369554: partial refunds are
allowed and repeatable) then applies.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sandbox.errors import ApiError, invalid

TWO_PLACES = (
    "AUD BRL CAD CHF CNY CZK DKK EUR GBP GHS HKD IDR INR KES MXN MYR NGN NOK NZD PHP PLN SEK SGD "
    "THB TZS USD ZAR"
)
NO_PLACES = "JPY KRW RWF UGX VND XAF"
ISO_4217_PLACES = dict.fromkeys(TWO_PLACES.split(), 2) | dict.fromkeys(NO_PLACES.split(), 0)


class Marks(NamedTuple):
    """The refund marks of a method's page."""

    refund: bool | None = None
    partial: bool | None = None
    multiple_partial: bool | None = None


class Limits(NamedTuple):
    """The least and the most a method takes, in hundredths of one currency."""

    currency: str
    minimum: int | None = None
    maximum: int | None = None


_NO_LIMITS = Limits("")
_NOT_STATED = Marks()


@dataclass(frozen=True)
class Method:
    """One payment method: where it works, how much it takes, what it gives back."""

    name: str
    label: str
    source: str
    currencies: str = ""
    limits: Limits = _NO_LIMITS
    marks: Marks = _NOT_STATED
    refund_days: int | None = None
    checkout: bool = True

    def takes(self, currency: str) -> bool:
        """Whether the method's page names ``currency``; a page that names none takes any."""
        return not self.currencies or currency in self.currencies.split()

    def limit_problem(self, amount: int, currency: str, places: int) -> str:
        """Why ``amount`` is outside the method's limits; empty when it is inside."""
        limit, minimum, maximum = self.limits
        if currency != limit:
            return ""
        hundredths, scale = amount * 100, 10**places
        if minimum is not None and hundredths < minimum * scale:
            least = format_money(-(-minimum * scale // 100), currency, places)
            return f"{self.name} takes at least {least}"
        if maximum is not None and hundredths > maximum * scale:
            most = format_money(maximum * scale // 100, currency, places)
            return f"{self.name} takes at most {most}"
        return ""


_NONE = Marks(False, False, False)
_ONE_PARTIAL = Marks(True, True, False)
_ALL = Marks(True, True, True)
_ALIPAY = "CNY GBP USD EUR HKD"
_MOBILE = "XAF GHS KES RWF TZS UGX"

_DOCUMENTED = (
    Method("dana", "DANA", "2043383", "IDR", Limits("IDR", 100_00, 300_000_000_00), _ONE_PARTIAL),
    Method("ovo", "OVO", "3594070", "IDR", Limits("IDR", 1_00), _NONE, checkout=False),
    Method("bank_transfer_id", "Bank transfer", "2539003", "IDR", marks=_NONE),
    Method("gcash", "GCash", "2886016", "PHP", Limits("PHP", 1_00), _ONE_PARTIAL),
    Method(
        "truemoney", "TrueMoney", "2738725", "THB GBP", Limits("THB", 1, 7_000_00), _ONE_PARTIAL
    ),
    Method("promptpay", "PromptPay", "2539071", "THB", Limits("THB", 1_00, 7_000_00), _NONE),
    # The page prints these limits in THB, for a method that takes SGD only.
    Method("paynow", "PayNow", "2809314", "SGD", Limits("SGD", 1_00, 5_000_00), _ALL),
    Method(
        "pix", "PIX", "3568363", "BRL", Limits("BRL", 3_00, 14_677_00), Marks(True, False, False)
    ),
    Method("upi", "UPI", "5413632", "INR", Limits("INR", 100_00, 50_000_00), _NONE, checkout=False),
    Method("spei", "SPEI", "5514692", "MXN", Limits("MXN", 1_00), _NONE),
    # The page has a higher maximum for cards; the wallet's is the stricter one.
    Method("9pay", "9Pay", "2603004", "VND", Limits("VND", 10_000_00, 100_000_000_00), _ALL),
    Method("alipay", "Alipay", "1723357", _ALIPAY, Limits("CNY", 1), _ONE_PARTIAL),
    Method("wechat_pay", "WeChat Pay", "1724181", _ALIPAY, Limits("USD", None, 50_000_00), _ALL),
    Method("alipayplus", "Alipay+", "its wallets", "CNY HKD GBP IDR MYR PHP THB"),
    Method("ideal", "iDEAL", "3315671", "EUR", Limits("EUR", 1), Marks(True), refund_days=365),
    Method(
        "bancontact", "Bancontact", "3839714", "EUR", Limits("EUR", 1), _ONE_PARTIAL, checkout=False
    ),
    Method("eps", "EPS", "3839872", "EUR", Limits("EUR", 1_00), _ONE_PARTIAL, checkout=False),
    Method("klarna", "Klarna", "1837772"),
    # Two copies of the page disagree; the stricter one has no refunds.
    Method("bank_transfer_uk", "UK bank transfer", "2517577", "GBP", marks=_NONE),
    Method("mobile_money", "Mobile money", "7196715", _MOBILE, marks=Marks(False, None, False)),
    Method("card", "Card", "3858959"),
)
_NAMED_ONLY = (
    "sepa_debit alipay_hk boost kakaopay touchngo rabbit_line_pay giropay sofort trustly p24 "
    "unionpay fpx mcash grabpay qris shopeepay boleto stitch bpi"
)
METHODS: Mapping[str, Method] = {each.name: each for each in _DOCUMENTED} | {
    name: Method(name, name.replace("_", " ").title(), "42631218, named only")
    for name in _NAMED_ONLY.split()
}


def places_of(currency: str, overrides: Mapping[str, int]) -> int:
    """Decimal places of ``currency``: the ``minor_units`` switch, else ISO 4217."""
    if currency in overrides:
        return overrides[currency]
    if currency in ISO_4217_PLACES:
        return ISO_4217_PLACES[currency]
    raise invalid(f"Unsupported currency: {currency}", "currency", "sandbox_currency_unsupported")


def method_problem(method: Method, amount: int, currency: str, places: int) -> ApiError | None:
    """The refusal of ``amount`` by ``method``, or None when it takes it."""
    if not method.takes(currency):
        why = f"{method.name} does not take {currency}"
        return invalid(why, "currency", "sandbox_currency_unsupported")
    problem = method.limit_problem(amount, currency, places)
    return invalid(problem, "amount", "sandbox_amount_out_of_range") if problem else None


def format_money(amount: int, currency: str, places: int) -> str:
    """Money as a person reads it: ``Rp20.000``, ``SGD 12.34``."""
    whole, fraction = divmod(amount, 10**places)
    grouped = f"{whole:,}"
    tail = f"{fraction:0{places}d}" if places else ""
    if currency == "IDR":
        return "Rp" + grouped.replace(",", ".") + (f",{tail}" if tail else "")
    return f"{currency} {grouped}" + (f".{tail}" if tail else "")
