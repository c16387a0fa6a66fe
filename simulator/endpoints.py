"""A provider whose webhook endpoints were registered before the history begins."""

from collections.abc import Sequence
from typing import NoReturn

from chalicelib.domain.errors import PspUnavailable
from chalicelib.usecases.ports import Psp


class WithoutEndpoints(Psp):
    """What a history never asks for is not to be had."""

    def register_webhook(self, url: str, events: Sequence[str], attempt: str = "") -> NoReturn:
        """Raises PspUnavailable."""
        raise PspUnavailable("Endpoints are registered before a history begins.")

    def webhook_endpoints(self) -> NoReturn:
        """Raises PspUnavailable."""
        raise PspUnavailable("Endpoints are registered before a history begins.")

    def update_webhook(self, id: str, events: Sequence[str]) -> NoReturn:
        """Raises PspUnavailable."""
        raise PspUnavailable("Endpoints are registered before a history begins.")

    def delete_webhook(self, id: str) -> NoReturn:
        """Raises PspUnavailable."""
        raise PspUnavailable("Endpoints are registered before a history begins.")
