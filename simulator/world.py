"""One world: shops, their shoppers, the provider, the store and the stories, all from one seed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random

from chalicelib.domain.catalog import Inventory, LineItem
from chalicelib.domain.errors import TautanError
from chalicelib.domain.ids import Millis, PaymentId, Tenant
from chalicelib.domain.merchants import Policy
from chalicelib.domain.money import Money
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import RefundedTotal, RefundKeys
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.catalog import NewPrice, NewProduct
from chalicelib.usecases.failures import Lost, StoreUnavailable
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.ports import Clock, Psp
from chalicelib.usecases.start_checkout import NewSession
from simulator.deliveries import Deliveries, Delivery
from simulator.engine import SimEngine
from simulator.faults import Faults
from simulator.invariants import Watch
from simulator.listeners import Listeners
from simulator.provider import Provider
from simulator.psp import SimPsp
from simulator.scheduler import Actor, Choice, Scheduler, seeded
from simulator.shapes import Intent
from simulator.shops import BEGIN, Shop, SimMint, records_of, shop_of, told
from simulator.stories import Ports, Stories
from simulator.switches import HOUR, Switches

SWEEP_MS = 60_000
LISTENING = 4
STORE_OR_RULE = (TautanError, StoreUnavailable)


@dataclass(eq=False, slots=True)
class Known:
    """A payment whose page a shopper has."""

    shop: Shop
    id: PaymentId
    intent: str
    asked: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What makes one world differ from another before anything happens."""

    seed: int
    switches: Switches
    keys: RefundKeys = RefundKeys.UNPROVEN
    total: RefundedTotal = RefundedTotal.SETTLED
    policy: Policy = Policy.HOLD
    shops: int = 2
    stories: type[Stories] = Stories
    watch: type[Watch] = Watch


def stream(seed: int, name: str) -> Random:
    """A generator of its own for each purpose, so that one is not disturbed by another."""
    return Random(f"{seed}/{name}")  # noqa: S311 - chances, not secrets


