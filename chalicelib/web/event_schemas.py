"""What the API takes of webhook endpoints and events."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, StrictStr
from pydantic_core import PydanticCustomError

from chalicelib.domain.events import EventType
from chalicelib.domain.webhook_endpoints import ALL_EVENTS
from chalicelib.usecases.webhook_endpoints import NewWebhookEndpoint
from chalicelib.web.catalog_schemas import given
from chalicelib.web.forms import Body, Flag, Id, Metadata, Name, Whole

DAY_S = 24 * 60 * 60
NAMES = frozenset(EventType)


def _known(value: str) -> str:
    if value not in NAMES:
        raise PydanticCustomError("event", "must be the name of an event")
    return value


def _wanted(value: str) -> str:
    if value != ALL_EVENTS and value not in NAMES:
        raise PydanticCustomError("event", "must be the name of an event, or * for all of them")
    return value


EventName = Annotated[StrictStr, Field(max_length=100), AfterValidator(_known)]
WantedEvent = Annotated[StrictStr, Field(max_length=100), AfterValidator(_wanted)]
EventNames = Annotated[list[WantedEvent], Field(min_length=1, max_length=100)]
Url = Annotated[StrictStr, Field(max_length=2048)]  # checked where it is known what is allowed
Code = Annotated[StrictStr, Field(pattern="^[A-Z2-7]{8}$")]  # that a Telegram chat was sent


class WebhookEndpointData(Body):
    """A new webhook endpoint; `confirmation_code` is what a Telegram chat was sent."""

    url: Url
    enabled_events: EventNames
    description: Name | None = None
    metadata: Metadata = {}
    confirmation_code: Code | None = None

    def new(self, url: str) -> NewWebhookEndpoint:
        """The endpoint to be, at a checked address."""
        return NewWebhookEndpoint(
            url=url,
            enabled_events=tuple(dict.fromkeys(self.enabled_events)),
            description=self.description,
            metadata=self.metadata,
        )


class WebhookEndpointUpdate(Body):
    """What may change of a webhook endpoint; `metadata` is merged."""

    url: Url | None = None
    enabled_events: EventNames | None = None
    description: Name | None = None
    metadata: Metadata | None = None
    disabled: Flag | None = None
    confirmation_code: Code | None = None

    def changes(self) -> dict[str, Any]:
        """What was told, by our attribute; without the address, its code and the switch."""
        told = given(self, ("description",))
        if "enabled_events" in told:
            told["enabled_events"] = tuple(dict.fromkeys(told["enabled_events"]))
        others = ("url", "disabled", "confirmation_code")
        return {name: value for name, value in told.items() if name not in others}


class SecretRoll(Body):
    """A new secret; the old one signs beside it for `expires_in` more seconds."""

    expires_in: Annotated[Whole, Field(ge=0, le=DAY_S)] = DAY_S


class EventRetry(Body):
    """To whom an event is sent once more."""

    webhook_endpoint: Id
