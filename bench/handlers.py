"""Which function does an operation, as it is deployed."""

from collections.abc import Callable, Mapping
from typing import Any

Handler = Callable[[Any, Any], Any]
API = "api_handler"
DONE_BY: Mapping[str, str] = {
    "webhook": "webhook",
    "webhook again": "webhook",
    "bad signature": "webhook",
    "refund": "refund",
    "tell": "deliver",
}


def function_of(operation: str) -> str:
    """Its name in .chalice/config.json."""
    return DONE_BY.get(operation, API)


def handler_of(operation: str) -> Handler:
    """What Lambda calls."""
    from app import app
    from chalicelib.jobs.deliver import deliver
    from chalicelib.jobs.refund import refund
    from chalicelib.jobs.webhook import webhook

    found = {API: app, "webhook": webhook, "refund": refund, "deliver": deliver}
    handler: Handler = found[function_of(operation)]
    return handler
