"""Money: an integer in the currency's smallest unit, and its currency, always together.

The rupiah's smallest unit is the whole rupiah (no sen have circulated for decades, and WooshPay's
DANA page counts 100 with a minimum of 100 IDR); every other currency has ISO 4217's decimal places.
"""

from dataclasses import dataclass

from chalicelib.domain.currency_table import CURRENCIES

LARGEST_AMOUNT = 10**12


class CurrencyMismatch(AssertionError):
    """Two currencies met in one sum: a mistake in the program, never in the input."""


def decimal_places(currency: str) -> int:
    """How many decimal places our smallest unit stands for; KeyError for an unknown currency."""
    return 0 if currency == "IDR" else CURRENCIES[currency][0]


def is_currency(code: str) -> bool:
    """Whether `code` (upper case) is a currency in use today."""
    return code in CURRENCIES


@dataclass(frozen=True, slots=True)
class Money:
    """`amount` in the smallest unit of `currency` (upper case ISO 4217), 0 to 10^12."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        assert type(self.amount) is int, "money is counted in integers"
        assert 0 <= self.amount <= LARGEST_AMOUNT, "an amount out of all bounds"
        assert is_currency(self.currency), "an unknown currency"

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def times(self, quantity: int) -> "Money":
        """This price for `quantity` pieces."""
        return Money(self.amount * quantity, self.currency)

    def with_amount(self, amount: int) -> "Money":
        """Another amount of the same currency."""
        return Money(amount, self.currency)

    def __str__(self) -> str:
        """As Indonesians write it: Rp150.000, US$12,34."""
        places = decimal_places(self.currency)
        whole, part = divmod(self.amount, 10**places)
        text = f"{whole:,}".replace(",", ".")
        if places:
            text += f",{part:0{places}d}"
        symbol = CURRENCIES[self.currency][1]
        return f"{symbol} {text}" if symbol.isalpha() and symbol != "Rp" else f"{symbol}{text}"


def add_up(amounts: list[Money]) -> Money:
    """The sum of one or more amounts of one currency."""
    total = amounts[0]
    for amount in amounts[1:]:
        total += amount
    return total
