"""Merchants' systems are told of events: by the queue at once, by the clock what is left.

Each is a Lambda function of its own; its module and name are its handler, so they stay.
"""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent, SQSEvent

from chalicelib import bootstrap, log
from chalicelib.bootstrap import App
from chalicelib.usecases.failures import Lost
from chalicelib.usecases.outbox import Untold
from chalicelib.usecases.tell_merchants import Teller
from chalicelib.web import events
from chalicelib.web.telling import told_of

routes = Blueprint(__name__)


@routes.on_sqs_message(queue=bootstrap.event_queue(), batch_size=10)
def tell(event: SQSEvent) -> None:
    """The events that were just written. What could not be told comes again with its message."""
    left = sum(not _heard(record.body) for record in event)
    if left:
        raise RuntimeError(f"{left} events could not be told")


@routes.schedule("rate(1 minute)")
def tell_again(event: CloudWatchEvent) -> dict[str, Any]:
    """What the queue did not tell, and what an endpoint did not take."""
    done = again()
    log.worked("tell", done)
    return done


def _heard(message: str) -> bool:
    """Whether the message may go: it is told, or nobody of ours has sent it."""
    try:
        untold = Untold.of(message)
    except ValueError as error:
        log.failure("hint", error)
        return True
    return told(untold)


def told(untold: Untold) -> bool:
    """Whether it is told, by us or by somebody who was quicker. One that cannot be told keeps no
    other from it."""
    try:
        _teller(bootstrap.app()).tell(untold)
    except Lost:
        return True
    except Exception as error:  # noqa: BLE001 - whatever it is, it comes again
        log.failure(untold.event, error)
        return False
    return True


def again() -> dict[str, int]:
    """One round of what is due: how many attempts were made, how many pieces failed."""
    return dict(_teller(bootstrap.app()).round() or {})


def _teller(app: App) -> Teller:
    return app.teller(
        lambda event: events.body_of(app, event),
        lambda event: told_of(event, app.settings.public_url),
    )
