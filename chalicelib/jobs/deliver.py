"""Merchants' systems are told of events: by the queue at once, by the clock what is left.

Each is a Lambda function of its own; its module and name are its handler, so they stay.
"""

from collections.abc import Sequence
from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib import bootstrap, log
from chalicelib.bootstrap import App
from chalicelib.jobs.wall import JobFailed, walled
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.tell_merchants import Teller
from chalicelib.web import events
from chalicelib.web.telling import told_of

routes = Blueprint(__name__)


@routes.on_sqs_message(queue=bootstrap.event_queue(), batch_size=10, maximum_concurrency=10)
@walled
def deliver(event: SQSEvent) -> None:
    """The events that were just written. What could not be told comes again with its message."""
    left = told([record.body for record in event])
    if left:
        raise JobFailed(f"{len(left)} events could not be told")


@routes.schedule("rate(1 minute)")
@walled
def deliver_again(event: CloudWatchEvent) -> dict[str, Any]:
    """What the queue did not tell, and what an endpoint did not take."""
    done = again()
    log.worked("deliver", done)
    return done


def told(messages: Sequence[str]) -> list[str]:
    """Tell what these messages hint at; those that must come again."""
    hints: dict[Untold, str] = {}
    for message in messages:
        try:
            hints[Untold.of(message)] = message
        except ValueError as error:  # nobody of ours has sent it
            log.failure("hint", error)
    return [hints[each] for each in _teller(bootstrap.app()).tell([*hints]).failed]


def again() -> dict[str, int]:
    """One round of what is due: how many requests went out, how many pieces failed."""
    done = _teller(bootstrap.app()).round()
    return {} if done is None else {"attempts": done.attempts, "failed": len(done.failed)}


def _teller(app: App) -> Teller:
    return app.teller(
        lambda event: events.body_of(app, event),
        lambda event: told_of(event, app.settings.public_url),
    )
