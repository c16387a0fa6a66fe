"""The pages' style sheets and their one script, read once and made lean."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from chalicelib.web.pages.colors import style_of

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Script:
    """The script and the name under which it never changes."""

    name: str
    text: str


@cache
def script() -> Script:
    """The script of the shopper's pages. Every one of them works without it."""
    text = _lean("shop.js", comment="//")
    return Script(f"shop.{sha256(text.encode()).hexdigest()[:12]}.js", text)


def style(sheets: tuple[str, ...], color: str | None) -> str:
    """These style sheets one after the other, and the shop's own colour over them."""
    return "\n".join(filter(None, (*(_lean(f"{name}.css") for name in sheets), style_of(color))))


@cache
def _lean(name: str, comment: str | None = None) -> str:
    """A file of ours without its indentation, empty lines and comments that fill a line."""
    lines = (line.strip() for line in (HERE / name).read_text(encoding="utf-8").splitlines())
    return "\n".join(line for line in lines if line and not (comment and line.startswith(comment)))
