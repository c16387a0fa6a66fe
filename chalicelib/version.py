"""Which commit this is: packaging writes it beside this file, and nothing else does."""

from functools import cache
from pathlib import Path

UNBUNDLED = "unbundled"


@cache
def version() -> str:
    """The commit that the bundle was made of; `unbundled` where nothing was bundled."""
    file = Path(__file__).with_name("VERSION")
    return file.read_text(encoding="utf-8").strip() if file.is_file() else UNBUNDLED
