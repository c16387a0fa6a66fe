"""The control plane's levers on money: what shoppers, banks and the dashboard do by hand."""

from collections.abc import Iterable

from flask import request

from sandbox import disputes, intents, refunds, render
from sandbox.errors import Json, invalid, missing
from sandbox.methods import METHODS, places_of
from sandbox.params import Fields, parse, strict_json
from sandbox.state import State

DESK = "desk"  # the blueprint whose requests are forms


class Levers:
    """One method a lever, over one state. Answers are the objects as they are now."""

    def __init__(self, state: State) -> None:
        self._state = state

    def act_on_intent(self, identifier: str, action: str) -> Json:
        """Approve, decline or cancel a payment as the shopper or the provider would.

        An approval may name another ``amount_received`` and ``currency`` than was asked for.
        """
        fields = sent_fields()
        received = fields.integer("amount_received")
        currency = fields.text("currency").upper()
        method = fields.choice("method", METHODS)
        fields.done()
        with self._state.acting():
            state = self._state
            if currency:
                places_of(currency, state.switches.minor_units)
            intent = refunds.intent_anywhere(state, identifier)
            if action == "cancel":
                intents.cancel_requested(state, intent, Fields({}))
            elif intent.status != "succeeded":
                if intent.status == "requires_payment_method":
                    intents.choose(state, intent, method or _usual(intent.methods))
                if action == "approve":
                    intents.approve(state, intent, received, currency)
                else:
                    intents.decline(state, intent)
            return render.intent(state, intent)

    def make_refund(self) -> Json:
        """A refund made by hand in the provider's dashboard."""
        with self._state.acting():
            made = refunds.create_in_dashboard(self._state, sent_fields())
            return render.refund(self._state, made)

    def decide_refund(self, identifier: str, outcome: str) -> Json:
        """Let a refund succeed or fail."""
        with self._state.acting():
            found = self._state.refunds.get(identifier)
            if found is None:
                raise missing("refund", identifier)
            refunds.decide(self._state, found, outcome == "succeed")
            return render.refund(self._state, found)

    def payment(self, identifier: str) -> Json:
        """The totals of one payment."""
        with self._state.acting():
            intent = refunds.intent_anywhere(self._state, identifier)
            return refunds.totals(self._state, intent)

    def open_dispute(self) -> Json:
        """The shopper's bank disputes a payment."""
        with self._state.acting():
            return render.dispute(self._state, disputes.create(self._state, sent_fields()))

    def move_dispute(self, identifier: str, step: str) -> Json:
        """Let a dispute go on or end."""
        with self._state.acting():
            found = disputes.anywhere(self._state, identifier)
            act = disputes.update if step == "update" else disputes.close
            act(self._state, found, sent_fields())
            return render.dispute(self._state, found)


def _usual(methods: list[str]) -> str:
    return "dana" if "dana" in methods else methods[0]


def sent_body() -> Json:
    """The JSON object that the control plane was sent, or the form of the page for people."""
    if request.blueprint == DESK:
        return filled_in(request.form.items(multi=True))
    return parse(request.get_data(), request.headers.get("Content-Type", ""))


def sent_fields() -> Fields:
    """The same, to be read field by field."""
    return Fields(sent_body())


def filled_in(form: Iterable[tuple[str, str]]) -> Json:
    """A form as the JSON object that it stands for.

    What was left blank was not sent; a field called ``amount:json`` holds ``amount`` as JSON.
    """
    body: Json = {}
    for name, text in form:
        key, _, kind = name.partition(":")
        if not text.strip():
            continue
        try:
            body[key] = strict_json(text.encode()) if kind == "json" else text
        except (ValueError, RecursionError) as problem:
            raise invalid(f"{key} can't be {text[:40]}", key) from problem
    return body
