"""WooshPay's shapes, read tolerantly: unknown fields are ignored, `""` is nothing, an object may
come as its JSON text, times are seconds or milliseconds by magnitude. Amounts are strict integers.
"""

import json
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt

FIRST_MILLISECOND_TIME = 10**11
LAST_TIME = 10**14  # the year 5138; far under the largest number that is stored


def _absent_if_empty(value: Any) -> Any:
    return None if value == "" else value


def _object(value: Any) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value else None
        except (ValueError, RecursionError):
            return None
    return value if value is not None else {}


def _strings(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith("["):
        return [value] if value else []
    try:
        return (json.loads(value) if isinstance(value, str) else value) or []
    except RecursionError:
        return None


def _millis(value: Any) -> Any:
    if type(value) is int and value < FIRST_MILLISECOND_TIME:
        return value * 1000
    return value


Text = Annotated[str | None, BeforeValidator(_absent_if_empty)]
Object = Annotated[dict[str, Any], BeforeValidator(_object)]
Strings = Annotated[list[str], BeforeValidator(_strings)]
Instant = Annotated[StrictInt, BeforeValidator(_millis), Field(ge=0, le=LAST_TIME)]


class Shape(BaseModel):
    """Every shape of WooshPay's."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class SessionShape(Shape):
    """A checkout session (page 1722914)."""

    id: str
    url: Text = None
    payment_intent: Text = None
    currency: str
    amount_total: StrictInt
    livemode: StrictBool = False
    client_reference_id: Text = None
    metadata: Object = {}


class IntentShape(Shape):
    """A payment intent (pages 1722924, 42631218)."""

    id: str
    status: str
    amount: StrictInt
    amount_received: StrictInt | None = None
    amount_refunded: StrictInt | None = None  # in no documented sample; taken where it is shown
    currency: str
    livemode: StrictBool | None = None
    metadata: Object = {}
    merchant_order_id: Text = None
    payment_method_types: Strings = []
    payment_method: Any = None
    payment_method_data: Object = {}
    next_action: Object = {}


class RefundShape(Shape):
    """A refund (pages 51369554, 52306151)."""

    id: str
    status: str
    amount: StrictInt
    currency: str
    payment_intent: Text = None
    metadata: Object = {}
    failure_reason: Text = None


class DisputeShape(Shape):
    """A dispute (pages 44408217, 44454250, and the sample of 49996644)."""

    id: str
    status: str
    amount: StrictInt
    currency: str
    payment_intent: Text = None


class EndpointShape(Shape):
    """A webhook endpoint (page 42648310)."""

    id: str
    url: str
    enabled_events: Strings = []
    status: str = "enabled"
    created: Instant = 0


class EndpointPage(Shape):
    """The endpoints of an account."""

    data: list[EndpointShape]


class EventData(Shape):
    """What an event is about."""

    object: dict[str, Any]


class EventShape(Shape):
    """An event (page 49996644)."""

    id: str
    type: str
    created: Instant
    livemode: StrictBool = False
    data: EventData


class ErrorShape(Shape):
    """An error (page 1763752); the table of its fields is cut after `code`."""

    type: Text = None
    code: Text = None
    message: Text = None
