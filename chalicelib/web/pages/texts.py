"""The sentences of all pages, in either language; and which language to use."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from chalicelib.web.pages.words import Words, card, closed, errors, form, offer, payment, shop

Language = Literal["id", "en"]

LOCALES: Mapping[Language, str] = {"id": "id_ID", "en": "en_US"}

_LONGEST_HEADER = 1000
_INDONESIAN = ("id", "in")  # older Android browsers still send "in"
_WEIGHT = re.compile(r"\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*", re.IGNORECASE | re.ASCII)

_METHODS: Mapping[str, str] = {
    "dana": "DANA",
    "ovo": "OVO",
    "bank_transfer_id": "Transfer Bank",
    "gcash": "GCash",
    "truemoney": "TrueMoney",
    "promptpay": "PromptPay",
    "paynow": "PayNow",
    "pix": "Pix",
    "upi": "UPI",
    "spei": "SPEI",
    "9pay": "9Pay",
    "alipay": "Alipay",
    "wechat_pay": "WeChat Pay",
    "ideal": "iDEAL",
    "bancontact": "Bancontact",
    "eps": "EPS",
    "bank_transfer_uk": "Bank Transfer",
    "mobile_money": "Mobile Money",
}

TEXTS: Words = {
    **shop.WORDS,
    **offer.WORDS,
    **form.WORDS,
    **closed.WORDS,
    **payment.WORDS,
    **card.WORDS,
    **errors.WORDS,
}


def say(language: Language, key: str, **values: object) -> str:
    """The sentence `key` in `language`; `values` are put in as they are, never read as patterns."""
    indonesian, english = TEXTS[key]
    return (english if language == "en" else indonesian).format(**values)


def method_name(method: str) -> str:
    """What people call the payment method `method`; an unknown one is shown as it is."""
    return _METHODS.get(method, method)


def either(names: Sequence[str], language: Language) -> str:
    """`names` as alternatives: "DANA", "DANA atau OVO", "DANA, OVO atau GCash"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {say(language, 'or')} {names[-1]}"


def language_named(name: str | None) -> Language | None:
    """The language that an address asks for by `lang`; None for any other word."""
    return "id" if name == "id" else "en" if name == "en" else None


def language_for(accept_language: str | None) -> Language:
    """English only when the header prefers it to Indonesian; Indonesian in all other cases."""
    weights: dict[str, float] = {}
    for part in (accept_language or "")[:_LONGEST_HEADER].split(","):
        tag, _, weight = part.partition(";")
        name = tag.strip().lower().partition("-")[0]
        weights[name] = max(weights.get(name, 0.0), _weight(weight))
    anything = weights.get("*", 0.0)
    indonesian = max((weights[name] for name in _INDONESIAN if name in weights), default=anything)
    return "en" if weights.get("en", 0.0) > indonesian else "id"


def _weight(text: str) -> float:
    if not text.strip():
        return 1.0
    match = _WEIGHT.fullmatch(text)
    return float(match.group(1)) if match else 0.0
