"""What a GET shows: an object as it is, or by ``read_lag_seconds`` as it was.

A creation is never late: what is there is found, in its first state at least.
"""

from typing import TypeVar

from sandbox import render
from sandbox.errors import Json
from sandbox.models import Intent, Refund
from sandbox.state import State

T = TypeVar("T", Intent, Refund)


def intent(state: State, one: Intent) -> Json:
    """A payment intent; its refunded total is as late as its status."""
    if not state.switches.read_lag_seconds:
        return render.intent(state, one)
    of_it = [each for each in state.refunds.values() if each.intent == one.id]
    then = [state.history.at(each, _instant(state)) for each in of_it]
    refunds = [each for each in then if each is not None]
    return render.intent(state, _seen(state, one), refunds)


def refund(state: State, one: Refund) -> Json:
    """A refund, with its metadata unless ``metadata_on_refund`` is off."""
    shown = render.refund(state, _seen(state, one))
    return shown if state.switches.metadata_on_refund else shown | {"metadata": {}}


def _instant(state: State) -> int:
    return state.now() - state.switches.read_lag_seconds * 1000


def _seen(state: State, one: T) -> T:
    if not state.switches.read_lag_seconds:
        return one
    return state.history.at(one, _instant(state)) or state.history.first(one)
