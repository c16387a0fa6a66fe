"""What the API takes of payment links."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictStr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.domain.catalog import MOST_LINE_ITEMS
from chalicelib.domain.ids import Millis
from chalicelib.domain.link_forms import (
    LONGEST_ANSWER,
    MOST_CUSTOM_FIELDS,
    MOST_OPTIONS,
    Ask,
    Collect,
    CustomField,
    FieldType,
)
from chalicelib.domain.merchants import Policy
from chalicelib.domain.payment_links import AfterCompletion, Then
from chalicelib.usecases.payment_links import NewLine, NewPaymentLink
from chalicelib.web.catalog_schemas import OrNone, OrNothing, given
from chalicelib.web.forms import (
    Address,
    Body,
    Flag,
    Id,
    Metadata,
    Methods,
    Name,
    Note,
    Quantity,
    Text,
    Whole,
)

Instant = Annotated[Whole, Field(ge=10**11, le=10**14)]
Slug = Annotated[
    StrictStr, Field(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$")
]
REMOVABLE = (
    "expires_at",
    "inactive_message",
    "late_payment_policy",
    "duplicate_payment_policy",
    "after_completion",
)


def keys_differ(fields: list[Any] | None) -> list[Any] | None:
    """Two custom fields of one key could not be told apart."""
    if fields is not None and len({field.key for field in fields}) < len(fields):
        raise PydanticCustomError("key", "has two fields of one key")
    return fields


class AdjustableQuantity(Body):
    """Whether the shopper chooses how many."""

    enabled: Flag
    minimum: Annotated[Whole, Field(ge=1, le=10_000)] = 1
    maximum: Annotated[Whole, Field(ge=1, le=10_000)] = 99

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.minimum > self.maximum:
            raise PydanticCustomError("order", "minimum is more than maximum")
        return self


class LinkLine(Body):
    """One line of a payment link. `variants` are other prices of the product, to choose from."""

    price: Id
    quantity: Quantity = 1
    adjustable_quantity: AdjustableQuantity | None = None
    variants: Annotated[list[Id], Field(max_length=20)] = []

    @model_validator(mode="after")
    def _within(self) -> Self:
        chosen = self.adjustable_quantity
        if chosen and chosen.enabled and not chosen.minimum <= self.quantity <= chosen.maximum:
            raise PydanticCustomError(
                "order", "must lie within adjustable_quantity", {"param": "quantity"}
            )
        return self

    def new(self) -> NewLine:
        """As the story takes it."""
        chosen = self.adjustable_quantity
        bounds = (chosen.minimum, chosen.maximum) if chosen and chosen.enabled else None
        return NewLine(
            price=self.price,
            quantity=self.quantity,
            adjustable=bounds,
            variants=tuple(dict.fromkeys(self.variants)),
        )


Lines = Annotated[list[LinkLine], Field(min_length=1, max_length=MOST_LINE_ITEMS)]
Asked = Literal["none", "optional", "required"]


class CollectData(Body):
    """What is asked about the shopper."""

    name: Asked = "none"
    phone: Asked = "none"
    email: Asked = "none"
    shipping_address: Asked = "none"

    def new(self) -> Collect:
        """As the story takes it."""
        return Collect(
            name=Ask(self.name),
            phone=Ask(self.phone),
            email=Ask(self.email),
            shipping_address=Ask(self.shipping_address),
        )


Length = Annotated[Whole, Field(ge=1, le=LONGEST_ANSWER)]


class Label(Body):
    """What the shopper reads."""

    type: Literal["custom"] = "custom"
    custom: Annotated[Name, Field(max_length=50)]


class Written(Body):
    """How long an answer may be."""

    minimum_length: Length | None = None
    maximum_length: Length | None = None
    default_value: Note | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        least, most = self.minimum_length or 1, self.maximum_length or LONGEST_ANSWER
        if least > most:
            raise PydanticCustomError("order", "minimum_length is more than maximum_length")
        return self


class Option(Body):
    """One choice of a dropdown."""

    label: Annotated[Name, Field(max_length=100)]
    value: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class Dropdown(Body):
    """What there is to choose from."""

    options: Annotated[list[Option], Field(min_length=1, max_length=MOST_OPTIONS)]
    default_value: Note | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> Self:
        values = [option.value for option in self.options]
        if len(set(values)) < len(values):
            raise PydanticCustomError("key", "has two of one value", {"param": "options"})
        if self.default_value is not None and self.default_value not in values:
            raise PydanticCustomError("option", "is no option", {"param": "default_value"})
        return self


class CustomFieldData(Body):
    """A question of the merchant's own."""

    key: Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_]{1,40}$")]
    label: Label
    type: Literal["text", "numeric", "dropdown"]
    optional: Flag = False
    text: Written | None = None
    numeric: Written | None = None
    dropdown: Dropdown | None = None

    @model_validator(mode="after")
    def _of_its_type(self) -> Self:
        for name in ("text", "numeric", "dropdown"):
            if name != self.type and getattr(self, name) is not None:
                raise PydanticCustomError("other_type", f"type is {self.type}", {"param": name})
        if self.type == "dropdown" and self.dropdown is None:
            raise PydanticCustomError("missing", "needs its options", {"param": "dropdown"})
        return self

    def new(self) -> CustomField:
        """As the story takes it."""
        written = self.text or self.numeric or Written()
        options = self.dropdown.options if self.dropdown else []
        usual = self.dropdown.default_value if self.dropdown else written.default_value
        return CustomField(
            key=self.key,
            label=self.label.custom,
            type=FieldType(self.type),
            optional=self.optional,
            options=tuple((option.value, option.label) for option in options),
            minimum_length=written.minimum_length,
            maximum_length=written.maximum_length,
            default_value=usual,
        )


