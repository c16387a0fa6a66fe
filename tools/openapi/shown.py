"""What every object of an answer is made of, and the objects that stand alone.

Each field is always there; what may be missing in meaning is null, as its type says.
"""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.domain.merchants import Policy

T = TypeVar("T")


class Shown(BaseModel):
    """Every object of an answer."""

    model_config = ConfigDict(extra="forbid")


def _id(prefix: str) -> Any:
    return Field(pattern=f"^{prefix}_[0-9A-HJKMNP-TV-Z]{{26}}$")


def maybe() -> Any:
    """A part that only some have; where it is there, it is never null."""
    return Field(default_factory=dict)


Instant = Annotated[int, Field(ge=0, description="Milliseconds since 1970, UTC.")]
Amount = Annotated[int, Field(ge=0, description="In the currency's smallest unit; whole rupiah.")]
Display = Annotated[str, Field(description="The amount as people read it, such as `Rp150.000`.")]
Currency = Annotated[str, Field(pattern="^[A-Z]{3}$")]
Method = Annotated[str, Field(json_schema_extra={"enum": [*CAPABILITIES]})]
Metadata = dict[str, str]
AccountId = Annotated[str, _id("acct")]
ProductId = Annotated[str, _id("prod")]
PriceId = Annotated[str, _id("price")]
LinkId = Annotated[str, _id("plink")]
SessionId = Annotated[str, _id("cs")]
IntentId = Annotated[str, _id("pi")]
RefundId = Annotated[str, _id("re")]
ItemId = Annotated[str, _id("li")]
EventId = Annotated[str, _id("evt")]
EndpointId = Annotated[str, _id("we")]


class Listed(Shown, Generic[T]):
    """A part of a list, newest first."""

    object: Literal["list"]
    url: str
    has_more: bool
    data: list[T]

    @classmethod
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """`ProductList`."""
        return f"{params[0].__name__}List"


class Branding(Shown):
    """How the shop looks on its pages."""

    logo: str | None
    color: str | None


class Contact(Shown):
    """Where shoppers reach the seller."""

    whatsapp: str | None
    telegram: str | None
    line: str | None


class Connected(Shown):
    """Which of the merchant's WooshPay secrets are kept for this mode; never what they are."""

    key: bool
    webhook_secret: bool


class Account(Shown):
    """The merchant's own account."""

    id: AccountId
    object: Literal["account"]
    created: Instant
    livemode: bool
    name: str
    branding: Branding
    contact: Contact
    late_payment_policy: Policy
    duplicate_payment_policy: Policy
    wooshpay: Connected


class Integrations(Shown):
    """Which of the provider's ways take the method."""

    checkout: bool
    direct: bool


class Capability(Shown):
    """The rules of one payment method; null where WooshPay's page is silent."""

    object: Literal["payment_method_capability"]
    payment_method_type: Method
    currencies: list[Currency]
    minimum: Amount | None
    maximum: Amount | None
    limits_currency: Currency | None
    integrations: Integrations
    refund: bool | None
    partial_refund: bool | None
    multiple_partial_refunds: bool | None
    refund_window_days: int | None
    chargeback: bool | None
    settlement_currencies: list[Currency]
    source: str
    as_of: str


class ErrorDetails(Shown):
    """What went wrong: `message` for developers, `user_message` in Indonesian for people."""

    type: Literal[
        "invalid_request_error",
        "authentication_error",
        "permission_error",
        "idempotency_error",
        "rate_limit_error",
        "api_error",
        "psp_error",
    ]
    code: str
    message: str
    user_message: str
    param: str | None = Field(description="The parameter that is to blame.")
    doc_url: str
    request_id: str
    details: dict[str, str | int | bool | None]


class Error(Shown):
    """The one shape of every error."""

    error: ErrorDetails
