"""The calls of the documented API, each from a request to the object it answers with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from sandbox import endpoints, intents, lists, reads, refunds, render, sessions
from sandbox.errors import Json, invalid
from sandbox.models import Intent, Session
from sandbox.params import Fields
from sandbox.state import State, T


@dataclass(frozen=True)
class Call:
    """One authenticated request: whose it is and what it brings."""

    state: State
    account: str
    fields: Fields
    query: dict[str, list[str]]

    def own(self, store: dict[str, T]) -> list[T]:
        """The account's objects in ``store``, oldest first."""
        return [each for each in store.values() if each.account == self.account]


Handler = Callable[..., Json]


def _create_session(call: Call) -> Json:
    return render.session(call.state, sessions.create(call.state, call.account, call.fields))


def _list_sessions(call: Call) -> Json:
    def show(one: Session) -> Json:
        return render.session(call.state, one)

    own = call.own(call.state.sessions)
    return lists.page(call.fields, call.query, own, show, "/v1/checkout/sessions")


def _get_session(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.sessions, call.account, "checkout.session", identifier)
    return render.session(state, found)


def _expire_session(call: Call, identifier: str) -> Json:
    state = call.state
    call.fields.done()
    found = state.find(state.sessions, call.account, "checkout.session", identifier)
    sessions.expire(state, found)
    return render.session(state, found)


def _create_intent(call: Call) -> Json:
    return render.intent(call.state, intents.create(call.state, call.account, call.fields))


def _list_intents(call: Call) -> Json:
    def show(one: Intent) -> Json:
        return reads.intent(call.state, one)

    own = call.own(call.state.intents)
    return lists.page(call.fields, call.query, own, show, "/v1/payment_intents")


def _get_intent(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.intents, call.account, "payment_intent", identifier)
    return reads.intent(state, found)


def _cancel_intent(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.intents, call.account, "payment_intent", identifier)
    intents.cancel_requested(state, found, call.fields)
    return render.intent(state, found)


def _create_refund(call: Call) -> Json:
    return render.refund(call.state, refunds.create(call.state, call.account, call.fields))


def _get_refund(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.refunds, call.account, "refund", identifier)
    return reads.refund(state, found)


def _get_dispute(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.disputes, call.account, "dispute", identifier)
    return render.dispute(state, found)


def _create_endpoint(call: Call) -> Json:
    made = endpoints.create(call.state, call.account, call.fields)
    return render.endpoint(made, with_secret=True)


def _list_endpoints(call: Call) -> Json:
    own, url = call.own(call.state.endpoints), "/v1/webhook_endpoints"
    return lists.page(call.fields, call.query, own, render.endpoint, url, by_time=False)


def _get_endpoint(call: Call, identifier: str) -> Json:
    state = call.state
    return render.endpoint(
        state.find(state.endpoints, call.account, "webhook_endpoint", identifier)
    )


def _update_endpoint(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.endpoints, call.account, "webhook_endpoint", identifier)
    endpoints.update(found, call.fields)
    return render.endpoint(found)


def _delete_endpoint(call: Call, identifier: str) -> Json:
    state = call.state
    found = state.find(state.endpoints, call.account, "webhook_endpoint", identifier)
    endpoints.delete(state, found)
    return {"id": identifier, "object": "webhook_endpoint", "deleted": True}


def _get_event(call: Call, identifier: str) -> Json:
    state = call.state
    return state.find(state.events, call.account, "event", identifier).body


def _rule(method: str, path: str, handler: Handler) -> Rule:
    return Rule(path, methods=[method], endpoint=handler)


ROUTES = Map(
    [
        _rule("POST", "/v1/checkout/sessions", _create_session),
        _rule("GET", "/v1/checkout/sessions", _list_sessions),
        _rule("GET", "/v1/checkout/sessions/list", _list_sessions),
        _rule("GET", "/v1/checkout/sessions/<identifier>", _get_session),
        _rule("POST", "/v1/checkout/sessions/<identifier>/expire", _expire_session),
        _rule("POST", "/v1/payment_intents", _create_intent),
        _rule("GET", "/v1/payment_intents", _list_intents),
        _rule("GET", "/v1/payment_intents/<identifier>", _get_intent),
        _rule("POST", "/v1/payment_intents/<identifier>/cancel", _cancel_intent),
        _rule("POST", "/v1/refunds", _create_refund),
        _rule("GET", "/v1/refunds/<identifier>", _get_refund),
        _rule("GET", "/v1/disputes/<identifier>", _get_dispute),
        _rule("POST", "/v1/webhook_endpoints", _create_endpoint),
        _rule("GET", "/v1/webhook_endpoints", _list_endpoints),
        _rule("GET", "/v1/webhook_endpoints/<identifier>", _get_endpoint),
        _rule("POST", "/v1/webhook_endpoints/<identifier>", _update_endpoint),
        _rule("DELETE", "/v1/webhook_endpoints/<identifier>", _delete_endpoint),
        _rule("GET", "/v1/events/<identifier>", _get_event),
    ],
    redirect_defaults=False,
    merge_slashes=False,
)


def match(asked: Request) -> tuple[Handler, dict[str, Any]]:
    """The call that a request asks for, and the ids in its path."""
    try:
        endpoint, arguments = ROUTES.bind("").match(asked.path, asked.method)
    except HTTPException as problem:
        raise invalid(
            f"Unrecognized request: {asked.method} {asked.path}",
            code="sandbox_unknown_url",
            status=404,
        ) from problem
    return endpoint, dict(arguments)
