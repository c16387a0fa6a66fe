"""The stories over an in-memory store and provider, with a clock that tests move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.domain.catalog import Price, Product
from chalicelib.domain.discrepancies import Discrepancy
from chalicelib.domain.ids import Millis, PaymentId, Tenant, first_ulid, session_id
from chalicelib.domain.ledger import Totals, fold
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.psp_facts import Fact
from chalicelib.domain.refund_rules import RefundRequest
from chalicelib.domain.refunds import Refund, RefundedTotal, RefundKeys
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import NewPrice, NewProduct, create_price, create_product
from chalicelib.usecases.payment_links import NewLine, NewPaymentLink, create_payment_link
from chalicelib.usecases.ports import Delivery, Mint, Slice
from chalicelib.usecases.receive_psp_event import Inbox
from chalicelib.usecases.reconcile import Reconciler
from chalicelib.usecases.request_refund import Refunds
from chalicelib.usecases.start_checkout import Checkout, NewSession
from chalicelib.usecases.sweep import Sweeper
from simulator.memory_engine import MemoryEngine
from tests.builders import NOW, a_tenant, an_event, an_intent_fact, rupiah
from tests.fakes.psp import FakePsp, FakePsps


class Crash(Exception):
    """The process dies here."""


class CountingMint(Mint):
    """Ids and secrets in order, the same ones in every run."""

    def __init__(self) -> None:
        self._born = 0
        self._time = "01JM1NT000"

    def at(self, now: Millis) -> None:
        """ULIDs are born at this time from now on."""
        self._time = first_ulid(now)[:10]

    def ulid(self) -> str:
        """The next ULID."""
        self._born += 1
        return f"{self._time}{self._born:016d}"

    def secret(self) -> str:
        """The next 32 letters and digits."""
        self._born += 1
        return f"secret{self._born:018d}{0:08d}"


class World:
    """One merchant in test mode, and everything that the stories need."""

    def __init__(self, psp: FakePsp | None = None) -> None:
        self.engine = MemoryEngine()
        self.store = DynamoDBStore(self.engine)
        self.psps = FakePsps()
        self.mint = CountingMint()
        self.now = NOW
        self.tenant = a_tenant()
        if psp is not None:
            self.psps.psps[self.tenant] = psp
        self.psp = self.psps(self.tenant)
        self.refunds = Refunds(
            self.store,
            self.psps,
            self.mint,
            lambda: self.now,
            RefundKeys.HONOURED,
            RefundedTotal.ALL,
        )
        self.inbox = Inbox(self.store, self.psps, self.mint)
        self.checkout = Checkout(
            store=self.store,
            psps=self.psps,
            mint=self.mint,
            status_url=lambda token: f"https://tautan.test/s/{token}",
            address=lambda text: text if "://" in text else f"https://{text}",
        )
        self.sweeper = Sweeper(
            self.store,
            self.psps,
            self.mint,
            lambda: self.now,
            self.inbox,
            self.refunds,
            self.checkout,
        )
        self.reconciler = Reconciler(self.store, self.psps, self.mint, self.inbox)
        self._events = 0
        self._asked = 0

    # --- asking -----------------------------------------------------------------------------

    def asking(
        self, key: str | None = None, what: str = "", tenant: Tenant | None = None
    ) -> Asking:
        """A request of the merchant; `what` was asked for, as far as the fingerprint goes."""
        return Asking(
            tenant=tenant or self.tenant,
            actor="SSSS",
            now=self.now,
            request_id="req-1",
            idempotency_key=key,
            fingerprint=sha256(what.encode()).hexdigest(),
        )

    def believe(self, keys: RefundKeys, total: RefundedTotal = RefundedTotal.ALL) -> None:
        """What of the provider is believed from now on: its own keys, its refunded total."""
        self.refunds = replace(self.refunds, keys=keys, total=total)
        self.sweeper = replace(self.sweeper, refunds=self.refunds)

    def pass_time(self, ms: int) -> None:
        """Move the clock."""
        self.now = Millis(self.now + ms)

    def product(self, name: str = "apple") -> Product:
        """A product that stands."""
        return create_product(
            self.store, self.mint, self.asking(), NewProduct(name=name, metadata={})
        )

    def price(self, amount: int = 20_000, currency: str = "IDR") -> Price:
        """A price that stands, of a product of its own."""
        new = NewPrice(
            unit_amount=Money(amount, currency),
            product=NewProduct(name="apple", metadata={}),
            metadata={},
        )
        return create_price(self.store, self.mint, self.asking(), new)

    def link(self, amount: int = 20_000, **changes: object) -> str:
        """The id of a payment link for DANA."""
        new = NewPaymentLink(
            lines=[NewLine(price=self.price(amount).id)],
            payment_method_types=("dana",),
            metadata={"shelf": "3"},
            **changes,  # type: ignore[arg-type]
        )
        return create_payment_link(self.store, self.mint, self.asking(), new).link.id

    def new_session(self, amount: int = 20_000, methods: tuple[str, ...] = ("dana",)) -> NewSession:
        """A session for one product given as data."""
        price = NewPrice(
            unit_amount=rupiah(amount),
            product=NewProduct(name="apple", metadata={}),
            metadata={},
        )
        return NewSession(lines=[(price, 1)], payment_method_types=methods, metadata={"order": "7"})

    # --- whole stories ----------------------------------------------------------------------

    def started(self, amount: int = 20_000, methods: tuple[str, ...] = ("dana",)) -> Payment:
        """A payment with its page at the provider."""
        return self.checkout.start(self.asking(), self.new_session(amount, methods))

    def paid(self, amount: int = 20_000, methods: tuple[str, ...] = ("dana",)) -> Payment:
        """A payment that is paid."""
        payment = self.started(amount, methods)
        self.psp.pay(payment)
        assert payment.provider is not None
        fact = an_intent_fact(
            amount=payment.amount,
            intent=payment.provider.intent,
            payment=payment.id,
            method=methods[0],
        )
        assert self.told(fact) == "applied"
        return self.payment(payment.id)

    def told(self, fact: Fact, *, id: str | None = None, trusted: bool = True) -> str:
        """The provider tells a fact, in a new event unless it has an id."""
        self._events += 1
        event = an_event(fact, id=id or f"evt_{self._events}")
        delivery = Delivery(self.tenant, event, trusted)
        return self.inbox.receive(delivery, now=self.now, request_id="req-2")

    def sweep(self) -> dict[str, int]:
        """One round of the sweeper."""
        return dict(self.sweeper.sweep("req-3") or {})

    def refund(self, payment: Payment, wanted: RefundRequest, key: str | None = None) -> Refund:
        """The merchant asks for a refund, under a key of its own unless one is given."""
        self._asked += 1
        asking = self.asking(key or f"own-{self._asked}", repr(wanted))
        return self.refunds.request(asking, session_id(payment.id), wanted)

    # --- looking ----------------------------------------------------------------------------

    def payment(self, id: PaymentId) -> Payment:
        """A payment as it is kept."""
        found = self.store.payment(self.tenant, id)
        assert found is not None
        return found

    def kept_refund(self, id: str) -> Refund:
        """A refund as it is kept."""
        found = self.store.refund(self.tenant, id)  # type: ignore[arg-type]
        assert found is not None
        return found

    def only_refund(self) -> Refund:
        """The one refund there is."""
        (refund,) = self.store.refunds(self.tenant, Slice()).items
        return refund

    def only_payment(self) -> Payment:
        """The one payment there is."""
        (payment,) = self.store.payments(self.tenant, Slice()).items
        return payment

    def discrepancies(self) -> list[Discrepancy]:
        """Every discrepancy, the last by name first."""
        return list(self.store.discrepancies(self.tenant, Slice(limit=100)).items)

    def only_discrepancy(self) -> Discrepancy:
        """The one discrepancy there is."""
        (found,) = self.discrepancies()
        return found

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing is written here and the provider is not asked."""
        before, asked = self.engine.everything(), dict(self.psp.calls)
        yield
        assert self.engine.everything() == before
        assert dict(self.psp.calls) == asked

    def count(self, kind: str) -> int:
        """How many items of a kind are kept."""
        return sum(item["kind"] == kind for item in self.engine.everything())

    def check_money(self, id: PaymentId) -> Totals:
        """The totals of a payment, once every invariant of its money holds."""
        payment = self.payment(id)
        totals = payment.totals
        assert fold(self.store.ledger(self.tenant, id)) == totals
        assert len(self.store.ledger(self.tenant, id)) == payment.seq
        assert totals.captured == totals.remaining + totals.refund_pending + totals.refunded
        page = self.psp.pages.get(session_id(id))
        if page is not None:
            assert page.refunded <= totals.refunded + totals.refund_pending
        assert (payment.refund_inflight is None) == (totals.refund_pending == 0)
        return totals


def crash_at(kind: str, stroke: int = 1) -> Callable[[str], None]:
    """A hook that dies at the `stroke`-th call of a kind, and only then."""
    seen = 0

    def hook(called: str) -> None:
        nonlocal seen
        if called == kind:
            seen += 1
            if seen == stroke:
                raise Crash(f"{kind} {stroke}")

    return hook


def at(kind: str, action: Callable[[], object], *, times: int = 1) -> Callable[[str], None]:
    """A hook that does something before the next `times` calls of a kind, not in itself."""
    left, busy = times, False

    def hook(called: str) -> None:
        nonlocal left, busy
        if called == kind and left and not busy:
            left, busy = left - 1, True
            try:
                action()
            finally:
                busy = False

    return hook
