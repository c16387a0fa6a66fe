"""What a person decides: the end of a refund that no evidence settles, a review, a discrepancy.

It goes the same way as everything else: the same transitions, guards and ledger, with the person's
name as the actor.
"""

from dataclasses import replace

from chalicelib.domain.discrepancies import DiscrepancyKind, DiscrepancyStatus
from chalicelib.domain.errors import ParameterInvalid, RefundInProgress, ResourceMissing
from chalicelib.domain.ids import RefundId, Tenant, payment_id, ulid_of
from chalicelib.domain.ledger import Cause
from chalicelib.domain.payment_decisions import ACCEPTED, close_review
from chalicelib.domain.payments import Payment
from chalicelib.domain.refunds import OPEN, Refund, post, reverse, void
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.ports import Psps, Store
from chalicelib.usecases.resolve_refund import in_step, other_came_back

CHANGED = "It has just changed. Look again before deciding."


def settle_refund(
    store: Store, psps: Psps, tenant: Tenant, id: str, happened: bool, cause: Cause
) -> Refund:
    """The end of an open refund, as the person saw it at the provider; or that one did not happen
    for which another of the provider's was taken because its amount fits, which came back since.

    Raises ResourceMissing, ParameterInvalid when its end is known or that other stands,
    RefundInProgress when somebody is at it just now, PspError when the provider tells nothing.
    """
    refund = store.refund(tenant, RefundId(id)) if ulid_of(id, "re") else None
    payment = store.payment(tenant, refund.payment) if refund else None
    if refund is None or payment is None:
        raise ResourceMissing("refund", id)
    mistaken = refund.is_guess and not happened
    if mistaken and not other_came_back(psps, refund):
        # Its amount is gone as long as that one stands, and is counted here and nowhere else.
        raise ParameterInvalid(
            f"{id} stands for {refund.psp_refund}, which has not come back.", param="refund"
        )
    if not mistaken and refund.status not in OPEN:
        raise ParameterInvalid(f"{id} is {refund.status} already.", param="refund")
    if not in_step(payment, refund):
        raise RefundInProgress(CHANGED)
    if refund.lease_until > cause.at:
        raise RefundInProgress(f"{id} is being sent just now.")
    seen = f"decided by {cause.actor}"
    try:
        if mistaken:
            step = reverse(payment, refund, seen, cause)
            store.reverse_refund(payment, step, None)
        else:
            ends = post(payment, refund, refund.psp_refund, cause)
            step = ends if happened else void(payment, refund, seen, cause)
            # Whoever took it up since the person looked may have sent it.
            store.settle_refund(payment, step, refund.lease_owner)
    except Lost:
        raise RefundInProgress(CHANGED) from None
    unresolved = f"disc_{DiscrepancyKind.REFUND_UNRESOLVED}.{id}"
    known = store.discrepancy(tenant, unresolved)
    if known is not None and known.status is DiscrepancyStatus.OPEN:
        end_discrepancy(store, tenant, unresolved, DiscrepancyStatus.EXPLAINED, seen, cause)
    return step.refund


def accept_review(store: Store, tenant: Tenant, id: str, cause: Cause) -> Payment:
    """A payment in review is good as it stands. Raises ResourceMissing, ParameterInvalid."""
    ulid = payment_id(id)
    payment = store.payment(tenant, ulid) if ulid else None
    if payment is None:
        raise ResourceMissing("payment", id)
    if payment.review is None or payment.review.verdict is not None:
        raise ParameterInvalid(f"{id} is not in review.", param="payment")
    change = close_review(payment, ACCEPTED, cause)
    try:
        store.record_change(payment, change)
    except Lost:
        raise RefundInProgress(CHANGED) from None
    return change.payment


def end_discrepancy(
    store: Store, tenant: Tenant, id: str, status: DiscrepancyStatus, reason: str, cause: Cause
) -> None:
    """A discrepancy is explained or accepted. Raises ResourceMissing, ParameterInvalid."""
    found = store.discrepancy(tenant, id)
    if found is None:
        raise ResourceMissing("discrepancy", id)
    ended = replace(
        found, status=status, actor=cause.actor, reason=reason[:500], closed_at=cause.at
    )
    try:
        store.close_discrepancy(found, ended)
    except Lost:
        raise ParameterInvalid(f"{id} is {found.status} already.", param="discrepancy") from None
