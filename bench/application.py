"""The application in this process, over a stub that answers what was recorded."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from bench.handlers import handler_of
from bench.recording import Recording
from bench.requests import environment
from bench.stub import answers_of, serving

Go = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Application:
    """Where the stub is, and a way to do an operation once more."""

    url: str
    recording: Recording

    def does(self, name: str) -> Go:
        """The operation as a call; it has been done once, and was answered as it should be."""
        operation = self.recording.operations[name]
        handler, event = handler_of(name), operation.now()
        answer = handler(event, None) or {}
        assert answer.get("statusCode", 200) == operation.status, answer
        return lambda: handler(event, None)


@contextmanager
def application(recording: Recording) -> Iterator[Application]:
    """What it prints goes nowhere: a function's log costs it the writing, too."""
    with (
        serving(answers_of(recording)) as url,
        patch.dict(os.environ, environment(url, url)),
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        patch.object(sys, "stdout", nowhere),
    ):
        from chalicelib import bootstrap

        bootstrap.app.cache_clear()
        try:
            yield Application(url, recording)
        finally:
            bootstrap.app.cache_clear()
            bootstrap._http().close()
            bootstrap._http.cache_clear()
