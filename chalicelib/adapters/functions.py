"""Our other functions, invoked by name."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.adapters import aws
from chalicelib.usecases.failures import StoreUnavailable
from chalicelib.usecases.ports import Due

WAITED_S = 22  # the caller has 25 seconds
MOST_AT_ONCE = 10  # refunds of one invocation: each may wait for the provider


def lambda_client(region: str, endpoint_url: str | None = None) -> Any:
    """A botocore client of Lambda; an invocation is not repeated by itself."""
    config = Config(connect_timeout=1, read_timeout=WAITED_S, retries={"total_max_attempts": 1})
    return aws.client("lambda", region, endpoint_url, config)


class LambdaRefunds:
    """The function that makes refunds."""

    def __init__(self, client: Callable[[], Any], name: str) -> None:
        self._client = client
        self._name = name

    def answer(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Its answer to a request; raises StoreUnavailable when it gave none."""
        answer: dict[str, Any] = json.loads(self._invoked("RequestResponse", event))
        return answer

    def resume(self, refunds: Sequence[Due]) -> None:
        """Hand these over; raises StoreUnavailable when not all were taken."""
        handed = [
            {"merchant": due.tenant.merchant, "livemode": due.tenant.livemode, "refund": due.id}
            for due in refunds
        ]
        for first in range(0, len(handed), MOST_AT_ONCE):
            self._invoked("Event", {"resume": handed[first : first + MOST_AT_ONCE]})

    def _invoked(self, kind: str, event: Mapping[str, Any]) -> bytes:
        try:
            answer = self._client().invoke(
                FunctionName=self._name, InvocationType=kind, Payload=json.dumps(event).encode()
            )
            payload: bytes = answer["Payload"].read()
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(type(error).__name__) from error
        if answer.get("FunctionError"):
            raise StoreUnavailable(answer["FunctionError"])
        return payload
