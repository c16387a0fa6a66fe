"""Changes of the rules of payments: status, amounts, keys, expectations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chalicelib.domain import payment_decisions, refund_rules
from chalicelib.domain.payments import PaymentStatus
from chalicelib.usecases import (
    begin_payment,
    idempotency,
    receive_psp_event,
    request_refund,
)
from simulator.changes import collector, patched, unguarded
from simulator.killing import Mutant

MUTANTS: list[Mutant] = []
mutant = collector(MUTANTS)


@mutant("the rank of a payment is not looked at")
def rank_unchecked() -> Iterator[None]:
    decide = payment_decisions.decide

    def blind(payment: Any, fact: Any, cause: Any, **more: Any) -> Any:
        low = replace(payment, status=PaymentStatus.UNPAID, review=None)
        return decide(low, fact, cause, **more)

    with (
        patched(receive_psp_event, "decide", blind),
        unguarded(("apply",), "payment", only=("rank", "captured")),
    ):
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

    with (
        patched(refund_rules, "_check_state", blind),
        unguarded(("reserve",), "payment", only=("refund_inflight",)),
    ):
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

    with patched(request_refund, "earlier", blind), patched(begin_payment, "earlier", blind):
        yield
