"""The queue that wakes whoever tells merchants: one message for each event that was written."""

from collections.abc import Sequence
from typing import Any

from botocore.config import Config

from chalicelib.adapters import aws
from chalicelib.usecases.outbox import Untold

MOST_AT_ONCE = 10  # messages of one call (SQS's limit)


def sqs_client(region: str, endpoint_url: str | None = None) -> Any:
    """A botocore client of SQS that gives up soon: the clock tells what the queue does not."""
    config = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
    return aws.client("sqs", region, endpoint_url, config)


class NotHinted(Exception):
    """The queue did not take every message."""


class EventQueue:
    """Sends hints."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def __call__(self, untold: Sequence[Untold]) -> None:
        """Hint at these; raises NotHinted, and what botocore raises."""
        for first in range(0, len(untold), MOST_AT_ONCE):
            entries = [
                {"Id": str(place), "MessageBody": each.message()}
                for place, each in enumerate(untold[first : first + MOST_AT_ONCE])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise NotHinted
