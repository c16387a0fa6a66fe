"""Where an export goes: a file that is whole or not there, or standard output."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO

import typer

STANDARD_OUTPUT = "-"


@contextmanager
def written(out: str) -> Iterator[TextIO]:
    """Text in UTF-8 whose line ends stay as they are written; raises OSError."""
    if out == STANDARD_OUTPUT:
        with _standard_output() as file:
            yield file
    else:
        with _whole(Path(out)) as file:
            yield file


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    file = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield file
        file.flush()
    finally:
        file.detach()


@contextmanager
def _whole(path: Path) -> Iterator[TextIO]:
    """Written beside, and renamed when all is on the disk: nobody ever sees half of it. Only its
    owner may read it, for it names shoppers."""
    target = path.resolve()  # a link stays one
    number, beside = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(number, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, target)
    except BaseException:
        os.unlink(beside)
        raise


def checked(out: str) -> str:
    """The name of a file that may be written; raises BadParameter for a folder, a device or a
    place that is not there."""
    path = Path(out)
    if out != STANDARD_OUTPUT:
        if path.exists() and not path.is_file():
            raise typer.BadParameter(f"{out} is no file")
        if not path.resolve().parent.is_dir():
            raise typer.BadParameter(f"{path.resolve().parent} is no folder")
    return out
