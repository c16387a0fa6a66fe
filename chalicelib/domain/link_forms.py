"""What a link asks of its shopper, and what a shopper may answer.

The texts come as a page's form gave them. Each wrong one is named with what is wrong with it, all
at once, so that the page can say so beside the field.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import AnswersInvalid
from chalicelib.domain.visible_text import is_visible

MOST_CUSTOM_FIELDS = 3
MOST_OPTIONS = 200
LONGEST_ANSWER = 255
LONGEST_UTM = 150
UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")
ADDRESS_LINES = ("line1", "village", "district", "city", "state", "postal_code")
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,200}", re.ASCII)
_EMAIL = re.compile(r"[^@\s<>\"]{1,64}@[^@\s<>\"]{1,180}\.[A-Za-z]{2,}", re.ASCII)
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}", re.ASCII)
_POSTAL_CODE = re.compile(r"[0-9]{5}", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)

Told = Mapping[str, str]


class Ask(StrEnum):
    """Whether something is asked of the shopper."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collect:
    """What a link asks about the shopper."""

    name: Ask = Ask.NONE
    phone: Ask = Ask.NONE
    email: Ask = Ask.NONE
    shipping_address: Ask = Ask.NONE


NOTHING_ASKED = Collect()


class FieldType(StrEnum):
    """What a custom field takes."""

    TEXT = "text"
    NUMERIC = "numeric"
    DROPDOWN = "dropdown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A question of the merchant's own. `options` are the values and labels of a dropdown."""

    key: str
    label: str
    type: FieldType
    optional: bool = False
    options: tuple[tuple[str, str], ...] = ()
    minimum_length: int | None = None
    maximum_length: int | None = None
    default_value: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to send it, as addresses are written in Indonesia: `village` is the kelurahan,
    `district` the kecamatan, `city` the kota or kabupaten, `state` the province."""

    line1: str
    village: str | None = None
    district: str | None = None
    city: str
    state: str
    postal_code: str
    country: str = "ID"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys; `phone` in international form."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class FieldAnswer:
    """A custom field as it was asked and answered; later edits of the link do not change it.
    `option` is how a dropdown's value was called."""

    key: str
    label: str
    type: FieldType
    value: str
    option: str | None = None

    @property
    def text(self) -> str:
        """The answer in words."""
        return self.value if self.option is None else self.option


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """All that a shopper told, and where the link was shared (`utm`)."""

    customer: Customer | None = None
    custom_fields: tuple[FieldAnswer, ...] = ()
    client_reference_id: str | None = None
    utm: Mapping[str, str]


def answers_of(collect: Collect, fields: tuple[CustomField, ...], told: Told) -> Answers:
    """Raises AnswersInvalid with every field that is missing or wrong."""
    reading = _Reading(told)
    customer = Customer(
        name=reading.text("name", collect.name, 100),
        phone=reading.phone("phone", collect.phone),
        email=reading.email("email", collect.email),
        address=reading.address(collect.shipping_address),
    )
    answers = tuple(
        FieldAnswer(field.key, field.label, field.type, value, dict(field.options).get(value))
        for field in fields
        if (value := reading.custom(field)) is not None
    )
    if reading.problems:
        raise AnswersInvalid(reading.problems)
    return Answers(
        customer=customer if customer != Customer() else None,
        custom_fields=answers,
        client_reference_id=reference_of(told),
        utm=utm_of(told),
    )


def reference_of(told: Told) -> str | None:
    """The merchant's own reference from the link's address; one that is no reference is dropped."""
    reference = told.get("client_reference_id", "")
    return reference if _REFERENCE.fullmatch(reference) else None


def utm_of(told: Told) -> dict[str, str]:
    """Where the link was shared, without its prefix; what is too long or not visible is dropped."""
    return {
        name.removeprefix("utm_"): told[name]
        for name in UTM
        if name in told and len(told[name]) <= LONGEST_UTM and is_visible(told[name])
    }


def international(phone: str) -> str | None:
    """`0812…`, `62812…` and `+62 (0)812…` as `+62812…`, another country's number with its `+` or
    `00`; None: neither."""
    digits = re.sub(r"[\s().-]", "", phone)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    elif digits.startswith("0"):
        digits = f"+62{digits[1:]}"
    elif digits.startswith("62"):
        digits = f"+{digits}"
    if digits.startswith("+620"):  # no number begins with 0 behind its country
        digits = f"+62{digits[4:]}"
    return digits if _PHONE.fullmatch(digits) else None


class _Reading:
    """Reads one field after the other, and gathers what is wrong."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self.problems: dict[str, str] = {}

    def text(self, name: str, ask: Ask, longest: int) -> str | None:
        value = self._told.get(name, "").strip()
        if ask is Ask.NONE:
            return None
        if not value:
            if ask is Ask.REQUIRED:
                self.problems[name] = "missing"
            return None
        if len(value) > longest:
            self.problems[name] = "too_long"
        elif not is_visible(value):
            self.problems[name] = "not_visible"
        else:
            return value
        return None

    def phone(self, name: str, ask: Ask) -> str | None:
        value = self.text(name, ask, 30)
        found = international(value) if value else None
        if value and found is None:
            self.problems[name] = "not_a_phone"
        return found

    def email(self, name: str, ask: Ask) -> str | None:
        value = self.text(name, ask, 254)
        if value and not _EMAIL.fullmatch(value):
            self.problems[name] = "not_an_email"
        return value

    def address(self, ask: Ask) -> Address | None:
        given = {line: self._told.get(f"address_{line}", "").strip() for line in ADDRESS_LINES}
        if ask is Ask.NONE or (ask is Ask.OPTIONAL and not any(given.values())):
            return None
        minor = ("village", "district")
        lines = {
            line: self.text(f"address_{line}", Ask.OPTIONAL if line in minor else Ask.REQUIRED, 200)
            for line in ADDRESS_LINES
        }
        code = lines["postal_code"]
        if code and not _POSTAL_CODE.fullmatch(code):
            self.problems["address_postal_code"] = "not_a_postal_code"
        return Address(
            line1=lines["line1"] or "",
            village=lines["village"],
            district=lines["district"],
            city=lines["city"] or "",
            state=lines["state"] or "",
            postal_code=code or "",
        )

    def custom(self, field: CustomField) -> str | None:
        name = f"field_{field.key}"
        ask = Ask.OPTIONAL if field.optional else Ask.REQUIRED
        value = self.text(name, ask, field.maximum_length or LONGEST_ANSWER)
        if value is None:
            return None
        if field.minimum_length is not None and len(value) < field.minimum_length:
            self.problems[name] = "too_short"
        elif field.type is FieldType.NUMERIC and not _DIGITS.fullmatch(value):
            self.problems[name] = "not_a_number"
        elif field.type is FieldType.DROPDOWN and value not in dict(field.options):
            self.problems[name] = "not_an_option"
        return value
