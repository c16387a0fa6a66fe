"""What the API takes: the public contract, checked strictly and by name.

An unknown field is refused. Numbers are JSON integers; in a form, where everything is text, they
are plain ASCII digits.
"""

import json
import re
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.domain.catalog import MOST_LINE_ITEMS
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
from chalicelib.domain.ids import Millis
from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import LARGEST_AMOUNT, Money, is_currency
from chalicelib.domain.payments import Direct
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import REASONS
from chalicelib.domain.urls import web_address
from chalicelib.domain.visible_text import is_visible
from chalicelib.usecases.catalog import NewPaymentLink, NewPrice, NewProduct
from chalicelib.usecases.start_checkout import NewIntent, NewSession

_DIGITS = re.compile(r"-?\d{1,30}", re.ASCII)


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


def _flag(value: Any, info: ValidationInfo) -> Any:
    in_form = info.context is not None and info.context["form"]
    return {"true": True, "false": False}.get(value, value) if in_form else value


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
Amount = Annotated[int, BeforeValidator(_amount)]
Flag = Annotated[StrictBool, BeforeValidator(_flag)]
Currency = Annotated[StrictStr, AfterValidator(_currency)]
Method = Annotated[StrictStr, AfterValidator(_method)]
Methods = Annotated[list[Method], Field(min_length=1, max_length=20)]
Address = Annotated[StrictStr, AfterValidator(_address)]
Name = Annotated[StrictStr, StringConstraints(max_length=250), AfterValidator(_visible)]
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
    """Every body of ours."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ProductData(Body):
    """A product."""

    name: Name
    active: Flag = True
    description: Text | None = None
    images: Annotated[list[Address], Field(max_length=8)] = []
    url: Address | None = None
    metadata: Metadata = {}

    def new(self) -> NewProduct:
        """As the story takes it."""
        return NewProduct(
            name=self.name,
            active=self.active,
            description=self.description,
            images=tuple(self.images),
            url=self.url,
            metadata=self.metadata,
        )


class PriceData(Body):
    """A price: of a standing product, or of one described here. Any billing scheme is per unit."""

    currency: Currency
    unit_amount: Amount
    product: Id | None = None
    product_data: ProductData | None = None
    active: Flag = True
    nickname: Note | None = None
    lookup_key: Note | None = None
    billing_scheme: Note | None = None
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _one_product(self) -> Self:
        if (self.product is None) == (self.product_data is None):
            raise PydanticCustomError("missing", "give either product or product_data")
        return self

    def new(self) -> NewPrice:
        """As the story takes it."""
        data = self.product_data
        return NewPrice(
            unit_amount=Money(self.unit_amount, self.currency),
            product=data.new() if data is not None else str(self.product),
            active=self.active,
            nickname=self.nickname,
            lookup_key=self.lookup_key,
            metadata=self.metadata,
        )


class SessionLine(Body):
    """One line of a checkout session, by price id or by data."""

    price: Id | None = None
    price_data: PriceData | None = None
    quantity: Quantity = 1

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        if (self.price is None) == (self.price_data is None):
            raise PydanticCustomError("missing", "give either price or price_data")
        return self

    def line(self) -> tuple[str | NewPrice, int]:
        """As the story takes it."""
        data = self.price_data
        return (data.new() if data is not None else str(self.price)), self.quantity


class LinkLine(Body):
    """One line of a payment link."""

    price: Id
    quantity: Quantity = 1


PolicyName = Literal["accept", "hold", "refund"]


def _policy(name: PolicyName | None) -> Policy | None:
    return None if name is None else Policy(name)


class CompletedSessions(Body):
    """How many payments a link may have."""

    limit: Annotated[Whole, Field(ge=1, le=1_000_000)]


class Restrictions(Body):
    """What a link is limited to."""

    completed_sessions: CompletedSessions


class PaymentLinkCreate(Body):
    """A payment link."""

    line_items: Annotated[list[LinkLine], Field(min_length=1, max_length=MOST_LINE_ITEMS)]
    payment_method_types: Methods = ["dana"]
    active: Flag = True
    expires_at: Annotated[Whole, Field(ge=10**11, le=10**14)] | None = None
    inactive_message: Text | None = None
    restrictions: Restrictions | None = None
    late_payment_policy: PolicyName | None = None
    duplicate_payment_policy: PolicyName | None = None
    metadata: Metadata = {}

    def new(self) -> NewPaymentLink:
        """As the story takes it."""
        return NewPaymentLink(
            prices=[(line.price, line.quantity) for line in self.line_items],
            payment_method_types=tuple(dict.fromkeys(self.payment_method_types)),
            active=self.active,
            expires_at=None if self.expires_at is None else Millis(self.expires_at),
            inactive_message=self.inactive_message,
            limit=self.restrictions.completed_sessions.limit if self.restrictions else None,
            late_payment_policy=_policy(self.late_payment_policy),
            duplicate_payment_policy=_policy(self.duplicate_payment_policy),
            metadata=self.metadata,
        )


class Shipping(Body):
    """Where the provider's page may ask to ship to."""

    allowed_countries: Annotated[
        list[Annotated[StrictStr, StringConstraints(pattern=r"^[A-Z]{2}$")]],
        Field(min_length=1, max_length=250),
    ]


