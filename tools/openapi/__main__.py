"""`python -m tools.openapi` writes the description; with `record` it asks for examples first."""

import sys

from tools.openapi import document, page
from tools.openapi.examples import record
from tools.openapi.wiring import SERVED

if __name__ == "__main__":
    if sys.argv[1:] == ["record"]:
        record()
    SERVED.mkdir(exist_ok=True)
    for name, text in {"openapi.json": document.text(), **page.texts()}.items():
        (SERVED / name).write_text(text, encoding="utf-8")