class Confirmation(Body):
    """What our page says to a shopper who has paid."""

    custom_message: Text | None = None


class Redirect(Body):
    """Where a shopper who has paid goes on; `{CHECKOUT_SESSION_ID}` is filled in."""

    url: Address


class AfterCompletionData(Body):
    """What follows a payment."""

    type: Literal["hosted_confirmation", "redirect", "chat"]
    hosted_confirmation: Confirmation | None = None
    redirect: Redirect | None = None

    @model_validator(mode="after")
    def _of_its_type(self) -> Self:
        if (self.type == "redirect") != (self.redirect is not None):
            raise PydanticCustomError(
                "missing", "redirect and its url go together", {"param": "redirect"}
            )
        return self

    def new(self) -> AfterCompletion:
        """As the story takes it."""
        message = self.hosted_confirmation.custom_message if self.hosted_confirmation else None
        return AfterCompletion(
            Then(self.type), message, self.redirect.url if self.redirect else None
        )


CustomFields = Annotated[list[CustomFieldData], Field(max_length=MOST_CUSTOM_FIELDS)]
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

    line_items: Lines
    slug: Slug | None = None
    payment_method_types: Methods = ["dana"]
    active: Flag = True
    expires_at: Instant | None = None
    inactive_message: Text | None = None
    restrictions: Restrictions | None = None
    late_payment_policy: PolicyName | None = None
    duplicate_payment_policy: PolicyName | None = None
    collect: CollectData = CollectData()
    custom_fields: CustomFields = []
    after_completion: AfterCompletionData | None = None
    metadata: Metadata = {}

    _keys_differ = field_validator("custom_fields")(keys_differ)

    def new(self) -> NewPaymentLink:
        """As the story takes it."""
        return NewPaymentLink(
            lines=[line.new() for line in self.line_items],
            slug=self.slug,
            payment_method_types=tuple(dict.fromkeys(self.payment_method_types)),
            active=self.active,
            expires_at=None if self.expires_at is None else Millis(self.expires_at),
            inactive_message=self.inactive_message,
            limit=self.restrictions.completed_sessions.limit if self.restrictions else None,
            late_payment_policy=_policy(self.late_payment_policy),
            duplicate_payment_policy=_policy(self.duplicate_payment_policy),
            collect=self.collect.new(),
            custom_fields=tuple(field.new() for field in self.custom_fields),
            after_completion=self.after_completion.new() if self.after_completion else None,
            metadata=self.metadata,
        )


class PaymentLinkUpdate(Body):
    """What may change of a payment link; its address never does."""

    line_items: Lines | None = None
    payment_method_types: Methods | None = None
    active: Flag | None = None
    expires_at: Annotated[Instant | None, OrNothing] = None
    inactive_message: Text | None = None
    restrictions: Restrictions | None = None
    late_payment_policy: Annotated[PolicyName | None, OrNothing] = None
    duplicate_payment_policy: Annotated[PolicyName | None, OrNothing] = None
    collect: CollectData | None = None
    custom_fields: Annotated[CustomFields | None, OrNone] = None
    after_completion: Annotated[AfterCompletionData | None, OrNothing] = None
    metadata: Metadata = {}

    _keys_differ = field_validator("custom_fields")(keys_differ)

    def changes(self) -> dict[str, Any]:
        """What was told, by our attribute."""
        told = given(self, REMOVABLE)
        told.pop("line_items", None)
        restrictions = told.pop("restrictions", None)
        if restrictions is not None:
            told["limit"] = restrictions.completed_sessions.limit
        if "payment_method_types" in told:
            told["payment_method_types"] = tuple(dict.fromkeys(told["payment_method_types"]))
        for name in ("late_payment_policy", "duplicate_payment_policy"):
            if name in told:
                told[name] = _policy(told[name])
        for name in ("collect", "after_completion"):
            if told.get(name) is not None:
                told[name] = told[name].new()
        if "custom_fields" in told:
            told["custom_fields"] = tuple(field.new() for field in told["custom_fields"])
        return told

    def lines(self) -> list[NewLine] | None:
        """The new lines, if any were told."""
        return None if self.line_items is None else [line.new() for line in self.line_items]
