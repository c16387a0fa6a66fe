"""The stories under test, bound to one world. When an entry point of a story is renamed, this file
follows."""

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.dynamodb.writes import Engine
from chalicelib.adapters.wooshpay.minor_units import MinorUnits
from chalicelib.adapters.wooshpay.webhooks import WooshPayWebhooks
from chalicelib.domain.catalog import Product
from chalicelib.domain.ids import MerchantId, Millis, PaymentId, Tenant
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payment_links import Offer
from chalicelib.domain.payments import Payment
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund, RefundedTotal, RefundKeys
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.audit import audit_payment
from chalicelib.usecases.by_hand import accept_review, settle_refund
from chalicelib.usecases.catalog import NewPrice, StockChange, create_price, update_product
from chalicelib.usecases.end_payment import Ending
from chalicelib.usecases.outbox import Hint, Poster, Untold
from chalicelib.usecases.payment_links import NewLine, NewPaymentLink, create_payment_link
from chalicelib.usecases.ports import Clock, Mint, Psps
from chalicelib.usecases.receive_psp_event import Inbox
from chalicelib.usecases.reconcile import Reconciler
from chalicelib.usecases.request_refund import Refunds
from chalicelib.usecases.start_checkout import (
    Checkout,
    NewIntent,
    NewSession,
    open_link,
    retrieve_payment,
)
from chalicelib.usecases.sweep import Sweeper
from chalicelib.usecases.tell_merchants import Teller
from simulator.listeners import shown, unforeseen
from simulator.shops import CANARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the stories of one world stand on. `secrets` are by merchant."""

    engine: Engine
    psps: Psps
    mint: Mint
    clock: Clock
    secrets: dict[str, Sequence[str]]
    keys: RefundKeys
    total: RefundedTotal
    post: Poster
    hint: Hint


class Stories:
    """Every entry point that a history calls."""

    keeps_refunds = True  # as items that the watch knows

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.store = DynamoDBStore(ports.engine, ports.hint)
        store, psps, mint = self.store, ports.psps, ports.mint
        self.refunds = Refunds(store, psps, mint, ports.clock, ports.keys, ports.total)
        self.inbox = Inbox(store, psps, mint)
        self.checkouts = Checkout(
            store=store,
            psps=psps,
            mint=mint,
            status_url=lambda token: f"https://tautan.test/s/{token}",
            address=lambda text: text if "://" in text else f"https://{text}",
        )
        self.sweeper = Sweeper(
            store, psps, mint, ports.clock, self.inbox, self.refunds, self.checkouts
        )
        self.endings = Ending(store, psps, self.inbox)
        self.reconciler = Reconciler(store, psps, mint, self.inbox)
        self.teller = Teller(
            store=store,
            post=ports.post,
            keys=lambda _: CANARY,
            clock=ports.clock,
            mint=mint,
            show=shown,
            say=lambda event: event.id,
            report=unforeseen,
        )
        self.webhooks = WooshPayWebhooks(
            lambda merchant: {False: ports.secrets[merchant]}, MinorUnits({"IDR": 0})
        )

    def checkout(self, asking: Asking, new: NewSession) -> Payment:
        """A merchant starts a session."""
        return self.checkouts.start(asking, new)

    def direct(self, asking: Asking, new: NewIntent) -> Payment:
        """A merchant starts a payment by the Direct API."""
        return self.checkouts.start_direct(asking, new)

    def end(self, tenant: Tenant, id: str, cause: Cause, *, closes: bool) -> Payment:
        """A merchant ends a payment: its page, or the payment itself."""
        payment = retrieve_payment(self.store, tenant, id, "payment")
        end = self.endings.expire if closes else self.endings.cancel
        return end(payment, cause)

    def settle(self, tenant: Tenant, refund: str, happened: bool, cause: Cause) -> Refund:
        """A person ends a refund as it stands at the provider."""
        return settle_refund(self.store, self.ports.psps, tenant, refund, happened, cause)

    def accept(self, tenant: Tenant, id: str, cause: Cause) -> Payment:
        """A person accepts a payment that is in review."""
        return accept_review(self.store, tenant, id, cause)

    def link(self, asking: Asking, price: NewPrice, method: str, limit: int | None) -> Offer:
        """A merchant makes a payment link."""
        made = create_price(self.store, self.ports.mint, asking, price)
        new = NewPaymentLink(
            lines=[NewLine(price=made.id)], payment_method_types=(method,), limit=limit, metadata={}
        )
        return create_payment_link(self.store, self.ports.mint, asking, new)

    def restock(self, asking: Asking, product: str, pieces: int) -> Product:
        """A merchant puts pieces on the shelf."""
        return update_product(self.store, asking, product, {}, StockChange(add=pieces))

    def tap(self, slug: str, attempt: str | None, cause: Cause) -> Payment:
        """A person opens a link and taps pay."""
        return self.checkouts.pay_link(open_link(self.store, slug), {}, attempt, cause)

    def refund(self, asking: Asking, payment: str, wanted: RefundRequest) -> Refund:
        """A merchant asks for a refund."""
        return self.refunds.request(asking, payment, wanted)

    def receive(self, merchant: str, body: bytes, header: str, now: Millis, request: str) -> str:
        """A webhook arrives."""
        delivery = self.webhooks.authenticate(MerchantId(merchant), body, header, now)
        return self.inbox.receive(delivery, now=now, request_id=request)

    def sweep(self, request: str) -> None:
        """What runs every minute."""
        self.sweeper.sweep(request)

    def tell(self, untold: Untold) -> None:
        """What the queue wakes."""
        self.teller.tell([untold])

    def tell_again(self, _: str) -> None:
        """What else runs every minute."""
        self.teller.round()

    def compare(self, tenant: Tenant, since: Millis, until: Millis, request: str) -> None:
        """What runs every day."""
        cause = Cause(
            actor="reconciler", reference=request, request_id=request, at=self.ports.clock()
        )
        self.reconciler.compare(tenant, since, until, cause)

    def audit(self, tenant: Tenant, payment: PaymentId) -> list[str]:
        """What does not agree about a payment."""
        return audit_payment(self.store, tenant, payment)
