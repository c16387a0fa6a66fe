"""Where a shopper may be sent after paying: addresses that mean what they look like.

Accepted: https, a plain host name with a dot, no user name, no port but 443, no control or white
space characters, no backslash. An address without a scheme is taken as https (WooshPay's own sample
has `"cancel_url": "www.wooshpay.com"`). Everything else is refused, `javascript:` first of all.
"""

import re
from urllib.parse import SplitResult, urlsplit

from chalicelib.domain.errors import ParameterInvalid

_LONGEST = 2048
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))+", re.ASCII)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.ASCII | re.IGNORECASE)
_PRIVATE = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
_HOST_PORT = re.compile(r"[^/?#:]+:\d+(?:[/?#]|$)")


def web_address(text: str, param: str) -> str:
    """`text` as a full https address; raises ParameterInvalid that names `param`."""
    plain = all("!" <= letter <= "~" for letter in text) and not set(text) & set('\\<>"`^|')
    if not text or len(text) > _LONGEST or not plain:
        raise _refused(param)
    if not _SCHEME.match(text) or _HOST_PORT.match(text):
        if text.startswith("/"):
            raise _refused(param)
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _refused(param) from None
    if parts.scheme != "https" or port not in (None, 443) or not _is_public_name(parts):
        raise _refused(param)
    return text


def _is_public_name(parts: SplitResult) -> bool:
    host = (parts.hostname or "").lower()
    if "@" in parts.netloc or not _HOST.fullmatch(host):
        return False
    last = host.rpartition(".")[2]
    numeric = last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last) is not None
    return not numeric and not host.endswith(_PRIVATE)


def _refused(param: str) -> ParameterInvalid:
    return ParameterInvalid(
        f"{param} must be a public https address, such as https://shop.example/thanks.",
        param=param,
        user_message="Alamat tujuan harus berupa alamat https yang lengkap.",
    )
