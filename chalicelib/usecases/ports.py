"""What the stories need of the world, as narrow as they can be.

Every method that writes is one write group with its guards; the class that implements it shows them
on one screen. Writes raise `Lost` when a guard did not hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from chalicelib.domain.api_keys import ApiKey
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.ids import (
    MerchantId,
    Millis,
    PaymentId,
    PaymentLinkId,
    PriceId,
    ProductId,
    RefundId,
    SecretKey,
    Tenant,
)
from chalicelib.domain.inbox import InboxEvent
from chalicelib.domain.ledger import Cause, LedgerEntry
from chalicelib.domain.merchants import Merchant
from chalicelib.domain.money import Money
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.payment_links import Offer, PaymentLink
from chalicelib.domain.payments import Payment, ProviderSession, SessionStatus
from chalicelib.domain.provider_account import PspEndpoint
from chalicelib.domain.psp_facts import IntentFact, PspEvent, RefundFact, RefundOutcome
from chalicelib.domain.rates import Counted
from chalicelib.domain.refunds import Refund, Step
from chalicelib.usecases.failures import Claim

T = TypeVar("T", covariant=True)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a list, newest first: at most `limit` (1 to 100), older than the id `before`,
    or the ones just newer than the id `after`; all of them above `since` and below `until`."""

    limit: int = 10
    before: str | None = None
    after: str | None = None
    since: str | None = None
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A part of a list, and whether there is more in the direction that was asked. `upto`: nothing
    fits as far as this id, and there was no more looking."""

    items: Sequence[T]
    has_more: bool
    upto: str | None = None


@dataclass(frozen=True, slots=True)
class Prices:
    """Which prices: those of which all that is told holds."""

    active: bool | None = None
    product: ProductId | None = None
    currency: str | None = None
    lookup_keys: Sequence[str] = ()  # one of these


@dataclass(frozen=True, slots=True)
class Payments:
    """Which payments: those of which all that is told holds. `status`: of a session, when."""

    link: PaymentLinkId | None = None
    status: tuple[SessionStatus, Millis] | None = None


EVERY_PRICE = Prices()
EVERY_PAYMENT = Payments()


class DueKind(StrEnum):
    """What can be due."""

    PAYMENT = "payment"
    REFUND = "refund"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Due:
    """Something that must be looked at again: `id` of a payment, refund or event."""

    kind: DueKind
    tenant: Tenant
    id: str
    at: Millis


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """A link as its page needs it: whose it is and what is offered."""

    tenant: Tenant
    merchant: Merchant
    offer: Offer
    failures: int = 0  # of its payments in this hour, where they were asked for


@dataclass(frozen=True, slots=True)
class CreatedSession:
    """What the provider answered: its names, the page to pay on, and what it will ask there."""

    provider: ProviderSession
    amount: Money
    livemode: bool


class Store(Protocol):
    """Everything that is kept."""

    def merchants(self, part: Slice) -> Found[Merchant]:
        """Every merchant, for the operator."""
        ...

    def update_merchant(
        self, tenant: Tenant, before: Merchant, after: Merchant, cause: Cause, claim: Claim | None
    ) -> None:
        """What differs of the merchant. Raises Claimed; Lost when there is no such merchant."""
        ...

    def add_merchant(self, merchant: Merchant, key: ApiKey) -> None: ...
    def merchant(self, id: MerchantId) -> Merchant | None: ...

    def add_api_key(self, key: ApiKey) -> None: ...
    def api_key(self, presented: SecretKey) -> ApiKey | None: ...
    def api_keys(self, tenant: Tenant) -> Sequence[ApiKey]:
        """Every key of the merchant in this mode, the oldest first."""
        ...

    def rotate_api_key(self, before: ApiKey, after: ApiKey, successor: ApiKey) -> None:
        """The end of a key is set, and its successor is kept. Raises Lost: `key` when it was
        rotated or revoked meanwhile."""
        ...

    def revoke_api_key(self, before: ApiKey, after: ApiKey) -> None:
        """A key opens nothing any more. Raises Lost when it was revoked or rotated meanwhile."""
        ...

    def note_use(self, key: ApiKey, now: Millis, before: Millis) -> None:
        """It was used now, unless a use after `before` is kept already."""
        ...

    def add_product(self, tenant: Tenant, product: Product, claim: Claim | None) -> None: ...
    def update_product(
        self,
        tenant: Tenant,
        before: Product,
        after: Product,
        shift: int | None,
        claim: Claim | None,
    ) -> None:
        """What differs of the product; `shift` is added to what is available then. Raises Claimed;
        Lost: `product` when it was changed meanwhile, or too few are available."""
        ...

    def update_price(
        self, tenant: Tenant, before: Price, after: Price, claim: Claim | None
    ) -> None:
        """What differs of the price. Raises Claimed, Lost."""
        ...

    def product(self, tenant: Tenant, id: ProductId) -> Product | None: ...
    def products(
        self, tenant: Tenant, part: Slice, active: bool | None = None
    ) -> Found[Product]: ...
    def some_products(self, tenant: Tenant, ids: Sequence[ProductId]) -> Sequence[Product]:
        """Those of the products (1 to 100) that exist, in one read."""
        ...

    def add_price(
        self, tenant: Tenant, price: Price, product: Product | None, claim: Claim | None
    ) -> None:
        """The price, and with it the product when it is new."""
        ...

    def price(self, tenant: Tenant, id: PriceId) -> Price | None: ...
    def prices(self, tenant: Tenant, part: Slice, which: Prices = EVERY_PRICE) -> Found[Price]: ...
    def priced(
        self, tenant: Tenant, ids: Sequence[PriceId]
    ) -> Mapping[PriceId, tuple[Price, Product]]:
        """Those of the prices that exist, each with its product."""
        ...

    def add_payment_link(self, tenant: Tenant, link: PaymentLink, claim: Claim | None) -> None:
        """Raises Claimed; Lost: `slug` when another link has it."""
        ...

    def update_payment_link(
        self, tenant: Tenant, before: PaymentLink, after: PaymentLink, claim: Claim | None
    ) -> None:
        """What differs of the link; the uses that are left are shifted. Raises Claimed; Lost:
        `link` when it was changed meanwhile, or too few uses are left."""
        ...

    def payment_link(self, tenant: Tenant, id: PaymentLinkId) -> PaymentLink | None: ...
    def payment_links(
        self, tenant: Tenant, part: Slice, active: bool | None = None
    ) -> Found[PaymentLink]: ...
    def offer(self, tenant: Tenant, link: PaymentLink) -> Offer: ...
    def opened_link(self, slug: str, hour: int | None = None) -> OpenedLink | None:
        """By the slug alone, with its failures in an hour; two reads at most."""
        ...

    def pause_link(
        self, tenant: Tenant, before: PaymentLink, after: PaymentLink, found: Discrepancy
    ) -> None:
        """A link that is active is so no more, and the merchant is told. Raises Lost."""
        ...

    def begin_payment(
        self,
        payment: Payment,
        claim: Claim | None,
        counts: Sequence[Counted] = (),
        most_open: int | None = None,
    ) -> None:
        """The intent of a payment, before the provider hears of it; it holds a use of a limited
        link and pieces of stock, and is counted. `most_open`: of the link's sessions.

        Raises Claimed; Lost: `payment` when it is there already, `link` when no use is left,
        `stock …` when too few pieces are, `rate …` when there were too many.
        """
        ...

    def take_over(self, tenant: Tenant, before: Claim, after: Claim) -> None:
        """A claim whose owner is late goes to another. Raises Lost when it has moved."""
        ...

    def bind_provider(
        self, payment: Payment, provider: ProviderSession, answered: Claim | None
    ) -> None:
        """Keep the provider's names. Guard: none are kept yet, or the same ones. Raises Lost."""
        ...

    def payment(self, tenant: Tenant, id: PaymentId) -> Payment | None: ...
    def payments_by_id(
        self, tenant: Tenant, ids: Sequence[PaymentId]
    ) -> Mapping[PaymentId, Payment]:
        """Those of the payments that exist (at most 100 are asked for), in one read."""
        ...

    def claim(self, tenant: Tenant, claim: Claim) -> Claim | None:
        """The earlier claim on the same key of the same scope."""
        ...

    def payment_and_claim(
        self, tenant: Tenant, id: PaymentId, claim: Claim | None
    ) -> tuple[Payment | None, Claim | None]:
        """The payment, and the earlier claim on the same idempotency key, in one read."""
        ...

    def payment_with_merchant(
        self, tenant: Tenant, id: PaymentId
    ) -> tuple[Payment, Merchant] | None: ...
    def payment_of_intent(self, tenant: Tenant, intent: str) -> Payment | None:
        """By the provider's id of the payment intent; two reads."""
        ...

    def payments(
        self, tenant: Tenant, part: Slice, which: Payments = EVERY_PAYMENT
    ) -> Found[Payment]: ...

    def record_change(
        self,
        before: Payment,
        change: Changed,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        """A payment's change with its ledger entry and the event that caused it.

        Raises Lost: `event` when the event was seen before, `payment` when the payment has moved,
        `link` when a use was wanted and none is left.
        """
        ...

    def end_payment(self, before: Payment, change: Changed, claim: Claim | None) -> None:
        """A payment's end that a request asked for. Raises Claimed, and Lost like
        `record_change`."""
        ...

    def record_event(
        self,
        tenant: Tenant,
        event: InboxEvent,
        found: Discrepancy | None = None,
        dead_refund: str | None = None,
    ) -> None:
        """An event that changes nothing (yet). `dead_refund` of the provider came to nothing and
        will never be one of ours. Raises Lost: `event` when it was seen before, `bound`."""
        ...

    def kept_event(self, tenant: Tenant, id: str) -> InboxEvent | None:
        """An event that waits to be looked at again; None when there is none or it has ended."""
        ...

    def put_off_payment(self, before: Payment, after: Payment) -> None:
        """When to look at the payment again. Raises Lost when it has moved."""
        ...

    def put_off_refund(self, before: Refund, after: Refund) -> None:
        """When to look again at a refund that the provider has taken on. Raises Lost."""
        ...

    def due(self, now: Millis, limit: int) -> Sequence[Due]:
        """What is due, the longest due first; at most `limit` (eventually consistent)."""
        ...

    def take_lease(self, name: str, owner: str, now: Millis, until: Millis) -> bool:
        """Whether `owner` may go on alone until `until`; nobody else holds the lease now."""
        ...

    def beat(self, name: str, owner: str, now: Millis) -> None:
        """The holder of a lease has done its round, and gives it back."""
        ...

    def heartbeat(self, name: str) -> Millis | None:
        """When a round was last done."""
        ...

    def note_discrepancy(self, found: Discrepancy) -> bool:
        """Keep it; False when it was found before."""
        ...

    def close_discrepancy(self, before: Discrepancy, after: Discrepancy) -> None:
        """End it. Raises Lost when it is not open any more."""
        ...

    def discrepancy(self, tenant: Tenant, id: str) -> Discrepancy | None: ...
    def discrepancies(self, tenant: Tenant, part: Slice) -> Found[Discrepancy]: ...

    def reserve_refund(self, before: Payment, step: Step, claim: Claim | None) -> None:
        """The refund's reservation and lease. Raises Claimed; Lost when the payment has moved."""
        ...

    def lease_refund(self, before: Refund, leased: Refund) -> None:
        """Take a refund over for another attempt. Raises Lost when somebody else has it."""
        ...

    def settle_refund(
        self,
        before: Payment,
        step: Step,
        owner: str | None = None,
        event: InboxEvent | None = None,
        answered: Claim | None = None,
    ) -> None:
        """The end of a refund: posted or voided. `owner` is the sender's lease, None otherwise.

        Raises Lost: `event`, `refund` (it has ended already, or the lease is another's), `payment`,
        `bound` (the provider's refund is another one of ours).
        """
        ...

    def absorb_refund(
        self, before: Payment, step: Step, voided: bool, event: InboxEvent | None
    ) -> None:
        """A refund that happened without us, or one that was held for dead. Raises Lost like
        `settle_refund`."""
        ...

    def name_refund(self, before: Refund, after: Refund, event: InboxEvent) -> None:
        """The provider's id of a refund that was posted without knowing it, or under the id of
        one that came to nothing. Raises Lost: `event`, `refund`, `bound`."""
        ...

    def reverse_refund(self, before: Payment, step: Step, event: InboxEvent | None) -> None:
        """A refund that came back; it bears the provider's id that it has here, or none yet.
        Raises Lost: `event`, `refund`, `payment`."""
        ...

    def refund_of(self, tenant: Tenant, psp_refund: str) -> Refund | None:
        """By the provider's id of the refund; two reads."""
        ...

    def is_dead_refund(self, tenant: Tenant, psp_refund: str) -> bool:
        """Whether the provider's refund is known to have come to nothing."""
        ...

    def refunds_of(self, payment: Payment) -> Sequence[Refund]:
        """Every refund of a payment, by its ledger; two reads."""
        ...

    def note_refund(self, refund: Refund, owner: str) -> None:
        """What the sender learned, when no money moves. Raises Lost when the lease is another's."""
        ...

    def refund(self, tenant: Tenant, id: RefundId) -> Refund | None: ...
    def refund_with_payment(
        self, tenant: Tenant, id: RefundId, payment: PaymentId
    ) -> tuple[Refund, Payment] | None:
        """Both in one read."""
        ...

    def refunds(
        self, tenant: Tenant, part: Slice, payment: PaymentId | None = None
    ) -> Found[Refund]: ...
    def ledger(self, tenant: Tenant, id: PaymentId) -> Sequence[LedgerEntry]: ...


class Psp(Protocol):
    """The payment service provider, for one merchant and mode."""

    def create_session(
        self, payment: Payment, success_url: str, cancel_url: str | None
    ) -> CreatedSession:
        """A page where the shopper pays; repeating it gives the same page.

        Raises PspRejected (definitely none was made) or PspUnavailable (one may have been made).
        """
        ...

    def create_intent(self, payment: Payment, return_url: str) -> CreatedSession:
        """A payment by the Direct API, confirmed at once; repeating it gives the same one.

        Raises like `create_session`.
        """
        ...

    def cancel_intent(self, intent: str) -> None:
        """End a payment that nobody has paid. Raises PspUnavailable or PspRejected."""
        ...

    def expire_session(self, session: str) -> None:
        """Close the page. Raises PspUnavailable or PspRejected."""
        ...

    def intent(self, id: str) -> IntentFact:
        """The payment intent as it stands now.

        Raises PspUnavailable (no answer, or one that makes no sense) or PspRejected (none such).
        """
        ...

    def find_refund(self, id: str) -> RefundFact:
        """The refund as it stands now, by the provider's id. Raises like `intent`."""
        ...

    def intents(self, since: Millis, until: Millis) -> Iterator[IntentFact]:
        """Every payment intent made in [since, until), in pages. Raises PspUnavailable."""
        ...

    def register_webhook(self, url: str, events: Sequence[str], attempt: str = "") -> str:
        """Have events delivered to `url`; the secret that signs them. Once for each `attempt`.

        Raises PspRejected or PspUnavailable, as do the next three.
        """
        ...

    def webhook_endpoints(self) -> Sequence[PspEndpoint]:
        """Every endpoint of the account."""
        ...

    def update_webhook(self, id: str, events: Sequence[str]) -> None:
        """Have these events delivered to it."""
        ...

    def delete_webhook(self, id: str) -> None:
        """Have nothing delivered to it any more, not even what is on its way."""
        ...

    def refund(self, refund: Refund) -> RefundOutcome:
        """Send the refund, under its own id; never raises for what the provider answers."""
        ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """An authentic webhook: the tenant whose secret signed it, and what it says.

    `trusted` is false when it was signed too long ago, or contradicts itself: then it only says
    that something happened, and what holds is asked of the provider.
    """

    tenant: Tenant
    event: PspEvent
    trusted: bool = True


class PspWebhooks(Protocol):
    """The provider's deliveries."""

    def authenticate(
        self, merchant: MerchantId, body: bytes, signature: str, now: Millis
    ) -> Delivery:
        """Raises SignatureInvalid, NotReadyYet (no secret is set) or InvalidRequest."""
        ...


class Vault(Protocol):
    """Where secrets are kept."""

    def keep_wooshpay_key(self, tenant: Tenant, key: str) -> None: ...
    def webhook_secrets(self, merchant: MerchantId) -> Mapping[bool, Sequence[str]]:
        """By mode (True is live), newest first."""
        ...

    def keep_webhook_secrets(self, tenant: Tenant, secrets: Sequence[str]) -> None:
        """Newest first."""
        ...


class Psps(Protocol):
    """The provider's door for each tenant."""

    def __call__(self, tenant: Tenant) -> Psp: ...


class Clock(Protocol):
    """The time, read once a request."""

    def __call__(self) -> Millis: ...


class Mint(Protocol):
    """Where ids and secrets come from."""

    def ulid(self) -> str:
        """A new ULID; later ones sort later."""
        ...

    def secret(self) -> str:
        """32 random letters and digits: 190 bits."""
        ...
