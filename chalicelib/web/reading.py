"""Who reads a page of a payment."""

from dataclasses import dataclass

from chalicelib.domain.ids import Millis
from chalicelib.web.pages.texts import Language


@dataclass(frozen=True, slots=True)
class Reader:
    """When they look, and in which language; `asked` when the address asks for that language,
    `stays` when they do not want to be sent on."""

    now: Millis
    language: Language
    asked: bool = False
    stays: bool = False
