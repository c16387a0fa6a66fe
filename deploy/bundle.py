"""The one zip that every function runs from: what it carries, and nothing else; the same commit
gives the same bytes."""

import hashlib
import inspect
import re
import shutil
import stat
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chalice
import chalice.app

from deploy.dependencies import compile_all, dependencies, leave_bytecode
from deploy.runtimes import Runtime

LARGEST = 10_000_000  # bytes, zipped: what we allow ourselves; Lambda takes 50 MB
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest date that a zip can say
_NOT_CARRIED = re.compile(r"__pycache__|\.pyc$|/\.")


class TooLarge(Exception):
    """The bundle is above its budget."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was made: its hash in hexadecimal, its size in bytes."""

    path: Path
    sha256: str
    size: int
    files: int


def make(
    root: Path, into: Path, runtime: Runtime, architecture: str, cache: Path, commit: str
) -> Bundle:
    """The bundle of the application at `root`, written to `into`; packages are kept in `cache`.
    `commit` is what a function says that it runs. Raises TooLarge, dependencies.NotInstalled and
    libraries.TooNew."""
    packages = dependencies(root / "requirements.txt", runtime, architecture, cache)
    into.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into.parent) as folder:
        ours = Path(folder) / "ours"
        copy_application(root, ours)
        (ours / "chalicelib/VERSION").write_text(f"{commit}\n", encoding="utf-8")
        _copy_chalice(ours / "chalice")
        leave_bytecode(ours / "chalicelib")
        compile_all(ours)
        draft = Path(folder) / "bundle.zip"
        files = _zip({**_files(packages), **_files(ours)}, draft)
        size = draft.stat().st_size
        if size > LARGEST:
            raise TooLarge(f"the bundle has {size:,} bytes; {LARGEST:,} are allowed")
        digest = hashlib.sha256(draft.read_bytes()).hexdigest()
        draft.replace(into)
    return Bundle(into, digest, size, files)


def commit_of(root: Path) -> str:
    """The commit that stands at `root`, with `-changed` when something was since; `unknown` where
    there is no history."""
    asked = [
        "git",
        "-C",
        str(root),
        "describe",
        "--always",
        "--abbrev=40",
        "--match=",
        "--dirty=-changed",
    ]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()


def copy_application(root: Path, into: Path) -> None:
    """What we wrote and a function runs: app.py and chalicelib."""
    (into / "chalicelib").mkdir(parents=True)
    shutil.copyfile(root / "app.py", into / "app.py")
    for path in _carried(root / "chalicelib"):
        copy = into / path.relative_to(root)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _carried(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not _NOT_CARRIED.search(path.relative_to(folder).as_posix()):
            yield path


def _copy_chalice(into: Path) -> None:
    """The two modules of Chalice that run in a function, as `chalice package` picks them."""
    into.mkdir(parents=True)
    for module in (chalice, chalice.app):
        source = Path(inspect.getfile(module))
        shutil.copyfile(source, into / source.name)


def _files(tree: Path) -> dict[str, Path]:
    return {p.relative_to(tree).as_posix(): p for p in tree.rglob("*") if p.is_file()}


def _zip(files: dict[str, Path], into: Path) -> int:
    with zipfile.ZipFile(into, "w") as zipped:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # Unix, wherever it is made
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            zipped.writestr(entry, files[name].read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return len(files)
