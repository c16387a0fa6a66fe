"""What makes drawn requests reach the shop: ids that exist, fresh keys, forms with brackets.

Of four requests three are led to something real; the fourth stays as it was drawn.
"""

import random
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import schemathesis
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response

from tools.openapi.brackets import pairs
from tools.openapi.document import FORM

Json = dict[str, Any]
OF_A_PATH = {
    "/v1/products": "product",
    "/v1/prices": "price",
    "/v1/payment_links": "payment_link",
    "/v1/checkout/sessions": "checkout.session",
    "/v1/payment_intents": "payment_intent",
    "/v1/refunds": "refund",
    "/v1/events": "event",
    "/v1/webhook_endpoints": "webhook_endpoint",
}
OF_A_FIELD = {
    "product": "product",
    "price": "price",
    "payment_link": "payment_link",
    "checkout_session": "checkout.session",
    "payment_intent": "payment_intent",
    "webhook_endpoint": "webhook_endpoint",
}
NOWHERE = "http://127.0.0.1:9/hook"  # nobody is told of what is drawn
MOST_KNOWN = 20


class Grounds:
    """The objects that a run has seen, newest last, and what it makes of a drawn request."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - so that a seed repeats a run
        self._known: dict[str, list[str]] = {}

    def learn(self, response: Response) -> None:
        """Remember the object that an answer shows."""
        if response.status_code not in (200, 202) or not response.content:
            return
        told = response.json()
        for each in told["data"] if told.get("object") == "list" else [told]:
            if "id" in each and not each.get("deleted"):
                known = self._known.setdefault(str(each["object"]), [])
                if each["id"] not in known:
                    known.append(each["id"])
                del known[:-MOST_KNOWN]

    def ground(self, case: schemathesis.Case[Any]) -> None:
        """Lead a request that fits its schema to what exists."""
        if case.meta is None or self._chance.random() < 0.25:
            return
        negative = case.meta.is_negative_at
        if case.path_parameters and not negative(ParameterLocation.PATH):
            self._name(case.path_parameters, "id", OF_A_PATH[self._root(case.path)])
        if "Idempotency-Key" in case.headers and not negative(ParameterLocation.HEADER):
            case.headers["Idempotency-Key"] = UUID(int=self._chance.getrandbits(128)).hex
        if not negative(ParameterLocation.QUERY) and "starting_after" in case.query:
            case.query.pop("ending_before", None)
            self._name(case.query, "starting_after", OF_A_PATH[self._root(case.path)])
        if not negative(ParameterLocation.QUERY) and "created" in case.query:
            for name in [each for each in case.query if each.startswith("created[")]:
                del case.query[name]
        if not negative(ParameterLocation.BODY):
            self._lead(case.body)
            if case.media_type == FORM and isinstance(case.body, dict):
                case.body = _without_nulls(case.body)

    def _lead(self, value: Any) -> None:
        if isinstance(value, list):
            for part in value:
                self._lead(part)
        if not isinstance(value, dict):
            return
        for name, part in value.items():
            if name in OF_A_FIELD and isinstance(part, str):
                self._name(value, name, OF_A_FIELD[name])
            elif name == "currency" and isinstance(part, str):
                value[name] = "IDR"
            elif name == "url" and isinstance(part, str):
                value[name] = NOWHERE
            else:
                self._lead(part)

    def _name(self, where: MutableMapping[str, Any], name: str, kind: str) -> None:
        known = self._known.get(kind, [])
        if known and where[name] not in known:
            where[name] = self._chance.choice(known)

    def _root(self, path: str) -> str:
        return next(root for root in OF_A_PATH if path.startswith(root))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {name: _without_nulls(part) for name, part in value.items() if part is not None}


@schemathesis.serializer(FORM)
def form(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """A body as a form: brackets for what is nested, nothing for null."""
    if not isinstance(value, dict):
        return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    return urlencode(list(pairs(value)), errors="replace").encode()
