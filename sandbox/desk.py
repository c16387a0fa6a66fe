"""The control page for people: what happened, and a button for each lever of the control plane.

A form is posted to the twin of a lever, ``/_sandbox/page`` and the lever's own path, which pulls
that very lever and answers 303 back to the page. Nothing here needs JavaScript.
"""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template

from sandbox import disputes
from sandbox.control import Action, Control, actions, guard
from sandbox.endpoints import EVENT_TYPES
from sandbox.errors import ApiError, Json
from sandbox.faults import API_FAULTS, WEBHOOK_FAULTS
from sandbox.levers import DESK
from sandbox.models import PAYABLE, Intent
from sandbox.pages import Shown, never_stored
from sandbox.refunds import REASONS, of_intent, remaining
from sandbox.state import State
from sandbox.switches import LARGEST_NUMBER

MOST_ROWS = 50
SEEN_WITHIN_S = 1.0
PLACES = {"events": "#deliveries", "webhook_endpoints": "", "reset": ""}
STEPS = (("1 minute", 60), ("10 minutes", 600), ("1 hour", 3_600), ("24 hours", 86_400))


class Desk:
    """The pages over one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._control = Control(state)

    def overview(self, problem: str = "") -> str:
        """Everything, the newest first, with its buttons."""
        with self._state.acting():
            state = self._state
            return render_template(
                "overview.html",
                state=state,
                problem=problem,
                most=MOST_ROWS,
                steps=STEPS,
                payments=[self._payment(each) for each in _newest(state.intents.values())],
                paid=[each for each in state.intents.values() if each.status == "succeeded"],
                refunds=_newest(state.refunds.values()),
                disputes=_newest(state.disputes.values()),
                deliveries=self._deliveries(),
                held=sum(each.state == "held" for each in state.deliveries.values()),
                faults=self._control.faults()["data"],
                requests=_newest(self._control.requests()["data"]),
                switches=self._switches(),
                words=_words(),
                instant=instant,
                pretty=pretty,
            )

    def delivery(self, identifier: str) -> Shown:
        """One delivery: every attempt with its signature, and the bytes that were signed."""
        try:
            rows = self._control.attempts(identifier)
        except ApiError as error:
            return self.overview(error.message), error.status
        body = json.loads(rows[-1]["body"])
        return render_template(
            "delivery.html", rows=rows, row=rows[-1], body=body, instant=instant, pretty=pretty
        )

    def pull(self, lever: Action, /, **path: str) -> Shown:
        """Pull the lever; what it set going is waited for a moment, so that the page shows it."""
        try:
            lever.act(**path)
        except ApiError as error:
            return self.overview(error.message), error.status
        self._state.settle(SEEN_WITHIN_S)
        place = lever.path.split("/")[1]
        anchor = PLACES.get(place, f"#{place}")
        return redirect(f"/_sandbox/{anchor}", 303)

    def _payment(self, intent: Intent) -> Json:
        session = self._state.sessions.get(intent.session)
        return {
            "intent": intent,
            "page": f"/pay/{session.page_id}" if session else "",
            "names": [line["description"] for line in session.line_items] if session else [],
            "open": intent.status in PAYABLE | {"processing"},
            "refundable": remaining(self._state, intent),
            "refunds": len(of_intent(self._state, intent)),
        }

    def _deliveries(self) -> list[Json]:
        """Each delivery as its last attempt left it."""
        return [self._control.attempts(each)[-1] for each in _newest(self._state.deliveries)]

    def _switches(self) -> list[Json]:
        told = self._control.switches()
        return [
            about
            | {
                "name": name,
                "value": json.dumps(told["switches"][name]),
                "default": json.dumps(about["default"]),
                "positions": [json.dumps(each) for each in _positions(about)],
                "least": min(1, about["default"]) if type(about["default"]) is int else None,
                "largest": LARGEST_NUMBER,
            }
            for name, about in told["about"].items()
        ]


def _newest(of: Any) -> list[Any]:
    return list(reversed(list(of)))[:MOST_ROWS]


def _positions(about: Json) -> list[Any]:
    if about["choices"]:
        return list(about["choices"])
    return [True, False] if type(about["default"]) is bool else []


def _words() -> Json:
    """What may be chosen in the forms."""
    return {
        "refund_reasons": sorted(REASONS),
        "dispute_reasons": sorted(disputes.REASONS),
        "openings": sorted(disputes.OPENINGS, reverse=True),
        "event_types": sorted(EVENT_TYPES),
        "webhook_faults": sorted(WEBHOOK_FAULTS),
        "api_faults": sorted(API_FAULTS),
    }


def instant(milliseconds: int | None) -> str:
    """An instant as a person reads it."""
    if milliseconds is None:
        return "–"
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%d %b %H:%M:%S}"


def pretty(value: object) -> str:
    """JSON with line breaks."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def blueprint(state: State) -> Blueprint:
    """The routes of the page, and a twin for each lever."""
    routes, desk = Blueprint(DESK, __name__, url_prefix="/_sandbox"), Desk(state)
    routes.get("/")(desk.overview)
    routes.get("/page/deliveries/<identifier>")(desk.delivery)
    for action in actions(state):
        path = f"/page{action.path}" + ("/clear" if action.verb == "DELETE" else "")
        routes.add_url_rule(path, f"POST {path}", partial(desk.pull, action), methods=["POST"])
    guard(routes)
    routes.after_request(never_stored)
    return routes
