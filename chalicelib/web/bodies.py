"""Request bodies: strict JSON, or a form with brackets, into one shape that the schemas check."""

from typing import Any
from urllib.parse import unquote_to_bytes

from chalicelib.domain.errors import ParameterInvalid, TautanError
from chalicelib.domain.strict_json import DEEPEST, LARGEST_BODY, NotStrictJson, parse_object

FORM = "application/x-www-form-urlencoded"


class BodyTooLarge(TautanError):
    """More than we read."""

    code = "body_too_large"


def check_size(body: bytes) -> None:
    """Raises BodyTooLarge beyond 256 KB."""
    if len(body) > LARGEST_BODY:
        raise BodyTooLarge("A body may have 256 KB at most.")


def parsed(body: bytes, content_type: str) -> tuple[dict[str, Any], bool]:
    """The fields of a body, and whether they came as a form, where every value is text.

    Raises InvalidRequest or BodyTooLarge; an empty body is an empty object.
    """
    check_size(body)
    if content_type.partition(";")[0].strip().lower() == FORM:
        return _form(body), True
    if not body.strip():
        return {}, False
    try:
        return parse_object(body), False
    except NotStrictJson as error:
        raise ParameterInvalid(f"{error}.", param="body") from None


def _form(body: bytes) -> dict[str, Any]:
    from qs_codec import DecodeOptions, Duplicates, decode

    options = DecodeOptions(
        depth=8,
        strict_depth=True,
        parameter_limit=1_000,
        raise_on_limit_exceeded=True,
        list_limit=100,
        duplicates=Duplicates.COMBINE,
        parse_lists=True,
    )
    assert options.depth <= DEEPEST
    if any(pair.startswith(b"=") for pair in body.split(b"&")):  # decode would leave it out
        raise ParameterInvalid("The form has a field without a name.", param="body")
    try:
        unquote_to_bytes(body).decode("utf-8")  # %ff would become U+FFFD without a word
        fields: dict[str, Any] = decode(body.decode("utf-8"), options)
    except (ValueError, IndexError) as error:
        raise ParameterInvalid("The form cannot be read.", param="body") from error
    return fields
