"""Forty changes of the protocol, each of which must be seen: guards dropped, effects torn apart,
keys forgotten, doubt taken for a no.

A guard is dropped where the write group is built into the engine; a rule is changed where the story
calls it.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb import keys, store_payments, storing
from chalicelib.adapters.dynamodb.item_forms import COUNTED
from chalicelib.adapters.dynamodb.store_payments import PaymentStore
from chalicelib.adapters.dynamodb.storing import Storing
from chalicelib.adapters.dynamodb.writes import (
    Absent,
    AllOf,
    AnyOf,
    Assign,
    Check,
    Guard,
    Present,
    Put,
    Update,
    Write,
)
from chalicelib.domain import payment_decisions, refund_outcomes, refund_rules
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.psp_facts import Declined, InDoubt, RefundFactStatus
from chalicelib.domain.refunds import Refund, RefundStatus
from chalicelib.usecases import apply_refund_fact, idempotency, request_refund, resolve_refund
from chalicelib.usecases import start_checkout
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.keep_event import Keeper
from chalicelib.usecases.ports import DueKind
from chalicelib.usecases.resolve_refund import Resolver
from chalicelib.usecases.sweep import Sweeper
from simulator import psp as psps
from simulator.engine import SimEngine
from simulator.killing import Mutant
from simulator.psp import SimPsp

ANYTHING = AnyOf((Absent(), Present()))
Group = Sequence[Write]
MUTANTS: list[Mutant] = []


def mutant(what: str) -> Callable[[Callable[[], Iterator[None]]], Callable[[], Any]]:
    """Count a change among the mutants, under the name of its function."""

    def named(change: Callable[[], Iterator[None]]) -> Callable[[], Any]:
        made = contextmanager(change)
        MUTANTS.append(Mutant(change.__name__, what, made))
        return made

    return named


@contextmanager
def patched(target: Any, name: str, value: Any) -> Iterator[None]:
    """`target.name` is `value` for a while."""
    kept = target.__dict__[name] if isinstance(target, type) else getattr(target, name)
    setattr(target, name, value)
    try:
        yield
    finally:
        setattr(target, name, kept)


def rewritten(rewrite: Callable[[str, Group], Group]) -> AbstractContextManager[None]:
    """Every write group goes through `rewrite` before it is written."""
    return patched(SimEngine, "rewrite", staticmethod(rewrite))


def unguarded(strokes: Sequence[str], *names: str, only: Sequence[str] = ()) -> Any:
    """The writes of these names in these strokes lose their guards: all, or those on `only`."""

    def rewrite(stroke: str, group: Group) -> Group:
        if stroke not in strokes:
            return group
        return [
            replace(write, guard=_without(write.guard, only)) if write.name in names else write
            for write in group
        ]

    return rewritten(rewrite)


def _without(guard: Guard, only: Sequence[str]) -> Guard:
    if not only:
        return ANYTHING
    if isinstance(guard, AllOf):
        left = tuple(each for each in guard.guards if getattr(each, "attribute", "") not in only)
        return AllOf(left) if left else ANYTHING
    return ANYTHING if getattr(guard, "attribute", "") in only else guard


# --- guards of the store ------------------------------------------------------------------------


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

    with patched(refund_rules, "_check_state", blind):
        with unguarded(("reserve",), "payment", only=("disputed", "seq")):
            yield


@mutant("the use of a limited link is taken without looking")
def link_unguarded() -> Iterator[None]:
    with unguarded(("begin", "apply"), "link"):
        yield


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
        item = {k: v for k, v in store_payments._with_provider(payment, provider).items() if v is not None}
        at = keys.payment_key(payment.tenant, payment.id)
        store._write(Put("payment", at, item, ANYTHING), store_payments._intent(payment, provider))

    with patched(PaymentStore, "bind_provider", put):
        yield


@mutant("the totals are set to what was calculated instead of shifted, and nobody compares seq")
def assigned_sums() -> Iterator[None]:
    changes = storing.changes

    def assigned(before: Any, after: Any) -> Any:
        made = changes(before, after)
        return {name: Assign(after[name]) if name in COUNTED and name in made else change
                for name, change in made.items()}  # fmt: skip

    with patched(storing, "changes", assigned):
        with unguarded(("reserve", "post", "void", "apply", "external"), "payment", "ledger"):
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


# --- status and amounts -------------------------------------------------------------------------


@mutant("the rank of a payment is not looked at")
def rank_unchecked() -> Iterator[None]:
    decide = payment_decisions.decide

    def blind(payment: Any, fact: Any, cause: Any, **more: Any) -> Any:
        low = replace(payment, status=payment_decisions.PaymentStatus.UNPAID, review=None)
        return decide(low, fact, cause, **more)

    from chalicelib.usecases import receive_psp_event

    with patched(receive_psp_event, "decide", blind):
        with unguarded(("apply",), "payment", only=("rank", "captured")):
            yield


@mutant("any amount pays")
def amount_unchecked() -> Iterator[None]:
    with patched(payment_decisions, "_mismatch", lambda payment, fact: None):
        yield


@mutant("a refund of a payment that is in flight is no hindrance to another")
def second_in_flight() -> Iterator[None]:
    check = refund_rules._check_state

    def blind(payment: Any, request: Any, remaining: Any) -> None:
        check(replace(payment, refund_inflight=None), request, remaining)

    with patched(refund_rules, "_check_state", blind):
        with unguarded(("reserve",), "payment", only=("refund_inflight",)):
            yield


@mutant("expected_remaining is not compared")
def expectation_ignored() -> Iterator[None]:
    check = refund_rules._check_state

    def blind(payment: Any, request: Any, remaining: Any) -> None:
        check(payment, replace(request, expected_remaining=None), remaining)

    with patched(refund_rules, "_check_state", blind):
        yield


@mutant("a key that comes with another request gets the first one's answer")
def fingerprint_ignored() -> Iterator[None]:
    def blind(taken: Any, claim: Any) -> Any:
        return idempotency.earlier(replace(taken, fingerprint=claim.fingerprint), claim)

    with patched(request_refund, "earlier", blind), patched(start_checkout, "earlier", blind):
        yield


# --- what the provider says ---------------------------------------------------------------------


@mutant("each attempt goes out under a provider key of its own")
def new_provider_key() -> Iterator[None]:
    with patched(SimPsp, "key_of", lambda psp, refund: f"{refund.id}_{refund.attempts}"):
        yield


@mutant("the provider is not told the amount")
def amount_omitted() -> Iterator[None]:
    asked = SimPsp.asked

    def silent(psp: SimPsp, refund: Refund) -> Any:
        return {**asked(psp, refund), "amount": ""}

    with patched(SimPsp, "asked", silent):
        yield


@mutant("a refund is released when no answer comes")
def release_on_timeout() -> Iterator[None]:
    settle = refund_outcomes.settle

    def rash(payment: Any, refund: Any, outcome: Any, cause: Any) -> Any:
        if isinstance(outcome, InDoubt):
            outcome = Declined("no answer")
        return settle(payment, refund, outcome, cause)

    with patched(resolve_refund, "settle", rash):
        yield


@mutant("a 5xx is a no")
def server_error_declines() -> Iterator[None]:
    refused = psps.refused

    def rash(status: int, error: Any) -> Any:
        return Declined("500") if status >= 500 else refused(status, error)

    with patched(psps, "refused", rash):
        yield


@mutant("a refund in doubt is sent again, whatever is believed of the provider's keys")
def resent_in_doubt() -> Iterator[None]:
    with patched(Refund, "may_be_sent", lambda refund, now, keys: True):
        yield


@mutant("who takes a refund over forgets that it may have been sent")
def doubt_forgotten() -> Iterator[None]:
    leased = Refund.leased

    def forgetful(refund: Refund, owner: str, now: Any) -> Refund:
        return replace(leased(refund, owner, now), in_doubt=False)

    with patched(Refund, "leased", forgetful):
        yield


@mutant("a lease is taken while another holds it")
def lease_ignored() -> Iterator[None]:
    def free(refund: Refund, now: Any) -> bool:
        return refund.status in (RefundStatus.RESERVED, RefundStatus.SENDING, RefundStatus.UNKNOWN)

    leased = Refund.leased

    def undoubting(refund: Refund, owner: str, now: Any) -> Refund:
        return replace(leased(refund, owner, now), in_doubt=refund.in_doubt)

    with patched(Refund, "may_be_taken_up", free), patched(Refund, "leased", undoubting):
        with unguarded(("lease",), "refund"):
            yield


@mutant("a zombie's answer counts as if it still held the lease")
def zombie_unfenced() -> Iterator[None]:
    with unguarded(("note", "post", "void"), "refund"):
        yield


@mutant("a total that does not show a refund (yet) settles it at once")
def evidence_too_early() -> Iterator[None]:
    with patched(refund_outcomes, "SHOWN_AFTER_MS", 0):
        with patched(refund_outcomes, "LOOKED_TWICE_MS", 0):
            yield


@mutant("any higher total posts the refund")
def evidence_too_broad() -> Iterator[None]:
    judge = refund_outcomes.judge

    def broad(payment: Any, refund: Any, total: Any, now: Any) -> Any:
        if total is not None and total.amount > payment.totals.refunded:
            return refund_outcomes.Happened()
        return judge(payment, refund, total, now)

    with patched(resolve_refund, "judge", broad):
        yield


@mutant("what was not executed this time was never executed")
def not_executed_ends_doubt() -> Iterator[None]:
    settle = refund_outcomes.settle

    def rash(payment: Any, refund: Any, outcome: Any, cause: Any) -> Any:
        return settle(payment, replace(refund, in_doubt=False), outcome, cause)

    with patched(resolve_refund, "settle", rash):
        yield


@mutant("a refund that comes back is not given back to the remainder")
def reversal_ignored() -> Iterator[None]:
    step = apply_refund_fact._step

    def deaf(payment: Any, refund: Any, fact: Any, cause: Any) -> Any:
        if refund.status is RefundStatus.POSTED and fact.status is RefundFactStatus.FAILED:
            return None
        return step(payment, refund, fact, cause)

    with patched(apply_refund_fact, "_step", deaf):
        yield


@mutant("refunds made in the dashboard are not counted")
def external_ignored() -> Iterator[None]:
    def ignored(facts: Any, payment: Any, voided: Any, keeper: Keeper, *_: Any) -> str:
        return keeper.ignored("not_ours")

    with patched(apply_refund_fact.RefundFacts, "_absorbed", ignored):
        yield


@mutant("a refund is free for the sweeper while its request still sends it")
def reserved_without_lease() -> Iterator[None]:
    reserve = request_refund.reserve

    def bare(payment: Any, request: Any, **more: Any) -> Any:
        step = reserve(payment, request, **more)
        open_to_all = replace(
            step.refund, status=RefundStatus.RESERVED, lease_until=0, due_at=more["cause"].at
        )
        return replace(step, refund=open_to_all)

    with patched(request_refund, "reserve", bare):
        yield


@mutant("a dispute is heard and forgotten")
def dispute_forgotten() -> Iterator[None]:
    decide = payment_decisions.decide_dispute

    def deaf(payment: Any, fact: Any, cause: Any) -> Any:
        decided = decide(payment, fact, cause)
        if not isinstance(decided, Changed):
            return decided
        return replace(decided, payment=replace(decided.payment, disputes=payment.disputes))

    from chalicelib.usecases import receive_psp_event

    with patched(receive_psp_event, "decide_dispute", deaf):
        yield


# --- who comes back to what was left ------------------------------------------------------------


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
    def resting(resolver: Resolver, refund: Refund, cause: Any) -> Refund:
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
        return None if wrong is payment_decisions.ReviewReason.CURRENCY_MISMATCH else wrong

    with patched(payment_decisions, "_mismatch", blind):
        yield


@mutant("the first write of a refund has no ledger entry")
def ledger_skipped() -> Iterator[None]:
    def rewrite(stroke: str, group: Group) -> Group:
        return [each for each in group if stroke != "reserve" or each.name != "ledger"]

    with rewritten(rewrite):
        yield
