"""What the process says: every record of every logger, and our own lines as they leave it."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

OURS = "tautan.requests"


@dataclass
class Captured(logging.Handler):
    """Everything that any logger says, from INFO up."""

    records: list[logging.LogRecord] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.INFO)

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        if record not in self.records:
            self.records.append(record)

    @property
    def everything(self) -> str:
        """Messages, arguments and tracebacks of all records."""
        plain = logging.Formatter()
        return "\n".join(plain.format(each) + repr(each.args) for each in self.records)

    @property
    def lines(self) -> list[str]:
        """Our own lines, as they leave the process."""
        logger = logging.getLogger(OURS)
        ways = [each for each in logger.handlers if type(each) is logging.StreamHandler]
        mine = [each for each in self.records if each.name == OURS]
        return [way.format(each) for each in mine for way in ways]

    @property
    def told(self) -> list[dict[str, Any]]:
        """What our own lines say."""
        return [json.loads(line) for line in self.lines]

    def of(self, *events: str) -> list[dict[str, Any]]:
        """What the lines of these events say."""
        return [told for told in self.told if told["event"] in events]

    def metrics(self) -> list[tuple[str, str | None, float]]:
        """Each metric of the lines: its name, its second dimension, its value."""
        found = []
        for told in self.told:
            for directive in told.get("_aws", {}).get("CloudWatchMetrics", []):
                ((_, *seconds),) = directive["Dimensions"]
                second = told[seconds[0]] if seconds else None
                found += [
                    (each["Name"], second, told[each["Name"]]) for each in directive["Metrics"]
                ]
        return found


@pytest.fixture
def captured() -> Iterator[Captured]:
    """What is said during the test."""
    handler = Captured()
    loggers = [logging.getLogger(), logging.getLogger(OURS)]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield handler
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
