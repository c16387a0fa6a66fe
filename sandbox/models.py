"""What the sandbox remembers. Amounts are integers in minor units, instants milliseconds."""

from dataclasses import dataclass, field

from sandbox.errors import Json

PAYABLE = frozenset({"requires_payment_method", "requires_action"})
INQUIRY = frozenset({"warning_needs_response", "warning_under_review"})
CHARGEBACK = frozenset({"needs_response", "under_review"})


@dataclass
class Session:
    """A checkout session and the addresses the shopper is sent back to."""

    id: str
    account: str
    created: int
    expires_at: int
    currency: str
    amount: int
    line_items: list[Json]
    methods: list[str]
    success_url: str
    cancel_url: str
    intent: str
    metadata: dict[str, str]
    details: dict[str, str]
    options: Json
    shipping: Json
    status: str = "open"
    payment_status: str = "unpaid"

    @property
    def page_id(self) -> str:
        """The id as it stands in the hosted page's address (1722914: ``cs_test_`` there)."""
        return "cs_test_" + self.id.removeprefix("cs_")


@dataclass
class Intent:
    """A payment, from the wish to pay to the money received."""

    id: str
    account: str
    created: int
    amount: int
    currency: str
    methods: list[str]
    client_secret: str
    metadata: dict[str, str]
    session: str = ""
    return_url: str = ""
    description: str = ""
    merchant_order_id: str = ""
    status: str = "requires_payment_method"
    method: str = ""
    payment_method: str = ""
    amount_received: int = 0
    succeeded_at: int = 0
    cancellation_reason: str = ""
    last_payment_error: Json | None = None


@dataclass
class Refund:
    """Money on its way back, or back."""

    id: str
    account: str
    intent: str
    amount: int
    currency: str
    created: int
    reason: str
    metadata: dict[str, str]
    status: str
    failure_reason: str = ""

    @property
    def counts(self) -> bool:
        """Whether it takes from what can still be refunded; a pending one does."""
        return self.status in {"succeeded", "pending"}


@dataclass
class Dispute:
    """A payment that the shopper's bank asks about, or takes back."""

    id: str
    account: str
    intent: str
    amount: int
    currency: str
    created: int
    reason: str
    status: str

    @property
    def open(self) -> bool:
        """Whether it can still go either way."""
        return self.status in INQUIRY | CHARGEBACK

    @property
    def withdrawn(self) -> bool:
        """Whether its money is away."""
        return self.status in CHARGEBACK | {"lost"}


@dataclass
class Endpoint:
    """Where an account is told of events."""

    id: str
    account: str
    created: int
    url: str
    enabled_events: list[str]
    secret: str
    description: str
    metadata: dict[str, str]

    def wants(self, event_type: str) -> bool:
        """Whether ``event_type`` is enabled here."""
        return "*" in self.enabled_events or event_type in self.enabled_events


@dataclass
class Event:
    """What happened, with the resource as it was then. ``body`` is what every attempt sends."""

    id: str
    account: str
    type: str
    body: Json
    endpoints: list[str] = field(default_factory=list)


@dataclass
class Attempt:
    """One try to deliver an event."""

    number: int
    at: int
    status: int | None
    error: str
    signature: str


@dataclass
class Delivery:
    """One event on its way to one endpoint. ``due`` is None when nothing is scheduled."""

    id: str
    event: str
    type: str
    endpoint: str
    raw: bytes
    due: int | None = None
    order: int = 0
    state: str = "scheduled"
    first_at: int | None = None
    first_signature: str = ""
    copies: int = 1
    attempts: list[Attempt] = field(default_factory=list)


@dataclass
class Logged:
    """One request to /v1, as the control plane shows it."""

    method: str
    path: str
    idempotency_key: str
    body: object
    at: int
    status: int | None = None
    fault: str = ""
    replayed: bool = False

    def shown(self) -> Json:
        """The entry as JSON."""
        return dict(vars(self))
