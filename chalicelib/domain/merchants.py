"""Merchants."""

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.ids import MerchantId, Millis


class Policy(StrEnum):
    """What a merchant does with a payment that came late, or one more than its link may sell."""

    ACCEPT = "accept"
    HOLD = "hold"  # a person decides
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branding:
    """How the shop looks on its pages: a picture's https address, and a colour as `#rrggbb`."""

    logo: str | None = None
    color: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where shoppers reach the seller: a phone number in international form, or a name there."""

    whatsapp: str | None = None
    telegram: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """A shop."""

    id: MerchantId
    name: str
    created: Millis
    late_payment_policy: Policy = Policy.HOLD
    duplicate_payment_policy: Policy = Policy.HOLD
    branding: Branding = Branding()
    contact: Contact = Contact()
