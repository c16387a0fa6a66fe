"""Changes of what the store guards: conditions dropped, groups torn apart."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb import keys, store_payments, storing
from chalicelib.adapters.dynamodb.item_forms import COUNTED
from chalicelib.adapters.dynamodb.store_payments import PaymentStore
from chalicelib.adapters.dynamodb.storing import Storing
from chalicelib.adapters.dynamodb.writes import Assign, Put, Shift, Update, Write
from chalicelib.domain import refund_rules
from chalicelib.usecases.failures import StoreUnavailable
from simulator.changes import ANYTHING, Group, collector, original, patched, rewritten, unguarded
from simulator.engine import SimEngine
from simulator.killing import Mutant

MUTANTS: list[Mutant] = []
mutant = collector(MUTANTS)


@mutant("a refund is reserved whatever the payment is by then, with a blind ADD")
def reserve_unguarded() -> Iterator[None]:
    with unguarded(("reserve",), "payment", "ledger"):
        yield


@mutant("the ledger is overwritten, and nothing checks where it stands")
def ledger_overwritten() -> Iterator[None]:
    with unguarded(("apply", "post", "void", "external", "reverse"), "payment", "ledger"):
        yield


@mutant("the end of a refund is written unconditionally")
def unconditional_finish() -> Iterator[None]:
    with unguarded(("post", "void"), "payment", "refund", "ledger"):
        yield


@mutant("an idempotency key is taken from whoever has it")
def claim_unguarded() -> Iterator[None]:
    with unguarded(("reserve", "begin"), "claim"):
        yield


@mutant("a dispute that opens meanwhile does not stop a refund")
def dispute_unchecked() -> Iterator[None]:
    check = refund_rules._check_state

    def blind(payment: Any, request: Any, remaining: Any) -> None:
        check(replace(payment, disputes={}), request, remaining)

    with (
        patched(refund_rules, "_check_state", blind),
        unguarded(("reserve",), "payment", only=("disputed", "seq")),
    ):
        yield


@mutant("the use of a limited link is taken without looking")
def link_unguarded() -> Iterator[None]:
    with unguarded(("begin", "apply"), "link"):
        yield


@mutant("pieces of stock are taken without looking whether they are there")
def stock_unguarded() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        return [replace(each, guard=ANYTHING) if _is_stock(each) else each for each in group]

    with rewritten(rewrite):
        yield


@mutant("pieces that were held for a session do not come back when it is over")
def stock_not_returned() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        return [each for each in group if not (_is_stock(each) and _adds(each, "available"))]

    with rewritten(rewrite):
        yield


@mutant("pieces that were paid for stay held")
def stock_not_spent() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        return [
            each for each in group if not _is_stock(each) or _adds(each, "reserved", "available")
        ]

    with rewritten(rewrite):
        yield


def _is_stock(write: Write) -> bool:
    return write.name.startswith("stock ")


def _adds(write: Write, *names: str) -> bool:
    """Whether there is more of one of them afterwards."""
    changes = write.changes if isinstance(write, Update) else {}
    return any(isinstance(by := changes.get(name), Shift) and by.by > 0 for name in names)


@mutant("the items of a group are written one by one, and a death comes between")
def no_transactions() -> Iterator[None]:
    whole = SimEngine._apply

    def torn(engine: SimEngine, stroke: str, group: Group) -> None:
        for write in group:
            whole(engine, stroke, [write])

    with patched(SimEngine, "_apply", torn):
        yield


@mutant("a write without an answer is taken for a success")
def unknown_is_success() -> Iterator[None]:
    write = Storing._write

    def hopeful(store: PaymentStore, *writes: Write) -> None:
        try:
            write(store, *writes)
        except StoreUnavailable:
            return

    with patched(Storing, "_write", hopeful):
        yield


@mutant("keys do not begin with their merchant")
def tenant_prefix_dropped() -> Iterator[None]:
    with patched(keys, "_scope", lambda tenant: "M#"):
        yield


@mutant("the provider's names are kept by writing the whole payment as it was read")
def full_item_put() -> Iterator[None]:
    def put(store: PaymentStore, payment: Any, provider: Any, answered: Any) -> None:
        item = {
            k: v
            for k, v in store_payments._with_provider(payment, provider).items()
            if v is not None
        }
        at = keys.payment_key(payment.tenant, payment.id)
        store._write(Put("payment", at, item, ANYTHING), store_payments._intent(payment, provider))

    with patched(PaymentStore, "bind_provider", put):
        yield


@mutant("the totals are set to what was calculated instead of shifted, and nobody compares seq")
def assigned_sums() -> Iterator[None]:
    changes = original(storing, "changes")

    def assigned(before: Any, after: Any) -> Any:
        made = changes(before, after)
        return {name: Assign(after[name]) if name in COUNTED and name in made else change
                for name, change in made.items()}  # fmt: skip

    with (
        patched(storing, "changes", assigned),
        unguarded(("reserve", "post", "void", "apply", "external"), "payment", "ledger"),
    ):
        yield


@mutant("an event is kept in a write of its own, before its effect")
def dedupe_before_effect() -> Iterator[None]:
    write = Storing._write

    def first(store: PaymentStore, *writes: Write) -> None:
        if len(writes) > 1 and writes[0].name == "event":
            write(store, writes[0])
            writes = writes[1:]
        write(store, *writes)

    with patched(Storing, "_write", first):
        yield
