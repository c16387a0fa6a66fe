"""Whatever a test of the edge makes the application do is held against the policy of the function
that does it in a deployed stage: what its policy does not allow fails the test.

Which function that is follows from the route or the job, not from what a test says.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import pytest

from chalicelib.adapters.dynamodb.engine import DynamoDBEngine
from chalicelib.adapters.dynamodb.writes import (
    Check,
    Engine,
    Item,
    Key,
    Page,
    Put,
    Sift,
    Sifted,
    Update,
    Write,
)
from chalicelib.jobs import deliver, refund
from chalicelib.usecases.night_shift import NightShift
from chalicelib.web import endpoint
from tests.iam import ATTRIBUTES, LEADING_KEYS, PLACES, Asked, allows

TABLE = "arn:aws:dynamodb:{region}:{account}:table/tautan-{stage}".format(**PLACES)
PARAMETERS = "arn:aws:ssm:{region}:{account}:parameter".format(**PLACES)
ELSEWHERE = {"POST /webhooks/wooshpay/{merchant}": "webhook", "POST /v1/refunds": "refund"}
ACTIONS: dict[type[Write], str] = {
    Put: "PutItem",
    Update: "UpdateItem",
    Check: "ConditionCheckItem",
}
USED: Counter[tuple[str, str]] = Counter()
_function: ContextVar[str | None] = ContextVar("function", default=None)
_spelling = DynamoDBEngine(None, "any")


class NotAllowed(BaseException):
    """The function's role may not do this; nothing of the application's may catch it."""


def check(action: str, resource: str, **context: Sequence[str]) -> None:
    """Raises NotAllowed."""
    function = _function.get()
    if function is None:  # the test itself
        return
    named = {"keys": LEADING_KEYS, "attributes": ATTRIBUTES}
    asked = Asked(action, resource, {named[name]: values for name, values in context.items()})
    USED[function, action] += 1
    if not allows(function, asked):
        raise NotAllowed(f"{function} may not {asked}")


@contextmanager
def acting(function: str) -> Iterator[None]:
    """What happens inside is done by this function."""
    token = _function.set(function)
    try:
        yield
    finally:
        _function.reset(token)


class PolicedEngine(Engine):
    """An engine that asks IAM first."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def get(self, key: Key, *, consistent: bool = True) -> Item | None:
        check("dynamodb:GetItem", TABLE, keys=[key.pk])
        found: Item | None = self._engine.get(key, consistent=consistent)
        return found

    def get_many(self, keys: Sequence[Key], *, consistent: bool = True) -> list[Item | None]:
        check("dynamodb:BatchGetItem", TABLE, keys=[key.pk for key in keys])
        found: list[Item | None] = self._engine.get_many(keys, consistent=consistent)
        return found

    def page(self, page: Page) -> list[Item]:
        check("dynamodb:Query", f"{TABLE}/index/{page.index}", keys=[page.partition])
        found: list[Item] = self._engine.page(page)
        return found

    def sift(self, sift: Sift) -> Sifted:
        check("dynamodb:Query", f"{TABLE}/index/{sift.index}", keys=[sift.partition])
        found: Sifted = self._engine.sift(sift)
        return found

    def due(self, partition: str, before: str, limit: int) -> list[str]:
        check("dynamodb:Query", f"{TABLE}/index/due", keys=[partition])
        found: list[str] = self._engine.due(partition, before, limit)
        return found

    def collection(self, pk: str, *, prefix: str = "") -> list[Item]:
        check("dynamodb:Query", TABLE, keys=[pk])
        found: list[Item] = self._engine.collection(pk, prefix=prefix)
        return found

    def write(self, group: Sequence[Write]) -> None:
        for each in group:
            (told,) = _spelling._written(each).values()
            names = told.get("ExpressionAttributeNames", {}).values()
            attributes = [*names, *(each.item if isinstance(each, Put) else ())]
            action = f"dynamodb:{ACTIONS[type(each)]}"
            check(action, TABLE, keys=[each.key.pk], attributes=attributes)
        self._engine.write(group)


def police(patch: pytest.MonkeyPatch, app: Any) -> None:
    """From now on."""
    app.store._engine = PolicedEngine(app.store._engine)
    answered = endpoint._answered

    def by_route(handler: Any, tell: Any, call: endpoint.Call) -> endpoint.Answer:
        function = ELSEWHERE.get(f"{call.request.method} {call.request.path}", "api")
        with acting(function):
            return answered(handler, tell, call)

    patch.setattr(endpoint, "_answered", by_route)
    for job in ("sweep", "compare", "audit"):
        patch.setattr(NightShift, job, _by("reconcile", getattr(NightShift, job)))
    patch.setattr(NightShift, "resume", _by("refund", NightShift.resume))
    patch.setattr(refund, "refunded", _by("refund", refund.refunded))
    for job in ("told", "again"):
        patch.setattr(deliver, job, _by("deliver", getattr(deliver, job)))
    events = app.secrets._client().meta.events
    events.register("provide-client-params.ssm", _parameters)


def _by(function: str, work: Callable[..., Any]) -> Callable[..., Any]:
    def worked(*args: Any) -> Any:
        with acting(function):
            return work(*args)

    return worked


def _parameters(params: dict[str, Any], model: Any, **_: Any) -> None:
    for name in params.get("Names") or [params["Name"]]:
        check(f"ssm:{model.name}", f"{PARAMETERS}{name}")
