"""Amounts as WooshPay counts them and as we do: two tables of decimal places, converted exactly.

How WooshPay counts rupiah is not documented (page 2447438 could not be had), so it is a setting,
`TAUTAN_MINOR_UNITS`; the default, 0, is what its DANA page's sample and minimum agree on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.domain.money import LARGEST_AMOUNT, Money, decimal_places, is_currency


class NotExpressible(ValueError):
    """An amount that one of the two sides cannot count."""


@dataclass(frozen=True, slots=True)
class MinorUnits:
    """WooshPay's decimal places by currency where they are not ours."""

    places: Mapping[str, int] = field(default_factory=dict)

    def _power(self, currency: str) -> int:
        return self.places.get(currency, decimal_places(currency)) - decimal_places(currency)

    def theirs(self, money: Money) -> int:
        """The amount as WooshPay counts it; raises NotExpressible."""
        power = self._power(money.currency)
        return _scaled(money.amount, power)

    def ours(self, amount: int, currency: str) -> Money:
        """WooshPay's amount and currency (any case) as money; raises NotExpressible."""
        code = currency.upper()
        if type(amount) is not int or not is_currency(code):
            raise NotExpressible(f"not money: {amount!r:.40} {currency!r:.10}")
        scaled = _scaled(amount, -self._power(code))
        if not 0 <= scaled <= LARGEST_AMOUNT:
            raise NotExpressible(f"out of all bounds: {scaled}")
        return Money(scaled, code)


def _scaled(amount: int, power: int) -> int:
    factor = int(10 ** abs(power))
    if power >= 0:
        return amount * factor
    whole, rest = divmod(amount, factor)
    if rest:
        raise NotExpressible(f"{amount} has more decimal places than can be counted")
    return whole
