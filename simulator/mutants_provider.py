"""Changes of how the provider is asked and believed."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chalicelib.adapters.dynamodb.writes import Item, Put
from chalicelib.domain import payment_decisions, refund_outcomes
from chalicelib.domain.payment_decisions import Changed
from chalicelib.domain.psp_facts import Declined, InDoubt, RefundFactStatus
from chalicelib.domain.refunds import Refund, RefundedTotal, RefundStatus
from chalicelib.usecases import (
    apply_refund_fact,
    receive_psp_event,
    resolve_refund,
)
from chalicelib.usecases.keep_event import Keeper
from simulator import psp as psps
from simulator.changes import Group, collector, original, patched, rewritten, unguarded
from simulator.killing import Mutant
from simulator.psp import SimPsp

MUTANTS: list[Mutant] = []
mutant = collector(MUTANTS)


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
    refused = original(psps, "refused")

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

    with (
        patched(Refund, "may_be_taken_up", free),
        patched(Refund, "leased", undoubting),
        unguarded(("lease",), "refund"),
    ):
        yield


@mutant("a zombie's answer counts as if it still held the lease")
def zombie_unfenced() -> Iterator[None]:
    with unguarded(("note", "post", "void"), "refund"):
        yield


@mutant("a total that does not show a refund (yet) settles it at once")
def evidence_too_early() -> Iterator[None]:
    with (
        patched(refund_outcomes, "SHOWN_AFTER_MS", dict.fromkeys(RefundedTotal, 0)),
        patched(refund_outcomes, "LOOKED_TWICE_MS", 0),
    ):
        yield


@mutant("any higher total posts the refund")
def evidence_too_broad() -> Iterator[None]:
    judge = refund_outcomes.judge

    def broad(payment: Any, refund: Any, total: Any, *more: Any) -> Any:
        if total is not None and total.amount > payment.totals.refunded:
            return refund_outcomes.Happened()
        return judge(payment, refund, total, *more)

    with patched(resolve_refund, "judge", broad):
        yield


@mutant("no answer leaves no doubt: it is sent again as if for the first time")
def doubt_not_kept() -> Iterator[None]:
    settle = refund_outcomes.settle

    def rash(payment: Any, refund: Any, outcome: Any, cause: Any) -> Any:
        after = settle(payment, refund, outcome, cause)
        return replace(after, in_doubt=False) if isinstance(after, Refund) else after

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
    def bare(stroke: str, group: Group) -> Group:
        if stroke != "reserve":
            return group
        free: Item = {"status": RefundStatus.RESERVED.value, "lease_until": 0}
        return [
            replace(each, item={**each.item, **free})
            if isinstance(each, Put) and each.name == "refund"
            else each
            for each in group
        ]

    with rewritten(bare):
        yield


@mutant("a dispute is heard and forgotten")
def dispute_forgotten() -> Iterator[None]:
    decide = payment_decisions.decide_dispute

    def deaf(payment: Any, fact: Any, cause: Any) -> Any:
        decided = decide(payment, fact, cause)
        if not isinstance(decided, Changed):
            return decided
        return replace(decided, payment=replace(decided.payment, disputes=payment.disputes))

    with patched(receive_psp_event, "decide_dispute", deaf):
        yield
