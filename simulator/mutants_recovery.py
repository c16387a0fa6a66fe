"""Changes of who comes back to what was left, and of what is written down."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb import keys
from chalicelib.adapters.dynamodb.store_payments import PaymentStore
from chalicelib.adapters.dynamodb.storing import TOLD
from chalicelib.adapters.dynamodb.writes import Assign, Check, Present, Update
from chalicelib.domain import payment_decisions
from chalicelib.domain.event_deliveries import DeliveryStatus, EventDelivery
from chalicelib.domain.payments import ReviewReason
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.keep_event import Keeper
from chalicelib.usecases.ports import DueKind
from chalicelib.usecases.resolve_refund import Resolver
from chalicelib.usecases.sweep import Sweeper
from chalicelib.usecases.tell_merchants import Teller
from simulator.changes import ANYTHING, Group, collector, patched, rewritten
from simulator.killing import Mutant

MUTANTS: list[Mutant] = []
mutant = collector(MUTANTS)


def _blind_to(kind: DueKind) -> Any:
    look = Sweeper.look

    def blind(sweeper: Sweeper, due: Any, cause: Any) -> None:
        if due.kind is not kind:
            look(sweeper, due, cause)

    return patched(Sweeper, "look", blind)


@mutant("nobody comes back to events that wait")
def events_left() -> Iterator[None]:
    with _blind_to(DueKind.EVENT):
        yield


@mutant("nobody comes back to refunds that were cut off")
def refunds_left() -> Iterator[None]:
    with _blind_to(DueKind.REFUND):
        yield


@mutant("nobody asks after payments of which nothing was heard")
def payments_left() -> Iterator[None]:
    with _blind_to(DueKind.PAYMENT):
        yield


@mutant("an event that cannot be applied yet is answered and dropped")
def deferred_dropped() -> Iterator[None]:
    def dropped(keeper: Keeper, status: Any, why: str) -> str:
        return keeper.ignored(why)

    with patched(Keeper, "put_off", dropped):
        yield


@mutant("a refund that is taken on is never asked after")
def pending_not_asked() -> Iterator[None]:
    def resting(resolver: Resolver, refund: Refund, *_: Any) -> Refund:
        return refund

    with patched(Resolver, "_ask_after", resting):
        yield


@mutant("an event that was answered is asked no questions: each delivery is a new one")
def events_not_deduped() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        left = [write for write in group if write.name != "event"]
        return left or [Check("event", group[0].key, ANYTHING)]

    with rewritten(rewrite):
        yield


@mutant("looking writes")
def reading_writes() -> Iterator[None]:
    ledger = PaymentStore.ledger

    def touched(store: PaymentStore, tenant: Any, id: Any) -> Any:
        at = keys.payment_key(tenant, id)
        store._write(Update("payment", at, {"seen": Assign(1)}, Present()))
        return ledger(store, tenant, id)

    with patched(PaymentStore, "ledger", touched):
        yield


@mutant("a payment is captured in another currency")
def currency_unchecked() -> Iterator[None]:
    mismatch = payment_decisions._mismatch

    def blind(payment: Any, fact: Any) -> Any:
        wrong = mismatch(payment, fact)
        return None if wrong is ReviewReason.CURRENCY_MISMATCH else wrong

    with patched(payment_decisions, "_mismatch", blind):
        yield


@mutant("the first write of a refund has no ledger entry")
def ledger_skipped() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        return [each for each in group if stroke != "reserve" or each.name != "ledger"]

    with rewritten(rewrite):
        yield


@mutant("a payment's change is written without the event that tells of it")
def event_forgotten() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        kept = [write for write in group if not write.name.startswith(TOLD)]
        return kept if stroke == "apply" else group

    with rewritten(rewrite):
        yield


@mutant("nobody comes back to events that the queue has lost")
def events_untold() -> Iterator[None]:
    with patched(Teller, "round", lambda _: None):
        yield


@mutant("an event that an endpoint did not take is not told again")
def delivery_once() -> Iterator[None]:
    def once(delivery: EventDelivery, outcome: Any, now: Any, *, gone: bool) -> EventDelivery:
        return replace(delivery, status=DeliveryStatus.DELIVERED, tried_at=now)

    with patched(EventDelivery, "after", once):
        yield
