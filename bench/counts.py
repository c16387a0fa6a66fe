"""DynamoDB calls and units of each operation, as metered on the wire."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bench.recording import Recording


def lines(recording: Recording) -> Iterator[Mapping[str, Any]]:
    """A line for each operation."""
    for name, operation in recording.operations.items():
        units = operation.units
        yield {
            "operation": name,
            "calls": dict(Counter(call.operation for call in operation.calls)),
            "provider_calls": len(operation.asked),
            "rru": units.reads,
            "wru": units.most_writes,
            "wru_if_index_entries_are_not_doubled": units.fewest_writes,
            "events": operation.events_told,
        }
