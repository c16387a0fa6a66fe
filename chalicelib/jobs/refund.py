"""Refunds as a function of its own: the only one that may write what was refunded at a merchant's
wish.

It is asked in three ways: by the API, which passes on a merchant's request; by an automation of the
operator's, whom IAM lets invoke it; by the sweep, with refunds whose end is not known. Its module
and name are its handler, so they stay.
"""

from functools import cache
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib import bootstrap, log
from chalicelib.jobs.wall import walled
from chalicelib.web import refunds
from chalicelib.web.automation import handed_over, refunded
from chalicelib.web.doors import door

routes = Blueprint(__name__)


@routes.lambda_function()
@walled
def refund(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The answer to API Gateway; the refund, or the error envelope; how many were gone on with."""
    if "requestContext" in event:
        answer: dict[str, Any] = _door()(event, context)
        return answer
    if "resume" in event:
        app = bootstrap.app()
        done = app.night.resume(handed_over(app, event))
        log.worked("refunds", done)
        return done
    return refunded(bootstrap.app(), event)


@cache
def _door() -> Chalice:
    return door(refunds.door())
