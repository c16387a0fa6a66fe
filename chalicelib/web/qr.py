"""QR codes of addresses: black on white with a quiet zone, at a size that prints well."""

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import segno

_QUIET = 4  # modules of white around it, as the standard asks
_PIXELS = 1000  # at least; at 300 dots an inch this is 8 cm


def svg(address: str) -> str:
    """The code as a drawing: one millimetre a module unless it is scaled."""
    out = BytesIO()
    _code(address).save(
        out, kind="svg", border=_QUIET, unit="mm", light="#fff", svgclass=None, lineclass=None
    )
    return out.getvalue().decode()


def png(address: str) -> bytes:
    """The code as a picture in black and white."""
    code = _code(address)
    side, _ = code.symbol_size(border=_QUIET)
    out = BytesIO()
    code.save(out, kind="png", border=_QUIET, scale=-(-_PIXELS // side), dpi=300)
    return out.getvalue()


def _code(address: str) -> "segno.QRCode":
    """At level M (15 %) or better: it will be folded, smeared and photographed askew."""
    import segno  # few requests are for a code

    return segno.make_qr(address, error="m")
