"""The night shift: the sweep of every minute, the compare and the audit of every day.

Each is a Lambda function of its own; its module and name are its handler, so they stay.
"""

from typing import Any

from chalice.app import Blueprint, CloudWatchEvent

from chalicelib import bootstrap, log
from chalicelib.jobs.wall import walled

routes = Blueprint(__name__)


@routes.schedule("rate(1 minute)")
@walled
def reconcile_sweep(event: CloudWatchEvent) -> dict[str, Any]:
    """Whatever is due is looked at again."""
    return _told("sweep", bootstrap.app().night.sweep)


@routes.schedule("cron(30 19 * * ? *)")  # 02:30 in Jakarta
@walled
def reconcile_compare(event: CloudWatchEvent) -> dict[str, Any]:
    """Yesterday and three days ago, at the provider and here."""
    return _told("compare", bootstrap.app().night.compare)


@routes.schedule("cron(0 20 * * ? *)")
@walled
def reconcile_audit(event: CloudWatchEvent) -> dict[str, Any]:
    """Yesterday's payments against their own ledgers."""
    return _told("audit", bootstrap.app().night.audit)


def _told(name: str, work: Any) -> dict[str, Any]:
    done: dict[str, Any] = work()
    log.worked(name, done)
    return done
