"""The schemas of requests, each room of them read when a request is first checked against it.

Pydantic and sixty models are a third of what the application takes to load, and neither a shopper's
page nor a webhook nor a retrieved object needs any of them.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.web import account_schemas as account_schemas
    from chalicelib.web import automation as automation
    from chalicelib.web import catalog_schemas as catalog_schemas
    from chalicelib.web import event_schemas as event_schemas
    from chalicelib.web import forms as forms
    from chalicelib.web import link_schemas as link_schemas
    from chalicelib.web import list_queries as list_queries
    from chalicelib.web import schemas as schemas


def __getattr__(name: str) -> ModuleType:
    if name.startswith("_"):  # the interpreter asks for what a module may have
        raise AttributeError(name)
    return import_module(f"{__package__}.{name}")