@dataclass(eq=False)
class World:
    """Everything of one history. `choose` and `faults` are given by whoever enumerates."""

    setting: Setting
    choose: Choice | None = None
    faults: Faults | None = None
    known: list[Known] = field(default_factory=list)
    told: dict[tuple[str, str, str], str] = field(default_factory=dict)
    goals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        seed, switches = self.setting.seed, self.setting.switches
        self.random = stream(seed, "world")
        self.scheduler = Scheduler(BEGIN, self.choose or seeded(stream(seed, "schedule")))
        self.faults = self.faults or Faults(seed, stream(seed, "faults"))
        self.watch = self.setting.watch()
        self.engine = SimEngine(self.scheduler, self.faults, self.watch.written)
        self.shops = [shop_of(number) for number in range(self.setting.shops)]
        secrets = {str(shop.tenant.merchant): shop.secrets for shop in self.shops}
        self.post = Deliveries(
            self.scheduler, switches, self.faults, stream(seed, "post"), secrets, self._send
        )
        self.provider = Provider(self.scheduler, switches, self.post.emit)
        self.provider.touched = self.watch.moved
        self.provider.settle_ms = self._settle
        self.watch.peek, self.watch.provider = self.engine.peek, self.provider
        self.listeners = Listeners(self.scheduler, self.faults)
        self._psps: dict[Tenant, SimPsp] = {}
        clock: Clock = lambda: self.now  # noqa: E731
        self.stories = self.setting.stories(
            Ports(
                engine=self.engine,
                psps=self.psp,
                mint=SimMint(clock),
                clock=clock,
                secrets=dict(secrets),
                keys=self.setting.keys,
                total=self.setting.total,
                post=self.listeners,
                hint=self._hint,
            )
        )
        self.store = self.stories.store
        self.slugs: list[str] = []
        self.shelves: list[LineItem] = []  # what the first shop sells only so many pieces of
        self.sweeping = False
        self._requests = 0
        for shop in self.shops:
            self.store.add_merchant(*records_of(shop.tenant, self.setting.policy))

    # --- the parts --------------------------------------------------------------------------

    @property
    def now(self) -> Millis:
        """The time."""
        return Millis(self.scheduler.now)

    def psp(self, tenant: Tenant) -> Psp:
        """The provider's door for a tenant."""
        assert self.faults is not None
        if tenant not in self._psps:
            self._psps[tenant] = SimPsp(self.scheduler, self.faults, self.provider, tenant)
        return self._psps[tenant]

    @property
    def hits(self) -> Counter[str]:
        """How often each crash point was hit."""
        return sum((psp.hits for psp in self._psps.values()), Counter(self.engine.hits))

    @property
    def calls(self) -> tuple[int, int]:
        """How many calls the store and the provider have had."""
        return self.engine.calls.total(), sum(p.calls.total() for p in self._psps.values())

    def is_under_way(self, tenant: Tenant, refund: str) -> bool:
        """Whether a request of this refund is on its way to the provider just now."""
        return tenant in self._psps and self._psps[tenant].under_way[refund] > 0

    def asking(self, shop: Shop, key: str | None = None, fingerprint: str = "") -> Asking:
        """A request of a shop, now."""
        self._requests += 1
        return Asking(
            tenant=shop.tenant,
            actor="SSSS",
            now=self.now,
            request_id=f"req-{self._requests}",
            idempotency_key=key,
            fingerprint=fingerprint,
            tell=told,
        )

    def intent_of(self, known: Known) -> Intent:
        """The provider's side of a payment."""
        return self.provider.intents[known.intent]

    def show(self, shop: Shop, payment: Payment) -> None:
        """A shopper has the page of a payment from now on."""
        assert payment.provider is not None
        if all(each.id != payment.id for each in self.known):
            asked = payment.amount.amount
            self.known.append(Known(shop, payment.id, payment.provider.intent, asked))

    def sell(self, shop: Shop, method: str, price: Money, *, paid: bool = True) -> Known:
        """A payment with its page, and paid, before anything can go wrong."""
        assert self.faults is not None
        product = NewProduct(name="apple", metadata={})
        line = NewPrice(unit_amount=price, product=product, metadata={})
        new = NewSession(lines=[(line, 1)], payment_method_types=(method,), metadata={})
        on, self.faults.on = self.faults.on, False
        self.show(shop, self.stories.checkout(self.asking(shop), new))
        if paid:
            self.provider.pay(self.intent_of(self.known[-1]))
            for delivery in self.post.all:
                self.post.attempt(delivery, self.receive)
        self.faults.on = on
        return self.known[-1]

    def make_link(
        self, method: str, price: Money, limit: int | None, pieces: int | None = None
    ) -> None:
        """A payment link of the first shop, before anything can go wrong; with `pieces` there are
        only so many of its product."""
        stock = None if pieces is None else Inventory(True, pieces)
        product = NewProduct(name="apple", inventory=stock, metadata={})
        line = NewPrice(unit_amount=price, product=product, metadata={})
        offer = self.stories.link(self.asking(self.shops[0]), line, method, limit)
        self.slugs.append(offer.link.slug)
        if pieces is not None:
            self.shelves.append(offer.items[0])

    # --- what goes on by itself -------------------------------------------------------------

    def begin_sweeping(self) -> None:
        """From now on the sweeper, and whoever tells again, run a minute after they last ended."""
        self.sweeping = True
        self._sweep_later()
        if self.listeners.endpoints:
            self._tell_later()

    def listen(self) -> None:
        """The first shop's systems want to be told of events, in one history of four: half of what
        goes on is telling then."""
        if self.setting.seed % LISTENING:
            return
        tenant = self.shops[0].tenant
        for endpoint in self.listeners.endpoints_of(tenant):
            self.store.add_webhook_endpoint(tenant, endpoint, None)

    def tell(self) -> None:
        """Whoever tells again starts now."""
        self.by_clock("tell", self.stories.tell_again, self._tell_later)

    def sweep(self) -> None:
        """The sweeper starts now."""
        self.by_clock("sweep", self.stories.sweep, self._sweep_later)

    def compare(self) -> None:
        """The daily compare starts now, of all that there is."""
        for shop in self.shops:
            compare, since = self.stories.compare, Millis(BEGIN - HOUR)
            self.by_clock("reconcile", partial(_compared, compare, shop.tenant, since, self.now))

    def by_clock(
        self, story: str, run: Callable[[str], None], then: Callable[[], None] = lambda: None
    ) -> None:
        """Start what a schedule starts."""
        request = f"req-{self.request()}"

        def live() -> None:
            try:
                run(request)
            except STORE_OR_RULE:
                self.scheduler.note(f"the {story} breaks off")
            finally:
                then()

        self.scheduler.spawn(Actor(f"{story}{self._requests}", story), live)

    def _sweep_later(self) -> None:
        if self.sweeping:
            self.scheduler.at(self.scheduler.now + SWEEP_MS, self.sweep)

    def _tell_later(self) -> None:
        if self.sweeping:
            self.scheduler.at(self.scheduler.now + SWEEP_MS, self.tell)

    def _hint(self, untold: Sequence[Untold]) -> None:
        if not self.listeners.endpoints:
            return
        story = self.listeners.hint(untold, self._wake)
        self.engine.hits.update(["K6"] if story == "webhook" else [])
        self.engine.hits.update(["X15"] if story == "refund" else [])

    def _wake(self, untold: Untold) -> None:
        def run() -> None:
            try:
                self.stories.tell(untold)
            except (*STORE_OR_RULE, Lost):
                self.scheduler.note("the teller breaks off")

        actor = Actor(f"tell{self.request()}", "tell", (f"M#{untold.tenant.merchant}",))
        self.scheduler.spawn(actor, run)

    def request(self) -> int:
        """The number of a new request."""
        self._requests += 1
        return self._requests

    def _send(self, delivery: Delivery) -> None:
        def run() -> None:
            try:
                self.post.attempt(delivery, self.receive)
            finally:
                self.post.after(delivery)

        actor = Actor(f"hook{self.request()}", "webhook", (f"M#{delivery.account}",))
        self.scheduler.spawn(actor, run)

    def receive(self, account: str, body: bytes, header: str) -> bool:
        """The webhook's door: whether it answers with a 2xx."""
        self._requests += 1
        actor = self.scheduler.current
        try:
            end = self.stories.receive(account, body, header, self.now, f"req-{self._requests}")
        except STORE_OR_RULE as error:
            self.scheduler.note(f"refuses: {error}"[:90])
            return False
        self.goals[f"told {end}"] += 1
        self.scheduler.note(f"told {end}")
        if actor is not None and actor.froze:
            self.goals["woke from the dead"] += 1
        return True

    def _settle(self) -> tuple[int, bool]:
        wait = (10_000, 10_000, 90_000, 2 * HOUR)[int(self.random.random() * 4)]
        return wait, self.random.random() < 0.75


def _compared(
    compare: Callable[[Tenant, Millis, Millis, str], None],
    tenant: Tenant,
    since: Millis,
    until: Millis,
    request: str,
) -> None:
    compare(tenant, since, until, request)
