"""The merchants' routes as they stand in the code: scope, request model, list filters."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app import app
from chalicelib.domain.api_keys import Scope
from chalicelib.web import schemas
from chalicelib.web.forms import Body


class Undescribed(Exception):
    """What is missing for a description, and where to add it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One route of merchants."""

    method: str
    path: str
    name: str
    needs: Scope
    body: type[Body] | None
    query: type[Body] | None

    @property
    def route(self) -> str:
        """`POST /v1/products`."""
        return f"{self.method} {self.path}"


def operations() -> list[Operation]:
    """Every route that needs a key, in the order of their declaration; raises Undescribed."""
    return [
        _operation(method, path, entry.view_function)
        for path, by_method in app.routes.items()
        for method, entry in by_method.items()
        if "needs" in vars(entry.view_function)
    ]


def _operation(method: str, path: str, view: Callable[..., Any]) -> Operation:
    declared, handler = vars(view), inspect.unwrap(view)
    named = list(dict.fromkeys(_models(handler)))
    listed = declared["listed"]
    if len(named) > 1 or (method == "POST" and not named):
        raise Undescribed(
            f"{method} {path}: {handler.__name__} must name one request model, and names "
            f"{[each.__name__ for each in named]}."
        )
    model = named[0] if named else None
    return Operation(
        method=method,
        path=path,
        name=handler.__name__,
        needs=declared["needs"],
        body=model if method == "POST" else None,
        query=(model or schemas.ListQuery) if listed else None,
    )


def _models(handler: Callable[..., Any]) -> Iterator[type[Body]]:
    """The request models that a handler names, whatever it hands them to."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(handler)))
    known = inspect.getmodule(handler)
    for node in ast.walk(tree):
        found = _meant(node, known)
        if inspect.isclass(found) and issubclass(found, Body):
            yield found


def _meant(node: ast.AST, known: Any) -> Any:
    """What a name, or a name with dots, is in a module; None when it is nothing there."""
    match node:
        case ast.Name(id=name):
            return getattr(known, name, None)
        case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr=name):
            found = _meant(owner, known)
            return getattr(found, name, None) if inspect.ismodule(found) else None
    return None
