"""What the API takes: the public contract, checked strictly and by name.

An unknown field is refused.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    StrictStr,
    StringConstraints,
    model_validator,
)
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from chalicelib.domain.catalog import MOST_LINE_ITEMS
from chalicelib.domain.ids import Millis
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Direct
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import REASONS
from chalicelib.usecases.catalog import NewPrice
from chalicelib.usecases.start_checkout import NewIntent, NewSession
from chalicelib.web.catalog_schemas import PriceData
from chalicelib.web.expanding import MOST_PATHS
from chalicelib.web.forms import (
    ADDRESS,
    Address,
    Amount,
    Body,
    Currency,
    Described,
    Email,
    Flag,
    Id,
    Metadata,
    Method,
    Methods,
    Note,
    Options,
    Quantity,
    Whole,
    one_of,
)

Path = Annotated[StrictStr, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)*$", max_length=200)]
Instant = Annotated[Whole, Field(ge=0, le=10**14)]
_DIGITS = re.compile(r"-?\d{1,30}", re.ASCII)


_LINES: JsonDict = {"required": ["line_items"], "properties": {"line_items": {"minItems": 1}}}
_PART: JsonDict = {
    "required": ["amount"],
    "properties": {"amount": {"not": {"type": "null"}}, "full": {"const": False}},
}
_ALL: JsonDict = {
    "required": ["full"],
    "properties": {"amount": {"type": "null"}, "full": {"const": True}},
}
_LINK: JsonDict = {**one_of("payment_link")["oneOf"][0], "not": _LINES}


class SessionLine(Body):
    """One line of a checkout session, by price id or by data."""

    model_config = ConfigDict(json_schema_extra=one_of("price", "price_data"))
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


class Shipping(Body):
    """Where the provider's page may ask to ship to."""

    allowed_countries: Annotated[
        list[Annotated[StrictStr, StringConstraints(pattern=r"^[A-Z]{2}$")]],
        Field(min_length=1, max_length=250),
    ]


class SessionCreate(Body):
    """A checkout session: of lines, or of a payment link."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [_LINES, _LINK]})
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
    confirm: Annotated[Flag, Described({"const": True})]
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

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [one_of("payment_intent", "checkout_session"), {"oneOf": [_PART, _ALL]}]
        }
    )
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


class Expansion(Body):
    """What of an answer is to be expanded."""

    expand: Annotated[list[Path], Field(max_length=MOST_PATHS)] = []


class Created(Body):
    """When something was created: milliseconds since 1970."""

    gt: Instant | None = None
    gte: Instant | None = None
    lt: Instant | None = None
    lte: Instant | None = None

    def bounds(self) -> tuple[Millis | None, Millis | None]:
        """From when on, and before when."""
        firsts = [self.gte] + ([] if self.gt is None else [self.gt + 1])
        lasts = [self.lt] + ([] if self.lte is None else [self.lte + 1])
        first = max((each for each in firsts if each is not None), default=None)
        last = min((each for each in lasts if each is not None), default=None)
        return (
            None if first is None else Millis(first),
            None if last is None else Millis(last),
        )


def _instant(told: Any) -> Any:
    """One instant is a range as well."""
    return told if isinstance(told, dict) else {"gte": told, "lte": told}


class ListQuery(Body):
    """Which part of a list, newest first."""

    limit: Annotated[Whole, Field(ge=1, le=100)] = 10
    starting_after: Id | None = None
    ending_before: Id | None = None
    created: (
        Annotated[Created, BeforeValidator(_instant, json_schema_input_type=Created | Instant)]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_cursor(self) -> Self:
        if self.starting_after is not None and self.ending_before is not None:
            raise PydanticCustomError("cursor", "give starting_after or ending_before, not both")
        return self

    def bounds(self) -> tuple[Millis | None, Millis | None]:
        """From when on, and before when, they were created."""
        return (None, None) if self.created is None else self.created.bounds()
