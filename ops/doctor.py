"""`doctor`: a real account at WooshPay, step by step, and what each open fact turned out to be.

With a test key it goes through a whole payment: a person (or a test) pays the page that it prints.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

from chalicelib import bootstrap
from chalicelib.bootstrap import App
from chalicelib.domain.capabilities import CAPABILITIES
from chalicelib.domain.errors import PspError, TautanError
from chalicelib.domain.ids import Tenant, session_id
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment, PaymentStatus
from chalicelib.domain.provider_account import endpoint_problems
from chalicelib.domain.psp_facts import Accepted, Done
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund, RefundStatus
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.start_checkout import NewSession
from ops.printing import print_json
from ops.target import Live, Merchant, tenant_of

LOOKS_EVERY_S = 1.0
AMOUNT = Money(20_000, "IDR")
State = Literal["good", "bad", "learned", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One step: what was looked at, how it came out, and what it means."""

    step: str
    state: State
    told: str


@dataclass(frozen=True, slots=True)
class Doctor:
    """What the examination needs. `show` tells a person where to pay, `wait_s` for how long."""

    app: App
    tenant: Tenant
    show: Callable[[str], None]
    wait_s: int

    def examine(self) -> Iterator[Finding]:
        """Each step's finding; the later ones need the earlier ones to be good."""
        yield self._mode()
        try:
            yield from self._endpoint()
            if self.tenant.livemode:
                yield Finding("payment", "skipped", "a live account is not paid for a test")
                return
            payment = self._begun()
            yield self._total(payment)
            if self.wait_s:
                yield from self._paid(payment)
            else:
                yield Finding("payment", "skipped", "--wait was 0")
        except TautanError as error:
            yield Finding("account", "bad", error.message)

    def _mode(self) -> Finding:
        mode = "live" if self.tenant.livemode else "test"
        base = self.app.settings.wooshpay_api_base
        if self.app.secrets.wooshpay_key(self.tenant) is None:
            return Finding("key", "bad", f"no {mode} key of WooshPay is kept for this merchant")
        where = f"WOOSHPAY_API_BASE sends to {base}" if base else f"its {mode} host is used"
        return Finding("key", "good", f"a {mode} key is kept, and {where}")

    def _endpoint(self) -> Iterator[Finding]:
        url = self.app.settings.psp_webhook(self.tenant.merchant)
        endpoints = tuple(self.app.psps(self.tenant).webhook_endpoints())
        for problem in endpoint_problems(endpoints, url):
            yield Finding("webhook", "bad", problem)
        kept = self.app.secrets.webhook_secrets(self.tenant.merchant)[self.tenant.livemode]
        yield Finding(
            "webhook secret", "good" if kept else "bad", f"{len(kept)} kept; 2 while one is rotated"
        )

    def _asking(self, key: str) -> Asking:
        return Asking(self.tenant, "doctor", self.app.clock(), f"req_{self.app.mint.ulid()}", key)

    def _begun(self) -> Payment:
        product = NewProduct(name="Tautan doctor", metadata={})
        price = NewPrice(unit_amount=AMOUNT, product=product, metadata={})
        new = NewSession(lines=[(price, 1)], payment_method_types=("dana",), metadata={})
        return self.app.checkout.start(self._asking(f"doctor_{self.app.mint.ulid()}"), new)

    def _total(self, payment: Payment) -> Finding:
        """A total that differs has ended the session already, with an error that says so."""
        assert payment.provider is not None, "a session that began has its names"
        self.show(f"{payment.provider.url} must ask for {AMOUNT}: compare what it prints")
        return Finding("total", "good", f"WooshPay's answer echoes {AMOUNT}; see its page as well")

    def _paid(self, payment: Payment) -> Iterator[Finding]:
        self.show(f"Pay it with DANA within {self.wait_s} seconds.")
        paid = self._awaited(payment)
        if paid is None:
            yield Finding("webhook delivery", "bad", "nobody paid, or no webhook arrived in time")
            return
        yield Finding("webhook delivery", "good", "verified and applied: the unit of t fits")
        yield Finding("method", "learned", f"the intent names the method: {paid.method}")
        yield from self._refunded(paid)

    def _awaited(self, payment: Payment) -> Payment | None:
        until = time.monotonic() + self.wait_s
        while time.monotonic() < until:
            kept = self.app.store.payment(self.tenant, payment.id)
            if kept is not None and kept.status is PaymentStatus.PAID:
                return kept
            time.sleep(LOOKS_EVERY_S)
        return None

    def _refunded(self, paid: Payment) -> Iterator[Finding]:
        minimum = CAPABILITIES["dana"].minimum or 1
        wanted = RefundRequest(amount=minimum, metadata={})
        try:
            refund = self.app.refunds.request(
                self._asking(f"doctor_{paid.id}"), session_id(paid.id), wanted
            )
        except PspError as error:
            yield Finding("refund permission", "bad", error.message)
            return
        pending = refund.status is not RefundStatus.POSTED
        yield Finding("refund permission", "good", f"the refund is {refund.status}")
        yield from self._books(paid, refund)
        if not pending:
            yield self._key_honoured(refund)

    def _books(self, paid: Payment, refund: Refund) -> Iterator[Finding]:
        psp = self.app.psps(self.tenant)
        total = psp.intent(refund.intent).refunded
        told = "is not shown: doubt is settled by events or a person" if total is None else (
            f"is shown: {total}"
        )  # fmt: skip
        yield Finding("refunded total", "learned", f"the intent's refunded total {told}")
        if refund.psp_refund is not None:
            named = psp.find_refund(refund.psp_refund).refund == refund.id
            carries = "carries" if named else "does not carry"
            yield Finding("refund metadata", "learned", f"a refund {carries} our metadata")

    def _key_honoured(self, refund: Refund) -> Finding:
        """Sent again under the same key: in a test account a second refund costs nobody anything.
        DANA allows no second one, so only the same refund again proves that keys are honoured."""
        outcome = self.app.psps(self.tenant).refund(refund)
        honoured = isinstance(outcome, Done | Accepted) and outcome.reference == refund.psp_refund
        advice = "honoured" if honoured else "unproven"
        told = "gave the same refund" if honoured else f"came to {type(outcome).__name__}"
        return Finding(
            "refund keys", "learned", f"the same key {told}: TAUTAN_REFUND_KEYS={advice}"
        )


def doctor(
    context: typer.Context,
    merchant: Merchant,
    live: Live = False,
    wait: Annotated[int, typer.Option(help="Seconds to wait for the payment; 0: none.")] = 0,
) -> None:
    """Whether the merchant's account is ready, and what each open fact turned out to be."""
    app = bootstrap.app()
    tenant = tenant_of(app, merchant, live)
    found = []
    for finding in Doctor(app, tenant, lambda text: typer.echo(text, err=True), wait).examine():
        found.append(finding)
        if not context.obj:
            typer.echo(f"{finding.state:8} {finding.step:18} {finding.told}")
    if context.obj:
        rows: list[dict[str, Any]] = [
            {"step": each.step, "state": each.state, "told": each.told} for each in found
        ]
        print_json(rows)
    if any(finding.state == "bad" for finding in found):
        raise typer.Exit(1)