class SessionCreate(Body):
    """A checkout session: of lines, or of a payment link."""

    mode: Literal["payment"] = "payment"
    line_items: Annotated[list[SessionLine], Field(max_length=MOST_LINE_ITEMS)] = []
    payment_link: Id | None = None
    payment_method_types: Methods | None = None
    success_url: Address | None = None
    cancel_url: Address | None = None
    client_reference_id: Note | None = None
    customer_email: Email | None = None
    customer: Id | None = None
    billing_address_collection: Literal["auto", "required"] | None = None
    shipping_address_collection: Shipping | None = None
    payment_method_options: Options | None = None
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.line_items) == (self.payment_link is not None):
            raise PydanticCustomError("missing", "give either line_items or payment_link")
        return self

    def new(self) -> NewSession:
        """As the story takes it."""
        methods = self.payment_method_types
        return NewSession(
            lines=[line.line() for line in self.line_items],
            payment_link=self.payment_link,
            payment_method_types=tuple(dict.fromkeys(methods)) if methods else None,
            success_url=self.success_url,
            cancel_url=self.cancel_url,
            client_reference_id=self.client_reference_id,
            customer_email=self.customer_email,
            passed_on=self._passed_on(),
            metadata=self.metadata,
        )

    def _passed_on(self) -> dict[str, Any]:
        shipping, options = self.shipping_address_collection, self.payment_method_options
        given = {
            "customer": self.customer,
            "billing_address_collection": self.billing_address_collection,
            "shipping_address_collection": shipping.model_dump() if shipping else None,
            "payment_method_options": options,
        }
        return {name: value for name, value in given.items() if value is not None}


class Billing(Body):
    """What some methods ask of the shopper."""

    name: Note | None = None
    email: Email | None = None
    phone: Annotated[StrictStr, Field(max_length=30, pattern=r"^\+?[0-9 ()-]+$")] | None = None
    address: dict[Literal[ADDRESS], Note] = {}  # type: ignore[valid-type]

    def flat(self) -> dict[str, str]:
        """Everything that was given, by name."""
        given = {"name": self.name, "email": self.email, "phone": self.phone, **self.address}
        return {name: value for name, value in given.items() if value is not None}


class MethodData(Body):
    """How it is paid."""

    type: Method
    billing_details: Billing = Billing()


class PaymentIntentCreate(Body):
    """A payment by the Direct API, made and confirmed at once."""

    amount: Amount
    currency: Currency
    confirm: Flag
    payment_method_data: MethodData
    payment_method_types: Methods | None = None
    return_url: Address
    description: Note | None = None
    merchant_order_id: Note | None = None
    capture_method: Literal["automatic"] = "automatic"
    confirmation_method: Literal["automatic"] = "automatic"
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _confirmed(self) -> Self:
        if not self.confirm:
            raise PydanticCustomError("unconfirmed", "must be true", {"param": "confirm"})
        data, types = self.payment_method_data, self.payment_method_types
        if types is not None and data.type not in types:
            raise PydanticCustomError(
                "other_method", f"must hold {data.type}", {"param": "payment_method_types"}
            )
        return self

    def new(self) -> NewIntent:
        """As the story takes it."""
        return NewIntent(
            amount=Money(self.amount, self.currency),
            direct=Direct(
                method=self.payment_method_data.type,
                return_url=self.return_url,
                description=self.description,
                merchant_order_id=self.merchant_order_id,
                billing=self.payment_method_data.billing_details.flat(),
            ),
            metadata=self.metadata,
        )


class Cancellation(Body):
    """Why a payment is canceled; the reason is checked and not kept."""

    cancellation_reason: (
        Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"] | None
    ) = None


class Nothing(Body):
    """A request that says all by its address."""


class RefundCreate(Body):
    """A refund of a payment: an amount, or all that remains by `full: true`."""

    payment_intent: Id | None = None
    checkout_session: Id | None = None
    amount: Amount | None = None
    full: Flag = False
    reason: Literal[REASONS] | None = None  # type: ignore[valid-type]
    expected_remaining: Annotated[Whole, Field(ge=0)] | None = None
    metadata: Metadata = {}

    @model_validator(mode="after")
    def _one_payment_one_amount(self) -> Self:
        if (self.payment_intent is None) == (self.checkout_session is None):
            raise PydanticCustomError("missing", "give either payment_intent or checkout_session")
        if (self.amount is None) != self.full:
            raise PydanticCustomError(
                "missing", "give amount, or full: true for all that remains", {"param": "amount"}
            )
        return self

    def payment(self) -> str:
        """The payment's id, by either name."""
        return str(self.payment_intent or self.checkout_session)

    def new(self) -> RefundRequest:
        """As the story takes it."""
        return RefundRequest(
            amount=self.amount,
            reason=self.reason,
            expected_remaining=self.expected_remaining,
            metadata=self.metadata,
        )


class ListQuery(Body):
    """Which part of a list, newest first."""

    limit: Annotated[Whole, Field(ge=1, le=100)] = 10
    starting_after: Id | None = None
    ending_before: Id | None = None

    @model_validator(mode="after")
    def _one_cursor(self) -> Self:
        if self.starting_after is not None and self.ending_before is not None:
            raise PydanticCustomError("cursor", "give starting_after or ending_before, not both")
        return self


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
    param = _bracketed(place) or str((first.get("ctx") or {}).get("param") or "") or None
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
