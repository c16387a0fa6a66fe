"""The jobs on this machine: what schedules and a queue do in Lambda, three threads do here."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event, Thread
from typing import Any

from chalicelib import bootstrap, log
from chalicelib.jobs import deliver

EVERY_S = 5.0
LOOKED_EVERY_S = 2.0  # for what came by another way; asking costs, and mostly nothing goes on
LONGEST_JOB_S = 60


def start(stack: ExitStack, sqs: Any, queue_url: str) -> Callable[[], None]:
    """Sweep, and tell merchants of events, in the background until `stack` closes. What it gives is
    called when something may have come into the queue."""
    stopping = Event()

    def repeat(name: str, every: float, job: Callable[[], object]) -> Callable[[], None]:
        woken = Event()

        def run() -> None:
            while True:
                woken.wait(every)
                woken.clear()
                if stopping.is_set():
                    return
                try:
                    job()
                except Exception as error:  # noqa: BLE001 - a dead thread would be missed by nobody
                    log.failure(name, error)

        thread = Thread(target=run, daemon=True)
        thread.start()
        stack.callback(thread.join, LONGEST_JOB_S)
        stack.callback(woken.set)
        return woken.set

    repeat("sweep", EVERY_S, lambda: bootstrap.app().night.sweep())
    repeat("deliver", EVERY_S, deliver.again)
    queued = repeat("queue", LOOKED_EVERY_S, lambda: _emptied(sqs, queue_url))
    stack.callback(stopping.set)
    return queued


def _emptied(sqs: Any, queue_url: str) -> None:
    """Tell of what is in the queue; a message goes when it is done, as with Lambda."""
    answer = sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
    messages = answer.get("Messages", [])
    left = deliver.told([each["Body"] for each in messages]) if messages else []
    for each in messages:
        if each["Body"] not in left:
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=each["ReceiptHandle"])
