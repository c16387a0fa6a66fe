"""Hints in SQS: what was written is told soon, and stands when the queue fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib import bootstrap, log
from chalicelib.adapters.dynamodb.store import DynamoDBStore
from chalicelib.adapters.event_queue import EventQueue, NotHinted, sqs_client
from chalicelib.config import settings_from
from chalicelib.domain.ids import EventId, WebhookEndpointId
from chalicelib.usecases.outbox import Untold
from simulator.memory_engine import MemoryEngine
from tests.adapters.test_config import GOOD
from tests.builders import a_product, a_tenant, ulid

T, LIVE = a_tenant(), a_tenant(livemode=True)
GONE = "https://sqs.ap-southeast-3.amazonaws.com/123456789012/gone"


class Counted:
    """moto's SQS, a queue in it, and how large each call was; what is `refused` is not taken."""

    def __init__(self) -> None:
        self.sqs = sqs_client(GOOD["AWS_REGION"])
        self.url = self.sqs.create_queue(QueueName="tautan-dev-events")["QueueUrl"]
        self.calls: list[int] = []
        self.refused: list[str] = []

    def send_message_batch(self, **request: Any) -> Any:
        self.calls.append(len(request["Entries"]))
        answer = self.sqs.send_message_batch(**request)
        return {**answer, "Failed": [{"Id": id} for id in self.refused]}

    def heard(self) -> list[Untold]:
        """Every message that is in the queue."""
        found: list[Untold] = []
        while True:
            got = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
            if not got.get("Messages"):
                return found
            found += [Untold.of(each["Body"]) for each in got["Messages"]]


@pytest.fixture
def queue() -> Iterator[Counted]:
    with mock_aws():
        yield Counted()


def untold(number: int) -> Untold:
    """An event that has not been told."""
    return Untold(T, EventId(f"evt_{ulid(number)}"))


def test_a_message_is_read_as_what_it_was_made_of(queue: Counted) -> None:
    sent = [untold(1), Untold(LIVE, EventId("evt_2"), WebhookEndpointId("we_1"))]
    EventQueue(queue, queue.url)(sent)
    assert sorted(queue.heard(), key=repr) == sorted(sent, key=repr)
    assert queue.calls == [2]


@pytest.mark.parametrize(
    ("many", "calls"), [(0, []), (1, [1]), (10, [10]), (11, [10, 1]), (23, [10, 10, 3])]
)
def test_ten_go_in_one_call(queue: Counted, many: int, calls: list[int]) -> None:
    sent = [untold(number) for number in range(many)]
    EventQueue(queue, queue.url)(sent)
    assert queue.calls == calls
    assert sorted(queue.heard(), key=repr) == sorted(sent, key=repr)


def test_what_the_queue_does_not_take_is_no_success(queue: Counted) -> None:
    queue.refused = ["1"]
    with pytest.raises(NotHinted):
        EventQueue(queue, queue.url)([untold(1), untold(2)])
    with pytest.raises(ClientError) as refused:
        EventQueue(queue, GONE)([untold(1)])
    assert refused.value.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"


# --- a store with its queue ---------------------------------------------------------------------


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of errors for which a hint was lost, as they are logged."""
    logged: list[str] = []
    monkeypatch.setattr(log, "hint_lost", lambda error: logged.append(type(error).__name__))
    return logged


def store(url: str | None) -> DynamoDBStore:
    """A store that is wired to the queue there."""
    told = {} if url is None else {"TAUTAN_EVENT_QUEUE_URL": url}
    return DynamoDBStore(MemoryEngine(), bootstrap._hints(settings_from(GOOD | told)))


def test_a_write_that_tells_of_an_event_is_hinted_at(queue: Counted, failures: list[str]) -> None:
    kept = store(queue.url)
    kept.add_product(T, a_product(), None)
    (event,) = kept.untold(10**14, 10)  # type: ignore[arg-type]
    assert queue.heard() == [event]
    assert failures == []


def test_a_queue_that_fails_is_logged_and_the_write_stands(
    queue: Counted, failures: list[str]
) -> None:
    kept = store(GONE)
    kept.add_product(T, a_product(), None)
    assert failures == ["QueueDoesNotExist"]
    assert kept.product(T, a_product().id) == a_product()
    assert len(kept.untold(10**14, 10)) == 1  # type: ignore[arg-type]
    assert queue.heard() == []


def test_without_a_queue_nobody_is_asked(failures: list[str]) -> None:
    kept = store(None)
    kept.add_product(T, a_product(), None)
    assert failures == []
    assert len(kept.untold(10**14, 10)) == 1  # type: ignore[arg-type]
