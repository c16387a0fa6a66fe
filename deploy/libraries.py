"""Shared libraries: which ones are needed, and whether Lambda's C library is new enough for them.

A wheel's name promises a C library for all that is in it. What is left of it after trimming may ask
for less, so what is carried is looked at itself.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)")


class TooNew(Exception):
    """A library asks for a newer glibc than Lambda has."""


def drop_unneeded(tree: Path) -> None:
    """Delete what stands in `*.libs` and no extension module that is left asks for."""
    vendored = {path.name: path for path in tree.glob("*.libs/*")}
    wanted: set[str] = set()
    asking = [*tree.rglob("*.so")]
    while asking:
        new = {name for name in _needed(asking.pop()) if name in vendored} - wanted
        wanted |= new
        asking += [vendored[name] for name in new]
    for name in vendored.keys() - wanted:
        vendored[name].unlink()


def check_glibc(tree: Path, glibc: tuple[int, int]) -> None:
    """Raises TooNew, with the libraries that this glibc cannot load."""
    asked = {path.relative_to(tree): newest_glibc(path) for path in libraries(tree)}
    bad = {str(path): version for path, version in asked.items() if version > glibc}
    if bad:
        told = ", ".join(f"{path} ({major}.{minor})" for path, (major, minor) in bad.items())
        raise TooNew(f"Lambda has glibc {glibc[0]}.{glibc[1]}; a newer one is needed by {told}")


def libraries(tree: Path) -> list[Path]:
    """Every shared library."""
    return sorted(path for path in tree.rglob("*") if re.search(r"\.so(\.|$)", path.name))


def newest_glibc(library: Path) -> tuple[int, int]:
    """The newest version of glibc whose symbols a library asks for."""
    with library.open("rb") as file:
        versions = [
            (int(found[1]), int(found[2]))
            for section in ELFFile(file).iter_sections()
            if isinstance(section, GNUVerNeedSection)
            for _, auxiliaries in section.iter_versions()
            for auxiliary in auxiliaries
            if (found := _GLIBC.match(auxiliary.name))
        ]
    return max(versions, default=(0, 0))


def _needed(library: Path) -> Iterator[str]:
    with library.open("rb") as file:
        for section in ELFFile(file).iter_sections():
            if isinstance(section, DynamicSection):
                yield from (tag.needed for tag in section.iter_tags("DT_NEEDED"))  # type: ignore[attr-defined]
