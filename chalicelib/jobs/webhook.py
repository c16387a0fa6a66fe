"""The provider's door as a function of its own, behind a Function URL: a flood on the public pages
takes nothing from it.

Its module and name are its handler, so they stay.
"""

from functools import cache
from typing import Any

from chalice.app import Blueprint, Chalice

from chalicelib.web import webhooks
from chalicelib.web.doors import asked_by_url, door

routes = Blueprint(__name__)


@routes.lambda_function()
def webhook(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """A delivery of the provider, as a Function URL hands it over."""
    return asked_by_url(_door(), event, context)


@cache
def _door() -> Chalice:
    return door(webhooks.door())
