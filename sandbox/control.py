"""The control plane under /_sandbox/: what happened, and levers for what should happen next."""

import re
from collections.abc import Callable
from typing import NamedTuple

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from sandbox import endpoints, render
from sandbox.api import authenticate_key
from sandbox.errors import ApiError, Json, invalid, missing
from sandbox.levers import Levers, sent_body, sent_fields
from sandbox.models import Delivery, Event
from sandbox.params import LOOPBACK, Fields
from sandbox.state import State

MOST_SECONDS = 400 * 86_400
_SECRET = re.compile(r"whsec_([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


class Control:
    """One method a lever. Answers are JSON objects; lists stand under ``data``, newest last."""

    def __init__(self, state: State) -> None:
        self._state = state

    def health(self) -> Json:
        """Whether it serves, and its time."""
        return {"status": "ok", "now": self._state.now()}

    def requests(self) -> Json:
        """Every request to /v1."""
        with self._state.acting():
            return {"data": [each.shown() for each in self._state.requests]}

    def clear_requests(self) -> Json:
        """Forget the logged requests."""
        with self._state.acting():
            self._state.requests.clear()
            return {"data": []}

    def events(self) -> Json:
        """Every event, as delivered."""
        with self._state.acting():
            return {"data": [each.body for each in self._state.events.values()]}

    def deliver_event(self, identifier: str) -> Json:
        """Send an event once more to every endpoint that wants it."""
        with self._state.acting():
            event = self._event(identifier)
            state = self._state
            made = [
                state.queue(event, each.id, faulty=False)
                for each in state.endpoints.values()
                if each.account == event.account and each.wants(event.type)
            ]
            return {"data": [row for each in made for row in self._rows(each)]}

    def deliveries(self) -> Json:
        """Every attempt; a delivery not yet attempted is one row with attempt 0."""
        with self._state.acting():
            rows = [row for each in self._state.deliveries.values() for row in self._rows(each)]
            return {"data": sorted(rows, key=lambda row: row["sandbox_time"] or 0)}

    def attempts(self, identifier: str) -> list[Json]:
        """The rows of one delivery."""
        with self._state.acting():
            found = self._state.deliveries.get(identifier)
            if found is None:
                raise missing("delivery", identifier)
            return self._rows(found)

    def resend(self, identifier: str) -> Json:
        """Make one delivery due now, whatever became of it."""
        with self._state.acting():
            found = self._state.deliveries.get(identifier)
            if found is None or found.endpoint not in self._state.endpoints:
                raise missing("delivery", identifier)
            self._state.schedule(found, self._state.now())
            return {"data": self._rows(found)}

    def release(self) -> Json:
        """Let held deliveries go, oldest first, or newest first with ``{"order": "reversed"}``."""
        fields = sent_fields()
        backwards = fields.choice("order", {"kept", "reversed"}, "kept") == "reversed"
        fields.done()
        with self._state.acting():
            held = [each for each in self._state.deliveries.values() if each.state == "held"]
            for each in reversed(held) if backwards else held:
                self._state.schedule(each, self._state.now())
            return {"released": len(held)}

    def advance(self) -> Json:
        """Move the clock; returns once everything due on the way has happened."""
        fields = sent_fields()
        seconds = fields.required_integer("seconds", 0, MOST_SECONDS)
        fields.done()
        return {"now": self._state.advance(seconds)}

    def switches(self) -> Json:
        """The position of each switch, and what each means."""
        with self._state.acting():
            switches = self._state.switches
            return {"switches": switches.values(), "about": switches.described()}

    def change_switches(self) -> Json:
        """Set switches by name, all or none."""
        with self._state.acting():
            self._state.switches.change(sent_body())
        return self.switches()

    def faults(self) -> Json:
        """The faults still to come."""
        with self._state.acting():
            return {"data": self._state.faults.planned()}

    def plan_fault(self) -> Json:
        """Plan a fault."""
        with self._state.acting():
            return dict(vars(self._state.faults.plan(sent_body())))

    def clear_faults(self) -> Json:
        """Drop every planned fault."""
        with self._state.acting():
            self._state.faults.clear()
            return {"data": []}

    def make_endpoint(self) -> Json:
        """Register an endpoint for any account, with a secret of the caller's choice."""
        body = sent_body()
        chosen = {name: body.pop(name, "") for name in ("account", "secret")}
        fields = Fields(chosen)
        account = authenticate_key(fields.required_text("account"))
        secret = fields.text("secret")
        if secret and not _SECRET.fullmatch(secret):
            raise invalid("secret must be whsec_ and base64 of whole groups of four", "secret")
        with self._state.acting():
            made = endpoints.create(self._state, account, Fields(body), secret)
            return render.endpoint(made, with_secret=True)

    def reset(self) -> Json:
        """Forget everything."""
        self._state.reset()
        return {"status": "reset"}

    def _event(self, identifier: str) -> Event:
        found = self._state.events.get(identifier)
        if found is None:
            raise missing("event", identifier)
        return found

    def _rows(self, delivery: Delivery) -> list[Json]:
        endpoint = self._state.endpoints.get(delivery.endpoint)
        common = {
            "id": delivery.id,
            "event": delivery.event,
            "type": delivery.type,
            "endpoint": delivery.endpoint,
            "url": endpoint.url if endpoint else "",
            "body": delivery.raw.decode(),
            "state": delivery.state,
        }
        if not delivery.attempts:
            return [common | _attempt_row(0, None, None, "", "", delivery.due)]
        last = len(delivery.attempts)
        return [
            common
            | _attempt_row(
                each.number,
                each.status,
                each.at,
                each.error,
                each.signature,
                delivery.due if each.number == last else None,
            )
            for each in delivery.attempts
        ]


def _attempt_row(
    number: int, status: int | None, at: int | None, error: str, signature: str, due: int | None
) -> Json:
    return {
        "attempt": number,
        "status": status,
        "sandbox_time": at,
        "error": error,
        "signature": signature,
        "next_attempt": due,
    }


class Action(NamedTuple):
    """A lever and where it is pulled; the page for people has a twin of each."""

    verb: str
    path: str
    act: Callable[..., Json]


def actions(state: State) -> list[Action]:
    """Every lever that changes something."""
    control, levers = Control(state), Levers(state)
    decision = "/payment_intents/<identifier>/<any(approve, decline, cancel):action>"
    return [
        Action("DELETE", "/requests", control.clear_requests),
        Action("POST", "/events/<identifier>/deliver", control.deliver_event),
        Action("POST", "/deliveries/<identifier>/resend", control.resend),
        Action("POST", "/deliveries/release", control.release),
        Action("POST", "/clock/advance", control.advance),
        Action("POST", "/switches", control.change_switches),
        Action("POST", "/faults", control.plan_fault),
        Action("DELETE", "/faults", control.clear_faults),
        Action("POST", "/webhook_endpoints", control.make_endpoint),
        Action("POST", "/reset", control.reset),
        Action("POST", decision, levers.act_on_intent),
        Action("POST", "/refunds", levers.make_refund),
        Action("POST", "/refunds/<identifier>/<any(succeed, fail):outcome>", levers.decide_refund),
        Action("POST", "/disputes", levers.open_dispute),
        Action("POST", "/disputes/<identifier>/<any(update, close):step>", levers.move_dispute),
    ]


def guard(routes: Blueprint) -> None:
    """Keep a page of another site, and another machine, away from these routes."""

    @routes.errorhandler(ApiError)
    def _refused(error: ApiError) -> tuple[Response, int]:
        return jsonify(error.body("nested")), error.status

    @routes.before_request
    def _from_this_machine() -> None:
        host = request.host.rpartition(":")[0] or request.host
        origin = request.headers.get("Origin", "")
        if host not in LOOPBACK or (origin and origin != f"http://{request.host}"):
            raise invalid("The control plane answers this machine only", status=403)


def blueprint(state: State) -> Blueprint:
    """The routes of the control plane."""
    routes, control = Blueprint("control", __name__, url_prefix="/_sandbox"), Control(state)
    routes.get("/health")(control.health)
    routes.get("/requests")(control.requests)
    routes.get("/events")(control.events)
    routes.get("/deliveries")(control.deliveries)
    routes.get("/switches")(control.switches)
    routes.get("/faults")(control.faults)
    routes.get("/payments/<identifier>")(Levers(state).payment)
    for verb, path, act in actions(state):
        routes.add_url_rule(path, f"{verb} {path}", act, methods=[verb])
    guard(routes)
    return routes
