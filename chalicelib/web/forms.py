"""The forms of single parameters, and how a body that does not fit is blamed on one of them.

Numbers are JSON integers; in a form, where everything is text, they are plain ASCII digits.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic_core import CoreSchema, PydanticCustomError

from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.domain.errors import (
    AmountAboveWalletLimit,
    AmountBelowMinimum,
    AmountNotInteger,
    InvalidRequest,
    ParameterInvalid,
    ParameterMissing,
    ParameterUnknown,
    TautanError,
)
from chalicelib.domain.money import LARGEST_AMOUNT, is_currency
from chalicelib.domain.urls import web_address
from chalicelib.domain.visible_text import is_visible

_DIGITS = re.compile(r"-?\d{1,30}", re.ASCII)
_HOST = r"([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]*[A-Za-z][A-Za-z0-9-]*"
_REST = r"(:0*443|:)?([/?#][!#-;=?-\[\]_a-z{}~]*)?"


@dataclass(frozen=True, eq=False, slots=True)
class Described:
    """What the API's description says of a parameter that a validator of ours checks."""

    more: Mapping[str, Any]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(core), **self.more}


@dataclass(frozen=True, slots=True)
class OrEmpty(BeforeValidator):
    """A validator that makes something else of an empty text, which the description names."""

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"anyOf": [handler(core), {"const": ""}]}


def one_of(*names: str) -> dict[str, Any]:
    """For a model's description: exactly one of these parameters is given, and is not null."""
    return {"oneOf": [_given(name) for name in names]}


def _given(name: str) -> dict[str, Any]:
    return {"required": [name], "properties": {name: {"not": {"type": "null"}}}}


def _whole(value: Any, info: ValidationInfo) -> Any:
    in_form = info.context is not None and info.context["form"]
    if in_form and isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    return value


def _amount(value: Any, info: ValidationInfo) -> int:
    value = _whole(value, info)
    if type(value) is not int:
        raise PydanticCustomError(
            "amount_not_integer", "must be an integer in the currency's smallest unit"
        )
    if value < 1:
        raise PydanticCustomError("amount_below_minimum", "must be 1 or more")
    if value > LARGEST_AMOUNT:
        raise PydanticCustomError("amount_above_wallet_limit", "must be 10^12 at most")
    return value


def flag(value: Any, info: ValidationInfo) -> Any:
    """A form's `true` and `false` as flags; anything else as it is."""
    in_form = info.context is not None and info.context["form"]
    named = in_form and isinstance(value, str)
    return {"true": True, "false": False}.get(value, value) if named else value


def _currency(value: str) -> str:
    code = value.upper()
    if not value.isascii() or not is_currency(code):
        raise PydanticCustomError("currency", "is not a currency in use (ISO 4217)")
    return code


def _method(value: str) -> str:
    if value not in CAPABILITIES:
        raise PydanticCustomError("method", "is not a payment method that WooshPay documents")
    return value


def _address(value: str, info: ValidationInfo) -> str:
    try:
        web_address(value, info.field_name or "url")
    except ParameterInvalid as error:
        raise PydanticCustomError("url", "must be a public https address") from error
    return value


def _visible(value: str) -> str:
    if not is_visible(value):
        raise PydanticCustomError("text", "must be visible text on one line")
    return value


def _options(options: dict[str, Any]) -> dict[str, Any]:
    """Small, and of nothing but texts, whole numbers, flags and objects of these."""
    if len(json.dumps(options, default=repr)) > MOST_OPTIONS or not _plain(options):
        raise PydanticCustomError("options", "too large, or holds what is not passed on")
    return options


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(name, str) and _plain(part) for name, part in value.items())
    if isinstance(value, list):
        return all(_plain(part) for part in value)
    return type(value) in (str, bool) or (type(value) is int and abs(value) <= LARGEST_AMOUNT)


MOST_OPTIONS = 4_096
Whole = Annotated[StrictInt, BeforeValidator(_whole)]
Amount = Annotated[
    int, BeforeValidator(_amount), Described({"minimum": 1, "maximum": LARGEST_AMOUNT})
]
Flag = Annotated[StrictBool, BeforeValidator(flag)]
Currency = Annotated[StrictStr, AfterValidator(_currency), Described({"pattern": "^[A-Za-z]{3}$"})]
Method = Annotated[StrictStr, AfterValidator(_method), Described({"enum": [*CAPABILITIES]})]
Methods = Annotated[list[Method], Field(min_length=1, max_length=20)]
Address = Annotated[
    StrictStr,
    AfterValidator(_address),
    Described({"maxLength": 2048, "pattern": f"^([Hh][Tt][Tt][Pp][Ss]://)?{_HOST}{_REST}$"}),
]
Name = Annotated[
    StrictStr,
    StringConstraints(max_length=250),
    AfterValidator(_visible),
    Described({"minLength": 1}),
]
Note = Annotated[StrictStr, StringConstraints(max_length=200)]
Text = Annotated[StrictStr, StringConstraints(max_length=5000)]
Id = Annotated[StrictStr, StringConstraints(min_length=1, max_length=100)]
Email = Annotated[StrictStr, Field(max_length=254, pattern=r"^[^@\s<>\"]+@[^@\s<>\"]+\.[a-zA-Z]+$")]
ADDRESS = ("country", "state", "city", "line1", "line2", "postal_code")
Options = Annotated[dict[str, Any], AfterValidator(_options)]
Quantity = Annotated[Whole, Field(ge=1, le=10_000)]
Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(min_length=1, max_length=40)],
        Annotated[StrictStr, StringConstraints(max_length=500)],
    ],
    Field(max_length=50),
]


class Body(BaseModel):
    """Every body of ours. Its validator is built by the first request that needs it."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


B = TypeVar("B", bound=Body)

_ERRORS: dict[str, type[InvalidRequest]] = {
    "missing": ParameterMissing,
    "extra_forbidden": ParameterUnknown,
    "amount_not_integer": AmountNotInteger,
    "amount_below_minimum": AmountBelowMinimum,
    "amount_above_wallet_limit": AmountAboveWalletLimit,
}


def checked(model: type[B], fields: dict[str, Any], *, form: bool) -> B:
    """The fields as `model`; raises InvalidRequest that names the first wrong field."""
    try:
        return model.model_validate(fields, context={"form": form})
    except ValidationError as error:
        raise _blamed(error) from None


def _blamed(error: ValidationError) -> TautanError:
    first = error.errors(include_url=False, include_input=False)[0]
    place = [part for part in first["loc"] if not str(part).startswith("function-")]
    named = (first.get("ctx") or {}).get("param")
    param = _bracketed([*place, *([named] if named else [])]) or None
    kind = _ERRORS.get(first["type"], ParameterInvalid)
    if kind is ParameterUnknown:
        return kind(f"Received unknown parameter: {param}", param=param)
    if first["type"] == "missing" and first["msg"] == "Field required":
        return kind(f"Missing required parameter: {param}", param=param)
    return kind(f"{param}: {first['msg']}" if param else f"{first['msg']}.", param=param)


def _bracketed(place: list[int | str]) -> str:
    """`line_items[0][price_data][unit_amount]`."""
    head, *rest = place or [""]
    return f"{str(head)[:80]}" + "".join(f"[{str(part)[:80]}]" for part in rest)
