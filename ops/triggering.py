"""`trigger`: an event made to happen, in the sandbox and by the stories that make it for real."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import typer

from chalicelib import bootstrap
from chalicelib.bootstrap import App
from chalicelib.config import LOOPBACK
from chalicelib.domain.errors import InvalidRequest
from chalicelib.domain.events import EventType
from chalicelib.domain.ids import Tenant, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.usecases.account import retrieve_account, update_account
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import (
    NewPrice,
    NewProduct,
    create_price,
    create_product,
    update_price,
    update_product,
)
from chalicelib.usecases.payment_links import (
    NewLine,
    NewPaymentLink,
    create_payment_link,
    update_payment_link,
)
from chalicelib.usecases.start_checkout import NewSession
from ops.events import brief
from ops.following import followed
from ops.printing import print_json
from ops.target import Merchant, cause_of, tenant_of

WAITED_MS = 20_000
AMOUNT = Money(20_000, "IDR")
E = EventType


@dataclass(frozen=True, slots=True)
class Trigger:
    """What makes things happen for one merchant."""

    app: App
    tenant: Tenant
    asking: Asking

    def product(self) -> str:
        """A product."""
        made = create_product(self.app.store, self.app.mint, self.asking, _apple())
        return made.id

    def product_updated(self) -> None:
        """A product that gets another description."""
        update_product(self.app.store, self.asking, self.product(), {"description": "red"}, None)

    def price(self) -> str:
        """A price, of a product of its own."""
        new = NewPrice(unit_amount=AMOUNT, product=_apple(), metadata={})
        return create_price(self.app.store, self.app.mint, self.asking, new).id

    def price_updated(self) -> None:
        """A price that gets a nickname."""
        update_price(self.app.store, self.asking, self.price(), {"nickname": "apple"})

    def link(self) -> str:
        """A payment link."""
        new = NewPaymentLink(
            lines=[NewLine(price=self.price())], payment_method_types=("dana",), metadata={}
        )
        return create_payment_link(self.app.store, self.app.mint, self.asking, new).link.id

    def link_updated(self) -> None:
        """A payment link that is paused."""
        changes = {"active": False}
        update_payment_link(self.app.store, self.app.mint, self.asking, self.link(), changes, None)

    def account(self) -> None:
        """The shop under its name with a dot, and without it again."""
        name = retrieve_account(self.app.store, self.asking).name
        after = name.removesuffix(".") if name.endswith(".") else f"{name}."
        update_account(self.app.store, self.asking, {"name": after})

    def session(self) -> Payment:
        """A checkout session that waits."""
        line = NewPrice(unit_amount=AMOUNT, product=_apple(), metadata={})
        new = NewSession(lines=[(line, 1)], payment_method_types=("dana",), metadata={})
        return self.app.checkout.start(self.asking, new)

    def approved(self) -> Payment:
        """A shopper pays."""
        return self._decided("approve")

    def declined(self) -> Payment:
        """A wallet says no."""
        return self._decided("decline")

    def expired(self) -> None:
        """A session that the merchant closes."""
        cause = cause_of(self.app)
        self.app.ending.expire(self.session(), cause)

    def canceled(self) -> None:
        """A payment that the merchant cancels."""
        cause = cause_of(self.app)
        self.app.ending.cancel(self.session(), cause)

    def refunded(self) -> None:
        """A paid payment, and all of it goes back."""
        paid = self.approved()
        for event in followed(self.app, self.tenant, self.asking.now, _until(self.app)):
            if event.type is E.PAYMENT_INTENT_SUCCEEDED and event.subject.id == paid.id:
                break
        wanted = RefundRequest(amount=AMOUNT.amount, expected_remaining=AMOUNT.amount, metadata={})
        later = replace(self.asking, now=self.app.clock())  # than the payment
        self.app.refunds.request(later, session_id(paid.id), wanted)

    def _decided(self, how: str) -> Payment:
        payment = self.session()
        assert payment.provider is not None
        base = self.app.settings.wooshpay_api_base
        address = f"{base}/_sandbox/payment_intents/{payment.provider.intent}/{how}"
        with httpx.Client(trust_env=False) as client:
            client.post(address, json={}).raise_for_status()
        return payment


TRIGGERS: Mapping[EventType, Callable[[Trigger], object]] = {
    E.ACCOUNT_UPDATED: Trigger.account,
    E.PRODUCT_CREATED: Trigger.product,
    E.PRODUCT_UPDATED: Trigger.product_updated,
    E.PRICE_CREATED: Trigger.price,
    E.PRICE_UPDATED: Trigger.price_updated,
    E.PAYMENT_LINK_CREATED: Trigger.link,
    E.PAYMENT_LINK_UPDATED: Trigger.link_updated,
    E.PAYMENT_INTENT_CREATED: Trigger.session,
    E.PAYMENT_INTENT_SUCCEEDED: Trigger.approved,
    E.CHECKOUT_SESSION_COMPLETED: Trigger.approved,
    E.PAYMENT_INTENT_PAYMENT_FAILED: Trigger.declined,
    E.CHECKOUT_SESSION_EXPIRED: Trigger.expired,
    E.PAYMENT_INTENT_CANCELED: Trigger.canceled,
    E.REFUND_CREATED: Trigger.refunded,
    E.REFUND_UPDATED: Trigger.refunded,
}


def trigger(
    context: typer.Context,
    event: Annotated[EventType, typer.Argument(help="payment_intent.succeeded, …")],
    merchant: Merchant,
) -> None:
    """Make an event happen in the sandbox, with all that leads to it; prints what happened."""
    app = bootstrap.app()
    if urlsplit(app.settings.wooshpay_api_base or "").hostname not in LOOPBACK:
        raise InvalidRequest("Events are triggered against the sandbox alone.")
    if event not in TRIGGERS:
        raise InvalidRequest(f"{event} cannot be triggered; these can: {', '.join(TRIGGERS)}.")
    tenant, cause = tenant_of(app, merchant, live=False), cause_of(app)
    asking = Asking(tenant, cause.actor, cause.at, cause.reference)
    TRIGGERS[event](Trigger(app, tenant, asking))
    for happened in followed(app, tenant, cause.at, _until(app)):
        row = brief(happened)
        if context.obj:
            print_json(row)
        else:
            typer.echo("  ".join(str(value) for value in row.values()))
        if happened.type is event:
            return
    raise typer.Exit(1)


def _apple() -> NewProduct:
    return NewProduct(name="apple", metadata={})


def _until(app: App) -> Callable[[], bool]:
    end = app.clock() + WAITED_MS
    return lambda: app.clock() < end
