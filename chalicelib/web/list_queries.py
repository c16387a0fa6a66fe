"""What each list may be asked for: which part of it, and which of its things (Stripe's filters)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chalicelib.domain.events import EventType
from chalicelib.domain.payments import SessionStatus
from chalicelib.usecases import listing, ports
from chalicelib.web.event_schemas import EventName
from chalicelib.web.forms import Currency, Flag, Id, Note
from chalicelib.web.schemas import ListQuery

MOST_LOOKUP_KEYS = 10  # a query each


class Products(ListQuery):
    """Products; `ids` are looked up, not searched for."""

    active: Flag | None = None
    ids: Annotated[list[Id], Field(min_length=1, max_length=100)] | None = None


class Prices(ListQuery):
    """Prices; every one is `one_time`."""

    active: Flag | None = None
    product: Id | None = None
    currency: Currency | None = None
    lookup_keys: Annotated[list[Note], Field(min_length=1, max_length=MOST_LOOKUP_KEYS)] | None = (
        None
    )
    type: Literal["one_time", "recurring"] | None = None

    def which(self) -> ports.Prices | None:
        """As the store takes it, but for the product; None: none at all."""
        if self.type == "recurring":
            return None
        keys = self.lookup_keys or ()
        return ports.Prices(active=self.active, currency=self.currency, lookup_keys=keys)


class PaymentLinks(ListQuery):
    """Payment links."""

    active: Flag | None = None


class Sessions(ListQuery):
    """Checkout sessions; `status` as it stands now."""

    status: SessionStatus | None = None
    payment_link: Id | None = None
    payment_intent: Id | None = None

    def which(self) -> listing.Sessions:
        """As the story takes it."""
        return listing.Sessions(self.status, self.payment_link, self.payment_intent)


class Refunds(ListQuery):
    """Refunds, of a payment by either of its names."""

    payment_intent: Id | None = None
    checkout_session: Id | None = None


class Events(ListQuery):
    """Events, of one type or of several."""

    type: EventName | None = None
    types: Annotated[list[EventName], Field(min_length=1, max_length=20)] | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if self.type is not None and self.types is not None:
            raise PydanticCustomError("types", "give type or types, not both")
        return self

    def which(self) -> tuple[EventType, ...]:
        """As the store takes it; none: all."""
        return tuple(map(EventType, [self.type] if self.type else self.types or ()))
