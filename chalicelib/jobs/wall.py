"""The last wall of a job: Lambda prints what a function raises, and a message may hold values."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from chalicelib import log
from chalicelib.usecases.failures import StoreUnavailable

P = ParamSpec("P")
T = TypeVar("T")


class JobFailed(RuntimeError):
    """Lambda counts an error, and tries again what it tries again; the log line says where."""


def walled(job: Callable[P, T]) -> Callable[P, T]:
    """The job, of which only words of ours come out. Raises JobFailed, StoreUnavailable."""

    @wraps(job)
    def run(*given: P.args, **named: P.kwargs) -> T:
        try:
            return job(*given, **named)
        except (JobFailed, StoreUnavailable):
            raise
        except Exception as error:  # noqa: BLE001 - what it says is not to be printed
            log.job_failed(job.__name__, error)
            raise JobFailed(job.__name__) from None

    return run
