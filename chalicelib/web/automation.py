"""Refunds that are asked for without the merchants' API: by whom IAM lets invoke the function.

An event is checked as strictly as a request, and answered with the same objects: the refund, or
`{"error": …}`. Whoever invokes it acts for every merchant, so the event says for which.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, StrictBool, StrictStr, StringConstraints

from chalicelib import log
from chalicelib.bootstrap import App
from chalicelib.domain.errors import ResourceMissing, TautanError
from chalicelib.domain.ids import MerchantId, Tenant, ulid_of
from chalicelib.domain.refunds import Refund
from chalicelib.usecases.asking import Asking
from chalicelib.usecases.failures import Answered, Replayed
from chalicelib.usecases.ports import Due, DueKind
from chalicelib.web import render, schemas
from chalicelib.web.errors import STATUS, envelope
from chalicelib.web.forms import Body, Id, checked
from chalicelib.web.refunds import status_of

Actor = Annotated[StrictStr, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,39}$")]
Key = Annotated[StrictStr, StringConstraints(max_length=128)]


class RefundAsked(schemas.RefundCreate):
    """A refund, for which merchant, under which key and, for the ledger, by whom."""

    merchant: Id
    livemode: StrictBool
    idempotency_key: Key
    actor: Actor = "automation"

    @property
    def tenant(self) -> Tenant:
        """Whose payment is refunded."""
        return Tenant(MerchantId(self.merchant), self.livemode)


class HandedRefund(Body):
    """A refund that the sweep hands over."""

    merchant: Id
    livemode: StrictBool
    refund: Id


class Resumed(Body):
    """What the sweep hands over."""

    resume: Annotated[list[HandedRefund], Field(min_length=1, max_length=1000)]


def refunded(app: App, event: Mapping[str, Any]) -> dict[str, Any]:
    """The refund that came of this event, or the error envelope; raises StoreUnavailable, so that
    Lambda tries an asynchronous invocation again, which the key makes harmless."""
    request_id = f"req_{app.mint.ulid()}"
    try:
        asked = checked(RefundAsked, dict(event), form=False)
        with log.request(request_id):
            refund = _made(app, asked, request_id)
    except Replayed as replayed:
        again: dict[str, Any] = json.loads(replayed.answer.body)
        return again
    except TautanError as error:
        log.line("automation.answered", request_id=request_id, error=error.code)
        return envelope(error, request_id)
    log.line("automation.answered", request_id=request_id, refund=refund.id)
    return render.refund(refund)


def handed_over(app: App, event: Mapping[str, Any]) -> Sequence[Due]:
    """The refunds that were handed over; raises InvalidRequest."""
    now = app.clock()
    return [
        Due(DueKind.REFUND, Tenant(MerchantId(each.merchant), each.livemode), each.refund, now)
        for each in checked(Resumed, dict(event), form=False).resume
    ]


def _made(app: App, asked: RefundAsked, request_id: str) -> Refund:
    known = ulid_of(asked.merchant, "acct") is not None
    if not known or app.store.merchant(asked.tenant.merchant) is None:
        raise ResourceMissing("merchant", asked.merchant, param="merchant")
    told = json.dumps(asked.model_dump(exclude={"actor"}), sort_keys=True)

    def tell(outcome: object) -> Answered:
        if isinstance(outcome, TautanError):
            return Answered(STATUS[type(outcome)], json.dumps(envelope(outcome, request_id)))
        assert isinstance(outcome, Refund), "a refund is all that comes of it"
        return Answered(status_of(outcome), json.dumps(render.refund(outcome)))

    asking = Asking(
        tenant=asked.tenant,
        actor=asked.actor,
        now=app.clock(),
        request_id=request_id,
        idempotency_key=asked.idempotency_key,
        fingerprint=hashlib.sha256(told.encode()).hexdigest(),
        tell=tell,
    )
    return app.refunds.request(asking, asked.payment(), asked.new())
