"""What the payment service provider tells us, verified and in our words.

Amounts are in our smallest unit. `payment` and `refund` are what our own metadata says: a hint,
which must agree with everything else before it is believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from chalicelib.domain.ids import Millis, PaymentId, RefundId
from chalicelib.domain.money import Money


class IntentStatus(StrEnum):
    """How far a payment has come at the provider."""

    WAITING = "waiting"  # for the shopper: no method chosen yet, or an action is required
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentFact:
    """The provider's payment intent as it stands."""

    intent: str
    status: IntentStatus
    amount: Money
    received: Money
    livemode: bool
    refunded: Money | None = None  # all that went back, where the provider shows it
    method: str | None = None
    payment: PaymentId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpired:
    """The provider's hosted page can no longer be used."""

    session: str
    intent: str | None
    payment: PaymentId | None = None


class RefundFactStatus(StrEnum):
    """How far a refund has come at the provider."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFact:
    """The provider's refund as it stands."""

    psp_refund: str
    intent: str
    status: RefundFactStatus
    amount: Money
    payment: PaymentId | None = None
    refund: RefundId | None = None


_WAY: Mapping[RefundFactStatus, int] = {
    RefundFactStatus.PENDING: 0,
    RefundFactStatus.SUCCEEDED: 1,
    RefundFactStatus.FAILED: 2,
}


def furthest(said: RefundFact, shown: RefundFact) -> RefundFact:
    """What is known of a refund that an event told and that was then asked after.

    A refund goes one way (pending, succeeded, failed), and what is read may be older than what was
    told. Our names for it may stand in one of the two only.
    """
    return replace(
        shown,
        status=max(said.status, shown.status, key=_WAY.__getitem__),
        payment=shown.payment or said.payment,
        refund=shown.refund or said.refund,
    )


class DisputeStatus(StrEnum):
    """How far a dispute has come; a decided one is never open again."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeFact:
    """A shopper's bank disputes the payment, or has decided."""

    dispute: str
    intent: str
    status: DisputeStatus
    amount: Money


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """An authentic event of a type that changes nothing here."""

    type: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An authentic event that makes no sense, or is of the wrong mode; a person looks at it."""

    why: str


Fact = IntentFact | SessionExpired | RefundFact | DisputeFact | Unrecognised | Unreadable


@dataclass(frozen=True, slots=True, kw_only=True)
class PspEvent:
    """One authentic event. `sha256` is of its type and object: bytes may change between
    deliveries, what is said may not. `created` is the provider's."""

    id: str
    type: str
    created: Millis
    sha256: str
    livemode: bool
    fact: Fact

    def saying(self, fact: Fact) -> "PspEvent":
        """This event with what holds now instead of what it said."""
        return replace(self, fact=fact)


# --- what a call to the provider came to ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Done:
    """The provider did it and said so; `reference` is its id of the refund."""

    reference: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it on and will tell the end later."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """Not done, and never will be with this request."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """Definitely not done this time; the same request may be sent again, in `after_ms` or later."""

    reason: str
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It may have been done. Nothing is released; the same request, same key, settles it."""

    reason: str


RefundOutcome = Done | Accepted | Declined | NotExecuted | InDoubt
