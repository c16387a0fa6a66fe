"""What WooshPay's documentation leaves open, each as a switch that a seed turns."""

from dataclasses import dataclass
from random import Random

HOUR = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """How the provider of one history behaves. The defaults are the documented reading."""

    keys_on_refunds: bool = True  # Idempotency-Key is honoured
    keys_on_sessions: bool = True
    key_hours: int = 24
    stored_5xx: bool = False  # a 5xx given after the effect is replayed under its key
    first_status: str = "succeeded"  # of a refund; or pending
    second_partial_allowed: bool = False
    over_refund_status: int = 400
    guards_refunds: bool = True  # refuses what exceeds the payment; off carries anything out
    total_shown: bool = True  # the intent tells how much went back
    pending_in_total: bool = True
    metadata_on_refund_event: bool = True
    metadata_on_refund: bool = True
    dashboard_event: bool = True  # a refund made by hand sends an event
    two_endpoints: bool = False  # so that every event comes twice
    id_per_endpoint: bool = False  # under another id each time
    resigned: bool = True  # each attempt has a fresh t; off repeats the first one
    seconds: bool = True  # the unit of t
    processing_first: bool = False
    expire_cancels: bool = True  # an expiring session cancels its intent
    expired_event: bool = True
    events_lost: bool = False  # an event may never come


def drawn(random: Random, *, keys_on_refunds: bool | None = None) -> Switches:
    """The switches of a seed; `keys_on_refunds` fixes what the settings under test rely on."""

    def on(chance: float) -> bool:
        return random.random() < chance

    honoured = on(0.5)
    return Switches(
        keys_on_refunds=honoured if keys_on_refunds is None else keys_on_refunds,
        keys_on_sessions=on(0.75),
        key_hours=(24, 24, 24, 48)[int(random.random() * 4)],
        stored_5xx=on(0.25),
        first_status="pending" if on(0.4) else "succeeded",
        second_partial_allowed=on(0.5),
        over_refund_status=402 if on(0.5) else 400,
        guards_refunds=on(0.6),
        total_shown=on(0.7),
        pending_in_total=on(0.5),
        metadata_on_refund_event=on(0.7),
        metadata_on_refund=on(0.7),
        dashboard_event=on(0.7),
        two_endpoints=on(0.4),
        id_per_endpoint=on(0.5),
        resigned=on(0.6),
        seconds=on(0.5),
        processing_first=on(0.3),
        expire_cancels=on(0.5),
        expired_event=on(0.7),
        events_lost=on(0.3),
    )
