"""How far long work has come, for who sits before a terminal; a log or a pipe hears nothing."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

T = TypeVar("T")
TOLD_EVERY = 100


@contextmanager
def watched(
    what: str, reached: Callable[[T], str]
) -> Iterator[Callable[[Iterable[T]], Iterator[T]]]:
    """Things pass through while standard error shows how many did, and what was `reached`."""
    terminal = Console(stderr=True)
    progress = Progress(
        SpinnerColumn(),
        TextColumn("{task.completed:,.0f} {task.description}"),
        TimeElapsedColumn(),
        console=terminal,
        disable=not terminal.is_terminal,
        transient=True,
    )
    task = progress.add_task(what, total=None)

    def passing(things: Iterable[T]) -> Iterator[T]:
        for count, thing in enumerate(things, start=1):
            if count % TOLD_EVERY == 0:
                told = f"{what}, {reached(thing)}"
                progress.update(task, completed=count, description=told)
            yield thing

    with progress:
        yield passing
