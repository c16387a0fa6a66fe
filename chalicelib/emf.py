"""CloudWatch's embedded metric format: a metric is fields of a log line, and costs no call.

The format: a member `_aws` says when, and which members of the same object are metrics and which
are their dimensions. CloudWatch takes the numbers out of the log as it comes in.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

NAMESPACE = "Tautan"
STAGE = "Stage"


class Metric(StrEnum):
    """What is counted, or measured in milliseconds. docs/runbook.md says what each means."""

    WEBHOOK_ERRORS = "WebhookErrors"
    WEBHOOK_REFUSED = "WebhookRefused"
    WEBHOOK_LAG = "WebhookLag"
    PAYMENTS = "Payments"
    REFUNDS = "Refunds"
    REFUNDS_IN_DOUBT = "RefundsInDoubt"
    SWEEPER_HEARTBEAT = "SweeperHeartbeat"
    PROVIDER_LATENCY = "ProviderLatency"
    PROVIDER_FAILURES = "ProviderFailures"
    DISCREPANCIES = "Discrepancies"
    EVENTS_UNDELIVERED = "EventsUndelivered"


Values = Mapping[Metric, float]
NONE: Values = {}
OUTCOMES: Mapping[Metric, str] = {Metric.PAYMENTS: "Status", Metric.REFUNDS: "Outcome"}
_MILLISECONDS = {Metric.WEBHOOK_LAG, Metric.PROVIDER_LATENCY}


def embedded(stage: str, now: int, values: Values, outcome: str | None = None) -> dict[str, Any]:
    """The members of a line that make `values` metrics of the stage at `now` (ms since 1970).

    `outcome` is what came of a payment or refund that is counted, as its second dimension.
    """
    metrics = tuple(values)
    told: dict[str, Any] = {
        "_aws": {"Timestamp": now, "CloudWatchMetrics": _directives(metrics)},
        STAGE: stage,
    }
    told.update((OUTCOMES[metric], outcome) for metric in metrics if metric in OUTCOMES)
    told.update((metric.value, value) for metric, value in values.items())
    return told


@cache
def _directives(metrics: tuple[Metric, ...]) -> list[dict[str, Any]]:
    """Which members are metrics, those of the same dimensions together."""
    groups: dict[tuple[str, ...], list[dict[str, str]]] = {}
    for metric in metrics:
        unit = {"Unit": "Milliseconds"} if metric in _MILLISECONDS else {}
        dimensions = (STAGE, OUTCOMES[metric]) if metric in OUTCOMES else (STAGE,)
        groups.setdefault(dimensions, []).append({"Name": metric.value, **unit})
    return [
        {"Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": named}
        for dimensions, named in groups.items()
    ]
