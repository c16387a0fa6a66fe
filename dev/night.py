"""The sweeper on this machine: what a schedule does in Lambda, a thread does here."""

from contextlib import ExitStack
from threading import Event, Thread

from chalicelib import bootstrap, log

EVERY_S = 5.0


def start(stack: ExitStack) -> None:
    """Sweep in the background until `stack` closes."""
    stopping = Event()
    thread = Thread(target=_sweep, args=(stopping,), daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(stopping.set)


def _sweep(stopping: Event) -> None:
    while not stopping.wait(EVERY_S):
        try:
            bootstrap.app().night.sweep()
        except Exception as error:  # noqa: BLE001 - a thread that dies would be missed by nobody
            log.failure("sweep", error)
